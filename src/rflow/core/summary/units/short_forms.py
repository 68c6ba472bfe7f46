"""The short forms that people gave entries, which the brief form shows in place of their texts."""

from typing import TypeVar

from msgspec.structs import replace

from rflow.core.session.texts import covered_by
from rflow.core.summary.progress import Progress, ProgressChange, ProgressNote, ProgressWaiting, Tried
from rflow.core.summary.units.unit import Lengths

Shortened = Tried | ProgressNote | ProgressChange | ProgressWaiting
_Entry = TypeVar("_Entry", Tried, ProgressNote, ProgressChange, ProgressWaiting)


def resolved(progress: Progress) -> Progress:
    """Return the progress of a brief form without the entries that the short form of another one covers.

    One whose short form names an entry that no longer covers it is shown as if it had none.
    """
    entries = _entries(progress)
    covering = {entry.seq: entry for entry in entries if entry.short and not covered_by(entry.short)}
    named = {entry.seq: covered_by(entry.short) for entry in entries if covered_by(entry.short)}
    gone = {entry.seq for entry in entries if entry.seq in named and _covers(covering.get(named[entry.seq]), entry)}

    def left(each: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
        shown = (entry for entry in each if entry.seq not in gone)
        return tuple(replace(entry, short="") if entry.seq in named else entry for entry in shown)

    if not named:
        return progress
    return replace(
        progress,
        tried=left(progress.tried),
        notes=left(progress.notes),
        changes=left(progress.changes),
        waiting=left(progress.waiting),
    )


def _covers(entry: Shortened | None, other: Shortened) -> bool:
    """Whether an entry may stand for another one: what a reader must not miss is covered only by the same kind."""
    if isinstance(other, ProgressChange):
        return isinstance(entry, ProgressChange) and (other.reverted or not entry.reverted)
    if isinstance(other, ProgressNote) and other.kind == "warning":
        return isinstance(entry, ProgressNote) and entry.kind == "warning" and entry.settled is None
    if isinstance(other, ProgressWaiting):
        return isinstance(entry, ProgressWaiting)
    return entry is not None and not (isinstance(entry, Tried) and entry.undone)


def short_forms(progress: Progress) -> dict[int, str]:
    """Return the short forms by the numbers of their entries; of the whole form none."""
    entries = _entries(progress) if progress.brief else ()
    return {entry.seq: entry.short for entry in entries if entry.short}


def _entries(progress: Progress) -> tuple[Shortened, ...]:
    return (*progress.tried, *progress.notes, *progress.changes, *progress.waiting)


def in_short(progress: Progress, change: ProgressChange) -> ProgressChange:
    """Return a change with its short form, and with those of the steps that say what came of it.

    With a short form of its own it says no more of these than they do in short.
    """
    if not progress.brief:
        return change
    steps = {step.number: step.short for step in progress.tried if step.short}
    then, later = steps.get(change.then_step, ""), steps.get(change.later_step, "")
    if not change.short:
        return replace(change, then=then or change.then, later=later or change.later, **_way_back(change))
    return replace(change, text=change.short, then=then, later=later, amended=False, **_way_back(change))


def _way_back(change: ProgressChange) -> dict[str, object]:
    return {"revert": change.short_revert, "revert_amended": False} if change.short_revert else {}


def whole(text: str) -> Lengths:
    """Return a text that is shown whole or not at all."""
    return Lengths((text,))
