"""Sessions and trees in one SQLite file: the default store, for one machine."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rflow.core.people import Person
from rflow.core.session.events import Stored
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.state import Session
from rflow.core.tree.model import Tree, digest
from rflow.ports import CodeTaken, Fault, Info, Log, Stale, TreeName
from rflow.stores import codec, derived
from rflow.stores.failures import PATIENCE, unfinished
from rflow.stores.sqlite import rows
from rflow.stores.sqlite.file import SqliteFile, backup, explained
from rflow.stores.sqlite.query import select

if TYPE_CHECKING:
    from rflow.stores.sqlite.shares import SqliteShares

_PEOPLE = """
WITH RECURSIVE seen(id) AS (
  SELECT min(id) FROM people
  UNION ALL SELECT (SELECT min(id) FROM people WHERE id > seen.id) FROM seen WHERE seen.id IS NOT NULL)
SELECT id, (SELECT name FROM people WHERE people.id = seen.id ORDER BY session_id DESC LIMIT 1)
FROM seen WHERE id IS NOT NULL
"""


class SqliteStore:
    """A store in the file at `path`."""

    kind = "sqlite"
    shared = False

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._file = SqliteFile(path, patience)
        self._path = path

    @cached_property
    def shares(self) -> "SqliteShares":
        """The read-only links to its sessions; most commands never need them."""
        from rflow.stores.sqlite.shares import SqliteShares

        return SqliteShares(self._file)

    @property
    def url(self) -> str:
        """The URL that opens this store again."""
        return f"sqlite://{'' if self._path.as_posix().startswith('/') else '/'}{self._path.as_posix()}"

    def create(self, session: Session, events: Sequence[Stored], blobs: Mapping[str, bytes]) -> None:
        """Store a new session."""
        with self._file.writing() as db:
            if db.execute("SELECT 1 FROM sessions WHERE id = ?", (session.id,)).fetchone():
                raise Stale
            if db.execute("SELECT 1 FROM sessions WHERE code_key = ?", (derived.key(session.code),)).fetchone():
                raise CodeTaken
            rows.insert(db, session, events, blobs)

    def append(self, session: Session, events: Sequence[Stored], expected: int, blobs: Mapping[str, bytes]) -> None:
        """Add events to a session."""
        with self._file.writing() as db:
            rows.update(db, session, expected)
            rows.add(db, session.id, events, blobs)

    def version(self, session_id: str) -> int | None:
        """Return the number of a session's last event."""
        with self._file.reading() as db:
            row = db.execute("SELECT version FROM sessions WHERE id = ?", (derived.valid(session_id),)).fetchone()
        return row[0] if row else None

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events."""
        with self._file.reading() as db:
            return rows.load(db, session_id, after)

    def find(self, prefix: str, limit: int = 10) -> list[Head]:
        """Return the sessions whose code or id begins with `prefix`."""
        wanted = derived.key(prefix)
        if not wanted:
            return list(self.heads(Query(limit=limit)).heads)
        sql = "SELECT id, head, updated_at FROM sessions WHERE "
        with self._file.reading() as db:
            for condition in ("code_key = ?", "id_key = ?"):
                if exact := db.execute(sql + condition, (wanted,)).fetchall():
                    return rows.heads(db, exact)
            between = "code_key >= :first AND code_key < :end OR id_key >= :first AND id_key < :end"
            order = " ORDER BY updated_at DESC, id DESC LIMIT :limit"
            values = {"first": wanted, "end": wanted + "\U0010ffff", "limit": limit}
            return rows.heads(db, db.execute(sql + between + order, values))

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""
        sql, values = select(query)
        with self._file.reading() as db:
            return derived.cut(rows.heads(db, db.execute(sql, values)), query.limit)

    def people(self) -> list[Person]:
        """Return everybody who appears in this store, with the name from their newest session."""
        with self._file.reading() as db:
            return derived.by_name(Person(id=str(id_), name=str(name)) for id_, name in db.execute(_PEOPLE))

    def rewrite(self, session: Session, events: Sequence[Stored], expected: int) -> None:
        """Replace all events of a session, and erase every trace of the old ones."""
        kept = derived.named(events)
        with self._file.writing() as db:
            rows.update(db, session, expected)
            stored = db.execute("SELECT digest FROM blobs WHERE session_id = ?", (session.id,)).fetchall()
            gone = [(session.id, name) for (name,) in stored if name not in kept]
            db.executemany("DELETE FROM blobs WHERE session_id = ? AND digest = ?", gone)
            rows.clear(db, session.id, "events", "people")
            rows.add(db, session.id, events, {})
        self._erase()

    def delete(self, session_id: str) -> None:
        """Delete a session with everything that belongs to it, and erase every trace."""
        from rflow.stores.sqlite.shares import clear

        with self._file.writing() as db:
            if not db.execute("DELETE FROM sessions WHERE id = ?", (session_id,)).rowcount:
                raise derived.no_session()
            clear(db, session_id)
            rows.clear(db, session_id, "events", "people", "blobs")
        self._erase()

    def _erase(self) -> None:
        if not self._file.erase():
            raise unfinished(self._path)

    def blob(self, session_id: str, digest: str) -> bytes:
        """Read a content stored with a session."""
        sql = "SELECT CAST(coalesce(data, '') AS BLOB) FROM blobs WHERE session_id = ? AND digest = ?"
        with self._file.reading() as db:
            row = db.execute(sql, (session_id, derived.valid(digest))).fetchone()
        if row is None:
            raise derived.no_blob(digest)
        return derived.intact(row[0], digest, "content")

    def add_tree(self, tree: Tree, at: datetime) -> bool:
        """Make `tree` the current version of its id."""
        name = (tree.id, digest(tree), tree.title, len(tree.nodes), at.astimezone(UTC).isoformat())
        with self._file.writing() as db:
            if db.execute("SELECT 1 FROM tree_names WHERE id = ? AND digest = ?", name[:2]).fetchone():
                return False
            rows.put_tree(db, tree)
            db.execute("INSERT OR REPLACE INTO tree_names VALUES (?, ?, ?, ?, ?)", name)
            return True

    def put_tree(self, tree: Tree) -> None:
        """Store a version of a tree."""
        with self._file.writing() as db:
            rows.put_tree(db, tree)

    def tree(self, digest: str) -> Tree | None:
        """Read one version of a tree."""
        with self._file.reading() as db:
            row = db.execute(
                "SELECT CAST(coalesce(data, '') AS BLOB) FROM trees WHERE digest = ?", (derived.valid(digest),)
            ).fetchone()
        return derived.tree_of(row[0], digest) if row else None

    def named_tree(self, tree_id: str) -> Tree | None:
        """Read the current version of a tree."""
        name = self.tree_digest(tree_id)
        return self.tree(name) if name else None

    def tree_digest(self, tree_id: str) -> str | None:
        """Return the digest of the current version of a tree."""
        with self._file.reading() as db:
            row = db.execute("SELECT digest FROM tree_names WHERE id = ?", (derived.valid(tree_id),)).fetchone()
        return row[0] if row else None

    def tree_names(self) -> list[TreeName]:
        """List the current versions of all trees."""
        with self._file.reading() as db:
            return rows.tree_names(db)

    def remove_tree(self, tree_id: str) -> bool:
        """Remove the name of a tree."""
        with self._file.writing() as db:
            return db.execute("DELETE FROM tree_names WHERE id = ?", (derived.valid(tree_id),)).rowcount > 0

    def stamp(self) -> int | None:
        """Return a number that changes whenever another connection has written."""
        return self._file.stamp()

    def ids(self) -> Iterable[str]:
        """Return the ids of all sessions."""
        with self._file.reading() as db:
            return [str(session_id) for (session_id,) in db.execute("SELECT id FROM sessions")]

    def digests(self) -> Iterable[str]:
        """Return the digests of all tree versions."""
        with self._file.reading() as db:
            return [str(name) for (name,) in db.execute("SELECT digest FROM trees")]

    def info(self) -> Info:
        """Return what this store is and how much it holds."""
        with self._file.reading() as db:
            tables = ("sessions", "events", "trees", "blobs")
            counts = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608
        return Info(url=self.url, kind=self.kind, format=codec.FORMAT, size=self._file.size(), **counts)

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong; also finish an interrupted removal, and remove unfinished copies."""
        from rflow.stores.sqlite.check import check

        return check(self._file)

    def backup(self, path: Path) -> None:
        """Copy the whole store to a new file."""
        with self._file.reading() as db, explained(path):
            backup(db, path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
