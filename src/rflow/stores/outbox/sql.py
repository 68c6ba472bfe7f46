"""The outbox of a store in a database."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from rflow.core.notices import Notice, names
from rflow.core.session.times import micros
from rflow.stores.account_records import read

_DUE = "SELECT data FROM notices WHERE due <= ? ORDER BY due, id LIMIT ?"
_ONE = "SELECT data FROM notices WHERE id = ?"
_UPDATE = "UPDATE notices SET due = ?, settled = ?, data = ? WHERE id = ?"


class Executing(Protocol):
    """A connection."""

    def execute(self, statement: Any, values: Any = ..., /) -> Any:
        """Execute a statement, and return a cursor."""


class Database(Protocol):
    """A database."""

    def reading(self) -> AbstractContextManager[Executing]:
        """Yield a connection that sees a consistent snapshot of the store."""

    def writing(self) -> AbstractContextManager[Executing]:
        """Yield a connection for a change."""


class SqlOutbox:
    """The notices in a database; in its dialect, `mark` is a placeholder, and `lock` locks selected rows."""

    mark = "?"
    lock = ""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, notices: Sequence[Notice]) -> int:
        """Store notices, except for those that exist already."""
        with self._database.writing() as db:
            return self.insert(db, notices)

    @classmethod
    def insert(cls, db: Executing, notices: Iterable[Notice]) -> int:
        """Write notices that don't exist yet, in the caller's transaction; return how many."""
        sql = "INSERT INTO notices VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        return sum(cls._execute(db, sql, *_row(notice)).rowcount for notice in notices)

    def claim(self, at: datetime, until: datetime, limit: int) -> list[Notice]:
        """Claim notices that are due; this only reads if there are none."""
        now = micros(at)
        with self._database.reading() as db:
            if self._execute(db, _DUE, now, 1).fetchone() is None:
                return []
        with self._database.writing() as db:
            due = _read_all(self._execute(db, _DUE + self.lock, now, limit))
            claimed = [replace(notice, due=until, attempts=notice.attempts + 1) for notice in due]
            for notice in claimed:
                self._update(db, notice)
            return claimed

    def replace(self, notice: Notice, claimed: Notice, added: Sequence[Notice] = ()) -> bool:
        """Store the new state of a claimed notice."""
        with self._database.writing() as db:
            if _read_all(self._execute(db, _ONE + self.lock, claimed.id)) != [claimed]:
                return False
            self._update(db, notice)
            self.insert(db, added)
            return True

    def notices(self) -> list[Notice]:
        """Return all notices."""
        with self._database.reading() as db:
            found = _read_all(db.execute("SELECT data FROM notices"))
        return sorted(found, key=lambda notice: (notice.at, notice.id))

    def forget(self, person_id: str) -> None:
        """Remove the notices that name a person."""
        with self._database.writing() as db:
            for notice in _read_all(db.execute("SELECT data FROM notices")):
                if names(notice, person_id):
                    self._execute(db, "DELETE FROM notices WHERE id = ?", notice.id)

    def sweep(self, before: datetime) -> None:
        """Remove notices that were settled before a time."""
        with self._database.writing() as db:
            self._execute(db, "DELETE FROM notices WHERE settled < ?", micros(before))

    @classmethod
    def _execute(cls, db: Executing, sql: str, *values: object) -> Any:
        return db.execute(sql.replace("?", cls.mark), values)

    def _update(self, db: Executing, notice: Notice) -> None:
        _, _, due, settled, data = _row(notice)
        self._execute(db, _UPDATE, due, settled, data, notice.id)


def _row(notice: Notice) -> tuple[str, str, int | None, int | None, bytes]:
    due = micros(notice.due) if notice.settled_at is None else None
    settled = micros(notice.settled_at) if notice.settled_at is not None else None
    return notice.id, notice.session, due, settled, msgspec.json.encode(notice)


def _read_all(rows: Iterable[Any]) -> list[Notice]:
    return [notice for (data,) in rows if (notice := read(data, Notice)) is not None]
