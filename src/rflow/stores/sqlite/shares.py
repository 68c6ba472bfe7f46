"""The shares of a SQLite store. Their tables came later than the others and are made with the first share."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import msgspec

from rflow.core.sharing import VIEWS_KEPT, Share, ShareCount, ShareView, read_share
from rflow.stores import derived
from rflow.stores.sqlite.file import SqliteFile

_TABLES = (
    # `data` is the share as JSON; the columns before it are what shares are found by.
    """CREATE TABLE IF NOT EXISTS shares (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, session_id TEXT NOT NULL,
        by_id TEXT NOT NULL, created_at INTEGER NOT NULL, dropped INTEGER NOT NULL, data BLOB NOT NULL)
        WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS shares_of_session ON shares (session_id)",
    "CREATE TABLE IF NOT EXISTS share_views (share_id TEXT NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS views_of_share ON share_views (share_id, at)",
)
_COUNT = (
    "dropped + (SELECT count(*) FROM share_views WHERE share_id = id),"
    " (SELECT max(at) FROM share_views WHERE share_id = id)"
)
_OLDEST = "SELECT rowid FROM share_views WHERE share_id = ? ORDER BY at DESC, rowid DESC LIMIT -1 OFFSET ?"


class SqliteShares:
    """The shares in a file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._found = False

    def add(self, share: Share, dropped: int = 0) -> None:
        """Keep a new share of a session; raise `NotFound` where that is gone."""
        columns = (share.id, share.hash, share.session, share.by.id, derived.micros(share.created_at), dropped)
        with self._file.writing() as db:
            if not db.execute("SELECT 1 FROM sessions WHERE id = ?", (share.session,)).fetchone():
                raise derived.no_session()
            for statement in _TABLES:
                db.execute(statement)
            db.execute("INSERT INTO shares VALUES (?, ?, ?, ?, ?, ?, ?)", (*columns, msgspec.json.encode(share)))

    def by_hash(self, digest: str) -> Share | None:
        """Find a share by the hash of its token."""
        with self._file.reading() as db:
            if not self._there(db):
                return None
            found = db.execute("SELECT data FROM shares WHERE hash = ?", (digest,)).fetchone()
        return read_share(found[0]) if found else None

    def listed(self, session: str | None = None) -> list[ShareCount]:
        """List the shares of a session, or all, the newest first."""
        with self._file.reading() as db:
            if not self._there(db):
                return []
            where, values = ("", ()) if session is None else ("WHERE session_id = ? ", (session,))
            sql = f"SELECT data, {_COUNT} FROM shares {where}ORDER BY created_at DESC, id"  # noqa: S608 (from here)
            found = db.execute(sql, values).fetchall()
        return [_counted(share, *count) for data, *count in found if (share := read_share(data)) is not None]

    def replace(self, share: Share) -> None:
        """Keep the new state of a share; one that is gone by now stays gone."""
        with self._file.writing() as db:
            db.execute("UPDATE shares SET data = ? WHERE id = ?", (msgspec.json.encode(share), share.id))

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Keep views of shares, by the shares' ids; of each the last ones, the others are counted."""
        kept = [
            {"share": name, "at": derived.micros(view.at), "data": msgspec.json.encode(view)}
            for name in views
            for view in views[name]
        ]
        with self._file.writing() as db:
            sql = "INSERT INTO share_views SELECT :share, :at, :data WHERE EXISTS (SELECT 1 FROM shares WHERE id = :share)"
            db.executemany(sql, kept)
            for name in views:
                _drop_oldest(db, name)

    def views(self, share_id: str, limit: int) -> list[ShareView]:
        """Give the last views of a share, the newest first."""
        with self._file.reading() as db:
            if not self._there(db):
                return []
            sql = "SELECT data FROM share_views WHERE share_id = ? ORDER BY at DESC, rowid DESC LIMIT ?"
            found = db.execute(sql, (share_id, limit)).fetchall()
        return [msgspec.json.decode(data, type=ShareView) for (data,) in found]

    def _there(self, db: sqlite3.Connection) -> bool:
        self._found = self._found or there(db)
        return self._found


def there(db: sqlite3.Connection) -> bool:
    """Whether this store has had a share yet."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'shares'").fetchone() is not None


def _drop_oldest(db: sqlite3.Connection, share_id: str) -> None:
    """Only count the oldest views where there are too many: whoever has a link could fill the disk with them."""
    (count,) = db.execute("SELECT count(*) FROM share_views WHERE share_id = ?", (share_id,)).fetchone()
    if count > 2 * VIEWS_KEPT:
        db.execute(f"DELETE FROM share_views WHERE rowid IN ({_OLDEST})", (share_id, VIEWS_KEPT))  # noqa: S608
        db.execute("UPDATE shares SET dropped = dropped + ? WHERE id = ?", (count - VIEWS_KEPT, share_id))


def clear(db: sqlite3.Connection, session_id: str) -> None:
    """End the shares of a session that goes, without a trace."""
    if there(db):
        db.execute(
            "DELETE FROM share_views WHERE share_id IN (SELECT id FROM shares WHERE session_id = ?)", (session_id,)
        )
        db.execute("DELETE FROM shares WHERE session_id = ?", (session_id,))


def stored(db: sqlite3.Connection) -> Iterator[tuple[str, Share | None]]:
    """Give every share by its id; None is damaged."""
    if there(db):
        for name, data in db.execute("SELECT id, data FROM shares"):
            yield str(name), read_share(data)


def _counted(share: Share, views: int, last: int | None) -> ShareCount:
    return ShareCount(
        share=share, views=views, last_view=None if last is None else derived.EPOCH + timedelta(microseconds=last)
    )
