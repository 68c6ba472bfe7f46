"""Arranging a summary in sections, within the word budget of its form (brief or whole)."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache

import msgspec
from msgspec.structs import replace

from rflow.core.summary.budget.cutting import CUT, word_count
from rflow.core.summary.budget.filling import WARNINGS, Filling, Shown, by_importance, fill
from rflow.core.summary.budget.sections import (
    counts_label,
    credit_words,
    detail,
    label,
    most_counts,
    not_shown,
    sections,
)
from rflow.core.summary.budget.shares import BRIEF, WHOLE, brief_words, whole_words
from rflow.core.summary.progress import Progress
from rflow.core.summary.units import entry_units, state_units
from rflow.core.summary.units.phrases import header_line
from rflow.core.summary.units.short_forms import resolved
from rflow.core.summary.units.times import stamp
from rflow.core.summary.units.unit import SectionKey, Unit

_TITLE = "Session without a title"
_LEAST_COUNTS = 3
"""The words of "Omitted: 12 entries": what else is named by its kind then has the room that its name would take."""
_ESSENTIAL: tuple[SectionKey, ...] = ("ask", *WARNINGS, "plans", "waiting", "changes", "assumed", "hypothesis", "facts")
"""What a reader must not miss."""
_BEGIN: tuple[SectionKey, ...] = ("ask", "now", "hypothesis", "plans")
"""What has no short form."""
_LABELS = 16
"""The words that labels, times and names have in a full brief form, about."""
_UNCUT: tuple[SectionKey, ...] = ("ask", *WARNINGS, "plans")


def arranged(progress: Progress, words: int | None = None, warnings: int | None = None) -> Progress:
    """Return `progress` with its sections, within the word budget of its form.

    `words` sets a smaller budget; `warnings` guarantees room only for that many warnings, the newest.
    """
    header, units = header_line(progress), list(_units(progress))
    shown = _within(progress, header, units, words, warnings)
    return replace(progress, header=header, sections=tuple(sections(progress, units, shown)))


class Losses(msgspec.Struct, frozen=True):
    """What a brief form has no room for: all `entries`, and the `essential` ones by section.

    `cut` has those that it cuts: section and number (0: none) of each.
    """

    entries: int
    essential: Counter[SectionKey]
    cut: tuple[tuple[SectionKey, int], ...]


def losses(progress: Progress) -> Losses:
    """Return what a brief form has no room for."""
    units = list(_units(progress))
    shown = _within(progress, progress.header, units)
    missing = [unit for unit in units if unit not in shown]
    essential = [unit for unit in missing if unit.section in _ESSENTIAL and unit.rank >= 0]
    cut = [unit for unit in shown if unit.section in _ESSENTIAL and CUT in unit.lengths.levels[shown[unit]]]
    return Losses(
        entries=sum(len(unit.counts) for unit in missing),
        essential=Counter(unit.section for unit in essential for _ in unit.counts or ("hypothesis",)),
        cut=tuple((unit.section, _number(unit)) for unit in cut),
    )


def crowded_out(progress: Progress) -> dict[int, int]:
    """Return the numbers of the entries whose short forms a brief form has no room for, with the words of each."""
    units = list(_units(progress))
    shown = _within(progress, progress.header, units)
    out = [unit for unit in units if unit.chosen and unit not in shown]
    return {_number(unit): word_count(unit.lengths.levels[0]) for unit in out}


def longest(progress: Progress, count: int) -> list[tuple[SectionKey, int, int]]:
    """Return the entries that take most room of a brief form: section, number (0: none) and words of each."""
    units = list(_units(progress))
    shown = _within(progress, progress.header, units)
    words = {unit: word_count(unit.lengths.levels[level]) for unit, level in shown.items()}
    return [
        (unit.section, _number(unit), words[unit])
        for unit in sorted(words, key=words.__getitem__, reverse=True)[:count]
    ]


def _number(unit: Unit) -> int:
    """Return the number of the entry that a unit shows; 0 if it shows none, or a line of the heading."""
    return unit.seq or (int(unit.order[0]) if unit.section in ("changes", "reverted") else 0)


def words_for_entries(progress: Progress) -> int:
    """Return how many words of a brief form its heading and labels leave, what `brief` sets, and what to do if."""
    units = list(_units(progress))
    begin = [unit for unit in units if unit.section in _BEGIN]
    used = sum(word_count(unit.lengths.levels[unit.lengths.wanted]) + 1 for unit in begin) + _LEAST_COUNTS + _LABELS
    return max(_budget(progress, units) - _fixed_words(progress, progress.header) - used, 0)


def _within(
    progress: Progress, header: str, units: list[Unit], words: int | None = None, warnings: int | None = None
) -> Shown:
    budget = _budget(progress, units)
    budget = budget if words is None else min(budget, words)
    return _shown(progress, units, budget - _fixed_words(progress, header), budget, warnings)


def _shown(progress: Progress, units: list[Unit], room: int, budget: int, warnings: int | None) -> Shown:
    """Return the units to show, reserving just enough words for the credits and the line of what is not shown.

    The needed reserve is known only when the units are chosen, so several reserves are tried.
    """
    most = most_counts(progress, units) + credit_words(units, progress.session.owner)
    last_steps = _last_steps(progress, units) if progress.brief else None
    by_section, label_words = by_importance(units), _labels(progress, units)

    def filled(room: int) -> Shown:
        return fill(Filling(by_section, room, label_words, warnings), budget, last_steps)

    safe = filled(room - most)
    counts = _count_words(progress, units, safe)
    needed = counts
    for reserve in (_LEAST_COUNTS, counts) if progress.brief and counts > _LEAST_COUNTS else (counts,):
        shown = filled(room - reserve)
        needed = _count_words(progress, units, shown)
        if needed <= reserve:
            return shown
    shown = filled(room - needed)
    return shown if _count_words(progress, units, shown) <= needed else safe


def _count_words(progress: Progress, units: list[Unit], shown: Shown) -> int:
    counts = word_count(counts_label(progress)) + word_count(not_shown(progress, units, shown))
    return counts + credit_words(shown, progress.session.owner)


def sections_only(progress: Progress) -> Progress:
    """Return `progress` without the data behind its sections, for readers who may see only the sections."""
    return Progress(
        session=progress.session,
        header=progress.header,
        sections=progress.sections,
        ask=progress.ask,
        ask_by=progress.ask_by,
        ask_at=progress.ask_at,
        redacted=progress.redacted,
        redacted_kinds=progress.redacted_kinds,
        since=progress.since,
        unreadable=progress.unreadable,
        resume=progress.resume,
        brief=progress.brief,
    )


def _labels(progress: Progress, units: list[Unit]) -> Callable[[SectionKey, int], int]:
    """Return a function (section, number of shown entries) → number of words in the section's label."""
    totals = Counter(unit.place for unit in units)

    @cache
    def label_words(key: SectionKey, shown: int) -> int:
        return word_count(f"{label(key, progress)} {detail(key, progress, shown, totals[key])}")

    return label_words


