"""Read-only links (shares): their stored form, and when they work."""

from datetime import datetime
from typing import Literal

import msgspec

from rflow.core.actors import Actor
from rflow.core.people import Person
from rflow.core.session.times import Moment
from rflow.core.space_policy import Policy
from rflow.core.spaces import DEFAULT_SPACE

VIEWS_KEPT = 1000
"""How many of the last views of a link a store keeps; older ones are only counted. It may keep up to twice as many."""

ShareState = Literal["live", "expired", "revoked"]
Audience = Literal["public", "signed_in"]
Need = Literal["sign_in", "password", "view"]
ViewForm = Literal["page", "md", "txt", "json"]


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A read-only link to a session, as it is stored: without the token, and without texts of the session.

    `ending` is the token's last four characters, to tell links apart. A snapshot shows the session up to event
    `until_seq`; a live link (None) also shows what is added later. `patterns` are the creator's own patterns for
    secrets at that time. `password` is a hash, `max_views` how often it can be opened, `audience` who may open it. A
    link with an unknown field is refused, because that field may restrict it.
    """

    id: str
    session: str
    space: str = DEFAULT_SPACE
    hash: str
    ending: str
    by: Person
    created_at: Moment
    expires_at: Moment | None = None
    label: str = ""
    brief: bool = False
    until_seq: int | None = None
    patterns: tuple[str, ...] = ()
    password: str = ""
    max_views: int | None = None
    audience: Audience = "public"
    revoked_at: Moment | None = None
    revoked_by: Person | None = None


class ShareWish(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a new link; matches of `patterns` are hidden in addition to the usual secrets.

    `password` is in plain text here; only its hash is stored.
    """

    session: str
    expires_at: datetime | None = None
    label: str = ""
    brief: bool = False
    snapshot: bool = False
    patterns: tuple[str, ...] = ()
    password: str = ""
    max_views: int | None = None
    audience: Audience = "public"


class Minted(msgspec.Struct, frozen=True, kw_only=True):
    """A new share with its token, which is shown only once."""

    share: Share
    token: str


class Creator(msgspec.Struct, frozen=True, kw_only=True):
    """Who created a share: the part that a store needs."""

    id: str


class ShareKey(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that a store finds a share by; they can also be read if a newer rflow wrote the share."""

    id: str
    session: str
    hash: str
    by: Creator
    created_at: Moment


class StoredShare(msgspec.Struct, frozen=True, kw_only=True):
    """A share as it is stored. `data` is kept even if a newer rflow wrote it; `dropped` counts views not kept."""

    key: ShareKey
    data: bytes
    dropped: int = 0


def read_or_newer(data: bytes) -> Share | Literal["newer"] | None:
    """Parse a stored share; return "newer" if only its key can be parsed, None if not even that."""
    return read_share(data) or ("newer" if read_key(data) else None)


def read_view(data: bytes) -> "ShareView | None":
    """Parse a stored view; None if it is damaged, or newer than this version."""
    try:
        return msgspec.json.decode(data, type=ShareView)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
        return None


class _ViewKey(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that a store sorts views by; they can also be read if a newer rflow wrote the view."""

    at: datetime


def viewed_at(data: bytes) -> datetime | None:
    """Return when a stored view happened; None if it is damaged."""
    try:
        return msgspec.json.decode(data, type=_ViewKey).at
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
        return None


def stored_share(share: Share) -> StoredShare:
    """Return a share in its stored form."""
    by = Creator(id=share.by.id)
    key = ShareKey(id=share.id, session=share.session, hash=share.hash, by=by, created_at=share.created_at)
    return StoredShare(key=key, data=msgspec.json.encode(share))


def read_key(data: bytes) -> ShareKey | None:
    """Return the key of a stored share; None if it is damaged."""
    try:
        return msgspec.json.decode(data, type=ShareKey)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
        return None


def read_share(data: bytes) -> Share | None:
    """Parse a stored share; None if it is damaged, or newer than this version, and must not be opened."""
    try:
        return msgspec.json.decode(data, type=Share)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError):
        return None


class ShareView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A view of a share: when, in which form, and by which program (its User-Agent, shortened)."""

    at: Moment
    form: ViewForm
    agent: str = ""


class ShareCount(msgspec.Struct, frozen=True, kw_only=True):
    """A share with the number of its views, and the time of the last."""

    share: Share
    views: int = 0
    last_view: datetime | None = None


def state_of(share: Share, at: datetime) -> ShareState:
    """Return whether a share is live, expired or revoked at a time."""
    if share.revoked_at is not None:
        return "revoked"
    return "expired" if share.expires_at is not None and at >= share.expires_at else "live"


def needs(share: Share, policy: Policy) -> frozenset[Need]:
    """Return what a reader must do before a link opens: sign in, enter its password, use one of its views."""
    wanted: dict[Need, bool] = {
        "sign_in": share.audience == "signed_in" or policy.links == "signed_in",
        "password": bool(share.password),
        "view": share.max_views is not None,
    }
    return frozenset(need for need, is_needed in wanted.items() if is_needed)


def works(share: Share, at: datetime, policy: Policy) -> bool:
    """Whether a link works for readers who do what it `needs`: it is live, and its space allows links."""
    return policy.links != "off" and state_of(share, at) == "live"


def opens(share: Share, at: datetime, policy: Policy) -> bool:
    """Whether anyone with the link can open it now, without a password, a sign-in or a click."""
    return works(share, at, policy) and not needs(share, policy)


def may_revoke(share: Share, owner: str | None, actor: Actor) -> bool:
    """Whether `actor` may revoke a share: their own, one to a session that is theirs (`owner` is its owner's id), or
    any in a space that they lead. Readers may not."""
    role = actor.role_in(share.space)
    mine = actor.person.id in (share.by.id, owner)
    return role == "lead" or (role == "member" and mine)
