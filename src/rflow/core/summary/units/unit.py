"""Units: what a summary shows of one entry, with the levels between its shortest and its fullest form."""

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
"""What units belong together.

Plans are shown as a part of "next", and in "waiting" what somebody was asked who is waited for.
"""

_SHOWN_IN: dict[SectionKey, SectionKey] = {"plans": "next", "asked": "waiting"}


class Share(msgspec.Struct, frozen=True):
    """How much of a text is shown: `limits` at first and with room to spare, `wanted` before other texts get more."""

    limits: Limits
    wanted: Target


def share(least: int, most: int, wanted_least: int, wanted_most: int, cap: int) -> Share:
    """Return a share of at least `least` and at first at most `most` words, `wanted_…` of them, never over `cap`."""
    return Share(Limits(least, most, cap), Target(wanted_least, wanted_most))


def readable(least: int, most: int, wanted_least: int, wanted_most: int, cap: int) -> Share:
    """Return such a share of texts that are cut only where that saves much of them."""
    return Share(Limits(least, most, cap, readable=True), Target(wanted_least, wanted_most))


class Lengths(msgspec.Struct, frozen=True):
    """The levels of a unit, which of them is wanted, and which is the first that is not cut within a clause."""

    levels: tuple[str, ...]
    wanted: int = 0
    smooth: int = 0


class Credit(msgspec.Struct, frozen=True):
    """Who entered something, and what makes how that is shown, with the time: few of hundreds are."""

    by: str
    text: Callable[[], str]


class Unit(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """What is shown of one entry, in one of its `lengths`.

    `prepared` makes these where they take time: of hundreds of steps only the last ones are looked at.
    `order` places it in its section; `number` is that of a step; `seq` is the entry that brought it; `counts` names
    the kinds of entries that it shows. `stale` is a position that the steps have left behind, and where it would lead.
    `credit` says who and when, and is shown behind the text where it differs from that of the entry before.
    `command` is what all lengths end in, if that is to be typed.
    `rank` is above 0 for what has to do with what is asked, below for what says little more than that. `chosen` is
    what somebody gave a short form for the brief form: it comes before the others of its section.
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
        """The levels in which it may be shown."""
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
    """Return the lengths of an entry with two parts: the second reaches its target first, then the first; then both."""
    wanted = first.wanted, second.wanted
    path = list(_through(wanted, (len(first.levels) - 1, len(second.levels) - 1)))
    smooth = next((place for place, (_, at) in enumerate(path) if at >= second.smooth), 0)
    shown = tuple(render(first.levels[at], second.levels[to]) for at, to in path)
    return Lengths(shown, path.index(wanted), smooth)


def before(first: Lengths, second: Lengths, render: Callable[[str, str], str]) -> Lengths:
    """Return the lengths of an entry whose second part consists of several texts: this one gets longer first."""
    head, last = first.levels[0], second.levels[-1]
    levels = [render(head, level) for level in second.levels]
    return Lengths((*levels, *(render(level, last) for level in first.levels[1:])), second.wanted, second.smooth)


def _through(wanted: tuple[int, int], last: tuple[int, int]) -> Iterator[tuple[int, int]]:
    one = two = 0
    yield one, two
    for goal in (wanted, last):
        while two < goal[1]:
            two += 1
            yield one, two
        while one < goal[0]:
            one += 1
            yield one, two
