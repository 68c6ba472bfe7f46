"""The connection of a store object: opened when first needed, opened again once lost, shared by all its views."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, TypeVar

import psycopg

from rflow.stores.failures import PATIENCE
from rflow.stores.postgres.connection.address import Address
from rflow.stores.postgres.connection.connecting import Connection, connect, has_arrived
from rflow.stores.postgres.connection.errors import explained, is_lost
from rflow.stores.postgres.connection.notices import Sender, sender

_Result = TypeVar("_Result")
UNUSED = 20.0
"""Seconds without use after which a connection may have been cut in silence, as by a firewall."""


class Versions(NamedTuple):
    """The version of the tables, and the oldest version of rflow's own that may use them."""

    format: int
    oldest: int


class Line:
    """One connection. `patience` is how many seconds a writer waits for another, and for a server that restarts.

    `held` is set while everything is read in one transaction; `months` are those known to have a partition, `versions`
    are those that the tables had when they were last checked.
    """

    def __init__(self, address: Address, patience: float = PATIENCE) -> None:
        self.address = address
        self.patience = patience
        self.held: Connection | None = None
        self.months: set[str] = set()
        self.versions: Versions | None = None
        self._db: Connection | None = None
        self._known = False
        self._used = 0.0
        self._sender: Sender | None = None

    def connected(self) -> Connection:
        """Return the connection; a new one if there is none, or the last one was closed."""
        if self._db is not None and self._db.closed:
            self.drop()
        if self._db is None:
            self._db = connect(self.address, self.patience, known=self._known)
            self._known = True
        self._used = time.monotonic()
        return self._db

    def intact(self) -> Connection:
        """Return the connection for a message that can't be sent again; a new one if it was lost since its last use."""
        unused = time.monotonic() - self._used
        db = self.connected()
        return self.reconnecting(_answering) if unused > UNUSED or has_arrived(db) else db

    def drop(self) -> None:
        """Close a connection on which something went wrong: what it was doing ends with it."""
        if self._db is not None:
            with suppress(psycopg.Error):
                self._db.close()
        self._db = None

    def tell(self, session_id: str, version: int = 0) -> None:
        """Notify others soon that a session changed; version 0 is for its links, and for a deleted session."""
        self._sender = self._sender or sender(self.address)
        self._sender.tell(session_id, version)

    def close(self) -> None:
        """Close the connection; notices that were not sent yet go first."""
        if self._sender is not None:
            self._sender.close(self._db)
        if self._db is not None:
            self._db.close()
        self._db = self.held = self._sender = None

    def reconnecting(self, work: Callable[[Connection], _Result]) -> _Result:
        """Do what changes nothing; once more on a new connection if the old one was lost since it was last used."""
        reused = self._db is not None
        try:
            return work(self.connected())
        except psycopg.OperationalError as error:
            if not reused or not is_lost(error):
                raise
        self.drop()
        return work(self.connected())

    def roll_back(self, db: Connection) -> None:
        """Roll back, and close a connection on which that fails."""
        try:
            db.execute("ROLLBACK")
        except psycopg.Error:
            self.drop()

    def run_alone(self, statement: str) -> list[str]:
        """Run a statement that can't be part of a transaction, and return the details of what PostgreSQL reports."""
        details: list[str] = []

        def keep(notice: psycopg.errors.Diagnostic) -> None:
            details.append(notice.message_detail or "")

        with explained(self.address.shown):
            db = self.connected()
            db.add_notice_handler(keep)
            try:
                db.execute(statement)
            finally:
                db.remove_notice_handler(keep)
        return details


def _answering(db: Connection) -> Connection:
    db.execute("SELECT 1")
    return db
