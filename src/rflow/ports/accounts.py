"""The port of accounts: who may sign in, spaces and their members, credentials, counters, and the audit."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from rflow.core.accounts import Account, AuditEntry, Credential, CredentialKind, Identity
from rflow.core.actors import MemberRole
from rflow.core.people import Person
from rflow.core.space_policy import Space
from rflow.ports.paging import WHOLE, Part


class Taken(Exception):
    """An account or a space of this name exists already."""


class Bearer(NamedTuple):
    """The owner of a credential, with everything that decides what they may do."""

    credential: Credential
    account: Account
    roles: Mapping[str, MemberRole]


class Membership(NamedTuple):
    """The role of an account in a space."""

    space: str
    account: str
    role: MemberRole


class AllAccounts(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts data of a store, for copying it to another store."""

    accounts: list[Account] = []
    spaces: list[Space] = []
    members: list[Membership] = []
    credentials: list[Credential] = []
    audit: list[AuditEntry] = []


class AccountStore(Protocol):
    """Where accounts are stored.

    A change and its audit entry are stored in one step, and survive a crash once the method has returned. A change
    after which no admin could sign in raises `NotAllowed`. Records that only a newer rflow understands open nothing:
    they are as if they were not there.
    """

    # Accounts

    def exist(self) -> bool:
        """Whether there are any accounts."""

    def account(self, account_id: str) -> Account | None:
        """Return an account by its id."""

    def identified(self, identity: Identity) -> Account | None:
        """Return the account with an identity at an OpenID Connect provider."""

    def accounts(self, part: Part = WHOLE) -> list[Account]:
        """Return all accounts, or a part of them, by id."""

    def add(self, account: Account, entry: AuditEntry) -> None:
        """Store a new account; raise `Taken`."""

    def replace(
        self,
        account: Account,
        expected: Account,
        entry: AuditEntry,
        *,
        ends: Collection[CredentialKind] = (),
        spends: str = "",
    ) -> None:
        """Store the new state of an account; raise `Stale` if it is not `expected` any longer.

        Its credentials of the kinds `ends` are removed. `spends` is the hash of a credential that allows the change
        once: `Stale` if that is gone.
        """

    def erase(self, account_id: str, to: Person, entry: AuditEntry) -> None:
        """Remove an account with its memberships and credentials, and leave no trace of it.

        `to` takes its place in the audit, and where it created credentials for others. Raises `StoreProblem` if a
        trace is left for now; the account is removed all the same.
        """

    # Spaces

    def spaces(self) -> list[Space]:
        """Return all spaces that were stored, by name."""

    def space(self, space_id: str) -> Space | None:
        """Return a space by its id."""

    def put_space(self, space: Space, expected: Space | None, entry: AuditEntry) -> None:
        """Store a space; raise `Stale` if it is not `expected` any longer, `Taken` if it should be new and is not."""

    def members(self, space_id: str) -> dict[str, MemberRole]:
        """Return the roles in a space, by account id."""

    def roles(self, account_id: str) -> dict[str, MemberRole]:
        """Return the roles of an account, by space id."""

    def roles_between(self, first: str, last: str) -> dict[str, dict[str, MemberRole]]:
        """Return the roles of the accounts from one id to another, by account id; only of those that have any."""

    def set_role(self, member: Membership | tuple[str, str, None], entry: AuditEntry) -> None:
        """Give an account a role in a space; the role None removes it."""

    # Credentials

    def add_credential(self, credential: Credential, entry: AuditEntry | None = None) -> None:
        """Store a credential."""

    def credential(self, digest: str) -> Credential | None:
        """Return the credential with this hash of its token."""

    def bearer(self, digest: str) -> Bearer | None:
        """Return the credential with this hash of its token, its account, and the roles of that."""

    def credentials(self, account_id: str | None = None, kind: CredentialKind | None = None) -> list[Credential]:
        """Return the credentials of an account and a kind, or all, the newest first."""

    def replace_credential(self, credential: Credential, expected: Credential, entry: AuditEntry) -> None:
        """Store the new state of a credential; raise `Stale` if it is not `expected` any longer."""

    def used(self, digest: str, at: datetime) -> None:
        """Note that a credential was used; it may have been removed meanwhile."""

    def end(self, ids: Collection[str], entries: Sequence[AuditEntry] = ()) -> int:
        """Remove credentials by their ids; return how many there were."""

    def sweep(self, at: datetime) -> None:
        """Remove credentials that had expired, and counters whose window had passed, before `at`."""

    # Counters

    def hit(self, name: str, window: int, limit: int, until: datetime | None = None) -> bool:
        """Count something in a window, unless it was counted `limit` times already; return whether it was counted.

        Windows are numbered by the caller; only the latest of a name is kept. A counter with `until` is swept then.
        """

    def take_back(self, name: str, window: int) -> None:
        """Take back one count, if `window` is still the latest of its name."""

    def clear(self, name: str) -> None:
        """Start a counter again at 0."""

    # Audit

    def record(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries to the audit."""

    def audit(self, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the entries of the audit behind number `after`, the oldest first."""

    def latest_audit(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return the last entries of the audit, or the last ones before a number, latest first."""

    # Copying

    def everything(self) -> AllAccounts:
        """Return all that is stored."""

    def restore(self, everything: AllAccounts) -> None:
        """Store the records of another store that are missing here, without requiring an admin."""
