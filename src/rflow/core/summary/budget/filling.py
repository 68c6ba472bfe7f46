"""Filling a budget of words with units: what is most important first, whole parts before longer texts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from rflow.core.summary.budget.cutting import word_count
from rflow.core.summary.units.unit import SectionKey, Unit

Shown = dict[Unit, int]
"""Each unit that is shown, with its level."""

FIRST_COUNTS: tuple[SectionKey, ...] = ("caution", "warned", "waiting", "plans", "next", "ruled_out")
"""Sections whose first entries are the most important; elsewhere the newest are, which stand last."""
WARNINGS: tuple[SectionKey, ...] = ("caution", "warned")
ALWAYS: tuple[SectionKey, ...] = ("ask", *WARNINGS, "at")
"""What is shown even where it needs more than the budget."""
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
"""What is shown first, each at its shortest: so many more of a section, the newest first, None for all.

What is taken for granted comes before the third change: nobody can ask for it who doesn't know that it is assumed.
"""
NEXT: tuple[tuple[SectionKey, int | None], ...] = (
    ("facts", 1),
    ("reverted", 2),
    ("hypothesis", None),
    ("taken_back", 1),
)
"""What is shown next, when situation and impact have the length that is wanted."""
OUTCOMES: tuple[SectionKey, ...] = ("reverted",)
"""What has the length that is wanted before a step is shown: the end of a failed attempt is its point."""
MORE: tuple[tuple[SectionKey, int | None], ...] = (
    ("assumed", 1),
    ("facts", None),
    ("reverted", None),
    ("assumed", None),
    ("changes", None),
)
"""What is shown then; in the brief form only when what is shown before has the length that is wanted."""
BACKGROUND: tuple[SectionKey, ...] = ("asked", "before", "at", "handed_over", "next", "taken_back")
"""What is shown next; in the brief form only with what is left over."""
MARKED: tuple[SectionKey, ...] = ("facts", "assumed", "changes", "reverted", "hypothesis")
"""What somebody marked as important, which comes before the room that is held back for the steps."""
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
"""What reaches its wanted length next, in this order."""
TOO_LONG = 5
"""After so many entries that don't fit, older ones are not looked at: there may be hundreds."""
LAST = 3
"""Of so many steps, the last, there is a result in any case."""
NOTES = 2
"""So many notes, the last, come before the most telling steps in the whole form."""
ATTEMPTS = 2
"""So many of the most telling steps come before further facts in the brief form."""
TRIED_SHARE = 4
"""The part of the whole form's budget that is held back for the steps."""


