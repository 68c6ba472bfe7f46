"""Deciding which events a command causes, or why it is refused. Pure: the result depends only on the arguments.

Rules that few commands need are imported on use, because importing them takes time.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from rflow.core.actors import Actor
from rflow.core.people import Person, is_named
from rflow.core.session import commands as c
from rflow.core.session import events as e
from rflow.core.session.commands import Command
from rflow.core.session.events import Event, Fact
from rflow.core.session.rules.access import ACCEPTING
from rflow.core.session.rules.entries import (
    add_evidence,
    add_note,
    add_step,
    amend,
    ask,
    flag,
    pin,
    reply,
    revert,
    set_brief,
    settle,
    share,
    unpin,
)
from rflow.core.session.rules.guards import check_access, check_begun, check_closed, check_readable, check_seen
from rflow.core.session.state import Session
from rflow.core.session.texts import validated
from rflow.core.session.times import utc
from rflow.core.text import one_line
from rflow.errors import UsageProblem

if TYPE_CHECKING:
    from rflow.core.session.rules.moves import Trees


def decide(session: Session, trees: "Trees", command: Command, actor: Actor, at: datetime) -> list[Event]:
    """Check a command of `actor` against the rules, and return the events that it causes.

    `session` is the current state (a new session has version 0), `trees` finds a version of a tree by its digest, and
    `at` is the current time. Raises `NotAllowed`, `SessionMoved`, `UsageProblem` or `NotFound`.
    """
    check_readable(session)
    check_begun(session, command)
    check_seen(session, command)
    check_closed(session, command)
    check_access(session, command, actor)
    accepted = [*_acceptance(session, command, actor)]
    facts = [*accepted, *map(validated, _facts(session, trees, command, actor, session.version + len(accepted) + 1))]
    moment = _moment(session, at)
    first = session.version + len(accepted) + 1
    return [
        Event(
            seq=seq,
            at=moment,
            by=actor.person,
            fact=fact,
            command_id=command.command_id,
            part_of=first if seq > first else 0,
            happened_at=_happened_at(command, moment) if isinstance(fact, e.StepAdded) else None,
        )
        for seq, fact in enumerate(facts, session.version + 1)
    ]


def _moment(session: Session, at: datetime) -> datetime:
    """Return the time of the new events: `at`, but not before the last event even if the clock was set back."""
    return max(utc(at), session.updated_at) if session.updated_at else utc(at)


def _happened_at(command: Command, moment: datetime) -> datetime | None:
    if not isinstance(command, c.AddStep) or command.happened_at is None:
        return None
    happened = utc(command.happened_at)
    if happened > moment:
        raise UsageProblem("That time is in the future.", try_="Give --at the time when you did it.")
    return happened


def _acceptance(session: Session, command: Command, actor: Actor) -> Iterator[Fact]:
    """Accept a pending handoff if its receiver sends a command that implies acceptance."""
    if session.pending and session.owner.id == actor.person.id and type(command) in ACCEPTING:
        yield e.HandoffAccepted()


def _facts(session: Session, trees: "Trees", command: Command, actor: Actor, first: int) -> Iterator[Fact]:
    """Yield the facts that a command causes; `first` is the event number of the first one."""
    match command:
        case c.Start():
            yield e.SessionStarted(title=command.title, brief=command.brief, space=command.space)
            if command.tree:
                yield _move(session, trees, c.Enter(tree=command.tree))
        case c.Choose() | c.Done() | c.Skip() | c.Back() | c.Enter():
            yield _move(session, trees, command)
            yield from _pinned(command, first)
        case c.AddStep() | c.AddNote() | c.AddEvidence():
            yield from _entry(session, command, first)
            yield from _pinned(command, first)
        case c.Undo():
            from rflow.core.session.rules.undo import undo

            yield from undo(session, command, actor)
        case c.Delete():
            return
        case (
            c.HandOff()
            | c.Accept()
            | c.Decline()
            | c.CancelHandoff()
            | c.ExpireHandoff()
            | c.TakeOver()
            | c.Reassign()
            | c.Close()
            | c.Reopen()
        ):
            yield _ownership(session, command)
        case _:
            yield from _adjustment(session, command, actor)


def _pinned(command: Command, first: int) -> Iterator[Fact]:
    if getattr(command, "pin", False):
        yield e.Pinned(target=first)


def _move(session: Session, trees: "Trees", command: c.Choose | c.Done | c.Skip | c.Back | c.Enter) -> Fact:
    from rflow.core.session.rules.moves import back, choose, done, enter, skip

    match command:
        case c.Choose():
            return choose(session, trees, command)
        case c.Done(result=result):
            return done(session, trees, result)
        case c.Skip(reason=reason):
            return skip(session, trees, reason)
        case c.Back():
            return back(session)
        case c.Enter(tree=digest):
            return enter(trees, digest)


def _entry(session: Session, command: c.AddStep | c.AddNote | c.AddEvidence, first: int) -> Iterator[Fact]:
    match command:
        case c.AddStep():
            yield from add_step(command, first)
        case c.AddNote():
            yield add_note(session, command)
        case c.AddEvidence(evidence=evidence):
            yield add_evidence(session, evidence)


_Adjustment = (
    c.AmendEntry
    | c.Shorten
    | c.SettleAssumption
    | c.Pin
    | c.Unpin
    | c.FlagNode
    | c.AskQuestion
    | c.ReplyQuestion
    | c.SetBrief
    | c.MakeChange
    | c.RevertChange
    | c.SetWaiting
    | c.RecordShared
    | c.RedactText
)


def _adjustment(session: Session, command: _Adjustment, actor: Actor) -> Iterator[Fact]:
    match command:
        case c.AmendEntry():
            yield amend(session, command, actor)
        case c.Shorten(forms=forms):
            from rflow.core.session.rules.short_forms import shorten

            yield from shorten(session, forms, actor)
        case c.SettleAssumption():
            yield settle(session, command)
        case c.Pin(targets=targets):
            yield from pin(session, targets, actor)
        case c.Unpin(targets=targets):
            yield from unpin(session, targets)
        case c.FlagNode(text=text):
            yield flag(session, text)
        case c.AskQuestion(to=to, text=text):
            yield ask(receiver(to), text)
        case c.ReplyQuestion():
            yield reply(session, command)
        case c.SetBrief():
            yield set_brief(session, command)
        case c.MakeChange(text=text, revert=revert_by):
            yield e.ChangeMade(text=text, revert=revert_by)
        case c.RevertChange():
            yield revert(session, command)
        case c.SetWaiting():
            from rflow.core.session.rules.waits import wait

            yield wait(session, command)
        case c.RecordShared():
            yield share(session, command)
        case c.RedactText(target=target):
            from rflow.core.session.rules.removing import redact

            yield redact(session, target, actor)
        case _ as unexpected:
            assert_never(unexpected)


def _ownership(
    session: Session,
    command: c.HandOff
    | c.Accept
    | c.Decline
    | c.CancelHandoff
    | c.ExpireHandoff
    | c.TakeOver
    | c.Reassign
    | c.Close
    | c.Reopen,
) -> Fact:
    match command:
        case c.HandOff(to=to):
            return e.HandedOff(
                to=_other(session, to),
                note=command.note,
                warnings=command.warnings,
                contingencies=command.contingencies,
            )
        case c.Accept(read_back=read_back):
            return e.HandoffAccepted(read_back=read_back)
        case c.Decline(reason=reason):
            return e.HandoffDeclined(reason=reason)
        case c.CancelHandoff():
            return e.HandoffCancelled()
        case c.ExpireHandoff():
            _check_pending(session)
            return e.HandoffExpired()
        case c.TakeOver(reason=reason):
            return e.TakenOver(reason=reason)
        case c.Reassign(to=to, reason=reason):
            return e.Reassigned(to=_other(session, to), reason=reason)
        case c.Close(outcome=outcome, summary=summary):
            return e.SessionClosed(outcome=outcome, summary=summary)
        case c.Reopen():
            if session.status != "closed":
                raise UsageProblem(f"{session.code} is not closed.", try_=f"Go on with: rflow resume {session.code}")
            return e.SessionReopened()


def _check_pending(session: Session) -> None:
    if session.pending is None:
        raise UsageProblem(f"{session.code} has no handoff that could expire.", try_=f"See: rflow show {session.code}")


def _other(session: Session, to: Person) -> Person:
    """Return the new owner of a session; raise `UsageProblem` for its current owner, or an empty name."""
    to = receiver(to)
    if to.id == session.owner.id:
        raise UsageProblem(f"{session.owner.name} owns {session.code} already.", try_="Name somebody else.")
    return to


def receiver(to: Person) -> Person:
    """Return the receiver of a session or a question with a normalised name; raise `UsageProblem` if it is empty."""
    to = Person(id=one_line(to.id), name=one_line(to.name), kind=to.kind)
    if not is_named(to):
        raise UsageProblem("To whom? The name is empty.", try_="Name a person, or a queue such as @tier2.")
    return to
