"""The labels of Mermaid's nodes: each shape's brackets, and where a label ends that holds brackets itself."""

import re
from typing import NamedTuple

from rflow.trees.importing.mermaid.text import quoted, without_quotes
from rflow.trees.parsed import ParseError


class Shape(NamedTuple):
    """A shape: its name in Mermaid, what opens its label, and what may close it."""

    name: str
    opening: str
    closings: tuple[str, ...]


SHAPES = (
    Shape("doublecircle", "(((", (")))",)),
    Shape("circle", "((", ("))",)),
    Shape("stadium", "([", ("])",)),
    Shape("ellipse", "(-", ("-)",)),
    Shape("subroutine", "[[", ("]]",)),
    Shape("cylinder", "[(", (")]",)),
    Shape("trapezoid", "[/", ("/]", "\\]")),
    Shape("trapezoid", "[\\", ("\\]", "/]")),
    Shape("hexagon", "{{", ("}}",)),
    Shape("diamond", "{", ("}",)),
    Shape("odd", ">", ("]",)),
    Shape("square", "[", ("]",)),
    Shape("round", "(", (")",)),
)
"""The shapes of nodes, those with longer openings first."""

_MATCHING = {")": "(", "]": "[", "}": "{"}
_BRACKET = re.compile(r"[\[\](){}\n]")
_SPECIAL = re.compile(r"[\[\](){}|\"]")
_GOES_ON = re.compile(
    r"[^\S\n]*+(?:$|[;&]|%%|:::|@\{|(?:[^\s\"@\[\](){}|]{1,64}+@)?(?:[xo<]?--|[xo<]?==|[xo<]?-\.|\.+-|~~~)"
    r"|(?:->|[\u2013\u2014]{1,2}>|\u2192)[ \t]*+[\w.-]++[ \t]*+(?:[\[({;]|$))",
    re.MULTILINE,
)
_BLANK = re.compile(r"\s*+")
_ARROW = re.compile(r"--[->ox]|==[=>]|-\.+-")
_LONGEST = 10_000


class Label(NamedTuple):
    """A label as it is written, without its brackets and quotes; `end` is the position behind it."""

    shape: str
    raw: str
    end: int
    lenient: bool = False


def read_label(text: str, position: int, line: int) -> Label | None:
    """Return the label that opens at a position, None if none does; raise `ParseError` if it is never closed.

    Mermaid refuses brackets and quotes in a label without quotes; people write them. A shape whose closing brackets
    are missing counts as the shorter one: `[/var/log is full]` is a square.
    """
    shapes = [shape for shape in SHAPES if text.startswith(shape.opening, position)]
    found: Label | None = None
    for shape in shapes:
        begin = position + len(shape.opening)
        label = _quoted(text, begin, shape) or _quoted_lines(text, begin, shape, '`"') or _bare(text, begin, shape)
        if label is not None and not label.lenient:
            return found or label
        if label is not None and (found is None or label.end < found.end):
            found = label  # `[(optional) step] --> B[(x)]` ends at the first bracket, not at the first ")]"
    rest = (_quoted_lines(text, position + len(shape.opening), shape, '"') for shape in shapes)
    found = found or next((label for label in rest if label is not None), None)
    if shapes and found is None:
        what = f'The label that opens with "{shapes[-1].opening}" is never closed.'
        raise ParseError(what, line, f'Close it with "{shapes[-1].closings[0]}".')
    return found


def _quoted(text: str, begin: int, shape: Shape) -> Label | None:
    """Return a label in quotes with nothing else between the brackets."""
    opening = _blank(text, begin)
    closing = text.find('"', opening + 1) if text.startswith('"', opening) else -1
    if closing < 0:
        return None
    after = _blank(text, closing + 1)
    for end in shape.closings:
        if text.startswith(end, after):
            raw = quoted(text[opening + 1 : closing])
            return Label(shape.name, raw, after + len(end))
    return None


def _bare(text: str, begin: int, shape: Shape) -> Label | None:
    end = _balanced(text, begin, shape)
    if end < 0 or not _GOES_ON.match(text, end + len(shape.closings[0])):
        likely = _likely(text, begin, shape)
        end = likely if likely >= 0 else end
    end = _on_another_line(text, begin, shape) if end < 0 else end
    end = _over_lines(text, begin, shape) if end < 0 else end
    if end < 0:
        return None
    raw = text[begin:end].strip()
    strange = bool(_SPECIAL.search(raw))
    raw = without_quotes(raw) if raw.startswith('"') else raw
    return Label(shape.name, raw, end + len(shape.closings[0]), lenient=strange)


def _balanced(text: str, begin: int, shape: Shape, *, longest: int = 0) -> int:
    """Return where a label ends whose brackets are in pairs, on the same line; -1 if there is no such place.

    It may go on over several lines for as many characters as `longest`.
    """
    closer = next(character for character in shape.closings[0] if character in _MATCHING)
    opener, depth, position = _MATCHING[closer], 0, begin
    while match := _BRACKET.search(text, position):
        at = match.start()
        if at - begin > longest if longest else match[0] == "\n":
            break
        if depth == 0 and (end := _closing(text, begin, at, shape)) >= 0:
            return end
        depth += (match[0] == opener) - (match[0] == closer and depth > 0)
        position = at + 1
    return -1


def _closing(text: str, begin: int, at: int, shape: Shape) -> int:
    """Return where the closing of a shape begins whose bracket stands at a position; -1 if it does not fit."""
    for closing in shape.closings:
        start = at - next(number for number, character in enumerate(closing) if character in _MATCHING)
        if start >= begin and text.startswith(closing, start):
            return start
    return -1


def _likely(text: str, begin: int, shape: Shape) -> int:
    """Return the first closing on this line behind which a link, a class or the end of the line follows; else -1."""
    stop = text.find("\n", begin)
    stop = len(text) if stop < 0 else stop
    for closing in shape.closings:
        position = text.find(closing, begin, stop)
        while position >= 0:
            if _GOES_ON.match(text, position + len(closing)):
                return position
            position = text.find(closing, position + 1, stop)
    return -1


def _on_another_line(text: str, begin: int, shape: Shape) -> int:
    """Return where a label of several lines ends, which must not hold any bracket or quote; else -1."""
    match = _SPECIAL.search(text, begin)
    return _closing(text, begin, match.start(), shape) if match and match[0] in _MATCHING else -1


def _over_lines(text: str, begin: int, shape: Shape) -> int:
    """Return where a label of several lines ends that holds brackets in pairs, and no arrow; else -1."""
    end = _balanced(text, begin, shape, longest=_LONGEST)
    behind = end + len(shape.closings[0])
    return end if end >= 0 and not _ARROW.search(text, begin, end) and _GOES_ON.match(text, behind) else -1


def _quoted_lines(text: str, begin: int, shape: Shape, quote: str) -> Label | None:
    """Return a label in quotes, of several lines, that holds quotes and brackets, such as a command; else None.

    It ends at the quote (of a Markdown string: with its backtick) before its bracket, unless another label in quotes
    opens before.
    """
    opening = _blank(text, begin)
    if not text.startswith(quote[::-1], opening):
        return None
    for closing in shape.closings:
        end = text.find(quote + closing, opening + 1, opening + _LONGEST)
        after = end + len(quote + closing)
        if end > 0 and shape.opening + '"' not in text[opening:end] and _GOES_ON.match(text, after):
            return Label(shape.name, quoted(text[opening + 1 : after - len(closing) - 1]), after, lenient=True)
    return None


def _blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position
