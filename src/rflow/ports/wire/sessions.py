"""Requests and responses about sessions: their events, commands, searches and imports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter

import msgspec

from rflow.core.session.commands import Command
from rflow.core.session.events import Event, Stored, Unreadable
from rflow.core.session.head import Query
from rflow.core.session.log import Log
from rflow.core.session.state import Status
from rflow.ports.values import Imported, Incoming, Sent, TreeName
from rflow.ports.wire.basics import PageQuery, SafeInt, StrictInput
from rflow.ports.wire.people import Me

# Requests


class ListQuery(PageQuery, frozen=True, kw_only=True):
    """Which sessions to list, most recently updated first; `after` is the cursor of the previous page."""

    owner: str | None = None
    status: list[Status] = msgspec.field(default_factory=list)
    inbox: str | None = None
    asked: str | None = None
    customer: str | None = None
    ticket: str | None = None
    tree: str | None = None
    spaces: list[str] | None = None
    stale_before: datetime | None = None


class SearchQuery(ListQuery, frozen=True, kw_only=True):
    """Words that a session must contain: "a phrase" in quotation marks, or a prefix such as cert*."""

    words: str


class SessionReference(StrictInput, frozen=True, kw_only=True):
    """A unique prefix of a session's code or id."""

    reference: str


class EventsQuery(StrictInput, frozen=True, kw_only=True):
    """Return events after version `after`; with `context`, also what a summary of the session needs besides events."""

    after: SafeInt = 0
    context: bool = False


class SendCommand(StrictInput, frozen=True, kw_only=True):
    """A command, and the version of the session that the sender has."""

    command: Command
    known: SafeInt = 0


class CheckCommand(StrictInput, frozen=True, kw_only=True):
    """A command to check without carrying it out."""

    command: Command


# Responses


class UnreadableEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that this server can't read, as it is stored: a newer rflow wrote it, or it is damaged."""

    seq: SafeInt
    reason: str
    raw: str


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a summary of a session needs besides its events.

    `trees` are the versions that the session went through (canonical JSON in base64, by digest), `names` the trees of
    its space, and `me` is who asks.
    """

    trees: Mapping[str, bytes]
    names: list[TreeName]
    me: Me


class EventLog(msgspec.Struct, frozen=True, kw_only=True):
    """A session's events after version `after`; `unreadable` are those that this server can't read.

    `header` is not empty if a newer rflow wrote the log.
    """

    id: str
    code: str
    space: str
    after: int
    events: list[Event]
    unreadable: list[UnreadableEvent] = []
    header: str = ""
    context: Context | None = None


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """The `events` of a command: none if it had been carried out before. `entry` is the number of the entry it made.

    `tail` and `unreadable` are all events after the sender's version `known`. With `reload`, texts may have been
    removed, so the sender must load the session again.
    """

    session: str
    code: str
    events: list[Event]
    entry: int
    steered: int = 0
    tail: list[Event] = []
    unreadable: list[UnreadableEvent] = []
    reload: bool = False


class SessionVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The number of a session's last event; null if there is no such session."""

    version: int | None


class ChangedSession(msgspec.Struct, frozen=True):
    """A session, and the number of its last event."""

    session: str
    version: int


# Imports


class ImportSession(StrictInput, frozen=True, kw_only=True):
    """A session to import: its events, and the trees that it uses (canonical JSON in base64, by digest)."""

    id: str
    code: str
    events: list[Event]
    unreadable: list[UnreadableEvent] = msgspec.field(default_factory=list)
    trees: dict[str, bytes] = msgspec.field(default_factory=dict)
    accept_ownership: bool = False
    dry_run: bool = False


class ImportResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, or with `dry_run` would do."""

    session: str
    code: str
    outcome: str
    events: list[Event] = []
    ownership: list[Event] = []


# Conversions


def readable_events(events: Sequence[Stored]) -> list[Event]:
    """Return only the events that this rflow can read."""
    return [event for event in events if isinstance(event, Event)]


def unreadable_events(events: Sequence[Stored]) -> list[UnreadableEvent]:
    """Return only the events that this rflow can't read, with their stored text."""
    return [
        UnreadableEvent(seq=event.seq, reason=event.reason, raw=event.raw.decode("utf-8", "replace"))
        for event in events
        if isinstance(event, Unreadable)
    ]


def stored_events(events: Sequence[Event], unreadable: Sequence[UnreadableEvent]) -> tuple[Stored, ...]:
    """Merge readable and unreadable events into one sequence, ordered by number."""
    raw: list[Stored] = [
        Unreadable(seq=each.seq, reason="damaged" if each.reason == "damaged" else "newer", raw=each.raw.encode())
        for each in unreadable
    ]
    return tuple(sorted([*events, *raw], key=attrgetter("seq")))


def to_event_log(log: Log, context: Context | None = None) -> EventLog:
    """Convert a session's log for a response."""
    return EventLog(
        id=log.id,
        code=log.code,
        space=log.space,
        after=log.after,
        events=readable_events(log.events),
        unreadable=unreadable_events(log.events),
        header=log.header.decode("utf-8", "replace"),
        context=context,
    )


def to_command_result(sent: Sent) -> CommandResult:
    """Convert the result of a command for a response."""
    return CommandResult(
        session=sent.session,
        code=sent.code,
        events=list(sent.events),
        entry=sent.entry,
        steered=sent.steered,
        tail=readable_events(sent.tail),
        unreadable=unreadable_events(sent.tail),
        reload=sent.reload,
    )


def to_query(request: ListQuery, after: str | None) -> Query:
    """Convert the filters of a request; `after` is the store's own cursor of the page."""
    return Query(
        owner=request.owner,
        status=tuple(request.status),
        inbox=request.inbox,
        asked=request.asked,
        customer=request.customer,
        ticket=request.ticket,
        tree=request.tree,
        spaces=tuple(request.spaces) if request.spaces is not None else None,
        stale_before=request.stale_before,
        limit=request.page_size,
        after=after,
    )


def to_incoming(request: ImportSession, contents: Mapping[str, bytes]) -> Incoming:
    """Convert a session to import; `contents` are those of its evidence, by digest."""
    return Incoming(
        id=request.id,
        code=request.code,
        events=stored_events(request.events, request.unreadable),
        trees=request.trees,
        contents=contents,
    )


def to_import_result(imported: Imported) -> ImportResult:
    """Convert the result of an import for a response."""
    return ImportResult(
        session=imported.session,
        code=imported.code,
        outcome=imported.outcome,
        events=list(imported.events),
        ownership=list(imported.ownership),
    )
