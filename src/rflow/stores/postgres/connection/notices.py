"""Notices of changes: sent after the commit, so that no writer waits for another's; heard on a connection of their own.

NOTIFY in a transaction holds a lock of the whole server until the commit is flushed. Here one thread for each process
sends what all its writers have committed in a twentieth of a second. A notice that is lost costs two seconds: who
listens looks again by themselves.
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
"""Seconds in which notices are collected."""
_WAIT = 0.5
"""Seconds after which a listener looks whether it is to stop."""
_PAUSE = 1.0
"""Seconds between attempts to listen again after the connection was lost."""
_SEND = (
    "BEGIN; SET LOCAL synchronous_commit = off;"
    " SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload; COMMIT"
)
"""What the notices tell of is on the disk already, so that nobody has to wait until they are."""
_senders: dict[Address, "Sender"] = {}
_guard = threading.RLock()


def channel(address: Address) -> str:
    """Return the name of the channel of a store, which is one of several in its database."""
    return f"rflow_{crc32(address.schema.encode()):08x}"


def sender(address: Address) -> "Sender":
    """Return the sender of this process for a store; the caller closes it."""
    with _guard:
        shared = _senders.setdefault(address, Sender(address))
        shared.users += 1
        return shared


class Sender:
    """Sends `session:version` for each session that changed; the version is 0 for a link, and for what is gone.

    Its thread and its connection are there while anybody uses it.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._pending: dict[str, int] = {}
        self._lock = threading.Lock()
        self._has_news = threading.Event()
        self._thread: threading.Thread | None = None
        self.users = 0

    def tell(self, session_id: str, version: int) -> None:
        """Send a notice soon; the version replaces one that was not sent yet."""
        with self._lock:
            self._pending[session_id] = version
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
                self._thread.start()
        self._has_news.set()

    def close(self, db: Connection | None) -> None:
        """Send what is pending on this connection; the last user stops the thread."""
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
        """Send notices until there are none left."""
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
        """Send notices, and return the connection; None if it was lost, and they with it."""
        try:
            db = db or connect(self._address, 0, known=False)
            sent(db, _SEND, (channel(self._address), notices))
        except (psycopg.Error, RflowError):
            if db is not None:
                db.close()
            return None
        return db


class Listener:
    """Calls `on_change` with the id of each session that changed, in a thread; "" where notices may have been lost."""

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
