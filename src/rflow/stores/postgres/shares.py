"""The shares of a PostgreSQL store."""

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
from rflow.core.spaces import DEFAULT_SPACE
from rflow.ports.paging import WHOLE, Key, Part, collect
from rflow.ports.values import Standing
from rflow.stores import derived, failures
from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.connection.database import Database
from rflow.stores.postgres.connection.scope import EVERYTHING
from rflow.stores.postgres.rows import STAMP

_INSERT_VIEWS = (
    "INSERT INTO share_views (share_id, at, data, space) SELECT id, each.at, each.data, space"
    " FROM shares, unnest(%s::bigint[], %s::bytea[]) AS each(at, data) WHERE id = %s"
)
_COUNT = (
    "dropped + (SELECT count(*) FROM share_views WHERE share_id = id),"
    " (SELECT max(at) FROM share_views WHERE share_id = id)"
)
_ORDER = "ORDER BY created_at DESC, id"
_WATCHED = (
    f"SELECT hash, data, version, sessions.space, owner, {STAMP} FROM shares"  # noqa: S608 (constants)
    " JOIN sessions ON sessions.id = shares.session_id WHERE hash = ANY(%s)"
)
_DROP_OLDEST = (
    "DELETE FROM share_views WHERE number IN"
    " (SELECT number FROM share_views WHERE share_id = %s ORDER BY at DESC, number DESC OFFSET %s)"
)


class PostgresShares:
    """The shares in a PostgreSQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, share: Share) -> None:
        """Store a new share; raise `NotFound` if its session is gone."""
        with self._database.writing() as db:
            # The lock keeps the session from being deleted before the share can be deleted with it.
            if not db.execute("SELECT 1 FROM sessions WHERE id = %s FOR KEY SHARE", (share.session,)).fetchone():
                raise derived.no_session()
            _insert(db, stored_share(share))

    def stored(self) -> list[StoredShare]:
        """Return all shares as stored; damaged ones are left out."""
        with self._database.reading() as db:
            rows = db.execute("SELECT dropped, data FROM shares ORDER BY created_at, id").fetchall()
        keys = ((read_key(data), data, dropped) for dropped, data in rows)
        return [StoredShare(key=key, data=data, dropped=dropped) for key, data, dropped in keys if key is not None]

    def stored_views(self, share_id: str) -> list[bytes]:
        """Return the views of a share as stored, oldest first."""
        sql = "SELECT data FROM share_views WHERE share_id = %s ORDER BY at, number"
        with self._database.reading() as db:
            return [data for (data,) in db.execute(sql, (share_id,)) if viewed_at(data)]

    def restore(self, share: StoredShare, views: Sequence[bytes] = ()) -> None:
        """Store a share and its views as copied from another store."""
        with self._database.writing() as db:
            if _insert(db, share):
                _insert_views(db, share.key.id, [_micros(data) for data in views], views)

    def by_hash(self, digest: str) -> Share | None:
        """Return the share with this hash of its token."""
        # No space is known yet: a policy shows the one link whose hash this is.
        with self._database.scoped(self._database.scope._replace(link=digest)).reading() as db:
            row = db.execute("SELECT data FROM shares WHERE hash = %s", (digest,)).fetchone()
        return read_share(row[0]) if row else None

    def watched(self, hashes: Sequence[str]) -> dict[str, tuple[Share, Standing]]:
        """Return links by the hashes of their tokens, each with the standing of its session."""
        with self._database.scoped(EVERYTHING).reading() as db:
            found = db.execute(_WATCHED, (list(hashes),)).fetchall()
        return {name: (share, Standing(*row)) for name, data, *row in found if (share := read_share(data)) is not None}

    def listed(self, session: str | None = None, part: Part = WHOLE) -> list[ShareCount]:
        """List all shares, or those of one session, or a part of the list; newest first."""
        return collect(partial(self._rows, session), part)

    def _rows(self, session: str | None, part: Part) -> list[tuple[Key, ShareCount | None]]:
        """Select a part of the shares with their keys; unreadable ones are None."""
        conditions: list[tuple[str, tuple[str | int, ...]]] = []
        if session is not None:
            conditions.append(("session_id = %s", (session,)))
        if part.after is not None:
            conditions.append(("(-created_at, id) > (%s, %s)", (part.after.at, derived.encodable(part.after.id))))
        where = " AND ".join(condition for condition, _ in conditions) or "true"
        values = [value for _, given in conditions for value in given]
        limit = part.limit
        sql = f"SELECT * FROM shares WHERE {where} {_ORDER} LIMIT %s"  # noqa: S608 (constants)
        return self._selected(sql, (*values, limit))

    def _selected(self, sql: str, values: Sequence[str | int | None]) -> list[tuple[Key, ShareCount | None]]:
        counted = f"SELECT -created_at, id, data, {_COUNT} FROM ({sql}) AS shares {_ORDER}"  # noqa: S608 (constants)
        with self._database.reading() as db:
            rows = db.execute(counted, tuple(values)).fetchall()
        return [(Key(at=at, id=name), _counted(read_share(data), *count)) for at, name, data, *count in rows]

    def find_by_prefix(self, prefix: str) -> list[ShareCount]:
        """Return the shares whose ids begin with `prefix`, by id."""
        first = derived.encodable(prefix)
        found = self._selected("SELECT * FROM shares WHERE id >= %s AND id < %s", (first, first + "\U0010ffff"))
        return sorted((count for _, count in found if count is not None), key=lambda count: count.share.id)

    def replace(self, share: Share) -> None:
        """Store the new state of a share, unless it has been deleted in the meantime."""
        with self._database.writing() as db:
            row = db.execute("SELECT data FROM shares WHERE id = %s FOR UPDATE", (share.id,)).fetchone()
            if row and read_share(row[0]) is None:
                raise failures.newer_link(share.id)
            values = (share.by.id, msgspec.json.encode(share), share.id)
            db.execute("UPDATE shares SET by_id = %s, data = %s WHERE id = %s", values)
        self._database.connection.notify(share.session)

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Store views by share id. Only the last views of each share are kept; older ones are counted."""
        with self._database.writing() as db:
            for name in sorted(views):  # In the same order everywhere, so that two servers don't wait for each other.
                new = views[name]
                kept = new[-VIEWS_KEPT:] if len(new) > 2 * VIEWS_KEPT else new
                times = [micros(view.at) for view in kept]
                _insert_views(db, name, times, [msgspec.json.encode(view) for view in kept])
                _drop_oldest(db, name, len(new) - len(kept))

    def views(self, share_id: str, limit: int) -> list[ShareView]:
        """Return the last views of a share, newest first."""
        sql = "SELECT data FROM share_views WHERE share_id = %s ORDER BY at DESC, number DESC"
        with self._database.reading() as db:
            selected = db.execute(sql, (share_id,))
            return list(islice((view for (data,) in selected if (view := read_view(data))), limit))


