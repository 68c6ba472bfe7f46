"""Requests and responses about accounts, spaces, tokens, the audit and the store."""

from datetime import datetime

import msgspec

from rflow.core.actors import MemberRole, Scope
from rflow.ports.values import Info
from rflow.ports.wire.basics import PageQuery, SafeInt, StrictInput


class CreateUser(StrictInput, frozen=True, kw_only=True):
    """A new account. A person without a password gets an invitation."""

    name: str
    password: str = ""
    admin: bool = False
    agent: bool = False


class UpdateUser(StrictInput, frozen=True, kw_only=True):
    """What to change in an account; omitted fields stay as they are.

    When an account is disabled, its open sessions go to `heir`.
    """

    admin: bool | None = None
    active: bool | None = None
    heir: str = ""


class EraseUserQuery(StrictInput, frozen=True, kw_only=True):
    """Who gets the open sessions of the account."""

    heir: str = ""


class SetPassword(StrictInput, frozen=True, kw_only=True):
    """The new password of an account."""

    password: str


class CreateSpace(StrictInput, frozen=True, kw_only=True):
    """The name of a new space."""

    name: str


class SetRole(StrictInput, frozen=True, kw_only=True):
    """A member's role in a space."""

    role: MemberRole


class CreateToken(StrictInput, frozen=True, kw_only=True):
    """The properties of a new API token."""

    user: str
    scopes: list[Scope]
    expires_at: datetime | None = None
    label: str = ""


class TokenQuery(PageQuery, frozen=True, kw_only=True):
    """Whose tokens to list; without a name, all that you may see."""

    user: str = ""


class AuditQuery(StrictInput, frozen=True, kw_only=True):
    """Which entries of the audit: at most `limit`, after number `after`."""

    after: SafeInt = 0
    limit: SafeInt = 100


class StoreInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The kind of the server's store, and how much it holds; `size` in bytes."""

    kind: str
    format: int
    records: int
    sessions: int
    events: int
    trees: int
    blobs: int
    size: int


def to_store_info(info: Info) -> StoreInfo:
    """Convert facts about a store for a response, without its URL."""
    return StoreInfo(**{name: getattr(info, name) for name in StoreInfo.__struct_fields__})
