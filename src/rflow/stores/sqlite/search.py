"""Search in a SQLite store: an index in a file beside it, brought up to date when somebody searches.

The store knows nothing of the index, so that writing costs what it did without one. A session is indexed again if its
version or its time differ from what the index has; what the whole store adds up to (`totals`) shows whether that is so
for any. The file can be deleted at any time. Where it can't be written, the index is built in memory for this program.
"""

import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rflow.core.session.head import Query
from rflow.core.session.search.query import Term
from rflow.core.session.times import micros
from rflow.errors import StoreProblem
from rflow.ports.values import Ranked
from rflow.stores.search.index import Row, SearchIndex, totals
from rflow.stores.sqlite import rows
from rflow.stores.sqlite.file import Explained, SqliteFile, Transaction, touch

SUFFIX = "-search"
SLICE = 0.5
"""How many seconds a call spends on building the index, before it commits and lets others search or build on."""
_MARGIN = 10 * 60 * 1_000_000
"""How far a clock may have been set back since a search without making the next one slower, in microseconds."""
_BATCH = 500
_COLUMNS = "id, version, updated_at, status, owner, owner_kind, space, customer, ticket, tree, code"
_CHANGED_SINCE = (
    f"SELECT {_COLUMNS} FROM sessions WHERE status <> 'closed' AND updated_at >= ?"  # noqa: S608 (constants)
    f" UNION ALL SELECT {_COLUMNS} FROM sessions WHERE status = 'closed' AND updated_at >= ?"
)
_NEXT = f"SELECT {_COLUMNS} FROM sessions WHERE id > ? ORDER BY id LIMIT {_BATCH}"  # noqa: S608 (constants)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


class _Outdated(sqlite3.DatabaseError):
    """The index was made by another version of rflow."""

    sqlite_errorcode = sqlite3.SQLITE_ERROR


class SqliteSearch:
    """The search index of the store in `file`."""

    def __init__(self, file: SqliteFile, patience: float) -> None:
        self._file = file
        self._patience = patience
        self.path = Path(file.path + SUFFIX)
        self._memory: sqlite3.Connection | None = None
        self._remark = ""

    def find(self, terms: Sequence[Term], query: Query, first: int) -> Ranked:
        """Return the sessions that match."""
        if not Path(self._file.path).exists():
            return Ranked()
        with self._file.reading():  # Raises if that is no store: then there must be no index beside it.
            pass
        for again in (True, False):
            if self._memory is not None:
                break
            try:
                with self._opened() as db:
                    return self._find(db, terms, query, first)
            except (OSError, sqlite3.Error, StoreProblem) as error:
                # While the store is being read, errors of the index look like errors of the store. If it is the store,
                # the next attempt says so.
                cause = error.__cause__ if isinstance(error, StoreProblem) else error
                if not (again and _is_damage(cause) and self.remove()):
                    self._use_memory(cause)
        assert self._memory is not None
        with Explained(self._file.path):
            return replace(self._find(self._memory, terms, query, first), remark=self._remark)

    def _use_memory(self, error: BaseException | None) -> None:
        from rflow.stores.disks import why_not_writable

        problem = why_not_writable(Path(self._file.path))
        why = f"{self.path.name} can't be used: {error}" if problem is None else "the store's folder can't be written"
        self._remark = f"The search index is built again for each search, because {why}."
        self._memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)

    def _find(self, db: sqlite3.Connection, terms: Sequence[Term], query: Query, first: int) -> Ranked:
        """Search an index, after bringing it up to date; it is not locked for writing if it is that already."""
        index = SearchIndex(db)
        with Transaction(db, "BEGIN"):
            if index.is_current and self._is_up_to_date(index):
                return index.find(terms, query, first)
        with Transaction(db, "BEGIN IMMEDIATE"):
            done = self._update(index)
        if done is not None:
            return Ranked(building=done)
        with Transaction(db, "BEGIN"):
            return index.find(terms, query, first)

    # Bringing it up to date

    def _is_up_to_date(self, index: SearchIndex) -> bool:
        scanned, checked_at = index.state
        if scanned is not None:
            return False
        with self._file.reading() as store:
            return not _changed_since(store, index, checked_at) and index.totals == totals(store, "sessions")

    def _update(self, index: SearchIndex) -> int | None:
        """Bring the index up to date; return how much of it is (percent) if there is more to do, else None."""
        if index.is_new:
            index.create()
        elif not index.is_current:
            raise _Outdated("it was made by another version of rflow")
        end, now = time.monotonic() + SLICE, micros(datetime.now(UTC))
        scanned, checked_at = index.state
        with self._file.reading() as store:
            if scanned is None:
                if not _catch_up(store, index, checked_at, end):
                    return _percent(store, index)
                if index.add_up() == totals(store, "sessions"):
                    index.state = (None, now)
                    return None
            checked_at = checked_at if scanned else now
            done = _scan(store, index, scanned or "", checked_at, end) and _catch_up(store, index, checked_at, end)
            if done:
                index.add_up()
            return None if done else _percent(store, index)

    # The file

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file, which is created if necessary."""
        if not os.path.lexists(self.path):
            with suppress(FileExistsError):  # Another program was quicker.
                touch(self.path)
        status = self.path.lstat()
        if not stat.S_ISREG(status.st_mode):  # SQLite would follow a link, and block forever on a FIFO.
            raise OSError("it is not a plain file")
        uri = f"{self.path.as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=self._patience, isolation_level=None)) as db:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("PRAGMA cache_spill = OFF")  # Spilling would lock out searches long before the commit.
            yield db

    def remove(self) -> bool:
        """Delete the index; False if that is not possible now."""
        if not self.exists:
            return True
        try:
            with self._file.writing():  # Two programs must not delete each other's new index.
                for path in self.paths:
                    path.unlink(missing_ok=True)
        except (OSError, StoreProblem):
            return False
        return True

    @property
    def paths(self) -> tuple[Path, Path]:
        """The file and its journal."""
        return self.path, self.path.with_name(f"{self.path.name}-journal")

    @property
    def exists(self) -> bool:
        """Whether there is an index, or a part of one."""
        return any(os.path.lexists(path) for path in self.paths)

    def size(self) -> int:
        """Return the size of its files in bytes."""
        return sum(path.lstat().st_size for path in self.paths if os.path.lexists(path))

    def erase(self, session_id: str) -> bool:
        """Remove a session from the index without a trace, or else the whole index; False if neither is possible."""
        if not self.exists:
            return True
        try:
            with self._opened() as db:
                index = SearchIndex(db)
                with Transaction(db, "BEGIN IMMEDIATE"):
                    if not index.is_current:
                        raise _Outdated
                    index.remove(session_id)
                    index.merge()
                    index.add_up()
                db.execute("VACUUM")
                return True
        except (OSError, sqlite3.Error):
            return self.remove()

    def damage(self) -> str:
        """Return what is wrong with the index; "" if nothing is, or there is none."""
        if not self.exists:
            return ""
        try:
            with self._opened() as db:
                if SearchIndex(db).is_current:
                    SearchIndex(db).check()
        except (OSError, sqlite3.Error) as error:
            return str(error) if _is_damage(error) else ""
        return ""

    def close(self) -> None:
        """Close the index in memory."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None


