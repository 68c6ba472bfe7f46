"""Folding events into the state of a session: `evolve`, `replay`, and a table with a function for each kind of fact."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, assert_never

from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session import events as e
from rflow.core.session.events import Event, Fact, Place, Stored
from rflow.core.session.rules.adjust import ADJUST, adjust, readjust, touch, touched_by
from rflow.core.session.rules.steering import is_steering
from rflow.core.session.state import (
    Before,
    Change,
    Closing,
    Delivery,
    Evidence,
    Flag,
    Note,
    OwnershipEntry,
    Pending,
    Question,
    Session,
    Step,
)

EVIDENCE_CLAIM_WINDOW = timedelta(minutes=3)
"""Evidence belongs to the same person's next step, answer, note or change, if that follows within this time."""


def evolve(session: Session, event: Stored) -> Session:
    """Return the state after `event`; `session` itself is not changed."""
    return replay([event], session)


def replay(events: Iterable[Stored], session: Session) -> Session:
    """Return the state after `events`; `session` is not changed. `replay(a + b, s) == replay(b, replay(a, s))`."""
    after = session.copy()
    people, authors, kinds, commands = after.people, after.authors, after.kinds, after.commands
    for event in events:
        if not isinstance(event, Event):
            after.unreadable.append(event)
            after.version = max(after.version, event.seq)
            continue
        seq, by, fact = event.seq, event.by, event.fact
        kind = type(fact)
        after.version, after.updated_at = seq, event.at
        people[by.id], authors[seq], kinds[seq] = by, by.id, kind
        if event.part_of:
            after.units[seq] = event.part_of
        elif event.command_id:
            commands[by.id, event.command_id] = seq
        if kind is not e.ProgressShared:
            after.content_version = seq
        if is_steering(fact):
            after.steered, after.steered_by = seq, by
        FOLDS[kind](after, event, fact)
    return after


def replay_session(session_id: str, code: str, events: Iterable[Stored]) -> Session:
    """Return the state of a session after `events`, which must be all of its events."""
    return replay(events, Session(id=session_id, code=code))


def _session_started(session: Session, event: Event, fact: e.SessionStarted) -> None:
    session.source, session.space = fact.source, fact.space
    session.started_at = event.happened_at or event.at
    session.owner = session.accepted_by = event.by
    adjust(session, event)


def _tree_entered(session: Session, event: Event, fact: e.TreeEntered) -> None:
    if session.tree is not None or session.steps:  # Starting in a tree is not a step.
        step = Step(
            seq=event.seq,
            at=event.effective_at,
            by=event.by,
            kind="tree",
            text=fact.tree.title,
            result="",
            to=fact.place.node,
            tree=fact.tree.digest,
        )
        _record_step(session, event, step)
        _move_to(session, event.seq, fact.place)
    session.tree, session.trees[fact.tree.digest] = fact.tree, fact.tree
    session.place = fact.place


def _choice_made(session: Session, event: Event, fact: e.ChoiceMade) -> None:
    step = Step(
        seq=event.seq,
        at=event.effective_at,
        by=event.by,
        kind="choice",
        text=fact.question,
        result=fact.label,
        node=fact.node,
        to=fact.to.node,
        tree=session.tree.digest if session.tree else "",
        assumed=fact.assumed,
        reason=fact.reason,
    )
    _record_step(session, event, step)
    _move_to(session, event.seq, fact.to)


def _action_done(session: Session, event: Event, fact: e.ActionDone) -> None:
    step = Step(
        seq=event.seq,
        at=event.effective_at,
        by=event.by,
        kind="action",
        text=fact.text,
        result=fact.result,
        node=fact.node,
        to=fact.to.node,
        tree=session.tree.digest if session.tree else "",
    )
    _record_step(session, event, step)
    _move_to(session, event.seq, fact.to)


def _step_skipped(session: Session, event: Event, fact: e.StepSkipped) -> None:
    step = Step(
        seq=event.seq,
        at=event.effective_at,
        by=event.by,
        kind="skipped",
        text=fact.text,
        result="",
        node=fact.node,
        to=fact.to.node,
        tree=session.tree.digest if session.tree else "",
        reason=fact.reason,
    )
    _record_step(session, event, step)
    _move_to(session, event.seq, fact.to)


def _step_added(session: Session, event: Event, fact: e.StepAdded) -> None:
    step = Step(
        seq=event.seq,
        at=event.effective_at,
        by=event.by,
        kind="own",
        text=fact.text,
        result=fact.result,
        assumed=fact.assumed,
    )
    _record_step(session, event, step)


