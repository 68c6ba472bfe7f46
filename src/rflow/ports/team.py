"""The ports for managing a team: accounts, spaces, tokens. Only plain values are passed, never hashes.

Each is opened for one actor, like a workspace. Admins of a server, and anyone who can open the store itself, may do
everything; the docstrings say what others may do, and tests/service/team/test_matrix.py checks it.
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
    """An account as shown to people, without secrets."""

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
    """A token for setting a password once; it is shown only here."""

    kind: CredentialKind
    user: str
    token: str
    expires_at: datetime


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """A new account; without a password, a person gets an invitation."""

    user: User
    invitation: OneTimeLink | None = None


class OffboardingResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of disabling or erasing an account.

    `credentials` and `links` count what was revoked, `sessions` are the new owners by session code, and `rewritten`
    counts the sessions from which the name was erased. `unreadable` are sessions that could not be changed, because a
    newer rflow has written to them.
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
    """A member of a space."""

    person: Person
    role: MemberRole


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An API token as shown to people; `ending` are its last characters."""

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
    """Managing accounts, for admins; anyone may change their own password and settings for notices."""

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
        """Set a person's password; their web sessions end."""

    def change_password(self, old: str, new: str) -> None:
        """Change the actor's own password; all their web sessions end."""

    def one_time_link(self, name: str) -> OneTimeLink:
        """Create a one-time link for setting a password: an invitation, or a reset."""

    def set_admin(self, name: str, *, admin: bool) -> User:
        """Grant or revoke admin rights."""

    def set_notices(self, name: str, *, email: str | None = None, on: bool | None = None) -> User:
        """Set a person's e-mail address and whether they get notices; None leaves a value unchanged.

        Anyone may do that for themselves.
        """

    def disable(self, name: str, heir: str = "") -> OffboardingResult:
        """Disable an account: its web sessions, tokens and links end, and its open sessions go to `heir` or a queue."""

    def enable(self, name: str) -> User:
        """Enable a disabled account."""

    def erase(self, name: str, heir: str = "") -> OffboardingResult:
        """Delete an account, and replace its name in all records."""

    def audit(self, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the entries of the audit after number `after`, oldest first."""

    def latest_audit(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return the last entries of the audit, or the last before number `before`, latest first."""


class Spaces(Protocol):
    """Managing spaces: members see who is in theirs, leads set the roles and policy of theirs, admins those of all."""

    @property
    def actor(self) -> Actor:
        """Who acts."""

    def add(self, name: str) -> SpaceView:
        """Create a space."""

    def spaces(self) -> list[SpaceView]:
        """List the spaces that the actor may see."""

    def members(self, name: str = DEFAULT_SPACE) -> list[Member]:
        """List the members of a space."""

    def set_role(self, name: str, user: str, role: MemberRole | None) -> None:
        """Set a member's role in a space; None removes the member."""

    def set_policy(self, name: str, policy: Policy) -> SpaceView:
        """Set the policy of a space."""

    def erase(self, name: str, customer: str) -> list[str]:
        """Delete all sessions of a customer in a space permanently, including open ones; return their codes."""

    def clean(self) -> list[str]:
        """Delete the closed sessions that are older than the retention of their space; return their codes.

        Also removes expired credentials and counters.
        """


class Tokens(Protocol):
    """Managing API tokens: one's own; for admins, everybody's. A token can't create tokens."""

    @property
    def actor(self) -> Actor:
        """Who acts."""

    def create(
        self, user: str, scopes: Collection[Scope], expires_at: datetime | None = None, label: str = ""
    ) -> NewToken:
        """Create a token for an account."""

    def tokens(self, user: str = "") -> list[Token]:
        """List the tokens of an account, or all that the actor may see, newest first."""

    def revoke(self, reference: str) -> Token:
        """Revoke a token, found by a unique prefix of its id."""


def user_view(account: Account, roles: Mapping[str, MemberRole]) -> User:
    """Convert an account, with its roles by space id."""
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
