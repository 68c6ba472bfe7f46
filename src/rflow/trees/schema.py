"""The JSON Schema of tree files, for editors. A schema can't check targets; `rflow tree check` does."""

from typing import Any

from rflow.core.tree.document import ID_PATTERN, LIMIT_PATTERN

Schema = dict[str, Any]
# In TOML and JSON an integer is accepted as a text (label = 809).
_TEXT = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}


def _texts(**descriptions: str) -> Schema:
    return {name: {**_TEXT, "description": text} for name, text in descriptions.items()}


def _table(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _choice() -> Schema:
    silent = {
        "enum": [True, False, "true", "false"],
        "default": True,
        "description": "false: it says nothing about the causes behind the other answers.",
    }
    texts = _texts(label="The answer, in a few words.", to="The name of the next node.")
    return _table({**texts, "rules_out": silent}, ["label", "to"])


def _node() -> Schema:
    properties = {
        "kind": {"enum": ["decision", "action", "end"], "description": "Can be left out."},
        **_texts(
            text="The question, the action, or the result; preferably one line.",
            help="How to find out, what to be careful with; Markdown.",
            run="A suggested command.",
            to="Of an action: the name of the next node.",
            cause="Of an end: what it was, in a few words.",
        ),
        "limit": {"type": "string", "pattern": LIMIT_PATTERN, "description": "How long to try at most: 15m."},
        "outcome": {"enum": ["resolved", "escalate"], "description": "Of an end: how it ends."},
        "choices": {"type": "array", "minItems": 1, "items": _choice(), "description": "Of a question: the answers."},
    }
    return {**_table(properties, ["text"]), "not": {"required": ["choices", "to"]}}


def tree_schema() -> Schema:
    """Return the schema."""
    texts = _texts(title="What the tree is for.", description="Who it is for, what it covers.", start="The first node.")
    names = {"minLength": 1, "maxLength": 64}
    nodes = {"type": "object", "minProperties": 1, "propertyNames": names, "additionalProperties": _node()}
    properties = {
        "id": {"type": "string", "pattern": ID_PATTERN, "description": "The name to type."},
        **texts,
        "nodes": {**nodes, "description": "The nodes, by name."},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A troubleshooting tree of rflow",
        **_table(properties, ["id", "title", "start", "nodes"]),
    }
