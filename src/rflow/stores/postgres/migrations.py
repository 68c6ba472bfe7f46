"""Brings PostgreSQL stores of older versions up to date: named steps in order, all in one transaction.

A step keeps what the version before needs, because both are in use while processes are replaced one after the other; a
later version removes it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from rflow.stores import failures
from rflow.stores.postgres import schema
from rflow.stores.postgres.connecting import Connection


class Migration(NamedTuple):
    """A step to version `to`."""

    to: int
    name: str
    apply: Callable[[Connection], None]


def _notices(db: Connection) -> None:
    """Notices got a table."""
    db.execute(schema.OUTBOX)


MIGRATIONS: tuple[Migration, ...] = (Migration(2, "notices", _notices),)


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
    return version
