"""Finding Mermaid flowcharts inside Markdown, HTML and reStructuredText."""

import html
import re
from collections.abc import Iterator

import msgspec

from rflow.trees.importing.mermaid.flowchart import HEADER
from rflow.trees.importing.mermaid.text import source

_FENCE = re.compile(r"([ \t>]*+)(`{3,}+|~{3,}+|:{3,}+)[ \t]*+(.*+)")
_DIRECTIVE = re.compile(r"([ \t]*+)\.\.[ \t]++mermaid::")
_OPENING = re.compile(r"<(div|pre|code|script)\b([^>]*+)>", re.IGNORECASE)
_MERMAID = re.compile(r"""(?:class|type|data-lang)\s*+=\s*+["']?[^"'>]*mermaid""", re.IGNORECASE)
_HEADING = re.compile(r"[ \t]{0,3}+#{1,6}[ \t]++(.*+)")
_OPTION = re.compile(r"[ \t]*+:\w++:")


class Found(msgspec.Struct, frozen=True):
    """A chart in a text: its own text, the number of its first line, and the heading above it."""

    text: str
    line: int
    heading: str = ""


def embedded(text: str) -> list[Found]:
    """Return the flowcharts in a text, in their order; Mermaid's other diagrams are left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [chart for chart in _charts(lines) if HEADER.match(source(chart.text).text)]


def _charts(lines: list[str]) -> Iterator[Found]:
    heading, number = "", 0
    while number < len(lines):
        line = lines[number]
        if title := _HEADING.match(line):
            heading = title[1].strip(" #")
        end = number + 1
        if (fence := _FENCE.match(line)) and fence[2]:
            end = _fence_end(lines, number, fence[2], len(fence[1]))
            if _is_mermaid(fence[3]):
                yield Found(_inside(lines[number + 1 : end], fence[1]), number + 2, heading)
            end += 1
        elif directive := _DIRECTIVE.match(line):
            end = _indented_end(lines, number + 1, len(directive[1]))
            body = ["" if _OPTION.match(each) else each for each in lines[number + 1 : end]]
            yield Found("\n".join(body), number + 2, heading)
        elif (tag := _OPENING.search(line)) and _MERMAID.search(tag[2]):
            chart, end = _tagged(lines, number, tag)
            yield Found(html.unescape(chart), number + 1, heading)
        number = end


def _is_mermaid(info: str) -> bool:
    return info.strip().lstrip("{.").lower().startswith("mermaid")


def _fence_end(lines: list[str], begin: int, fence: str, indent: int) -> int:
    """Return the line that closes a fence, or the end of the text: people forget to close the last one."""
    for number in range(begin + 1, len(lines)):
        line = lines[number].strip().lstrip("> \t")
        if line.startswith(fence) and not line.strip(fence[0]):
            return number
    return len(lines)


def _inside(lines: list[str], prefix: str) -> str:
    """Return the lines of a fence without the quotation marks (>) before them."""
    if ">" not in prefix:
        return "\n".join(lines)
    return "\n".join(line.lstrip(" \t>") if line.lstrip().startswith(">") else line for line in lines)


def _indented_end(lines: list[str], begin: int, indent: int) -> int:
    """Return the first line that is not indented deeper than a directive."""
    for number in range(begin, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return number
    return len(lines)


def _tagged(lines: list[str], begin: int, tag: re.Match[str]) -> tuple[str, int]:
    """Return the text up to the closing tag, and the number of the line behind it."""
    closing = re.compile(rf"</{tag[1]}\s*+>", re.IGNORECASE)
    body = [lines[begin][tag.end() :], *lines[begin + 1 :]]
    for number, line in enumerate(body):
        if end := closing.search(line):
            return "\n".join([*body[:number], line[: end.start()]]), begin + number + 1
    return "\n".join(body), len(lines)
