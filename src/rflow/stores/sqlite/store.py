"""Sessions and trees in one SQLite file: the default store, for one machine."""

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from rflow.core.people import Person
from rflow.core.session.events import Stored
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.log import Log
from rflow.core.session.state import Session
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import NotFound, StoreProblem
from rflow.ports.values import (
    CodeTaken,
    Fault,
    Info,
    Merged,
    Ranked,
    Report,
    Stale,
    Standing,
    StartedBy,
    TreeName,
    unreported,
)
from rflow.stores import codec, columns, derived
from rflow.stores.failures import PATIENCE, unfinished
from rflow.stores.sqlite import rows
from rflow.stores.sqlite.file import Explained, SqliteFile, backup
from rflow.stores.sqlite.query import select
from rflow.stores.sqlite.schema import LONG, SCHEMA_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from rflow.core.notices import Notice
    from rflow.core.session.search.query import Term
    from rflow.stores.outbox.sql import SqlOutbox
    from rflow.stores.sqlite.accounts import SqliteAccounts
    from rflow.stores.sqlite.search import SqliteSearch
    from rflow.stores.sqlite.shares import SqliteShares

_PEOPLE = """
WITH RECURSIVE seen(id) AS (
  SELECT min(id) FROM people
  UNION ALL SELECT (SELECT min(id) FROM people WHERE id > seen.id) FROM seen WHERE seen.id IS NOT NULL)
SELECT people.id, name, kind, session_id FROM seen JOIN people ON people.id = seen.id
WHERE session_id = (SELECT max(session_id) FROM people WHERE people.id = seen.id)
"""
_PEOPLE_IN = """
SELECT id, name, kind, max(session_id) FROM people
WHERE session_id IN (SELECT id FROM sessions WHERE {visible}) GROUP BY id
"""


