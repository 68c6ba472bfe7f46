"""The line that says what a command wrote, and to which session, on a single line of the terminal."""

import re
import sys

from rflow.cli.output import folded, prose_width, styled
from rflow.core.session.state import Session
from rflow.core.text import columns, one_line, shorten

_QUOTED = re.compile(r'"([^"]{3,})"')
_LEAST_TITLE = 10
_LEAST_QUOTE = 8


def acknowledgement(session: Session, what: str) -> str:
    """Return the session (code, title, customer), then what was written, in green.

    Where that is more than a line, the title is cut. Where it has no room at all, it is left out if a customer is
    named, and the texts in quotation marks are cut, then the customer. The code and the number of the entry always stay
    whole.
    """
    what, newline, typed = what.partition("\n")
    if newline:  # what was typed line by line is repeated as it is
        return f"{acknowledgement(session, what)}\n{typed}"
    width, what = prose_width(sys.stderr), one_line(what)
    named, shown = _fitted(session, what, width, width // 4)
    if columns(named + shown) > width:
        named, shown = _fitted(session, what, width, width // 8)
    if columns(named + shown) > width:
        return folded(named + shown)
    return f"{styled(session.code, bold=True)}{named.removeprefix(session.code)}{styled(shown, colour='green')}"


def _fitted(session: Session, what: str, width: int, for_customer: int) -> tuple[str, str]:
    """Return the name of a session and what was written, in at most `width` columns if possible."""
    customer, title = shorten(session.brief.customer or "", for_customer, columns), one_line(session.title)
    room = width - columns(_named(session, "", customer))
    for_title = room - columns(what) - 3
    if for_title < min(columns(title), _LEAST_TITLE):
        for_title = 0 if customer else _LEAST_TITLE
        what = _quotes_cut(what, room - for_title - 3 * (not customer))
    return _named(session, shorten(title, for_title, columns) if for_title else "", customer), what


def _named(session: Session, title: str, customer: str) -> str:
    return " · ".join(part for part in (session.code, title, customer) if part) + ": "


def _quotes_cut(text: str, room: int) -> str:
    """Return a text with its quoted parts cut, the longest first, until it has at most `room` columns."""
    while columns(text) > room:
        quotes = [quote for quote in _QUOTED.findall(text) if columns(quote) > _LEAST_QUOTE]
        if not quotes:
            break
        longest = max(quotes, key=columns)
        wanted = max(columns(longest) - (columns(text) - room), columns(longest) // 2, _LEAST_QUOTE)
        text = text.replace(f'"{longest}"', f'"{shorten(longest, wanted, columns)}"')
    return text
