"""Notices about handoffs and questions, kept in the store until a server has sent them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session import events as e
from rflow.core.session.events import Event
from rflow.core.session.head import Head
from rflow.core.session.state import Pending, Session
from rflow.core.session.times import Moment
from rflow.core.spaces import DEFAULT_SPACE

NoticeKind = Literal["handoff", "question", "reminder", "declined", "expired", "reassigned"]
Way = Literal["", "mail", "post"]

ATTEMPTS = 12
"""How many attempts to send a notice are made, over about five hours (see `retried`)."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
LEASE = timedelta(minutes=2)
"""How long a server has to send a notice that it claimed; afterwards another server may claim it."""
KEPT = timedelta(days=30)
"""How long a notice is kept after it was sent or given up."""


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A notice to `to` about entry `seq` of a session, by `by`; it contains no text of the session.

    It is written without a `way`: the server that claims it first replaces it by one notice for each delivery, by mail
    to the account `address` or by a post to the target `address`. `due` is the time of the next attempt. `settled_at`
    is when it was sent, became unnecessary or was given up; `problem` says why the last attempt failed.
    """

    id: str
    kind: NoticeKind
    session: str
    code: str
    seq: int
    to: Person
    by: Person
    at: Moment
    due: Moment
    space: str = DEFAULT_SPACE
    way: Way = ""
    address: str = ""
    attempts: int = 0
    problem: str = ""
    settled_at: Moment | None = None
    given_up: bool = False

    @property
    def waiting(self) -> bool:
        """Whether it is still to be sent."""
        return self.settled_at is None


def notices_of(session: Session, events: Iterable[Event]) -> list[Notice]:
    """Return the notices for new events of a session; `session` is the state after them."""
    return [
        _notice(session, kind, event.seq, to, event.by, event.at)
        for event in events
        for kind, to in _receivers(session, event)
        if to.id != event.by.id
    ]


def _receivers(session: Session, event: Event) -> Iterator[tuple[NoticeKind, Person]]:
    match event.fact:
        case e.HandedOff(to=to):
            yield "handoff", to
        case e.QuestionAsked(to=to):
            yield "question", to
        case e.HandoffDeclined():
            yield "declined", session.owner
        case e.HandoffExpired():
            yield "expired", session.owner
        case e.Reassigned(to=to):
            yield "reassigned", to


NOTIFYING = (e.HandedOff, e.QuestionAsked, e.HandoffDeclined, e.HandoffExpired, e.Reassigned)
"""The facts that cause notices."""


def reminder(head: Head, pending: Pending, at: datetime) -> Notice:
    """Return the reminder of a pending handoff; its id is the same each time."""
    return _notice(head, "reminder", pending.seq, pending.to, pending.sender, at)


def _notice(session: Session | Head, kind: NoticeKind, seq: int, to: Person, by: Person, at: datetime) -> Notice:
    return Notice(
        id=f"{session.id}:{seq}:{kind}",
        kind=kind,
        session=session.id,
        code=session.code,
        space=session.space,
        seq=seq,
        to=to,
        by=by,
        at=at,
        due=at,
    )


def deliveries(notice: Notice, ways: Iterable[tuple[Way, str]], at: datetime) -> list[Notice]:
    """Return one notice for each way and address to send it to, due at once."""
    return [
        replace(notice, id=f"{notice.id}:{way}:{address}", way=way, address=address, attempts=0, due=at)
        for way, address in ways
    ]


def still_holds(notice: Notice, session: Session) -> bool:
    """Whether a notice is still true: the handoff is pending, the question unanswered, or the owner unchanged."""
    match notice.kind:
        case "handoff" | "reminder":
            return session.pending is not None and session.pending.seq == notice.seq
        case "question":
            asked = session.questions.get(notice.seq)
            is_open = asked is not None and not (asked.replies or asked.undone)
            return session.status != "closed" and is_open
        case "declined" | "expired" | "reassigned":
            return session.status != "closed" and session.owner.id == notice.to.id


def sent(notice: Notice, at: datetime) -> Notice:
    """Return a notice marked as sent, or as no longer necessary."""
    return replace(notice, settled_at=at, problem="")


def retried(notice: Notice, at: datetime, problem: str, *, final: bool = False) -> Notice:
    """Return a notice after a failed attempt: due again after 30 s, 1 min, 2 min … 1 h, or given up."""
    if final or notice.attempts >= ATTEMPTS:
        return replace(notice, settled_at=at, given_up=True, problem=problem)
    pause = min(FIRST_PAUSE * 2 ** max(notice.attempts - 1, 0), LONGEST_PAUSE)
    return replace(notice, due=at + pause, problem=problem)


def afresh(notice: Notice, at: datetime) -> Notice:
    """Return a notice that was given up, reset so that it is due now."""
    return replace(notice, due=at, attempts=0, settled_at=None, given_up=False)


def names(notice: Notice, person_id: str) -> bool:
    """Whether a notice is from, to or delivered to a person."""
    return person_id in (notice.to.id, notice.by.id, notice.address)