class SqliteStore:
    """A store in the file at `path`."""

    kind = "sqlite"
    shared = False

    def __init__(self, path: "str | Path", patience: float = PATIENCE) -> None:
        self._file = SqliteFile(path, patience)
        self._patience = patience

    @cached_property
    def _search(self) -> "SqliteSearch":
        """The search index; only searching, and removing for good, need it."""
        from rflow.stores.sqlite.search import SqliteSearch

        return SqliteSearch(self._file, self._patience)

    @cached_property
    def shares(self) -> "SqliteShares":
        """The read-only links to its sessions; most commands never need them."""
        from rflow.stores.sqlite.shares import SqliteShares

        return SqliteShares(self._file)

    @cached_property
    def accounts(self) -> "SqliteAccounts":
        """The accounts of the people who may sign in at a server."""
        from rflow.stores.sqlite.accounts import SqliteAccounts

        return SqliteAccounts(self._file)

    @cached_property
    def outbox(self) -> "SqlOutbox":
        """The notices to be sent."""
        from rflow.stores.outbox.sql import SqlOutbox

        return SqlOutbox(self._file)

    @property
    def url(self) -> str:
        """The URL that opens this store again."""
        path = self._file.path.replace(os.sep, "/")
        return f"sqlite://{path if path.startswith('/') else '/' + path}"

    def scoped(self, spaces: Sequence[str] | None) -> Self:
        """Return this store: the caller filters by space."""
        return self

    def id_for(self, started_by: StartedBy, new: str) -> str:
        """Return the id for the session that a command starts, derived from the command."""
        return derived.id_for(started_by)

    def create(
        self,
        session: Session,
        events: Sequence[Stored],
        blobs: Mapping[str, bytes],
        started_by: StartedBy | None = None,
    ) -> None:
        """Store a new session."""
        with self._file.writing() as db:
            if db.execute("SELECT 1 FROM sessions WHERE id = ?", (session.id,)).fetchone():
                raise Stale
            if db.execute("SELECT 1 FROM sessions WHERE code_key = ?", (derived.search_key(session.code),)).fetchone():
                raise CodeTaken
            rows.insert(db, session, events, blobs)
            due = _checkpoint_is_due(db, session, 0)
        if due:
            self._checkpoint(session)

    def append(
        self,
        session: Session,
        events: Sequence[Stored],
        expected: int,
        blobs: Mapping[str, bytes],
        notices: "Sequence[Notice]" = (),
        stamp: str | None = None,
    ) -> None:
        """Add events to a session."""
        added = rows.addition(session, events, blobs, expected, stamp)
        with self._file.writing() as db:
            rows.append(db, added)
            if notices:
                from rflow.stores.outbox.sql import SqlOutbox

                SqlOutbox.insert(db, notices)
            due = _checkpoint_is_due(db, session, expected)
        if due:
            self._checkpoint(session)

    def _checkpoint(self, session: Session) -> None:
        """Take a checkpoint of a long session that is still there; if that fails, the next append does it."""
        from rflow.stores.sqlite import checkpoints

        with suppress(StoreProblem, NotFound), self._file.writing() as db:
            checkpoints.take(db, session.id)

    def standing(self, session_id: str) -> Standing | None:
        """Return the standing of a session without reading its events."""
        with self._file.reading() as db:
            return rows.standing(db, session_id)

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events."""
        with self._file.reading() as db:
            return rows.load(db, session_id, after)

    def latest(self, session_id: str) -> Log:
        """Read the state of a session, of a long one from its checkpoint."""
        with self._file.reading() as db:
            row = rows.row(db, session_id)
            if row.version < LONG:
                return rows.log(db, session_id, row)
            from rflow.stores.sqlite import checkpoints

            return checkpoints.latest(db, self._file, session_id, row)

    def find(self, prefix: str, limit: int = 10, spaces: Sequence[str] | None = None) -> list[Head]:
        """Return the sessions of `spaces` whose code or id begins with `prefix`."""
        wanted = derived.search_key(prefix)
        if not wanted:
            return list(self.heads(Query(limit=limit, spaces=None if spaces is None else tuple(spaces))).heads)
        visible, allowed = _in_spaces(spaces)
        sql = f"SELECT id, head, updated_at FROM sessions WHERE {visible}"  # noqa: S608 (placeholders)
        order = " ORDER BY updated_at DESC, id DESC LIMIT ?"
        between = " AND (code_key >= ? AND code_key < ? OR id_key >= ? AND id_key < ?)"
        with self._file.reading() as db:
            for condition in (" AND code_key = ?", " AND id_key = ?"):
                if exact := db.execute(sql + condition, (*allowed, wanted)).fetchall():
                    return rows.heads(db, exact)
            ends = (wanted, wanted + "\U0010ffff")
            return rows.heads(db, db.execute(sql + between + order, (*allowed, *ends, *ends, limit)))

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""
        sql, values = select(query)
        with self._file.reading() as db:
            return derived.first_page(rows.heads(db, db.execute(sql, values)), query.limit)

    def search(self, terms: "Sequence[Term]", query: Query, first: int = 0) -> Ranked:
        """Return the sessions that contain all `terms`, best first."""
        return self._search.find(terms, query, first)

    def people(self, spaces: Sequence[str] | None = None) -> list[Person]:
        """Return all people in the sessions of `spaces`, with the names from their newest sessions."""
        visible, allowed = _in_spaces(spaces)
        sql, values = (_PEOPLE, ()) if spaces is None else (_PEOPLE_IN.format(visible=visible), allowed)
        with self._file.reading() as db:
            return derived.sorted_people(columns.person(*row) for row in db.execute(sql, values))

    def has_person(self, person_id: str) -> bool:
        """Whether a person appears in a session."""
        with self._file.reading() as db:
            return db.execute("SELECT 1 FROM people WHERE id = ? LIMIT 1", (person_id,)).fetchone() is not None

    def rewrite(self, session: Session, events: Sequence[Stored], expected: int, stamp: str | None = None) -> None:
        """Replace all events of a session, and erase every trace of the old ones."""
        kept = derived.blob_digests(events)
        with self._file.writing() as db:
            rows.update(db, session, expected, stamp)
            stored = db.execute("SELECT digest FROM blobs WHERE session_id = ?", (session.id,)).fetchall()
            gone = [(session.id, name) for (name,) in stored if name not in kept]
            db.executemany("DELETE FROM blobs WHERE session_id = ? AND digest = ?", gone)
            rows.clear(db, session.id, "events", "people", "checkpoints")
            rows.add(db, session.id, events)
            rows.count_rewrite(db, session.id)
        self._erase(session.id)

    def delete(self, session_id: str) -> None:
        """Delete a session with everything that belongs to it, and erase every trace."""
        with self._file.writing() as db:
            if not db.execute("DELETE FROM sessions WHERE id = ?", (session_id,)).rowcount:
                raise derived.no_session()
            rows.clear_shares(db, session_id)
            rows.clear_rewrites(db, session_id)
            rows.clear(db, session_id, "events", "people", "blobs", "checkpoints", "notices")
        self._erase(session_id)

    def _erase(self, session_id: str) -> None:
        if not (self._search.erase(session_id) and self._file.erase()):
            raise unfinished(self._file.path)

    def blob(self, session_id: str, digest: str) -> bytes:
        """Read a blob stored with a session."""
        sql = "SELECT CAST(coalesce(data, '') AS BLOB) FROM blobs WHERE session_id = ? AND digest = ?"
        with self._file.reading() as db:
            row = db.execute(sql, (session_id, derived.encodable(digest))).fetchone()
        if row is None:
            raise derived.no_blob(digest)
        return derived.verified(row[0], digest, "content")

    def add_tree(self, data: bytes, at: datetime, space: str = DEFAULT_SPACE, expected: str | None = None) -> bool:
        """Make a tree the current version of its id."""
        name = derived.new_tree_name(data, at, space)
        with self._file.writing() as db:
            sql = "SELECT digest FROM tree_names WHERE id = ? AND space = ?"
            known = db.execute(sql, (name.id, space)).fetchone()
            if not derived.is_new_version(name, known[0] if known else "", expected):
                return False
            rows.put_tree(db, data, space)
            rows.set_name(db, name)
            return True

    def set_name(self, name: TreeName) -> None:
        """Store the name of a tree as copied from another store."""
        with self._file.writing() as db:
            rows.set_name(db, name)

    def put_tree(self, data: bytes, space: str = DEFAULT_SPACE) -> None:
        """Store a version of a tree."""
        with self._file.writing() as db:
            rows.put_tree(db, data, space)

    def tree_data(self, digest: str, spaces: Sequence[str] | None = None) -> bytes | None:
        """Read one version of a tree."""
        visible, allowed = _in_spaces(spaces)
        sql = f"SELECT CAST(coalesce(data, '') AS BLOB) FROM trees WHERE digest = ? AND {visible}"  # noqa: S608
        with self._file.reading() as db:
            row = db.execute(sql, (derived.encodable(digest), *allowed)).fetchone()
        return derived.verified(row[0], digest, "tree") if row else None

    def tree_digest(self, tree_id: str, space: str = DEFAULT_SPACE) -> str | None:
        """Return the digest of the current version of a tree."""
        sql, values = "SELECT digest FROM tree_names WHERE id = ? AND space = ?", (tree_id, space)
        with self._file.reading() as db:
            row = db.execute(sql, tuple(map(derived.encodable, values))).fetchone()
        return row[0] if row else None

    def tree_names(self, space: str | None = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space."""
        with self._file.reading() as db:
            return rows.tree_names(db, space)

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> bool:
        """Remove the name of a tree."""
        sql, values = "DELETE FROM tree_names WHERE id = ? AND space = ?", (tree_id, space)
        with self._file.writing() as db:
            return db.execute(sql, tuple(map(derived.encodable, values))).rowcount > 0

    def stamp(self) -> int | None:
        """Return a number that changes whenever another connection has written."""
        return self._file.stamp()

    def ids(self) -> Iterable[str]:
        """Return the ids of all sessions."""
        with self._file.reading() as db:
            return [str(session_id) for (session_id,) in db.execute("SELECT id FROM sessions")]

    def versions(self) -> Iterable[tuple[str, str]]:
        """Return (space, digest) of all tree versions."""
        with self._file.reading() as db:
            return [(str(space), str(name)) for space, name in db.execute("SELECT space, digest FROM trees")]

    def info(self) -> Info:
        """Return facts about this store, and how much it holds."""
        with self._file.reading() as db:
            tables = ("sessions", "events", "trees", "blobs")
            counts = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608
        versions = {"format": SCHEMA_VERSION, "records": codec.RECORD}
        sizes = {"size": self._file.size(), "search": self._search.size()}
        return Info(url=self.url, kind=self.kind, **sizes, **versions, **counts)

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong; also finish an interrupted removal, and remove unfinished copies."""
        from rflow.stores.sqlite.check import check

        return check(self._file, self._search)

    def merge(self) -> list[Merged]:
        """Return nothing: each session exists in one version only."""
        return []

    def backup(self, path: "Path", report: Report = unreported) -> None:
        """Copy the whole store to a new file."""
        with self._file.reading() as db, Explained(path):
            backup(db, path, report)

    def close(self) -> None:
        """Close the files."""
        if "_search" in self.__dict__:
            self._search.close()
        self._file.close()


def _checkpoint_is_due(db: sqlite3.Connection, session: Session, before: int) -> bool:
    """Whether a session is long, and needs a checkpoint; damage to the one it has keeps nobody from writing.

    That is looked up at every few events only, each time that takes as long as another index would.
    """
    few = max(LONG // 20, 1)
    if session.version < LONG or session.version // few == before // few:
        return False
    from rflow.stores.sqlite import checkpoints

    try:
        return checkpoints.is_due(db, session.id, session.version)
    except sqlite3.DatabaseError:
        return False


def _in_spaces(spaces: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    """Return the condition that keeps rows of `spaces` (None is all) and its values."""
    if spaces is None:
        return "1", ()
    return f"space IN ({', '.join('?' * len(spaces))})", tuple(map(derived.encodable, spaces))
