"""Carrying commands out: decide, append, and decide again where somebody else wrote first.

What only reads does not load this.
"""

from collections.abc import Callable, Mapping

import msgspec

from rflow.core.people import Person
from rflow.core.session.commands import Command, Enter, RedactText
from rflow.core.session.decide import decide
from rflow.core.session.events import Event, NoteAmended, Stored, TextRedacted
from rflow.core.session.removal import blank
from rflow.core.session.replay import replay, replay_session
from rflow.core.session.state import Session
from rflow.core.tree.model import Tree
from rflow.errors import StoreProblem
from rflow.ports import Clock, Stale, Store

ATTEMPTS = 200
"""How often an append that lost a race is decided again before the store counts as busy."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did: the session after it, and its events (none where the command had been carried out before).

    `entry` is the number of what the command brought, now or then; `steered` the last event before it that moved the
    session or changed who owns it.
    """

    session: Session
    events: tuple[Event, ...]
    entry: int
    steered: int = 0


class Actor(msgspec.Struct, frozen=True):
    """Who carries out, where: a member at a store, the time there, and the trees that sessions stand in."""

    store: Store
    member: Person
    now: Clock
    tree_of: Callable[[Session], Tree | None]


def carry_out(actor: Actor, session: Session, command: Command, blobs: Mapping[str, bytes]) -> Outcome:
    """Carry `command` out on `session`, unless one of its `command_id` was carried out before."""
    if isinstance(command, RedactText):
        return _redact(actor, session, command)
    if isinstance(command, Enter):
        actor.store.put_tree(command.tree)
    for _ in range(ATTEMPTS):
        if command.command_id and command.command_id in session.commands:
            return Outcome(session=session, events=(), entry=session.commands[command.command_id])
        events = decide(session, actor.tree_of(session), command, actor.member, actor.now())
        after = replay(events, session)
        try:
            actor.store.append(after, events, session.version, blobs)
        except Stale:
            session = _caught_up(actor, session)
            continue
        return Outcome(session=after, events=tuple(events), entry=after.version, steered=session.steered)
    raise busy(session)


def _caught_up(actor: Actor, session: Session) -> Session:
    """Load what came since `session`; all of it where texts were removed, so that none comes back from memory."""
    log = actor.store.load(session.id, session.version)
    if any(isinstance(event, Event) and isinstance(event.fact, TextRedacted) for event in log.events):
        log = actor.store.load(session.id)
        return replay_session(log.id, log.code, log.events)
    return replay(log.events, session)


def _redact(actor: Actor, session: Session, command: RedactText) -> Outcome:
    """Remove the texts of an event for good, with those of the amendments of a note."""
    for _ in range(ATTEMPTS):
        log = actor.store.load(session.id)
        session = replay_session(log.id, log.code, log.events)
        if command.command_id and command.command_id in session.commands:
            return Outcome(session=session, events=(), entry=session.commands[command.command_id])
        events = decide(session, None, command, actor.member, actor.now())
        rewritten: list[Stored] = [_blanked(event, command.target) for event in log.events]
        after = replay_session(session.id, session.code, [*rewritten, *events])
        try:
            actor.store.rewrite(after, [*rewritten, *events], session.version)
        except Stale:
            continue
        return Outcome(session=after, events=tuple(events), entry=after.version)
    raise busy(session)


def _blanked(event: Stored, target: int) -> Stored:
    """Give `event` without its texts where it is `target` or an amendment of it."""
    if not isinstance(event, Event):
        return event
    amends = isinstance(event.fact, NoteAmended) and event.fact.note == target
    if event.seq != target and not amends:
        return event
    return msgspec.structs.replace(event, fact=blank(event.fact))


def busy(session: Session) -> StoreProblem:
    """Say that others keep writing first."""
    return StoreProblem(f"Others keep writing to {session.code}; nothing was written.", try_="Try again in a moment.")
