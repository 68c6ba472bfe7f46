"""Making text safe and fit to show: cleaning, shortening, counting, measuring and wrapping in columns."""

import re
from collections.abc import Callable, Sequence, Sized
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textwrap import TextWrapper

GONE = "\N{REPLACEMENT CHARACTER}"

# A vertical tab, a form feed, NEL and the two Unicode separators end a line, as Unicode (UAX 14, "BK" and "NL") says.
_NEWLINES = "\r\v\f\x85\u2028\u2029"
# Bidi controls make text look different from what it is (CVE-2021-42574); a byte order mark is not text.
_DROPPED = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff"
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_SURROGATES = range(0xD800, 0xE000)
# Code points that are never characters (Unicode 23.7): HTML calls them errors.
_NONCHARACTERS = [
    *range(0xFDD0, 0xFDF0),
    *(plane + last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)),
]


@cache
def _table() -> dict[int, str]:
    """Return the replacement of each unsafe character; created on first use, because it is rarely needed."""
    return (
        dict.fromkeys([*_CONTROLS, *_SURROGATES, *_NONCHARACTERS], GONE)
        | dict.fromkeys(map(ord, _NEWLINES), "\n")
        | dict.fromkeys(map(ord, _DROPPED), "")
        | {ord("\n"): "\n", ord("\t"): "\t"}
    )


def clean(text: str) -> str:
    """Return untrusted text made safe for display: only `\\n` ends a line, no control, bidi or surrogate characters.

    Control characters other than newline and tab, and noncharacters, become U+FFFD, so that escape sequences don't
    reach the reader's terminal; bidi controls and byte order marks are removed. Cleaning twice changes nothing.
    """
    if _is_printable(text):
        return text
    return text.replace("\r\n", "\n").translate(_table())


def ascii_controls(json: str) -> str:
    """Return JSON with the control characters that JSON does not escape (C1, bidi, line separators) as `\\uXXXX`.

    It has the same value, and no terminal or editor interprets the control characters.
    """
    if _is_printable(json):
        return json
    left = {*_SURROGATES, *_NONCHARACTERS}
    return json.translate({code: f"\\u{code:04x}" for code in _table() if code >= 0x7F and code not in left})


def _is_printable(text: str) -> bool:
    """Whether a text contains no character of the table above, none of which str.isprintable accepts."""
    return text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()


def one_line(text: str) -> str:
    """Return a text on a single line: cleaned, with runs of white space as one space, and none at the ends."""
    return " ".join(clean(text).split())


