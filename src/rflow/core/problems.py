"""Reading a loose document as a tree, with *all* its problems at once, each with its place and a remedy."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Literal

import msgspec

from rflow.core.graph import distances
from rflow.core.text import clean, one_line, shorten
from rflow.core.tree import Action, Choice, Decision, End, Node, Tree, exits, targets

Severity = Literal["error", "warning"]
Document = dict[str, object]

_TREE_KEYS = ("id", "title", "description", "start", "nodes")
_NODE_KEYS = ("kind", "text", "help", "run", "choices", "to", "outcome")
_CHOICE_KEYS = ("label", "to")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_LONGEST_NAME = 64
_MOST_COMPARISONS = 200_000  # difflib takes some 3 µs each: a file full of unknown targets must not take minutes


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a tree: an error keeps it from being used, a warning does not.

    `place` is the way to it in the document: () for the tree, ("nodes", "scope", "choices", 0, "to") for a target.
    """

    severity: Severity
    place: tuple[str | int, ...]
    message: str
    remedy: str = ""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a document holds: `tree` is None where an error keeps it from being one."""

    tree: Tree | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Only the problems that keep the tree from being used."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def check(document: object) -> Checked:
    """Read `document` (the content of a tree file) as a tree, and list everything that is wrong with it."""
    reader = _Reader()
    tree = reader.tree(document)
    found = reader.problems
    if tree is not None:
        told = {problem.place for problem in found if _names_a_field(problem)}
        found.extend(problem for problem in problems(tree) if problem.place not in told)
    found.sort(key=lambda problem: problem.severity)
    usable = tree if not any(problem.severity == "error" for problem in found) else None
    return Checked(tree=usable, problems=tuple(found))


def problems(tree: Tree) -> list[Problem]:
    """List all that is wrong with the graph of `tree`, errors first."""
    if not tree.nodes:
        return [_error(("nodes",), "The tree has no nodes.", "Add at least a start node and an end.")]
    meant = _meant(tree)
    found = [*_start(tree, meant), *_texts(tree), *_labels(tree), *_unknown_targets(tree, meant)]
    linked = _linked(tree, meant)
    if linked.start in linked.nodes:
        found += [*_ends(linked), *_unreachable(linked)]
    found += _single_exits(tree)
    return sorted(found, key=lambda problem: problem.severity)


def _error(place: tuple[str | int, ...], message: str, remedy: str) -> Problem:
    return Problem(severity="error", place=place, message=one_line(message), remedy=remedy)


def _warning(place: tuple[str | int, ...], message: str, remedy: str) -> Problem:
    return Problem(severity="warning", place=place, message=one_line(message), remedy=remedy)


def _names_a_field(problem: Problem) -> bool:
    """Whether the place is a single field, of which one thing wrong is enough to know."""
    return len(problem.place) != 2


def _quoted(value: object) -> str:
    return f'"{shorten(str(value), _LONGEST_NAME)}"'


def _nearest(name: str, names: Iterable[str]) -> str | None:
    """Give the name that was probably meant; None where none is close."""
    close = get_close_matches(name, names, n=1, cutoff=0.6) if len(name) <= 2 * _LONGEST_NAME else []
    return close[0] if close else None


def _meant(tree: Tree) -> dict[str, str]:
    """Give the unknown targets (and start) with the nodes that were probably meant, as far as one is close."""
    wanted = dict.fromkeys([tree.start, *(way.to for node in tree.nodes.values() for way in exits(node))])
    unknown = [name for name in wanted if name and name not in tree.nodes]
    names = list(tree.nodes)
    nearest = {name: _nearest(name, names) for name in unknown[: _MOST_COMPARISONS // len(names)]}
    return {name: close for name, close in nearest.items() if close is not None}


def _linked(tree: Tree, meant: dict[str, str]) -> Tree:
    """Follow the misspelt targets where they were meant to lead, so that one slip does not look like many faults."""
    if not meant:
        return tree
    nodes = {name: _relinked(node, meant) for name, node in tree.nodes.items()}
    return msgspec.structs.replace(tree, start=meant.get(tree.start, tree.start), nodes=nodes)


def _relinked(node: Node, meant: dict[str, str]) -> Node:
    match node:
        case Decision():
            ways = tuple(Choice(label=way.label, to=meant.get(way.to, way.to)) for way in node.choices)
            return msgspec.structs.replace(node, choices=ways)
        case Action():
            return msgspec.structs.replace(node, to=meant.get(node.to, node.to))
        case End():
            return node


def _did_you_mean(name: str | None, otherwise: str) -> str:
    return otherwise if name is None else f'Did you mean "{name}"?'


def _start(tree: Tree, meant: dict[str, str]) -> Iterator[Problem]:
    if tree.start not in tree.nodes:
        remedy = _did_you_mean(meant.get(tree.start), "Name one of the nodes.")
        yield _error(("start",), f"The start {_quoted(tree.start)} is not a node.", remedy)


def _texts(tree: Tree) -> Iterator[Problem]:
    for name, node in tree.nodes.items():
        if not node.text.strip():
            yield _error(("nodes", name, "text"), "The text is empty.", "Say what to ask or to do here.")
        for number, choice in enumerate(node.choices if isinstance(node, Decision) else ()):
            if not choice.label.strip():
                place = ("nodes", name, "choices", number, "label")
                yield _error(place, "The label is empty.", "Say which answer this is.")


def _labels(tree: Tree) -> Iterator[Problem]:
    for name, node in tree.nodes.items():
        seen: set[str] = set()
        for number, choice in enumerate(node.choices if isinstance(node, Decision) else ()):
            label = choice.label.strip().casefold()
            if label and label in seen:
                place = ("nodes", name, "choices", number, "label")
                remedy = "Give each choice a label of its own (case does not count)."
                yield _error(place, f"The label {_quoted(choice.label)} is there twice.", remedy)
            seen.add(label)


def _unknown_targets(tree: Tree, meant: dict[str, str]) -> Iterator[Problem]:
    for name, node in tree.nodes.items():
        for number, choice in enumerate(exits(node)):
            if choice.to and choice.to not in tree.nodes:
                inside = ("choices", number, "to") if isinstance(node, Decision) else ("to",)
                target = _quoted(choice.to)
                remedy = _did_you_mean(meant.get(choice.to), f"Add a node {target}, or name another.")
                yield _error(("nodes", name, *inside), f"The target {target} is not a node.", remedy)


def _ends(tree: Tree) -> Iterator[Problem]:
    reach = distances(tree, tree.start)
    way_out = _with_a_way_out(tree)
    if tree.start not in way_out:
        remedy = "Let at least one path lead to an end node."
        yield _error(("start",), "There is no way to an end from the start.", remedy)
        return
    for part in _parts(tree, [name for name in reach if name not in way_out]):
        names = ", ".join(_quoted(name) for name in part[:5]) + (" …" if len(part) > 5 else "")
        remedy = "Let one of them lead to an end." if len(part) > 1 else "Let it lead to an end."
        yield _warning(("nodes", part[0]), f"From here no end can be reached ({names}).", remedy)


def _parts(tree: Tree, names: list[str]) -> list[list[str]]:
    """Divide the nodes `names` into parts that hang together, each in the order given."""
    beside: dict[str, set[str]] = {name: set() for name in names}
    for name in names:
        for to in targets(tree, name):
            if to in beside:
                beside[name].add(to)
                beside[to].add(name)
    part_of: dict[str, str] = {}
    for first in names:
        waiting = [first]
        while waiting:
            name = waiting.pop()
            if name not in part_of:
                part_of[name] = first
                waiting.extend(beside[name])
    parts: dict[str, list[str]] = {}
    for name in names:
        parts.setdefault(part_of[name], []).append(name)
    return list(parts.values())


def _with_a_way_out(tree: Tree) -> set[str]:
    """Give the nodes from which an end can be reached, walking backwards from the ends."""
    sources: dict[str, list[str]] = {name: [] for name in tree.nodes}
    for name in tree.nodes:
        for to in targets(tree, name):
            sources[to].append(name)
    found = {name for name, node in tree.nodes.items() if isinstance(node, End)}
    waiting = list(found)
    while waiting:
        for source in sources[waiting.pop()]:
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def _unreachable(tree: Tree) -> Iterator[Problem]:
    reach = distances(tree, tree.start)
    for name in tree.nodes:
        if name not in reach:
            yield _warning(
                ("nodes", name), "No path from the start leads here.", "Link it from a node on one, or delete it."
            )


def _single_exits(tree: Tree) -> Iterator[Problem]:
    for name, node in tree.nodes.items():
        if isinstance(node, Decision) and len(node.choices) == 1:
            remedy = "Make it an action, or add the other answers."
            yield _warning(("nodes", name), "The decision has one exit: it acts as an action.", remedy)


class _Reader:
    """Reads one document, collecting problems; what can't be read gets a harmless stand-in."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def tree(self, document: object) -> Tree | None:
        if not isinstance(document, dict):
            self._error((), "The file does not hold a tree.", "Start with id, title, start and nodes.")
            return None
        self._unknown_keys((), document, _TREE_KEYS)
        tree_id = self._id(document)
        title = self._text((), document, "title", "Say in a line what the tree is for.")
        start = self._text((), document, "start", "Name the node where the tree starts.")
        description = self._text((), document, "description", None)
        nodes = self._nodes(document)
        if nodes is None:
            return None
        return Tree(id=tree_id, title=title, description=description, start=start, nodes=nodes)

    def _id(self, document: Document) -> str:
        tree_id = self._text((), document, "id", 'Give the tree a short name, such as "vpn-809".')
        if tree_id and not _ID.match(tree_id):
            remedy = "Use up to 64 small letters, digits, dots, hyphens and underscores."
            self._error(("id",), f"{_quoted(tree_id)} can't be a tree's id.", remedy)
        return tree_id

    def _nodes(self, document: Document) -> dict[str, Node] | None:
        nodes = document.get("nodes", {})
        if not isinstance(nodes, dict):
            self._error(
                ("nodes",), '"nodes" is not a table of nodes.', "Give each node a name, and its fields below it."
            )
            return None
        if not nodes:
            self._error(("nodes",), "The tree has no nodes.", "Add at least a start node and an end.")
            return None
        return {str(name): self._node(str(name), node) for name, node in nodes.items()}

    def _node(self, name: str, node: object) -> Node:
        place = ("nodes", name)
        if not name or name != one_line(name) or len(name) > _LONGEST_NAME:
            remedy = f"Use 1 to {_LONGEST_NAME} characters on one line, no blanks at the ends."
            self._error(place, "This name can't be a node's.", remedy)
        if not isinstance(node, dict):
            self._error(place, "The node is not a table of fields.", "Give it at least a text.")
            return End(text=name, outcome="escalate")
        self._unknown_keys(place, node, _NODE_KEYS)
        text = self._text(place, node, "text", "Say what to ask or to do here.") or name
        help_ = self._text(place, node, "help", None)
        run = self._text(place, node, "run", None)
        match self._kind(place, node):
            case "decision":
                return Decision(text=text, help=help_, run=run, choices=self._choices(place, node))
            case "action":
                to = self._text(place, node, "to", "Name the node that follows this action.")
                return Action(text=text, help=help_, run=run, to=to)
            case _:
                return End(text=text, help=help_, run=run, outcome=self._outcome(place, node))

    def _kind(self, place: tuple[str, ...], node: Document) -> str:
        """Name the node's kind: what it says, else what its fields make it; say where the two disagree."""
        implied = "decision" if "choices" in node else "action" if "to" in node else "end"
        if "choices" in node and "to" in node:
            self._error(
                place,
                'The node has both "choices" and "to".',
                "Keep choices for a question, to for an action.",
            )
        kind = node.get("kind", implied)
        if kind not in ("decision", "action", "end"):
            self._error((*place, "kind"), f"{_quoted(kind)} is not a kind of node.", "Write decision, action or end.")
            return implied
        if kind == "end" and implied != "end":
            self._error((*place, "kind"), "An end has no way out.", 'Remove "choices" and "to", or change the kind.')
        if kind == "action" and "choices" in node and "to" not in node:
            self._error(
                (*place, "kind"),
                "An action has no choices.",
                'Name one node with "to", or make it a decision.',
            )
        if kind != "end" and "outcome" in node:
            remedy = "Only an end has one: remove it, or name an end as the target."
            self._warning((*place, "outcome"), f"The outcome of this {kind} is passed over.", remedy)
        return str(kind)

    def _outcome(self, place: tuple[str, ...], node: Document) -> Literal["resolved", "escalate"]:
        outcome = node.get("outcome")
        if outcome == "resolved" or outcome == "escalate":
            return outcome
        if outcome is None:
            remedy = 'Say outcome = "resolved" or "escalate" (or give it choices, or a to).'
            self._warning(place, "The end does not say how it ends; resolved is assumed.", remedy)
        else:
            self._error((*place, "outcome"), f"{_quoted(outcome)} is not an outcome.", "Write resolved or escalate.")
        return "resolved"

    def _choices(self, place: tuple[str, ...], node: Document) -> tuple[Choice, ...]:
        choices = node.get("choices")
        if not isinstance(choices, list | tuple) or not choices:
            self._error((*place, "choices"), "The decision has no choices.", "List them, each with label and to.")
            return ()
        return tuple(self._choice((*place, "choices", number), choice) for number, choice in enumerate(choices))

    def _choice(self, place: tuple[str | int, ...], choice: object) -> Choice:
        if not isinstance(choice, dict):
            self._error(place, "The choice is not a table.", 'Write it as label = "…", to = "…".')
            return Choice(label=f"choice {place[-1]}", to="")
        self._unknown_keys(place, choice, _CHOICE_KEYS)
        label = one_line(self._text(place, choice, "label", "Say which answer this is."))
        return Choice(label=label, to=self._text(place, choice, "to", "Name the node it leads to."))

    def _text(self, place: tuple[str | int, ...], holder: Document, key: str, remedy: str | None) -> str:
        """Read a text; `remedy` None means that it may be missing. Whole numbers serve as texts (labels like 809)."""
        value = holder.get(key)
        if value is None and remedy is None:
            return ""
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
            return str(value)  # (Python refuses to write down integers of more than 4,300 digits)
        if value is not None and not isinstance(value, str):
            self._error((*place, key), f'"{key}" is not a text.', "Put it in quotes.")
            return ""
        if remedy is not None and not (value or "").strip():
            state = "is missing" if value is None else "is empty"
            self._error((*place, key), f'"{key}" {state}.', remedy)
        return clean(value or "").strip()

    def _unknown_keys(self, place: tuple[str | int, ...], holder: Document, known: tuple[str, ...]) -> None:
        for key in holder:
            if key not in known:
                remedy = _did_you_mean(_nearest(str(key), known), f"Known here: {', '.join(known)}.")
                self._warning((*place, str(key)), f"{_quoted(key)} is not known here and is passed over.", remedy)

    def _error(self, place: tuple[str | int, ...], message: str, remedy: str) -> None:
        self.problems.append(_error(place, message, remedy))

    def _warning(self, place: tuple[str | int, ...], message: str, remedy: str) -> None:
        self.problems.append(_warning(place, message, remedy))
