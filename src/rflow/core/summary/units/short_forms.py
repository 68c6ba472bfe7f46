"""The short forms that people gave entries.

The brief form shows them in place of their texts; the whole form where there is no room for all of these.
"""

from typing import TypeVar

from msgspec.structs import replace

from rflow.core.session.events import covered_by
from rflow.core.summary.budget.cutting import CUT, word_count
from rflow.core.summary.progress import Progress, ProgressChange, ProgressNote, ProgressWaiting, Tried
from rflow.core.summary.units.unit import Lengths

Shortened = Tried | ProgressNote | ProgressChange | ProgressWaiting
_Entry = TypeVar("_Entry", Tried, ProgressNote, ProgressChange, ProgressWaiting)


def resolved(progress: Progress) -> Progress:
    """Return the progress with only the short forms that are texts, the brief form without what another entry covers.

    Where another entry no longer covers one, and in the whole form, such an entry is shown as if it had no short form.
    """
    entries = _entries(progress)
    covering = {entry.seq: entry for entry in entries if entry.short and not covered_by(entry.short)}
    named = {entry.seq: covered_by(entry.short) for entry in entries if covered_by(entry.short)}
    covered = (entry for entry in entries if progress.brief and entry.seq in named)
    gone = {entry.seq for entry in covered if _covers(covering.get(named[entry.seq]), entry)}

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
    if _is_assumed(other) and not _is_assumed(entry):
        return False
    if isinstance(entry, ProgressNote):
        return entry.settled is None
    return entry is not None and not (isinstance(entry, Tried) and entry.undone)


def _is_assumed(entry: Shortened | None) -> bool:
    match entry:
        case Tried(assumed=True, settled=None) | ProgressNote(kind="assumption", settled=None):
            return True
        case _:
            return False


def short_forms(progress: Progress) -> dict[int, str]:
    """Return the short forms by the numbers of their entries."""
    return {entry.seq: entry.short for entry in _entries(progress) if entry.short}


def _entries(progress: Progress) -> tuple[Shortened, ...]:
    return (*progress.tried, *progress.notes, *progress.changes, *progress.waiting)


def in_short(progress: Progress, change: ProgressChange) -> ProgressChange:
    """Return a change with its short form, and with those of the steps that say what came of it.

    With a short form of its own it says no more of these than they do in short.
    """
    steps = {step.number: step.short for step in progress.tried if step.short}
    then, later = steps.get(change.then_step, ""), steps.get(change.later_step, "")
    if change.short_revert:
        change = replace(change, revert=change.short_revert, revert_amended=False)
    if not change.short:
        return replace(change, then=then or change.then, later=later or change.later)
    return replace(change, text=change.short, then=then, later=later, amended=False)


def either(full: Lengths, short: str, *, brief: bool) -> Lengths:
    """Return the lengths of a text with a short form ("" for none).

    A whole form shows the text itself where all else has room: with short forms first, less is cut or left out.
    """
    if not short:
        return full
    text = full.levels[-1]
    if brief or CUT in text:
        return whole(short)
    return Lengths((short, text)) if word_count(short) < word_count(text) else whole(text)


def whole(text: str) -> Lengths:
    """Return a text that is shown whole or not at all."""
    return Lengths((text,))
