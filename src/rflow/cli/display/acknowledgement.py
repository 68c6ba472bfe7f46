"""The acknowledgement of what a command wrote, and to which session, on one line of the terminal if possible."""

import re
import sys

from rflow.cli.output import folded, prose_width, styled
from rflow.core.session.state import Session
from rflow.core.text import columns, one_line, shorten, wrap

_QUOTED = re.compile(r'"([^"\s][^"]+[^"\s])"')
"""A quoted text; the text between two quoted texts starts and ends with a space, so it does not match."""
_LEAST_TITLE = 10
_LEAST_QUOTE = 8
_ROWS = 3
"""The maximum number of rows of an acknowledgement, without a text that is never cut."""
_NARROW = 60
"""On a terminal with fewer columns, an acknowledgement may take more rows."""
_INDENT = "    "


def acknowledgement(session: Session, what: str, *, whose: str = "", whole: str = "") -> str:
    """Return the session (code, title, customer, and `whose` it is), then what was written, in green.

    If possible, this is one line, with the title cut, or left out if there is a customer. Otherwise it is wrapped with
    an indent, and if it needs more than three rows, its quoted texts are cut, longest first. `whole` is the end of the
    sentence and is never cut; if there is no room, it gets a line of its own.
    """
    what, newline, typed = what.partition("\n")
    if newline:  # a text of several lines is repeated unchanged
        return f"{acknowledgement(session, what, whose=whose, whole=whole)}\n{typed}"
    width, what = prose_width(sys.stderr), one_line(what)
    sentence = f"{what}, {whole}" if whole else what
    for most in (width // 4, width // 8):
        named = _fitted(session, whose, width - columns(sentence), most)
        if columns(named + sentence) <= width:
            return _styled(session, named, [named + sentence])
    title = shorten(session.title, max(width // 4, _LEAST_TITLE), columns)
    named = _named(session, title, shorten(session.brief.customer or "", width // 4, columns), whose)
    return _styled(session, named, [*_rows(named, what, width, "," * bool(whole)), *([_INDENT + whole] * bool(whole))])


def _fitted(session: Session, whose: str, width: int, most: int) -> str:
    """Return the label of a session in `width` columns if possible, with at most `most` columns for its customer."""
    customer = shorten(session.brief.customer or "", most, columns)
    room = width - columns(_named(session, "", customer, whose)) - len(" · ")
    if room < min(columns(one_line(session.title)), _LEAST_TITLE):
        room = 0 if customer else _LEAST_TITLE
    return _named(session, shorten(session.title, room, columns) if room else "", customer, whose)


def _named(session: Session, title: str, customer: str, whose: str) -> str:
    return " · ".join(part for part in (session.code, title, customer, shorten(whose, 30, columns)) if part) + ": "


def _rows(named: str, what: str, width: int, end: str) -> list[str]:
    """Wrap an acknowledgement; if it has too many rows, cut its quoted texts until it fits or they are short."""
    room = _ROWS * width
    while True:
        lines = wrap(named + _quotes_cut(what, room) + end, width, "", _INDENT)
        taken = sum(-(-columns(line) // width) for line in lines)
        if taken <= _ROWS or (room < width < _NARROW):
            return lines
        if room < width:
            break
        room -= _LEAST_QUOTE
    before, _, text = what.partition('"')  # with quotation marks of its own: cut as a whole
    text, _, after = text.rpartition('"')
    text = shorten(text, max(_ROWS * (width - len(_INDENT)) - columns(named + before + after), _LEAST_QUOTE), columns)
    return wrap(f'{named}{before}"{text}"{after}{end}', width, "", _INDENT)


def _quotes_cut(text: str, room: int) -> str:
    """Return a text with its quoted parts cut, longest first, until it has at most `room` columns."""
    while columns(text) > room:
        quotes = [quote for quote in _QUOTED.findall(text) if columns(quote) > _LEAST_QUOTE]
        if not quotes:
            break
        longest = max(quotes, key=columns)
        wanted = max(columns(longest) - (columns(text) - room), columns(longest) // 2, _LEAST_QUOTE)
        text = text.replace(f'"{longest}"', f'"{shorten(longest, wanted, columns)}"')
    return text


def _styled(session: Session, named: str, lines: list[str]) -> str:
    """Return the lines with the code in bold, and what was written in green."""
    first, *others = lines
    if not first.startswith(named.rstrip()):  # folded within the name of the session
        return folded("\n".join(lines))
    written = first[len(named) :]
    begun = f"{styled(session.code, bold=True)}{first[len(session.code) : len(named)]}"
    green = [styled(line, colour="green") if line else "" for line in (written, *others)]
    return begun + "\n".join(green)
