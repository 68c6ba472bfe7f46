"""The head of a session: the values that lists show and filter by, stored so that lists need not read the events."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.events import Place, TreeRef
from rflow.core.session.state import Session, Status
from rflow.core.session.times import Moment
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import UsageProblem


class Head(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A session as a row of a list.

    `steps`, `notes` and `evidence` are counts. `sender` is who handed it off, while the handoff is pending.
    `waiting_for` and `waiting_until` are those of the wait that is due first. `asked` has the ids of the people and
    queues with unanswered questions.
    """

    id: str
    code: str
    version: int
    title: str
    status: Status
    owner: Person
    started_at: Moment
    updated_at: Moment
    space: str = DEFAULT_SPACE
    ticket: str = ""
    customer: str = ""
    severity: str = ""
    tree: TreeRef | None = None
    place: Place | None = None
    sender: Person | None = None
    waiting_for: str = ""
    waiting_until: Moment | None = None
    steps: int = 0
    notes: int = 0
    evidence: int = 0
    asked: tuple[str, ...] = ()


def head_of(session: Session) -> Head:
    """Return the head of a session that has started."""
    started_at, updated_at = session.started_at, session.updated_at
    assert started_at is not None
    assert updated_at is not None
    head = Head(  # Python passes more than 15 names at once as a dict, which takes several times as long.
        id=session.id,
        code=session.code,
        version=session.version,
        title=session.title,
        status=session.status,
        owner=session.owner,
        started_at=started_at,
        updated_at=updated_at,
        space=session.space,
        tree=session.tree,
        place=session.place,
        steps=session.live_steps,
        notes=session.live_notes,
        evidence=session.live_evidence,
        asked=_asked(session) if session.questions else (),
    )
    brief, pending, waiting = session.brief, session.pending, session.waiting[0] if session.waits else None
    if not (brief.ticket or brief.customer or brief.severity or pending or waiting):
        return head
    return replace(
        head,
        ticket=brief.ticket or "",
        customer=brief.customer or "",
        severity=brief.severity or "",
        sender=pending.sender if pending else None,
        waiting_for=waiting.waiting_for if waiting else "",
        waiting_until=waiting.until if waiting else None,
    )


def _asked(session: Session) -> tuple[str, ...]:
    return tuple(sorted({question.to.id for question in session.questions.values() if question.is_open}))


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions to list, most recently updated first. All filters must match; None is no filter.

    `owner`, `inbox` and `asked` are ids of people. `inbox` selects handoffs that are waiting for that person or in a
    queue; `asked` selects sessions with an unanswered question to that person or a queue; neither selects closed
    sessions. `stale_before` selects sessions last updated before that time. `customer` and `ticket` ignore case;
    `tree` is a tree id. `spaces` are the spaces that the reader may see. `after` is a cursor (see `Page`).
    """

    spaces: tuple[str, ...] | None = None
    owner: str | None = None
    status: tuple[Status, ...] = ()
    inbox: str | None = None
    asked: str | None = None
    customer: str | None = None
    ticket: str | None = None
    tree: str | None = None
    stale_before: datetime | None = None
    limit: int = 50
    after: str | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of heads; `after` is the cursor for the next page, None on the last."""

    heads: tuple[Head, ...]
    after: str | None = None


def matches(head: Head, query: Query) -> bool:
    """Whether `head` matches the filters of `query`; the cursor and the limit are ignored."""
    waits = head.status == "handed_off" and (head.owner.id == query.inbox or head.owner.is_queue)
    return (
        (query.spaces is None or head.space in query.spaces)
        and (query.owner is None or head.owner.id == query.owner)
        and (not query.status or head.status in query.status)
        and (query.inbox is None or waits)
        and (query.asked is None or (head.status != "closed" and is_asked(head, query.asked)))
        and (query.customer is None or head.customer.casefold() == query.customer.casefold())
        and (query.ticket is None or head.ticket.casefold() == query.ticket.casefold())
        and (query.tree is None or (head.tree is not None and head.tree.id == query.tree))
        and (query.stale_before is None or head.updated_at < query.stale_before)
    )


def is_asked(head: Head, person_id: str) -> bool:
    """Whether a session has an unanswered question to a person, or to a queue."""
    return any(asked == person_id or asked.startswith("@") for asked in head.asked)


def cursor(head: Head) -> str:
    """Return the cursor for the page that follows `head`. It contains no "+", which would mean a space in a URL."""
    return f"{head.updated_at.isoformat().replace('+00:00', 'Z')}_{head.id}"


def read_cursor(text: str) -> tuple[datetime, str]:
    """Parse a cursor into (updated at, session id); raise `UsageProblem` if it is invalid."""
    at, separator, session_id = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        separator = ""
        moment = datetime.min
    if not separator or moment.tzinfo is None:
        raise UsageProblem("That page does not exist.", try_="Start again from the first one.")
    return moment, session_id
