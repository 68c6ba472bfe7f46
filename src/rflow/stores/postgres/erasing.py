"""Erasing from the data files of PostgreSQL what was removed from a store: its tables are written anew.

A deleted row stays in its file until `VACUUM FULL` writes the table to a new one, and there for as long as any
transaction may still read it. The write-ahead log, standbys and backups are out of reach.
"""

import re
import time

from rflow.errors import StoreProblem
from rflow.stores.postgres.connecting import Connection
from rflow.stores.postgres.database import Database

LIMIT = 256 * 1024 * 1024
"""Up to this size in bytes, tables are written anew at once: others wait meanwhile, some seconds for all of it."""

_PAUSE = 0.2
_TABLES = (
    *("sessions", "codes", "events", "people", "blobs", "shares", "share_views"),
    *("accounts", "identities", "members", "credentials", "audit", "notices"),
)
_SIZE = "SELECT sum(pg_total_relation_size(to_regclass(name))) FROM unnest(%s::text[]) AS name"
_COUNT = re.compile(r"\d+")


def erase(database: Database, *, patience: float = 2.0, limit: int | None = LIMIT) -> bool:
    """Write the tables anew without what was removed; False if somebody may still read it, or they are above `limit`.

    `check` does it whatever the size, when whoever runs it chose the time.
    """
    with database.reading() as db:
        if limit is not None and size(db) > limit:
            return False
    until = time.monotonic() + patience
    left = list(_TABLES)
    while left and time.monotonic() < until:
        left = [table for table in left if not _rewritten(database, table)]
        time.sleep(_PAUSE if left else 0)
    if left:
        return False
    with database.writing() as db:
        db.execute("DELETE FROM meta WHERE name = 'forget'")
    return True


def erase_all(database: Database) -> None:
    """Erase what was removed; raise `StoreProblem` if a trace is left for now."""
    if not erase(database):
        raise StoreProblem(
            f"It is removed, but traces of the text are still in the data files of {database.shown}: others are using "
            "the tables, or writing them anew would keep everybody waiting.",
            try_="To finish at a quiet time, run: rflow store check",
        )


def size(db: Connection) -> int:
    """Return the size in bytes of a store's tables, with their indexes."""
    row = db.execute(_SIZE, ([*_TABLES, "trees", "tree_names", "spaces", "counters", "meta"],)).fetchone()
    return int(row[0]) if row and row[0] else 0


def _rewritten(database: Database, table: str) -> bool:
    """Write a table anew, unless others use it just now; whether nothing of what was removed had to be kept.

    That is a number in a message of which only the numbers are the same in every language.
    """
    name = f'"{database.address.schema}"."{table}"'
    for detail in database.run_alone(f"VACUUM (FULL, VERBOSE, SKIP_LOCKED) {name}"):
        if counts := _COUNT.findall(detail):
            return int(counts[0]) == 0
    return False
