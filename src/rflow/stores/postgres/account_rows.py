"""Reads and writes the rows of accounts, spaces, credentials and the audit, on a connection in a transaction."""

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from rflow.core.accounts import Account, AuditEntry, Credential, CredentialKind
from rflow.core.actors import MemberRole
from rflow.core.people import Person
from rflow.core.session.times import micros
from rflow.core.space_policy import Space
from rflow.ports.accounts import NameTaken
from rflow.stores.account_records import LAST_NUMBER, ROLES, audit_entries, read, with_person_replaced
from rflow.stores.postgres.connection.connecting import Connection

_INSERT_CREDENTIAL = "INSERT INTO credentials VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
_PUT_ACCOUNT = (
    "INSERT INTO accounts VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE SET"
    " active_admin = excluded.active_admin, data = excluded.data"
)
_Record = TypeVar("_Record", bound=msgspec.Struct)


def read_all(db: Connection, sql: str, kind: type[_Record], values: Sequence[str] = ()) -> list[_Record]:
    return [record for (data,) in db.execute(sql, values) if (record := read(data, kind)) is not None]


def account(db: Connection, account_id: str) -> Account | None:
    row = db.execute("SELECT data FROM accounts WHERE id = %s", (account_id,)).fetchone()
    return read(row[0], Account) if row else None


def put_account(db: Connection, account: Account) -> None:
    row = (account.id, account.admin and account.active, msgspec.json.encode(account))
    db.execute(_PUT_ACCOUNT, row)
    db.execute("DELETE FROM identities WHERE account_id = %s", (account.id,))
    for each in account.identities:
        values = (each.issuer, each.subject, account.id)
        if not db.execute("INSERT INTO identities VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", values).rowcount:
            raise NameTaken


def space(db: Connection, space_id: str, lock: str = "") -> Space | None:
    row = db.execute(f"SELECT data FROM spaces WHERE id = %s{lock}", (space_id,)).fetchone()  # noqa: S608 (constants)
    return read(row[0], Space) if row else None


def roles_of(db: Connection, account_id: str) -> dict[str, MemberRole]:
    return roles(db.execute("SELECT space, role FROM members WHERE account_id = %s ORDER BY space", (account_id,)))


def roles(rows: Iterable[tuple[str, MemberRole]]) -> dict[str, MemberRole]:
    return {name: role for name, role in rows if role in ROLES}


def credential(db: Connection, digest: str, lock: str = "") -> Credential | None:
    sql = f"SELECT data FROM credentials WHERE hash = %s{lock}"  # noqa: S608 (constants)
    row = db.execute(sql, (digest,)).fetchone()
    return read(row[0], Credential) if row else None


def put_credentials(db: Connection, credentials: Iterable[Credential]) -> None:
    for each in credentials:
        expires = micros(each.expires_at) if each.expires_at else None
        values = (each.id, each.hash, each.account, each.kind, expires, msgspec.json.encode(each))
        db.execute(_INSERT_CREDENTIAL, values)


def delete_by_hash(db: Connection, digest: str) -> bool:
    return db.execute("DELETE FROM credentials WHERE hash = %s", (digest,)).rowcount > 0


def end_of(db: Connection, account_id: str, kinds: Collection[CredentialKind]) -> None:
    sql = "DELETE FROM credentials WHERE account_id = %s AND kind = ANY(%s)"
    db.execute(sql, (account_id, list(kinds)))


def record(db: Connection, entries: Iterable[AuditEntry]) -> None:
    """Add entries to the audit, in the order of their numbers: a reader who continues after one must not miss any."""
    records = [msgspec.json.encode(replace(entry, seq=0)) for entry in entries]
    if records:
        db.execute("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE")
        db.execute("INSERT INTO audit (data) SELECT unnest(%s::bytea[])", (records,))


def rename(db: Connection, person_id: str, to: Person) -> None:
    for entry in audit(db):
        if (changed := with_person_replaced(entry, person_id, to)) != entry:
            data = msgspec.json.encode(replace(changed, seq=0))
            db.execute("UPDATE audit SET data = %s WHERE seq = %s", (data, entry.seq))
    for each in read_all(db, "SELECT data FROM credentials", Credential):
        if (made := with_person_replaced(each, person_id, to)) != each:
            db.execute("UPDATE credentials SET data = %s WHERE id = %s", (msgspec.json.encode(made), each.id))


def audit(db: Connection, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
    sql = "SELECT seq, data FROM audit WHERE seq > %s ORDER BY seq LIMIT %s"
    return audit_entries(db.execute(sql, (after, limit)))


def latest_audit(db: Connection, limit: int, before: int | None) -> list[AuditEntry]:
    sql = "SELECT seq, data FROM audit WHERE seq < %s ORDER BY seq DESC LIMIT %s"
    return audit_entries(db.execute(sql, (LAST_NUMBER if before is None else min(before, LAST_NUMBER), limit)))
