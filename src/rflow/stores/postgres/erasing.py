"""Erasing removed data from PostgreSQL's data files, by rewriting the store's tables.

A deleted row stays in its file until `VACUUM FULL` writes the table to a new one, and there for as long as any
transaction may still read it. The write-ahead log, standbys and backups are out of reach.
"""

import re
import time

from rflow.errors import TracesLeft
from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.connection.database import Database
from rflow.stores.postgres.connection.scope import EVERYTHING
from rflow.stores.postgres.months import drop_empty_months
from rflow.stores.postgres.tables import partitions

LIMIT = 256 * 1024 * 1024
"""Tables up to this size in bytes are rewritten at once, while others wait a few seconds."""

_PAUSE = 0.2
_TABLES = (
    *("sessions", "codes", "commands", "people", "documents", "unindexed", "shares", "share_views"),
    *("accounts", "identities", "members", "credentials", "audit", "notices"),
)
_OTHERS = ("trees", "tree_names", "spaces", "counters", "meta")
_SIZE = "SELECT sum(pg_total_relation_size(to_regclass(name))) FROM unnest(%s::text[]) AS name"
_COUNT = re.compile(r"\d+")


def erase(
    database: Database, session_id: str | None = None, *, patience: float = 2.0, limit: int | None = LIMIT
) -> bool:
    """Rewrite the tables without removed data; False if somebody may still read it, or they are larger than `limit`.

    Of the partitions only those of one session, if only that was removed. Partitions in which nothing is left are
    dropped. `check` does it whatever the size, since the person who runs it chose the time.
    """
    database = database.scoped(EVERYTHING)
    drop_empty_months(database)
    with database.reading() as db:
        pieces = partitions.leaves(db) if session_id is None else partitions.leaves_of(db, session_id)
        left = [*_TABLES, *pieces]
        if limit is not None and _size(db, left) > limit:
            return False
    until = time.monotonic() + patience
    while left and time.monotonic() < until:
        left = [table for table in left if not _rewritten(database, table)]
        time.sleep(_PAUSE if left else 0)
    if left:
        return False
    with database.writing() as db:
        db.execute("DELETE FROM meta WHERE name = 'forget'")
    return True


def erase_all(database: Database, session_id: str | None = None) -> None:
    """Erase removed data of one session or all; raise `TracesLeft` if a trace is left for now."""
    if not erase(database, session_id):
        raise TracesLeft(
            f"It is removed, but traces of the text are still in the data files of {database.shown}: others are using "
            "the tables, or writing them anew would keep everybody waiting.",
            try_="To finish at a quiet time, run: rflow store check",
        )


def size(db: Connection) -> int:
    """Return the size in bytes of a store's tables, with their indexes."""
    return _size(db, [*_TABLES, *_OTHERS, *partitions.leaves(db)])


def _size(db: Connection, tables: list[str]) -> int:
    row = db.execute(_SIZE, (tables,)).fetchone()
    return int(row[0]) if row and row[0] else 0


def _rewritten(database: Database, table: str) -> bool:
    """Rewrite a table, unless others are using it; return whether all removed data is gone.

    That is a number in a message of which only the numbers are the same in every language.
    """
    name = f'"{database.address.schema}"."{table}"'
    for detail in database.connection.run_alone(f"VACUUM (FULL, VERBOSE, SKIP_LOCKED) {name}"):
        if counts := _COUNT.findall(detail):
            return int(counts[0]) == 0
    return False
