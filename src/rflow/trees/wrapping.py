"""Wrapping styled words to a number of columns."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rflow.core.text import columns

Style = TypeVar("Style")
Words = Iterable[tuple[str, Style]]


def wrap(words: "Words[Style]", first: int, rest: int) -> "list[list[tuple[str, Style]]]":
    """Wrap words to lines: the first has at most `first` columns, the others `rest`.

    A word wider than a line is split. Both widths must be at least 2, for a wide character.
    """
    lines: list[list[tuple[str, Style]]] = [[]]
    left = first
    for word, style in words:
        needed = columns(word) + bool(lines[-1])
        if needed > left and lines[-1]:
            lines.append([])
            left, needed = rest, columns(word)
        for part in _split(word, left, rest) if needed > left else (word,):
            if lines[-1] and part is not word:
                lines.append([])
                left = rest
            left -= columns(part) + bool(lines[-1])
            lines[-1].append((part, style))
    return lines


def _split(word: str, first: int, rest: int) -> Iterator[str]:
    """Split a word to parts of at most `first` columns, then `rest`."""
    start, used, room = 0, 0, first
    for at, character in enumerate(word):
        width = columns(character)
        if used + width > room and at > start:
            yield word[start:at]
            start, used, room = at, 0, rest
        used += width
    yield word[start:]
