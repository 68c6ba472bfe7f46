"""Finds Mermaid and Graphviz charts in Markdown, HTML, reStructuredText, AsciiDoc and templates of site generators."""

import html
import re
from collections.abc import Iterator

import msgspec

from rflow.trees.importing.mermaid.flowchart import HEADER
from rflow.trees.importing.mermaid.text import parse_source

# Other blocks that begin with ":::" (notes, columns) hold Markdown, with charts in it.
_FENCE = re.compile(r"([ \t>]*+)(`{3,}+|~{3,}+|:{3,}+)[ \t]*+(.*+)")
_DIRECTIVE = re.compile(
    r"([ \t]*+)\.\.[ \t]++(mermaid|graphviz|(?:code-block|code|sourcecode)::[ \t]*+(?:mermaid|dot|graphviz)(?=\s|$))"
)
GRAPH = re.compile(r"\s*+(?:strict\s++)?(?:di)?graph\b[^{\n]{0,200}\{", re.IGNORECASE)
COMMENTS = re.compile(r"(?:\s++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/|\#[^\n]*+)++")
_OPENING = re.compile(r"<(div|pre|code|script|mermaid)\b([^>]*+)>", re.IGNORECASE)
_TAGS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(opening, re.IGNORECASE), re.compile(closing, re.IGNORECASE))
    for opening, closing in (
        (r"\{\{[<%]\s*+mermaid\b[^>%]*+[>%]\}\}", r"\{\{[<%]\s*+/\s*+mermaid"),  # Hugo
        (r"\{%-?\s*+mermaid\b[^%]*+%\}", r"\{%-?\s*+endmermaid"),  # Jekyll, GitBook
        (r"#\+begin_src[ \t]++mermaid\b.*+", r"#\+end_src"),  # Org
        (r"<Mermaid\b[^>`]*+`", r"`"),  # Docusaurus
    )
)
_ASCIIDOC_BLOCK = re.compile(r"\[(?:mermaid|source,[ \t]*+mermaid)\b[^\]]*+\][ \t]*+$", re.IGNORECASE)  # AsciiDoc
_DELIMITER = re.compile(r"(?:-{4,}+|\.{4,}+|={4,}+)[ \t]*+$")
_PLAIN_CHART = re.compile(r"\s*+(?:graph|flowchart)[ \t]++(?:TD|TB|LR|RL|BT)\b")
_MERMAID = re.compile(r"""(?:class|type|data-lang)\s*+=\s*+["']?[^"'>]*mermaid""", re.IGNORECASE)
_HEADING = re.compile(r"[ \t]{0,3}+#{1,6}[ \t]++(.*+)")
_DOT = re.compile(r"\{?\.?(?:dot|graphviz|gv)\b", re.IGNORECASE)
_DIRECTIVE_OPTION = re.compile(r"[ \t>]*+:[\w-]++:")


class EmbeddedChart(msgspec.Struct, frozen=True):
    """A chart in another text: its source, the number of its first line, and the heading above it."""

    text: str
    line: int
    heading: str = ""
    form: str = "mermaid"


def is_graph(text: str) -> bool:
    """Whether a text begins with a Graphviz graph, after comments."""
    comments = COMMENTS.match(text)
    return bool(GRAPH.match(text, comments.end() if comments else 0))


