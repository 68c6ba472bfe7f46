"""Who moves what: one table. The roles are those a person has in one session at one time."""

from enum import Enum, auto

from rflow.core.people import Person
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
from rflow.core.session.state import Session


class Role(Enum):
    """What somebody is to a session. A receiver of a pending handoff is its owner already."""

    OWNER = auto()
    MEMBER = auto()
    RECEIVER = auto()
    SENDER = auto()


_OWNER = frozenset({Role.OWNER})
_ANYONE = frozenset({Role.OWNER, Role.MEMBER})

ACCESS: dict[type[Command], frozenset[Role]] = {
    Start: _ANYONE,
    AddNote: _ANYONE,
    AddEvidence: _ANYONE,
    AmendNote: _ANYONE,  # one's own note: decide looks at the author
    RedactText: _ANYONE,  # one's own text, or any in one's own session: decide looks at the author
    RecordShared: _ANYONE,
    Choose: _OWNER,
    Done: _OWNER,
    Skip: _OWNER,
    AddStep: _OWNER,
    Back: _OWNER,
    Enter: _OWNER,
    SetBrief: _OWNER,
    MakeChange: _OWNER,
    RevertChange: _OWNER,
    SetWaiting: _OWNER,
    Close: _OWNER,
    Reopen: _OWNER,
    HandOff: _OWNER,
    Delete: _OWNER,
    TakeOver: frozenset({Role.MEMBER}),
    Accept: frozenset({Role.RECEIVER}),
    Decline: frozenset({Role.RECEIVER}),
    CancelHandoff: frozenset({Role.SENDER}),
}

STEERING: frozenset[type[Command]] = frozenset(
    {Choose, Done, Skip, Back, Enter, HandOff, Accept, Decline, CancelHandoff, TakeOver, Close, Reopen}
)
"""The commands that move a session or change who owns it: they fail on what has moved since it was displayed."""

ON_CLOSED: frozenset[type[Command]] = frozenset({Reopen, Delete, RedactText, RecordShared, TakeOver})
"""The commands that a closed session still takes."""


def roles(session: Session, actor: Person) -> frozenset[Role]:
    """Say what `actor` is to `session` now."""
    found = {Role.OWNER if session.owner.id == actor.id else Role.MEMBER}
    pending = session.pending
    if pending is not None:
        if pending.to.id == actor.id or pending.to.is_queue:
            found.add(Role.RECEIVER)
        if actor.id in (pending.sender.id, session.accepted_by.id):
            found.add(Role.SENDER)
    return frozenset(found)


def may(session: Session, actor: Person, command: type[Command]) -> bool:
    """Whether the table lets `actor` send `command` to `session`."""
    return bool(ACCESS[command] & roles(session, actor))
