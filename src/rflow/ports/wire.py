"""The ports over HTTP: what requests and responses of the API hold, where that is not a type of the core.

Nothing here has a hash, a password or a token, apart from the responses in which a new token is shown once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from rflow.core.actors import Actor, MemberRole, Scope
from rflow.core.people import Person
from rflow.core.session.commands import Command
from rflow.core.session.events import Event, Stored, Unreadable
from rflow.core.session.head import Query
from rflow.core.session.log import Log
from rflow.core.session.state import Status
from rflow.core.sharing import Audience, Minted, Share, ShareCount, ShareWish
from rflow.core.space_policy import Policy
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import (
    BadInput,
    NotAllowed,
    NotDelivered,
    NotFound,
    NotSignedIn,
    RflowError,
    SessionMoved,
    StoreProblem,
    TooManyAttempts,
    UsageProblem,
)
from rflow.ports.values import Imported, Incoming, Info, Sent, TreeName, Verdict

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[RflowError], tuple[int, str]] = {
    UsageProblem: (400, "usage"),
    NotSignedIn: (401, "not-signed-in"),
    NotAllowed: (403, "not-allowed"),
    NotFound: (404, "not-found"),
    SessionMoved: (409, "moved"),
    BadInput: (422, "bad-input"),
    TooManyAttempts: (429, "too-many-attempts"),
    NotDelivered: (502, "not-delivered"),
    StoreProblem: (503, "store"),
}
"""The HTTP status and the type of each error."""


_Item = TypeVar("_Item")
MOST = 1000
"""The most entries of a page."""
MOST_HITS = 200
"""The most hits of a page of a search, each of which costs reading its session."""
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""A number that every client and every store can hold."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong (`detail`), what to try, and the exit code of the command line for it.

    `version` is that of a session that somebody else has moved, `current` how it stands now; `problems` lists
    everything that is wrong with an input.
    """

    type: str
    title: str
    status: int
    detail: str
    exit_code: int
    try_: str = msgspec.field(name="try", default="")
    version: int = 0
    current: Any = None
    problems: tuple[str, ...] = ()


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What clients send: a field that is not known is refused, never ignored."""


class PageQuery(Body, frozen=True, kw_only=True):
    """Which page of a list: at most `limit` entries (200 at most), `after` is the cursor of the page before."""

    limit: Number = 50
    after: str | None = None


class Listing(msgspec.Struct, Generic[_Item], frozen=True, kw_only=True):
    """A page of a list; `after` is the cursor of the next page, null on the last one."""

    items: list[_Item]
    after: str | None = None


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, with their role in each space; `scopes` are those of a token, null for no limit."""

    person: Person
    admin: bool
    roles: Mapping[str, MemberRole]
    scopes: Sequence[Scope] | None = None


class UnreadableEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that this server can't read, as it is stored: a newer rflow wrote it, or it is damaged."""

    seq: Number
    reason: str
    raw: str


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a summary of a session needs besides its events: the versions of trees that it went through (canonical JSON
    in base64, by digest), the trees of its space, and who asks.
    """

    trees: Mapping[str, bytes]
    names: list[TreeName]
    me: Me


class EventLog(msgspec.Struct, frozen=True, kw_only=True):
    """The events of a session after version `after`, and those of them that this server can't read.

    `header` is that of a log which a newer rflow wrote.
    """

    id: str
    code: str
    space: str
    after: int
    events: list[Event]
    unreadable: list[UnreadableEvent] = []
    header: str = ""
    context: Context | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did: its `events` (none if it was carried out before), and all events after version `known`
    (`tail`, and of these the `unreadable` ones).

    `entry` is the number of the entry that it made. `reload` says that texts may have been removed, so that the
    session must be loaded again instead.
    """

    session: str
    code: str
    events: list[Event]
    entry: int
    steered: int = 0
    tail: list[Event] = []
    unreadable: list[UnreadableEvent] = []
    reload: bool = False


class ListQuery(PageQuery, frozen=True, kw_only=True):
    """Which sessions to list, the last updated first; `after` is the cursor of the page before."""

    owner: str | None = None
    status: list[Status] = []
    inbox: str | None = None
    asked: str | None = None
    customer: str | None = None
    ticket: str | None = None
    tree: str | None = None
    spaces: list[str] | None = None
    stale_before: datetime | None = None


class SearchQuery(ListQuery, frozen=True, kw_only=True):
    """The words that the sessions to list must hold; in quotation marks a phrase, with * the beginning of a word."""

    words: str


class Reference(Body, frozen=True, kw_only=True):
    """The beginning of a session's code or id."""

    reference: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """The number of a session's last event; null if there is no such session."""

    version: int | None


class TreeVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a tree as canonical JSON, in base64; null if there is none."""

    data: bytes | None


class Digest(Body, frozen=True, kw_only=True):
    """The digest of a version of a tree."""

    digest: str


class LinkReference(Body, frozen=True, kw_only=True):
    """The beginning of a link's id, or its token, which has no place in an address."""

    link: str


class After(Body, frozen=True, kw_only=True):
    """From which version on; `context` asks for what a summary of the session needs besides."""

    after: Number = 0
    context: bool = False


