"""The rules: what events a command brings, or why it may not. Pure: the same command, state and time give the same."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import assert_never

import msgspec

from rflow.core.limits import TITLE_LIMIT, brief_of, line_of, note_of, title_of
from rflow.core.people import Person
from rflow.core.session.access import ACCESS, Role
from rflow.core.session.commands import (
    Accept,
    AddEvidence,
    AddNote,
    AddStep,
    AmendNote,
    Back,
    CancelHandoff,
    Choose,
    Close,
    Command,
    Decline,
    Delete,
    Done,
    Enter,
    HandOff,
    MakeChange,
    RecordShared,
    RedactText,
    Reopen,
    RevertChange,
    SetBrief,
    SetWaiting,
    Skip,
    Start,
    TakeOver,
)
from rflow.core.session.events import (
    Brief,
    BriefSet,
    ChangeMade,
    ChangeReverted,
    Event,
    EvidenceAdded,
    Fact,
    HandedOff,
    HandoffAccepted,
    HandoffCancelled,
    HandoffDeclined,
    NoteAdded,
    NoteAmended,
    ProgressShared,
    SessionClosed,
    SessionReopened,
    SessionStarted,
    StepAdded,
    TakenOver,
    TextRedacted,
    WaitingSet,
)
from rflow.core.session.guards import check_access, check_begun, check_closed, check_readable, check_seen
from rflow.core.session.moves import back, choose, done, enter, skip
from rflow.core.session.state import Session
from rflow.core.text import clean, one_line, shorten
from rflow.core.tree.model import Tree
from rflow.errors import NotAllowed, NotFound, UsageProblem


def decide(session: Session, tree: Tree | None, command: Command, actor: Person, at: datetime) -> list[Event]:
    """Check `command` by `actor` against the rules and give the events it brings.

    `session` is the state it was decided on (a new one has version 0), `tree` the version that the session stands in,
    `at` the time now. Raises `NotAllowed`, `SessionMoved`, `UsageProblem` or `NotFound`.
    """
    check_readable(session)
    check_begun(session, command)
    check_seen(session, command)
    check_closed(session, command)
    check_access(session, command, actor)
    facts = [*_acceptance(session, command, actor), *_facts(session, tree, command, actor)]
    moment = _moment(session, at)
    return [
        Event(
            seq=session.version + number,
            at=moment,
            by=actor,
            fact=fact,
            command_id=command.command_id,
            happened_at=_happened_at(command, moment) if isinstance(fact, StepAdded) else None,
        )
        for number, fact in enumerate(facts, 1)
    ]


def _moment(session: Session, at: datetime) -> datetime:
    """Give `at` in UTC to the millisecond, but never before the last event: clocks run backwards, records don't."""
    at = at.astimezone(UTC)
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return max(at, session.updated_at) if session.updated_at else at


def _happened_at(command: Command, moment: datetime) -> datetime | None:
    if not isinstance(command, AddStep) or command.happened_at is None:
        return None
    happened = _utc(command.happened_at)
    if happened > moment:
        raise UsageProblem("That time is still to come.", try_="Give --at the time when you did it.")
    return happened


