"""The outbox of a PostgreSQL store."""

from rflow.stores.outbox.sql import SqlOutbox


class PostgresOutbox(SqlOutbox):
    """The notices in a PostgreSQL database; what another server is claiming right now is left to it."""

    mark = "%s"
    lock = " FOR UPDATE SKIP LOCKED"


put = PostgresOutbox.insert
