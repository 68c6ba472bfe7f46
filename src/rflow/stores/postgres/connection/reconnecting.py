"""The connection of a store: opened on first use, reopened when lost, shared by all scoped views of the store."""

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
"""Seconds without use after which a connection may have been dropped silently, for example by a firewall."""


class Versions(NamedTuple):
    """The format of the tables, and the oldest format that a program must know to use them."""

    format: int
    oldest: int


class ReconnectingConnection:
    """A connection that is reopened when lost. `patience` is how many seconds to wait for locks and for a restart.

    `held` is the connection while everything is read in one transaction, `months` are the months known to have a
    partition, `versions` is what the tables had when they were last checked.
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

    def current(self) -> Connection:
        """Return the connection, opening a new one if there is none or the last one was closed."""
        if self._db is not None and self._db.closed:
            self.drop()
        if self._db is None:
            self._db = connect(self.address, self.patience, known=self._known)
            self._known = True
        self._used = time.monotonic()
        return self._db

    def checked(self) -> Connection:
        """Return a working connection, reopened if it was lost: for a message that can't be sent twice."""
        unused = time.monotonic() - self._used
        db = self.current()
        return self.retrying(_ping) if unused > UNUSED or has_arrived(db) else db

    def drop(self) -> None:
        """Close a connection after an error; whatever it was doing is aborted."""
        if self._db is not None:
            with suppress(psycopg.Error):
                self._db.close()
        self._db = None

    def notify(self, session_id: str, version: int = 0) -> None:
        """Notify other processes soon that a session changed; version 0 means its links changed or it was deleted."""
        self._sender = self._sender or sender(self.address)
        self._sender.notify(session_id, version)

    def close(self) -> None:
        """Send pending notices, then close the connection."""
        if self._sender is not None:
            self._sender.close(self._db)
        if self._db is not None:
            self._db.close()
        self._db = self.held = self._sender = None

    def retrying(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run `work`, which only reads; retry it on a new connection if the old one was lost while idle."""
        reused = self._db is not None
        try:
            return work(self.current())
        except psycopg.OperationalError as error:
            if not reused or not is_lost(error):
                raise
        self.drop()
        return work(self.current())

    def roll_back(self, db: Connection) -> None:
        """Roll back; close the connection if that fails."""
        try:
            db.execute("ROLLBACK")
        except psycopg.Error:
            self.drop()

    def run_alone(self, statement: str) -> list[str]:
        """Run a statement outside a transaction, and return the details of the notices that PostgreSQL sends."""
        details: list[str] = []

        def keep(notice: psycopg.errors.Diagnostic) -> None:
            details.append(notice.message_detail or "")

        with explained(self.address.shown):
            db = self.current()
            db.add_notice_handler(keep)
            try:
                db.execute(statement)
            finally:
                db.remove_notice_handler(keep)
        return details


def _ping(db: Connection) -> Connection:
    db.execute("SELECT 1")
    return db
