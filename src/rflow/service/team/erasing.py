"""Erasing a person from sessions: their name is replaced everywhere."""

from rflow.core.people import Person
from rflow.core.session.erasing import without_person
from rflow.core.session.events import Event, Stored
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.errors import NotFound, StoreProblem
from rflow.ports.stores import Store
from rflow.ports.values import PROPOSAL, Stale
from rflow.service.removals import Removals

_ATTEMPTS = 200


def erase_from_sessions(store: Store, who: Person, to: Person, removals: Removals) -> tuple[int, list[str]]:
    """Replace a person in all sessions, each as a step of `removals`.

    Returns the number of rewritten sessions, and the codes of sessions with entries that this version can't read. A
    command that they sent just before they lost access may be stored after its session was rewritten: if they still
    appear in the store, all sessions are processed a second time.
    """
    rewritten, unreadable = set[str](), set[str]()
    for _ in range(2):
        for session_id in sorted(store.ids()):
            try:
                changed, code = _rewrite(store, session_id, who, to, removals)
            except NotFound:  # deleted meanwhile
                continue
            rewritten |= {session_id} if changed else set()
            unreadable |= {code} - {""}
        if not store.has_person(who.id):
            break
    return len(rewritten), sorted(unreadable)


def erase_proposals(store: Store, person_id: str) -> None:
    """Remove the trees that a person proposed."""
    for name in store.tree_names(None):
        if name.id.startswith(f"{PROPOSAL}/") and name.id.split("/", 2)[2] == person_id:
            store.remove_tree(name.id, name.space)


def _rewrite(store: Store, session_id: str, who: Person, to: Person, removals: Removals) -> tuple[bool, str]:
    log = store.load(session_id)
    for _ in range(_ATTEMPTS):
        events: list[Stored] = [_without(event, who, to) for event in log.events]
        whole = "" if all(isinstance(event, Event) for event in events) else log.code
        if events == list(log.events):
            return False, whole
        try:
            with removals.step():
                session = replay(events, Session(id=log.id, code=log.code))
                store.rewrite(session, events, events[-1].seq, log.stamp)
        except Stale:
            log = store.load(session_id)
            continue
        return True, whole
    raise StoreProblem(f"Others keep writing to {log.code}.", try_="Erase the account again in a moment.")


def _without(event: Stored, who: Person, to: Person) -> Stored:
    return without_person(event, who, to) if isinstance(event, Event) else event
