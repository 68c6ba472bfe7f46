"""The accounts of a SQLite store."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from rflow.core.accounts import ENDED, Account, AuditEntry, Credential, CredentialKind, Identity, last_admin
from rflow.core.actors import MemberRole
from rflow.core.people import Person
from rflow.core.session.times import micros
from rflow.core.space_policy import Space
from rflow.ports.accounts import AllAccounts, Bearer, Membership, NameTaken
from rflow.ports.paging import WHOLE, Key, Part, collect
from rflow.ports.values import Stale
from rflow.stores import derived
from rflow.stores.account_records import (
    LAST_NUMBER,
    ROLES,
    audit_entries,
    by_account,
    missing_audit,
    read,
    with_person_replaced,
)
from rflow.stores.failures import unfinished
from rflow.stores.sqlite.file import SqliteFile

_INSERT_CREDENTIAL = "INSERT OR IGNORE INTO credentials VALUES (?, ?, ?, ?, ?, ?)"
_Record = TypeVar("_Record", bound=msgspec.Struct)


class SqliteAccounts:
    """The accounts in a SQLite file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def exist(self) -> bool:
        """Whether there are any accounts."""
        with self._file.reading() as db:
            return db.execute("SELECT 1 FROM accounts LIMIT 1").fetchone() is not None

    def account(self, account_id: str) -> Account | None:
        """Return an account by its id."""
        with self._file.reading() as db:
            return _account(db, account_id)

    def find_by_identity(self, identity: Identity) -> Account | None:
        """Return the account with an identity at an OpenID Connect provider."""
        sql = "SELECT account_id FROM identities WHERE issuer = ? AND subject = ?"
        with self._file.reading() as db:
            row = db.execute(sql, _valid(identity.issuer, identity.subject)).fetchone()
            return _account(db, row[0]) if row else None

    def accounts(self, part: Part = WHOLE) -> list[Account]:
        """Return all accounts, or a part of them, by id."""
        return collect(self._rows, part)

    def _rows(self, part: Part) -> list[tuple[Key, Account | None]]:
        """Select a part of the accounts with their keys; unreadable ones are None."""
        after = "" if part.after is None else _valid(part.after.id)[0]
        sql = "SELECT id, data FROM accounts WHERE id > ? ORDER BY id LIMIT ?"
        with self._file.reading() as db:
            rows = db.execute(sql, (after, -1 if part.limit is None else part.limit)).fetchall()
        return [(Key(id=name), read(data, Account)) for name, data in rows]

    def add(self, account: Account, entry: AuditEntry) -> None:
        """Store a new account."""
        with self._changing() as db:
            if db.execute("SELECT 1 FROM accounts WHERE id = ?", (account.id,)).fetchone():
                raise NameTaken
            _put_account(db, account)
            _record(db, [entry])

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
        with self._changing() as db:
            if _account(db, account.id) != expected or (spends and not _delete_by_hash(db, spends)):
                raise Stale
            _put_account(db, account)
            _end_of(db, account.id, ends)
            _record(db, [entry])

    def erase(self, account_id: str, to: Person, entry: AuditEntry) -> None:
        """Remove an account without a trace; another person takes its place in records."""
        with self._changing() as db:
            db.execute("DELETE FROM accounts WHERE id = ?", (account_id,))
            for table in ("identities", "members"):
                db.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))  # noqa: S608 (constants)
            _end_of(db, account_id, ENDED)
            _rename(db, account_id, to)
            _record(db, [entry])
            db.execute("INSERT OR REPLACE INTO meta VALUES ('forget', 'pending')")
        if not self._file.erase():
            raise unfinished(self._file.path)

    def spaces(self) -> list[Space]:
        """Return all spaces, by name."""
        with self._file.reading() as db:
            return _read_all(db, "SELECT data FROM spaces ORDER BY id", Space)

    def space(self, space_id: str) -> Space | None:
        """Return a space by its id."""
        with self._file.reading() as db:
            return _space(db, space_id)

    def put_space(self, space: Space, expected: Space | None, entry: AuditEntry) -> None:
        """Store a space."""
        with self._file.writing() as db:
            there = db.execute("SELECT 1 FROM spaces WHERE id = ?", (space.id,)).fetchone()
            if expected is None and there:
                raise NameTaken
            if expected is not None and _space(db, space.id) != expected:
                raise Stale
            db.execute("INSERT OR REPLACE INTO spaces VALUES (?, ?)", (space.id, msgspec.json.encode(space)))
            _record(db, [entry])

    def members(self, space_id: str) -> dict[str, MemberRole]:
        """Return the roles in a space."""
        sql = "SELECT account_id, role FROM members WHERE space = ? ORDER BY account_id"
        with self._file.reading() as db:
            return _roles(db.execute(sql, _valid(space_id)))

    def roles(self, account_id: str) -> dict[str, MemberRole]:
        """Return the roles of an account."""
        with self._file.reading() as db:
            return _roles_of(db, account_id)

    def roles_between(self, first: str, last: str) -> dict[str, dict[str, MemberRole]]:
        """Return the roles of the accounts from one id to another."""
        sql = "SELECT account_id, space, role FROM members WHERE account_id BETWEEN ? AND ? ORDER BY 1, 2"
        with self._file.reading() as db:
            return by_account(db.execute(sql, _valid(first, last)))

    def set_role(self, member: Membership | tuple[str, str, None], entry: AuditEntry) -> None:
        """Give an account a role in a space, or none."""
        space, account, role = member
        with self._file.writing() as db:
            db.execute("DELETE FROM members WHERE account_id = ? AND space = ?", (account, space))
            if role is not None:
                db.execute("INSERT INTO members VALUES (?, ?, ?)", (account, space, role))
            _record(db, [entry])

    def add_credential(self, credential: Credential, entry: AuditEntry | None = None) -> None:
        """Store a credential."""
        with self._file.writing() as db:
            _put_credentials(db, [credential])
            _record(db, [entry] if entry else [])

    def credential(self, digest: str) -> Credential | None:
        """Return the credential with this hash."""
        with self._file.reading() as db:
            return _credential(db, digest)

    def bearer(self, digest: str) -> Bearer | None:
        """Return a credential with its account and roles."""
        with self._file.reading() as db:
            credential = _credential(db, digest)
            if credential is None or credential.kind == "opened":
                return None
            account = _account(db, credential.account)
            return Bearer(credential, account, _roles_of(db, account.id)) if account else None

    def credentials(self, account_id: str | None = None, kind: CredentialKind | None = None) -> list[Credential]:
        """Return credentials, the newest first."""
        conditions = [("account_id = ?", account_id), ("kind = ?", kind)]
        given = [(sql, derived.encodable(value)) for sql, value in conditions if value is not None]
        where = " AND ".join(sql for sql, _ in given) or "1"
        with self._file.reading() as db:
            sql = f"SELECT data FROM credentials WHERE {where}"  # noqa: S608 (constants)
            every = _read_all(db, sql, Credential, [value for _, value in given])
        return sorted(every, key=lambda each: (-each.created_at.timestamp(), each.id))

    def replace_credential(self, credential: Credential, expected: Credential, entry: AuditEntry) -> None:
        """Store the new state of a credential."""
        with self._file.writing() as db:
            if _credential(db, expected.hash) != expected:
                raise Stale
            _delete_by_hash(db, expected.hash)
            _put_credentials(db, [credential])
            _record(db, [entry])

    def mark_used(self, digest: str, at: datetime) -> None:
        """Note that a credential was used."""
        with self._file.writing() as db:
            credential = _credential(db, digest)
            if credential is not None:
                data = msgspec.json.encode(replace(credential, used_at=at))
                db.execute("UPDATE credentials SET data = ? WHERE hash = ?", (data, digest))

    def end(self, ids: Collection[str], entries: Sequence[AuditEntry] = ()) -> int:
        """Remove credentials by their ids."""
        with self._file.writing() as db:
            gone = sum(db.execute("DELETE FROM credentials WHERE id = ?", _valid(each)).rowcount for each in ids)
            _record(db, entries)
            return gone

    def sweep(self, at: datetime) -> None:
        """Remove what has expired."""
        moment = (micros(at),)
        with self._file.writing() as db:
            db.execute("DELETE FROM credentials WHERE expires_at <= ?", moment)
            db.execute("DELETE FROM counters WHERE until <= ?", moment)

    def increment(self, name: str, window: int, limit: int, until: datetime | None = None) -> bool:
        """Count something in a window."""
        with self._file.writing() as db:
            row = db.execute("SELECT window, count FROM counters WHERE name = ?", _valid(name)).fetchone()
            count = row[1] if row and row[0] == window else 0
            if count >= limit:
                return False
            ends = micros(until) if until else None
            db.execute("INSERT OR REPLACE INTO counters VALUES (?, ?, ?, ?)", (*_valid(name), window, count + 1, ends))
            return True

    def decrement(self, name: str, window: int) -> None:
        """Take back one count."""
        with self._file.writing() as db:
            counted = "UPDATE counters SET count = count - 1 WHERE name = ? AND window = ? AND count > 0"
            db.execute(counted, (*_valid(name), window))

    def clear(self, name: str) -> None:
        """Start a counter again at 0."""
        with self._file.writing() as db:
            db.execute("DELETE FROM counters WHERE name = ?", _valid(name))

    def record(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries to the audit."""
        with self._file.writing() as db:
            _record(db, entries)

    def audit(self, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the entries of the audit."""
        with self._file.reading() as db:
            return _audit(db, after, limit)

    def latest_audit(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return the last entries of the audit, or the last ones before a number, latest first."""
        with self._file.reading() as db:
            rows = db.execute(_LATEST_AUDIT, (LAST_NUMBER if before is None else min(before, LAST_NUMBER), limit))
            return audit_entries(rows)

    def everything(self) -> AllAccounts:
        """Return all that is stored."""
        with self._file.reading() as db:
            return AllAccounts(
                accounts=_read_all(db, "SELECT data FROM accounts ORDER BY id", Account),
                spaces=_read_all(db, "SELECT data FROM spaces ORDER BY id", Space),
                members=[
                    Membership(str(space), str(account), role)
                    for account, space, role in db.execute("SELECT account_id, space, role FROM members")
                    if role in ROLES
                ],
                credentials=_read_all(db, "SELECT data FROM credentials ORDER BY id", Credential),
                audit=_audit(db),
            )

    def restore(self, everything: AllAccounts) -> None:
        """Store the data of another store."""
        with self._file.writing() as db:
            for account in everything.accounts:
                if not db.execute("SELECT 1 FROM accounts WHERE id = ?", (account.id,)).fetchone():
                    _put_account(db, account)
            spaces = [(space.id, msgspec.json.encode(space)) for space in everything.spaces]
            db.executemany("INSERT OR IGNORE INTO spaces VALUES (?, ?)", spaces)
            members = [(each.account, each.space, each.role) for each in everything.members]
            db.executemany("INSERT OR IGNORE INTO members VALUES (?, ?, ?)", members)
            _put_credentials(db, everything.credentials)
            _record(db, missing_audit(_audit(db), everything.audit))

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection for changing accounts; roll back if no admin could sign in afterwards."""
        with self._file.writing() as db:
            yield db
            if not db.execute("SELECT 1 FROM accounts WHERE active_admin LIMIT 1").fetchone():
                raise last_admin()


def _valid(*texts: str) -> tuple[str, ...]:
    return tuple(map(derived.encodable, texts))


def _read_all(db: sqlite3.Connection, sql: str, kind: type[_Record], values: Sequence[str] = ()) -> list[_Record]:
    return [record for (data,) in db.execute(sql, values) if (record := read(data, kind)) is not None]


def _account(db: sqlite3.Connection, account_id: str) -> Account | None:
    row = db.execute("SELECT data FROM accounts WHERE id = ?", _valid(account_id)).fetchone()
    return read(row[0], Account) if row else None


def _put_account(db: sqlite3.Connection, account: Account) -> None:
    row = (account.id, account.admin and account.active, msgspec.json.encode(account))
    db.execute("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)", row)
    db.execute("DELETE FROM identities WHERE account_id = ?", (account.id,))
    identities = [(each.issuer, each.subject, account.id) for each in account.identities]
    try:
        db.executemany("INSERT INTO identities VALUES (?, ?, ?)", identities)
    except sqlite3.IntegrityError:
        raise NameTaken from None


def _space(db: sqlite3.Connection, space_id: str) -> Space | None:
    row = db.execute("SELECT data FROM spaces WHERE id = ?", _valid(space_id)).fetchone()
    return read(row[0], Space) if row else None


def _roles_of(db: sqlite3.Connection, account_id: str) -> dict[str, MemberRole]:
    return _roles(db.execute("SELECT space, role FROM members WHERE account_id = ? ORDER BY space", _valid(account_id)))


def _roles(rows: Iterable[tuple[str, MemberRole]]) -> dict[str, MemberRole]:
    return {name: role for name, role in rows if role in ROLES}


def _credential(db: sqlite3.Connection, digest: str) -> Credential | None:
    row = db.execute("SELECT data FROM credentials WHERE hash = ?", _valid(digest)).fetchone()
    return read(row[0], Credential) if row else None


def _put_credentials(db: sqlite3.Connection, credentials: Iterable[Credential]) -> None:
    rows = [
        (
            *(each.id, each.hash, each.account, each.kind),
            micros(each.expires_at) if each.expires_at else None,
            msgspec.json.encode(each),
        )
        for each in credentials
    ]
    db.executemany(_INSERT_CREDENTIAL, rows)


def _delete_by_hash(db: sqlite3.Connection, digest: str) -> bool:
    return db.execute("DELETE FROM credentials WHERE hash = ?", _valid(digest)).rowcount > 0


def _end_of(db: sqlite3.Connection, account_id: str, kinds: Collection[CredentialKind]) -> None:
    db.executemany("DELETE FROM credentials WHERE account_id = ? AND kind = ?", [(account_id, kind) for kind in kinds])


def _record(db: sqlite3.Connection, entries: Iterable[AuditEntry]) -> None:
    rows = [(msgspec.json.encode(replace(entry, seq=0)),) for entry in entries]
    db.executemany("INSERT INTO audit (data) VALUES (?)", rows)


def _rename(db: sqlite3.Connection, person_id: str, to: Person) -> None:
    for entry in _audit(db):
        if (changed := with_person_replaced(entry, person_id, to)) != entry:
            data = msgspec.json.encode(replace(changed, seq=0))
            db.execute("UPDATE audit SET data = ? WHERE seq = ?", (data, entry.seq))
    for each in _read_all(db, "SELECT data FROM credentials", Credential):
        if (made := with_person_replaced(each, person_id, to)) != each:
            db.execute("UPDATE credentials SET data = ? WHERE id = ?", (msgspec.json.encode(made), each.id))


def _audit(db: sqlite3.Connection, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
    sql = "SELECT seq, data FROM audit WHERE seq > ? ORDER BY seq LIMIT ?"
    return audit_entries(db.execute(sql, (after, -1 if limit is None else limit)))


_LATEST_AUDIT = "SELECT seq, data FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?"