def shorten(text: str, width: int, measure: Callable[[str], int] = len) -> str:
    """Return a text on a line of at most `width` characters; if cut, it ends in `…`, after a whole word if possible.

    With `measure=columns`, `width` counts terminal columns.
    """
    line = one_line(text)
    if measure(line) <= width:
        return line
    head = line[: max(width, 1) - 1]
    while measure(head) > max(width, 1) - 1:
        head = head[:-1]
    words = head if line[len(head)] == " " else head.rpartition(" ")[0]
    return (words if len(words) > len(head) // 2 else head).rstrip() + "…"


_COUNTED = 80
_LINE = 24
"""How many characters a line counts for at least, since short lines take room too."""


def abridge(text: str, most: int) -> str:
    """Return a text of any number of lines cut after a word near `most` characters, with how many more there were.

    If there is room for only a few words, it just ends in `…`.
    """
    if len(text) <= most and text.count("\n") * _LINE <= most:
        return text
    room = len("\n".join(text.split("\n", most // _LINE + 1)[: most // _LINE + 1])[:most])
    blank = max(text.rfind(" ", room // 2, room + 1), text.rfind("\n", room // 2, room + 1))
    head = text[: blank if blank > 0 else room].rstrip()
    return f"{head}… ({len(text) - len(head):,} more characters)" if most >= _COUNTED else f"{head}…"


# Numbers

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def byte_size(count: int) -> str:
    """Return a number of bytes with a unit: 512 bytes, 1.5 KiB, 12 MiB."""
    if count < 1024:
        return counted(count, "byte")
    step = min((count.bit_length() - 1) // 10, 4)
    value = count / 1024**step
    return f"{value:.{0 if value >= 9.95 else 1}f} {_UNITS[step]}"


def counted(number: int | Sized, singular: str, plural: str = "") -> str:
    """Return a number, or the length of a list, with its noun: 1 step, 3,000 steps, 2 entries.

    Without `plural` an s is added.
    """
    number = number if isinstance(number, int) else len(number)
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def enumerated(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence: one, one and two; one, two and three."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


# Terminal columns

_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})  # combining characters, and joiners
_EMOJI_STYLE = "\N{VARIATION SELECTOR-16}"  # asks for the wide form of a character that may be narrow


def columns(text: str) -> int:
    """Return the width of `text` in terminal columns: East Asian wide characters and emoji take two (UAX 11)."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    shown = [character for character in text if category(character) not in _NO_WIDTH]
    return len(shown) + sum(east_asian_width(character) in "WF" for character in shown) + text.count(_EMOJI_STYLE)


def pad(text: str, width: int) -> str:
    """Return `text` filled with spaces to `width` columns."""
    return text + " " * (width - columns(text))


def listing(what: str, rows: Sequence[tuple[str, str]]) -> str:
    """Return a sentence, followed by one line for each of the possible values."""
    if not rows:
        return what
    shown = [(shorten(one_line(word), 40, columns), shorten(one_line(meaning), 60)) for word, meaning in rows[:12]]
    width = max(columns(word) for word, _ in shown)
    lines = [f"  {pad(word, width)}  {meaning}".rstrip() for word, meaning in shown]
    return "\n".join([what, *lines, *(["  …"] if len(rows) > 12 else [])])


_IDEOGRAPHS = (
    "\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_OPENING = r"(\[{（「『【〔《〈［｛“‘"
# What may not begin a line (UAX 14: closing punctuation, small kana, the marks of length and repetition, accents).
_ATTACHED = (
    r")\]},.;:!?%）」』】〕》〉］｝、。，．・：；？！％…‥”’ー々〻ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
    "゛゜ｰﾞﾟ\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
)


@cache
def _breakable() -> re.Pattern[str]:
    """Return the pattern of the parts between which a line may be broken, in Chinese and Japanese without a space.

    The path of a file and an address stay whole.
    """
    ideograph = f"[{_OPENING}]{{0,4}}[{_IDEOGRAPHS}][{_ATTACHED}]*"
    address = r"\A(?:[a-z]{2,20}://|[a-z]:\\|[/\\~]).+"
    return re.compile(f"(?i:{address})|{ideograph}|[^{_IDEOGRAPHS}]+?(?={ideograph}|\\Z)", re.DOTALL)


def wrap(line: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Return a line wrapped to at most `width` columns at spaces, and where Chinese and Japanese may be broken.

    A longer word stays whole, a blank line has no lines. The first line starts with `first`, the others with `rest`;
    both count towards the width.
    """
    return _column_wrapper()(
        width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ).wrap(line)


@cache
def _column_wrapper() -> "type[TextWrapper]":
    """Return the standard library's TextWrapper, measuring in columns; imported on first use."""
    from textwrap import TextWrapper

    class Chunk(str):
        __slots__ = ()

        def __len__(self) -> int:
            return columns(self)

    class ColumnWrapper(TextWrapper):
        def _split(self, text: str) -> list[str]:
            chunks = super()._split(text)
            if text.isascii():
                return chunks
            parts = [part for chunk in chunks for part in ([chunk] if chunk.isascii() else _breakable().findall(chunk))]
            return [part if part.isascii() else Chunk(part) for part in parts]

    return ColumnWrapper


# Terminal output

# ECMA-48 §5.3-5.6, in the 7-bit form that programs send: the 8-bit form is more often mis-decoded text. Every
# repetition is possessive and can't run into the next sequence, so the time is linear. If a sequence is cut off or
# malformed, only what belongs to it is removed, never the lines after it. Bell and shifts show nothing either.
_CSI = r"\x1b\[[0-?]*+[ -/]*+[@-~]?"
_STRING = r"\x1b[]PX^_][^\x07\x18\x1a\x1b\n]*+(?:\x07|\x1b\\)?"
_OTHER = r"\x1b[ -/]*+[0-~]?|[\x07\x0e\x0f]"
_ESCAPES = f"{_CSI}|{_STRING}|{_OTHER}"
_MOVE = r"\x1b\[[0-9]*[A-GJK]"
_ERASE = "\x00"
_CURSOR = f"[\r\b{_ERASE}]|[^\r\b{_ERASE}]+"


def without_escapes(text: str) -> str:
    """Return a text without escape sequences, except for cursor movements and erasures."""
    return re.sub(
        _ESCAPES, lambda escape: escape[0] if re.fullmatch(_MOVE, escape[0]) else "", text.replace("\x00", "")
    )


def terminal_text(data: bytes | str) -> str:
    """Return a command's output as a terminal shows it: without escape sequences and overwritten text, then cleaned.

    Bytes are UTF-8 (or UTF-16 with a byte order mark, as Windows PowerShell redirects it); other bytes become
    U+FFFD. A carriage return, a backspace and "erase line" work within their line (progress bars, manual pages);
    moves to another line, as full-screen programs make, are ignored.
    """
    text = data if isinstance(data, str) else _decoded(data)
    text = re.sub(_ESCAPES, _erasing, text.replace("\x00", ""))
    if any(control in text for control in ("\r", "\b", _ERASE)):
        text = "\n".join(_visible(line.rstrip("\r")) for line in text.split("\n"))
    return clean(text)


def _decoded(data: bytes) -> str:
    """Return bytes decoded by their byte order mark, or as UTF-8 if there is none."""
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if utf16 else "utf-8-sig", "replace")


def _erasing(escape: re.Match[str]) -> str:
    """Return what replaces an escape sequence: only "erase line" and "erase to the end" are kept."""
    match escape[0][2:] if escape[0].startswith("\x1b[") else "":
        case "K" | "0K":
            return _ERASE
        case "2K":
            return "\r" + _ERASE
    return ""


def _visible(line: str) -> str:
    """Return what a line shows on screen after its carriage returns, backspaces and erasures."""
    if not any(control in line for control in ("\r", "\b", _ERASE)):
        return line
    cells: list[str] = []
    column = 0
    for part in re.findall(_CURSOR, line):
        match part:
            case "\r":
                column = 0
            case "\b":
                column = max(column - 1, 0)
            case "\x00":
                del cells[column:]
            case _:
                cells[column : column + len(part)] = part
                column += len(part)
    return "".join(cells).rstrip()
