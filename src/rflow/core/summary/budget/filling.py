"""Filling a budget of words with units: the most important first, and more units before longer texts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from rflow.core.summary.budget.cutting import word_count
from rflow.core.summary.units.unit import SectionKey, Unit

Shown = dict[Unit, int]
"""The units that are shown, with the level of each."""

FIRST_MATTERS_MOST: tuple[SectionKey, ...] = ("caution", "warned", "waiting", "plans", "next", "ruled_out")
"""Sections whose first entries are the most important. In the others it is the newest, which come last."""
WARNINGS: tuple[SectionKey, ...] = ("caution", "warned")
ALWAYS: tuple[SectionKey, ...] = ("ask", *WARNINGS, "at")
"""Sections that are shown even if they exceed the budget."""
PRESENCE: tuple[tuple[SectionKey, int | None], ...] = (
    ("closed", None),
    ("last_note", None),
    ("now", None),
    ("waiting", None),
    ("plans", None),
    ("changes", 2),
    ("assumed", 1),
    ("changes", 3),
)
"""What is shown first, at its shortest: the number of further units of a section, newest first; None for all.

An assumption comes before the third change, because a reader who doesn't see it can't ask about it.
"""
NEXT: tuple[tuple[SectionKey, int | None], ...] = (
    ("facts", 1),
    ("reverted", 2),
    ("hypothesis", None),
    ("taken_back", 1),
)
"""What is shown next, when situation and impact have their target length."""
CHOSEN: tuple[SectionKey, ...] = ("changes", "waiting", "assumed", "reverted", "hypothesis", "facts", "tried", "notes")
"""Sections whose entries may have a short form, and the hypothesis. Sections with few entries come before the facts."""
OUTCOMES: tuple[SectionKey, ...] = ("reverted",)
"""Sections that reach their target length before a step is shown: the outcome of a failed attempt is its point."""
MORE: tuple[tuple[SectionKey, int | None], ...] = (
    ("assumed", 1),
    ("facts", None),
    ("reverted", None),
    ("assumed", None),
    ("changes", None),
)
"""What is shown after that; in the brief form only when the units shown so far have their target length."""
BACKGROUND: tuple[SectionKey, ...] = ("asked", "before", "at", "handed_over", "next", "taken_back")
"""Sections that explain the others, shown next; in the brief form only if words are left over."""
MARKED: tuple[SectionKey, ...] = ("facts", "assumed", "changes", "reverted", "hypothesis")
"""Sections of entries that somebody marked as important; they may use the words that are reserved for the steps."""
GROWING: tuple[SectionKey, ...] = (
    "now",
    "changes",
    "reverted",
    "facts",
    "hypothesis",
    "assumed",
    "waiting",
    "asked",
    "at",
    "before",
    "taken_back",
    "plans",
    "next",
    "closed",
    "last_note",
    "handed_over",
)
"""The order in which sections reach their target length."""
MAX_MISSES = 5
"""After so many entries that don't fit, older ones are not tried: there may be hundreds."""
LAST_STEPS = 3
"""How many of the last steps always have room."""
LAST_NOTES = 2
"""How many of the last notes come before the most relevant steps in the whole form."""
RELEVANT_STEPS = 2
"""How many of the most relevant steps come before further facts in the brief form."""
STEPS_PART = 4
"""The part of the budget (a quarter) that is reserved for the steps."""


