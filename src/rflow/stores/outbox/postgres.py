"""The outbox of a PostgreSQL store."""

from rflow.stores.outbox.sql import SqlOutbox


class PostgresOutbox(SqlOutbox):
    """The notices in a PostgreSQL database; rows that another server is claiming are skipped."""

    mark = "%s"
    lock = " FOR UPDATE SKIP LOCKED"


put = PostgresOutbox.insert
