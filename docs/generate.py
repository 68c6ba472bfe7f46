"""Writes the generated parts of the docs: `python docs/generate.py`. A test fails where they are out of date."""

import json
from inspect import cleandoc
from pathlib import Path
from typing import Any, get_args

import msgspec

from rflow.cli.commands import COMMANDS
from rflow.cli.parsing.with_typer import WHOLE, root_command
from rflow.core.session.events import Fact
from rflow.core.summary.progress import SCHEMA_VERSION, Digest, Progress
from rflow.service.interchange import session_schema
from rflow.trees.schema import tree_schema

HERE = Path(__file__).parent
MARK = "<!-- From here on written by docs/generate.py -->\n"


def command_help() -> str:
    """Return the help of every command, as the program prints it at 80 columns."""
    root = root_command()
    context = root.make_context("rflow", [], resilient_parsing=True)
    context.meta[WHOLE] = True
    pages = [("rflow", root, context)]
    for name in COMMANDS:
        command = root.get_command(context, name)
        inner = type(context)(command, info_name=name, parent=context)
        pages.append((f"rflow {name}", command, inner))
        for sub in getattr(command, "commands", {}):
            below = command.commands[sub]
            pages.append((f"rflow {name} {sub}", below, type(context)(below, info_name=sub, parent=inner)))
    return "\n".join(_page(title, command.get_help(here)) for title, command, here in pages)


def _page(title: str, text: str) -> str:
    return f"### `{title}`\n\n```text\n{text.rstrip()}\n```\n"


def facts() -> str:
    """Return a table of all kinds of facts: their `type`, their fields (optional ones in brackets), what they mean."""
    rows = [f"| `{_tag(kind)}` | {_fields(kind)} | {_meaning(kind)} |" for kind in get_args(Fact)]
    return "\n".join(["| `type` | fields | meaning |", "|---|---|---|", *rows]) + "\n"


def _tag(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


def _fields(kind: type[msgspec.Struct]) -> str:
    fields = msgspec.structs.fields(kind)
    return ", ".join(f"`{field.name}`" if field.required else f"[`{field.name}`]" for field in fields)


def _meaning(kind: type[msgspec.Struct]) -> str:
    return " ".join((kind.__doc__ or "").partition("\n\n")[0].split())


def summary_schema() -> dict[str, Any]:
    """Return the JSON Schema of a summary, or of a digest, as `-f json` writes it: every key is always there."""
    shapes, parts = msgspec.json.schema_components((Progress, Digest), ref_template="#/$defs/{name}")
    for part in parts.values():
        if "description" in part:  # from docstrings, which Python dedents itself only from 3.13 on
            part["description"] = cleandoc(part["description"])
        part["required"] = list(part["properties"])
        if "schema_version" in part["properties"]:
            part["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rflow summaries",
        "description": "What `rflow progress -f json` and `rflow digest -f json` write. New keys may be added.",
        "oneOf": list(shapes),
        "$defs": parts,
    }


def generated() -> dict[Path, str]:
    """Return each generated file with its whole content."""
    parts = {HERE / "commands.md": command_help(), HERE / "session-format.md": facts()}
    pages = {page: f"{page.read_text('utf-8').partition(MARK)[0]}{MARK}\n{part}" for page, part in parts.items()}
    schemas = {
        "session.schema.json": session_schema(),
        "summary.schema.json": summary_schema(),
        "tree.schema.json": tree_schema(),
    }
    written = {HERE / name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}
    return {**pages, **written}


if __name__ == "__main__":
    for path, text in generated().items():
        path.write_text(text, "utf-8")
