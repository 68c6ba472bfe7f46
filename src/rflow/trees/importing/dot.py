"""Reading Graphviz DOT: nodes with their labels and shapes, edges with their labels, defaults, nested graphs."""

import re
from collections.abc import Iterator
from itertools import pairwise

from rflow.core.text import shorten
from rflow.trees.importing.chart import Chart, Lines, Link, Node
from rflow.trees.importing.dot_tokens import Token, tokens
from rflow.trees.parsed import ParseError

DEEPEST = 32
_SHAPES = {"Mdiamond": "diamond", "hexagon": "hexagon", "doublecircle": "doublecircle", "octagon": "octagon"}
_LABELS = ("label", "xlabel", "taillabel", "headlabel")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PORT = re.compile(r"(?<!\\)(?:<[^<>]*+>\s*+|[{}])")
_BETWEEN = re.compile(r"(?<!\\)\|\s*+")
_END = Token("", "", 0)
Attributes = dict[str, str]


def read_dot(text: str, first: int = 1) -> Chart:
    """Return the graph in a text; raise `ParseError`."""
    lines = Lines(text, first)
    chart = Chart(line=first)
    _Reader(chart, tokens(text, lines)).graph()
    if not chart.nodes:
        raise ParseError("The graph has no nodes.", first, "Add some, such as a -> b;")
    return chart


class _Scope:
    """A graph or a graph inside it: its nodes, and the defaults that hold in it."""

    def __init__(self, nodes: Attributes, edges: Attributes) -> None:
        self.node = dict(nodes)
        self.edge = dict(edges)
        self.names: dict[str, None] = {}


