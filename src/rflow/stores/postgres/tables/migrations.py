"""Brings PostgreSQL stores of older versions up to date: named steps in order, all in one transaction.

A step keeps what the version before needs, because both are in use while processes are replaced one after the other; a
later version removes it. Functions are replaced by every upgrade: a change of them may come without a new version.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from rflow.stores import failures
from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.tables import partitions, schema
from rflow.stores.postgres.tables.policies import POLICIES


class Migration(NamedTuple):
    """A step to version `to`."""

    to: int
    name: str
    apply: Callable[[Connection], None]


def _spaces_and_partitions(db: Connection) -> None:
    """Write the space into every table, events and contents into partitions, and let policies guard them.

    Version 1 can't use these tables: it names no spaces, so it would see nothing.
    """
    for table, key, of in _WITHOUT_SPACE:
        db.execute(f"ALTER TABLE {table} ADD COLUMN space text COLLATE \"C\" NOT NULL DEFAULT ''".encode())
        found = f"FROM {of} o WHERE o.id = {table}.{key}"
        db.execute(f"UPDATE {table} SET space = o.space {found}".encode())  # noqa: S608 (constants)
        db.execute(f"ALTER TABLE {table} ALTER COLUMN space DROP DEFAULT".encode())
    for table in partitions.TABLES:
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}; ALTER INDEX {table}_pkey RENAME TO old_{table}_pkey")
    db.execute(schema.joined(*schema.NEW_IN_2).encode())
    partitions.create_first(db)
    for table in partitions.TABLES:
        joined = f"old_{table} old LEFT JOIN sessions s ON s.id = session_id"
        db.execute(f"INSERT INTO {table} SELECT old.*, coalesce(s.space, '') FROM {joined}".encode())  # noqa: S608
        db.execute(f"DROP TABLE old_{table}".encode())
    db.execute("INSERT INTO unindexed SELECT id, space, version FROM sessions")
    db.execute(schema.joined(*POLICIES).encode())


_WITHOUT_SPACE = (
    ("codes", "session_id", "sessions"),
    ("people", "session_id", "sessions"),
    ("shares", "session_id", "sessions"),
    ("share_views", "share_id", "shares"),
)
MIGRATIONS: tuple[Migration, ...] = (Migration(2, "spaces and partitions", _spaces_and_partitions),)
"""All steps, in their order."""


def upgrade(db: Connection, shown: str) -> int:
    """Bring the tables up to date and record it, once nobody uses them; return the version that they had.

    The caller holds the lock on upgrades, and commits.
    """
    db.execute("LOCK TABLE meta IN ACCESS EXCLUSIVE MODE")  # Every transaction reads it when it begins.
    row = db.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()
    version = int(row[0]) if row else 0
    if version > schema.SCHEMA_VERSION:
        raise failures.newer(shown, version, schema.SCHEMA_VERSION)
    for step in MIGRATIONS:
        if step.to > version:
            step.apply(db)
            note = (f"upgraded {step.to} {step.name}", datetime.now(UTC).isoformat())
            db.execute("INSERT INTO meta VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value", note)
            db.execute("UPDATE meta SET value = %s WHERE name = 'format'", (str(step.to),))
            oldest = min(step.to, schema.OLDEST_ALLOWED)
            db.execute(
                "INSERT INTO meta VALUES ('oldest', %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (str(oldest),),
            )
    db.execute(schema.REPLACEABLE.encode())
    return version
