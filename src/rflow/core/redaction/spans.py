"""Spans: where a secret stands in a text, and how overlapping ones become one mark."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from rflow.core.redaction.kinds import Kind

MARK = "[redacted]"

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
)
"""Characters that take no room: a value copied from a web page or a chat may hold some, and is the same value."""


class Span(NamedTuple):
    """A secret: from `start` up to `end`, and what kind it is."""

    start: int
    end: int
    kind: Kind


Finder = Callable[[str], Iterator[Span]]


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a built-in pattern on first use: most sessions hold nothing that most of the patterns look for."""
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def values(pattern: str, text: str, kind: Kind) -> Iterator[Span]:
    """Find what the groups of `pattern` match; the text around the groups stays."""
    for match in compiled(pattern).finditer(text):
        for start, end in match.regs[1:]:
            if start < end:
                yield Span(start, end, kind)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that overlap as one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if joined and span.start < joined[-1].end:
            last = joined[-1]
            joined[-1] = last._replace(end=max(last.end, span.end))
        else:
            joined.append(span)
    return joined


def is_hidden(text: str, span: Span) -> bool:
    """Whether nothing but a mark (and punctuation around it) stands there."""
    return not any(map(str.isalnum, text[span.start : span.end].replace(MARK, "")))


def visible(text: str) -> tuple[str, list[int]]:
    """Return the text without characters that take no room, and where each of the others stood (empty: unchanged)."""
    if text.isascii() or not any(mark in text for mark in INVISIBLE):
        return text, []
    places = [place for place, letter in enumerate(text) if letter not in INVISIBLE]
    return "".join(text[place] for place in places), [*places, len(text)]
