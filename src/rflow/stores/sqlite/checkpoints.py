"""The checkpoints of long sessions in a SQLite store: reading from them, and taking them from the stored events."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import Any

from rflow.core.session.log import Log
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.errors import NotFound
from rflow.stores import checkpoint
from rflow.stores.checkpoint import Part
from rflow.stores.sqlite import rows
from rflow.stores.sqlite.file import SqliteFile
from rflow.stores.sqlite.schema import LONG

Older = Mapping[int, Any]

_TAKEN = "SELECT version, fold, rowid FROM checkpoints WHERE session_id = ?"
_INSERT = "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)"


def _read(db: sqlite3.Connection, session_id: str, older: Callable[[int, int, Part], Older]) -> Session | None:
    """Return the session of a checkpoint; None where there is none that can be used.

    `older` reads a part of the checkpoint of that version, which begins there, if something needs it.
    """
    version, fold, rowid = db.execute(_TAKEN, (session_id,)).fetchone() or (0, "", 0)
    if fold != checkpoint.fold():
        return None
    with _opened(db, rowid) as blob:
        mark = checkpoint.mark(blob.read(checkpoint.MARK))
        if mark is None:
            return None
        end = checkpoint.MARK + mark.size
        session = checkpoint.restored(mark, blob.read(mark.size), partial(older, version, end))
    return session if session and (session.id, session.version) == (session_id, version) else None


def _opened(db: sqlite3.Connection, rowid: int) -> "closing[sqlite3.Blob]":
    """Open the data of a checkpoint: half the memory of a SELECT, and only the pages of what is read."""
    return closing(db.blobopen("checkpoints", "data", rowid, readonly=True))


def _older(db: sqlite3.Connection, session_id: str, version: int, end: int, part: Part) -> Older | None:
    """Return a part of the checkpoint of that version, whose head ends there; None if it is not there any more."""
    taken, fold, rowid = db.execute(_TAKEN, (session_id,)).fetchone() or (0, "", 0)
    if (taken, fold) != (version, checkpoint.fold()):
        return None
    with _opened(db, rowid) as blob:
        blob.seek(min(end + part.start, len(blob)))
        return checkpoint.older_in(blob.read(part.size), part)


def _older_later(file: SqliteFile, session_id: str, version: int, end: int, part: Part) -> Older:
    """Return a part of a checkpoint in a transaction of its own."""
    with file.reading() as db:
        return _older_now(db, session_id, version, end, part)


def _older_now(db: sqlite3.Connection, session_id: str, version: int, end: int, part: Part) -> Older:
    """Return a part of a checkpoint.

    Where another process has taken another checkpoint since, or removed texts, what the events say now takes its
    place: a text that was removed does not come back.
    """
    found = _older(db, session_id, version, end, part)
    return checkpoint.older_of(_replayed(db, session_id, version), part) if found is None else found


def _replayed(db: sqlite3.Connection, session_id: str, version: int) -> Session:
    log = rows.load(db, session_id)
    return replay((event for event in log.events if event.seq <= version), Session(id=log.id, code=log.code))


def latest(db: sqlite3.Connection, file: SqliteFile, session_id: str, row: rows.Row) -> Log:
    """Read the state of a session of that row: from its checkpoint, if there is a usable one, and the events since.

    `db` is the connection of `file`, from which older entries are read later, if they are needed.
    """
    return _going_on(db, session_id, row, partial(_older_later, file, session_id))


def _going_on(db: sqlite3.Connection, session_id: str, row: rows.Row, older: Callable[[int, int, Part], Older]) -> Log:
    base = _read(db, session_id, older)
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
    """Take a checkpoint, from what is stored: what a process has in memory may have been erased meanwhile.

    Where there is a checkpoint it goes on from that, which removing a text removes, too.
    """
    row = rows.row(db, session_id)
    log = _going_on(db, session_id, row, partial(_older_now, db, session_id))
    if taken := checkpoint.take(log.session):
        db.execute(_INSERT, (session_id, *taken))


def wrong(db: sqlite3.Connection) -> list[str]:
    """Return the sessions whose checkpoint is of this code, but not what their events say."""
    sessions = db.execute("SELECT session_id FROM checkpoints WHERE fold = ?", (checkpoint.fold(),)).fetchall()
    return [str(session_id) for (session_id,) in sessions if _is_wrong(db, str(session_id))]


def _is_wrong(db: sqlite3.Connection, session_id: str) -> bool:
    damaged: list[Part] = []

    def older(version: int, end: int, part: Part) -> Older:
        found = _older(db, session_id, version, end, part)
        damaged.extend([part] * (found is None))
        return found or {}

    base = _read(db, session_id, older)
    if base is None:
        return True
    try:
        replayed = _replayed(db, session_id, base.version)
    except NotFound:
        return True
    base.code = replayed.code
    return base.whole() != replayed or bool(damaged)


def remove(db: sqlite3.Connection, sessions: list[str]) -> None:
    """Remove the checkpoints of sessions."""
    db.executemany("DELETE FROM checkpoints WHERE session_id = ?", [(session_id,) for session_id in sessions])
