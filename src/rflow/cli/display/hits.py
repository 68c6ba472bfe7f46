"""Search results in the terminal: each session with its state and matching texts."""

import sys
from collections.abc import Sequence
from datetime import datetime

from rflow.cli.display.lists import WIDEST, state_cell
from rflow.cli.display.text import ago
from rflow.cli.output import styled, width_of
from rflow.core.session.search.query import Hit, Match
from rflow.core.text import columns, one_line, shorten

_TEXTS = 2
"""How many matching texts of a session are shown, so that several sessions fit on the screen."""
_LABEL = 12


def hits_text(hits: Sequence[Hit], me: str, now: datetime) -> str:
    """Return search results as text, with two to four lines for each session."""
    width = min(width_of(sys.stdout), WIDEST)
    return "\n".join(line for hit in hits for line in _lines(hit, me, now, width))


def _lines(hit: Hit, me: str, now: datetime, width: int) -> list[str]:
    head = hit.head
    title = " · ".join(one_line(part) for part in (head.title, head.customer, head.ticket) if part)
    first = f"{head.code}  {shorten(title, width - len(head.code) - 2, columns)}"
    texts = [match for match in hit.matches if match.what not in ("title", "code")][:_TEXTS]
    lines = [styled(first, bold=True), f"  {_state(hit, me, now, width)}"]
    lines += [f"  {_label(match)}  {_marked(match, width - _LABEL - 4)}" for match in texts]
    return lines


def _state(hit: Hit, me: str, now: datetime, width: int) -> str:
    """Return the state, owner and age of a session, and the summary of its outcome."""
    head = hit.head
    owner = "you" if head.owner.id == me else shorten(head.owner.name, 20)
    parts = [hit.outcome or state_cell(head, me, now).text, owner, ago(head.updated_at, now)]
    state = ", ".join(parts)
    if not hit.summary or any(match.what == "outcome" for match in hit.matches[:_TEXTS]):
        return state
    return f"{state}: {shorten(hit.summary, width - columns(state) - 4, columns)}"


def _label(match: Match) -> str:
    """Return the kind of a text and the number of its entry, padded to a column."""
    return f"{match.what} {match.entry or ''}".ljust(_LABEL)


def _marked(match: Match, width: int) -> str:
    """Return the text of a match, cut to `width` columns, with the matching words in bold."""
    text, marks = _in_view(match, width)
    pieces: list[str] = []
    at = 0
    for first, last in marks:
        pieces += [text[at:first], styled(text[first:last], bold=True)]
        at = last
    return "".join([*pieces, text[at:]])


def _in_view(match: Match, width: int) -> tuple[str, list[tuple[int, int]]]:
    """Return the part of the text that fits into `width` columns, and the marks within that part.

    The text before the first mark gets a third of the width, or more if the text after it is short.
    """
    text = match.text
    start, end = 0, len(text)
    first = match.marks[0][0] if match.marks else 0
    while columns(text[start:end]) > width - (start > 0) - (end < len(text)):
        if columns(text[start:first]) > width // 3:
            start += 1
        else:
            end -= 1
    before, after = "…" if start else "", "…" if end < len(text) else ""
    marks = [(max(one, start), min(last, end)) for one, last in match.marks if one < end]
    shift = len(before) - start
    return f"{before}{text[start:end].removesuffix('…')}{after}", [(one + shift, last + shift) for one, last in marks]