def _utc(at: datetime) -> datetime:
    """Give a time that somebody wrote in UTC to the millisecond, as all times are recorded."""
    try:
        in_utc = at.astimezone(UTC) if at.tzinfo else None
    except OverflowError:
        in_utc = None
    if in_utc is None:
        raise UsageProblem(f"{at} is not a time with its offset from UTC.", try_="Write it like 2026-03-01T02:10Z.")
    return in_utc.replace(microsecond=in_utc.microsecond // 1000 * 1000)


def _acceptance(session: Session, command: Command, actor: Person) -> Iterator[Fact]:
    """A receiver's first act as owner acknowledges the handoff."""
    own = ACCESS[type(command)] == frozenset({Role.OWNER})
    passes_on = isinstance(command, HandOff | Delete)
    if session.pending and session.owner.id == actor.id and own and not passes_on:
        yield HandoffAccepted()


def _facts(session: Session, tree: Tree | None, command: Command, actor: Person) -> Iterator[Fact]:
    match command:
        case Start(title=title, brief=brief):
            yield SessionStarted(title=title_of(title), brief=brief_of(brief))
        case Enter(tree=entered):
            yield enter(entered)
        case Choose():
            yield choose(session, tree, command)
        case Done(result=result):
            yield done(session, tree, line_of(result, "result", empty=True))
        case Skip(reason=reason):
            yield skip(session, tree, line_of(reason, "reason"))
        case AddStep(text=text, result=result):
            yield StepAdded(text=line_of(text, "step"), result=line_of(result, "result", empty=True))
        case Back():
            yield back(session)
        case AddNote(text=text):
            yield NoteAdded(text=note_of(text))
        case AmendNote():
            yield _amend(session, command, actor)
        case AddEvidence(evidence=evidence):
            yield _evidence(evidence)
        case SetBrief(brief=brief, title=title):
            yield _set_brief(brief, title)
        case MakeChange(text=text, revert=revert):
            yield ChangeMade(text=line_of(text, "change"), revert=line_of(revert, "way to revert it"))
        case RevertChange(change=change):
            yield _revert(session, change)
        case SetWaiting(until=until, waiting_for=waiting_for):
            yield WaitingSet(until=until and _utc(until), waiting_for=line_of(waiting_for, "text", empty=True))
        case RecordShared(format=format_, destination=destination, through=through):
            yield ProgressShared(format=format_, destination=destination, through=min(through, session.version))
        case RedactText(target=target):
            yield from _redact(session, target, actor)
        case Delete():
            return
        case HandOff() | Accept() | Decline() | CancelHandoff() | TakeOver() | Close() | Reopen():
            yield _ownership(session, command)
        case _ as unexpected:
            assert_never(unexpected)


def _ownership(
    session: Session, command: HandOff | Accept | Decline | CancelHandoff | TakeOver | Close | Reopen
) -> Fact:
    match command:
        case HandOff(to=to, note=note):
            if to.id == session.owner.id:
                raise UsageProblem(f"{session.code} is with {session.owner.name} already.", try_="Name somebody else.")
            return HandedOff(to=_receiver(to), note=note_of(note, empty=True))
        case Accept(read_back=read_back):
            return HandoffAccepted(read_back=note_of(read_back, empty=True))
        case Decline(reason=reason):
            return HandoffDeclined(reason=line_of(reason, "reason"))
        case CancelHandoff():
            return HandoffCancelled()
        case TakeOver(reason=reason):
            return TakenOver(reason=line_of(reason, "reason"))
        case Close(outcome=outcome, summary=summary):
            return SessionClosed(outcome=outcome, summary=note_of(summary, empty=True))
        case Reopen():
            if session.status != "closed":
                raise UsageProblem(f"{session.code} is not closed.", try_=f"Go on with: rflow resume {session.code}")
            return SessionReopened()


def _receiver(to: Person) -> Person:
    """Check who receives: a session is never without an owner."""
    to = Person(id=one_line(to.id), name=one_line(to.name))
    if not to.id.strip("@") or not to.name:
        raise UsageProblem("To whom? The name is empty.", try_="Name a person, or a queue such as @tier2.")
    return to


def _set_brief(brief: Brief, title: str | None) -> BriefSet:
    fact = BriefSet(brief=brief_of(brief), title=None if title is None else title_of(title))
    if fact == BriefSet(brief=Brief()):
        raise UsageProblem("Nothing to record.", try_='Say what: rflow brief --ask "Can you check the firewall?"')
    return fact


def _amend(session: Session, command: AmendNote, actor: Person) -> NoteAmended:
    note = session.notes.get(command.note)
    if note is None:
        known = ", ".join(str(seq) for seq in session.notes) or "none yet"
        raise UsageProblem(f"Entry {command.note} is not a note.", try_=f"Notes of {session.code}: {known}.")
    if note.by.id != actor.id:
        raise NotAllowed(f"Note {note.seq} is by {note.by.name}.", try_="Add a note of your own: rflow note TEXT")
    return NoteAmended(note=note.seq, text=note_of(command.text))


def _evidence(evidence: EvidenceAdded) -> EvidenceAdded:
    return msgspec.structs.replace(
        evidence,
        label=line_of(shorten(evidence.label, TITLE_LIMIT), "label"),
        command=clean(evidence.command),
        excerpt=clean(evidence.excerpt),
        media_type=one_line(evidence.media_type),
        host=one_line(evidence.host),
        cwd=one_line(evidence.cwd),
        started_at=evidence.started_at and _utc(evidence.started_at),
    )


def _revert(session: Session, seq: int) -> ChangeReverted:
    change = session.changes.get(seq)
    if change is None or change.reverted:
        left = ", ".join(str(c.seq) for c in session.changes.values() if not c.reverted) or "none"
        raise UsageProblem(f"Entry {seq} is not a change left in place.", try_=f"Left in place: {left}.")
    return ChangeReverted(change=seq)


def _redact(session: Session, target: int, actor: Person) -> Iterator[TextRedacted]:
    if target not in session.authors:
        raise NotFound(f"{session.code} has no entry {target}.", try_=f"See the numbers: rflow show {session.code}")
    if actor.id not in (session.authors[target], session.owner.id):
        raise NotAllowed(
            f"Entry {target} is not yours, and neither is {session.code}.",
            try_=f"Ask {session.owner.name}, who owns it.",
        )
    yield TextRedacted(target=target)
