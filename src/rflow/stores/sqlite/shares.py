"""The shares of a SQLite store."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Literal

import msgspec

from rflow.core.session.times import EPOCH, micros
from rflow.core.sharing import (
    VIEWS_KEPT,
    Share,
    ShareCount,
    ShareView,
    StoredShare,
    read_key,
    read_or_newer,
    read_share,
    read_view,
    stored_share,
    viewed_at,
)
from rflow.ports.paging import WHOLE, Key, Part, collect
from rflow.stores import derived, failures
from rflow.stores.sqlite.file import SqliteFile

_INSERT_VIEW = "INSERT INTO share_views SELECT :share, :at, :data WHERE EXISTS (SELECT 1 FROM shares WHERE id = :share)"
_COUNT = (
    "dropped + (SELECT count(*) FROM share_views WHERE share_id = id),"
    " (SELECT max(at) FROM share_views WHERE share_id = id)"
)
_ORDER = "ORDER BY created_at DESC, id"
_OLDEST = "SELECT rowid FROM share_views WHERE share_id = ? ORDER BY at DESC, rowid DESC LIMIT -1 OFFSET ?"


class SqliteShares:
    """The shares in a SQLite file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, share: Share) -> None:
        """Store a new share; raise `NotFound` if its session is gone."""
        with self._file.writing() as db:
            if not db.execute("SELECT 1 FROM sessions WHERE id = ?", (share.session,)).fetchone():
                raise derived.no_session()
            _insert(db, stored_share(share))

    def stored(self) -> list[StoredShare]:
        """Return all shares as stored; damaged ones are left out."""
        with self._file.reading() as db:
            rows = db.execute("SELECT dropped, data FROM shares ORDER BY created_at, id").fetchall()
        keys = ((read_key(data), data, dropped) for dropped, data in rows)
        return [StoredShare(key=key, data=data, dropped=dropped) for key, data, dropped in keys if key is not None]

    def stored_views(self, share_id: str) -> list[bytes]:
        """Return the views of a share as stored, oldest first."""
        sql = "SELECT CAST(coalesce(data, '') AS BLOB) FROM share_views WHERE share_id = ? ORDER BY at, rowid"
        with self._file.reading() as db:
            return [data for (data,) in db.execute(sql, (share_id,)) if viewed_at(data)]

    def restore(self, share: StoredShare, views: Sequence[bytes] = ()) -> None:
        """Store a share and its views as copied from another store."""
        with self._file.writing() as db:
            if _insert(db, share):
                new = [{"share": share.key.id, "at": _micros(data), "data": data} for data in views]
                db.executemany(_INSERT_VIEW, new)

    def by_hash(self, digest: str) -> Share | None:
        """Return the share with this hash of its token."""
        with self._file.reading() as db:
            row = db.execute("SELECT data FROM shares WHERE hash = ?", (digest,)).fetchone()
        return read_share(row[0]) if row else None

    def listed(self, session: str | None = None, part: Part = WHOLE) -> list[ShareCount]:
        """List all shares, or those of one session, or a part of the list; newest first."""
        return collect(partial(self._rows, session), part)

    def _rows(self, session: str | None, part: Part) -> list[tuple[Key, ShareCount | None]]:
        """Select a part of the shares with their keys; unreadable ones are None."""
        conditions: list[tuple[str, tuple[str | int, ...]]] = []
        if session is not None:
            conditions.append(("session_id = ?", (session,)))
        if part.after is not None:
            conditions.append(("(-created_at, id) > (?, ?)", (part.after.at, derived.encodable(part.after.id))))
        where = " AND ".join(condition for condition, _ in conditions) or "true"
        values = [value for _, given in conditions for value in given]
        limit = -1 if part.limit is None else part.limit
        sql = f"SELECT * FROM shares WHERE {where} {_ORDER} LIMIT ?"  # noqa: S608 (constants)
        return self._selected(sql, (*values, limit))

    def _selected(self, sql: str, values: Sequence[str | int | None]) -> list[tuple[Key, ShareCount | None]]:
        counted = f"SELECT -created_at, id, data, {_COUNT} FROM ({sql}) AS shares {_ORDER}"  # noqa: S608 (constants)
        with self._file.reading() as db:
            rows = db.execute(counted, tuple(values)).fetchall()
        return [(Key(at=at, id=name), _counted(read_share(data), *count)) for at, name, data, *count in rows]

    def find_by_prefix(self, prefix: str) -> list[ShareCount]:
        """Return the shares whose ids begin with `prefix`, by id."""
        first = derived.encodable(prefix)
        found = self._selected("SELECT * FROM shares WHERE id >= ? AND id < ?", (first, first + "\U0010ffff"))
        return sorted((count for _, count in found if count is not None), key=lambda count: count.share.id)

    def replace(self, share: Share) -> None:
        """Store the new state of a share, unless it has been deleted in the meantime."""
        with self._file.writing() as db:
            row = db.execute("SELECT data FROM shares WHERE id = ?", (share.id,)).fetchone()
            if row and read_share(row[0]) is None:
                raise failures.newer_link(share.id)
            values = (share.by.id, msgspec.json.encode(share), share.id)
            db.execute("UPDATE shares SET by_id = ?, data = ? WHERE id = ?", values)

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Store views by share id. Only the last views of each share are kept; older ones are counted."""
        with self._file.writing() as db:
            for name, new in views.items():
                kept = new[-VIEWS_KEPT:] if len(new) > 2 * VIEWS_KEPT else new
                db.executemany(_INSERT_VIEW, [_view_row(name, view) for view in kept])
                _drop_oldest(db, name, len(new) - len(kept))

    def views(self, share_id: str, limit: int) -> list[ShareView]:
        """Return the last views of a share, newest first."""
        with self._file.reading() as db:
            sql = "SELECT data FROM share_views WHERE share_id = ? ORDER BY at DESC, rowid DESC"
            selected = db.execute(sql, (share_id,))
            return list(islice((view for (data,) in selected if (view := read_view(data))), limit))


def _micros(data: bytes) -> int:
    return micros(viewed_at(data) or EPOCH)


def _insert(db: sqlite3.Connection, share: StoredShare) -> bool:
    """Write a share; False if it is there already."""
    key = share.key
    columns = (key.id, key.hash, key.session, key.by.id, micros(key.created_at), share.dropped, share.data)
    return db.execute("INSERT OR IGNORE INTO shares VALUES (?, ?, ?, ?, ?, ?, ?)", columns).rowcount > 0


def _view_row(share_id: str, view: ShareView) -> dict[str, str | int | bytes]:
    return {"share": share_id, "at": micros(view.at), "data": msgspec.json.encode(view)}


def _drop_oldest(db: sqlite3.Connection, share_id: str, more: int) -> None:
    """Delete and count the oldest views if there are too many: anyone with a link could fill the disk with them.

    `more` views, older than the ones just written, are only counted.
    """
    (count,) = db.execute("SELECT count(*) FROM share_views WHERE share_id = ?", (share_id,)).fetchone()
    if count > 2 * VIEWS_KEPT:
        db.execute(f"DELETE FROM share_views WHERE rowid IN ({_OLDEST})", (share_id, VIEWS_KEPT))  # noqa: S608
        more += count - VIEWS_KEPT
    if more:
        db.execute("UPDATE shares SET dropped = dropped + ? WHERE id = ?", (more, share_id))


def stored(db: sqlite3.Connection) -> Iterator[tuple[str, Share | Literal["newer"] | None]]:
    """Yield every share with its id; None if it is damaged."""
    for name, data in db.execute("SELECT id, data FROM shares"):
        yield str(name), read_or_newer(data)


def _counted(share: Share | None, views: int, last: int | None) -> ShareCount | None:
    if share is None:
        return None
    viewed = None if last is None else EPOCH + timedelta(microseconds=last)
    return ShareCount(share=share, views=views, last_view=viewed)
