"""Folding events into the state of a session: `evolve`, `replay`, and a table of what each kind of fact does."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime
from typing import Any, assert_never

from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.events import (
    ActionDone,
    Brief,
    BriefSet,
    ChangeMade,
    ChangeReverted,
    ChoiceMade,
    Event,
    EvidenceAdded,
    Fact,
    HandedOff,
    HandoffAccepted,
    HandoffCancelled,
    HandoffDeclined,
    NoteAdded,
    NoteAmended,
    Place,
    ProgressShared,
    SessionClosed,
    SessionReopened,
    SessionStarted,
    StepAdded,
    SteppedBack,
    StepSkipped,
    Stored,
    TakenOver,
    TextRedacted,
    TreeEntered,
    WaitingSet,
    is_steering,
)
from rflow.core.session.state import (
    Before,
    Change,
    Closing,
    Delivery,
    Evidence,
    Note,
    OwnershipEntry,
    Pending,
    Session,
    Step,
)


def evolve(session: Session, event: Stored) -> Session:
    """Give the state after `event`; `session` itself stays as it was."""
    return replay([event], session)


def replay(events: Iterable[Stored], session: Session) -> Session:
    """Fold `events` over `session`, which stays as it was; `replay(a + b, s)` is `replay(b, replay(a, s))`."""
    after = _copy(session)
    people, authors, commands = after.people, after.authors, after.commands
    for event in events:
        if not isinstance(event, Event):
            after.unreadable.append(event)
            after.version = max(after.version, event.seq)
            continue
        seq, by, fact = event.seq, event.by, event.fact
        after.version, after.updated_at = seq, event.at
        people[by.id], authors[seq] = by, by.id
        if event.command_id:
            commands[event.command_id] = seq
        if is_steering(fact):
            after.steered, after.steered_by = seq, by
        FOLDS[type(fact)](after, event, fact)
    return after


def replay_session(session_id: str, code: str, events: Iterable[Stored]) -> Session:
    """Return the session with this id and code as its `events`, from the first, leave it."""
    return replay(events, Session(id=session_id, code=code))


def _copy(session: Session) -> Session:
    """Copy the containers; what they hold is frozen."""
    after = copy(session)
    for name in after.__struct_fields__:
        value = getattr(after, name)
        if isinstance(value, dict | list | set):
            setattr(after, name, value.copy())
    return after


def when(event: Event) -> datetime | None:
    """Give the time to show for an event: when it happened, not when it was written down; None is not known."""
    return None if event.undated else event.happened_at or event.at


def _started(session: Session, event: Event, fact: SessionStarted) -> None:
    session.title, session.source = fact.title, fact.source
    session.brief = _merged(Brief(), fact.brief)
    session.started_at = event.happened_at or event.at
    session.owner = session.accepted_by = event.by


def _entered(session: Session, event: Event, fact: TreeEntered) -> None:
    if session.tree is not None or session.steps:  # To begin in a tree is no step.
        session.steps[event.seq] = Step(
            seq=event.seq,
            kind="tree",
            text=fact.tree.title,
            result="",
            at=when(event),
            by=event.by,
            to=fact.place.node,
            tree=fact.tree.digest,
        )
        _go(session, event.seq, fact.place)
    session.tree, session.trees[fact.tree.digest] = fact.tree, fact.tree
    session.place = fact.place


def _chosen(session: Session, event: Event, fact: ChoiceMade) -> None:
    session.steps[event.seq] = Step(
        seq=event.seq,
        kind="choice",
        text=fact.question,
        result=fact.label,
        at=when(event),
        by=event.by,
        node=fact.node,
        to=fact.to.node,
        tree=session.tree.digest if session.tree else "",
        assumed=fact.assumed,
        reason=fact.reason,
    )
    _go(session, event.seq, fact.to)


def _done(session: Session, event: Event, fact: ActionDone) -> None:
    session.steps[event.seq] = Step(
        seq=event.seq,
        kind="action",
        text=fact.text,
        result=fact.result,
        at=when(event),
        by=event.by,
        node=fact.node,
        to=fact.to.node,
        tree=session.tree.digest if session.tree else "",
    )
    _go(session, event.seq, fact.to)


def _skipped(session: Session, event: Event, fact: StepSkipped) -> None:
    session.steps[event.seq] = Step(
        seq=event.seq,
        kind="skipped",
        text=fact.text,
        result="",
        at=when(event),
        by=event.by,
        node=fact.node,
        to=fact.to.node,
        tree=session.tree.digest if session.tree else "",
        reason=fact.reason,
    )
    _go(session, event.seq, fact.to)


def _go(session: Session, seq: int, to: Place) -> None:
    """Move on with event `seq`, and remember for `back` where that began."""
    session.moves.append(Before(seq=seq, tree=session.tree, place=session.place))
    session.place = to


def _stepped_back(session: Session, event: Event, fact: SteppedBack) -> None:
    undone = fact.undone
    if not session.moves or session.moves[-1].seq != undone:
        return
    before = session.moves.pop()
    session.tree, session.place = before.tree, before.place
    session.steps[undone] = replace(session.steps[undone], undone=True)


def _added(session: Session, event: Event, fact: StepAdded) -> None:
    seq = event.seq
    session.steps[seq] = Step(seq=seq, kind="own", text=fact.text, result=fact.result, at=when(event), by=event.by)


def _briefed(session: Session, event: Event, fact: BriefSet) -> None:
    session.brief = _merged(session.brief, fact.brief)
    session.title = session.title if fact.title is None else fact.title


def _noted(session: Session, event: Event, fact: NoteAdded) -> None:
    session.notes[event.seq] = Note(seq=event.seq, text=fact.text, at=when(event), by=event.by)


def _amended(session: Session, event: Event, fact: NoteAmended) -> None:
    if fact.note in session.notes:
        session.notes[fact.note] = replace(session.notes[fact.note], text=fact.text, amended=True)


def _proved(session: Session, event: Event, fact: EvidenceAdded) -> None:
    session.evidence[event.seq] = Evidence(seq=event.seq, at=when(event), by=event.by, what=fact)


def _changed(session: Session, event: Event, fact: ChangeMade) -> None:
    seq = event.seq
    session.changes[seq] = Change(seq=seq, text=fact.text, revert=fact.revert, at=when(event), by=event.by)


def _reverted(session: Session, event: Event, fact: ChangeReverted) -> None:
    if fact.change in session.changes:
        session.changes[fact.change] = replace(session.changes[fact.change], reverted=True)


def _waiting(session: Session, event: Event, fact: WaitingSet) -> None:
    session.waiting = fact if fact.until or fact.waiting_for else None


def _shared(session: Session, event: Event, fact: ProgressShared) -> None:
    delivery = Delivery(by=event.by, destination=fact.destination, through=fact.through, at=event.at)
    session.deliveries.append(delivery)


def _redacted(session: Session, event: Event, fact: TextRedacted) -> None:
    session.redacted.add(fact.target)


def _merged(old: Brief, new: Brief) -> Brief:
    """Lay `new` over `old`: None leaves a fact, "" clears it."""
    fields = {name: getattr(new, name) for name in new.__struct_fields__}
    return replace(old, **{name: text or None for name, text in fields.items() if text is not None})


def _owned(
    session: Session,
    event: Event,
    fact: HandedOff
    | HandoffAccepted
    | HandoffDeclined
    | HandoffCancelled
    | TakenOver
    | SessionClosed
    | SessionReopened,
) -> None:
    """Fold what changes who owns the session or whether it is open, and write it into the history."""
    to: Person | None = None
    word = text = ""
    match fact:
        case HandedOff():
            word, to, text = "handed off", fact.to, fact.note
            session.pending = Pending(seq=event.seq, sender=event.by, to=to, note=text, at=event.at)
            session.owner, session.status = to, "handed_off"
            session.people[to.id] = to
        case HandoffAccepted(read_back=text):
            word = "accepted"
            _settle(session, event.by)
            session.accepted_by = event.by
        case HandoffDeclined(reason=text):
            word, to = "declined", session.accepted_by
            _settle(session, session.accepted_by)
        case HandoffCancelled():
            word, to = "took back", session.accepted_by
            _settle(session, session.accepted_by)
        case TakenOver(reason=text):
            word = "took over"
            session.pending, session.owner, session.accepted_by = None, event.by, event.by
            session.status = "closed" if session.closing else "open"
        case SessionClosed(outcome=outcome, summary=text):
            word = f"closed as {outcome}"
            session.status, session.pending = "closed", None
            session.closing = Closing(outcome=outcome, summary=text, at=event.at, by=event.by)
        case SessionReopened():
            word = "reopened"
            session.status, session.closing = "open", None
        case _ as unexpected:
            assert_never(unexpected)
    entry = OwnershipEntry(seq=event.seq, at=event.at, by=event.by, word=word, to=to, text=text)
    session.ownership.append(entry)


def _settle(session: Session, owner: Person) -> None:
    """End a pending handoff: `owner` has the session."""
    session.owner, session.pending, session.status = owner, None, "open"


FOLDS: Mapping[type[Fact], Callable[[Session, Event, Any], None]] = {
    SessionStarted: _started,
    TreeEntered: _entered,
    BriefSet: _briefed,
    ChoiceMade: _chosen,
    ActionDone: _done,
    StepSkipped: _skipped,
    StepAdded: _added,
    SteppedBack: _stepped_back,
    NoteAdded: _noted,
    NoteAmended: _amended,
    EvidenceAdded: _proved,
    ChangeMade: _changed,
    ChangeReverted: _reverted,
    WaitingSet: _waiting,
    ProgressShared: _shared,
    HandedOff: _owned,
    HandoffAccepted: _owned,
    HandoffDeclined: _owned,
    HandoffCancelled: _owned,
    TakenOver: _owned,
    SessionClosed: _owned,
    SessionReopened: _owned,
    TextRedacted: _redacted,
}
"""What folds each kind of fact (a test sees that none is missing): a `match` would try them one after the other."""
