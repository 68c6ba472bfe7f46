"""Converting a chart to a tree: which nodes are decisions, actions and ends, where it starts, and notes on guesses."""

import re
from collections.abc import Iterator

import msgspec

from rflow.core.text import clean, counted, one_line, shorten
from rflow.core.tree.model import Action, Choice, Decision, End, Outcome, Tree
from rflow.core.tree.model import Node as TreeNode
from rflow.core.tree.problems import LONGEST_NAME
from rflow.trees.importing.chart import Chart, Link, Node, Note
from rflow.trees.importing.names import Names

_DECISION_SHAPES = {"diamond", "diam", "decision", "question", "hexagon", "hex", "prepare"}
_ESCALATES = re.compile(
    r"\b(?:escalat\w{0,6}|contact(?:ing|s)?)\b|^\W{0,9}(?:call|phone|page|ring|notify|hand (?:it )?over to)\b",
    re.IGNORECASE,
)
_RFLOW_OUTCOMES: dict[str, Outcome] = {"subroutine": "escalate", "stadium": "resolved"}
"""The outcomes of ends by their shape, in a chart that rflow wrote."""


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """The tree of a chart, and notes on what had to be guessed, by line."""

    tree: Tree
    notes: tuple[Note, ...]


def convert(chart: Chart, tree_id: str, title: str) -> Conversion:
    """Convert a chart to a tree. The same chart always gives the same tree; `title` is used if the chart has none."""
    return _Converter(chart).convert(tree_id, title)


class _Labels:
    """Makes the labels of a question unique: the second "Yes" becomes "Yes (its target)", a third "Yes (2)"."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def unique(self, wanted: str, target: str) -> str:
        """Return the wanted label, or a variation of it if it is taken."""
        label = wanted if wanted.casefold() not in self._taken else f"{wanted} ({shorten(target, 60)})"
        number = self._last.get(wanted.casefold(), 1)
        while label.casefold() in self._taken:
            number += 1
            label = f"{wanted} ({number})"
        self._last[wanted.casefold()] = number
        self._taken.add(label.casefold())
        return label


class _Converter:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.names = _names(chart.nodes)
        self.notes = list(chart.notes)
        self.exits: dict[str, list[Link]] = {name: [] for name in chart.nodes}
        self.has_incoming: set[str] = set()
        self._collect()

    def _collect(self) -> None:
        seen = set()
        for link in self.chart.links:
            key = (link.source, link.label, link.to)
            if key in seen:
                self._note(link.line, f"{link.source} leads to {link.to} twice; the second link is ignored.")
                continue
            seen.add(key)
            self.exits[link.source].append(link)
            self.has_incoming.add(link.to)

    def convert(self, tree_id: str, title: str) -> Conversion:
        nodes = {self.names[name]: self._node(name, node) for name, node in self.chart.nodes.items()}
        start = self._start()
        self._note_renamed()
        name = self.chart.title or title
        text = one_line(name) or one_line(self.chart.nodes[start].text) or tree_id
        tree = Tree(id=tree_id, title=text, start=self.names[start], nodes=nodes)
        return Conversion(tree=tree, notes=tuple(sorted(self.notes, key=lambda note: note.line)))

    def _node(self, name: str, node: Node) -> TreeNode:
        exits = self.exits[name]
        text, help_, run = _text(node, name), clean(node.help).strip(), clean(node.run).strip()
        if not exits:
            self._note_end(name, node)
            return End(text=text, help=help_, run=run, outcome=self._outcome(node))
        if len(exits) == 1 and not one_line(exits[0].label):
            if node.shape in _DECISION_SHAPES:
                self._note(node.line, f'"{_short(text)}" is drawn as a question, but has one exit: it is an action.')
            return Action(text=text, help=help_, run=run, to=self.names[exits[0].to])
        self._note_decision(node, text, exits)
        return Decision(text=text, help=help_, run=run, choices=tuple(self._choices(exits)))

    def _note_end(self, name: str, node: Node) -> None:
        if name not in self.has_incoming:
            if len(self.chart.nodes) > 1:
                self._note(node.line, f'No link leads to or from "{_short(_text(node, name))}".')
        elif node.shape in _DECISION_SHAPES:
            self._note(
                node.line, f'"{_short(_text(node, name))}" is drawn as a question, but has no exits: it is an end.'
            )

    def _note_decision(self, node: Node, text: str, exits: list[Link]) -> None:
        unlabelled = [link for link in exits if not one_line(link.label)]
        if len(exits) == 1:
            self._note(node.line, f'"{_short(text)}" has one exit, with a label: it is a question with one answer.')
        elif len(unlabelled) == len(exits):
            self._note(node.line, f'"{_short(text)}" has {len(exits)} exits without labels: it asks which applies.')
        elif node.shape not in _DECISION_SHAPES and node.shape:
            self._note(
                node.line, f'"{_short(text)}" is not drawn as a question, but has {len(exits)} exits: it is one.'
            )
        for link in unlabelled if len(unlabelled) < len(exits) else ():
            to = _short(_text(self.chart.nodes[link.to], link.to))
            self._note(link.line, f'The exit from {link.source} to {link.to} has no label; it is called "{to}".')

    def _choices(self, exits: list[Link]) -> Iterator[Choice]:
        """Yield the choices with unique labels; an exit without a label takes the text of its target."""
        labels = _Labels()
        for link in exits:
            target = one_line(_text(self.chart.nodes[link.to], link.to))
            wanted = one_line(link.label) or target
            label = labels.unique(wanted, target)
            if label != wanted:
                self._note(link.line, f'The answer "{_short(wanted)}" is there twice; the second is called "{label}".')
            yield Choice(label=label, to=self.names[link.to])

    def _outcome(self, node: Node) -> Outcome:
        drawn = node.outcome or (_RFLOW_OUTCOMES.get(node.shape, "") if self.chart.from_rflow else "")
        escalate = drawn == "escalate" if drawn else bool(_ESCALATES.search(node.text))
        return "escalate" if escalate else "resolved"

    def _start(self) -> str:
        """Return the start: the first node with exits and without incoming links, else the first node."""
        if self.chart.start in self.chart.nodes:
            return self.chart.start
        roots = [name for name in self.chart.nodes if name not in self.has_incoming]
        leading = [name for name in roots if self.exits[name]]
        start = (leading or roots or list(self.chart.nodes))[0]
        line = self.chart.nodes[start].line
        if not roots:
            self._note(line, f"Every node is entered by a link; it starts at the first, {start}.")
        elif len(leading) > 1:
            others = ", ".join(leading[1:4]) + (" …" if len(leading) > 4 else "")
            self._note(line, f"It could start at {counted(leading, 'node')}; it starts at {start}, not at {others}.")
        return start

    def _note_renamed(self) -> None:
        for name, written in self.names.items():
            if name != written:
                what = f'The id "{_short(name)}" can\'t be the name of a node; it is "{_short(written)}".'
                self._note(self.chart.nodes[name].line, what)

    def _note(self, line: int, text: str) -> None:
        self.notes.append(Note(line=line, text=text))


def _text(node: Node, name: str) -> str:
    return clean(node.text).strip() or clean(name).strip() or "?"


def _short(text: str) -> str:
    return shorten(text, 60)


def _names(nodes: dict[str, Node]) -> dict[str, str]:
    """Return the name of each node in the tree: its id in the chart, unless that is too long or has several lines."""
    fitting = {name for name in nodes if name and name == one_line(name) and len(name) <= LONGEST_NAME}
    names = Names(fitting)
    return {name: name if name in fitting else names.unique(shorten(name, 50) or "node") for name in nodes}
