"""The fields of a tree file: their names, the names that people take for them, and what a missing one means."""

from rflow.core.tree.problems import nearest

Document = dict[str, object]

TREE_KEYS = ("id", "title", "description", "start", "nodes")
NODE_KEYS = ("kind", "text", "help", "run", "limit", "choices", "to", "outcome", "cause")
CHOICE_KEYS = ("label", "to", "rules_out")
NEEDED = ("id", "title", "start", "nodes", "kind", "text", "choices", "to", "outcome", "label")
"""Fields without which a tree is another one: a misspelt one of them is an error."""
_MEANT = {"next": "to", "goto": "to", "target": "to", "then": "to", "options": "choices", "answers": "choices"}
_MEANT |= {"question": "text", "type": "kind", "answer": "label", "name": "title", "result": "outcome"}
"""Names that people take for the field that does what they mean."""


def meant_field(key: str, known: tuple[str, ...]) -> str | None:
    """Return the field that an unknown one probably means; None if none is near."""
    return _MEANT[key] if _MEANT.get(key) in known else nearest(key, known)


def leads_nowhere(node: Document) -> bool:
    """Whether something seems to be missing: neither an outcome nor a way on, or a kind that says otherwise."""
    choices, to = bool(node.get("choices")), bool(node.get("to"))
    match node.get("kind"):
        case "decision":
            return not choices
        case "action":
            return not to
        case "end":
            return choices or to
    return not (choices or to or "outcome" in node)
