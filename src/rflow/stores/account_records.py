"""Accounts, spaces, credentials and audit entries as records: reading what may be newer, and what copies share."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from rflow.core.accounts import AuditEntry, Credential
from rflow.core.people import Person

_Record = TypeVar("_Record", bound=msgspec.Struct)
_Named = TypeVar("_Named", AuditEntry, Credential)


def read(data: bytes, kind: type[_Record]) -> _Record | None:
    """Read a record; None if it is damaged, or newer than this version: it opens nothing."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
        return None


def renamed(record: _Named, person_id: str, to: Person) -> _Named:
    """Return a record with somebody replaced who is erased."""
    if record.by is not None and record.by.id == person_id:
        record = replace(record, by=to)
    if isinstance(record, AuditEntry):
        if record.subject == person_id:
            record = replace(record, details={key: text for key, text in record.details.items() if key != "address"})
        details = {name: to.name if value.casefold() == person_id else value for name, value in record.details.items()}
        subject = to.id if record.subject == person_id else record.subject
        record = replace(record, subject=subject, details=details)
    return record


def added_audit(here: Sequence[AuditEntry], theirs: Sequence[AuditEntry]) -> list[AuditEntry]:
    """Return the entries of another store that are not here, whatever their numbers."""
    known = {msgspec.json.encode(replace(entry, seq=0)) for entry in here}
    return [entry for entry in theirs if msgspec.json.encode(replace(entry, seq=0)) not in known]
