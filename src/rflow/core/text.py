"""Text made safe and fit to show: cleaned, shortened, counted, measured and wrapped in columns."""

import re
from collections.abc import Callable, Sized
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textwrap import TextWrapper

GONE = "\N{REPLACEMENT CHARACTER}"

# A vertical tab, a form feed, NEL and the two Unicode separators end a line, as Unicode (UAX 14, "BK" and "NL") says.
_NEWLINES = "\r\v\f\x85\u2028\u2029"
# Bidi controls make text read other than it is (CVE-2021-42574); a byte order mark is no text at all.
_DROPPED = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff"
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_SURROGATES = range(0xD800, 0xE000)


@cache
def _table() -> dict[int, str]:
    """Say what becomes of each character; seldom needed, so made then."""
    return (
        dict.fromkeys([*_CONTROLS, *_SURROGATES], GONE)
        | dict.fromkeys(map(ord, _NEWLINES), "\n")
        | dict.fromkeys(map(ord, _DROPPED), "")
        | {ord("\n"): "\n", ord("\t"): "\t"}
    )


def clean(text: str) -> str:
    """Make untrusted text safe to show: only `\\n` ends a line, no control, bidi or lone surrogate characters.

    Controls other than newline and tab become U+FFFD, which also stops escape sequences from reaching the reader's
    terminal; bidi controls and byte order marks are dropped. Cleaning twice changes nothing more.
    """
    if _is_printable(text):
        return text
    return text.replace("\r\n", "\n").translate(_table())


def ascii_controls(json: str) -> str:
    """Return JSON with the controls that JSON leaves as they are (C1, bidi, line separators) as `\\uXXXX`.

    It reads back as the same value, and no terminal or editor obeys what is in it.
    """
    if _is_printable(json):
        return json
    return json.translate({code: f"\\u{code:04x}" for code in _table() if code >= 0x7F and code not in _SURROGATES})


def _is_printable(text: str) -> bool:
    """Whether nothing in the table above occurs: that holds neither `\\n`, `\\t` nor what str.isprintable accepts."""
    return text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()


def one_line(text: str) -> str:
    """Put a text on one line: cleaned, every run of white space one space, none at the ends."""
    return " ".join(clean(text).split())


def shorten(text: str, width: int, measure: Callable[[str], int] = len) -> str:
    """Put a text on one line of at most `width` characters; cut ones end in `…`, after a whole word if possible.

    With `columns` to measure, `width` is a number of terminal columns.
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
"""What a line takes up at least: in a list, what sets it in weighs more than a short one."""


def abridge(text: str, most: int) -> str:
    """Cut a text of any number of lines after a whole word near `most` characters, and say how much more there was.

    Where there is room for a few words only, `…` must do.
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
    """Return a number of bytes for people: 512 bytes, 1.5 KiB, 12 MiB."""
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


# Terminal columns

_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})  # marks on the character before, and joiners
_EMOJI_STYLE = "\N{VARIATION SELECTOR-16}"  # asks for the wide picture of a character that may be narrow


def columns(text: str) -> int:
    """Return the width of `text` in terminal columns: East Asian wide characters and emoji take two (UAX 11)."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    shown = [character for character in text if category(character) not in _NO_WIDTH]
    return len(shown) + sum(east_asian_width(character) in "WF" for character in shown) + text.count(_EMOJI_STYLE)


def pad(text: str, width: int) -> str:
    """Fill `text` with spaces to `width` columns."""
    return text + " " * (width - columns(text))


def wrap(line: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Wrap a line at spaces to at most `width` columns; a longer word stays whole. A blank line gives no lines.

    The first line starts with `first`, the others with `rest`; both count towards the width.
    """
    return _column_wrapper()(
        width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ).wrap(line)


@cache
def _column_wrapper() -> "type[TextWrapper]":
    """Return the standard library's wrapper with columns for characters; imported only where text is wrapped."""
    from textwrap import TextWrapper

    class Chunk(str):
        __slots__ = ()

        def __len__(self) -> int:
            return columns(self)

    class ColumnWrapper(TextWrapper):
        def _split(self, text: str) -> list[str]:
            return [chunk if chunk.isascii() else Chunk(chunk) for chunk in super()._split(text)]

    return ColumnWrapper


# Terminal output

# ECMA-48 §5.3-5.6, in the 7-bit form that programs send: the 8-bit one stands in mis-decoded text more often. Every
# repetition is possessive and can't run into the next sequence, so the time is linear. Where a sequence is cut off or
# malformed, only what belongs to it goes, never the lines after it. Bell and shifts show nothing either.
_CSI = r"\x1b\[[0-?]*+[ -/]*+[@-~]?"
_STRING = r"\x1b[]PX^_][^\x07\x18\x1a\x1b\n]*+(?:\x07|\x1b\\)?"
_OTHER = r"\x1b[ -/]*+[0-~]?|[\x07\x0e\x0f]"
_ESCAPES = f"{_CSI}|{_STRING}|{_OTHER}"
_ERASE = "\x00"
_CURSOR = f"[\r\b{_ERASE}]|[^\r\b{_ERASE}]+"


def terminal_text(data: bytes | str) -> str:
    """Read a command's output as a terminal shows it: without escape sequences, overwritten text gone, then cleaned.

    Bytes are UTF-8 (or UTF-16 with a byte order mark, as Windows PowerShell redirects it); what is neither becomes
    U+FFFD. A carriage return, a backspace and "erase line" work within their line (progress bars, manual pages);
    moving to another line, as full-screen programs do, is not followed.
    """
    text = data if isinstance(data, str) else _decoded(data)
    text = re.sub(_ESCAPES, _erasing, text.replace("\x00", ""))
    if any(control in text for control in ("\r", "\b", _ERASE)):
        text = "\n".join(_visible(line.rstrip("\r")) for line in text.split("\n"))
    return clean(text)


def _decoded(data: bytes) -> str:
    """Decode by the byte order mark, without one as UTF-8."""
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if utf16 else "utf-8-sig", "replace")


def _erasing(escape: re.Match[str]) -> str:
    """Keep of an escape sequence only that it erased the line, or the rest of it."""
    match escape[0][2:] if escape[0].startswith("\x1b[") else "":
        case "K" | "0K":
            return _ERASE
        case "2K":
            return "\r" + _ERASE
    return ""


def _visible(line: str) -> str:
    """Return what is left on screen of one line once its carriage returns, backspaces and erasures have been obeyed."""
    if not any(control in line for control in ("\r", "\b", _ERASE)):
        return line
    cells: list[str] = []
    at = 0
    for part in re.findall(_CURSOR, line):
        match part:
            case "\r":
                at = 0
            case "\b":
                at = max(at - 1, 0)
            case "\x00":
                del cells[at:]
            case _:
                cells[at : at + len(part)] = part
                at += len(part)
    return "".join(cells).rstrip()
