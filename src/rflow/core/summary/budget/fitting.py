"""Shortening a summary to a format's limit: a progress gets fewer words, a digest fewer sessions; the rest is counted.

Texts are cut before they are escaped, never after. If even the smallest budget is too long, because of a text with
thousands of characters, every text is cut and says how much of it is missing. The link is cut last.
"""

from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import msgspec
from msgspec.structs import asdict, replace

from rflow.core.summary.budget.arrange import arranged, sections_only
from rflow.core.summary.progress import Continuing, Digest, FittedDigest, Progress, Summary
from rflow.core.text import abridge

Part = TypeVar("Part")

_WORDS = (*range(850, 200, -50), *range(200, 20, -20))
"""The word budgets to try, longest first."""
_WARNINGS = (60, 50, 40, 32, 26, 21, 17, 14, 11, 9, 7, 5, 4, 3, 2, 1)
_SHARES = (8, 16, 32, 64, 128, 256, 1024, 4096)
"""The parts of the limit that a single text may take, tried in this order."""
_LONG_TEXT = 1_200
"""A text of more characters would leave no room for others, so it is cut in every shortened summary."""
_SHORTEST = 16
_COMMAND = 200
_LINK = 2_000  # rflow's own has about 60; a longer link is dropped, because a cut one would be useless
_STEPS = 200
"""The most lengths of a digest to choose from; a binary search finds the right one in about ten renderings."""


def fit(
    summary: Summary, limit: int, render: Callable[[Summary], str], measure: Callable[[str], int]
) -> tuple[str, Summary]:
    """Return the longest rendering that measures at most `limit`, and the shortened summary that it shows."""
    cuts = _cuts(summary, limit)
    rendered: dict[int, tuple[str, Summary]] = {}

    def at(place: int) -> tuple[str, Summary]:
        if place not in rendered:
            shorter = cuts[place]()
            rendered[place] = render(shorter), shorter
        return rendered[place]

    return at(bisect_left(range(len(cuts) - 1), True, key=lambda place: measure(at(place)[0]) <= limit))


def _cuts(summary: Summary, limit: int) -> list[Callable[[], Summary]]:
    """Return ever shorter forms of `summary`."""
    if isinstance(summary, Digest):
        return _digest_cuts(summary, limit)
    fewer = [(words, None) for words in _WORDS] + [(_WORDS[-1], count) for count in _WARNINGS]
    small = _with_long_texts_cut(summary, min(limit // _SHARES[0], _LONG_TEXT))
    shortest = sections_only(arranged(small, *fewer[-1]))
    return [
        lambda: replace(summary, outline=()),
        lambda: sections_only(summary),
        *(partial(_arranged, small, words, count) for words, count in fewer),
        *(partial(_abridged, shortest, limit // share) for share in _SHARES),
    ]


def _arranged(progress: Progress, words: int, warnings: int | None) -> Progress:
    return sections_only(arranged(progress, words, warnings))


def _with_long_texts_cut(progress: Progress, most: int) -> Progress:
    """Cut every text, even a warning, to `most` characters, so that it leaves room for the others."""
    names = [name for name in progress.__struct_fields__ if name != "sections"]
    return replace(progress, **{name: _abridged(getattr(progress, name), most) for name in names})


def _digest_cuts(digest: Digest, limit: int) -> list[Callable[[], Summary]]:
    last = len(digest.sessions) - 1
    stride = max(-(-last // _STEPS), 1)
    counts = [*range(0, max(last, 0), stride), max(last, 0)]
    shortest = _fewer(digest, counts[-1])
    return [
        *(partial(_fewer, digest, count) for count in counts),
        *(partial(_abridged, shortest, limit // share) for share in _SHARES),
    ]


def _fewer(digest: Digest, count: int) -> FittedDigest:
    kept = digest.sessions[: len(digest.sessions) - count]
    return FittedDigest(**asdict(replace(digest, sessions=kept)), more=count)


def _abridged(part: Part, most: int) -> Part:
    """Cut every text in a part that is longer than `most` characters."""
    most = max(most, _SHORTEST)
    shorter: object = part
    match part:
        case str():
            shorter = abridge(part, most)
        case tuple():
            shorter = tuple(_abridged(entry, most) for entry in part)
        case Continuing():
            link = part.link if part.link and len(part.link) <= _LINK else None
            shorter = replace(part, command=abridge(part.command, max(most, _COMMAND)), link=link)
        case Progress():
            shown = {name: _abridged(getattr(part, name), most) for name in ("session", "header", "ask", "sections")}
            shorter = replace(part, **shown, resume=_abridged(part.resume, most))
        case msgspec.Struct():
            shorter = replace(part, **{name: _abridged(getattr(part, name), most) for name in part.__struct_fields__})
    return shorter  # type: ignore[return-value]
