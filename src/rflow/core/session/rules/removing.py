"""The rule of removing texts for good: whose one may remove."""

from collections.abc import Sequence

from rflow.core.actors import Actor
from rflow.core.session import events as e
from rflow.core.session.erasing import said_before, values_of
from rflow.core.session.events import Stored
from rflow.core.session.rules.access import Role, roles
from rflow.core.session.state import Session
from rflow.errors import NotAllowed, NotFound


def redact(session: Session, target: int, actor: Actor) -> e.TextRedacted:
    """Remove the texts of an event: the actor's own, or any in a session that they own; a lead may remove any."""
    if target not in session.authors:
        raise NotFound(f"{session.code} has no entry {target}.", try_=f"See the numbers: rflow show {session.code}")
    if not _may_remove(session, target, actor):
        raise NotAllowed(
            f"Entry {target} is not yours, and neither is {session.code}.",
            try_=f"Ask {session.owner.name}, who owns it.",
        )
    return e.TextRedacted(target=target)


def kept_of(session: Session, events: Sequence[Stored], target: int, actor: Actor) -> set[str]:
    """Return the texts that stay in other waits: those of earlier ones that `actor` may not remove.

    A wait that says nothing else is not theirs to remove.
    """
    before = said_before(events, target)
    others = {seq: said for seq, said in before.items() if not _may_remove(session, seq, actor)}
    kept = {text for said in others.values() for text in said}
    texts = {text for event in events if event.seq == target for text in values_of(event)}
    if texts and texts <= kept:
        source = next(seq for seq, said in others.items() if said & texts)
        raise NotAllowed(
            f"Entry {target} only repeats texts of entry {source}, which is not yours, and neither is {session.code}.",
            try_=f"Ask {session.owner.name}, who owns it.",
        )
    return kept


def _may_remove(session: Session, seq: int, actor: Actor) -> bool:
    mine = actor.person.id in (session.authors[seq], session.owner.id)
    return mine or Role.LEAD in roles(session, actor)
