"""The access table: which role may send which command. Roles are those of an actor in one session at one time."""

from enum import Enum, auto

from rflow.core.actors import Actor, Scope
from rflow.core.session import commands as c
from rflow.core.session.commands import Command
from rflow.core.session.state import Session


class Role(Enum):
    """The role of an actor in a session. The receiver of a pending handoff is already its owner."""

    OWNER = auto()
    MEMBER = auto()
    RECEIVER = auto()
    SENDER = auto()
    LEAD = auto()
    RFLOW = auto()


_OWNER = frozenset({Role.OWNER})
_ANYONE = frozenset({Role.OWNER, Role.MEMBER})

ACCESS: dict[type[Command], frozenset[Role]] = {
    c.Start: _ANYONE,
    c.AddNote: _ANYONE,
    c.AddStep: _ANYONE,
    c.AddEvidence: _ANYONE,
    c.AmendEntry: _ANYONE,  # only one's own entries, which `amend` checks
    c.Shorten: _ANYONE,  # only one's own entries, or any in one's own session, which its rule checks
    c.Undo: _ANYONE,  # only one's own entries, which `undo` checks
    c.SettleAssumption: _ANYONE,
    c.Pin: _ANYONE,
    c.Unpin: _ANYONE,
    c.FlagNode: _ANYONE,
    c.AskQuestion: _ANYONE,
    c.ReplyQuestion: _ANYONE,
    c.RedactText: _ANYONE,  # only one's own texts, or any in one's own session, which `redact` checks
    c.RecordShared: _ANYONE,
    c.Choose: _OWNER,
    c.Done: _OWNER,
    c.Skip: _OWNER,
    c.Back: _OWNER,
    c.Enter: _OWNER,
    c.SetBrief: frozenset({Role.OWNER, Role.SENDER}),  # what a receiver reads before accepting
    c.MakeChange: _OWNER,
    c.RevertChange: _OWNER,
    c.SetWaiting: _OWNER,
    c.Close: _OWNER,
    c.Reopen: _OWNER,
    c.HandOff: _OWNER,
    c.Delete: frozenset({Role.OWNER, Role.LEAD}),
    c.TakeOver: frozenset({Role.MEMBER}),
    c.Accept: frozenset({Role.RECEIVER}),
    c.Decline: frozenset({Role.RECEIVER}),
    c.CancelHandoff: frozenset({Role.SENDER}),
    c.ExpireHandoff: frozenset({Role.RFLOW}),
    c.Reassign: frozenset({Role.LEAD, Role.RFLOW}),
}

SCOPES: dict[type[Command], Scope | None] = {
    **dict.fromkeys((c.Start, c.AddNote, c.AddStep, c.AddEvidence, c.AmendEntry, c.Undo, c.SettleAssumption), "write"),
    c.Shorten: "write",
    **dict.fromkeys((c.Pin, c.Unpin, c.FlagNode, c.AskQuestion, c.ReplyQuestion, c.RedactText), "write"),
    **dict.fromkeys((c.Choose, c.Done, c.Skip, c.Back, c.Enter, c.SetBrief), "move"),
    **dict.fromkeys((c.MakeChange, c.RevertChange, c.SetWaiting), "move"),
    **dict.fromkeys((c.Close, c.Reopen, c.HandOff, c.TakeOver, c.Accept, c.Decline, c.CancelHandoff), "own"),
    c.RecordShared: "share",
    **dict.fromkeys((c.Delete, c.Reassign, c.ExpireHandoff), None),
}
"""The scope that an agent's token needs for a command; None means that no token allows it."""

STEERING: frozenset[type[Command]] = frozenset(
    {
        *(c.Choose, c.Done, c.Skip, c.Back, c.Enter, c.HandOff, c.Accept, c.Decline, c.CancelHandoff),
        *(c.TakeOver, c.Reassign, c.ExpireHandoff, c.Close, c.Reopen),
    }
)
"""The commands that move a session or change its owner: they are refused if it has moved since the sender saw it."""

ON_CLOSED: frozenset[type[Command]] = frozenset(
    {c.Reopen, c.Undo, c.Delete, c.RedactText, c.RecordShared, c.TakeOver, c.Reassign}
)
"""The commands that a closed session accepts."""

ACCEPTING: frozenset[type[Command]] = frozenset(
    {
        *(c.AddStep, c.Choose, c.Done, c.Skip, c.Back, c.Enter, c.SetBrief, c.MakeChange, c.RevertChange),
        *(c.SetWaiting, c.Close, c.Reopen),
    }
)
"""The commands that accept a pending handoff when its receiver sends them."""


def roles(session: Session, actor: Actor) -> frozenset[Role]:
    """Return the roles of `actor` in `session`; a reader has none."""
    if actor.person.kind == "rflow":
        return frozenset({Role.RFLOW})
    role = actor.role_in(session.space)
    if role is None or role == "reader":
        return frozenset()
    mine = {Role.OWNER if session.owner.id == actor.person.id else Role.MEMBER}
    if role == "lead":
        mine.add(Role.LEAD)
    if (pending := session.pending) is not None:
        if pending.to.id == actor.person.id or pending.to.is_queue:
            mine.add(Role.RECEIVER)
        if hands_over(session, actor.person.id):
            mine.add(Role.SENDER)
    return frozenset(mine)


def keeps(session: Session, person_id: str) -> bool:
    """Whether a person decides what the receiver of a session reads: its owner, and who hands it over."""
    return session.owner.id == person_id or hands_over(session, person_id)


def hands_over(session: Session, person_id: str) -> bool:
    """Whether a person has handed over the session and waits for the receiver to accept it."""
    return session.pending is not None and person_id in (session.pending.sender.id, session.accepted_by.id)


def may(session: Session, actor: Actor, command: type[Command]) -> bool:
    """Whether the actor's roles and the scopes of their token allow `command`."""
    return bool(ACCESS[command] & roles(session, actor)) and in_scope(actor, command)


def in_scope(actor: Actor, command: type[Command]) -> bool:
    """Whether the actor's token allows `command`."""
    if actor.scopes is None:
        return True
    scope = SCOPES[command]
    return scope is not None and actor.allows(scope)
