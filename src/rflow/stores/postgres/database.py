"""One connection to a PostgreSQL store: opening it again, transactions, creating the tables, checking their version.

Everything that a transaction needs is set in it, so that a pooler may give each one another connection (PgBouncer's
transaction mode): there are no prepared statements, no settings of the session, no temporary tables.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar
from zlib import crc32

import psycopg

from rflow.errors import StoreProblem
from rflow.stores import failures
from rflow.stores.failures import PATIENCE
from rflow.stores.postgres.address import Address
from rflow.stores.postgres.connecting import Connection, connect
from rflow.stores.postgres.errors import explained, is_lost, unconfirmed
from rflow.stores.postgres.schema import SCHEMA_VERSION, TABLES

_Result = TypeVar("_Result")

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"
_VERSION = "SELECT value FROM meta WHERE name = 'format'"


class Database:
    """A connection that is opened when it is first needed, and again once it was lost.

    A database without the tables of a store reads as an empty store. `patience` is how many seconds a writer waits for
    another, and for a server that restarts.
    """

    def __init__(self, address: Address, patience: float = PATIENCE) -> None:
        self.address = address
        self.shown = address.shown
        self._patience = patience
        self._db: Connection | None = None
        self._known = False
        self._held: Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees the store as it is at one moment."""
        if self._held is not None:
            yield self._held
            return
        with explained(self.shown):
            db, version = self._begin(_READ)
            if version is None:
                db = self._pretend_empty()
            else:
                self._check_version(db, version)
            with self._ending(db, "ROLLBACK"):
                yield db

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection for a change; commits when the block ends, and rolls back if it raises.

        Raises `ConnectionLost` where the connection was lost while committing, so that nobody knows the outcome.
        """
        with explained(self.shown):
            db, version = self._begin(_WRITE)
            if version is None:
                db.execute("ROLLBACK")
                self.create()
                db, version = self._begin(_WRITE)
            self._check_version(db, version or 0)
            with self._ending(db, "COMMIT"):
                yield db

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let everything that is read meanwhile be as it is at one moment."""
        with self.reading() as db:
            self._held = db
            try:
                yield
            finally:
                self._held = None

    def stamp(self) -> int:
        """Return a number that changes with every commit.

        It stands for the set of transactions whose changes can be seen, so that writers need not count anything, for
        which they would have to wait for each other. Transactions elsewhere on the same server change it too.
        """
        with explained(self.shown):
            cursor = self._reconnecting(lambda db: db.execute("SELECT pg_current_snapshot()::text"))
            return hash(cursor.fetchone())

    def exists(self) -> bool:
        """Whether there is a store."""
        with explained(self.shown):
            db, version = self._begin(_READ)
            db.execute("ROLLBACK")
            return version is not None

    def create(self) -> None:
        """Create the tables, unless another process has just done so."""
        with explained(self.shown):
            db = self._connected()
            with self.locked(db):
                self._create_tables(db)

    @contextmanager
    def locked(self, db: Connection) -> Iterator[None]:
        """Keep all others from creating and upgrading this store until the transaction ends."""
        db.execute(f"{_WRITE}; {self._settings()}")
        with self._ending(db, "COMMIT"):
            _lock(db, self.address.schema)
            yield

    def run_alone(self, statement: str) -> list[str]:
        """Run a statement that can't be part of a transaction, and return the details of what PostgreSQL reports."""
        details: list[str] = []

        def keep(notice: psycopg.errors.Diagnostic) -> None:
            details.append(notice.message_detail or "")

        with explained(self.shown):
            db = self._connected()
            db.add_notice_handler(keep)
            try:
                db.execute(statement)
            finally:
                db.remove_notice_handler(keep)
        return details

    def close(self) -> None:
        """Close the connection."""
        if self._db is not None:
            self._db.close()
        self._db = self._held = None

    def upgrade(self) -> int:
        """Bring the tables up to date; return the version that they had."""
        from rflow.stores.postgres.migrations import upgrade

        with explained(self.shown):
            db = self._connected()
            with self.locked(db):
                return upgrade(db, self.shown)

    # Transactions

    def _begin(self, mode: str) -> tuple[Connection, int | None]:
        """Begin a transaction, and return the version of the tables in it; None if there are none."""
        return self._reconnecting(lambda db: self._begun(db, mode))

    def _reconnecting(self, work: Callable[[Connection], _Result]) -> _Result:
        """Do what changes nothing; once more on a new connection if the old one was lost since it was last used."""
        reused = self._db is not None
        try:
            return work(self._connected())
        except psycopg.OperationalError as error:
            if not reused or not is_lost(error):
                raise
        self._drop()
        return work(self._connected())

    def _begun(self, db: Connection, mode: str) -> tuple[Connection, int | None]:
        cursor = None
        try:
            cursor = db.execute(f"{mode}; {self._settings()}; {_VERSION}")
        except psycopg.errors.UndefinedTable:
            return db, None
        except BaseException:
            self._drop()
            raise
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        return db, int(row[0]) if row and row[0].isdecimal() else 0

    def _settings(self) -> str:
        """Return the statements that set what holds for one transaction, in the same message as its beginning."""
        return (
            f'SET LOCAL search_path = "{self.address.schema}", pg_temp;'
            f" SET LOCAL lock_timeout = {int(self._patience * 1000)};"
            " SET LOCAL idle_in_transaction_session_timeout = 60000;"
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
            self._roll_back(db)
            raise
        if how == "ROLLBACK":
            self._roll_back(db)
            return
        try:
            db.execute(how)
        except psycopg.OperationalError as error:
            self._drop()
            if is_lost(error):
                raise unconfirmed(self.shown) from error
            raise

    def _roll_back(self, db: Connection) -> None:
        """Roll back, and close a connection on which that fails: what it was doing ends with it."""
        try:
            db.execute("ROLLBACK")
        except psycopg.Error:
            self._drop()

    # Connections

    def _connected(self) -> Connection:
        if self._db is not None and self._db.closed:
            self._drop()
        if self._db is None:
            self._db = connect(self.address, self._patience, known=self._known)
            self._known = True
        return self._db

    def _drop(self) -> None:
        if self._db is not None:
            with suppress(psycopg.Error):
                self._db.close()
        self._db = None

    # Tables

    def _pretend_empty(self) -> Connection:
        """Return a connection in a transaction in which the tables are there, and which will be rolled back."""
        db = self._connected()
        db.execute(f"ROLLBACK; {_WRITE}; {self._settings()}")
        try:
            _lock(db, self.address.schema)
            self._create_tables(db)
        except BaseException:
            self._roll_back(db)
            raise
        return db

    def _create_tables(self, db: Connection) -> None:
        """Create the tables, unless they are there."""
        row = db.execute("SELECT to_regclass('meta') IS NULL").fetchone()
        if row and row[0]:
            db.execute(f'CREATE SCHEMA IF NOT EXISTS "{self.address.schema}"; {TABLES}')

    def _check_version(self, db: Connection, version: int) -> None:
        if version == SCHEMA_VERSION:
            return
        self._roll_back(db)
        if version > SCHEMA_VERSION:
            raise failures.newer(self.shown, version, SCHEMA_VERSION)
        raise StoreProblem(
            f"The store at {self.shown} has the tables of an older rflow (format {version}; this one uses "
            f"{SCHEMA_VERSION}). It was left untouched.",
            try_="When all who use it have the new rflow: make a backup, then run rflow store upgrade",
        )


def _lock(db: Connection, schema: str) -> None:
    """Wait until nobody else creates or upgrades this store, and keep others from it until the transaction ends."""
    db.execute("SELECT pg_advisory_xact_lock(%s, %s)", (crc32(b"rflow store") >> 1, crc32(schema.encode()) >> 1))