class _Reader:
    def __init__(self, chart: Chart, words: Iterator[Token]) -> None:
        self.chart = chart
        self.words = words
        self.ahead = next(words, _END)
        self.line = self.ahead.line or 1
        self.graph_name = ""
        self.labels: Attributes = {}
        self.hidden: set[str] = set()

    def next(self) -> Token:
        token, self.ahead = self.ahead, next(self.words, _END)
        self.line = token.line or self.line
        return token

    def takes(self, kind: str) -> bool:
        """Whether the next token is this sign, which is then read."""
        if self.ahead.kind != kind:
            return False
        self.next()
        return True

    def word(self, *words: str) -> bool:
        """Whether the next token is one of these words, in small letters or capitals."""
        return self.ahead.kind == "id" and not self.ahead.quoted and self.ahead.text.lower() in words

    def graph(self) -> None:
        if self.word("strict"):
            self.next()
        if not self.word("graph", "digraph"):
            raise self.error("A graph begins with digraph.")
        self.next()
        if self.ahead.kind == "id":
            self.graph_name = self.id()
        if not self.takes("{"):
            raise self.error("The graph has no opening brace.")
        self.block(_Scope({}, {}), 1)
        self.chart.title = self.labels.get("label", "")
        for name in self.hidden - {end for link in self.chart.links for end in (link.source, link.to)}:
            del self.chart.nodes[name]

    def block(self, scope: _Scope, depth: int) -> None:
        """Read statements up to the closing brace."""
        if depth > DEEPEST:
            raise ParseError(f"There are more than {DEEPEST} graphs inside each other.", self.line, "Is it a chart?")
        while not self.takes("}"):
            if self.ahead.kind == "":
                raise ParseError("The graph is never closed.", self.line, 'Close it with "}".')
            if not self.takes(";") and not self.takes(","):
                self.statement(scope, depth)

    def statement(self, scope: _Scope, depth: int) -> None:
        if self.word("node", "edge", "graph"):
            kind = self.next().text.lower()
            defaults = {"node": scope.node, "edge": scope.edge}.get(kind, self.labels if depth == 1 else {})
            defaults.update(self.attributes())
            return
        line = self.ahead.line
        ends, simple = self.end_of_edge(scope, depth)
        if simple and self.takes("="):
            value = self.id()
            if depth == 1:
                self.labels[ends[0]] = _text(value, self.graph_name, "")
            return
        self.edges(scope, depth, ends, line, simple=simple)

    def edges(self, scope: _Scope, depth: int, ends: list[str], line: int, *, simple: bool) -> None:
        """Read the rest of a statement that names nodes: the edges between them, or what a node looks like."""
        groups = [ends]
        if simple:
            self.declare(ends[0], scope, line)
        while self.takes("->"):
            more, simple_end = self.end_of_edge(scope, depth)
            if simple_end:
                self.declare(more[0], scope, self.line)
            groups.append(more)
        fields = self.attributes()
        if len(groups) == 1:
            if simple:
                self.looks(self.chart.nodes[ends[0]], ends[0], fields)
            return
        fields = scope.edge | fields
        if "invis" in fields.get("style", ""):
            return  # it only arranges the drawing
        label = next((_text(fields[key], self.graph_name, "") for key in _LABELS if fields.get(key)), "")
        for sources, targets in pairwise(groups):
            for source in sources:
                for to in targets:
                    self.chart.connect(Link(source=source, to=to, label=label, line=line))

    def end_of_edge(self, scope: _Scope, depth: int) -> tuple[list[str], bool]:
        """Read a node or a graph inside; return the names of its nodes, and whether it is a node."""
        if self.word("subgraph"):
            self.next()
            if self.ahead.kind == "id":
                self.id()
            if self.ahead.kind != "{":
                return [], False
        if self.takes("{"):
            inner = _Scope(scope.node, scope.edge)
            self.block(inner, depth + 1)
            scope.names |= inner.names
            return list(inner.names), False
        name = self.id()
        while self.takes(":"):  # a port
            self.id()
        return [name], True

    def declare(self, name: str, scope: _Scope, line: int) -> None:
        scope.names[name] = None
        if name not in self.chart.nodes:
            self.chart.nodes[name] = node = Node(text=_text(name, self.graph_name, name), line=line)
            self.looks(node, name, scope.node)

    def looks(self, node: Node, name: str, fields: Attributes) -> None:
        shape = fields.get("shape", "")
        node.shape = _SHAPES.get(shape, shape) or node.shape
        if fields.get("label"):
            label = _without_fields(fields["label"]) if node.shape in ("record", "Mrecord") else fields["label"]
            node.text = _text(label, self.graph_name, name)
        if "invis" in fields.get("style", ""):
            self.hidden.add(name)
        if node.shape in ("octagon", "doubleoctagon"):
            node.outcome = "escalate"
        elif node.shape == "doublecircle" or fields.get("peripheries") == "2":
            node.outcome = "resolved"
        url = fields.get("URL", fields.get("href", ""))
        node.help = url if url.startswith(("http://", "https://")) else node.help

    def attributes(self) -> Attributes:
        """Read `[label="…", shape=diamond]`, which may be there several times."""
        fields: Attributes = {}
        while self.takes("["):
            while not self.takes("]"):
                if not self.takes(",") and not self.takes(";"):
                    key = self.id()
                    fields[key] = self.id() if self.takes("=") else "true"
        return fields

    def id(self) -> str:
        """Read a name or a text; texts may be joined with +."""
        if self.ahead.kind != "id":
            raise self.error("A name or a text is missing.")
        parts = [self.next().text]
        while self.takes("+"):
            if self.ahead.kind != "id":
                raise self.error("A text is missing after +.")
            parts.append(self.next().text)
        return "".join(parts)

    def error(self, what: str) -> ParseError:
        before = f'before "{shorten(self.ahead.text, 40)}"' if self.ahead.kind else "at the end"
        line = self.ahead.line or self.line
        return ParseError(f"{what.rstrip('.')}, {before}.", line, "See https://graphviz.org/doc/info/lang.html")


def _without_fields(label: str) -> str:
    """Return the label of a record, such as `{Check power|<f1> lamp on?}`, its fields on lines of their own."""
    return _BETWEEN.sub(r"\\n", _PORT.sub("", label))


def _text(raw: str, graph: str, node: str) -> str:
    """Return what a label says: `\\n`, `\\l` and `\\r` end a line, `\\N` is the node, `\\G` the graph."""

    def escaped(match: re.Match[str]) -> str:
        character = match[1]
        return {"n": "\n", "l": "\n", "r": "\n", "N": node, "G": graph}.get(character, character)

    return _ESCAPE.sub(escaped, raw).strip() if "\\" in raw else raw.strip()
