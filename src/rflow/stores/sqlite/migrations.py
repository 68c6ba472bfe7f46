"""Upgrades SQLite stores of older versions: named steps in order, each with a sample in the tests.

All steps run in one transaction, so that an upgrade that is interrupted leaves the store as it was.
"""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from rflow.core.session.log import Log
from rflow.core.spaces import DEFAULT_SPACE
from rflow.stores import codec
from rflow.stores.sqlite import rows
from rflow.stores.sqlite.schema import ACCOUNTS, CHECKPOINTS, OUTBOX, QUESTIONS, SCHEMA
from rflow.stores.upgrades import upgraded


class Migration(NamedTuple):
    """A step to version `to`."""

    to: int
    name: str
    apply: Callable[[sqlite3.Connection], None]


def upgrade(db: sqlite3.Connection, version: int) -> None:
    """Upgrade a file from `version`, and record it; the caller commits."""
    for step in MIGRATIONS:
        if step.to > version:
            step.apply(db)
            note = (f"upgraded {step.to} {step.name}", datetime.now(UTC).isoformat())
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", note)
            db.execute(f"PRAGMA user_version = {step.to}")


_REPLACED = ("sessions", "people", "trees", "tree_names", "shares", "share_views")


def _spaces(db: sqlite3.Connection) -> None:
    """Sessions and trees got a space, people a kind; records are those of version 3."""
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall():
        db.execute(f'DROP INDEX "{name}"')
    old = [table for table in _REPLACED if _exists(db, table)]
    for table in old:
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    for statement in SCHEMA:
        db.execute(statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "))
    db.execute("INSERT INTO trees SELECT digest, ?, data FROM old_trees", (DEFAULT_SPACE,))
    columns = "digest, title, nodes, added_at"
    db.execute(f"INSERT INTO tree_names SELECT id, ?, {columns} FROM old_tree_names", (DEFAULT_SPACE,))  # noqa: S608
    if "shares" in old:
        db.execute("INSERT INTO shares SELECT * FROM old_shares")
        db.execute("INSERT INTO share_views SELECT * FROM old_share_views")
    for session_id, code in db.execute("SELECT id, code FROM old_sessions").fetchall():
        _upgrade_session(db, str(session_id), str(code))
    for table in old:
        db.execute(f"DROP TABLE old_{table}")


def _exists(db: sqlite3.Connection, table: str) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def _upgrade_session(db: sqlite3.Connection, session_id: str, code: str) -> None:
    """Upgrade the records of a session, and recompute its row and its people."""
    select = "SELECT seq, CAST(coalesce(data, '') AS BLOB) FROM events WHERE session_id = ? ORDER BY seq"
    stored = db.execute(select, (session_id,)).fetchall()
    records = [(seq, upgraded(data, 2)) for seq, data in stored]
    changed = [(new, session_id, seq) for (seq, new), (_, old) in zip(records, stored, strict=True) if new != old]
    db.executemany("UPDATE events SET data = ? WHERE session_id = ? AND seq = ?", changed)
    events = codec.from_rows(records, 1, records[-1][0] if records else 0)
    rows.insert_state(db, Log(id=session_id, code=code, events=events).session, events)


def _accounts(db: sqlite3.Connection) -> None:
    """Accounts, spaces and the audit got tables."""
    _create(db, ACCOUNTS)


def _notices_and_checkpoints(db: sqlite3.Connection) -> None:
    """Notices got a table, long sessions checkpoints, and open questions an index."""
    _create(db, (*OUTBOX, *CHECKPOINTS, *QUESTIONS))


def _create(db: sqlite3.Connection, statements: Iterable[str]) -> None:
    """Create tables and indexes, as far as an earlier step has not created them."""
    for statement in statements:
        for kind in ("TABLE", "INDEX"):
            statement = statement.replace(f"CREATE {kind} ", f"CREATE {kind} IF NOT EXISTS ")
        db.execute(statement)


MIGRATIONS = (
    Migration(3, "spaces, kinds of people, records of version 3", _spaces),
    Migration(4, "accounts, spaces, audit", _accounts),
    Migration(5, "notices, checkpoints, questions", _notices_and_checkpoints),
)
OLDEST = MIGRATIONS[0].to - 1
"""The oldest version that can be upgraded."""