class Filling:
    """The units of `sections` (see `by_importance`) shown so far, with `room` for so many words.

    `label_words` returns the number of words in the label of a section that shows a number of entries. If `warnings` is
    set, only so many warnings, the newest, are always shown, and the others if they fit.
    """

    def __init__(
        self,
        sections: Mapping[SectionKey, Sequence[Unit]],
        room: int,
        label_words: Callable[[SectionKey, int], int],
        warnings: int | None = None,
    ) -> None:
        self.shown: Shown = {}
        self._sections = sections
        self._room = room
        self._label_words = label_words
        self._warnings = warnings
        self._open: Counter[SectionKey] = Counter()

    def units(self, section: SectionKey) -> Sequence[Unit]:
        """Return the units of a section, most important first."""
        return self._sections.get(section, ())

    def cost(self, unit: Unit, level: int = 0) -> int:
        """Return how many more words showing a unit at `level` takes, including its number and the section's label."""
        current = self.shown.get(unit)
        if current is not None:
            return _words(unit, level) - _words(unit, current)
        place, count = unit.place, self._open[unit.place]
        before = self._label_words(place, count) if count else 0
        return _words(unit, level) + self._label_words(place, count + 1) - before

    def show(self, unit: Unit, level: int = 0, *, reserve: int = 0, always: bool = False) -> bool:
        """Show a unit at `level` if that leaves `reserve` words; return whether it is shown."""
        cost = self.cost(unit, level)
        if not always and cost > self._room - reserve:
            return False
        self._room -= cost
        if unit not in self.shown:
            self._open[unit.place] += 1
        self.shown[unit] = level
        return True

    def present(self, *, reserve: int, chosen: bool = False, early: Sequence[SectionKey] = ()) -> None:
        """Show units at their shortest, by priority; the ask and the warnings always.

        The sections `early` come right after the situation and the impact, and before them what is `chosen`.
        """
        always = [unit for section in ALWAYS for unit in self.units(section) if not unit.stale]
        warnings = [unit for unit in always if unit.section in WARNINGS]
        if_they_fit = frozenset() if self._warnings is None else frozenset(warnings[self._warnings :])
        for unit in always:
            if unit not in if_they_fit:
                self.show(unit, always=True)
        self.present_more(PRESENCE, reserve=reserve)
        self.grow(("now",), reserve=reserve)
        if chosen:
            self.present_chosen()
        self.present_more([(section, None) for section in early], reserve=reserve)
        self.present_more(NEXT, reserve=reserve)
        self.grow(OUTCOMES, reserve=reserve)
        self.present_more([("tried", 1), ("facts", None)], reserve=reserve)

    def present_chosen(self) -> None:
        """Show the units with a short form, which somebody wrote so that they have room."""
        for section in CHOSEN:
            for unit in self.units(section):
                if unit.chosen and unit not in self.shown:
                    self.show(unit)

    def present_more(self, wanted: Iterable[tuple[SectionKey, int | None]] = MORE, *, reserve: int = 0) -> None:
        """Show further units at their shortest: for each section up to the given number, None for all."""
        for section, newest in wanted:
            units = [unit for unit in self.units(section) if unit not in self.shown]
            for unit in units[:newest]:
                self.show(unit, reserve=0 if section in MARKED else reserve)

    def present_background(self, *, reserve: int = 0, stale: bool = False) -> None:
        """Show the units of background sections at their shortest."""
        units = (unit for section in BACKGROUND for unit in self.units(section))
        for unit in units:
            if unit not in self.shown and unit.stale == stale:
                self.show(unit, reserve=reserve)

    def grow(self, sections: Iterable[SectionKey] = GROWING, *, reserve: int = 0) -> None:
        """Lengthen shown units to the end of a clause, then to their target length, as far as they fit."""
        units = [unit for section in sections for unit in self.units(section) if unit in self.shown]
        for unit in units:
            self._lengthen_to(unit, min(unit.lengths.smooth, unit.lengths.wanted), reserve)
        for unit in units:
            self._lengthen_to(unit, unit.lengths.wanted, reserve)

    def _lengthen_to(self, unit: Unit, wanted: int, reserve: int) -> None:
        for level in range(wanted, self.shown[unit], -1):
            if self.show(unit, level, reserve=reserve):
                return

    def add_relevant(self, section: SectionKey, most: int) -> None:
        """Show the units of a section with the highest ranks at their shortest, as far as they fit."""
        ranked = sorted(self.units(section), key=lambda unit: -unit.rank)
        for unit in [unit for unit in ranked if unit.rank > 0 and unit not in self.shown][:most]:
            self.show(unit)

    def add(self, *sections: SectionKey, newest: int | None = None, reserve: int = 0) -> None:
        """Show the newest units of sections at their shortest, until `MAX_MISSES` don't fit."""
        candidates = (unit for section in sections for unit in self.units(section)[:newest])
        units = [unit for unit in candidates if unit not in self.shown]
        misses = 0
        for unit in units if len(sections) == 1 else sorted(units, key=lambda unit: unit.seq, reverse=True):
            misses += not self.show(unit, reserve=reserve)
            if misses == MAX_MISSES:
                return

    def use_leftovers(self, sections: Iterable[SectionKey]) -> None:
        """Lengthen the shown units in turn, one level at a time, until nothing fits."""
        growing = [unit for section in sections for unit in self.units(section) if unit in self.shown]
        while growing:
            growing = [unit for unit in growing if self._lengthen(unit)]

    def _lengthen(self, unit: Unit) -> bool:
        level = self.shown[unit] + 1
        return level < len(unit.lengths.levels) and self.show(unit, level)


