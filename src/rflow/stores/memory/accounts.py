"""The accounts of a store in memory."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import RLock
from typing import NamedTuple

from msgspec.structs import replace

from rflow.core.accounts import ENDED, Account, AuditEntry, Credential, CredentialKind, Identity, last_admin
from rflow.core.actors import MemberRole
from rflow.core.people import Person
from rflow.core.space_policy import Space
from rflow.ports.accounts import AllAccounts, Bearer, Membership, NameTaken
from rflow.ports.paging import WHOLE, Key, Part, cut
from rflow.ports.values import Stale
from rflow.stores.account_records import by_account, missing_audit, with_person_replaced


class _Count(NamedTuple):
    window: int
    times: int
    until: datetime | None


class MemoryAccounts:
    """Accounts that last as long as the process."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._spaces: dict[str, Space] = {}
        self._roles: dict[tuple[str, str], MemberRole] = {}
        self._credentials: dict[str, Credential] = {}
        self._counters: dict[str, _Count] = {}
        self._audit: list[AuditEntry] = []
        self._lock = RLock()

    def exist(self) -> bool:
        """Whether there are any accounts."""
        return bool(self._accounts)

    def account(self, account_id: str) -> Account | None:
        """Return an account by its id."""
        return self._accounts.get(account_id)

    def find_by_identity(self, identity: Identity) -> Account | None:
        """Return the account with an identity at an OpenID Connect provider."""
        return next((account for account in self.accounts() if identity in account.identities), None)

    def accounts(self, part: Part = WHOLE) -> list[Account]:
        """Return all accounts, or a part of them, by id."""
        return cut(self._accounts.values(), lambda account: Key(id=account.id), part)

    def add(self, account: Account, entry: AuditEntry) -> None:
        """Store a new account."""
        with self._changing():
            taken = any(self.find_by_identity(identity) for identity in account.identities)
            if account.id in self._accounts or taken:
                raise NameTaken
            self._accounts[account.id] = account
            self.record([entry])

    def replace(
        self,
        account: Account,
        expected: Account,
        entry: AuditEntry,
        *,
        ends: Collection[CredentialKind] = (),
        spends: str = "",
    ) -> None:
        """Store the new state of an account."""
        with self._changing():
            if self._accounts.get(account.id) != expected or (spends and self._credentials.pop(spends, None) is None):
                raise Stale
            self._accounts[account.id] = account
            self._end(account.id, ends)
            self.record([entry])

    def erase(self, account_id: str, to: Person, entry: AuditEntry) -> None:
        """Remove an account; another person takes its place in records."""
        with self._changing():
            self._accounts.pop(account_id, None)
            self._roles = {key: role for key, role in self._roles.items() if key[1] != account_id}
            self._end(account_id, ENDED)
            self._audit = [with_person_replaced(each, account_id, to) for each in self._audit]
            self._credentials = {
                key: with_person_replaced(each, account_id, to) for key, each in self._credentials.items()
            }
            self.record([entry])

    def spaces(self) -> list[Space]:
        """Return all spaces, by name."""
        return sorted(self._spaces.values(), key=lambda space: space.id)

    def space(self, space_id: str) -> Space | None:
        """Return a space by its id."""
        return self._spaces.get(space_id)

    def put_space(self, space: Space, expected: Space | None, entry: AuditEntry) -> None:
        """Store a space."""
        with self._lock:
            if self._spaces.get(space.id) != expected:
                raise NameTaken if expected is None else Stale
            self._spaces[space.id] = space
            self.record([entry])

    def members(self, space_id: str) -> dict[str, MemberRole]:
        """Return the roles in a space."""
        return {account: role for (space, account), role in sorted(self._roles.items()) if space == space_id}

    def roles(self, account_id: str) -> dict[str, MemberRole]:
        """Return the roles of an account."""
        return {space: role for (space, account), role in sorted(self._roles.items()) if account == account_id}

    def roles_between(self, first: str, last: str) -> dict[str, dict[str, MemberRole]]:
        """Return the roles of the accounts from one id to another."""
        each = sorted((account, space, role) for (space, account), role in self._roles.items())
        return by_account(member for member in each if first <= member[0] <= last)

    def set_role(self, member: Membership | tuple[str, str, None], entry: AuditEntry) -> None:
        """Give an account a role in a space, or none."""
        space, account, role = member
        with self._lock:
            if role is None:
                self._roles.pop((space, account), None)
            else:
                self._roles[space, account] = role
            self.record([entry])

    def add_credential(self, credential: Credential, entry: AuditEntry | None = None) -> None:
        """Store a credential."""
        with self._lock:
            self._credentials[credential.hash] = credential
            self.record([entry] if entry else [])

    def credential(self, digest: str) -> Credential | None:
        """Return the credential with this hash."""
        return self._credentials.get(digest)

    def bearer(self, digest: str) -> Bearer | None:
        """Return a credential with its account and roles."""
        with self._lock:
            credential = self._credentials.get(digest)
            account = self._accounts.get(credential.account) if credential and credential.kind != "opened" else None
            return Bearer(credential, account, self.roles(account.id)) if credential and account else None

    def credentials(self, account_id: str | None = None, kind: CredentialKind | None = None) -> list[Credential]:
        """Return credentials, the newest first."""
        wanted = (
            each
            for each in list(self._credentials.values())
            if account_id in (None, each.account) and kind in (None, each.kind)
        )
        return sorted(wanted, key=lambda each: (-each.created_at.timestamp(), each.id))

    def replace_credential(self, credential: Credential, expected: Credential, entry: AuditEntry) -> None:
        """Store the new state of a credential."""
        with self._lock:
            if self._credentials.get(expected.hash) != expected:
                raise Stale
            self._credentials[credential.hash] = credential
            self.record([entry])

    def mark_used(self, digest: str, at: datetime) -> None:
        """Record that a credential was used."""
        with self._lock:
            if digest in self._credentials:
                self._credentials[digest] = replace(self._credentials[digest], used_at=at)

    def end(self, ids: Collection[str], entries: Sequence[AuditEntry] = ()) -> int:
        """Remove credentials by their ids."""
        with self._lock:
            ended = [digest for digest, each in self._credentials.items() if each.id in ids]
            for digest in ended:
                del self._credentials[digest]
            self.record(entries)
            return len(ended)

    def sweep(self, at: datetime) -> None:
        """Remove expired credentials and counters."""
        with self._lock:
            credentials = self._credentials.items()
            self._credentials = {key: each for key, each in credentials if not each.expires_at or each.expires_at > at}
            counters = self._counters.items()
            self._counters = {name: each for name, each in counters if not each.until or each.until > at}

    def increment(self, name: str, window: int, limit: int, until: datetime | None = None) -> bool:
        """Count something in a window."""
        with self._lock:
            known = self._counters.get(name)
            count = known.times if known and known.window == window else 0
            if count >= limit:
                return False
            self._counters[name] = _Count(window, count + 1, until)
            return True

    def decrement(self, name: str, window: int) -> None:
        """Decrement a counter."""
        with self._lock:
            known = self._counters.get(name)
            if known and known.window == window and known.times:
                self._counters[name] = _Count(window, known.times - 1, known.until)

    def clear(self, name: str) -> None:
        """Reset a counter to 0."""
        self._counters.pop(name, None)

    def record(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries to the audit log."""
        with self._lock:
            self._audit += [replace(entry, seq=seq) for seq, entry in enumerate(entries, len(self._audit) + 1)]

    def audit(self, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the entries of the audit log."""
        return self._audit[after:] if limit is None else self._audit[after : after + limit]

    def latest_audit(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return the last entries of the audit log, or the last ones before a number, newest first."""
        return [entry for entry in self._audit if before is None or entry.seq < before][: -limit - 1 : -1]

    def everything(self) -> AllAccounts:
        """Return everything that is stored."""
        with self._lock:
            return AllAccounts(
                accounts=self.accounts(),
                spaces=self.spaces(),
                members=[Membership(*key, role) for key, role in sorted(self._roles.items())],
                credentials=self.credentials(),
                audit=self.audit(),
            )

    def restore(self, everything: AllAccounts) -> None:
        """Store the data of another store."""
        with self._lock:
            self._accounts = {each.id: each for each in everything.accounts} | self._accounts
            self._spaces = {each.id: each for each in everything.spaces} | self._spaces
            self._roles = {(each.space, each.account): each.role for each in everything.members} | self._roles
            self._credentials = {each.hash: each for each in everything.credentials} | self._credentials
            self.record(missing_audit(self._audit, everything.audit))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change accounts under the lock; undo the change if no admin could sign in afterwards."""
        with self._lock:
            before = (dict(self._accounts), dict(self._roles), dict(self._credentials), list(self._audit))
            try:
                yield
                if not any(account.admin and account.active for account in self._accounts.values()):
                    raise last_admin()
            except BaseException:
                self._accounts, self._roles, self._credentials, self._audit = before
                raise

    def _end(self, account_id: str, kinds: Collection[CredentialKind]) -> None:
        ended = [key for key, each in self._credentials.items() if each.account == account_id and each.kind in kinds]
        for key in ended:
            del self._credentials[key]
