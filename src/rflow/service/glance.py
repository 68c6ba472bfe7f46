"""A glance at a session: the few facts of it that a shell prompt shows, read as fast as the store allows."""

from collections.abc import Sequence


class Glance:
    """Where a session stands.

    `place` is the kind of node: decision, action, end, or "" if there is none. `waiting` is "" if it does not wait,
    else until when, in ISO 8601, or "-" without a time. `moved` says whether it moved, or changed its owner, after the
    version that was seen. `asked` are the ids of those with a question that nobody has answered.
    """

    def __init__(
        self, code: str, status: str, steps: int, place: str, waiting: str, moved: bool, asked: Sequence[str] = ()
    ) -> None:
        self.code = code
        self.status = status
        self.steps = steps
        self.place = place
        self.waiting = waiting
        self.moved = moved
        self.asked = asked


def url_of(store: str) -> str:
    """Return the URL of the store that a setting names, with its password if it has one."""
    from rflow.stores import normal_url

    return normal_url(store)


def glance(url: str, session_id: str | None, seen: int | None, me: str) -> tuple[Glance | None, int]:
    """Return a glance at a session of the store at `url`, None if it is not there; and how many wait for `me`.

    `me` is a person's id; what waits in a queue is not counted. A SQLite store is read without msgspec, whose import
    alone takes longer than a prompt may.
    """
    scheme, _, path = url.partition("://")
    if scheme == "sqlite":
        from rflow.stores.sqlite.glance import facts

        row, inbox = facts(path, session_id, seen, me)
        return Glance(*row) if row else None, inbox
    from contextlib import closing

    from rflow.core.session.head import Query
    from rflow.core.session.state import Session
    from rflow.stores import open_store

    with closing(open_store(url, create=False)) as store:
        heads = store.heads(Query(owner=me, status=("handed_off",))).heads
        inbox = sum(head.id != session_id for head in heads)
        if session_id is None:
            return None, inbox
        session: Session = store.load(session_id).session
    waiting = next(iter(session.waiting), None)
    until = waiting.until.isoformat() if waiting and waiting.until else "-" if waiting else ""
    steps = sum(not step.undone for step in session.steps.values())
    place = session.place.kind if session.place else ""
    moved = seen is not None and seen < session.steered
    asked = [question.to.id for question in session.questions.values() if question.is_open]
    return Glance(session.code, session.status, steps, place, until, moved, asked), inbox
