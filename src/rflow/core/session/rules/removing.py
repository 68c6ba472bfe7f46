"""The rule of removing texts for good: whose one may remove."""

from collections.abc import Sequence

from rflow.core.actors import Actor
from rflow.core.session import events as e
from rflow.core.session.erasing import copies
from rflow.core.session.events import Stored
from rflow.core.session.rules.access import Role, roles
from rflow.core.session.state import Session
from rflow.errors import NotAllowed, NotFound


def redact(session: Session, target: int, actor: Actor) -> e.TextRedacted:
    """Remove the texts of an event: one's own, or any in one's own session; a lead may remove any."""
    if target not in session.authors:
        raise NotFound(f"{session.code} has no entry {target}.", try_=f"See the numbers: rflow show {session.code}")
    if not _may_remove(session, target, actor):
        raise NotAllowed(
            f"Entry {target} is not yours, and neither is {session.code}.",
            try_=f"Ask {session.owner.name}, who owns it.",
        )
    return e.TextRedacted(target=target)


def check_repeated(session: Session, events: Sequence[Stored], target: int, actor: Actor) -> None:
    """Refuse to remove texts that were there before, in an earlier wait of somebody else: they go from both."""
    if session.kinds.get(target) is not e.WaitingSet:
        return
    for seq in copies(events, target):
        if seq < target and not _may_remove(session, seq, actor):
            raise NotAllowed(
                f"Entry {target} repeats texts of entry {seq}, which is not yours, and neither is {session.code}.",
                try_=f"Ask {session.owner.name}, who owns it.",
            )


def _may_remove(session: Session, seq: int, actor: Actor) -> bool:
    mine = actor.person.id in (session.authors[seq], session.owner.id)
    return mine or Role.LEAD in roles(session, actor)
