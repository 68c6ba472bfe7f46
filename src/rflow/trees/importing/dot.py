"""A parser for Graphviz DOT: nodes, edges, their labels and shapes, default attributes, and subgraphs."""

import re
from collections.abc import Iterator
from itertools import pairwise

from rflow.core.text import shorten
from rflow.trees.importing.chart import Chart, Lines, Link, Node
from rflow.trees.importing.dot_tokens import Token, tokenize
from rflow.trees.parsed import ParseError

MAX_DEPTH = 32
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
    _Parser(chart, tokenize(text, lines)).graph()
    if not chart.nodes:
        raise ParseError("The graph has no nodes.", first, "Add some, such as a -> b;")
    return chart


class _Scope:
    """A graph or subgraph: its nodes, and its default attributes."""

    def __init__(self, nodes: Attributes, edges: Attributes) -> None:
        self.node = dict(nodes)
        self.edge = dict(edges)
        self.names: dict[str, None] = {}


class _Parser:
    def __init__(self, chart: Chart, tokens: Iterator[Token]) -> None:
        self.chart = chart
        self.tokens = tokens
        self.ahead = next(tokens, _END)
        self.line = self.ahead.line or 1
        self.graph_name = ""
        self.labels: Attributes = {}
        self.hidden: set[str] = set()

    def next(self) -> Token:
        token, self.ahead = self.ahead, next(self.tokens, _END)
        self.line = token.line or self.line
        return token

    def accept(self, kind: str) -> bool:
        """Consume the next token if it is of this kind; return whether it was."""
        if self.ahead.kind != kind:
            return False
        self.next()
        return True

    def at_keyword(self, *keywords: str) -> bool:
        """Whether the next token is one of these keywords, ignoring case."""
        return self.ahead.kind == "id" and not self.ahead.quoted and self.ahead.text.lower() in keywords

    def graph(self) -> None:
        if self.at_keyword("strict"):
            self.next()
        if not self.at_keyword("graph", "digraph"):
            raise self.error("A graph begins with digraph.")
        self.next()
        if self.ahead.kind == "id":
            self.graph_name = self.id()
        if not self.accept("{"):
            raise self.error("The graph has no opening brace.")
        self.block(_Scope({}, {}), 1)
        self.chart.title = self.labels.get("label", "")
        for name in self.hidden - {end for link in self.chart.links for end in (link.source, link.to)}:
            del self.chart.nodes[name]

    def block(self, scope: _Scope, depth: int) -> None:
        """Read statements up to the closing brace."""
        if depth > MAX_DEPTH:
            raise ParseError(f"There are more than {MAX_DEPTH} graphs inside each other.", self.line, "Is it a chart?")
        while not self.accept("}"):
            if self.ahead.kind == "":
                raise ParseError("The graph is never closed.", self.line, 'Close it with "}".')
            if not self.accept(";") and not self.accept(","):
                self.statement(scope, depth)

    def statement(self, scope: _Scope, depth: int) -> None:
        if self.at_keyword("node", "edge", "graph"):
            kind = self.next().text.lower()
            defaults = {"node": scope.node, "edge": scope.edge}.get(kind, self.labels if depth == 1 else {})
            defaults.update(self.attributes())
            return
        line = self.ahead.line
        ends, simple = self.endpoint(scope, depth)
        if simple and self.accept("="):
            value = self.id()
            if depth == 1:
                self.labels[ends[0]] = _decode(value, self.graph_name, "")
            return
        self.edges(scope, depth, ends, line, simple=simple)

    def edges(self, scope: _Scope, depth: int, ends: list[str], line: int, *, simple: bool) -> None:
        """Read the rest of a statement that begins with nodes: edges, or the attributes of a node."""
        groups = [ends]
        if simple:
            self.declare(ends[0], scope, line)
        while self.accept("->"):
            more, simple_end = self.endpoint(scope, depth)
            if simple_end:
                self.declare(more[0], scope, self.line)
            groups.append(more)
        fields = self.attributes()
        if len(groups) == 1:
            if simple:
                self.apply_attributes(self.chart.nodes[ends[0]], ends[0], fields)
            return
        fields = scope.edge | fields
        if "invis" in fields.get("style", ""):
            return  # it only arranges the drawing
        label = next((_decode(fields[key], self.graph_name, "") for key in _LABELS if fields.get(key)), "")
        for sources, targets in pairwise(groups):
            for source in sources:
                for to in targets:
                    self.chart.connect(Link(source=source, to=to, label=label, line=line))

    def endpoint(self, scope: _Scope, depth: int) -> tuple[list[str], bool]:
        """Read one side of an edge; return the names of its nodes, and whether it is a single node."""
        if self.at_keyword("subgraph"):
            self.next()
            if self.ahead.kind == "id":
                self.id()
            if self.ahead.kind != "{":
                return [], False
        if self.accept("{"):
            inner = _Scope(scope.node, scope.edge)
            self.block(inner, depth + 1)
            scope.names |= inner.names
            return list(inner.names), False
        name = self.id()
        while self.accept(":"):  # a port
            self.id()
        return [name], True

    def declare(self, name: str, scope: _Scope, line: int) -> None:
        scope.names[name] = None
        if name not in self.chart.nodes:
            self.chart.nodes[name] = node = Node(text=_decode(name, self.graph_name, name), line=line)
            self.apply_attributes(node, name, scope.node)

    def apply_attributes(self, node: Node, name: str, fields: Attributes) -> None:
        shape = fields.get("shape", "")
        node.shape = _SHAPES.get(shape, shape) or node.shape
        if fields.get("label"):
            label = _record_label(fields["label"]) if node.shape in ("record", "Mrecord") else fields["label"]
            node.text = _decode(label, self.graph_name, name)
        if "invis" in fields.get("style", ""):
            self.hidden.add(name)
        if node.shape in ("octagon", "doubleoctagon"):
            node.outcome = "escalate"
        elif node.shape == "doublecircle" or fields.get("peripheries") == "2":
            node.outcome = "resolved"
        url = fields.get("URL", fields.get("href", ""))
        node.help = url if url.startswith(("http://", "https://")) else node.help

    def attributes(self) -> Attributes:
        """Read attribute lists, `[label="…", shape=diamond]`; there may be several."""
        fields: Attributes = {}
        while self.accept("["):
            while not self.accept("]"):
                if not self.accept(",") and not self.accept(";"):
                    key = self.id()
                    fields[key] = self.id() if self.accept("=") else "true"
        return fields

    def id(self) -> str:
        """Read an id; strings may be concatenated with +."""
        if self.ahead.kind != "id":
            raise self.error("A name or a text is missing.")
        parts = [self.next().text]
        while self.accept("+"):
            if self.ahead.kind != "id":
                raise self.error("A text is missing after +.")
            parts.append(self.next().text)
        return "".join(parts)

    def error(self, what: str) -> ParseError:
        before = f'before "{shorten(self.ahead.text, 40)}"' if self.ahead.kind else "at the end"
        line = self.ahead.line or self.line
        return ParseError(f"{what.rstrip('.')}, {before}.", line, "See https://graphviz.org/doc/info/lang.html")


def _record_label(label: str) -> str:
    """Return the label of a record, such as `{Check power|<f1> lamp on?}`, with one line per field."""
    return _BETWEEN.sub(r"\\n", _PORT.sub("", label))


def _decode(raw: str, graph: str, node: str) -> str:
    """Decode the escapes of a label: `\\n`, `\\l` and `\\r` end a line, `\\N` is the node, `\\G` the graph."""

    def unescape(match: re.Match[str]) -> str:
        character = match[1]
        return {"n": "\n", "l": "\n", "r": "\n", "N": node, "G": graph}.get(character, character)

    return _ESCAPE.sub(unescape, raw).strip() if "\\" in raw else raw.strip()