def _micros(data: bytes) -> int:
    return micros(viewed_at(data) or EPOCH)


def _insert(db: Connection, share: StoredShare) -> bool:
    """Write a share; False if it is there already."""
    key = share.key
    row = db.execute("SELECT space FROM sessions WHERE id = %s", (key.session,)).fetchone()
    space = row[0] if row else DEFAULT_SPACE
    columns = (key.id, key.hash, key.session, key.by.id, micros(key.created_at), share.dropped, share.data)
    sql = "INSERT INTO shares VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
    return db.execute(sql, (*columns, space)).rowcount > 0


def _insert_views(db: Connection, share_id: str, times: Sequence[int], views: Sequence[bytes]) -> None:
    db.execute(_INSERT_VIEWS, (list(times), list(views), share_id))


def _drop_oldest(db: Connection, share_id: str, more: int) -> None:
    """Delete and count the oldest views if there are too many: anyone with a link could fill the disk with them.

    `more` views, older than the ones just written, are only counted.
    """
    row = db.execute("SELECT count(*) FROM share_views WHERE share_id = %s", (share_id,)).fetchone()
    if row and row[0] > 2 * VIEWS_KEPT:
        more += db.execute(_DROP_OLDEST, (share_id, VIEWS_KEPT)).rowcount
    if more:
        db.execute("UPDATE shares SET dropped = dropped + %s WHERE id = %s", (more, share_id))


def stored(db: Connection) -> Iterator[tuple[str, Share | Literal["newer"] | None]]:
    """Yield every share with its id; None if it is damaged."""
    for name, data in db.execute("SELECT id, data FROM shares").fetchall():
        yield name, read_or_newer(data)


def _counted(share: Share | None, views: int, last: int | None) -> ShareCount | None:
    if share is None:
        return None
    viewed = None if last is None else EPOCH + timedelta(microseconds=last)
    return ShareCount(share=share, views=views, last_view=viewed)
