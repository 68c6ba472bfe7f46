"""Sessions and trees in a PostgreSQL database: for a team, and for servers on several machines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rflow.core.people import Person
from rflow.core.session.events import Stored
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.log import Log
from rflow.core.session.state import Session
from rflow.errors import TracesLeft
from rflow.ports.values import Fault, Info, Merged, Ranked, Report, Standing, StartedBy, unreported
from rflow.stores import codec, columns, derived, failures
from rflow.stores.failures import PATIENCE
from rflow.stores.postgres import rows
from rflow.stores.postgres.appending import append
from rflow.stores.postgres.connection.address import read_address
from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.connection.database import Database
from rflow.stores.postgres.connection.reconnecting import ReconnectingConnection
from rflow.stores.postgres.connection.scope import of_spaces
from rflow.stores.postgres.months import ensure_month
from rflow.stores.postgres.query import select
from rflow.stores.postgres.tables.schema import SCHEMA_VERSION
from rflow.stores.postgres.trees import PostgresTrees, in_spaces

if TYPE_CHECKING:
    from rflow.core.notices import Notice
    from rflow.core.session.search.query import Term
    from rflow.core.sharing import Share
    from rflow.stores.outbox.postgres import PostgresOutbox
    from rflow.stores.postgres.accounts import PostgresAccounts
    from rflow.stores.postgres.connection.notices import Listener
    from rflow.stores.postgres.shares import PostgresShares

# From one id to the next, so that it takes as long as there are people, not as there are sessions.
_PEOPLE = """
WITH RECURSIVE seen AS (
  (SELECT id, name, kind FROM people ORDER BY id, session_id DESC LIMIT 1)
  UNION ALL SELECT following.* FROM seen, LATERAL (
    SELECT id, name, kind FROM people WHERE people.id > seen.id ORDER BY id, session_id DESC LIMIT 1) AS following)
