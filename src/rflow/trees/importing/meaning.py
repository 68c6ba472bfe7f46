"""What a chart means as a tree: which nodes ask, which act and which end, where it starts, and what was decided."""

import re
from collections.abc import Iterator

import msgspec

from rflow.core.text import clean, counted, one_line, shorten
from rflow.core.tree.model import Action, Choice, Decision, End, Outcome, Tree
from rflow.core.tree.model import Node as TreeNode
from rflow.core.tree.problems import LONGEST_NAME
from rflow.trees.importing.chart import Chart, Link, Node, Note
from rflow.trees.importing.names import Names

_ASKS = {"diamond", "diam", "decision", "question", "hexagon", "hex", "prepare"}
_ESCALATES = re.compile(
    r"\b(?:escalat\w{0,6}|contact(?:ing|s)?)\b|^\W{0,9}(?:call|phone|page|ring|notify|hand (?:it )?over to)\b",
    re.IGNORECASE,
)
_OWN_SHAPES = {"subroutine": "escalate", "stadium": "resolved"}
"""What the shapes of ends mean in a chart that rflow wrote."""


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """A chart as a tree, and what had to be decided, by line."""

    tree: Tree
    notes: tuple[Note, ...]


def meaning(chart: Chart, tree_id: str, title: str) -> Meaning:
    """Return the tree that a chart means. The same chart always gives the same tree."""
    return _Reading(chart).meaning(tree_id, title)


class _Labels:
    """Answers of a question, made to differ: the second "Yes" becomes "Yes (its target)", a third "Yes (2)"."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def free(self, said: str, target: str) -> str:
        """Return the answer that is said, or one made of it that no other has; it is taken then."""
        label = said if said.casefold() not in self._taken else f"{said} ({shorten(target, 60)})"
        number = self._last.get(said.casefold(), 1)
        while label.casefold() in self._taken:
            number += 1
            label = f"{said} ({number})"
        self._last[said.casefold()] = number
        self._taken.add(label.casefold())
        return label


class _Reading:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.names = _names(chart.nodes)
        self.notes = list(chart.notes)
        self.exits: dict[str, list[Link]] = {name: [] for name in chart.nodes}
        self.entered: set[str] = set()
        self._collect()

    def _collect(self) -> None:
        seen = set()
        for link in self.chart.links:
            way = (link.source, link.label, link.to)
            if way in seen:
                self._note(link.line, f"{link.source} leads to {link.to} twice; the second link is ignored.")
                continue
            seen.add(way)
            self.exits[link.source].append(link)
            self.entered.add(link.to)

    def meaning(self, tree_id: str, title: str) -> Meaning:
        nodes = {self.names[name]: self._node(name, node) for name, node in self.chart.nodes.items()}
        start = self._start()
        self._renamed()
        name = self.chart.title or title
        text = one_line(name) or one_line(self.chart.nodes[start].text) or tree_id
        tree = Tree(id=tree_id, title=text, start=self.names[start], nodes=nodes)
        return Meaning(tree=tree, notes=tuple(sorted(self.notes, key=lambda note: note.line)))

    def _node(self, name: str, node: Node) -> TreeNode:
        ways = self.exits[name]
        text, help_, run = _text(node, name), clean(node.help).strip(), clean(node.run).strip()
        if not ways:
            self._note_end(name, node)
            return End(text=text, help=help_, run=run, outcome=self._outcome(node))
        if len(ways) == 1 and not one_line(ways[0].label):
            if node.shape in _ASKS:
                self._note(node.line, f'"{_short(text)}" is drawn as a question, but has one exit: it is an action.')
            return Action(text=text, help=help_, run=run, to=self.names[ways[0].to])
        self._note_decision(node, text, ways)
        return Decision(text=text, help=help_, run=run, choices=tuple(self._choices(ways)))

    def _note_end(self, name: str, node: Node) -> None:
        if name not in self.entered:
            if len(self.chart.nodes) > 1:
                self._note(node.line, f'No link leads to or from "{_short(_text(node, name))}".')
        elif node.shape in _ASKS:
            self._note(
                node.line, f'"{_short(_text(node, name))}" is drawn as a question, but has no exits: it is an end.'
            )

    def _note_decision(self, node: Node, text: str, ways: list[Link]) -> None:
        unlabelled = [way for way in ways if not one_line(way.label)]
        if len(ways) == 1:
            self._note(node.line, f'"{_short(text)}" has one exit, with a label: it is a question with one answer.')
        elif len(unlabelled) == len(ways):
            self._note(node.line, f'"{_short(text)}" has {len(ways)} exits without labels: it asks which applies.')
        elif node.shape not in _ASKS and node.shape:
            self._note(node.line, f'"{_short(text)}" is not drawn as a question, but has {len(ways)} exits: it is one.')
        for way in unlabelled if len(unlabelled) < len(ways) else ():
            to = _short(_text(self.chart.nodes[way.to], way.to))
            self._note(way.line, f'The exit from {way.source} to {way.to} has no label; it is called "{to}".')

    def _choices(self, ways: list[Link]) -> Iterator[Choice]:
        """Yield the answers; an exit without a label takes its target's text, and labels are made to differ."""
        labels = _Labels()
        for way in ways:
            target = one_line(_text(self.chart.nodes[way.to], way.to))
            said = one_line(way.label) or target
            label = labels.free(said, target)
            if label != said:
                self._note(way.line, f'The answer "{_short(said)}" is there twice; the second is called "{label}".')
            yield Choice(label=label, to=self.names[way.to])

    def _outcome(self, node: Node) -> Outcome:
        said = node.outcome or (_OWN_SHAPES.get(node.shape, "") if self.chart.own else "")
        escalate = said == "escalate" if said else bool(_ESCALATES.search(node.text))
        return "escalate" if escalate else "resolved"

    def _start(self) -> str:
        """Return the node to start at: the first that no link leads to and that has exits, else the first of all."""
        if self.chart.start in self.chart.nodes:
            return self.chart.start
        roots = [name for name in self.chart.nodes if name not in self.entered]
        leading = [name for name in roots if self.exits[name]]
        start = (leading or roots or list(self.chart.nodes))[0]
        line = self.chart.nodes[start].line
        if not roots:
            self._note(line, f"Every node is entered by a link; it starts at the first, {start}.")
        elif len(leading) > 1:
            others = ", ".join(leading[1:4]) + (" …" if len(leading) > 4 else "")
            self._note(line, f"It could start at {counted(leading, 'node')}; it starts at {start}, not at {others}.")
        return start

    def _renamed(self) -> None:
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
    """Return the name in the tree of each node: its own id, unless that is too long or has several lines."""
    fitting = {name for name in nodes if name and name == one_line(name) and len(name) <= LONGEST_NAME}
    names = Names(fitting)
    return {name: name if name in fitting else names.free(shorten(name, 50) or "node") for name in nodes}
