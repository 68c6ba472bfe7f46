"""Carrying out commands: decide, append, and decide again if somebody else wrote first.

Only imported by commands that write.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from rflow.core.actors import Actor
from rflow.core.fingerprint import fingerprint
from rflow.core.session.commands import (
    AddEvidence,
    AddStep,
    Command,
    Delete,
    HandOff,
    Reassign,
    RedactText,
    TakeOver,
)
from rflow.core.session.decide import decide
from rflow.core.session.events import (
    Event,
    HandedOff,
    HandoffDeclined,
    HandoffExpired,
    QuestionAsked,
    Reassigned,
    Stored,
    TextRedacted,
)
from rflow.core.session.log import Log
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.errors import BadInput, StoreProblem, UsageProblem
from rflow.ports.values import Clock, ConnectionLost, Sent, Stale

if TYPE_CHECKING:
    from rflow.core.notices import Notice
    from rflow.core.session.rules.moves import Trees
    from rflow.ports.stores import Store

ATTEMPTS = 200
"""How often an append that lost a race is decided again before the store counts as busy."""


AUDITED: Mapping[type[Command], str] = {
    HandOff: "session_handed_off",
    TakeOver: "session_taken_over",
    Reassign: "session_reassigned",
    RedactText: "text_redacted",
}
"""The commands that are recorded in the audit of a server, and the name of the entry."""


_NOTIFYING = (HandedOff, QuestionAsked, HandoffDeclined, HandoffExpired, Reassigned)
"""The facts that people are notified of: a copy of `core.notices.NOTIFYING`, which most commands never import."""


class Sender(msgspec.Struct, frozen=True):
    """The sender of commands: the store, the actor, the clock, and how to find trees by their digest."""

    store: "Store"
    actor: Actor
    now: Clock
    trees: "Trees"


def carry_out(sender: Sender, log: Log, command: Command, contents: Mapping[str, bytes], known: int) -> Sent:
    """Carry out `command` on the session of `log`, unless a command with its `command_id` was carried out before.

    `known` is the version that the sender has; the result holds all events after it.
    """
    _check_contents(command, contents)
    if isinstance(command, RedactText):
        return _redact(sender, sender.store.load(log.id), command)
    session, stamp, tail = log.session, log.stamp, _after(sender, log, known)
    reload, lost = known > 0 and _removed(tail), False
    for _ in range(ATTEMPTS):
        if entry := session.event_of_command(command.command_id, sender.actor.person):
            return _repeated(session, entry, tail, reload=reload)
        events = decide(session, sender.trees, command, sender.actor, sender.now())
        after = replay(events, session)
        try:
            notices = _notices(sender.store, after, events)
            sender.store.append(after, events, session.version, contents, notices, stamp)
        except (Stale, ConnectionLost) as error:
            lost = _check_retry(error, command, lost=lost)
            newer = _caught_up(sender, session, stamp)
            session, stamp = newer.session, newer.stamp
            if newer.base is None:  # All of it was read again.
                tail, reload = _after(sender, newer, known), True
            else:
                tail = [*tail, *newer.events]
            continue
        return Sent(
            session=after.id,
            code=after.code,
            events=tuple(events),
            entry=_entry(events, after),
            steered=session.steered,
            tail=(*tail, *events),
            reload=reload,
        )
    raise busy(session)


def _notices(store: "Store", after: Session, events: Sequence[Event]) -> "Sequence[Notice]":
    """Return the notices to send because of events, for people with accounts; there are usually none."""
    if not any(isinstance(event.fact, _NOTIFYING) for event in events):
        return ()
    from rflow.service.notices.writing import notices

    return notices(store, after, events)


def _check_retry(error: Stale | ConnectionLost, command: Command, *, lost: bool) -> bool:
    """Return whether the connection has been lost so far; raise `error` if the command can't be sent again.

    After a lost connection, only a command's id shows whether it was carried out.
    """
    if isinstance(error, Stale):
        return lost
    if lost or not command.command_id:
        raise error
    return True


def _check_contents(command: Command, contents: Mapping[str, bytes]) -> None:
    """Refuse contents that don't belong to the command's evidence, and `Delete`, which is not sent to a session."""
    if isinstance(command, Delete):
        raise UsageProblem("A session is not deleted by a command that is sent to it.", try_="Use: rflow delete CODE")
    piece = command.evidence if isinstance(command, AddEvidence | AddStep) else None
    for digest, content in contents.items():
        if piece is None or digest != piece.digest or digest != fingerprint(content):
            raise BadInput("A content that was sent does not belong to the evidence.", try_="Attach the file again.")


def _removed(events: Sequence[Stored]) -> bool:
    """Whether these events removed texts, which the sender's copy of the session may still show."""
    return any(isinstance(event, Event) and isinstance(event.fact, TextRedacted) for event in events)


def _after(sender: Sender, log: Log, known: int) -> list[Stored]:
    """Return the events after version `known`, up to the state of `log`."""
    events = log.events if known >= log.after else sender.store.load(log.id, known).events
    return [event for event in events if known < event.seq <= log.session.version]


def _repeated(session: Session, entry: int, tail: Sequence[Stored], *, reload: bool) -> Sent:
    return Sent(session=session.id, code=session.code, events=(), entry=entry, tail=tuple(tail), reload=reload)


def _entry(events: Sequence[Event], after: Session) -> int:
    """Return the number of the entry that a command made: the event that its other events are part of."""
    return max((event.seq for event in events if not event.part_of), default=after.version)


def _caught_up(sender: Sender, session: Session, stamp: str) -> Log:
    """Load the events after `session`; all events if texts were removed, so that none comes back from memory."""
    log = sender.store.load(session.id, session.version)
    if log.stamp != stamp or _removed(log.events):
        return sender.store.load(session.id)
    return msgspec.structs.replace(log, base=session)


def _redact(sender: Sender, log: Log, command: RedactText) -> Sent:
    """Remove the texts of an event for good, with those of its corrections, answers and copies."""
    from rflow.core.session.erasing import without_texts
    from rflow.core.session.rules.removing import texts_to_keep

    for _ in range(ATTEMPTS):
        session = log.session
        if entry := session.event_of_command(command.command_id, sender.actor.person):
            return _repeated(session, entry, (), reload=True)
        events = decide(session, sender.trees, command, sender.actor, sender.now())
        kept = texts_to_keep(session, log.events, command.target, sender.actor)
        rewritten = without_texts(log.events, command.target, kept)
        after = replay([*rewritten, *events], Session(id=session.id, code=session.code))
        try:
            sender.store.rewrite(after, [*rewritten, *events], session.version, log.stamp)
        except Stale:
            log = sender.store.load(session.id)
            continue
        return Sent(session=after.id, code=after.code, events=tuple(events), entry=after.version, reload=True)
    raise busy(log.session)


def busy(session: Session) -> StoreProblem:
    """Return the error for a session that others changed before every attempt."""
    return StoreProblem(f"Others keep writing to {session.code}; nothing was written.", try_="Try again in a moment.")
