"""The accounts of a PostgreSQL store."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

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
from rflow.stores.account_records import ROLES, by_account, missing_audit, read
from rflow.stores.postgres import account_rows
from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.connection.database import Database
from rflow.stores.postgres.erasing import erase_all

_INSERT_SPACE = "INSERT INTO spaces VALUES (%s, %s) ON CONFLICT DO NOTHING"
_INSERT_MEMBER = "INSERT INTO members VALUES (%s, %s, %s) ON CONFLICT (account_id, space)"
_HIT = """
INSERT INTO counters VALUES (%(name)s, %(period)s, 1, %(until)s) ON CONFLICT (name) DO UPDATE SET
  period = excluded.period, until = excluded.until,
  count = CASE WHEN counters.period = excluded.period THEN counters.count + 1 ELSE 1 END
WHERE counters.period <> excluded.period OR counters.count < %(limit)s
"""


class PostgresAccounts:
    """The accounts in a PostgreSQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def exist(self) -> bool:
        """Whether there are any accounts."""
        with self._database.reading() as db:
            return db.execute("SELECT 1 FROM accounts LIMIT 1").fetchone() is not None

    def account(self, account_id: str) -> Account | None:
        """Return an account by its id."""
        with self._database.reading() as db:
            return account_rows.account(db, account_id)

    def find_by_identity(self, identity: Identity) -> Account | None:
        """Return the account with an identity at an OpenID Connect provider."""
        sql = "SELECT account_id FROM identities WHERE issuer = %s AND subject = %s"
        with self._database.reading() as db:
            row = db.execute(
                sql,
                (
                    identity.issuer,
                    identity.subject,
                ),
            ).fetchone()
            return account_rows.account(db, row[0]) if row else None

    def accounts(self, part: Part = WHOLE) -> list[Account]:
        """Return all accounts, or a part of them, by id."""
        return collect(self._rows, part)

    def _rows(self, part: Part) -> list[tuple[Key, Account | None]]:
        """Select a part of the accounts with their keys; unreadable ones are None."""
        after = "" if part.after is None else part.after.id
        sql = "SELECT id, data FROM accounts WHERE id > %s ORDER BY id LIMIT %s"
        with self._database.reading() as db:
            rows = db.execute(sql, (after, part.limit)).fetchall()
        return [(Key(id=name), read(data, Account)) for name, data in rows]

    def add(self, account: Account, entry: AuditEntry) -> None:
        """Store a new account."""
        with self._changing() as db:
            if db.execute("SELECT 1 FROM accounts WHERE id = %s", (account.id,)).fetchone():
                raise NameTaken
            account_rows.put_account(db, account)
            account_rows.record(db, [entry])

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
            if account_rows.account(db, account.id) != expected or (
                spends and not account_rows.delete_by_hash(db, spends)
            ):
                raise Stale
            account_rows.put_account(db, account)
            account_rows.end_of(db, account.id, ends)
            account_rows.record(db, [entry])

    def erase(self, account_id: str, to: Person, entry: AuditEntry) -> None:
        """Remove an account without a trace; another person takes its place in records."""
        with self._changing() as db:
            db.execute("DELETE FROM accounts WHERE id = %s", (account_id,))
            for table in ("identities", "members"):
                db.execute(f"DELETE FROM {table} WHERE account_id = %s", (account_id,))  # noqa: S608 (constants)
            account_rows.end_of(db, account_id, ENDED)
            account_rows.rename(db, account_id, to)
            account_rows.record(db, [entry])
            db.execute("INSERT INTO meta VALUES ('forget', 'pending') ON CONFLICT DO NOTHING")
        erase_all(self._database)

    def spaces(self) -> list[Space]:
        """Return all spaces, by name."""
        with self._database.reading() as db:
            return account_rows.read_all(db, "SELECT data FROM spaces ORDER BY id", Space)

    def space(self, space_id: str) -> Space | None:
        """Return a space by its id."""
        with self._database.reading() as db:
            return account_rows.space(db, space_id)

    def put_space(self, space: Space, expected: Space | None, entry: AuditEntry) -> None:
        """Store a space."""
        with self._database.writing() as db:
            row = (space.id, msgspec.json.encode(space))
            if expected is None:
                if not db.execute(_INSERT_SPACE, row).rowcount:
                    raise NameTaken
            elif account_rows.space(db, space.id, " FOR UPDATE") != expected:
                raise Stale
            else:
                db.execute("UPDATE spaces SET data = %s WHERE id = %s", row[::-1])
            account_rows.record(db, [entry])

    def members(self, space_id: str) -> dict[str, MemberRole]:
        """Return the roles in a space."""
        sql = "SELECT account_id, role FROM members WHERE space = %s ORDER BY account_id"
        with self._database.reading() as db:
            return account_rows.roles(db.execute(sql, (space_id,)))

    def roles(self, account_id: str) -> dict[str, MemberRole]:
        """Return the roles of an account."""
        with self._database.reading() as db:
            return account_rows.roles_of(db, account_id)

    def roles_between(self, first: str, last: str) -> dict[str, dict[str, MemberRole]]:
        """Return the roles of the accounts from one id to another."""
        sql = "SELECT account_id, space, role FROM members WHERE account_id BETWEEN %s AND %s ORDER BY 1, 2"
        with self._database.reading() as db:
            return by_account(db.execute(sql, (first, last)))

    def set_role(self, member: Membership | tuple[str, str, None], entry: AuditEntry) -> None:
        """Give an account a role in a space, or none."""
        space, account, role = member
        with self._database.writing() as db:
            if role is None:
                db.execute("DELETE FROM members WHERE account_id = %s AND space = %s", (account, space))
            else:
                db.execute(f"{_INSERT_MEMBER} DO UPDATE SET role = excluded.role", (account, space, role))
            account_rows.record(db, [entry])

    def add_credential(self, credential: Credential, entry: AuditEntry | None = None) -> None:
        """Store a credential."""
        with self._database.writing() as db:
            account_rows.put_credentials(db, [credential])
            account_rows.record(db, [entry] if entry else [])

    def credential(self, digest: str) -> Credential | None:
        """Return the credential with this hash."""
        with self._database.reading() as db:
            return account_rows.credential(db, digest)

    def bearer(self, digest: str) -> Bearer | None:
        """Return a credential with its account and roles."""
        with self._database.reading() as db:
            credential = account_rows.credential(db, digest)
            if credential is None or credential.kind == "opened":
                return None
            account = account_rows.account(db, credential.account)
            return Bearer(credential, account, account_rows.roles_of(db, account.id)) if account else None

    def credentials(self, account_id: str | None = None, kind: CredentialKind | None = None) -> list[Credential]:
        """Return credentials, the newest first."""
        conditions = [("account_id = %s", account_id), ("kind = %s", kind)]
        given = [(sql, value) for sql, value in conditions if value is not None]
        where = " AND ".join(sql for sql, _ in given) or "true"
        with self._database.reading() as db:
            sql = f"SELECT data FROM credentials WHERE {where}"  # noqa: S608 (constants)
            every = account_rows.read_all(db, sql, Credential, [value for _, value in given])
        return sorted(every, key=lambda each: (-each.created_at.timestamp(), each.id))

    def replace_credential(self, credential: Credential, expected: Credential, entry: AuditEntry) -> None:
        """Store the new state of a credential."""
        with self._database.writing() as db:
            if account_rows.credential(db, expected.hash, " FOR UPDATE") != expected:
                raise Stale
            account_rows.delete_by_hash(db, expected.hash)
            account_rows.put_credentials(db, [credential])
            account_rows.record(db, [entry])

    def mark_used(self, digest: str, at: datetime) -> None:
        """Record that a credential was used."""
        with self._database.writing() as db:
            credential = account_rows.credential(db, digest, " FOR UPDATE")
            if credential is not None:
                data = msgspec.json.encode(replace(credential, used_at=at))
                db.execute("UPDATE credentials SET data = %s WHERE hash = %s", (data, digest))

    def end(self, ids: Collection[str], entries: Sequence[AuditEntry] = ()) -> int:
        """Remove credentials by their ids."""
        with self._database.writing() as db:
            gone = sum(db.execute("DELETE FROM credentials WHERE id = %s", (each,)).rowcount for each in ids)
            account_rows.record(db, entries)
            return gone

    def sweep(self, at: datetime) -> None:
        """Remove expired credentials and counters."""
        moment = (micros(at),)
        with self._database.writing() as db:
            db.execute("DELETE FROM credentials WHERE expires_at <= %s", moment)
            db.execute("DELETE FROM counters WHERE until <= %s", moment)

    def increment(self, name: str, window: int, limit: int, until: datetime | None = None) -> bool:
        """Count something in a window."""
        with self._database.writing() as db:
            ends = micros(until) if until else None
            values = {"name": name, "period": window, "until": ends, "limit": limit}
            return limit > 0 and db.execute(_HIT, values).rowcount > 0

    def decrement(self, name: str, window: int) -> None:
        """Decrement a counter."""
        with self._database.writing() as db:
            counted = "UPDATE counters SET count = count - 1 WHERE name = %s AND period = %s AND count > 0"
            db.execute(counted, (name, window))

    def clear(self, name: str) -> None:
        """Reset a counter to 0."""
        with self._database.writing() as db:
            db.execute("DELETE FROM counters WHERE name = %s", (name,))

    def record(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries to the audit log."""
        with self._database.writing() as db:
            account_rows.record(db, entries)

    def audit(self, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the entries of the audit log."""
        with self._database.reading() as db:
            return account_rows.audit(db, after, limit)

    def latest_audit(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return the last entries of the audit log, or the last ones before a number, newest first."""
        with self._database.reading() as db:
            return account_rows.latest_audit(db, limit, before)

    def everything(self) -> AllAccounts:
        """Return everything that is stored."""
        with self._database.reading() as db:
            return AllAccounts(
                accounts=account_rows.read_all(db, "SELECT data FROM accounts ORDER BY id", Account),
                spaces=account_rows.read_all(db, "SELECT data FROM spaces ORDER BY id", Space),
                members=[
                    Membership(str(space), str(account), role)
                    for account, space, role in db.execute("SELECT account_id, space, role FROM members")
                    if role in ROLES
                ],
                credentials=account_rows.read_all(db, "SELECT data FROM credentials ORDER BY id", Credential),
                audit=account_rows.audit(db),
            )

    def restore(self, everything: AllAccounts) -> None:
        """Store the data of another store."""
        with self._database.writing() as db:
            for account in everything.accounts:
                if not db.execute("SELECT 1 FROM accounts WHERE id = %s", (account.id,)).fetchone():
                    account_rows.put_account(db, account)
            for space in everything.spaces:
                db.execute(_INSERT_SPACE, (space.id, msgspec.json.encode(space)))
            for each in everything.members:
                db.execute(f"{_INSERT_MEMBER} DO NOTHING", (each.account, each.space, each.role))
            account_rows.put_credentials(db, everything.credentials)
            account_rows.record(db, missing_audit(account_rows.audit(db), everything.audit))

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Yield a connection for changing accounts; roll back if no admin could sign in afterwards."""
        with self._database.writing() as db:
            # One change at a time: of two admins who demote each other, one must see that the other is gone.
            db.execute("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE")
            yield db
            if not db.execute("SELECT 1 FROM accounts WHERE active_admin LIMIT 1").fetchone():
                raise last_admin()
