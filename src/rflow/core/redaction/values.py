"""Values beside a name: where one begins and where it ends."""

import re

import msgspec

from rflow.core.redaction.spans import MARK, Lazy, Run

BLANK = r"[^\S\n]"


class Value(msgspec.Struct, frozen=True):
    """Where a value stands, without its quotes; `after` is where the text goes on."""

    start: int
    end: int
    after: int
    quoted: bool


_CLOSERS = {"“": "”", "„": "“", "«": "»", "‘": "’", "‚": "‘", "「": "」"}
_OPENING = Lazy(r"""(?:[bBrRuUfFLN@$]{1,2}(?=["']))?(?P<escape>\\{0,7})(?P<quote>"{3}|'{3}|["'`“„«‘‚「])""")
_TO_QUOTE = {quote: Lazy(rf"(?:[^{quote}\\\n]|\\[^\n])*+") for quote in "\"'`"}
# A bare value ends at a blank or at a delimiter. A delimiter in its middle is part of it, unless a name follows it.
_INNER = r"""[^\s"'&,;|)\]}<]"""
_BARE = Run(
    rf"(?:{_INNER}|[,|)\]}}\"'&](?={_INNER})(?![\w.-]{{1,30}}[\"']?[=:])|<(?![/\s])"
    rf"|;(?={_INNER})(?![\w .-]{{1,30}}=))++"
)
_GLUED = Lazy(r"""[^\s"'`,;|&)\]}<>=:]++""")
_JOINT = Lazy(rf"{BLANK}{{0,8}}(?:[+.]|\\\n){BLANK}{{0,8}}(?=[\"'])|(?=[\"'])")
_LINES_OF_A_STRING = 40
_NEAR = 300
_NEXT_ON_THE_LINE = Lazy(
    rf"{BLANK}++(?:[(#|—–]|//|<!--|->|[^\W\d][\w.-]{{1,40}}(?:{BLANK}?:(?=\s)|=))|{BLANK}{{3,}}|\t|[,;]{BLANK}|</|$",
    re.MULTILINE,
)


def value_at(text: str, start: int) -> Value | None:
    """Return the value that begins at `start`, quoted or bare, or None where there is none."""
    return quoted_at(text, start) or bare_at(text, start)


def bare_at(text: str, start: int) -> Value | None:
    """Return the word that begins at `start`, a mark as a whole."""
    if text.startswith(MARK, start):
        return Value(start, start + len(MARK), start + len(MARK), quoted=False)
    end = _BARE.end(text, start)
    return Value(start, end, end, quoted=False) if end > start else None


def rest_of_line(text: str, value: Value) -> Value:
    """Return a bare value with the words that follow it, up to a comment, a next name or a wide gap."""
    match = _NEXT_ON_THE_LINE.search(text, value.end)
    end = match.start() if match else len(text)
    return Value(value.start, end, end, value.quoted)


def quoted_at(text: str, start: int) -> Value | None:
    """Return the string that begins at `start`, with what is joined to it; without a closing quote, the whole line."""
    opening = _OPENING.match(text, start)
    if not opening:
        return None
    end, after = _closing(text, opening)
    if end == opening.end() and text[after : after + 1] not in ("'", '"'):
        return None
    if end == after and opening[0][0].isalpha():  # not b'…', but a bare value with an apostrophe: bf'c
        return None
    while after > end:
        if glued := _GLUED.match(text, after):
            end = after = glued.end()
        elif (joint := _JOINT.match(text, after)) and (more := _OPENING.match(text, joint.end())):
            end, after = _closing(text, more)
        else:
            break
    return Value(opening.end(), end, after, quoted=True) if end > opening.end() else None


def _closing(text: str, opening: re.Match[str]) -> tuple[int, int]:
    """Return where the string's content ends, and where the text goes on: the same place if the quote is missing."""
    escape, quote, start = opening["escape"], opening["quote"], opening.end()
    line_end = _line_end(text, start)
    if len(quote) == 3:
        end = text.find(quote, start)
        return (end, end + 3) if end >= 0 else (line_end, line_end)
    if not escape and quote in _TO_QUOTE:
        return _closing_plain(text, start, quote)
    closer = escape + _CLOSERS.get(quote, quote)
    end = text.find(closer, start, line_end)
    while end > start and escape and text[end - 1] == "\\":
        end = text.find(closer, end + len(closer), line_end)
    return (end, end + len(closer)) if end >= 0 else (line_end, line_end)


def _closing_plain(text: str, start: int, quote: str) -> tuple[int, int]:
    to_quote = _TO_QUOTE[quote].match(text, start)
    end = to_quote.end() if to_quote else start
    if text[end : end + 1] == quote:
        return end, end + 1
    end = _line_end(text, end)
    later = text.find(quote, end) if quote == '"' else -1
    if later < 0 or text.count("\n", end, later) > _LINES_OF_A_STRING or not _ends_a_string(text, end, later):
        return end, end
    return later, later + 1


def _ends_a_string(text: str, start: int, quote: int) -> bool:
    """Whether the lines up to a later quote are the rest of a string, not other settings."""
    return text[quote + 1 : quote + 2] in ("", "\n", ",", ";", ")", "}") and not re.search(r"[=:'{]", text[start:quote])


def line_before(text: str, place: int) -> str:
    """Return the end of what is before `place` on its line."""
    near = max(place - _NEAR, 0)
    return text[max(text.rfind("\n", near, place) + 1, near) : place]


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)
