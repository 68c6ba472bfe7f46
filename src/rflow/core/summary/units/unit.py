"""Units: the part of a summary that shows one entry, at several levels of length."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Literal

import msgspec

from rflow.core.summary.budget.cutting import Limits, Target, levels, target

SectionKey = Literal[
    "ask",
    "closed",
    "at",
    "last_note",
    "now",
    "before",
    "caution",
    "warned",
    "facts",
    "assumed",
    "hypothesis",
    "changes",
    "reverted",
    "waiting",
    "asked",
    "tried",
    "plans",
    "next",
    "ruled_out",
    "outputs",
    "notes",
    "handed_over",
    "taken_back",
]
"""The sections of units. Units of "plans" are shown in "next", those of "asked" in "waiting"."""

_SHOWN_IN: dict[SectionKey, SectionKey] = {"plans": "next", "asked": "waiting"}


class Share(msgspec.Struct, frozen=True):
    """How much of a text is shown: `limits` for its shortest and longest form, `wanted` for its target length."""

    limits: Limits
    wanted: Target


def share(least: int, most: int, wanted_least: int, wanted_most: int, cap: int) -> Share:
    """Return a share of `least` to `most` words in the shortest form, the target `wanted_…`, and at most `cap`."""
    return Share(Limits(least, most, cap), Target(wanted_least, wanted_most))


def readable(least: int, most: int, wanted_least: int, wanted_most: int, cap: int) -> Share:
    """Return a share like `share`, for texts that are cut only if that saves half of them."""
    return Share(Limits(least, most, cap, readable=True), Target(wanted_least, wanted_most))


class Lengths(msgspec.Struct, frozen=True):
    """The levels of a unit, shortest first; `wanted` is the target, `smooth` the first not cut within a clause."""

    levels: tuple[str, ...]
    wanted: int = 0
    smooth: int = 0


class Credit(msgspec.Struct, frozen=True):
    """The author of an entry; `text` returns the credit to show, which few of hundreds of entries need."""

    by: str
    text: Callable[[], str]


class Unit(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """The part of a summary that shows one entry.

    - `prepared`: its lengths, or a function that computes them if that takes time and may not be needed.
    - `order`: its place in its section.
    - `number`: the number of a step; `seq`: the event of the entry. 0 for none.
    - `counts`: the kinds of entries that it shows, for the line of what is not shown.
    - `command`: the command that all its lengths end in: how to revert a change.
    - `stale`: whether the work has moved on from this position, or from the choices there.
    - `rank`: above 0 if it is relevant to the ask, below 0 if it repeats what is shown anyway.
    - `credit`: author and time, shown after the text if the author differs from that of the previous entry.
    - `chosen`: whether somebody wrote a short form of it for the brief form; it comes before others of its section.
    """

    section: SectionKey
    prepared: Lengths | Callable[[], Lengths]
    order: tuple[float, int] = (0.0, 0)
    number: int = 0
    seq: int = 0
    counts: tuple[str, ...] = ()
    command: str = ""
    stale: bool = False
    rank: int = 0
    chosen: bool = False
    credit: Credit | None = None

    @cached_property
    def lengths(self) -> Lengths:
        """The levels of length at which it may be shown."""
        return self.prepared() if callable(self.prepared) else self.prepared

    @property
    def place(self) -> SectionKey:
        """The section in which it is shown."""
        return _SHOWN_IN.get(self.section, self.section)


def one_text(text: str, part: Share, render: Callable[[str], str] = str) -> Lengths:
    """Return the lengths of an entry with a text."""
    shown = levels(text, part.limits)
    smooth = min(int(shown.rough), len(shown.texts) - 1)
    return Lengths(tuple(map(render, shown.texts)), target(shown, part.wanted), smooth)


def two_texts(first: str, second: str, shares: tuple[Share, Share], render: Callable[[str, str], str]) -> Lengths:
    """Return the lengths of an entry with two texts."""
    return both(one_text(first, shares[0]), one_text(second, shares[1]), render)


def both(first: Lengths, second: Lengths, render: Callable[[str, str], str]) -> Lengths:
    """Return the lengths of an entry with two parts.

    The second part reaches its target first, then the first part; after that both get longer in the same order.
    """
    wanted = first.wanted, second.wanted
    path = list(_through(wanted, (len(first.levels) - 1, len(second.levels) - 1)))
    smooth = next((place for place, (_, at) in enumerate(path) if at >= second.smooth), 0)
    shown = tuple(render(first.levels[at], second.levels[to]) for at, to in path)
    return Lengths(shown, path.index(wanted), smooth)


def before(first: Lengths, second: Lengths, render: Callable[[str, str], str]) -> Lengths:
    """Return the lengths of an entry with two parts, of which the second reaches its full length first."""
    head, last = first.levels[0], second.levels[-1]
    levels = [render(head, level) for level in second.levels]
    return Lengths((*levels, *(render(level, last) for level in first.levels[1:])), second.wanted, second.smooth)


def _through(wanted: tuple[int, int], last: tuple[int, int]) -> Iterator[tuple[int, int]]:
    one = two = 0
    yield one, two
    for one_goal, two_goal in (wanted, last):
        while two < two_goal:
            two += 1
            yield one, two
        while one < one_goal:
            one += 1
            yield one, two
