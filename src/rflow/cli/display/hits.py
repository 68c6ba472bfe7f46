"""What a search shows in the terminal: each session with its state and the texts that match."""

from collections.abc import Sequence
from datetime import datetime

from rflow.cli.display.text import WIDTH, ago, state_word
from rflow.cli.output import styled
from rflow.core.session.search.query import Hit, Match
from rflow.core.text import columns, one_line, shorten

_TEXTS = 2
"""How many of the matching texts are shown: several sessions should be on the screen."""
_LABEL = 12


def hits_text(hits: Sequence[Hit], me: str, now: datetime) -> str:
    """Return sessions with two to four lines each."""
    return "\n".join(line for hit in hits for line in _lines(hit, me, now))


def _lines(hit: Hit, me: str, now: datetime) -> list[str]:
    head = hit.head
    title = " · ".join(one_line(part) for part in (head.title, head.customer, head.ticket) if part)
    first = f"{head.code}  {shorten(title, WIDTH - len(head.code) - 2, columns)}"
    texts = [match for match in hit.matches if match.what not in ("title", "code")][:_TEXTS]
    lines = [styled(first, bold=True), f"  {_state(hit, me, now)}"]
    lines += [f"  {_label(match)}  {_marked(match, WIDTH - _LABEL - 4)}" for match in texts]
    return lines


def _state(hit: Hit, me: str, now: datetime) -> str:
    """Return how the session stands, whose it is, and what its outcome says."""
    head = hit.head
    owner = "you" if head.owner.id == me else shorten(head.owner.name, 20)
    parts = [hit.outcome or state_word(head, me), owner, ago(head.updated_at, now)]
    said = ", ".join(parts)
    if not hit.summary or any(match.what == "outcome" for match in hit.matches[:_TEXTS]):
        return said
    return f"{said}: {shorten(hit.summary, WIDTH - columns(said) - 4, columns)}"


def _label(match: Match) -> str:
    """Return what a text is, and the number of its entry, in a column."""
    return f"{match.what} {match.entry or ''}".ljust(_LABEL)


def _marked(match: Match, width: int) -> str:
    """Return the text of a match, cut to `width` columns, with the words that match in bold."""
    text = _cut(match.text, width)
    pieces: list[str] = []
    at = 0
    for first, last in match.marks:
        if first < len(text):
            pieces += [text[at:first], styled(text[first:last], bold=True)]
            at = last
    return "".join([*pieces, text[at:]])


def _cut(text: str, width: int) -> str:
    """Return the beginning of a text of one line that fits into `width` columns."""
    if columns(text) <= width:
        return text
    end = width - 1
    while columns(text[:end]) > width - 1:
        end -= 1
    return f"{text[:end].removesuffix('…')}…"
