"""The partitions of events and contents: one for each month in which sessions began, by the time in their ids.

What has no time in its id, or one for which there is no partition, is in the partition `other`. Who first stores a
session of a month creates the partition of that month.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import psycopg

from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.tables.policies import forced

TABLES = ("events", "blobs")
OTHER = "other"
PATIENCE = "SET LOCAL lock_timeout = 500"  # milliseconds: who waits for a whole table lets others wait behind it
_NAME = re.compile(r"(?:events|blobs)_(\d{4})_(\d{2})")
_EARLIEST = "2020_01"
_LEAVES = """
SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent IN ('events'::regclass, 'blobs'::regclass) ORDER BY child.relname
"""


def month_of(session_id: str, now: datetime) -> str | None:
    """Return the month in which a session began ("2026_11"); None where its id does not say, or names no likely one."""
    begins = re.match(r"([0-9a-f]{8})-([0-9a-f]{4})-7", session_id)
    if begins is None:
        return None
    at = datetime.fromtimestamp(int(begins[1] + begins[2], 16) / 1000, UTC)
    month = _month(at)
    return month if _EARLIEST <= month <= _month(_following(now)) else None


def ensure(db: Connection, month: str) -> None:
    """Create the partitions of a month if they are missing."""
    if month in _months(leaves(db)):
        return
    begin = _begin(month)
    for table in TABLES:
        leaf = f"{table}_{month}"
        db.execute(f"CREATE TABLE {leaf} (LIKE {table} INCLUDING ALL); {forced(leaf)}".encode())
        ends = f"FOR VALUES FROM ('{_bound(begin)}') TO ('{_bound(_following(begin))}')"
        db.execute(f"ALTER TABLE {table} ATTACH PARTITION {leaf} {ends}".encode())


def create_first(db: Connection) -> None:
    """Create the partitions of new tables: this month's, the next one's, and that for all others."""
    now = datetime.now(UTC)
    for table in TABLES:
        leaf = f"{table}_{OTHER}"
        db.execute(f"CREATE TABLE {leaf} PARTITION OF {table} DEFAULT; {forced(leaf)}".encode())
    for month in (_month(now), _month(_following(now))):
        ensure(db, month)


def leaves(db: Connection) -> list[str]:
    """Return the names of all partitions."""
    return [str(name) for (name,) in db.execute(_LEAVES)]


def leaves_of(db: Connection, session_id: str) -> list[str]:
    """Return the names of the partitions in which a session is."""
    month = month_of(session_id, datetime.now(UTC))
    known = leaves(db)
    return [f"{table}_{month if f'{table}_{month}' in known else OTHER}" for table in TABLES]


def remove(db: Connection, session_ids: Sequence[str]) -> None:
    """Remove the events and contents of sessions that were deleted in this transaction.

    Of many sessions, a month of which none is left is dropped, unless somebody is reading it: then nothing of it has to
    be deleted row by row.
    """
    now = datetime.now(UTC)
    by_month: dict[str | None, list[str]] = {}
    for session_id in session_ids:
        by_month.setdefault(month_of(session_id, now), []).append(session_id)
    known = _months(leaves(db)) - {_month(now)} if len(session_ids) > 1 else set()
    for month, ids in by_month.items():
        if month in known and not _holds_sessions(db, _begin(month)) and _dropped(db, month):
            continue
        for table in TABLES:
            db.execute(f"DELETE FROM {table} WHERE session_id = ANY(%s)".encode(), (ids,))  # noqa: S608 (constants)


def _dropped(db: Connection, month: str) -> bool:
    """Drop the partitions of a month; False if they are in use."""
    try:
        with db.transaction():
            db.execute(PATIENCE)
            db.execute(f"DROP TABLE {', '.join(f'{table}_{month}' for table in TABLES)}".encode())
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _holds_sessions(db: Connection, begin: datetime) -> bool:
    values = (_bound(begin), _bound(_following(begin)))
    row = db.execute("SELECT sees_all(), EXISTS (SELECT 1 FROM sessions WHERE id >= %s AND id < %s)", values).fetchone()
    return not row or not row[0] or bool(row[1])


def _begin(month: str) -> datetime:
    return datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)


def drop_empty(db: Connection) -> list[str]:
    """Drop the partitions of past months in which nothing is left; return the months.

    The caller sees all spaces: a partition that only looks empty must stay.
    """
    now, dropped = _month(datetime.now(UTC)), []
    for month in sorted(_months(leaves(db))):
        begin = _begin(month)
        if month < now and not _holds(db, _bound(begin), _bound(_following(begin))):
            names = ", ".join(f"{table}_{month}" for table in TABLES)
            db.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE".encode())
            if not _holds(db, _bound(begin), _bound(_following(begin))):
                db.execute(f"DROP TABLE {names}".encode())
                dropped.append(month)
    return dropped


def _holds(db: Connection, first: str, end: str) -> bool:
    """Whether anything is stored of the sessions of a month; raise unless everything can be seen."""
    row = db.execute(
        "SELECT sees_all(), EXISTS (SELECT 1 FROM sessions WHERE id >= %(first)s AND id < %(end)s)"
        " OR EXISTS (SELECT 1 FROM events WHERE session_id >= %(first)s AND session_id < %(end)s)"
        " OR EXISTS (SELECT 1 FROM blobs WHERE session_id >= %(first)s AND session_id < %(end)s)",
        {"first": first, "end": end},
    ).fetchone()
    if row is None or not row[0]:
        raise AssertionError("partitions are only dropped by those who see all spaces")
    return bool(row[1])


def _months(names: list[str]) -> set[str]:
    return {f"{found[1]}_{found[2]}" for name in names if (found := _NAME.fullmatch(name))}


def _month(at: datetime) -> str:
    return f"{at:%Y_%m}"


def _following(at: datetime) -> datetime:
    """Return the beginning of the next month."""
    return (at.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)


def _bound(at: datetime) -> str:
    """Return the beginning of all ids of UUIDv7 of a time and later ones."""
    digits = f"{int(at.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"
