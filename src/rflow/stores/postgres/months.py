"""Managing the monthly partitions: creating the one for a new session, and dropping empty ones."""

from datetime import UTC, datetime

from rflow.errors import StoreProblem
from rflow.stores.postgres.connection.database import Database
from rflow.stores.postgres.connection.scope import EVERYTHING
from rflow.stores.postgres.tables import partitions


def ensure_month(database: Database, session_id: str) -> None:
    """Create the partitions for the month of a session, once for each connection.

    Where that is not possible now, the session is stored in the partition for all others.
    """
    month = partitions.month_of(session_id, datetime.now(UTC))
    if month is None or month in database.connection.months:
        return
    database.connection.months.add(month)
    try:
        with database.reading() as db:
            if f"events_{month}" in partitions.leaves(db):
                return
        with database.scoped(EVERYTHING).writing() as db:
            database.lock(db)
            db.execute(partitions.PATIENCE)
            partitions.ensure(db, month)
    except StoreProblem:
        return


def drop_empty_months(database: Database) -> list[str]:
    """Drop empty partitions of past months, unless they are in use; return the months."""
    try:
        with database.scoped(EVERYTHING).writing() as db:
            db.execute(partitions.PATIENCE)
            return partitions.drop_empty(db)
    except StoreProblem:
        return []
