"""The outbox of a PostgreSQL store."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from rflow.core.notices import Notice, names
from rflow.stores import derived
from rflow.stores.account_records import read
from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.connection.database import Database

_INSERT = "INSERT INTO notices VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
_UPDATE = "UPDATE notices SET due = %s, settled = %s, data = %s WHERE id = %s AND data = %s"
_DUE = "SELECT data FROM notices WHERE due <= %s ORDER BY due, id LIMIT %s"


class PostgresOutbox:
    """The notices in a PostgreSQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, notices: Sequence[Notice]) -> int:
        """Store notices that are not there yet."""
        with self._database.writing() as db:
            return put(db, notices)

    def claim(self, at: datetime, until: datetime, limit: int) -> list[Notice]:
        """Claim notices that are due; what another server is claiming right now is left to it."""
        now = derived.micros(at)
        with self._database.reading() as db:
            if db.execute(_DUE, (now, 1)).fetchone() is None:
                return []
        with self._database.writing() as db:
            due = _read_all(db.execute(f"{_DUE} FOR UPDATE SKIP LOCKED", (now, limit)))
            claimed = [replace(notice, due=until, attempts=notice.attempts + 1) for notice in due]
            for notice, before in zip(claimed, due, strict=True):
                _update(db, notice, before)
            return claimed

    def replace(self, notice: Notice, claimed: Notice, added: Sequence[Notice] = ()) -> bool:
        """Store a claimed notice as it is now."""
        with self._database.writing() as db:
            if not _update(db, notice, claimed):
                return False
            put(db, added)
            return True

    def notices(self) -> list[Notice]:
        """Return all notices."""
        with self._database.reading() as db:
            found = _read_all(db.execute("SELECT data FROM notices"))
        return sorted(found, key=lambda notice: (notice.at, notice.id))

    def forget(self, person_id: str) -> None:
        """Remove the notices that name somebody."""
        with self._database.writing() as db:
            found = _read_all(db.execute("SELECT data FROM notices"))
            ids = [notice.id for notice in found if names(notice, person_id)]
            db.execute("DELETE FROM notices WHERE id = ANY(%s)", (ids,))

    def sweep(self, before: datetime) -> None:
        """Remove what was settled before then."""
        with self._database.writing() as db:
            db.execute("DELETE FROM notices WHERE settled < %s", (derived.micros(before),))


def put(db: Connection, notices: Iterable[Notice]) -> int:
    """Write notices that are not there yet; return how many that were."""
    return sum(db.execute(_INSERT, _row(notice)).rowcount for notice in notices)


def _update(db: Connection, notice: Notice, before: Notice) -> bool:
    _, _, due, settled, data = _row(notice)
    return db.execute(_UPDATE, (due, settled, data, notice.id, msgspec.json.encode(before))).rowcount > 0


def _row(notice: Notice) -> tuple[str, str, int | None, int | None, bytes]:
    due = derived.micros(notice.due) if notice.settled_at is None else None
    settled = derived.micros(notice.settled_at) if notice.settled_at is not None else None
    return notice.id, notice.session, due, settled, msgspec.json.encode(notice)


def _read_all(rows: Iterable[Any]) -> list[Notice]:
    return [notice for (data,) in rows if (notice := read(bytes(data), Notice)) is not None]