def _fixed_words(progress: Progress, header: str) -> int:
    """Return how many words are always shown: the title, the header, the footer and how to continue."""
    texts = [progress.session.title or _TITLE, header]
    texts += [text for pair in (*state_units.footer(progress), *_continuing(progress)) for text in pair]
    return sum(map(word_count, texts))


def _budget(progress: Progress, units: list[Unit]) -> int:
    if progress.brief:
        return brief_words(_words_of(units, *WARNINGS))
    valid = sum(not step.undone for step in progress.tried) + len(progress.notes) + len(progress.changes)
    outputs = len(progress.evidence) + progress.evidence_more
    uncut = _words_of(units, *_UNCUT)
    return whole_words(valid + progress.earlier + progress.earlier_notes, outputs, _typed_words(progress), uncut)


def _typed_words(progress: Progress) -> int:
    """Return how many words people typed, without outputs."""
    texts = [progress.session.title, progress.ask, progress.situation, progress.impact, progress.hypothesis]
    texts += [f"{step.text} {step.result} {step.reason}" for step in progress.tried if not step.undone]
    texts += [note.text for note in progress.notes]
    texts += [f"{change.text} {change.revert}" for change in progress.changes]
    texts += [part.text for part in progress.waiting]
    texts += [" ".join([entry.text, *entry.warnings]) for entry in progress.handovers]
    texts += [f"{plan.condition} {plan.action}" for plan in state_units.agreed(progress)]
    return sum(len(text.split()) for text in texts if text)


def _words_of(units: list[Unit], *keys: SectionKey) -> int:
    """Return how many words the units of some sections have at their shortest."""
    return sum(word_count(unit.lengths.levels[0]) for unit in units if unit.section in keys)


def _last_steps(progress: Progress, units: list[Unit]) -> int:
    """Return for how many of the last steps room is reserved: fewer if other results are shown."""
    results = sum(unit.section == "facts" for unit in units) + sum(bool(change.then) for change in progress.changes)
    return max(BRIEF.last_results - results, 0)


def _units(progress: Progress) -> Iterator[Unit]:
    progress = resolved(progress)
    shares = BRIEF if progress.brief else WHOLE
    last = list(state_units.last_note(progress, shares))
    shown_last = {note.seq for note in last}
    yield from state_units.asked(progress, shares)
    yield from state_units.closed(progress, shares)
    yield from last
    yield from state_units.at(progress)
    yield from state_units.now(progress, shares)
    yield from state_units.before(progress, shares)
    yield from state_units.cautions(progress)
    yield from state_units.waiting(progress, shares)
    yield from state_units.plans(progress)
    yield from state_units.choices(progress, shares)
    yield from state_units.hypothesis(progress, shares)
    yield from state_units.ruled_out(progress, shares)
    yield from state_units.handed_over(progress, shares)
    yield from entry_units.changes(progress, shares)
    yield from entry_units.ended_warnings(progress, shares)
    yield from (unit for unit in entry_units.facts(progress, shares) if unit.seq not in shown_last)
    yield from entry_units.assumptions(progress, shares)
    yield from entry_units.steps(progress, shares)
    yield from (unit for unit in entry_units.notes(progress, shares) if unit.seq not in shown_last)
    yield from entry_units.outputs(progress, shares)
    yield from entry_units.taken_back(progress, shares)


def _continuing(progress: Progress) -> Iterator[tuple[str, str]]:
    yield progress.resume.label, progress.resume.command
    if progress.resume.link:
        until = progress.resume.link_expires
        yield "Link", f"{progress.resume.link} (until {stamp(until)})" if until else progress.resume.link
