"""How the entries of a session belong together: what came of a change, what a warning is about."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from rflow.core.session import events as e
from rflow.core.session.state import Change, Note, Session, Step

THEN_WITHIN = timedelta(minutes=30)
"""How long after a change a step may show what came of it."""
REVERTED_WITHIN = timedelta(minutes=10)
"""How long after a change was reverted a step may show why, or what that brought."""
_BEGINNING = 8
_COMMON = frozenset("the and with from for that this not now still again back was has had off out all".split())

_STEPS = (e.StepAdded, e.ChoiceMade, e.ActionDone)
_BESIDE = (e.EvidenceAdded, e.Pinned, e.EntryUndone, e.SteppedBack, e.EntryAmended, e.ProgressShared)
"""Facts that may stand between a step and the warning about it."""
_HANDOVERS = (e.HandedOff, e.HandoffAccepted, e.TakenOver, e.Reassigned)


def step_after(session: Session, change: Change) -> Step | None:
    """Return the step whose result shows what came of a change.

    It is an own step with a result of the same person's within half an hour, before the change was reverted, their next
    change, or a change of owner. While the change is in place, it is the first, which must name something of it; of a
    change that was reverted it is the last that does, or else the last, which is why. A pinned step stands for itself.
    """
    results = _results(session, change, change.seq, change.reverted_seq)
    near = takewhile(lambda step: _within(change.at, step, THEN_WITHIN), results)
    if not change.reverted:
        step = next(near, None)
        return step if step and _names(change, step) and _stands_with_others(session, step) else None
    steps = [step for step in near if _stands_with_others(session, step)]
    naming = [step for step in steps if _names(change, step)]
    return next(reversed(naming or steps), None)


def _stands_with_others(session: Session, step: Step) -> bool:
    return not step.assumed and step.seq not in session.pins


def step_after_revert(session: Session, change: Change) -> Step | None:
    """Return the step just after a change was reverted whose result shows why, or what that brought.

    People often write down what came of a change only when it is gone, or when something else has put it back.
    """
    if not change.reverted:
        return None
    for step in _results(session, change, change.reverted_seq, 0):
        near = _within(change.reverted_at, step, REVERTED_WITHIN) and _names(change, step)
        return step if near and not step.assumed and step.seq not in session.pins else None
    return None


def _results(session: Session, change: Change, first: int, last: int) -> Iterator[Step]:
    """Return the own steps with a result, by who made a change, from one event to another or to the next change."""
    for seq in _following(session, change, first, last):
        step = session.steps.get(seq)
        if step and step.kind == "own" and not step.undone and step.result and step.by.id == change.by.id:
            yield step


def _within(since: datetime | None, step: Step | Note, most: timedelta) -> bool:
    return since is None or step.at is None or timedelta(0) <= step.at - since <= most


def _names(change: Change, step: Step) -> bool:
    """Whether a step names something of a change."""
    beginning = " ".join(step.result.split()[:_BEGINNING])
    return bool(words_in(change.text) & words_in(f"{step.text} {beginning}"))


def words_in(text: str) -> frozenset[str]:
    """Return the words of a text that say what it is about."""
    return frozenset(
        word for word in re.findall(r"[^\W\d_]{3,}|\d{2,}|\d[^\W\d_]+", text.casefold()) if word not in _COMMON
    )


def says_little_more(text: str, known: str) -> bool:
    """Whether most words of a text are known already."""
    words = words_in(text)
    return 2 * len(words - words_in(known)) <= len(words)


def _following(session: Session, change: Change, first: int, last: int) -> Iterator[int]:
    """Return the numbers of the events between two (0: the end), up to what ends the consequences of a change."""
    for seq in range(first + 1, last or session.version + 1):
        kind = session.kinds.get(seq)
        theirs = session.authors.get(seq) == change.by.id
        if kind in _HANDOVERS or (kind is e.ChangeMade and theirs and seq not in session.undone):
            return
        yield seq


def subject_of(session: Session, note: Note) -> Step | Note | Change | None:
    """Return the entry that a note refers to; for a warning that says none, the step just before it, if taken back."""
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


def said_of_undone(session: Session, step: Step) -> Step | Note | None:
    """Return the note that says why a step was taken back, or the step that corrects it.

    It is the newest note that refers to it, or else what the same person entered next after taking it back: a note or
    warning, or a step that names something of it; after an answer to a question a note must do so too.
    """
    about = [note for note in session.notes.values() if note.on == step.seq and not note.undone]
    if about or not step.undone:
        return about[-1] if about and step.undone else None
    entry = _entered_after_undo(session, step)
    if entry is None or entry.undone or not _within(step.at, entry, THEN_WITHIN):
        return None
    if entry.kind == "warning" or (entry.kind == "note" and step.kind != "choice"):
        return entry
    names = words_in(f"{step.text} {step.result}") & words_in(entry.text)
    return entry if entry.kind in ("own", "note") and names else None


def _entered_after_undo(session: Session, step: Step) -> Step | Note | None:
    """Return what the author of a step entered next, where they took the step back before anything else."""
    back = False
    for seq in range(step.seq + 1, session.version + 1):
        kind = session.kinds.get(seq)
        if session.authors.get(seq) != step.by.id:
            continue
        back = back or kind in (e.EntryUndone, e.SteppedBack)
        if kind not in _BESIDE:
            return session.steps.get(seq) or session.notes.get(seq) if back else None
    return None


def own_steps_since_move(session: Session) -> frozenset[int]:
    """Return the numbers of the events of the own steps since the session came to its position."""
    last = session.moves.last or 0
    if session.place is None:
        return frozenset()
    steps = takewhile(lambda step: step.seq > last, session.steps.newest())
    return frozenset(step.seq for step in steps if step.kind == "own" and not step.undone)
