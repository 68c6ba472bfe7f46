"""Text in terminal columns: how wide it is shown, and how it wraps."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import TypeVar

Style = TypeVar("Style")
Words = Iterable[tuple[str, Style]]

_JOINED = frozenset({"Mn", "Me", "Cf"})  # marks set on the character before, and joiners
_EMOJI_STYLE = "\N{VARIATION SELECTOR-16}"  # asks for the wide picture of a character that may be narrow


def columns(text: str) -> int:
    """Count the columns of `text` in a terminal: East Asian wide characters and emoji take two (UAX 11)."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if character == _EMOJI_STYLE:
        return 1
    if unicodedata.category(character) in _JOINED:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(words: "Words[Style]", first: int, rest: int) -> "list[list[tuple[str, Style]]]":
    """Break words into lines of at most `first` columns, then `rest`; each word keeps its style.

    A word that is wider than a line is cut. Both widths must be at least 2, for a wide character.
    """
    lines: list[list[tuple[str, Style]]] = [[]]
    left = first
    for word, style in words:
        needed = columns(word) + bool(lines[-1])
        if needed > left and lines[-1]:
            lines.append([])
            left, needed = rest, columns(word)
        for part in _cut(word, left, rest) if needed > left else (word,):
            if lines[-1] and part is not word:
                lines.append([])
                left = rest
            left -= columns(part) + bool(lines[-1])
            lines[-1].append((part, style))
    return lines


def _cut(word: str, first: int, rest: int) -> Iterator[str]:
    """Cut a word into parts of at most `first` columns, then `rest`."""
    start, used, room = 0, 0, first
    for at, character in enumerate(word):
        width = _columns(character)
        if used + width > room and at > start:
            yield word[start:at]
            start, used, room = at, 0, rest
        used += width
    yield word[start:]
