"""Warnings before a server starts, about PostgreSQL's connection limit and the role it runs as."""

from rflow.stores.postgres.check import bypasses
from rflow.stores.postgres.connection.database import Database

_ROOM = (
    "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,"
    " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())"
)


def advice(database: Database, connections: int) -> list[str]:
    """Return warnings: one connection for each worker, and two for notices, have to be there at the busiest time."""
    with database.reading() as db:
        room, used = db.execute(_ROOM).fetchone() or (0, 0)
        warnings = []
        if used + connections > room:
            warnings.append(
                f"PostgreSQL allows {room} connections, of which {used} are in use; this server needs up to"
                f" {connections}. Raise max_connections, or put PgBouncer in between (docs/scaling.md)."
            )
        if bypasses(db):
            warnings.append(
                "The role of this server is a superuser, or has BYPASSRLS: row-level security does not hold for it."
            )
        return warnings