def _is_damage(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.Error) and (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGED


def _scan(store: sqlite3.Connection, index: SearchIndex, scanned: str, checked_at: int, end: float) -> bool:
    """Continue the pass over all sessions after the id `scanned`; False if time was up before its end."""
    removed = complete = late = False
    while not complete and not late:
        selected = store.execute(_NEXT, (scanned,)).fetchall()
        changed = _differing(index, selected)
        brought = _bring(store, index, changed, end)
        stop = changed[brought][0] if brought < len(changed) else None
        handled = [row[0] for row in selected if stop is None or row[0] < stop]
        complete = stop is None and len(selected) < _BATCH
        to = None if complete else handled[-1]
        for session_id in set(index.ids_between(scanned, to)).difference(handled):
            removed = index.remove(session_id) or removed
        scanned = to or scanned
        late = time.monotonic() > end
    if removed:
        index.merge()  # A program without this index removed them, perhaps for good.
    index.state = (None if complete else scanned, checked_at)
    return complete


def _catch_up(store: sqlite3.Connection, index: SearchIndex, checked_at: int, end: float) -> bool:
    """Index the sessions that were updated since a time; False if time was up before all were."""
    changed = _changed_since(store, index, checked_at)
    return _bring(store, index, changed, end) == len(changed)


def _changed_since(store: sqlite3.Connection, index: SearchIndex, checked_at: int) -> list[tuple[Any, ...]]:
    """Return the sessions that were updated since a time, by their own, and that the index has differently."""
    return _differing(index, store.execute(_CHANGED_SINCE, (checked_at - _MARGIN,) * 2).fetchall())


def _differing(index: SearchIndex, selected: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return those of these sessions that the index lacks or has with another version or time."""
    known = index.versions([session_id for session_id, *_ in selected])
    return [row for row in selected if known.get(row[0]) != row[1:3]]


def _bring(store: sqlite3.Connection, index: SearchIndex, changed: Sequence[tuple[Any, ...]], end: float) -> int:
    """Index sessions; return how many before time was up, one at least."""
    for number, (*columns, code) in enumerate(changed, 1):
        row = Row(*columns)
        index.put(row, str(code), rows.load(store, row.id).events)
        if time.monotonic() > end:
            return number
    return len(changed)


def _percent(store: sqlite3.Connection, index: SearchIndex) -> int:
    """Return how much of the index is built."""
    (count,) = store.execute("SELECT count(*) FROM sessions").fetchone()
    return min(100 * index.count() // max(int(count), 1), 99)
