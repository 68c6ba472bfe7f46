"""Validating a parsed document (the content of a tree file): returns the tree, and all problems at once."""

import re
from typing import Literal

import msgspec

from rflow.core.text import clean, one_line
from rflow.core.tree.fields import (
    CHOICE_KEYS,
    NODE_KEYS,
    REQUIRED_FIELDS,
    TREE_KEYS,
    Document,
    Renames,
    meant_field,
    misnamed_fields,
    node_names,
    seems_incomplete,
    unnamed,
)
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree
from rflow.core.tree.problems import (
    LONGEST_NAME,
    KeyPath,
    Problem,
    did_you_mean,
    error,
    problems,
    quoted,
    warning,
)

LIMIT_PATTERN = r"^[1-9][0-9]{0,3}[smh]$"
ID_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
_LIMIT = re.compile(LIMIT_PATTERN.replace("$", r"\Z"))
_ID = re.compile(ID_PATTERN.replace("$", r"\Z"))


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A checked document: `tree` is None if it has errors."""

    tree: Tree | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that make the tree unusable."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def is_tree_id(text: str) -> bool:
    """Whether a text can be the id of a tree."""
    return bool(_ID.match(text))


def check(document: object) -> Checked:
    """Return the tree in `document` (the content of a tree file), and everything that is wrong with it."""
    reader = _Reader()
    tree = reader.tree(document)
    listed = [*misnamed_fields(reader.renames), *reader.problems]
    if tree is not None:
        reported = {problem.path for problem in listed if _is_about_a_field(problem)}
        listed.extend(problem for problem in problems(tree, reader.doubtful) if problem.path not in reported)
    listed.sort(key=lambda problem: problem.severity)
    usable = tree if not any(problem.severity == "error" for problem in listed) else None
    return Checked(tree=usable, problems=tuple(listed))


def _is_about_a_field(problem: Problem) -> bool:
    """Whether a problem is about a single field, which gets only one problem."""
    return len(problem.path) != 2


class _Reader:
    """Reads a document, collecting problems; a value that can't be read is replaced by a harmless default.

    `doubtful` are the nodes of which a problem hides where they lead.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.doubtful: set[str] = set()
        self.renames: Renames = {}

    def tree(self, document: object) -> Tree | None:
        if not isinstance(document, dict):
            self._error((), "The file does not hold a tree.", "Start with id, title, start and nodes.")
            return None
        document = self._with_spelling_corrected((), document, TREE_KEYS)
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
            remedy = "Write a name for each node, and its fields below it; or, of another tool: rflow tree import FILE"
            self._error(("nodes",), '"nodes" is not a table of nodes.', remedy)
            return self._listed(nodes) if isinstance(nodes, list) else None
        if not nodes:
            self._error(("nodes",), "The tree has no nodes.", "Add at least a start node and an end.")
            return None
        return {str(name): self._node(str(name), node) for name, node in nodes.items()}

    def _listed(self, nodes: list[object]) -> dict[str, Node] | None:
        """Return the nodes of a list by their ids, so that their other problems are found too."""
        names = node_names(nodes)
        if names is not None:
            return {name: self._node(name, unnamed(node)) for name, node in zip(names, nodes, strict=True)} or None
        for number, node in enumerate(nodes, 1):
            self._node(f"{number}", node)
        return None

    def _node(self, name: str, node: object) -> Node:
        path = ("nodes", name)
        if not name or name != one_line(name) or len(name) > LONGEST_NAME:
            remedy = f"Use 1 to {LONGEST_NAME} characters on one line, no blanks at the ends."
            self._error(path, "This can't be the name of a node.", remedy)
        if not isinstance(node, dict):
            self._error(path, "The node is not a table of fields.", "Write at least a text.")
            self.doubtful.add(name)
            return End(text=name, outcome="escalate")
        node = self._with_spelling_corrected(path, node, NODE_KEYS)
        if seems_incomplete(node):
            self.doubtful.add(name)
        text = self._text(path, node, "text", "Say what to ask or to do here.") or name
        help_ = self._text(path, node, "help", None)
        run = self._text(path, node, "run", None)
        limit = self._limit(path, node)
        match self._kind(path, node):
            case "decision":
                return Decision(text=text, help=help_, run=run, limit=limit, choices=self._choices(path, node))
            case "action":
                to = self._text(
                    path, node, "to", None if "choices" in node else "Name the node that follows this action."
                )
                return Action(text=text, help=help_, run=run, limit=limit, to=to)
            case _:
                outcome, cause = self._outcome(path, node), one_line(self._text(path, node, "cause", None))
                return End(text=text, help=help_, run=run, limit=limit, outcome=outcome, cause=cause)

    def _limit(self, path: tuple[str, ...], node: Document) -> str:
        limit = self._text(path, node, "limit", None)
        if limit and not _LIMIT.match(limit):
            remedy = 'Write a whole number with s, m or h, such as "15m".'
            self._error((*path, "limit"), f"{quoted(limit)} is not a time limit.", remedy)
            return ""
        return limit

    def _kind(self, path: tuple[str, ...], node: Document) -> str:
        """Return the kind of a node: its `kind`, or else what its fields imply; report if the two disagree."""
        implied = "decision" if "choices" in node else "action" if "to" in node else "end"
        if "choices" in node and "to" in node:
            self._error(
                path,
                'The node has both "choices" and "to".',
                "Keep choices for a question, to for an action.",
            )
        kind = node.get("kind", implied)
        if kind not in ("decision", "action", "end"):
            self._error((*path, "kind"), f"{quoted(kind)} is not a kind of node.", "Write decision, action or end.")
            return implied
        if kind == "end" and implied != "end":
            self._error(
                (*path, "kind"),
                "An end has neither choices nor a target.",
                'Remove "choices" and "to", or change the kind.',
            )
        if kind == "action" and "choices" in node and "to" not in node:
            self._error(
                (*path, "kind"),
                "An action has no choices.",
                'Name one node with "to", or make it a decision.',
            )
        if kind != "end" and "outcome" in node:
            remedy = "Only ends have outcomes: remove it, or make the target an end."
            self._warning((*path, "outcome"), f"This {kind} has an outcome, which is ignored.", remedy)
        if kind != "end" and "cause" in node:
            remedy = "Only ends have causes: move it to the end that it explains."
            self._warning((*path, "cause"), f"This {kind} has a cause, which is ignored.", remedy)
        return str(kind)

    def _outcome(self, path: tuple[str, ...], node: Document) -> Literal["resolved", "escalate"]:
        outcome = node.get("outcome")
        if outcome == "resolved" or outcome == "escalate":
            return outcome
        if outcome is None and ("choices" in node or "to" in node):
            return "resolved"  # that it is an end is a mistake, and has been reported
        if outcome is None:
            remedy = 'Say outcome = "resolved" or "escalate" (or give it choices, or a to).'
            self._warning(path, "The end does not say how it ends; resolved is assumed.", remedy)
        else:
            self._error((*path, "outcome"), f"{quoted(outcome)} is not an outcome.", "Write resolved or escalate.")
        return "resolved"

    def _choices(self, path: tuple[str, ...], node: Document) -> tuple[Choice, ...]:
        choices = node.get("choices")
        if not isinstance(choices, list | tuple) or not choices:
            self._error((*path, "choices"), "The decision has no choices.", "List them, each with label and to.")
            return ()
        return tuple(self._choice((*path, "choices", number), choice) for number, choice in enumerate(choices))

    def _choice(self, path: KeyPath, choice: object) -> Choice:
        if not isinstance(choice, dict):
            self._error(path, "The choice is not a table.", 'Write it as label = "…", to = "…".')
            return Choice(label=f"choice {path[-1]}", to="")
        choice = self._with_spelling_corrected(path, choice, CHOICE_KEYS)
        label = one_line(self._text(path, choice, "label", "Say which answer this is."))
        to = self._text(path, choice, "to", "Name the node it leads to.")
        return Choice(label=label, to=to, rules_out=self._rules_out(path, choice))

    def _rules_out(self, path: KeyPath, choice: Document) -> bool:
        value = choice.get("rules_out", True)
        flag = value.strip().casefold() if isinstance(value, str) else value
        if flag not in (True, False, "true", "false"):
            self._error((*path, "rules_out"), '"rules_out" is neither true nor false.', "Write true or false.")
        return flag not in (False, "false")

    def _text(self, path: KeyPath, holder: Document, key: str, remedy: str | None) -> str:
        """Return a text field, which may be missing if `remedy` is None. Whole numbers count as texts (label 809)."""
        value = holder.get(key)
        if value is None and remedy is None:
            return ""
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
            return str(value)  # (Python refuses to format integers of more than 4,300 digits)
        if value is not None and not isinstance(value, str):
            self._error((*path, key), f'"{key}" is not a text.', "Put it in quotes.")
            return ""
        if remedy is not None and not (value or "").strip():
            state = "is missing" if value is None else "is empty"
            self._error((*path, key), f'"{key}" {state}.', remedy)
        return clean(value or "").strip()

    def _with_spelling_corrected(self, path: KeyPath, holder: Document, known: tuple[str, ...]) -> Document:
        """Report unknown fields, and return the document with misspelt ones corrected.

        This way a misspelt field is one problem, without further ones for the missing field.
        """
        corrected = dict(holder)
        for key in holder:
            if key in known:
                continue
            meant = meant_field(str(key), known)
            if meant in REQUIRED_FIELDS and meant not in corrected:
                corrected[meant] = corrected.pop(key)
                self.renames.setdefault((known, str(key), meant), []).append((*path, str(key)))
            else:
                remedy = did_you_mean(meant, f"Known here: {', '.join(known)}.")
                self._warning((*path, str(key)), f"{quoted(key)} is an unknown field, which is ignored.", remedy)
        return corrected

    def _error(self, path: KeyPath, message: str, remedy: str) -> None:
        self.problems.append(error(path, message, remedy))

    def _warning(self, path: KeyPath, message: str, remedy: str) -> None:
        self.problems.append(warning(path, message, remedy))
