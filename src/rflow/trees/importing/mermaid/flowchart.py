"""Reading Mermaid flowcharts: the same nodes, links and labels as Mermaid's own parser.

The parser makes one pass over the text. It also accepts some charts that Mermaid rejects (brackets and quotes in
labels, comments at the end of a line, nodes called "end"), because wikis are full of them.
"""

import re
from collections.abc import Sequence

from rflow.core.text import shorten
from rflow.trees.importing.chart import Chart, Lines, Link, Node
from rflow.trees.importing.mermaid import text as texts
from rflow.trees.importing.mermaid.links import LinkReader, ParsedLink
from rflow.trees.importing.mermaid.shapes import read_label
from rflow.trees.lines import LimitExceeded
from rflow.trees.parsed import ParseError

HEADER = re.compile(r"\s*+([Gg]raph|flowchart-elk|[Ff]lowchart|swimlane-beta)(?=[\s;]|$)")
_DIRECTION = re.compile(r"[^\S\n]*+(?:LR|RL|TB|BT|TD|BR|<|>|\^|v)(?=[\s;]|$)")
_SPACE = re.compile(r"[\s;]*+")
_BLANK = re.compile(r"[^\S\n]*+")
_ID = re.compile(r'(?!&\s)(?:[^\s\[\](){}<>|;"^~@:=\-]|-(?![->.])|=(?!=)|:(?!::))++')
_KEYWORD = re.compile(
    r"(?:(subgraph|direction)|(style|classDef|class|linkStyle|click))(?=[ \t;]|$)(?![ \t]*+[-=&<\[({@])"
    r"|(accTitle|accDescr)[ \t]*+[:{]|(end)(?=[^\S\n]*+(?:[;\n]|%%|$)|[^\S\n]++(?![xo]-)[\w\"])|(subgraph)(?=\s|$)",
    re.MULTILINE,
)
_STATEMENT = re.compile(
    r'(?:\["[^"]*+"\]|\[[^\[\]"]*+\]|"[^"\n]*+"|\[[^\]\n]*+\]'  # the first two over several lines
    r'|#\w{1,32};|[^\n;"\[]|"(?![^"\n]*+")|\[(?![^\]\n]*+\]))*+'
)
_LINE = re.compile(r"[^\n]*+")
_AND = re.compile(r"[^\S\n]++&\s*+|&[^\S\n]++")
_CLASS = re.compile(r":::[^\S\n]*+" + _ID.pattern)
_ATTRIBUTES = re.compile(r'@\{((?:"[^"]*+"|[^}"])*+)\}')
_STRING = re.compile(r'"[^"]*+"')
_LINE_BREAKS = re.compile(r"\n\s*+")
_COMMENT = re.compile(r"%%|//|#(?=\s)")
_URL = re.compile(r'"(https?://[^"\s]++)"')
_RESERVED = {"end", "graph", "flowchart", "subgraph", "style", "class", "classDef", "linkStyle", "click"}


def read_mermaid(text: str, first: int = 1) -> Chart:
    """Return the flowchart in a text, whose first line has the number `first`; raise `ParseError`."""
    return _Parser(text, first).parse()