def _record_step(session: Session, event: Event, step: Step) -> None:
    session.steps[event.seq] = step
    session.live_steps += 1
    if step.at is not None:
        session.in_order = session.in_order and _is_later(step.at, session.last_step_at)
        session.last_step_at = step.at
    _claim_loose_evidence(session, event)


def _is_later(at: datetime, last: datetime | None) -> bool:
    try:
        return last is None or last <= at
    except TypeError:  # a time without its zone, in a line written by hand
        return False


def _move_to(session: Session, seq: int, to: Place) -> None:
    """Move to a node with event `seq`, and save the previous position for `back`."""
    session.moves[seq] = Before(tree=session.tree, place=session.place)
    session.place = to


def _stepped_back(session: Session, event: Event, fact: e.SteppedBack) -> None:
    undone = fact.undone
    if session.moves.last != undone:
        return
    before = session.moves.pop(undone)
    session.tree, session.place = before.tree, before.place
    session.undone.add(undone)
    touch(session, undone, event.seq)
    _mark_undone(session, undone)


def _entry_undone(session: Session, event: Event, fact: e.EntryUndone) -> None:
    target = fact.target
    session.undone.add(target)
    wait = session.waits.get(target) or session.past_waits.get(target)
    adjustment = session.adjustments.pop(target, None)
    if adjustment is not None:
        readjust(session)
    for seq in (target,) if adjustment is None else touched_by(adjustment):
        touch(session, seq, event.seq)
    if wait is not None:
        session.past_waits[target] = replace(wait, over_seq=0, over_at=None, over_by=None, undone=True)
    _mark_undone(session, target)


def _mark_undone(session: Session, seq: int) -> None:
    """Mark the entry of event `seq`, if there is one, as undone."""
    entry = session.entry(seq)
    if entry is None or entry.undone:
        return
    session.replace_entry(replace(entry, undone=True))
    match entry:
        case Step():
            session.live_steps -= 1
        case Note():
            session.live_notes -= 1
        case Evidence():
            session.live_evidence -= 1


def _note_added(session: Session, event: Event, fact: e.NoteAdded) -> None:
    seq = event.seq
    session.notes[seq] = Note(seq=seq, text=fact.text, at=event.effective_at, by=event.by, kind=fact.kind, on=fact.on)
    session.live_notes += 1
    if fact.kind == "note":
        _claim_loose_evidence(session, event)
    else:
        session.marked.add(seq)  # A warning or an assumption is about what follows, not about an earlier output.


def _evidence_added(session: Session, event: Event, fact: e.EvidenceAdded) -> None:
    session.evidence[event.seq] = Evidence(seq=event.seq, at=event.effective_at, by=event.by, what=fact, on=fact.on)
    session.live_evidence += 1
    if not fact.on:
        session.loose_evidence.append(event.seq)


def _claim_loose_evidence(session: Session, event: Event) -> None:
    """Assign the author's loose evidence from the last `EVIDENCE_CLAIM_WINDOW` to the entry of `event`."""
    if not session.loose_evidence:
        return
    unclaimed = []
    for seq in session.loose_evidence:
        piece = session.evidence[seq]
        if piece.by.id != event.by.id:
            unclaimed.append(seq)
        elif is_recent(piece, event) and not piece.undone:
            session.evidence[seq] = replace(piece, on=event.seq)
    session.loose_evidence = unclaimed


def is_recent(piece: Evidence, event: Event) -> bool:
    """Whether evidence is at most `EVIDENCE_CLAIM_WINDOW` older than an event."""
    return piece.at is not None and event.at - piece.at <= EVIDENCE_CLAIM_WINDOW


def _change_made(session: Session, event: Event, fact: e.ChangeMade) -> None:
    seq = event.seq
    session.changes[seq] = Change(seq=seq, text=fact.text, revert=fact.revert, at=event.effective_at, by=event.by)
    _claim_loose_evidence(session, event)


def _node_flagged(session: Session, event: Event, fact: e.NodeFlagged) -> None:
    seq = event.seq
    flag = Flag(seq=seq, node=fact.node, digest=fact.digest, text=fact.text, at=event.effective_at, by=event.by)
    session.flags[seq] = flag


def _question_asked(session: Session, event: Event, fact: e.QuestionAsked) -> None:
    seq = event.seq
    session.questions[seq] = Question(seq=seq, to=fact.to, text=fact.text, at=event.effective_at, by=event.by)
    session.people[fact.to.id] = fact.to


def _adjusted(session: Session, event: Event, fact: Fact) -> None:
    adjust(session, event)


def _progress_shared(session: Session, event: Event, fact: e.ProgressShared) -> None:
    delivery = Delivery(
        seq=event.seq,
        by=event.by,
        destination=fact.destination,
        through=fact.through,
        at=event.at,
        state=fact.state,
    )
    session.deliveries.append(delivery)


