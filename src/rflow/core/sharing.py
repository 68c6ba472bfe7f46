"""Read-only links: the token of a share, what a store keeps of it, and when it ends."""

import re
from datetime import datetime
from typing import Literal
from zlib import crc32

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.people import Person
from rflow.core.session.state import Session

PREFIX = "rfs_"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET, _CHECK = 33, 6
_TOKEN = re.compile(f"{PREFIX}[0-9A-Za-z]{{{_SECRET + _CHECK}}}")

VIEWS_KEPT = 1000
"""The last views of a link that a store keeps one by one; the others are only counted. Twice as many may be there."""

ShareState = Literal["live", "expired", "revoked"]
ViewForm = Literal["page", "md", "txt", "json"]


def token_of(random: bytes) -> str:
    """Make a token of 32 random bytes: 33 digits to base 62 (196 bits), and six that catch a slip of the pen.

    The prefix lets secret scanners and rflow's own redaction know it.
    """
    secret = _base62(int.from_bytes(random) % 62**_SECRET, _SECRET)
    return PREFIX + secret + _checksum(secret)


def is_token(text: str) -> bool:
    """Say whether a text can be a token: what can't need not be looked for in a store."""
    if not _TOKEN.fullmatch(text):
        return False
    secret = text[len(PREFIX) : -_CHECK]
    return text[-_CHECK:] == _checksum(secret)


def token_hash(token: str) -> str:
    """Give what a store keeps of a token: with so many random bits, SHA-256 can't be turned back."""
    return fingerprint(token.encode())


def _checksum(secret: str) -> str:
    return _base62(crc32(secret.encode()), _CHECK)


def _base62(value: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        value, digit = divmod(value, 62)
        digits = _DIGITS[digit] + digits
    return digits


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A read-only link to a session, as a store keeps it: never the token, never a text of the session.

    `ending` is the token's last four characters, to tell links apart. A snapshot shows the session up to event
    `until_seq`, a live link all that comes. `patterns` are what its maker wanted hidden when it was made.
    """

    id: str
    session: str
    hash: str
    ending: str
    by: Person
    created_at: datetime
    expires_at: datetime | None = None
    label: str = ""
    brief: bool = False
    until_seq: int | None = None
    patterns: tuple[str, ...] = ()
    revoked_at: datetime | None = None
    revoked_by: Person | None = None


def read_share(data: bytes) -> Share | None:
    """Read a share as a store keeps it; None is damaged: a link that can't be read opens nothing."""
    try:
        return msgspec.json.decode(data, type=Share)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError):
        return None


class ShareView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One look at a share: when, in which form, and what program said it was (its User-Agent, shortened)."""

    at: datetime
    form: ViewForm
    agent: str = ""


class ShareCount(msgspec.Struct, frozen=True, kw_only=True):
    """A share with how often it was looked at, and when last."""

    share: Share
    views: int = 0
    last_view: datetime | None = None


def state_of(share: Share, at: datetime) -> ShareState:
    """Say whether a share can be looked at now."""
    if share.revoked_at is not None:
        return "revoked"
    return "expired" if share.expires_at is not None and at >= share.expires_at else "live"


def may_revoke(share: Share, session: Session | None, actor: Person) -> bool:
    """Whether `actor` may end a share: their own, or one of a session that is theirs."""
    return actor.id == share.by.id or (session is not None and session.owner.id == actor.id)
