"""The fields of a tree file: their names, common wrong names, and checks for missing ones."""

from rflow.core.tree.problems import KeyPath, Problem, did_you_mean, error, nearest, quoted

Document = dict[str, object]

TREE_KEYS = ("id", "title", "description", "start", "nodes")
NODE_KEYS = ("kind", "text", "help", "run", "limit", "choices", "to", "outcome", "cause")
CHOICE_KEYS = ("label", "to", "rules_out")
REQUIRED_FIELDS = ("id", "title", "start", "nodes", "kind", "text", "choices", "to", "outcome", "label")
"""Fields that a tree can't do without; misspelling one of them is an error."""
_TO = dict.fromkeys(("next", "goto", "target", "then"), "to")
_MEANT: dict[tuple[str, ...], dict[str, str]] = {
    TREE_KEYS: {"name": "title", **dict.fromkeys(("root", "entry"), "start")},
    NODE_KEYS: _TO
    | dict.fromkeys(("question", "prompt", "action", "message"), "text")
    | dict.fromkeys(("answers", "options", "branches"), "choices")
    | {"type": "kind", "result": "outcome", "hint": "help", "command": "run"},
    CHOICE_KEYS: _TO | dict.fromkeys(("answer", "text", "option", "name", "value"), "label"),
}
"""Common wrong names of fields -> the right name."""
_NAMES = ("id", "name", "key")
Renames = dict[tuple[tuple[str, ...], str, str], list[KeyPath]]
"""The places of misnamed fields, by (fields known there, name found, name that was meant)."""


def meant_field(key: str, known: tuple[str, ...]) -> str | None:
    """Return the field that was probably meant by an unknown name; None if none is similar."""
    return _MEANT[known].get(key) or nearest(key, known)


def misnamed_fields(renames: Renames) -> list[Problem]:
    """Return the problems for misnamed fields: one for all fields with wrong names, and one for each typo."""
    together = {names: paths for names, paths in renames.items() if len(paths) > 1 or names[1] in _MEANT[names[0]]}
    if sum(map(len, together.values())) < 2:
        together = {}
    listed = [
        error(paths[0], f"{quoted(key)} is an unknown field.", did_you_mean(meant, ""))
        for (known, key, meant), paths in renames.items()
        if (known, key, meant) not in together
    ]
    if together:
        what = ", ".join(_called(*names, len(paths)) for names, paths in together.items())
        first = next(iter(together.values()))[0]
        listed.append(error(first, f"{what}.", "Rename them all; or, a file of another tool: rflow tree import FILE"))
    return listed


def _called(known: tuple[str, ...], key: str, meant: str, times: int) -> str:
    where = "in a choice" if known == CHOICE_KEYS else "here"
    return f"{quoted(key)} is called {quoted(meant)} {where}{f' ({times} times)' if times > 1 else ''}"


def node_names(nodes: list[object]) -> list[str] | None:
    """Return the ids of nodes in a list; None if some are missing or duplicate."""
    names = [_named(node) for node in nodes]
    return [name for name in names if name] if all(names) and len(set(names)) == len(names) else None


def _named(node: object) -> str:
    key = next((key for key in _NAMES if key in node), None) if isinstance(node, dict) else None
    return str(node[key]).strip() if isinstance(node, dict) and key is not None else ""


def unnamed(node: object) -> object:
    """Return a node of a list without its id field."""
    key = next((key for key in _NAMES if key in node), None) if isinstance(node, dict) else None
    return {field: value for field, value in node.items() if field != key} if isinstance(node, dict) else node


def seems_incomplete(node: Document) -> bool:
    """Whether a node seems incomplete: it has neither an outcome nor an exit, or a kind that contradicts them."""
    choices, to = bool(node.get("choices")), bool(node.get("to"))
    match node.get("kind"):
        case "decision":
            return not choices
        case "action":
            return not to
        case "end":
            return choices or to
    return not (choices or to or "outcome" in node)
