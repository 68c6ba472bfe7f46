"""Warnings that no longer hold, and those among them that were only ended to be written anew.

Each ended warning is compared only with the newer ones that share one of its rarer words, so that a session with
thousands of warnings costs little more for each of them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from rflow.core.summary.progress import Progress, ProgressNote
from rflow.core.summary.units.relations import mostly_in, words_in


def warnings_that_are_over(progress: Progress) -> Iterator[tuple[ProgressNote, str]]:
    """Return the warnings that no longer hold, with what was said of that; one that was written anew still holds."""
    warnings = [note for note in progress.notes if note.kind == "warning"]
    newer, renewed = _Warnings(), set[int]()
    for note in sorted(warnings, key=lambda note: note.seq, reverse=True):
        if note.settled is None:
            newer.add(note.text)
        elif newer.renews(note.text, note.settled):
            renewed.add(note.seq)
    for note in warnings:
        if note.settled is not None and note.seq not in renewed:
            yield note, note.settled


class _Meaning(Struct, frozen=True):
    """The words of a warning, and the machines and files that it names ("web-2", "app-web")."""

    names: frozenset[str]
    words: frozenset[str]


class _Warnings:
    """The texts of warnings, found by their names and words."""

    def __init__(self) -> None:
        self._all: set[_Meaning] = set()
        self._by_name: defaultdict[str, set[_Meaning]] = defaultdict(set)
        self._by_word: defaultdict[str, set[_Meaning]] = defaultdict(set)

    def add(self, text: str) -> None:
        """Add the text of a warning."""
        meaning = _meaning_of(text)
        if meaning not in self._all:
            self._all.add(meaning)
            for name in meaning.names:
                self._by_name[name].add(meaning)
            for word in meaning.words:
                self._by_word[word].add(meaning)

    def renews(self, text: str, end: str) -> bool:
        """Whether a warning was only ended to be written anew: one of these says most of it and of why it ended.

        Both are about the same machines and files.
        """
        if not end:
            return False
        old, why = _meaning_of(text), words_in(end)
        groups = (self._with_name(old.names), self._with_half(old.words), self._with_half(why))
        return any(
            old.names <= new.names and mostly_in(old.words, new.words) and mostly_in(why, new.words)
            for new in min(groups, key=len)
        )

    def _with_name(self, names: Iterable[str]) -> set[_Meaning]:
        """Return a group that holds all warnings with all `names`."""
        return min((self._by_name.get(name, set()) for name in names), key=len, default=self._all)

    def _with_half(self, words: frozenset[str]) -> set[_Meaning]:
        """Return a group that holds all warnings with at least half of `words`.

        Such a warning has at least one of any words that are more than half.
        """
        if not words:
            return self._all
        rarest = sorted((self._by_word.get(word, set()) for word in words), key=len)
        return set[_Meaning]().union(*rarest[: len(words) // 2 + 1])


def _meaning_of(text: str) -> _Meaning:
    names = frozenset(re.findall(r"\w+(?:[-.]\w+)+|[^\W\d_]+\d+", text.casefold()))
    return _Meaning(names=names, words=words_in(text))
