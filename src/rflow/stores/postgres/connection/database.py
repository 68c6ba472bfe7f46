"""Transactions in a PostgreSQL store: their settings, how they end, and the version of the tables.

Everything that a transaction needs is set in it, so that a pooler may give each one another connection (PgBouncer's
transaction mode): there are no prepared statements, no settings of the session, no temporary tables. What is read most
often is one message (the beginning, the statements and the end); what is written most often, one call of a function.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any
from zlib import crc32

import psycopg

from rflow.errors import StoreProblem
from rflow.stores import failures
from rflow.stores.postgres.connection.connecting import Connection, Values, sent
from rflow.stores.postgres.connection.errors import explained, is_lost, unconfirmed
from rflow.stores.postgres.connection.reconnecting import ReconnectingConnection, Versions
from rflow.stores.postgres.connection.scope import EVERYTHING, Scope
from rflow.stores.postgres.tables.schema import OLDEST_USABLE, SCHEMA_VERSION, create, create_appending

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"
_ATTEMPTS = 3  # how often a change is sent if the version of the tables changes meanwhile
Function = tuple[str, tuple[str, ...]]
"""The name of a function that changes something, and the places of its values; the first says what may be seen."""
_STATEMENT_LIMIT = 300_000  # milliseconds; the longest are the checks and copies of a whole store
_VERSIONS = (
    "SELECT max(value) FILTER (WHERE name = 'format'), max(value) FILTER (WHERE name = 'oldest') FROM meta"
    " WHERE name IN ('format', 'oldest')"
)


class Database:
    """A store's tables as seen in `scope`. A database without the tables is read as an empty store."""

    def __init__(self, connection: ReconnectingConnection, scope: Scope = EVERYTHING) -> None:
        self.connection = connection
        self.scope = scope
        self.address = connection.address
        self.shown = connection.address.shown

    def scoped(self, scope: Scope) -> "Database":
        """Return the same database on the same connection, seen in another scope."""
        return Database(self.connection, scope)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees a consistent snapshot of the store."""
        if self.connection.held is not None:
            yield self.connection.held
            return
        with explained(self.shown):
            db, versions = self._begin(_READ)
            if versions is None:
                db = self._pretend_empty()
            with self._ending(db, "ROLLBACK"):
                if versions is not None:
                    self._check(versions)
                yield db

    def read(self, statements: str, values: Values) -> list[list[Any]]:
        """Execute several selects on one snapshot, in one message; return the rows of each."""
        if self.connection.held is not None:
            return sent(self.connection.held, statements, values)
        with explained(self.shown):
            try:
                text = f"{_VERSIONS}; {statements}; ROLLBACK"
                _, versions, *found = self.connection.retrying(lambda db: self._sent(db, _READ, text, values))
            except psycopg.errors.UndefinedTable:
                with self.reading() as db:
                    return sent(db, statements, values)
            self._check(_read_versions(versions))
            return found

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection for a change; commits when the block ends, and rolls back if it raises.

        Raises `ConnectionLost` where the connection was lost while committing, so that the outcome is unknown.
        """
        with explained(self.shown):
            db, versions = self._begin(_WRITE)
            if versions is None:
                db.execute("ROLLBACK")
                self.create()
                db, versions = self._begin(_WRITE)
            with self._ending(db, "COMMIT"):
                self._check(versions or Versions(0, 0))
                yield db

    def ready(self) -> None:
        """Make sure that there is a connection, which is reopened if it was lost."""
        with explained(self.shown):
            self.connection.checked()

    def write(self, function: Function, values: Sequence[object]) -> Any:
        """Make a change with one call of a function, in one message; return its outcome.

        If the tables are missing, or their format has changed since the last check, the function changes nothing and
        returns "tables"; if it needs an open transaction, it returns "transaction". Raises `ConnectionLost`, as
        `writing` does, if the connection was lost.
        """
        for _ in range(_ATTEMPTS):
            if self.connection.versions is None:
                self._check_tables()
            with explained(self.shown):
                outcome = self._written(function, values)
            if outcome == "transaction":
                with self.writing() as db:
                    return self.call(db, function, values)
            if outcome != "tables":
                return outcome
            self.connection.versions = None
        raise failures.busy(self.shown)

    def call(self, db: Connection, function: Function, values: Sequence[object]) -> Any:
        """Call a function with the settings of its transaction and `values`; return its outcome."""
        name, (spaces, *places) = function
        path, patience = f'"{self.address.schema}", pg_temp', str(int(self.connection.patience * 1000))
        known = str(self.connection.versions.format) if self.connection.versions else ""
        statement = f'SELECT "{self.address.schema}".{name}(%s, {spaces}, %s, %s, {", ".join(places)})'
        row = db.execute(statement.encode(), (path, values[0], patience, known, *values[1:])).fetchone()
        return row[0] if row else None

    def _check_tables(self) -> None:
        """Create the tables if they are missing, and check their version."""
        with self.writing():
            return

    def _written(self, function: Function, values: Sequence[object]) -> Any:
        """Call a function that changes something; return its outcome, "tables" if there are none."""
        db = self.connection.checked()
        try:
            return self.call(db, function, values)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            return "tables"
        except psycopg.errors.UndefinedFunction:
            self._check_tables()
            raise
        except psycopg.OperationalError as error:
            if is_lost(error):
                self.connection.drop()
                raise unconfirmed(self.shown) from error
            raise
        except psycopg.Error:
            raise
        except BaseException:
            self.connection.drop()
            raise

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Read everything in the block from one snapshot."""
        with self.reading() as db:
            self.connection.held = db
            try:
                yield
            finally:
                self.connection.held = None

    def stamp(self) -> int:
        """Return a number that changes with every commit.

        It stands for the set of transactions whose changes can be seen, so that writers need not count anything, for
        which they would have to wait for each other. Transactions elsewhere on the same server change it too.
        """
        with explained(self.shown):
            cursor = self.connection.retrying(lambda db: db.execute("SELECT pg_current_snapshot()::text"))
            return hash(cursor.fetchone())

    def exists(self) -> bool:
        """Whether there is a store."""
        with explained(self.shown):
            db, versions = self._begin(_READ)
            db.execute("ROLLBACK")
            return versions is not None

    def create(self) -> None:
        """Create the tables, unless another process has just done so."""
        with explained(self.shown):
            db = self.connection.current()
            with self.locked(db):
                create(db, self.address.schema)

    def complete(self) -> bool:
        """Create missing append functions if the role may; return whether all exist.

        Programs may come before the upgrade.
        """
        with explained(self.shown), suppress(psycopg.errors.InsufficientPrivilege):
            db = self.connection.current()
            with self.locked(db):
                self._check(_read_versions(sent(db, _VERSIONS)[-1]))
                return create_appending(db)
        return False

    @contextmanager
    def locked(self, db: Connection) -> Iterator[None]:
        """Lock the creation and upgrade of this store until the transaction ends."""
        db.execute(f"{_WRITE}; {self._settings}; SET LOCAL statement_timeout = 0")
        with self._ending(db, "COMMIT"):
            self.lock(db)
            yield

    def lock(self, db: Connection) -> None:
        """Lock changes of this store's tables until the transaction ends."""
        key = (crc32(b"rflow store") >> 1, crc32(self.address.schema.encode()) >> 1)
        db.execute("SELECT pg_advisory_xact_lock(%s, %s)", key)

    def upgrade(self) -> int:
        """Upgrade the tables; return the version that they had."""
        from rflow.stores.postgres.tables.migrations import upgrade

        with explained(self.shown):
            db = self.connection.current()
            with self.locked(db):
                return upgrade(db, self.shown)

    def _begin(self, mode: str) -> tuple[Connection, Versions | None]:
        """Begin a transaction, and return the version of the tables in it; None if there are none."""
        return self.connection.retrying(lambda db: self._begun(db, mode))

    def _begun(self, db: Connection, mode: str) -> tuple[Connection, Versions | None]:
        try:
            return db, _read_versions(sent(db, f"{mode}; {self._settings}; {_VERSIONS}")[-1])
        except psycopg.errors.UndefinedTable:
            return db, None
        except BaseException:
            self.connection.drop()
            raise

    def _sent(self, db: Connection, mode: str, statements: str, values: Values) -> list[list[Any]]:
        """Send a whole transaction as one message; return the results of its settings and its statements.

        If it fails, it is rolled back; a connection that was lost is dropped.
        """
        settings = f"{mode}; {self._settings}".replace("%", "%%")
        try:
            return sent(db, f"{settings}; {statements}", values)
        except psycopg.Error:
            self.connection.roll_back(db)
            raise
        except BaseException:
            self.connection.drop()
            raise

    @cached_property
    def _settings(self) -> str:
        """The statements with the settings of one transaction, sent in the same message as its BEGIN."""
        return (
            f'SET LOCAL search_path = "{self.address.schema}", pg_temp;'
            f" SET LOCAL lock_timeout = {int(self.connection.patience * 1000)};"
            f" SET LOCAL statement_timeout = {_STATEMENT_LIMIT};"
            " SET LOCAL idle_in_transaction_session_timeout = 60000;"
            f" {self.scope.settings};"
            " SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
        )

    @contextmanager
    def _ending(self, db: Connection, how: str) -> Iterator[None]:
        """End the transaction: as `how` says, or by rolling it back if the block raises.

        A connection that is lost at the end of reading does no harm: everything has been read.
        """
        try:
            yield
        except BaseException:
            self.connection.roll_back(db)
            raise
        if how == "ROLLBACK":
            self.connection.roll_back(db)
            return
        try:
            db.execute(how)
        except psycopg.OperationalError as error:
            self.connection.drop()
            if is_lost(error):
                raise unconfirmed(self.shown) from error
            raise

    def _pretend_empty(self) -> Connection:
        """Return a connection in a transaction in which the tables exist, and which will be rolled back."""
        db = self.connection.current()
        db.execute(f"ROLLBACK; {_WRITE}; {self._settings}")
        try:
            self.lock(db)
            create(db, self.address.schema)
        except BaseException:
            self.connection.roll_back(db)
            raise
        return db

    def _check(self, versions: Versions) -> None:
        """Raise unless this version can use the tables: two adjacent versions of rflow run on one schema."""
        if OLDEST_USABLE <= versions.format <= SCHEMA_VERSION or versions.oldest <= SCHEMA_VERSION < versions.format:
            self.connection.versions = versions
            return
        if versions.format > SCHEMA_VERSION:
            raise failures.newer(self.shown, versions.format, SCHEMA_VERSION)
        raise StoreProblem(
            f"The store at {self.shown} has the tables of an older rflow (format {versions.format}; this one uses "
            f"{SCHEMA_VERSION}). It was left untouched.",
            try_="When all who use it have the new rflow: make a backup, then run rflow store upgrade",
        )


def _read_versions(rows: Sequence[Any]) -> Versions:
    """Parse the version of the tables."""
    found, oldest = (int(each) if each and each.isdecimal() else None for each in rows[0])
    return Versions(found or 0, found or 0 if oldest is None else oldest)