class Changed(msgspec.Struct, frozen=True):
    """A session, and the number of its last event."""

    session: str
    version: int


class Send(Body, frozen=True, kw_only=True):
    """A command, and the version that the sender has."""

    command: Command
    known: Number = 0


class Check(Body, frozen=True, kw_only=True):
    """A command that is only checked."""

    command: Command


class Import(Body, frozen=True, kw_only=True):
    """A session to import."""

    id: str
    code: str
    events: list[Event]
    unreadable: list[UnreadableEvent] = []
    trees: dict[str, bytes] = {}
    accept_ownership: bool = False
    dry_run: bool = False


class ImportResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, or would do."""

    session: str
    code: str
    outcome: str
    events: list[Event] = []
    ownership: list[Event] = []


class InSpace(Body, frozen=True, kw_only=True):
    """In which space."""

    space: str = DEFAULT_SPACE


class ListInSpace(PageQuery, frozen=True, kw_only=True):
    """In which space, and which page."""

    space: str = DEFAULT_SPACE


class Edited(InSpace, frozen=True, kw_only=True):
    """In which space, and the digest of the version that was edited: "" for a new tree, null for any."""

    edited: str | None = None


class Since(InSpace, frozen=True, kw_only=True):
    """In which space, and since when."""

    since: datetime | None = None


class Decision(Body, frozen=True, kw_only=True):
    """Whether a proposal is accepted, or declined."""

    verdict: Verdict


class TreeAdded(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the tree is a new version."""

    new: bool


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A read-only link; `ending` are the last characters of its token, which is shown only once."""

    id: str
    session: str
    space: str
    ending: str
    by: Person
    created_at: datetime
    expires_at: datetime | None
    label: str
    brief: bool
    until_seq: int | None
    patterns: Sequence[str]
    protected: bool
    max_views: int | None
    audience: Audience
    revoked_at: datetime | None
    revoked_by: Person | None
    views: int = 0
    last_view: datetime | None = None


class NewLink(Body, frozen=True, kw_only=True):
    """What a new link should be."""

    session: str
    expires_at: datetime | None = None
    label: str = ""
    brief: bool = False
    snapshot: bool = False
    patterns: tuple[str, ...] = ()
    password: str = ""
    max_views: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    audience: Audience = "public"


class MadeLink(msgspec.Struct, frozen=True, kw_only=True):
    """A new link with its token, which is shown only here."""

    link: Link
    token: str


class LinkQuery(PageQuery, frozen=True, kw_only=True):
    """Which links: those of a session, else one's own; `everybody` lists all that one may see."""

    session: str | None = None
    everybody: bool = False


class LinkPassword(Body, frozen=True, kw_only=True):
    """A new password for a link; an empty one removes it."""

    password: str


class Credentials(Body, frozen=True, kw_only=True):
    """A name and a password."""

    name: str
    password: str


class PasswordChange(Body, frozen=True, kw_only=True):
    """The old and the new password."""

    old: str
    new: str


class OneTimePassword(Body, frozen=True, kw_only=True):
    """The token of an invitation or a reset, and the password that it sets."""

    token: str
    password: str


class UserWish(Body, frozen=True, kw_only=True):
    """A new account; a person without a password gets an invitation."""

    name: str
    password: str = ""
    admin: bool = False
    agent: bool = False


class UserChange(Body, frozen=True, kw_only=True):
    """What to change in an account; fields left out stay as they are. `heir` gets the open sessions."""

    admin: bool | None = None
    active: bool | None = None
    heir: str = ""


class Heir(Body, frozen=True, kw_only=True):
    """Who gets the open sessions."""

    heir: str = ""


class NewPassword(Body, frozen=True, kw_only=True):
    """A new password."""

    password: str


class SpaceWish(Body, frozen=True, kw_only=True):
    """A new space."""

    name: str


class RoleWish(Body, frozen=True, kw_only=True):
    """The role of somebody in a space."""

    role: MemberRole


class TokenWish(Body, frozen=True, kw_only=True):
    """A new API token."""

    user: str
    scopes: list[Scope]
    expires_at: datetime | None = None
    label: str = ""


class TokenQuery(PageQuery, frozen=True, kw_only=True):
    """Whose tokens; all that one may see without a name."""

    user: str = ""


class StoreInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the server's store is, and how much it holds; `size` in bytes."""

    kind: str
    format: int
    records: int
    sessions: int
    events: int
    trees: int
    blobs: int
    size: int


class AuditQuery(Body, frozen=True, kw_only=True):
    """Which entries of the audit: those behind number `after`."""

    after: Number = 0
    limit: Number = 100


PolicyWish = Policy


def store_of(info: Info) -> StoreInfo:
    """Return what a store is, without where it is."""
    return StoreInfo(**{name: getattr(info, name) for name in StoreInfo.__struct_fields__})


def me_of(actor: Actor) -> Me:
    """Return who an actor is."""
    scopes = None if actor.scopes is None else sorted(actor.scopes)
    return Me(person=actor.person, admin=actor.admin, roles=dict(actor.roles or {}), scopes=scopes)