def embedded_charts(text: str) -> list[EmbeddedChart]:
    """Return the flowcharts and graphs in a text, in order, without Mermaid's other kinds of diagrams."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [chart for chart in _charts(lines) if _is_chart(chart)]


def _is_chart(chart: EmbeddedChart) -> bool:
    return is_graph(chart.text) if chart.form == "dot" else bool(HEADER.match(parse_source(chart.text).text))


def _charts(lines: list[str]) -> Iterator[EmbeddedChart]:
    heading, number = "", 0
    while number < len(lines):
        line = lines[number]
        if title := _HEADING.match(line):
            heading = title[1].strip(" #")
        end = number + 1
        if (fence := _FENCE.match(line)) and (fence[2][0] != ":" or _is_mermaid(fence[3])):
            end = _fence_end(lines, number, fence[2])
            graph = bool(_DOT.match(fence[3]))
            if graph or _is_mermaid(fence[3]) or _is_plain_chart(fence[3], lines[number + 1 : number + 4]):
                body = lines[number + 1 : end]
                body = _without_options(body) if fence[3].startswith("{") else body
                yield EmbeddedChart(_unindented(body, fence[1]), number + 2, heading, "dot" if graph else "mermaid")
            end += 1
        elif directive := _DIRECTIVE.match(line):
            end = _indented_end(lines, number + 1, len(directive[1]))
            form = "mermaid" if directive[2].endswith("mermaid") else "dot"
            yield EmbeddedChart("\n".join(_without_options(lines[number + 1 : end])), number + 2, heading, form)
        elif _ASCIIDOC_BLOCK.match(line) and number + 1 < len(lines) and _DELIMITER.match(lines[number + 1]):
            end = _delimited_end(lines, number + 1)
            yield EmbeddedChart("\n".join(lines[number + 2 : end]), number + 3, heading)
            end += 1
        elif found := _between_tags(lines, number):
            chart, end = found
            yield EmbeddedChart(chart, number + 1, heading)
        elif (tag := _OPENING.search(line)) and (tag[1].lower() == "mermaid" or _MERMAID.search(tag[2])):
            closing = re.compile(rf"</{tag[1]}\s*+>", re.IGNORECASE)
            chart, end = _until_closing(lines, number, tag.end(), closing)
            yield EmbeddedChart(html.unescape(chart), number + 1, heading)
        number = end


def _without_options(lines: list[str]) -> list[str]:
    """Blank the options of a reStructuredText or MyST directive, such as `:align: center`."""
    return ["" if _DIRECTIVE_OPTION.match(line) else line for line in lines]


def _is_mermaid(info: str) -> bool:
    return info.strip().lstrip("{.").lower().startswith("mermaid")


def _is_plain_chart(info: str, lines: list[str]) -> bool:
    """Whether a fenced block without a language contains a flowchart."""
    return not info.strip() and bool(_PLAIN_CHART.match("\n".join(lines)))


def _fence_end(lines: list[str], begin: int, fence: str) -> int:
    """Return the line that closes a fenced block, or the end of the text: people forget to close the last one."""
    for number in range(begin + 1, len(lines)):
        line = lines[number].strip().lstrip("> \t")
        if line.startswith(fence) and not line.strip(fence[0]):
            return number
    return len(lines)


def _unindented(lines: list[str], prefix: str) -> str:
    """Return the lines of a fenced block without their indentation or quotation marks (>)."""
    if ">" not in prefix:
        return "\n".join(line.removeprefix(prefix) for line in lines)
    return "\n".join(line.lstrip(" \t>") if line.lstrip().startswith(">") else line for line in lines)


def _delimited_end(lines: list[str], begin: int) -> int:
    """Return the line that repeats the delimiter of an AsciiDoc block, or the end of the text."""
    delimiter = lines[begin].strip()
    return next((n for n in range(begin + 1, len(lines)) if lines[n].strip() == delimiter), len(lines))


def _between_tags(lines: list[str], begin: int) -> tuple[str, int] | None:
    """Return the text between the tags of a site generator, and the number of the line after it."""
    for opening, closing in _TAGS:
        if tag := opening.search(lines[begin]):
            return _until_closing(lines, begin, tag.end(), closing)
    return None


def _indented_end(lines: list[str], begin: int, indent: int) -> int:
    """Return the first line that is not indented deeper than its directive."""
    for number in range(begin, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return number
    return len(lines)


def _until_closing(lines: list[str], begin: int, column: int, closing: re.Pattern[str]) -> tuple[str, int]:
    """Return the text from a line and column to a closing tag, and the number of the line after it."""
    body = [lines[begin][column:], *lines[begin + 1 :]]
    for number, line in enumerate(body):
        if end := closing.search(line):
            return "\n".join([*body[:number], line[: end.start()]]), begin + number + 1
    return "\n".join(body), len(lines)
