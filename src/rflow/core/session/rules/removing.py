"""The rules of erasing texts: who may erase which."""

from collections.abc import Sequence

from rflow.core.actors import Actor
from rflow.core.session import events as e
from rflow.core.session.erasing import earlier_wait_texts, wait_texts
from rflow.core.session.events import Stored
from rflow.core.session.rules.access import Role, roles
from rflow.core.session.state import Session
from rflow.errors import NotAllowed, NotFound


def redact(session: Session, target: int, actor: Actor) -> e.TextRedacted:
    """Erase the texts of an event: one's own, or any in a session that one owns; a lead may erase any."""
    if target not in session.authors:
        raise NotFound(f"{session.code} has no entry {target}.", try_=f"See the numbers: rflow show {session.code}")
    if not _may_remove(session, target, actor):
        raise NotAllowed(
            f"Entry {target} is not yours, and neither is {session.code}.",
            try_=f"Ask {session.owner.name}, who owns it.",
        )
    return e.TextRedacted(target=target)


def texts_to_keep(session: Session, events: Sequence[Stored], target: int, actor: Actor) -> set[str]:
    """Return the texts to keep in other waits: those copied from earlier waits that `actor` may not erase.

    Raises `NotAllowed` if the wait `target` has no other texts.
    """
    before = earlier_wait_texts(events, target)
    others = {seq: texts for seq, texts in before.items() if not _may_remove(session, seq, actor)}
    kept = {text for texts in others.values() for text in texts}
    own = {text for event in events if event.seq == target for text in wait_texts(event)}
    if own and own <= kept:
        source = next(seq for seq, texts in others.items() if texts & own)
        raise NotAllowed(
            f"Entry {target} only repeats texts of entry {source}, which is not yours, and neither is {session.code}.",
            try_=f"Ask {session.owner.name}, who owns it.",
        )
    return kept


def _may_remove(session: Session, seq: int, actor: Actor) -> bool:
    mine = actor.person.id in (session.authors[seq], session.owner.id)
    return mine or Role.LEAD in roles(session, actor)