class Filling:
    """The units of `sections` (see `by_importance`) shown so far, with `room` for so many words.

    `label_words` returns how many words the label of a section has with so many shown.

    Where only the newest `warnings` are asked for, the others are shown if they fit.
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
        """Return how many words more a unit at `level` takes, with its number and the label of a new section."""
        had = self.shown.get(unit)
        if had is not None:
            return _words(unit, level) - _words(unit, had)
        place, count = unit.place, self._open[unit.place]
        before = self._label_words(place, count) if count else 0
        return _words(unit, level) + self._label_words(place, count + 1) - before

    def show(self, unit: Unit, level: int = 0, *, held_back: int = 0, always: bool = False) -> bool:
        """Show a unit at `level` if it fits beside what is held back; return whether it does."""
        cost = self.cost(unit, level)
        if not always and cost > self._room - held_back:
            return False
        self._room -= cost
        if unit not in self.shown:
            self._open[unit.place] += 1
        self.shown[unit] = level
        return True

    def present(self, *, held_back: int, early: Sequence[SectionKey] = ()) -> None:
        """Show units at their shortest, by priority; the ask and the warnings in any case.

        Sections that are wanted `early` come before what is shown next to what must be shown.
        """
        always = [unit for section in ALWAYS for unit in self.units(section) if not unit.stale]
        warnings = [unit for unit in always if unit.section in WARNINGS]
        if_they_fit = frozenset() if self._warnings is None else frozenset(warnings[self._warnings :])
        for unit in always:
            if unit not in if_they_fit:
                self.show(unit, always=True)
        self.present_more(PRESENCE, held_back=held_back)
        self.grow(("now",), held_back=held_back)
        self.present_more([(section, None) for section in early], held_back=held_back)
        self.present_more(NEXT, held_back=held_back)
        self.grow(OUTCOMES, held_back=held_back)
        self.present_more([("tried", 1), ("facts", None)], held_back=held_back)

    def present_more(self, wanted: Iterable[tuple[SectionKey, int | None]] = MORE, *, held_back: int = 0) -> None:
        """Show so many more units of each section at their shortest."""
        for section, newest in wanted:
            units = [unit for unit in self.units(section) if unit not in self.shown]
            for unit in units[:newest]:
                self.show(unit, held_back=0 if section in MARKED else held_back)

    def present_background(self, *, held_back: int = 0, stale: bool = False) -> None:
        """Show at their shortest the units that explain more than they say what to do."""
        units = (unit for section in BACKGROUND for unit in self.units(section))
        for unit in units:
            if unit not in self.shown and unit.stale == stale:
                self.show(unit, held_back=held_back)

    def grow(self, sections: Iterable[SectionKey] = GROWING, *, held_back: int = 0) -> None:
        """Let units reach the end of a clause, then the length that is wanted, while they fit."""
        units = [unit for section in sections for unit in self.units(section) if unit in self.shown]
        for unit in units:
            self._raise(unit, min(unit.lengths.smooth, unit.lengths.wanted), held_back)
        for unit in units:
            self._raise(unit, unit.lengths.wanted, held_back)

    def _raise(self, unit: Unit, wanted: int, held_back: int) -> None:
        for level in range(wanted, self.shown[unit], -1):
            if self.show(unit, level, held_back=held_back):
                return

    def add_telling(self, section: SectionKey, most: int) -> None:
        """Show the units of a section with the highest ranks at their shortest, as far as they fit."""
        ranked = sorted(self.units(section), key=lambda unit: -unit.rank)
        for unit in [unit for unit in ranked if unit.rank > 0 and unit not in self.shown][:most]:
            self.show(unit)

    def add(self, *sections: SectionKey, newest: int | None = None, held_back: int = 0) -> None:
        """Show the newest units of sections at their shortest, as long as some still fit."""
        each = (unit for section in sections for unit in self.units(section)[:newest])
        units = [unit for unit in each if unit not in self.shown]
        too_long = 0
        for unit in units if len(sections) == 1 else sorted(units, key=lambda unit: unit.seq, reverse=True):
            too_long += not self.show(unit, held_back=held_back)
            if too_long == TOO_LONG:
                return

    def use_leftovers(self, sections: Iterable[SectionKey]) -> None:
        """Lengthen units by a level each in turn, until nothing fits."""
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
    for section, each in sections.items():
        each.sort(key=lambda unit: (min(unit.rank, 0), unit.order), reverse=section not in FIRST_COUNTS)
    return sections


def _words(unit: Unit, level: int) -> int:
    return word_count(unit.lengths.levels[level]) + (1 if unit.number else 0)


def fill(filling: Filling, budget: int, last_steps: int | None) -> Shown:
    """Fill a budget: first everything important at its shortest, then at its wanted length, then the steps.

    In the brief form, room is held back for the `last_steps`; in the whole form (None) for as many as there are.
    """
    steps = _shortest(filling.units("tried")[:last_steps], budget // TRIED_SHARE)
    held_back = min(sum(steps) + 1, budget // TRIED_SHARE) if steps else 0
    if last_steps is None:
        _fill_whole(filling, held_back, max(held_back // 2, sum(steps[:LAST])))
    else:
        _fill_brief(filling, held_back)
    filling.present_background(stale=True)
    filling.use_leftovers((*GROWING, "tried", "ruled_out", "notes", "outputs"))
    return filling.shown


def _fill_brief(filling: Filling, held_back: int) -> None:
    filling.present(held_back=held_back)
    filling.grow(held_back=held_back)
    filling.add_telling("tried", ATTEMPTS)
    filling.present_more()
    filling.grow()
    filling.add("at")
    filling.add("tried")
    filling.add("ruled_out")
    filling.present_background()


def _fill_whole(filling: Filling, held_back: int, for_last: int) -> None:
    filling.present(held_back=for_last, early=("before", "handed_over"))
    filling.grow(("assumed",), held_back=for_last)
    filling.present_more(held_back=for_last)
    filling.present_background(held_back=for_last)
    filling.grow(held_back=held_back)
    filling.add("ruled_out", held_back=held_back)
    filling.add("tried", newest=LAST)
    filling.add("notes", newest=NOTES)
    filling.present_background()
    filling.add_telling("tried", ATTEMPTS)
    filling.add("tried", "notes")
    filling.grow((*GROWING, "tried", "notes"))
    filling.add("outputs")


def _shortest(units: Iterable[Unit], most: int) -> list[int]:
    """Return the words of units at their shortest, until they are more than `most` together."""
    words: list[int] = []
    together = 0
    for unit in units:
        if together > most:
            break
        words.append(_words(unit, 0))
        together += words[-1]
    return words
