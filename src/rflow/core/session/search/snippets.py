"""What is shown of a session that matches: the texts that hold the words, cut to a line around them."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from unicodedata import normalize

from rflow.core.session.search.document import PARTS, Passage
from rflow.core.session.search.query import Match, Term
from rflow.core.session.search.words import Word, placed_words
from rflow.core.text import clean

MOST = 3
WIDTH = 160
_BEFORE = 40

Span = tuple[int, int]


class _Holding(NamedTuple):
    """A passage that holds some of the terms (by number), its text in the form NFC, and where they are."""

    passage: Passage
    text: str
    terms: frozenset[int]
    spans: list[Span]


def best_matches(passages: Iterable[Passage], terms: Sequence[Term], most: int = MOST) -> tuple[tuple[Match, ...], int]:
    """Return matches that show all terms, if `most` are enough, and how many other texts hold one of them."""
    holding = [found for passage in passages if (found := _holding(passage, terms))]
    holding.sort(key=lambda found: (-len(found.terms), PARTS.index(found.passage.part), found.passage.entry))
    chosen: list[_Holding] = []
    missing = set(range(len(terms)))
    for found in holding:
        if found.terms & missing and len(chosen) < most:
            chosen.append(found)
            missing -= found.terms
    return tuple(map(_match, chosen)), len(holding) - len(chosen)


def _holding(passage: Passage, terms: Sequence[Term]) -> _Holding | None:
    text = clean(normalize("NFC", passage.text))
    found = placed_words(text)
    spans = {number: places for number, term in enumerate(terms) if (places := list(_places(found, term)))}
    if not spans:
        return None
    return _Holding(passage, text, frozenset(spans), sorted({span for places in spans.values() for span in places}))


def _places(found: Sequence[Word], term: Term) -> Iterable[Span]:
    """Yield where a term stands among the words of a text."""
    *before, last = term.words
    for at, word in enumerate(found):
        fits = word.text.startswith(last) if term.beginning else word.text == last
        start = at - len(before)
        if fits and start >= 0 and [known.text for known in found[start:at]] == before:
            yield found[start].start, word.end


def _match(found: _Holding) -> Match:
    """Return the line around the first place, with all places that it shows."""
    text, spans = found.text, _apart(found.spans)
    start = _word_start(text, max(spans[0][0] - _BEFORE, 0)) if len(text) > WIDTH else 0
    end = min(max(start + WIDTH, spans[0][1]), len(text))
    pieces = ["…"] if start else []
    marks: list[Span] = []
    at, width = start, len("".join(pieces))
    for first, last in (span for span in spans if span[1] <= end):
        for piece, marked in ((text[at:first], False), (text[first:last], True)):
            line = _joined(piece)
            marks += [(width, width + len(line))] if marked else []
            pieces.append(line)
            width += len(line)
        at = last
    rest = _joined(text[at:end]).rstrip()
    pieces += [rest, "…"] if end < len(text) else [rest]
    return Match(entry=found.passage.entry, what=found.passage.what, text="".join(pieces), marks=tuple(marks))


def _joined(text: str) -> str:
    """Return a piece of a text on a line."""
    return re.sub(r"\s+", " ", text)


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Return places in order, without those that overlap an earlier one."""
    apart: list[Span] = []
    for span in spans:
        if not apart or span[0] >= apart[-1][1]:
            apart.append(span)
    return apart


def _word_start(text: str, at: int) -> int:
    """Return the start of the first word after `at`, if one is near; else `at`."""
    if at == 0:
        return 0
    near = [place for blank in " \n" if (place := text.find(blank, at, at + _BEFORE // 2)) >= 0]
    return min(near) + 1 if near else at
