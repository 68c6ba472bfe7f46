"""The excerpts that a search shows of a matching session: one line around the words that were found."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from unicodedata import normalize

from rflow.core.session.search.document import PARTS, Passage
from rflow.core.session.search.query import Match, Term
from rflow.core.session.search.words import Word, placed_words

MOST = 3
WIDTH = 160
_BEFORE = 40


class Place(NamedTuple):
    """Where a term (by number) is in a text, in characters."""

    start: int
    end: int
    term: int


class _Matching(NamedTuple):
    """A passage with some of the terms, its text in Unicode form NFC, and where the terms are."""

    passage: Passage
    text: str
    places: list[Place]

    @property
    def terms(self) -> set[int]:
        """The numbers of the terms in it."""
        return {place.term for place in self.places}


def best_matches(passages: Iterable[Passage], terms: Sequence[Term], most: int = MOST) -> tuple[tuple[Match, ...], int]:
    """Return up to `most` matches that together show all terms if possible, and how many other texts hold a term."""
    matching = [match for passage in passages if (match := _matching(passage, terms))]
    matching.sort(key=lambda match: (-len(match.terms), PARTS.index(match.passage.part), match.passage.entry))
    chosen: list[_Matching] = []
    missing = set(range(len(terms)))
    for match in matching:
        if match.terms & missing and len(chosen) < most:
            chosen.append(match)
            missing -= match.terms
    return tuple(map(_match, chosen)), len(matching) - len(chosen)


def _matching(passage: Passage, terms: Sequence[Term]) -> _Matching | None:
    text = normalize("NFC", passage.text)
    text_words = placed_words(text)
    places = sorted(place for number, term in enumerate(terms) for place in _places(text_words, term, number))
    return _Matching(passage, text, places) if places else None


def _places(text_words: Sequence[Word], term: Term, number: int) -> Iterator[Place]:
    """Yield the places of a term in a text."""
    *before, last = term.words
    for at, word in enumerate(text_words):
        fits = word.text.startswith(last) if term.beginning else word.text == last
        start = at - len(before)
        if fits and start >= 0 and [known.text for known in text_words[start:at]] == before:
            yield Place(text_words[start].start, word.end, number)


def _match(matching: _Matching) -> Match:
    """Return the line that shows the most terms, with all places in it."""
    text, places = matching.text, _best_places(matching.places)
    start = _word_start(text, max(places[0].start - _BEFORE, 0)) if len(text) > WIDTH else 0
    end = min(max(start + WIDTH, places[0].end), len(text))
    pieces = ["…"] if start else []
    marks: list[tuple[int, int]] = []
    at, width = start, len(pieces)
    for place in _apart(place for place in matching.places if place.start >= start and place.end <= end):
        before, marked = _joined(text[at : place.start]), _joined(text[place.start : place.end])
        pieces += [before, marked]
        marks.append((width + len(before), width + len(before) + len(marked)))
        at, width = place.end, marks[-1][1]
    rest = _joined(text[at:end]).rstrip()
    pieces += [rest, "…"] if end < len(text) else [rest]
    return Match(entry=matching.passage.entry, what=matching.passage.what, text="".join(pieces), marks=tuple(marks))


def _best_places(places: Sequence[Place]) -> Sequence[Place]:
    """Return the places in the first line that shows the most terms."""
    best: Sequence[Place] = ()
    first = shown = 0
    held: Counter[int] = Counter()
    for last, place in enumerate(places):
        held[place.term] += 1
        while held[places[first].term] > 1 or (first < last and place.end - places[first].start > WIDTH - _BEFORE):
            held -= Counter([places[first].term])
            first += 1
        if len(held) > shown:
            shown, best = len(held), places[first : last + 1]
    return best


def _apart(places: Iterable[Place]) -> Iterator[Place]:
    """Yield places in order, skipping those that overlap an earlier one."""
    end = 0
    for place in places:
        if place.start >= end:
            yield place
            end = place.end


def _joined(text: str) -> str:
    """Return a piece of a text as one line."""
    return re.sub(r"\s+", " ", text)


def _word_start(text: str, at: int) -> int:
    """Return the start of the first word after `at` if it is near, otherwise `at`."""
    if at == 0:
        return 0
    near = [place for blank in " \n" if (place := text.find(blank, at, at + _BEFORE // 2)) >= 0]
    return min(near) + 1 if near else at
