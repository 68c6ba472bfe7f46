"""How texts compare in a search: without case, accents and compatibility forms, as a sequence of words.

In text that is written without spaces (Chinese, Japanese, Korean, Thai …) no program can tell the words apart. There
every character counts as a word, and what was typed is a sequence of them, so that any part of a text can be found.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple
from unicodedata import normalize

# Han, kana, Hangul; Thai, Lao, Myanmar, Khmer.
_UNSPACED = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u1100-\u11ff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_ASCII_WORD = re.compile("[a-z0-9]+")
_ACCENTS = "[\u0300-\u036f]+"
_JOINED = "\u0300-\u036f\u3099\u309a\uff9e\uff9f"  # accents, and the voice marks of kana, full width and half width


@cache
def _word() -> re.Pattern[str]:
    """Return the pattern of a word in folded text. It takes long to compile, so that happens on first use."""
    return re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")


@cache
def _foldable() -> re.Pattern[str]:
    """Return the pattern of a non-ASCII character with its accents: the only text that folding may change."""
    return re.compile(f"[\\x00-\\x7f][{_JOINED}]+|[^\\x00-\\x7f][{_JOINED}]*")


class Word(NamedTuple):
    """A word in folded form, and its place in the original text (from, to)."""

    text: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """Return the words of a text in folded form."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return _word().findall(_foldable().sub(_fold, normalize("NFC", text)).lower())


def placed_words(text: str) -> list[Word]:
    """Return the words of `text` in folded form with their places; `text` must be in Unicode form NFC."""
    if text.isascii():
        return [Word(match[0], *match.span()) for match in _ASCII_WORD.finditer(text.lower())]
    folded, places = _with_places(text)
    return [Word(match[0], places[match.start()], places[match.end() - 1] + 1) for match in _word().finditer(folded)]


def _with_places(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the place of the original character."""
    parts: list[str] = []
    places: list[int] = []
    last = 0
    for match in _foldable().finditer(text):
        folded = _fold(match)
        parts += [text[last : match.start()], folded]
        places += [*range(last, match.start()), *[match.start()] * len(folded)]
        last = match.end()
    return "".join([*parts, text[last:]]).lower(), [*places, *range(last, len(text))]


def _fold(match: re.Match[str]) -> str:
    return _folded(match[0])


@lru_cache(4096)
def _folded(character: str) -> str:
    """Fold a character and its accents: no case, no accents, no compatibility forms."""
    plain = re.sub(_ACCENTS, "", normalize("NFKD", normalize("NFKC", character).casefold()))
    return normalize("NFKC", plain).casefold()


def is_unspaced(word: str) -> bool:
    """Whether a word is one character of a script without spaces, so it has no beginning to search for."""
    return not word.isascii() and re.fullmatch(f"[{_UNSPACED}]", word) is not None
