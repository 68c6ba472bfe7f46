"""Writing trees as TOML, YAML or JSON; reading them returns the same tree."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from rflow.core.text import ascii_controls
from rflow.core.tree.model import Tree

if TYPE_CHECKING:
    import yaml

Document = dict[str, Any]
_ORDER = ("id", "title", "description", "start", "nodes")
_NODE_ORDER = ("kind", "text", "outcome", "cause", "help", "run", "limit", "to", "choices")


def write_tree(tree: Tree, form: str) -> str:
    """Return `tree` in the format `form` (a key of `WRITERS`), ending in a newline."""
    return WRITERS[form](document_of(tree)).rstrip("\n") + "\n"


def document_of(tree: Tree) -> Document:
    """Return the tree as a document, with its fields in the order in which people write them."""
    document: Document = msgspec.to_builtins(tree)
    nodes = {name: _ordered(node, _NODE_ORDER) for name, node in document["nodes"].items()}
    return _ordered({**document, "nodes": nodes}, _ORDER)


def _ordered(fields: Document, order: tuple[str, ...]) -> Document:
    return {key: fields[key] for key in order if key in fields}


def _toml(document: Document) -> str:
    import tomli_w

    return tomli_w.dumps(document, multiline_strings=True, indent=2)


def _json(document: Document) -> str:
    return ascii_controls(json.dumps(document, ensure_ascii=False, indent=2))


def _yaml(document: Document) -> str:
    """Return YAML with multi-line texts as blocks, and `Yes` and `809` quoted, so that other programs read texts."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """A class of our own, because representers are kept on the class."""

    Dumper.add_representer(str, _represent)
    return str(yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110))


def _represent(dumper: "yaml.SafeDumper", text: str) -> "yaml.ScalarNode":
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


WRITERS: dict[str, Callable[[Document], str]] = {"toml": _toml, "yaml": _yaml, "json": _json}
"""The formats a tree can be written in."""
