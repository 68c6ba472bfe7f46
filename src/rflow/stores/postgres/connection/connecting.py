"""Connecting to PostgreSQL: what is set for every connection, and waiting for a server that is starting."""

import select
import sys
import time
from collections.abc import Mapping, Sequence

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from rflow.errors import UsageProblem
from rflow.stores.postgres.connection.address import Address
from rflow.stores.postgres.connection.errors import is_temporary, unreachable
from rflow.stores.postgres.connection.texts import adapt

Connection = psycopg.Connection[TupleRow]
Values = Sequence[object] | Mapping[str, object] | None

_PAUSE = 0.2  # seconds between attempts to connect to a server that is starting
_DEFAULTS = {
    "connect_timeout": "5",
    "fallback_application_name": "rflow",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # milliseconds until a server that no longer answers counts as gone
}


def connect(address: Address, patience: float, *, known: bool) -> Connection:
    """Connect, and wait for a server that is starting; a `known` server is also waited for if it does not respond."""
    conninfo = _with_defaults(address.conninfo)
    until = time.monotonic() + patience
    while True:
        try:
            db = psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
        except psycopg.OperationalError as error:
            if time.monotonic() > until or not is_temporary(error, known=known):
                raise unreachable(address.shown, error) from error
            time.sleep(_PAUSE)
        else:
            adapt(db)
            return db


def sent(db: Connection, statements: str, values: Values = None) -> list[list[TupleRow]]:
    """Send statements as one message, and return the rows of each statement that returns rows.

    The driver writes the values into the text, because PostgreSQL takes no others with several statements.
    """
    cursor = psycopg.ClientCursor(db)
    cursor.execute(statements.encode(), values)
    found: list[list[TupleRow]] = []
    more: bool | None = True
    while more:
        if cursor.pgresult is not None and cursor.pgresult.nfields:
            found.append(cursor.fetchall())
        more = cursor.nextset()
    return found


def has_arrived(db: Connection) -> bool:
    """Whether anything arrived on an idle connection: a notice, or that it was closed."""
    if sys.platform == "win32":
        return bool(select.select([db.fileno()], [], [], 0)[0])
    poll = select.poll()
    poll.register(db.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _with_defaults(conninfo: str) -> str:
    """Return a URL as libpq's options, with defaults; no error repeats the URL, which may hold a password."""
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    except psycopg.ProgrammingError:
        what = "The store's URL has a part that PostgreSQL does not know."
        raise UsageProblem(what, try_="Write it as postgresql://USER@HOST/DATABASE") from None
    several = {"target_session_attrs": "read-write"} if "," in given.get("host", "") else {}
    return make_conninfo(**{**_DEFAULTS, **several, **given, "client_encoding": "utf8"})
