"""Checkpoints of long sessions in a SQLite store: taking them, and reading sessions from them."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import Any

from rflow.core.session.log import Log
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.errors import NotFound
from rflow.stores.checkpoints import checkpoint, parts
from rflow.stores.checkpoints.parts import Part
from rflow.stores.sqlite import rows
from rflow.stores.sqlite.file import SqliteFile
from rflow.stores.sqlite.schema import LONG

Entries = Mapping[int, Any]
ReadPart = Callable[[int, int, Part], Entries]
"""Reads a part of the checkpoint of a version, whose head ends at an offset."""

_SELECT = "SELECT version, fold, rowid FROM checkpoints WHERE session_id = ?"
_INSERT = "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)"


def _restore(db: sqlite3.Connection, session_id: str, read_part: ReadPart) -> Session | None:
    """Return the session from its checkpoint; None if it has none that can be used."""
    version, code, rowid = db.execute(_SELECT, (session_id,)).fetchone() or (0, "", 0)
    if code != checkpoint.code_fingerprint():
        return None
    with _open(db, rowid) as blob:
        prefix = checkpoint.read_prefix(blob.read(checkpoint.PREFIX_SIZE))
        if prefix is None:
            return None
        end = checkpoint.PREFIX_SIZE + prefix.size
        session = checkpoint.restore(prefix, blob.read(prefix.size), partial(read_part, version, end))
    return session if session and (session.id, session.version) == (session_id, version) else None


def _open(db: sqlite3.Connection, rowid: int) -> "closing[sqlite3.Blob]":
    """Open the data of a checkpoint as a blob: half the memory of a SELECT, and only the pages used are read."""
    return closing(db.blobopen("checkpoints", "data", rowid, readonly=True))


def _read_part(db: sqlite3.Connection, session_id: str, version: int, end: int, part: Part) -> Entries | None:
    """Return a part of a checkpoint (see `ReadPart`); None if that checkpoint is gone or damaged."""
    taken, code, rowid = db.execute(_SELECT, (session_id,)).fetchone() or (0, "", 0)
    if (taken, code) != (version, checkpoint.code_fingerprint()):
        return None
    with _open(db, rowid) as blob:
        blob.seek(min(end + part.start, len(blob)))
        return parts.read(blob.read(part.size), part)


def _part_in_new_transaction(file: SqliteFile, session_id: str, version: int, end: int, part: Part) -> Entries:
    """Return a part as `_part_or_replay` does, in a transaction of its own."""
    with file.reading() as db:
        return _part_or_replay(db, session_id, version, end, part)


def _part_or_replay(db: sqlite3.Connection, session_id: str, version: int, end: int, part: Part) -> Entries:
    """Return a part of a checkpoint, or the same entries replayed from the events if that checkpoint is gone.

    It is gone when another process has taken a newer one or removed texts: a removed text must not come back.
    """
    entries = _read_part(db, session_id, version, end, part)
    return checkpoint.entries_of_part(_replay(db, session_id, version), part) if entries is None else entries


def _replay(db: sqlite3.Connection, session_id: str, version: int) -> Session:
    log = rows.load(db, session_id)
    return replay((event for event in log.events if event.seq <= version), Session(id=log.id, code=log.code))


def latest(db: sqlite3.Connection, file: SqliteFile, session_id: str, row: rows.Row) -> Log:
    """Read the state of the session in `row`: from its checkpoint, if it can be used, and the events after it.

    `db` is the connection of `file`. Older entries are read from `file` later, if they are needed.
    """
    return _log(db, session_id, row, partial(_part_in_new_transaction, file, session_id))


def _log(db: sqlite3.Connection, session_id: str, row: rows.Row, read_part: ReadPart) -> Log:
    base = _restore(db, session_id, read_part)
    if base is None or base.version > row.version:
        return rows.log(db, session_id, row)
    base.code = row.code
    return rows.log(db, session_id, row, base.version, base)


def is_due(db: sqlite3.Connection, session_id: str, version: int) -> bool:
    """Whether a session at `version` needs another checkpoint.

    The larger a checkpoint is, the more events pass before the next one, so the cost per event stays about the same.
    """
    taken, code, _ = db.execute(_SELECT, (session_id,)).fetchone() or (0, "", 0)
    return code != checkpoint.code_fingerprint() or version - taken >= max(LONG, taken // 8)


def take(db: sqlite3.Connection, session_id: str) -> None:
    """Take a checkpoint from what is stored: texts in this process's memory may have been erased in the meantime.

    It continues from the last checkpoint, if there is one: removing a text removes that.
    """
    row = rows.row(db, session_id)
    log = _log(db, session_id, row, partial(_part_or_replay, db, session_id))
    if taken := checkpoint.take(log.session):
        db.execute(_INSERT, (session_id, *taken))


def wrong(db: sqlite3.Connection) -> list[str]:
    """Return the ids of sessions with a checkpoint of this code that differs from their events."""
    sessions = db.execute(
        "SELECT session_id FROM checkpoints WHERE fold = ?", (checkpoint.code_fingerprint(),)
    ).fetchall()
    return [str(session_id) for (session_id,) in sessions if _is_wrong(db, str(session_id))]


def _is_wrong(db: sqlite3.Connection, session_id: str) -> bool:
    damaged: list[Part] = []

    def read_part(version: int, end: int, part: Part) -> Entries:
        entries = _read_part(db, session_id, version, end, part)
        damaged.extend([part] * (entries is None))
        return entries or {}

    base = _restore(db, session_id, read_part)
    if base is None:
        return True
    try:
        replayed = _replay(db, session_id, base.version)
    except NotFound:
        return True
    base.code = replayed.code
    return base.load_all() != replayed or bool(damaged)


def remove(db: sqlite3.Connection, sessions: list[str]) -> None:
    """Remove the checkpoints of sessions."""
    db.executemany("DELETE FROM checkpoints WHERE session_id = ?", [(session_id,) for session_id in sessions])
