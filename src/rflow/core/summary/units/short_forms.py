"""The short forms that people gave entries.

The brief form shows them in place of their texts; the whole form where there is no room for all of these.
"""

from collections.abc import Set as AbstractSet
from typing import TypeVar

from msgspec.structs import replace

from rflow.core.session.events import LONGEST_REVERT, covered_by
from rflow.core.summary.budget.cutting import CUT, word_count
from rflow.core.summary.progress import Progress, ProgressChange, ProgressNote, ProgressWaiting, Tried
from rflow.core.summary.units.unit import Lengths

Shortened = Tried | ProgressNote | ProgressChange | ProgressWaiting
_Entry = TypeVar("_Entry", Tried, ProgressNote, ProgressChange, ProgressWaiting)


def resolved(progress: Progress) -> Progress:
    """Return the progress as its form shows it.

    The brief form is without the entries that another one covers, the whole form without short forms that are shared.
    """
    named = {entry.seq: covered_by(entry.short) for entry in _entries(progress) if covered_by(entry.short)}
    gone = _covered(progress) if progress.brief else set()
    without = set(named) if progress.brief else {*named, *named.values()}

    def left(each: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
        shown = (entry for entry in each if entry.seq not in gone)
        return tuple(replace(entry, short="") if entry.seq in without else entry for entry in shown)

    if not named:
        return progress
    return replace(
        progress,
        tried=left(progress.tried),
        notes=left(progress.notes),
        changes=left(tuple(_as_shared(change, progress, without) for change in progress.changes)),
        waiting=left(progress.waiting),
    )


def _as_shared(change: ProgressChange, progress: Progress, without: AbstractSet[int]) -> ProgressChange:
    """Return a change with the times of all that its short form stands for; no time of those in place at several.

    In the whole form it has its own times, and its own way back.
    """
    if not progress.brief:
        return replace(change, short_revert="") if change.seq in without else change
    same = [change, *(other for other in progress.changes if covered_by(other.short) == change.seq)]
    made, ended = [each.at for each in same if each.at], [each.reverted_at for each in same if each.reverted_at]
    if len(same) == 1 or not made:
        return change
    if change.reverted:
        return replace(change, at=min(made), reverted_at=max(ended, default=None))
    minutes = {at.replace(second=0, microsecond=0) for at in made}
    return replace(change, at=made[0] if len(minutes) == 1 else None)


def _covered(progress: Progress) -> set[int]:
    """Return the entries that the short form of another one covers."""
    entries = _entries(progress)
    covering = {entry.seq for entry in entries if entry.short and not covered_by(entry.short)}
    return {entry.seq for entry in entries if covered_by(entry.short) in covering}


def short_forms(progress: Progress) -> dict[int, str]:
    """Return the short forms by the numbers of their entries."""
    return {entry.seq: entry.short for entry in _entries(progress) if entry.short}


def _entries(progress: Progress) -> tuple[Shortened, ...]:
    return (*progress.tried, *progress.notes, *progress.changes, *progress.waiting)


def in_short(progress: Progress, change: ProgressChange) -> ProgressChange:
    """Return a change with its short form, and with only the short forms of the steps that say what came of it."""
    steps = {step.number: step.short for step in progress.tried if step.short}
    then, later = steps.get(change.then_step, ""), steps.get(change.later_step, "")
    if not change.short:
        return replace(change, then=then, later=later)
    return replace(change, text=change.short, then=then, later=later, amended=False)


def with_short_revert(change: ProgressChange, *, brief: bool) -> ProgressChange:
    """Return a change with the short form of how to revert it, in a whole form only where the text is too long."""
    if change.short_revert and (brief or len(change.revert.split()) > LONGEST_REVERT):
        return replace(change, revert=change.short_revert, revert_amended=False)
    return change


def either(full: Lengths, short: str, *, brief: bool) -> Lengths:
    """Return the lengths of a text with a short form ("" for none): in a whole form, this takes the place of a cut."""
    if not short:
        return full
    if brief:
        return whole(short)
    if CUT not in full.levels[0]:
        return full
    longer = tuple(level for level in full.levels if word_count(level) > word_count(short))
    wanted = max(len(longer) - (len(full.levels) - 1 - full.wanted), 0)
    return Lengths((short, *longer), wanted)


def whole(text: str) -> Lengths:
    """Return a text that is shown whole or not at all."""
    return Lengths((text,))
