"""The checkpoints of long sessions in a SQLite store: reading from them, and taking them from the stored events."""

import sqlite3
from contextlib import closing

from rflow.core.session.log import Log
from rflow.core.session.state import Session
from rflow.errors import NotFound
from rflow.stores import checkpoint
from rflow.stores.checkpoint import Checkpoint
from rflow.stores.sqlite import rows
from rflow.stores.sqlite.schema import LONG

_TAKEN = "SELECT version, fold, rowid FROM checkpoints WHERE session_id = ?"
_INSERT = "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)"


def _read(db: sqlite3.Connection, session_id: str) -> Session | None:
    """Return the session of a checkpoint; None where there is none that can be used."""
    version, fold, rowid = db.execute(_TAKEN, (session_id,)).fetchone() or (0, "", 0)
    if fold != checkpoint.fold():
        return None
    with closing(db.blobopen("checkpoints", "data", rowid, readonly=True)) as blob:  # half the memory of a SELECT
        session = checkpoint.restored(Checkpoint(version, fold, blob.read()))
    return session if session and (session.id, session.version) == (session_id, version) else None


def latest(db: sqlite3.Connection, session_id: str, row: rows.Row) -> Log:
    """Read the state of a session of that row: from its checkpoint, if there is a usable one, and the events since."""
    base = _read(db, session_id)
    if base is None or base.version > row.version:
        return rows.log(db, session_id, row)
    base.code = row.code
    return rows.log(db, session_id, row, base.version, base)


def is_due(db: sqlite3.Connection, session_id: str, version: int) -> bool:
    """Whether a session at `version` needs another checkpoint.

    They become rarer as they become larger: what they cost is spread over more events.
    """
    taken, fold, _ = db.execute(_TAKEN, (session_id,)).fetchone() or (0, "", 0)
    return fold != checkpoint.fold() or version - taken >= max(LONG, taken // 8)


def take(db: sqlite3.Connection, session_id: str) -> None:
    """Take a checkpoint, from the stored events: what a process has in memory may have been erased meanwhile."""
    if taken := checkpoint.take(rows.load(db, session_id).session):
        db.execute(_INSERT, (session_id, *taken))


def wrong(db: sqlite3.Connection) -> list[str]:
    """Return the sessions whose checkpoint is of this code, but not what their events say."""
    sessions = db.execute("SELECT session_id FROM checkpoints WHERE fold = ?", (checkpoint.fold(),)).fetchall()
    return [str(session_id) for (session_id,) in sessions if _is_wrong(db, str(session_id))]


def _is_wrong(db: sqlite3.Connection, session_id: str) -> bool:
    base = _read(db, session_id)
    if base is None:
        return True
    try:
        log = rows.load(db, session_id)
    except NotFound:
        return True
    events = [event for event in log.events if event.seq <= base.version]
    return base.whole() != Log(id=log.id, code=base.code, events=events).session


def remove(db: sqlite3.Connection, sessions: list[str]) -> None:
    """Remove the checkpoints of sessions."""
    db.executemany("DELETE FROM checkpoints WHERE session_id = ?", [(session_id,) for session_id in sessions])