def by_importance(units: Iterable[Unit]) -> dict[SectionKey, list[Unit]]:
    """Return the units of each section, most important first."""
    sections: dict[SectionKey, list[Unit]] = {}
    for unit in units:
        sections.setdefault(unit.section, []).append(unit)
    for section, members in sections.items():
        newest_first = section not in FIRST_MATTERS_MOST
        members.sort(
            key=lambda unit: (unit.chosen == newest_first, min(unit.rank, 0), unit.order), reverse=newest_first
        )
    return sections


def _words(unit: Unit, level: int) -> int:
    return word_count(unit.lengths.levels[level]) + (1 if unit.number else 0)


def fill(filling: Filling, budget: int, last_steps: int | None) -> Shown:
    """Fill a budget: first everything important at its shortest, then at its target length, then the steps.

    In the brief form, words are reserved for the `last_steps` newest steps; in the whole form (None), for all steps.
    """
    steps = _shortest(filling.units("tried")[:last_steps], budget // STEPS_PART)
    reserve = min(sum(steps) + 1, budget // STEPS_PART) if steps else 0
    if last_steps is None:
        _fill_whole(filling, reserve, max(reserve // 2, sum(steps[:LAST_STEPS])))
    else:
        _fill_brief(filling, reserve)
    filling.present_background(stale=True)
    filling.use_leftovers((*GROWING, "tried", "ruled_out", "notes", "outputs"))
    return filling.shown


def _fill_brief(filling: Filling, reserve: int) -> None:
    filling.present(reserve=reserve, chosen=True)
    filling.grow(reserve=reserve)
    filling.add_relevant("tried", RELEVANT_STEPS)
    filling.present_more()
    filling.grow()
    filling.add("at")
    filling.add("tried")
    filling.add("ruled_out")
    filling.present_background()


def _fill_whole(filling: Filling, reserve: int, last_reserve: int) -> None:
    filling.present(reserve=last_reserve, early=("before", "handed_over"))
    filling.grow(("assumed",), reserve=last_reserve)
    filling.present_more(reserve=last_reserve)
    filling.present_chosen()
    filling.present_background(reserve=last_reserve)
    filling.grow(reserve=reserve)
    filling.add("ruled_out", reserve=reserve)
    filling.add("tried", newest=LAST_STEPS)
    filling.add("notes", newest=LAST_NOTES)
    filling.present_background()
    filling.add_relevant("tried", RELEVANT_STEPS)
    filling.add("tried", "notes")
    filling.grow((*GROWING, "tried", "notes"))
    filling.add("outputs")


def _shortest(units: Iterable[Unit], most: int) -> list[int]:
    """Return the number of words of each unit at its shortest, until their sum exceeds `most`."""
    words: list[int] = []
    total = 0
    for unit in units:
        if total > most:
            break
        words.append(_words(unit, 0))
        total += words[-1]
    return words
