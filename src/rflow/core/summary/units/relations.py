"""How the entries of a session belong together: what came of a change, what a warning is about."""

import re
from collections.abc import Iterator
from datetime import timedelta

from rflow.core.session import events as e
from rflow.core.session.state import Change, Note, Session, Step

THEN_WITHIN = timedelta(minutes=30)
"""How long after a change a step may show what came of it."""
_BEGINNING = 8
_COMMON = frozenset("the and with from for that this not now still again back was has had off out all".split())

_STEPS = (e.StepAdded, e.ChoiceMade, e.ActionDone)
_BESIDE = (e.EvidenceAdded, e.Pinned, e.EntryUndone, e.SteppedBack, e.EntryAmended, e.ProgressShared)
"""Facts that may stand between a step and the warning about it."""
_HANDOVERS = (e.HandedOff, e.HandoffAccepted, e.TakenOver, e.Reassigned)


def step_after(session: Session, change: Change) -> Step | None:
    """Return the step whose result shows what came of a change.

    It is the first own step with a result of the same person's within half an hour, before the change was reverted,
    their next change, or a change of owner. While the change is in place, the step must name something of it. A pinned
    step stands for itself.
    """
    for seq in _following(session, change):
        step = session.steps.get(seq)
        if step is None or step.kind != "own" or step.undone or not step.result or step.by.id != change.by.id:
            continue
        return step if _is_near(change, step) and not step.assumed and seq not in session.pins else None
    return None


def _is_near(change: Change, step: Step) -> bool:
    if change.at is not None and step.at is not None and not timedelta(0) <= step.at - change.at <= THEN_WITHIN:
        return False
    beginning = " ".join(step.result.split()[:_BEGINNING])
    return change.reverted or bool(_words(change.text) & _words(f"{step.text} {beginning}"))


def _words(text: str) -> frozenset[str]:
    """Return the words of a text that say what it is about."""
    return frozenset(word for word in re.findall(r"[^\W\d_]{3,}|\d{2,}", text.casefold()) if word not in _COMMON)


def _following(session: Session, change: Change) -> Iterator[int]:
    """Return the numbers of the events from a change to what ends its consequences."""
    last = change.reverted_seq or session.version + 1
    for seq in range(change.seq + 1, last):
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


def own_steps_since_move(session: Session) -> frozenset[int]:
    """Return the numbers of the events of the own steps since the session came to its position."""
    last = session.moves[-1].seq if session.moves else 0
    if session.place is None:
        return frozenset()
    steps = (step for step in reversed(session.steps.values()) if step.seq > last)
    return frozenset(step.seq for step in steps if step.kind == "own" and not step.undone)
