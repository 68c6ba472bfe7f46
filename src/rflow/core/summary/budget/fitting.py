"""Fitting a summary to a format's limit: a progress gets fewer words, a digest fewer sessions; the rest is counted.

A text is never cut after it was escaped. Where even the fewest words are too long, because of one that has thousands
of characters, every text is cut before that, and says how much of it is missing. The link is kept longest.
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
"""Budgets to try, down to a few words."""
_WARNINGS = (60, 50, 40, 32, 26, 21, 17, 14, 11, 9, 7, 5, 4, 3, 2, 1)
_SHARES = (8, 16, 32, 64, 128, 256, 1024, 4096)
"""A single text may take this part of the limit."""
_GIANT = 1_200
"""A text of more characters leaves no room for others in a summary that must be shorter."""
_SHORTEST = 16
_COMMAND = 200
_LINK = 2_000  # rflow's own has about 60; a link that is cut leads nowhere
_STEPS = 200
"""A digest is cut at so many places at most: about ten renderings find the right one."""


def fit(
    summary: Summary, limit: int, render: Callable[[Summary], str], measure: Callable[[str], int]
) -> tuple[str, Summary]:
    """Return the longest rendering that measures at most `limit`, and what of `summary` it shows."""
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
    small = _without_giants(summary, min(limit // _SHARES[0], _GIANT))
    shortest = sections_only(arranged(small, *fewer[-1]))
    return [
        lambda: replace(summary, outline=()),
        lambda: sections_only(summary),
        *(partial(_arranged, small, words, count) for words, count in fewer),
        *(partial(_abridged, shortest, limit // share) for share in _SHARES),
    ]


def _arranged(progress: Progress, words: int, warnings: int | None) -> Progress:
    return sections_only(arranged(progress, words, warnings))


def _without_giants(progress: Progress, most: int) -> Progress:
    """Cut every text of more than `most` characters, also a warning, before it pushes out all others."""
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
