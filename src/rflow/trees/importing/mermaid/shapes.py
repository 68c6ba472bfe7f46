"""Labels of nodes in Mermaid: the brackets of each shape, and finding the end of labels that contain brackets."""

import re
from typing import NamedTuple

from rflow.trees.importing.mermaid.text import strip_backticks, strip_quotes
from rflow.trees.parsed import ParseError


class Shape(NamedTuple):
    """A shape: its name in Mermaid, and the brackets that open and close its label."""

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
"""The shapes, max_length opening brackets first."""

_MATCHING = {")": "(", "]": "[", "}": "{"}
_BRACKET = re.compile(r"[\[\](){}\n]")
_SPECIAL = re.compile(r"[\[\](){}|\"]")
_AFTER_LABEL = re.compile(
    r"[^\S\n]*+(?:$|[;&]|%%|:::|@\{|(?:[^\s\"@\[\](){}|]{1,64}+@)?(?:[xo<]?--|[xo<]?==|[xo<]?-\.|\.+-|~~~)"
    r"|(?:->|[\u2013\u2014]{1,2}>|\u2192)[ \t]*+[\w.-]++[ \t]*+(?:[\[({;]|$))",
    re.MULTILINE,
)
_BLANK = re.compile(r"\s*+")
_ARROW = re.compile(r"--[->ox]|==[=>]|-\.+-")
_MAX_LABEL = 10_000


class Label(NamedTuple):
    """A label without brackets and quotes, and the position after it; `lenient` if Mermaid itself would reject it."""

    shape: str
    raw: str
    end: int
    lenient: bool = False


def read_label(text: str, position: int, line: int) -> Label | None:
    """Read the label that opens at a position; None if there is none. Raises `ParseError` if it is never closed.

    Accepts brackets and quotes in a label without quotes, which Mermaid rejects. If the closing brackets of a shape are
    missing, a shorter shape is tried: `[/var/log is full]` is a square.
    """
    shapes = [shape for shape in SHAPES if text.startswith(shape.opening, position)]
    found: Label | None = None
    for shape in shapes:
        begin = position + len(shape.opening)
        label = _quoted(text, begin, shape) or _multiline_quoted(text, begin, shape, '`"') or _bare(text, begin, shape)
        if label is not None and not label.lenient:
            return found or label
        if label is not None and (found is None or label.end < found.end):
            found = label  # `[(optional) step] --> B[(x)]` ends at the first bracket, not at the first ")]"
    rest = (_multiline_quoted(text, position + len(shape.opening), shape, '"') for shape in shapes)
    found = found or next((label for label in rest if label is not None), None)
    if shapes and found is None:
        what = f'The label that opens with "{shapes[-1].opening}" is never closed.'
        raise ParseError(what, line, f'Close it with "{shapes[-1].closings[0]}".')
    return found


def _quoted(text: str, begin: int, shape: Shape) -> Label | None:
    """Return a quoted label with nothing else between its brackets; else None."""
    opening = _skip_space(text, begin)
    closing = text.find('"', opening + 1) if text.startswith('"', opening) else -1
    if closing < 0:
        return None
    after = _skip_space(text, closing + 1)
    for end in shape.closings:
        if text.startswith(end, after):
            raw = strip_backticks(text[opening + 1 : closing])
            return Label(shape.name, raw, after + len(end))
    return None


def _bare(text: str, begin: int, shape: Shape) -> Label | None:
    end = _balanced_end(text, begin, shape)
    if end < 0 or not _AFTER_LABEL.match(text, end + len(shape.closings[0])):
        likely = _likely_end(text, begin, shape)
        end = likely if likely >= 0 else end
    end = _plain_multiline_end(text, begin, shape) if end < 0 else end
    end = _multiline_end(text, begin, shape) if end < 0 else end
    if end < 0:
        return None
    raw = text[begin:end].strip()
    lenient = bool(_SPECIAL.search(raw))
    raw = strip_quotes(raw) if raw.startswith('"') else raw
    return Label(shape.name, raw, end + len(shape.closings[0]), lenient=lenient)


def _balanced_end(text: str, begin: int, shape: Shape, *, max_length: int = 0) -> int:
    """Return the end of a label with balanced brackets on the same line, or -1.

    With `max_length`, the label may span lines, up to so many characters.
    """
    closer = next(character for character in shape.closings[0] if character in _MATCHING)
    opener, depth, position = _MATCHING[closer], 0, begin
    while match := _BRACKET.search(text, position):
        at = match.start()
        if at - begin > max_length if max_length else match[0] == "\n":
            break
        if depth == 0 and (end := _closing_start(text, begin, at, shape)) >= 0:
            return end
        depth += (match[0] == opener) - (match[0] == closer and depth > 0)
        position = at + 1
    return -1


def _closing_start(text: str, begin: int, at: int, shape: Shape) -> int:
    """Return the start of a shape's closing whose bracket is at a position, or -1 if it is not a closing."""
    for closing in shape.closings:
        start = at - next(number for number, character in enumerate(closing) if character in _MATCHING)
        if start >= begin and text.startswith(closing, start):
            return start
    return -1


def _likely_end(text: str, begin: int, shape: Shape) -> int:
    """Return the first closing on this line that is followed by a link, a class or the end of the line, or -1."""
    stop = text.find("\n", begin)
    stop = len(text) if stop < 0 else stop
    for closing in shape.closings:
        position = text.find(closing, begin, stop)
        while position >= 0:
            if _AFTER_LABEL.match(text, position + len(closing)):
                return position
            position = text.find(closing, position + 1, stop)
    return -1


def _plain_multiline_end(text: str, begin: int, shape: Shape) -> int:
    """Return the end of a label of several lines without brackets and quotes, or -1."""
    match = _SPECIAL.search(text, begin)
    return _closing_start(text, begin, match.start(), shape) if match and match[0] in _MATCHING else -1


def _multiline_end(text: str, begin: int, shape: Shape) -> int:
    """Return the end of a label of several lines with balanced brackets and no arrow, or -1."""
    end = _balanced_end(text, begin, shape, max_length=_MAX_LABEL)
    after = end + len(shape.closings[0])
    return end if end >= 0 and not _ARROW.search(text, begin, end) and _AFTER_LABEL.match(text, after) else -1


def _multiline_quoted(text: str, begin: int, shape: Shape, quote: str) -> Label | None:
    """Return a quoted label of several lines that contains quotes and brackets, such as a command; else None.

    It ends at the first quote (for a Markdown string, backtick and quote) followed by the closing bracket, unless
    another quoted label opens before that.
    """
    opening = _skip_space(text, begin)
    if not text.startswith(quote[::-1], opening):
        return None
    for closing in shape.closings:
        end = text.find(quote + closing, opening + 1, opening + _MAX_LABEL)
        after = end + len(quote + closing)
        if end > 0 and shape.opening + '"' not in text[opening:end] and _AFTER_LABEL.match(text, after):
            return Label(shape.name, strip_backticks(text[opening + 1 : after - len(closing) - 1]), after, lenient=True)
    return None


def _skip_space(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position
