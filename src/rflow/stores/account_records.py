"""Functions for the records of accounts, spaces, credentials and the audit log, shared by all kinds of stores."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar, get_args

import msgspec
from msgspec.structs import replace

from rflow.core.accounts import Account, AuditEntry, Credential
from rflow.core.actors import MemberRole
from rflow.core.notices import Notice
from rflow.core.people import Person
from rflow.core.space_policy import Space

_Record = TypeVar("_Record", bound=msgspec.Struct)
_Authored = TypeVar("_Authored", AuditEntry, Credential)

ROLES = tuple(get_args(MemberRole))
LAST_NUMBER = 2**62
"""Larger than the number of any audit entry, and small enough for a 64-bit column."""
_TABLES: tuple[tuple[str, str, type[msgspec.Struct]], ...] = (
    ("accounts", "id", Account),
    ("spaces", "id", Space),
    ("credentials", "id", Credential),
    ("audit", "seq", AuditEntry),
    ("notices", "id", Notice),
)
"""The tables with records in the SQL stores: name, key column, type."""


def read(data: bytes, kind: type[_Record]) -> _Record | None:
    """Decode a record; None if it is damaged or newer than this version, so that nobody can sign in with it."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
        return None


def by_account(rows: Iterable[tuple[str, str, MemberRole]]) -> dict[str, dict[str, MemberRole]]:
    """Return the roles in rows of an account, a space and a role, without those of a newer version."""
    roles: dict[str, dict[str, MemberRole]] = {}
    for account, space, role in rows:
        if role in ROLES:
            roles.setdefault(account, {})[space] = role
    return roles


def with_person_replaced(record: _Authored, person_id: str, to: Person) -> _Authored:
    """Return a record in which the person with this id is replaced by `to`, because they are being erased."""
    if record.by is not None and record.by.id == person_id:
        record = replace(record, by=to)
    if isinstance(record, AuditEntry):
        if record.subject == person_id:
            record = replace(record, details={key: text for key, text in record.details.items() if key != "address"})
        details = {name: to.name if value.casefold() == person_id else value for name, value in record.details.items()}
        subject = to.id if record.subject == person_id else record.subject
        record = replace(record, subject=subject, details=details)
    return record


def missing_audit(here: Sequence[AuditEntry], theirs: Sequence[AuditEntry]) -> list[AuditEntry]:
    """Return the audit entries of another store that are missing here; their numbers don't matter."""
    known = {msgspec.json.encode(replace(entry, seq=0)) for entry in here}
    return [entry for entry in theirs if msgspec.json.encode(replace(entry, seq=0)) not in known]


def audit_entries(rows: Iterable[tuple[int, bytes]]) -> list[AuditEntry]:
    """Return the readable audit entries in rows of their numbers and data."""
    return [replace(entry, seq=seq) for seq, data in rows if (entry := read(data, AuditEntry)) is not None]


def stored_records(
    select: Callable[[str], Iterable[tuple[object, bytes]]], data: str = "data"
) -> Iterator[tuple[str, str, bytes, bool]]:
    """Yield every record of an SQL store: its table, its key, its data, and whether this version can read it.

    `data` is the SQL expression for the data column.
    """
    for table, key, kind in _TABLES:
        for name, record in select(f"SELECT {key}, {data} FROM {table}"):  # noqa: S608 (constants)
            yield table, str(name), record, read(record, kind) is not None
