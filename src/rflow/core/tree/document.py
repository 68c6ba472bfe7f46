"""Reading a loose document (the content of a tree file) as a tree; what is wrong with it is listed, all at once."""

import re
from typing import Literal

import msgspec

from rflow.core.text import clean, one_line
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree
from rflow.core.tree.problems import LONGEST_NAME, Problem, did_you_mean, error, nearest, problems, quoted, warning

Document = dict[str, object]

_TREE_KEYS = ("id", "title", "description", "start", "nodes")
_NODE_KEYS = ("kind", "text", "help", "run", "limit", "choices", "to", "outcome", "cause")
_CHOICE_KEYS = ("label", "to", "rules_out")
_LIMIT = re.compile(r"[1-9][0-9]{0,3}[smh]\Z")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")


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


def _names_a_field(problem: Problem) -> bool:
    """Whether the place is a single field, of which one thing wrong is enough to know."""
    return len(problem.place) != 2


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
            self._error(("id",), f"{quoted(tree_id)} can't be a tree's id.", remedy)
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
        if not name or name != one_line(name) or len(name) > LONGEST_NAME:
            remedy = f"Use 1 to {LONGEST_NAME} characters on one line, no blanks at the ends."
            self._error(place, "This name can't be a node's.", remedy)
        if not isinstance(node, dict):
            self._error(place, "The node is not a table of fields.", "Give it at least a text.")
            return End(text=name, outcome="escalate")
        self._unknown_keys(place, node, _NODE_KEYS)
        text = self._text(place, node, "text", "Say what to ask or to do here.") or name
        help_ = self._text(place, node, "help", None)
        run = self._text(place, node, "run", None)
        limit = self._limit(place, node)
        match self._kind(place, node):
            case "decision":
                return Decision(text=text, help=help_, run=run, limit=limit, choices=self._choices(place, node))
            case "action":
                to = self._text(place, node, "to", "Name the node that follows this action.")
                return Action(text=text, help=help_, run=run, limit=limit, to=to)
            case _:
                outcome, cause = self._outcome(place, node), one_line(self._text(place, node, "cause", None))
                return End(text=text, help=help_, run=run, limit=limit, outcome=outcome, cause=cause)

    def _limit(self, place: tuple[str, ...], node: Document) -> str:
        limit = self._text(place, node, "limit", None)
        if limit and not _LIMIT.match(limit):
            remedy = 'Write a whole number with s, m or h, such as "15m".'
            self._error((*place, "limit"), f"{quoted(limit)} is not a time limit.", remedy)
            return ""
        return limit

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
            self._error((*place, "kind"), f"{quoted(kind)} is not a kind of node.", "Write decision, action or end.")
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
            self._warning((*place, "outcome"), f"This {kind} has an outcome, which is ignored.", remedy)
        if kind != "end" and "cause" in node:
            remedy = "Only an end has one: move it to the end that it explains."
            self._warning((*place, "cause"), f"This {kind} has a cause, which is ignored.", remedy)
        return str(kind)

    def _outcome(self, place: tuple[str, ...], node: Document) -> Literal["resolved", "escalate"]:
        outcome = node.get("outcome")
        if outcome == "resolved" or outcome == "escalate":
            return outcome
        if outcome is None:
            remedy = 'Say outcome = "resolved" or "escalate" (or give it choices, or a to).'
            self._warning(place, "The end does not say how it ends; resolved is assumed.", remedy)
        else:
            self._error((*place, "outcome"), f"{quoted(outcome)} is not an outcome.", "Write resolved or escalate.")
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
        to = self._text(place, choice, "to", "Name the node it leads to.")
        return Choice(label=label, to=to, rules_out=self._rules_out(place, choice))

    def _rules_out(self, place: tuple[str | int, ...], choice: Document) -> bool:
        value = choice.get("rules_out", True)
        said = value.strip().casefold() if isinstance(value, str) else value
        if said not in (True, False, "true", "false"):
            self._error((*place, "rules_out"), '"rules_out" is neither true nor false.', "Write true or false.")
        return said not in (False, "false")

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
                remedy = did_you_mean(nearest(str(key), known), f"Known here: {', '.join(known)}.")
                self._warning((*place, str(key)), f"{quoted(key)} is an unknown field, which is ignored.", remedy)

    def _error(self, place: tuple[str | int, ...], message: str, remedy: str) -> None:
        self.problems.append(error(place, message, remedy))

    def _warning(self, place: tuple[str | int, ...], message: str, remedy: str) -> None:
        self.problems.append(warning(place, message, remedy))
