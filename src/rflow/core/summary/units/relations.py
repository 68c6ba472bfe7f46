"""Relations between the entries of a session, such as the outcome of a change, and the subject of a warning."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from rflow.core.session import events as e
from rflow.core.session.state import Change, Note, Session, Step

THEN_WITHIN = timedelta(minutes=30)
"""How long after a change a step may show its outcome."""
REVERTED_WITHIN = timedelta(minutes=10)
"""How long after a change was reverted a step may show why, or the effect of the revert."""
_BEGINNING = 8
_COMMON = frozenset("the and with from for that this not now still again back was has had off out all".split())

_STEPS = (e.StepAdded, e.ChoiceMade, e.ActionDone)
_BESIDE = (e.EvidenceAdded, e.Pinned, e.EntryUndone, e.SteppedBack, e.EntryAmended, e.ProgressShared)
"""Facts that may come between a step and the warning about it."""
_HANDOVERS = (e.HandedOff, e.HandoffAccepted, e.TakenOver, e.Reassigned)


def outcome_step(session: Session, change: Change) -> Step | None:
    """Return the step whose result shows the outcome of a change.

    Candidates are own steps with a result, by the same person, within `THEN_WITHIN`, before the change was reverted,
    before their next change, and before a change of owner. Pinned and assumed steps are shown elsewhere. While the
    change is in place, it is the first candidate, if that shares a word with the change. For a reverted change, it is
    the last candidate that does, or else the last one, which probably says why it was reverted.
    """
    results = _results(session, change, change.seq, change.reverted_seq)
    near = takewhile(lambda step: _within(change.at, step, THEN_WITHIN), results)
    if not change.reverted:
        step = next(near, None)
        return step if step and _mentions(step, change) and _is_plain(session, step) else None
    steps = [step for step in near if _is_plain(session, step)]
    related = [step for step in steps if _mentions(step, change)]
    return next(reversed(related or steps), None)


def _is_plain(session: Session, step: Step) -> bool:
    """Whether a step is neither assumed nor pinned; those have sections of their own."""
    return not step.assumed and step.seq not in session.pins


def step_after_revert(session: Session, change: Change) -> Step | None:
    """Return the step just after a change was reverted whose result shows why, or the effect of the revert.

    People often record the outcome of a change only when it is no longer in place.
    """
    if not change.reverted:
        return None
    for step in _results(session, change, change.reverted_seq, 0):
        near = _within(change.reverted_at, step, REVERTED_WITHIN) and _mentions(step, change)
        return step if near and _is_plain(session, step) else None
    return None


def _results(session: Session, change: Change, first: int, last: int) -> Iterator[Step]:
    """Yield the own steps with a result between two events (0: the end), by the author of a change."""
    for seq in _following(session, change, first, last):
        step = session.steps.get(seq)
        if step and step.kind == "own" and not step.undone and step.result and step.by.id == change.by.id:
            yield step


def _within(since: datetime | None, step: Step | Note, most: timedelta) -> bool:
    return since is None or step.at is None or timedelta(0) <= step.at - since <= most


def _mentions(step: Step, change: Change) -> bool:
    """Whether a step shares a significant word with a change."""
    beginning = " ".join(step.result.split()[:_BEGINNING])
    return bool(words_in(change.text) & words_in(f"{step.text} {beginning}"))


def words_in(text: str) -> frozenset[str]:
    """Return the significant words of a text."""
    return frozenset(
        word for word in re.findall(r"[^\W\d_]{3,}|\d{2,}|\d[^\W\d_]+", text.casefold()) if word not in _COMMON
    )


def says_little_more(text: str, known: str) -> bool:
    """Whether at least half of the significant words of a text are in `known`."""
    return mostly_in(words_in(text), words_in(known))


def mostly_in(words: frozenset[str], known: frozenset[str]) -> bool:
    """Whether at least half of some words are in `known`."""
    return 2 * len(words - known) <= len(words)


def _following(session: Session, change: Change, first: int, last: int) -> Iterator[int]:
    """Yield the event numbers between two (0: the end), up to a change of owner or the author's next change."""
    for seq in range(first + 1, last or session.version + 1):
        kind = session.kinds.get(seq)
        same_author = session.authors.get(seq) == change.by.id
        if kind in _HANDOVERS or (kind is e.ChangeMade and same_author and seq not in session.undone):
            return
        yield seq


def subject_of(session: Session, note: Note) -> Step | Note | Change | None:
    """Return the entry that a note refers to; for a warning without one, the step just before it if that was undone."""
    if note.on:
        entry = session.entry(note.on)
        return entry if isinstance(entry, Step | Note | Change) else None
    if note.kind != "warning":
        return None
    for seq in range(note.seq - 1, 0, -1):
        kind = session.kinds.get(seq)
        if session.authors.get(seq) != note.by.id or kind not in (*_STEPS, *_BESIDE):
            return None
        if kind in _STEPS:
            step = session.steps.get(seq)
            return step if step and step.undone else None
    return None


def reason_for_undo(session: Session, step: Step) -> Step | Note | None:
    """Return the note that says why a step was undone, or the step that corrects it.

    It is the newest note that refers to the step, or else what its author entered next after undoing it: a note or
    warning, or a step that shares a word with it. After a choice, a note must share a word with it too.
    """
    about = [note for note in session.notes.values() if note.on == step.seq and not note.undone]
    if about or not step.undone:
        return about[-1] if about and step.undone else None
    entry = _entered_after_undo(session, step)
    if entry is None or entry.undone or not _within(step.at, entry, THEN_WITHIN):
        return None
    if entry.kind == "warning" or (entry.kind == "note" and step.kind != "choice"):
        return entry
    shared = words_in(f"{step.text} {step.result}") & words_in(entry.text)
    return entry if entry.kind in ("own", "note") and shared else None


def _entered_after_undo(session: Session, step: Step) -> Step | Note | None:
    """Return what the author of a step entered next, if they had undone the step first."""
    undone = False
    for seq in range(step.seq + 1, session.version + 1):
        kind = session.kinds.get(seq)
        if session.authors.get(seq) != step.by.id:
            continue
        undone = undone or kind in (e.EntryUndone, e.SteppedBack)
        if kind not in _BESIDE:
            return session.steps.get(seq) or session.notes.get(seq) if undone else None
    return None


def own_steps_since_move(session: Session) -> frozenset[int]:
    """Return the event numbers of the own steps since the session reached its position."""
    last = session.moves.last or 0
    if session.place is None:
        return frozenset()
    steps = takewhile(lambda step: step.seq > last, session.steps.newest())
    return frozenset(step.seq for step in steps if step.kind == "own" and not step.undone)
