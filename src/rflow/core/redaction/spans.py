"""Spans: where a secret is in a text, and how overlapping ones become one mark."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from sys import maxsize

import msgspec

from rflow.core.redaction.kinds import Kind

MARK = "[redacted]"

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
)
"""Characters that take no room: a value copied from a web page or a chat may hold some, and is the same value."""


class Span(msgspec.Struct, frozen=True):
    """A secret: from `start` up to `end`, and what kind it is."""

    start: int
    end: int
    kind: Kind


Finder = Callable[[str], Iterator[Span]]


class Lazy:
    """A regular expression that is compiled on first use: most sessions need only a few of ours."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._source, self._flags = pattern, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    def match(self, text: str, start: int = 0, end: int = maxsize) -> re.Match[str] | None:
        return self._compiled.match(text, start, end)

    def search(self, text: str, start: int = 0, end: int = maxsize) -> re.Match[str] | None:
        return self._compiled.search(text, start, end)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self._compiled.fullmatch(text)

    def finditer(self, text: str, start: int = 0, end: int = maxsize) -> Iterator[re.Match[str]]:
        return self._compiled.finditer(text, start, end)

    def split(self, text: str) -> list[str]:
        return self._compiled.split(text)


_COLOUR = Lazy(r"[\x1b\ufffd]\[[0-9;:]*+[mK]")
# (what must be in the text, what is left out): colours, which a note keeps with a replacement character in front.
_COLOURS = (("\x1b[", _COLOUR), ("\ufffd[", _COLOUR))
# What stands before each line of a quoted mail, and of a unified diff.
_BEFORE_LINES = (
    ("> ", Lazy(r"^(?:> ?)+", re.MULTILINE)),
    ("@@ -", Lazy(r"^[+ -](?!(?:\+\+|--) )", re.MULTILINE)),
)
_HIDDEN = Lazy(rf"(?:{re.escape(MARK)}|[\W_])*+")
_BEFORE_A_LINE = Lazy(r"[ \t]{1,80}|[\w.-]{1,60} {1,20}\| ")
_BLANKS = (" ", "\t")
_SIGNS = ("| ", *(sign for sign, _ in (*_BEFORE_LINES, *_COLOURS)))
"""A text has one of these, begins with a blank, or is not ASCII, if anything is left out of it."""


class Run:
    """A pattern that takes one character after another: from anywhere within its match it ends in the same place.

    The last match is kept, so that a text of names without an end to their values is not read again from each.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = Lazy(pattern)
        self._last = ("", 0, 0)

    def end(self, text: str, start: int) -> int:
        """Return where the run that begins at `start` ends: there, if there is none."""
        last, first, end = self._last
        if text is last and first <= start < end:
            return end
        match = self._pattern.match(text, start)
        if match is None:
            return start
        self._last = (text, start, match.end())
        return match.end()


@cache
def pattern(source: str) -> Lazy:
    """Return a pattern of a table, where capitals don't matter and ^ and $ are the ends of lines."""
    return Lazy(source, re.IGNORECASE | re.MULTILINE)


@cache
def exact(source: str) -> Lazy:
    """Return a pattern of a table where capitals matter."""
    return Lazy(source)


@lru_cache(maxsize=2)
def lowered(text: str) -> str:
    """Return the text in small letters, each still at its place."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def values(source: str, text: str, kind: Kind) -> Iterator[Span]:
    """Find what the groups of a pattern match; the text around the groups stays."""
    for match in pattern(source).finditer(text):
        for start, end in match.regs[1:]:
            if start < end:
                yield Span(start, end, kind)


def merged(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that overlap or touch as one, each up to the end of a word."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if joined and span.start <= joined[-1].end:
            last = joined[-1]
            joined[-1] = Span(last.start, _word_end(text, max(last.end, span.end)), last.kind)
        else:
            joined.append(Span(span.start, _word_end(text, span.end), span.kind))
    return joined


def _word_end(text: str, place: int) -> int:
    while place < len(text) and (text[place].isalnum() or text[place] == "_" or text.startswith(MARK, place)):
        place += len(MARK) if text[place] == "[" else 1
    return place


def is_hidden(text: str, span: Span) -> bool:
    """Whether nothing but a mark (and punctuation around it) stands there."""
    hidden = _HIDDEN.match(text, span.start, span.end)
    return hidden is not None and hidden.end() == span.end


class View(msgspec.Struct, frozen=True):
    """A text without what hides its layout."""

    text: str
    places: list[int]
    """Where each character stood; empty, if none was left out."""
    lines: list[int]
    """Where the lines begin, in this text, before which something was left out."""


def visible(text: str) -> View:
    """Return the text without what hides its layout.

    Left out are characters that take no room, colours, and what stands before each line of a quoted mail or a diff.
    """
    if not _may_hide(text):
        return View(text, [], [])
    margins = {place for sign, before in _BEFORE_LINES if sign in text for place in _places(before, text)}
    if before := _BEFORE_A_LINE.match(text):
        margins |= set(_margins(text, before[0]))
    left_out = margins | {place for sign, hiding in _COLOURS if sign in text for place in _places(hiding, text)}
    if not text.isascii() and any(mark in text for mark in INVISIBLE):
        left_out |= {place for place, character in enumerate(text) if character in INVISIBLE}
    if not left_out:
        return View(text, [], [])
    places = [place for place in range(len(text)) if place not in left_out]
    starts = sorted(place for place in margins if place == 0 or text[place - 1] == "\n")
    shown = "".join(text[place] for place in places)
    return View(shown, [*places, len(text)], [bisect_left(places, start) for start in starts])


def _may_hide(text: str) -> bool:
    """Whether a text may hold anything that `visible` leaves out; most texts don't."""
    return not text.isascii() or text[:1] in _BLANKS or any(sign in text for sign in _SIGNS)


def in_view(view: View, find: Finder) -> Iterator[Span]:
    """Find what is in a view, and what is in it only where the lines are still indented by a blank."""
    yield from find(view.text)
    if not view.lines:
        return
    parts = (view.text[start:end] for start, end in pairwise([0, *view.lines, len(view.text)]))
    blanks = [line + before for before, line in enumerate(view.lines)]
    for span in find(" ".join(parts)):
        start, end = (place - bisect_left(blanks, place) for place in (span.start, span.end))
        if start < end:
            yield Span(start, end, span.kind)


def _margins(text: str, before: str) -> Iterator[int]:
    """Return the places of what stands before every line: the same blanks, or a container's name as in its logs."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2 and not before.isspace():
        return iter(())
    while not all(line.startswith(before) for line in lines):
        before = before[:-1] if before.isspace() else ""
    return _places(re.compile(rf"^{re.escape(before)}", re.MULTILINE), text) if before else iter(())


def _places(hiding: re.Pattern[str] | Lazy, text: str) -> Iterator[int]:
    return (place for match in hiding.finditer(text) for place in range(*match.span()))
