"""The ports of looking after a team: accounts, spaces, tokens. Only plain values are passed, and never a hash.

Each is opened for one actor, as a workspace is. Admins of a server, and everybody who can open the store itself, may do
everything; what others may is said here, and enforced by tests/service/team/test_matrix.py.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from rflow.core.accounts import Account, AccountKind, AuditEntry, CredentialKind
from rflow.core.actors import Actor, MemberRole, Scope
from rflow.core.people import Person
from rflow.core.space_policy import Policy
from rflow.core.spaces import DEFAULT_SPACE
from rflow.ports.paging import WHOLE, Part


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account as people see it."""

    id: str
    name: str
    kind: AccountKind
    admin: bool
    active: bool
    password: bool
    created_at: datetime
    roles: Mapping[str, MemberRole] = {}
    email: str = ""
    notices: bool = True


class OneTimeLink(msgspec.Struct, frozen=True, kw_only=True):
    """A token that lets somebody set a password once, shown only here."""

    kind: CredentialKind
    user: str
    token: str
    expires_at: datetime


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """A new account; without a password, a person gets an invitation."""

    user: User
    invitation: OneTimeLink | None = None


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What disabling or erasing an account did: links revoked, sessions moved (by code, with their new owner).

    `unreadable` are sessions that could not be moved, or may still have the name, because a newer rflow wrote to them.
    """

    user: User
    credentials: int
    links: int
    sessions: Mapping[str, str] = {}
    rewritten: int = 0
    unreadable: Sequence[str] = ()


class SpaceView(msgspec.Struct, frozen=True, kw_only=True):
    """A space that the actor may see, with their role in it."""

    id: str
    name: str
    role: MemberRole
    policy: Policy


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a space."""

    person: Person
    role: MemberRole


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An API token as people see it: `ending` are its last characters."""

    id: str
    user: str
    ending: str
    scopes: Sequence[Scope]
    label: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A new API token; `secret` is shown only here."""

    token: Token
    secret: str


class Accounts(Protocol):
    """Accounts, for admins; everybody may change their own password and where they get notices."""

    @property
    def actor(self) -> Actor:
        """Who acts."""

    def add(self, name: str, *, password: str = "", admin: bool = False, agent: bool = False) -> NewUser:
        """Create an account. A person without a password gets an invitation."""

    def users(self, part: Part = WHOLE) -> list[User]:
        """List all accounts, or a part of them, by name."""

    def user(self, name: str) -> User:
        """Return one account; raise `NotFound`."""

    def mine(self) -> User:
        """Return the actor's own account; raise `NotSignedIn` without one."""

    def set_password(self, name: str, password: str) -> User:
        """Set somebody's password; their web sessions end."""

    def change_password(self, old: str, new: str) -> None:
        """Change the actor's own password; all their web sessions end."""

    def one_time_link(self, name: str) -> OneTimeLink:
        """Make a link by which somebody sets their password once: an invitation, or a reset."""

    def set_admin(self, name: str, *, admin: bool) -> User:
        """Make somebody an admin, or withdraw it."""

    def set_notices(self, name: str, *, email: str | None = None, on: bool | None = None) -> User:
        """Set where somebody gets notices, and whether they do; None leaves it. Everybody may for themselves."""

    def disable(self, name: str, heir: str = "") -> Left:
        """Disable an account: its web sessions, tokens and links end, its open sessions go to `heir` or a queue."""

    def enable(self, name: str) -> User:
        """Let a disabled account sign in again."""

    def erase(self, name: str, heir: str = "") -> Left:
        """Remove an account, and replace its name in every record."""

    def audit(self, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the entries of the audit behind number `after`, the oldest first."""

    def latest_audit(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return the last entries of the audit, or the last ones before a number, latest first."""


class Spaces(Protocol):
    """Spaces: members see who is in theirs, leads set roles and the policy of theirs, admins those of all."""

    @property
    def actor(self) -> Actor:
        """Who acts."""

    def add(self, name: str) -> SpaceView:
        """Create a space."""

    def spaces(self) -> list[SpaceView]:
        """List the spaces that the actor may see."""

    def members(self, name: str = DEFAULT_SPACE) -> list[Member]:
        """List who is in a space."""

    def set_role(self, name: str, user: str, role: MemberRole | None) -> None:
        """Give somebody a role in a space, or remove it."""

    def set_policy(self, name: str, policy: Policy) -> SpaceView:
        """Set the policy of a space."""

    def erase(self, name: str, customer: str) -> list[str]:
        """Delete all sessions of a customer in a space, open ones too, for good; return their codes."""

    def clean(self) -> list[str]:
        """Delete the closed sessions that are older than the retention of their space; return their codes.

        Credentials that have expired, and counters that have passed, are removed too.
        """


class Tokens(Protocol):
    """API tokens: everybody has their own, admins see those of all. A token can't create tokens."""

    @property
    def actor(self) -> Actor:
        """Who acts."""

    def create(
        self, user: str, scopes: Collection[Scope], expires_at: datetime | None = None, label: str = ""
    ) -> NewToken:
        """Create a token for an account."""

    def tokens(self, user: str = "") -> list[Token]:
        """List the tokens of an account, or all that the actor may see, the newest first."""

    def revoke(self, reference: str) -> Token:
        """Revoke the one token whose id begins with `reference`."""


def user_view(account: Account, roles: Mapping[str, MemberRole]) -> User:
    """Return an account as people see it."""
    return User(
        id=account.id,
        name=account.name,
        kind=account.kind,
        admin=account.admin,
        active=account.active,
        password=bool(account.password),
        created_at=account.created_at,
        roles=roles,
        email=account.email,
        notices=account.notices,
    )
