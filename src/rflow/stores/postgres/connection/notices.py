"""Change notifications: sent after the commit, received on a separate connection.

NOTIFY in a transaction holds a server-wide lock until the commit is flushed, so writers would wait for each other.
Instead, one thread per process sends the notifications of all its writers every twentieth of a second. A lost
notification delays a listener by two seconds at most, because it also polls.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from zlib import crc32

import psycopg

from rflow.errors import RflowError
from rflow.stores.postgres.connection.address import Address
from rflow.stores.postgres.connection.connecting import Connection, connect, sent

DELAY = 0.05
"""Seconds for which notifications are collected before they are sent together."""
_WAIT = 0.5
"""How often a listener checks whether it should stop, in seconds."""
_PAUSE = 1.0
"""Seconds between attempts to reconnect."""
_SEND = (
    "BEGIN; SET LOCAL synchronous_commit = off;"
    " SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload; COMMIT"
)
"""Asynchronous commit: the changes are on disk already, and notifications need not be."""
_senders: dict[Address, "Sender"] = {}
_guard = threading.RLock()


def channel(address: Address) -> str:
    """Return the name of a store's channel; a database may hold several stores."""
    return f"rflow_{crc32(address.schema.encode()):08x}"


def sender(address: Address) -> "Sender":
    """Return the process-wide sender for a store; the caller must close it."""
    with _guard:
        shared = _senders.setdefault(address, Sender(address))
        shared.users += 1
        return shared


class Sender:
    """Sends `session:version` for each changed session; version 0 means its links changed or it was deleted.

    Its thread and its connection exist as long as it has users.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._pending: dict[str, int] = {}
        self._lock = threading.Lock()
        self._has_news = threading.Event()
        self._thread: threading.Thread | None = None
        self.users = 0

    def notify(self, session_id: str, version: int) -> None:
        """Send a notification soon; it replaces an unsent one for the same session."""
        with self._lock:
            self._pending[session_id] = version
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
                self._thread.start()
        self._has_news.set()

    def close(self, db: Connection | None) -> None:
        """Send pending notifications on `db`; the last user stops the thread."""
        with _guard:
            self.users -= 1
            if not self.users:
                _senders.pop(self._address, None)
                self._has_news.set()
        if db is not None and (notices := self._taken()):
            with suppress(psycopg.Error):
                sent(db, _SEND, (channel(self._address), notices))

    def _taken(self) -> list[str]:
        with self._lock:
            pending, self._pending = self._pending, {}
        return [f"{session_id}:{version}" for session_id, version in pending.items()]

    def _run(self) -> None:
        """Send notifications until the last user has closed the sender."""
        db: Connection | None = None
        while self.users:
            self._has_news.wait()
            self._has_news.clear()
            time.sleep(DELAY)
            if notices := self._taken():
                db = self._send(db, notices)
        if db is not None:
            db.close()

    def _send(self, db: Connection | None, notices: list[str]) -> Connection | None:
        """Send notifications and return the connection; None if it was lost, and the notifications with it."""
        try:
            db = db or connect(self._address, 0, known=False)
            sent(db, _SEND, (channel(self._address), notices))
        except (psycopg.Error, RflowError):
            if db is not None:
                db.close()
            return None
        return db


class Listener:
    """Calls `on_change` in a thread with the id of each changed session; "" if notifications may have been lost."""

    def __init__(self, address: Address, on_change: Callable[[str], None]) -> None:
        self._address = address
        self._on_change = on_change
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with suppress(psycopg.Error, RflowError):
                self._listen()
            self._stopping.wait(_PAUSE)

    def _listen(self) -> None:
        with connect(self._address.direct, 0, known=False) as db:
            db.execute(f"LISTEN {channel(self._address)}".encode())
            self._on_change("")
            while not self._stopping.is_set():
                for notice in db.notifies(timeout=_WAIT):
                    self._on_change(notice.payload.partition(":")[0])
