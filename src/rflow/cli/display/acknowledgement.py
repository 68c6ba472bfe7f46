"""The line that says what a command wrote, and to which session, on a single line of the terminal."""

import re
import sys

from rflow.cli.output import folded, prose_width, styled
from rflow.core.session.state import Session
from rflow.core.text import columns, one_line, shorten

_QUOTED = re.compile(r'"([^"]{3,})"')
_TITLE = 20
"""The columns of the title that are shown while the texts in quotation marks can be cut instead."""


def acknowledgement(session: Session, what: str) -> str:
    """Return the session (code, title, customer), then what was written, in green.

    Where that is more than a line, the title is cut, then the texts in quotation marks; then the title is left out, and
    the texts are cut again, and the customer. The code and the number of the entry always stay whole.
    """
    customer, title, what = one_line(session.brief.customer or ""), one_line(session.title), one_line(what)
    room = prose_width(sys.stderr) - columns(_named(session, "", customer))

    def left(shown: str) -> int:
        """Return the columns that are left for the title; it has three of its own, before it."""
        return room - columns(shown) - 3

    if left(what) < columns(title):
        what = _quotes_cut(what, room - 3 - min(_TITLE, columns(title)), 16)
        if left(what) < _TITLE and customer:
            title = ""
            what = _quotes_cut(what, room, 8)
        title = shorten(title, max(left(what), 8), columns)
    named = _named(session, title, customer)
    if columns(named + what) > prose_width(sys.stderr):
        return folded(named + what)
    return f"{styled(session.code, bold=True)}{named.removeprefix(session.code)}{styled(what, colour='green')}"


def _named(session: Session, title: str, customer: str) -> str:
    return " · ".join(part for part in (session.code, title, shorten(customer, 30, columns)) if part) + ": "


def _quotes_cut(text: str, room: int, least: int) -> str:
    """Return a text with what stands in quotation marks cut, the longest first, until it has at most `room` columns."""
    while columns(text) > room:
        quotes = [quote for quote in _QUOTED.findall(text) if columns(quote) > least]
        if not quotes:
            break
        longest = max(quotes, key=columns)
        wanted = max(columns(longest) - (columns(text) - room), columns(longest) // 2, least)
        text = text.replace(f'"{longest}"', f'"{shorten(longest, wanted, columns)}"')
    return text