class _Parser:
    def __init__(self, text: str, first: int) -> None:
        source = texts.parse_source(text)
        self.text = source.text
        self.lines = Lines(self.text, first)
        self.chart = Chart(title=source.title, start=source.start, line=first, from_rflow=bool(source.start))
        self.link_reader = LinkReader(self.text, self.lines)
        self.position = 0
        self.depth = 0
        self.clicks: list[tuple[str, str]] = []
        self.subgraphs: set[str] = set()

    def parse(self) -> Chart:
        self._header()
        while self._skip(_SPACE) < len(self.text):
            self._statement()
        for name, url in self.clicks:
            if name in self.chart.nodes:
                self.chart.nodes[name].help = url
        if not self.chart.nodes:
            raise ParseError("The chart has no nodes.", self.chart.line, "Add some, such as A --> B.")
        self._note_subgraphs()
        return self.chart

    def _header(self) -> None:
        header = HEADER.match(self.text)
        if header is None:
            first = self._skip(_SPACE)
            word = _LINE.match(self.text, first)
            what = f'"{shorten(word[0], 40)}" does not begin a flowchart.' if word else "This is no flowchart."
            raise ParseError(what, self.lines.at(first), "Only Mermaid flowcharts can be imported: flowchart TD")
        self.position = header.end()
        self.chart.line = self.lines.at(header.start(1))
        self._skip(_DIRECTION)

    def _statement(self) -> None:
        keyword = _KEYWORD.match(self.text, self.position)
        if keyword is None:
            self._links()
            return
        word = next(word for word in keyword.groups() if word)
        line = self.lines.at(self.position)
        self.position = keyword.end()
        match word:
            case "accTitle" | "accDescr":
                self._accessibility(word, keyword[0])
            case "end":
                self.depth -= 1
                if self.depth < 0:
                    raise ParseError('"end" closes no subgraph.', line, "Remove it.")
            case "subgraph":
                self.depth += 1
                self._subgraph(self._rest())
            case _:
                self._style_statement(word, self._rest(), line)

    def _accessibility(self, word: str, opening: str) -> None:
        if opening.endswith("{"):
            end = self.text.find("}", self.position)
            self.position = len(self.text) if end < 0 else end + 1
            return
        text = self._take(_LINE).strip()
        if word == "accTitle":
            self.chart.title = self.chart.title or text

    def _rest(self) -> str:
        return self._take(_STATEMENT).strip()

    def _subgraph(self, rest: str) -> None:
        name = _ID.match(rest)
        if name:
            self.subgraphs.add(name[0])

    def _style_statement(self, word: str, rest: str, line: int) -> None:
        """Read a statement about style; in Mermaid, `style` also declares a node, and `click` may have a URL."""
        name = _ID.match(rest)
        if name and word == "style":
            self._declare(name[0], line)
        url = _URL.search(rest)
        if name and url and word == "click":
            self.clicks.append((name[0], url[1]))

    def _links(self) -> None:
        sources = self._nodes()
        while (link := self.link_reader.read(self.position)) is not None:
            self.position = link.end
            targets = self._nodes()
            self._connect(sources, link, targets)
            sources = targets
        self._end_of_statement()

    def _end_of_statement(self) -> None:
        at = self._skip(_BLANK)
        if _COMMENT.match(self.text, at):
            self._skip(_LINE)
        elif at < len(self.text) and self.text[at] not in "\n;":
            rest = _LINE.match(self.text, at)
            what = f'"{shorten(rest[0] if rest else "", 40)}" can\'t be read here.'
            raise ParseError(what, self.lines.at(at), "Expected a link such as --> or the end of the line.")

    def _nodes(self) -> list[str]:
        """Read one or more nodes, separated by `&`; return their ids."""
        names = [self._node()]
        while and_ := _AND.match(self.text, self.position):
            self.position = and_.end()
            names.append(self._node())
        return names

    def _node(self) -> str:
        at = self.position
        match = _ID.match(self.text, at)
        if match is None:
            rest = _LINE.match(self.text, at)
            before = f'before "{shorten(rest[0], 40)}"' if rest and rest[0].strip() else "here"
            raise ParseError(f"A node is missing {before}.", self.lines.at(at), "Write its id, such as A[Text].")
        name, line = match[0], self.lines.at(at)
        if name in _RESERVED:
            self.chart.note(line, f'"{name}" is a word of Mermaid, which refuses it as a node; here it is a node.')
        self.position = match.end()
        self._declare(name, line)
        self._label(self.chart.nodes.get(name), line)
        self._skip(_CLASS)
        self._attributes(name, line)
        self._skip(_CLASS)
        return name

    def _declare(self, name: str, line: int) -> None:
        if name not in self.chart.nodes and name not in self.link_reader.ids:
            self.chart.nodes[name] = Node(text=name, line=line)

    def _label(self, node: Node | None, line: int) -> None:
        at = self._peek(_BLANK)
        opening = self.text[at : at + 1]
        if opening and opening in "[({>" and not (opening == ">" and at > self.position):
            label = read_label(self.text, at, line)
            if label is not None and node is not None:
                self.position = label.end
                node.text, node.shape, node.line = texts.decode_label(label.raw), label.shape, line
                if label.lenient:
                    self.chart.note(line, f'Mermaid refuses the label "{shorten(node.text, 60)}" without quotes.')

    def _attributes(self, name: str, line: int) -> None:
        """Read the attributes of a node or a link: `@{ shape: diam, label: "…" }`."""
        if not self.text.startswith("@{", self.position):
            return
        match = _ATTRIBUTES.match(self.text, self.position)
        if match is None:
            raise ParseError('"@{" is never closed.', line, 'Close it with "}".')
        self.position = match.end()
        node = self.chart.nodes.get(name)
        if node is not None:
            attributes = _parse_attributes(match[1], line)
            node.shape = attributes.get("shape", node.shape)
            node.text = (
                texts.decode_label(texts.strip_backticks(attributes["label"])) if attributes.get("label") else node.text
            )

    def _connect(self, sources: Sequence[str], link: ParsedLink, targets: Sequence[str]) -> None:
        if link.lenient:
            self.chart.note(link.line, f"Mermaid refuses the arrow from {sources[0]} to {targets[0]} as it is written.")
        if link.invisible:
            self.chart.note(link.line, f"The invisible link from {sources[0]} to {targets[0]} is kept as an exit.")
        for name in (*sources, *targets):  # a link may lead to the id of another link, which then is a node
            self.chart.nodes.setdefault(name, Node(text=name, line=link.line))
        for source in sources:
            for to in targets:
                self.chart.connect(Link(source=source, to=to, label=link.label, line=link.line))

    def _note_subgraphs(self) -> None:
        for name in self.subgraphs & self.chart.nodes.keys():
            node = self.chart.nodes[name]
            self.chart.note(node.line, f'"{name}" is a subgraph that a link leads to or from; it is a node of its own.')
        self.chart.notes.sort(key=lambda note: (note.line, note.text))

    def _peek(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.position)
        return match.end() if match else self.position

    def _skip(self, pattern: re.Pattern[str]) -> int:
        self.position = self._peek(pattern)
        return self.position

    def _take(self, pattern: re.Pattern[str]) -> str:
        begin = self.position
        return self.text[begin : self._skip(pattern)]


def _parse_attributes(text: str, line: int) -> dict[str, str]:
    """Parse the attributes in `@{…}`: YAML on one line or on several."""
    from rflow.trees.yaml_reader import parse_yaml

    text = _STRING.sub(lambda string: _LINE_BREAKS.sub("<br/>", string[0]), text)  # as Mermaid does
    try:
        document = parse_yaml(text + "\n" if "\n" in text.strip() else f"{{\n{text}\n}}").document
    except (ParseError, LimitExceeded) as error:
        raise ParseError("The attributes in @{…} can't be read.", line, 'Write them as { label: "…" }.') from error
    fields = document if isinstance(document, dict) else {}
    return {str(key): value for key, value in fields.items() if isinstance(value, str)}
