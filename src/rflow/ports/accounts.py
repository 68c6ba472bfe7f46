"""The port of accounts: people and agents who may sign in, spaces, credentials, rate-limit counters, and the audit."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from rflow.core.accounts import Account, AuditEntry, Credential, CredentialKind, Identity
from rflow.core.actors import MemberRole
from rflow.core.people import Person
from rflow.core.space_policy import Space
from rflow.ports.paging import WHOLE, Part


class NameTaken(Exception):
    """An account or a space with this name exists already."""


class Bearer(NamedTuple):
    """A credential with its account and the account's roles by space id, which decide what its owner may do."""

    credential: Credential
    account: Account
    roles: Mapping[str, MemberRole]


class Membership(NamedTuple):
    """The role of an account in a space."""

    space: str
    account: str
    role: MemberRole


class AllAccounts(msgspec.Struct, frozen=True, kw_only=True):
    """All records of an account store, for copying them to another store."""

    accounts: list[Account] = []
    spaces: list[Space] = []
    members: list[Membership] = []
    credentials: list[Credential] = []
    audit: list[AuditEntry] = []


class AccountStore(Protocol):
    """Stores accounts, spaces, credentials, counters and the audit.

    A change and its audit entry are stored atomically, and survive a crash once the method has returned. A change after
    which no admin could sign in raises `NotAllowed`. Records that only a newer rflow can read are treated as missing,
    so they never grant access.
    """

    # Accounts

    def exist(self) -> bool:
        """Whether the store has any accounts."""

    def account(self, account_id: str) -> Account | None:
        """Return an account by its id."""

    def find_by_identity(self, identity: Identity) -> Account | None:
        """Return the account with an identity at an OpenID Connect provider."""

    def accounts(self, part: Part = WHOLE) -> list[Account]:
        """List all accounts, or a part of them, by id."""

    def add(self, account: Account, entry: AuditEntry) -> None:
        """Store a new account; raise `NameTaken` if its name exists."""

    def replace(
        self,
        account: Account,
        expected: Account,
        entry: AuditEntry,
        *,
        ends: Collection[CredentialKind] = (),
        spends: str = "",
    ) -> None:
        """Store the new state of an account; raise `Stale` if its current state is not `expected`.

        Also removes its credentials of the kinds `ends`, and the one-time credential with the hash `spends`; raises
        `Stale` if the latter is gone.
        """

    def erase(self, account_id: str, to: Person, entry: AuditEntry) -> None:
        """Remove an account with its memberships and credentials, without a trace in the store's files.

        `to` replaces it in the audit, and as the creator of others' credentials. Raises `StoreProblem` if traces
        remain for now; the account has been removed even so.
        """

    # Spaces

    def spaces(self) -> list[Space]:
        """List all stored spaces, by name."""

    def space(self, space_id: str) -> Space | None:
        """Return a space by its id."""

    def put_space(self, space: Space, expected: Space | None, entry: AuditEntry) -> None:
        """Store a space; raise `Stale` if its state is not `expected`, or `NameTaken` if that is None and it exists."""

    def members(self, space_id: str) -> dict[str, MemberRole]:
        """Return the roles of the members of a space, by account id."""

    def roles(self, account_id: str) -> dict[str, MemberRole]:
        """Return the roles of an account, by space id."""

    def roles_between(self, first: str, last: str) -> dict[str, dict[str, MemberRole]]:
        """Return the roles of the accounts from one id to another, by account id; only of those that have any."""

    def set_role(self, member: Membership | tuple[str, str, None], entry: AuditEntry) -> None:
        """Set the role of an account in a space; the role None removes the account from it."""

    # Credentials

    def add_credential(self, credential: Credential, entry: AuditEntry | None = None) -> None:
        """Store a credential."""

    def credential(self, digest: str) -> Credential | None:
        """Return the credential whose token has this hash."""

    def bearer(self, digest: str) -> Bearer | None:
        """Return the credential whose token has this hash, with its account and roles."""

    def credentials(self, account_id: str | None = None, kind: CredentialKind | None = None) -> list[Credential]:
        """List credentials, newest first, optionally only those of an account or a kind."""

    def replace_credential(self, credential: Credential, expected: Credential, entry: AuditEntry) -> None:
        """Store the new state of a credential; raise `Stale` if its current state is not `expected`."""

    def mark_used(self, digest: str, at: datetime) -> None:
        """Record that a credential was used, unless it has been removed."""

    def end(self, ids: Collection[str], entries: Sequence[AuditEntry] = ()) -> int:
        """Remove credentials by their ids; return how many existed."""

    def sweep(self, at: datetime) -> None:
        """Remove credentials that expired, and counters whose window ended, before `at`."""

    # Counters

    def increment(self, name: str, window: int, limit: int, until: datetime | None = None) -> bool:
        """Increment a counter unless it has reached `limit`; return whether it was incremented.

        The caller numbers the windows; only the latest window of a name is kept. `sweep` removes the counter after
        `until`.
        """

    def decrement(self, name: str, window: int) -> None:
        """Decrement a counter, if `window` is still its latest."""

    def clear(self, name: str) -> None:
        """Reset a counter to 0."""

    # Audit

    def record(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries to the audit."""

    def audit(self, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the entries of the audit after number `after`, oldest first."""

    def latest_audit(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return the last entries of the audit, or the last before number `before`, latest first."""

    # Copying

    def everything(self) -> AllAccounts:
        """Return all records."""

    def restore(self, everything: AllAccounts) -> None:
        """Add the records of another store that are missing here; no admin is required."""