def _text_redacted(session: Session, event: Event, fact: e.TextRedacted) -> None:
    session.redacted.add(fact.target)
    adjustment = session.adjustments.get(fact.target)
    for seq in (fact.target, *(touched_by(adjustment) if adjustment else ())):
        touch(session, seq, event.seq)


_Ownership = (
    e.HandedOff
    | e.HandoffAccepted
    | e.HandoffDeclined
    | e.HandoffCancelled
    | e.HandoffExpired
    | e.TakenOver
    | e.Reassigned
    | e.SessionClosed
    | e.SessionReopened
)


def _ownership_changed(session: Session, event: Event, fact: _Ownership) -> None:
    """Change owner or status, and record that in the ownership history."""
    word, to, text = _change_owner(session, event, fact)
    entry = OwnershipEntry(seq=event.seq, at=event.at, by=event.by, word=word, to=to, text=text)
    if isinstance(fact, e.HandedOff):
        entry = replace(entry, warnings=fact.warnings, contingencies=fact.contingencies)
    session.ownership.append(entry)


def _change_owner(session: Session, event: Event, fact: _Ownership) -> tuple[str, Person | None, str]:
    """Change owner or status, and return (what happened, new owner, reason)."""
    match fact:
        case e.HandedOff(to=to, note=note):
            session.pending = Pending(seq=event.seq, sender=event.by, to=to, note=note, at=event.at)
            session.owner, session.status = to, "handed_off"
            session.people[to.id] = to
            return "handed off", to, note
        case e.HandoffAccepted(read_back=text):
            _end_handoff(session, event.by)
            session.accepted_by = event.by
            return "accepted", None, text
        case e.HandoffDeclined(reason=reason):
            return "declined", _return_handoff(session), reason
        case e.HandoffCancelled():
            return "took back", _return_handoff(session), ""
        case e.HandoffExpired():
            return "expired", _return_handoff(session), ""
        case e.TakenOver(reason=reason):
            _assign(session, event.by)
            return "took over", None, reason
        case e.Reassigned(to=to, reason=reason):
            session.people[to.id] = to
            _assign(session, to)
            return "reassigned", to, reason
        case e.SessionClosed(outcome=outcome, summary=summary):
            session.status, session.pending = "closed", None
            closing = Closing(seq=event.seq, outcome=outcome, summary=summary, at=event.at, by=event.by)
            session.closing = closing
            return f"closed as {outcome}", None, summary
        case e.SessionReopened():
            session.status, session.closing = "open", None
            return "reopened", None, ""
        case _ as unexpected:
            assert_never(unexpected)


def _end_handoff(session: Session, owner: Person) -> None:
    """End a pending handoff: `owner` now owns the session."""
    session.owner, session.pending, session.status = owner, None, "open"


def _return_handoff(session: Session) -> Person:
    """End a pending handoff: the session returns to the last owner who had accepted it, who is returned."""
    if session.pending is not None:
        session.undone.add(session.pending.seq)
    _end_handoff(session, session.accepted_by)
    return session.accepted_by


def _assign(session: Session, owner: Person) -> None:
    """Make `owner` the owner; a closed session stays closed."""
    session.pending, session.owner, session.accepted_by = None, owner, owner
    session.status = "closed" if session.closing else "open"


FOLDS: Mapping[type[Fact], Callable[[Session, Event, Any], None]] = {
    e.SessionStarted: _session_started,
    e.TreeEntered: _tree_entered,
    e.ChoiceMade: _choice_made,
    e.ActionDone: _action_done,
    e.StepSkipped: _step_skipped,
    e.StepAdded: _step_added,
    e.SteppedBack: _stepped_back,
    e.EntryUndone: _entry_undone,
    e.NoteAdded: _note_added,
    e.NodeFlagged: _node_flagged,
    e.QuestionAsked: _question_asked,
    e.EvidenceAdded: _evidence_added,
    e.ChangeMade: _change_made,
    e.ProgressShared: _progress_shared,
    e.HandedOff: _ownership_changed,
    e.HandoffAccepted: _ownership_changed,
    e.HandoffDeclined: _ownership_changed,
    e.HandoffCancelled: _ownership_changed,
    e.HandoffExpired: _ownership_changed,
    e.TakenOver: _ownership_changed,
    e.Reassigned: _ownership_changed,
    e.SessionClosed: _ownership_changed,
    e.SessionReopened: _ownership_changed,
    e.TextRedacted: _text_redacted,
    **{kind: _adjusted for kind in ADJUST if kind is not e.SessionStarted},
}
"""The function that applies each kind of fact; a test checks that none is missing. A `match` would be slower."""