def readable(events: Sequence[Stored]) -> list[Event]:
    """Return those of stored events that can be read."""
    return [event for event in events if isinstance(event, Event)]


def unreadable(events: Sequence[Stored]) -> list[UnreadableEvent]:
    """Return those of stored events that can't be read, as the text that is stored."""
    kept = [event for event in events if isinstance(event, Unreadable)]
    return [
        UnreadableEvent(seq=event.seq, reason=event.reason, raw=event.raw.decode("utf-8", "replace")) for event in kept
    ]


def stored(events: Sequence[Event], others: Sequence[UnreadableEvent]) -> tuple[Stored, ...]:
    """Return events as they are stored, in order, from those that can be read and those that can't."""
    kept: list[Stored] = [
        Unreadable(seq=each.seq, reason="damaged" if each.reason == "damaged" else "newer", raw=each.raw.encode())
        for each in others
    ]
    return tuple(sorted([*events, *kept], key=attrgetter("seq")))


def log_of(log: Log, context: Context | None = None) -> EventLog:
    """Return a session's events."""
    header = log.header.decode("utf-8", "replace")
    events, others = readable(log.events), unreadable(log.events)
    return EventLog(
        id=log.id,
        code=log.code,
        space=log.space,
        after=log.after,
        events=events,
        unreadable=others,
        header=header,
        context=context,
    )


def done_of(sent: Sent) -> Done:
    """Return what a command did."""
    return Done(
        session=sent.session,
        code=sent.code,
        events=list(sent.events),
        entry=sent.entry,
        steered=sent.steered,
        tail=readable(sent.tail),
        unreadable=unreadable(sent.tail),
        reload=sent.reload,
    )


def page_limit(wish: PageQuery) -> int:
    """Return how many entries a page has at most."""
    return min(max(wish.limit, 1), MOST)


def query_of(wish: ListQuery, after: str | None) -> Query:
    """Return which sessions to list; `after` is the place of the page in the store's list."""
    return Query(
        owner=wish.owner,
        status=tuple(wish.status),
        inbox=wish.inbox,
        asked=wish.asked,
        customer=wish.customer,
        ticket=wish.ticket,
        tree=wish.tree,
        spaces=tuple(wish.spaces) if wish.spaces is not None else None,
        stale_before=wish.stale_before,
        limit=page_limit(wish),
        after=after,
    )


def incoming_of(wish: Import, contents: Mapping[str, bytes]) -> Incoming:
    """Return a session to import, with the contents of its evidence by digest."""
    return Incoming(
        id=wish.id,
        code=wish.code,
        events=stored(wish.events, wish.unreadable),
        trees=wish.trees,
        contents=contents,
    )


def import_of(imported: Imported) -> ImportResult:
    """Return what an import did."""
    return ImportResult(
        session=imported.session,
        code=imported.code,
        outcome=imported.outcome,
        events=list(imported.events),
        ownership=list(imported.ownership),
    )


def link_of(share: Share, counted: ShareCount | None = None) -> Link:
    """Return a link without its hashes."""
    return Link(
        id=share.id,
        session=share.session,
        space=share.space,
        ending=share.ending,
        by=share.by,
        created_at=share.created_at,
        expires_at=share.expires_at,
        label=share.label,
        brief=share.brief,
        until_seq=share.until_seq,
        patterns=share.patterns,
        protected=bool(share.password),
        max_views=share.max_views,
        audience=share.audience,
        revoked_at=share.revoked_at,
        revoked_by=share.revoked_by,
        views=counted.views if counted else 0,
        last_view=counted.last_view if counted else None,
    )


def made_link(minted: Minted) -> MadeLink:
    """Return a new link with its token."""
    return MadeLink(link=link_of(minted.share), token=minted.token)


def wish_of(wish: NewLink) -> ShareWish:
    """Return what a new link should be."""
    return ShareWish(**{name: getattr(wish, name) for name in NewLink.__struct_fields__})


# Signing a terminal in: forms and answers as RFC 8628 has them; parameters that are not known are ignored


class DeviceForm(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal asks to be signed in: the `scope` that it wants, with blanks between, and the name of its machine."""

    client_id: Annotated[str, msgspec.Meta(max_length=200)] = ""
    scope: Annotated[str, msgspec.Meta(pattern="^[a-z ]{0,100}$")] = ""
    machine: Annotated[str, msgspec.Meta(max_length=300)] = ""


class DeviceCodes(msgspec.Struct, frozen=True, kw_only=True):
    """The code to poll with, that which a person types at `verification_uri`, and how often to poll, in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class DevicePoll(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal asks for its token; `grant_type` is that of RFC 8628."""

    grant_type: str
    device_code: Annotated[str, msgspec.Meta(max_length=200)]
    client_id: Annotated[str, msgspec.Meta(max_length=200)] = ""


class DeviceToken(msgspec.Struct, frozen=True, kw_only=True):
    """The API token of a terminal whose request was approved, shown only here; `expires_in` is in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class GrantError(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no token (yet): `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, …"""

    error: str
    error_description: str = ""


GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
