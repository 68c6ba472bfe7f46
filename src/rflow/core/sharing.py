"""Read-only links: the token of a share, what a store keeps of it, and when it ends."""

import re
from datetime import datetime
from typing import Literal
from zlib import crc32

import msgspec

from rflow.core.actors import Actor
from rflow.core.fingerprint import fingerprint
from rflow.core.people import Person
from rflow.core.session.times import Moment
from rflow.core.spaces import DEFAULT_SPACE

PREFIX = "rfs_"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET, _CHECK = 33, 6
_TOKEN = re.compile(f"{PREFIX}[0-9A-Za-z]{{{_SECRET + _CHECK}}}")

VIEWS_KEPT = 1000
"""The last views of a link that a store keeps one by one; the others are only counted. Twice as many may be there."""

ShareState = Literal["live", "expired", "revoked"]
Audience = Literal["public", "signed_in"]
ViewForm = Literal["page", "md", "txt", "json"]


def token_of(random: bytes) -> str:
    """Make a token of 32 random bytes: 33 digits to base 62 (196 bits), and six that catch a slip of the pen.

    The prefix lets secret scanners and rflow's own redaction know it.
    """
    secret = _base62(int.from_bytes(random) % 62**_SECRET, _SECRET)
    return PREFIX + secret + _checksum(secret)


def is_token(text: str) -> bool:
    """Whether a text can be a token: what can't need not be looked for in a store."""
    if not _TOKEN.fullmatch(text):
        return False
    secret = text[len(PREFIX) : -_CHECK]
    return text[-_CHECK:] == _checksum(secret)


def token_hash(token: str) -> str:
    """Return what a store keeps of a token: with so many random bits, SHA-256 can't be turned back."""
    return fingerprint(token.encode())


def _checksum(secret: str) -> str:
    return _base62(crc32(secret.encode()), _CHECK)


def _base62(value: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        value, digit = divmod(value, 62)
        digits = _DIGITS[digit] + digits
    return digits


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A read-only link to a session, as a store keeps it: never the token, never a text of the session.

    `ending` is the token's last four characters, to tell links apart. A snapshot shows the session up to event
    `until_seq`, a live link all that comes. `patterns` are what its maker wanted hidden when it was made. `password` is
    a hash, `max_views` how often it can be opened, `audience` who may open it. A link with a field that this version
    does not know opens nothing: it may be one that protects it.
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
    """What somebody wants of a new link; `patterns` of theirs are hidden besides the usual secrets."""

    session: str
    expires_at: datetime | None = None
    label: str = ""
    brief: bool = False
    snapshot: bool = False
    patterns: tuple[str, ...] = ()


class Minted(msgspec.Struct, frozen=True, kw_only=True):
    """A new share with its token, which is shown only once."""

    share: Share
    token: str


class ShareKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a store finds a share by; read from one that a newer rflow wrote, too."""

    id: str
    session: str
    hash: str
    by: Person
    created_at: Moment


class StoredShare(msgspec.Struct, frozen=True, kw_only=True):
    """A share as it is stored, with how many views are only counted; `data` is kept as it is, understood or not."""

    key: ShareKey
    data: bytes
    dropped: int = 0


def read_key(data: bytes) -> ShareKey | None:
    """Read what a stored share is found by; None is damaged."""
    try:
        return msgspec.json.decode(data, type=ShareKey)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
        return None


def read_share(data: bytes) -> Share | None:
    """Read a share as a store keeps it; None is damaged, or newer than this version: it opens nothing."""
    try:
        return msgspec.json.decode(data, type=Share)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError):
        return None


class ShareView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One look at a share: when, in which form, and what program said it was (its User-Agent, shortened)."""

    at: Moment
    form: ViewForm
    agent: str = ""


class ShareCount(msgspec.Struct, frozen=True, kw_only=True):
    """A share with how often it was looked at, and when last."""

    share: Share
    views: int = 0
    last_view: datetime | None = None


def state_of(share: Share, at: datetime) -> ShareState:
    """Whether a share can be looked at now."""
    if share.revoked_at is not None:
        return "revoked"
    return "expired" if share.expires_at is not None and at >= share.expires_at else "live"


def may_revoke(share: Share, owner: str | None, actor: Actor) -> bool:
    """Whether `actor` may end a share: their own, one to a session that is theirs (`owner` is its owner's id), or any
    in a space that they lead."""
    mine = actor.person.id in (share.by.id, owner)
    return mine or actor.role_in(share.space) == "lead"