SELECT id, name, kind FROM seen
"""
_PEOPLE_IN = """
SELECT DISTINCT ON (id) id, name, kind FROM people WHERE space = ANY(%s) ORDER BY id, session_id DESC
"""
_FIND = "SELECT id, head FROM sessions WHERE {space} AND {condition} ORDER BY updated_at DESC, id DESC LIMIT %s"
_BY_CODE = "id IN (SELECT session_id FROM codes WHERE code_key = %s)"
_BY_BEGINNING = (
    "(id_key >= %s AND id_key < %s OR id IN (SELECT session_id FROM codes WHERE code_key >= %s AND code_key < %s))"
)


class PostgresStore(PostgresTrees):
    """A store in the database at `url`."""

    kind = "postgres"
    shared = True

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        super().__init__(Database(ReconnectingConnection(read_address(url), patience)))

    def scoped(self, spaces: Sequence[str] | None) -> "PostgresStore":
        """Return the same store, on the same connection, in which only the rows of `spaces` exist."""
        seen = object.__new__(PostgresStore)
        seen._database = self._database.scoped(of_spaces(spaces))
        return seen

    @cached_property
    def shares(self) -> "PostgresShares":
        """The read-only links to its sessions."""
        from rflow.stores.postgres.shares import PostgresShares

        return PostgresShares(self._database)

    @cached_property
    def accounts(self) -> "PostgresAccounts":
        """The accounts of the people who may sign in at a server."""
        from rflow.stores.postgres.accounts import PostgresAccounts

        return PostgresAccounts(self._database)

    @cached_property
    def outbox(self) -> "PostgresOutbox":
        """The notices to be sent."""
        from rflow.stores.outbox.postgres import PostgresOutbox

        return PostgresOutbox(self._database)

    @property
    def url(self) -> str:
        """The URL of this store, without its password."""
        return self._database.shown

    def exists(self) -> bool:
        """Whether the database has the tables of a store."""
        return self._database.exists()

    def create(
        self,
        session: Session,
        events: Sequence[Stored],
        blobs: Mapping[str, bytes],
        started_by: StartedBy | None = None,
    ) -> None:
        """Store a new session."""
        ensure_month(self._database, session.id)
        with self._database.writing() as db:
            rows.insert(db, session, events, blobs, started_by)
        self._database.connection.notify(session.id, session.version)

    def id_for(self, started_by: StartedBy, new: str) -> str:
        """Return the id of the session that a command started before, else `new`."""
        with self._database.reading() as db:
            return rows.started(db, started_by) or new

    def append(
        self,
        session: Session,
        events: Sequence[Stored],
        expected: int,
        blobs: Mapping[str, bytes],
        notices: "Sequence[Notice]" = (),
        stamp: str | None = None,
    ) -> None:
        """Add events to a session; several threads of a process that do so at once share a transaction."""
        append(self._database, session, events, expected, blobs, notices, stamp)
        self._database.connection.notify(session.id, session.version)

    def standing(self, session_id: str) -> Standing | None:
        """Return the standing of a session without reading its events."""
        (found,) = self._database.read(rows.STANDING, (session_id,))
        return Standing(*found[0]) if found else None

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events."""
        return rows.log_of(session_id, after, *self._database.read(rows.LOAD, {"id": session_id, "after": after}))

    def latest(self, session_id: str) -> Log:
        """Read a session's state: all of its events, since there are no checkpoints."""
        return self.load(session_id)

    def find(self, prefix: str, limit: int = 10, spaces: Sequence[str] | None = None) -> list[Head]:
        """Return the sessions of `spaces` whose code or id begins with `prefix`."""
        wanted = derived.search_key(prefix)
        if not wanted:
            return list(self.heads(Query(limit=limit, spaces=None if spaces is None else tuple(spaces))).heads)
        ends = (wanted, wanted + "\U0010ffff")
        with self._database.reading() as db:
            for condition in (_BY_CODE, "id_key = %s"):
                if exact := _find(db, condition, (wanted,), limit, spaces):
                    return exact
            return _find(db, _BY_BEGINNING, (*ends, *ends), limit, spaces)

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""
        sql, values = select(query)
        with self._database.reading() as db:
            return derived.first_page(rows.heads(db, db.execute(sql, values).fetchall()), query.limit)

    def search(self, terms: "Sequence[Term]", query: Query, first: int = 0) -> Ranked:
        """Return the sessions that contain all `terms`, best first."""
        from rflow.stores.postgres import documents

        return documents.search(self._database, terms, query, first)

    def people(self, spaces: Sequence[str] | None = None) -> list[Person]:
        """Return all people in the sessions of `spaces`, with the names from their newest sessions."""
        with self._database.reading() as db:
            selected = db.execute(_PEOPLE) if spaces is None else db.execute(_PEOPLE_IN, (list(spaces),))
            return derived.sorted_people(columns.person(*row) for row in selected)

    def has_person(self, person_id: str) -> bool:
        """Whether a person appears in a session."""
        with self._database.reading() as db:
            return db.execute("SELECT 1 FROM people WHERE id = %s LIMIT 1", (person_id,)).fetchone() is not None

    def rewrite(self, session: Session, events: Sequence[Stored], expected: int, stamp: str | None = None) -> None:
        """Replace all events of a session, and erase the old ones from the data files."""
        kept = list(derived.blob_digests(events))
        with self._database.writing() as db:
            rows.update(db, session, expected, stamp)
            db.execute("DELETE FROM blobs WHERE session_id = %s AND digest <> ALL(%s)", (session.id, kept))
            rows.clear(db, session.id, "events", "people", "documents")
            rows.add(db, session, events, {})
            rows.count_rewrite(db, session.id)
        self._database.connection.notify(session.id, session.version)
        self._erase(session.id)

    def delete(self, session_id: str) -> None:
        """Delete a session with everything that belongs to it, and erase it from the data files."""
        with self._database.writing() as db:
            if not rows.delete_all(db, [session_id]):
                raise derived.no_session()
        self._database.connection.notify(session_id)
        self._erase(session_id)

    def delete_all(self, session_ids: Sequence[str]) -> list[str]:
        """Delete sessions as `delete` does, in one step; return the ids of those that existed."""
        with self._database.writing() as db:
            gone = rows.delete_all(db, session_ids)
        for session_id in gone:
            self._database.connection.notify(session_id)
        if gone:
            try:
                self._erase(None)
            except TracesLeft as left:
                left.gone = tuple(gone)
                raise
        return gone

    def _erase(self, session_id: str | None) -> None:
        from rflow.stores.postgres.erasing import erase_all

        erase_all(self._database, session_id)

    def blob(self, session_id: str, digest: str) -> bytes:
        """Read a blob stored with a session."""
        sql = "SELECT data FROM blobs WHERE session_id = %s AND digest = %s"
        with self._database.reading() as db:
            row = db.execute(sql, (session_id, digest), binary=True).fetchone()
        if row is None:
            raise derived.no_blob(digest)
        return derived.verified(row[0], digest, "content")

    def stamp(self) -> int:
        """Return a number that changes with every commit; the server is asked for it, so it may take time."""
        return self._database.stamp()

    def listen(self, on_change: Callable[[str], None]) -> "Listener":
        """Call `on_change` with the id of each session that changes, until the result is closed."""
        from rflow.stores.postgres.connection.notices import Listener

        return Listener(self._database.address, on_change)

    def watched(self, hashes: Sequence[str]) -> "dict[str, tuple[Share, Standing]]":
        """Return links by the hashes of their tokens, each with the standing of its session, in one step."""
        return self.shares.watched(hashes)

    def advice(self, connections: int) -> list[str]:
        """Return warnings for the operator of a server with this many connections."""
        from rflow.stores.postgres.budget import advice

        return advice(self._database, connections)

    def ids(self) -> Iterable[str]:
        """Return the ids of all sessions."""
        with self._database.reading() as db:
            return [session_id for (session_id,) in db.execute("SELECT id FROM sessions")]

    def info(self) -> Info:
        """Return facts about this store, and how much it holds."""
        from rflow.stores.postgres.erasing import size

        with self._database.reading() as db:
            counts = {table: _count(db, table) for table in ("sessions", "events", "trees", "blobs")}
            versions = {"format": SCHEMA_VERSION, "records": codec.RECORD}
            return Info(url=self.url, kind=self.kind, size=size(db), **versions, **counts)

    def check(self) -> list[Fault]:
        """Read everything and list what is wrong; also finish an interrupted removal."""
        from rflow.stores.postgres.check import check

        return check(self._database)

    def merge(self) -> list[Merged]:
        """Return nothing: each session exists in one version only."""
        return []

    def backup(self, path: Path, report: Report = unreported) -> None:
        """Copy a consistent snapshot of the whole store to a new SQLite store."""
        from rflow.stores.copy import copy_store
        from rflow.stores.drafts import draft
        from rflow.stores.files import publish
        from rflow.stores.sqlite.store import SqliteStore

        with failures.explained(path):
            if failures.status_of(path) is not None:
                raise failures.taken(path)
            with draft(path, "backup") as new:
                with closing(SqliteStore(new)) as copy, self._database.holding():
                    copy_store(self, copy, iter(()), report)
                if not publish(new, path):
                    raise failures.taken(path)

    def upgrade(self) -> int:
        """Upgrade the tables; return the version that they had."""
        return self._database.upgrade()

    def close(self) -> None:
        """Close the connection."""
        self._database.connection.close()


def _find(
    db: Connection, condition: str, values: tuple[str, ...], limit: int, spaces: Sequence[str] | None
) -> list[Head]:
    visible, allowed = in_spaces(spaces)
    sql = _FIND.format(space=visible, condition=condition)
    return rows.heads(db, db.execute(sql, (*allowed, *values, limit)).fetchall())


def _count(db: Connection, table: str) -> int:
    row = db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 (constants)
    return int(row[0]) if row else 0
