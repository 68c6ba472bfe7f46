"""Converting PostgreSQL's errors to `StoreProblem`. Libpq's messages contain hosts and users, never a password."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from rflow.errors import StoreProblem
from rflow.ports.values import ConnectionLost, Stale
from rflow.stores import failures

REWRITTEN = "RF001"
"""The error that the append functions raise if a session was rewritten after it was read."""
_REFUSED = ("28", "3D", "0A", "08P01")
_LOST = ("08", "57P01", "57P02", "57P03")


class LacksFunction(StoreProblem):
    """The store lacks a function that this version calls."""


@contextmanager
def explained(shown: str) -> Iterator[None]:
    """Turn PostgreSQL's errors about the store at the URL `shown` into a `StoreProblem`, or `Stale`."""
    try:
        yield
    except psycopg.Error as error:
        raise Stale if error.sqlstate == REWRITTEN else _problem(shown, error) from error


def unconfirmed(shown: str) -> ConnectionLost:
    """Return the error for a connection that was lost while a change was being saved."""
    return ConnectionLost(
        f"The connection to {shown} was lost while saving: it may have been saved, or not.",
        try_="See whether it was (rflow show) before you repeat it.",
    )


def unreachable(shown: str, error: psycopg.Error) -> StoreProblem:
    """Return the error for a failed connection to a server."""
    if (error.sqlstate or "").startswith(_REFUSED) or "authentication" in str(error) or "password" in str(error):
        return StoreProblem(
            f"PostgreSQL refused to open {shown}: {_said(error)}.",
            try_="Check the user and the database; a password belongs into PGPASSFILE (~/.pgpass) or a service file.",
        )
    return StoreProblem(
        f"PostgreSQL can't be reached at {shown}: {_said(error)}.", try_="Try again in a moment; is the server running?"
    )


def is_lost(error: psycopg.Error) -> bool:
    """Whether an error means that the connection is lost, or about to be."""
    state = error.sqlstate or ""
    return isinstance(error, psycopg.OperationalError) and (not state or state.startswith(_LOST))


def is_temporary(error: psycopg.Error, *, known: bool) -> bool:
    """Whether a failed connection is worth retrying.

    A starting server says so; a `known` server may be restarting, while another name is probably mistyped.
    """
    message = str(error)
    return (
        "starting up" in message
        or "shutting down" in message
        or "recovery" in message
        or (known and not error.sqlstate)
    )


def _problem(shown: str, error: psycopg.Error) -> StoreProblem:
    state = error.sqlstate or ""
    if is_lost(error):
        return StoreProblem(f"The connection to {shown} was lost; nothing was saved.", try_="Try again in a moment.")
    for beginning, problem in _BY_STATE.items():
        if state.startswith(beginning):
            return problem(shown, error)
    return StoreProblem(f"The store at {shown} can't be used: {_said(error)}.", try_="See PostgreSQL's own log.")


def _said(error: psycopg.Error) -> str:
    """Return the last line of an error message, which has a line for each host that was tried."""
    lines = [line.strip() for line in (error.diag.message_primary or str(error)).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")


def _forbidden(shown: str, error: psycopg.Error) -> StoreProblem:
    if "row-level security" in str(error):
        what = "That would write into a space that may not be changed here; nothing was saved."
        return StoreProblem(what, try_="Ask a member of that space to do it.")
    return StoreProblem(
        f"This PostgreSQL user may not do that in {shown}: {_said(error)}.",
        try_="Use the role that owns the store's schema; for a new store, GRANT CREATE ON DATABASE to it.",
    )


def _standby(shown: str, _: psycopg.Error) -> StoreProblem:
    return StoreProblem(
        f"{shown} is a standby, or read-only: nothing can be written there.",
        try_="Use the address of the primary (or several hosts, with ?target_session_attrs=read-write).",
    )


def _too_long(shown: str, _: psycopg.Error) -> StoreProblem:
    return StoreProblem(f"A name is too long for the store at {shown}; nothing was saved.", try_="Use a shorter one.")


def _without_function(shown: str, _: psycopg.Error) -> StoreProblem:
    return LacksFunction(
        f"The store at {shown} lacks a function that this rflow calls; nothing was saved.",
        try_="As the role that owns its tables, run: rflow store upgrade",
    )


_BY_STATE: dict[str, Callable[[str, psycopg.Error], StoreProblem]] = {
    "55P03": lambda shown, _: failures.busy(shown),
    "57014": lambda shown, _: failures.busy(shown),
    "40": lambda shown, _: failures.busy(shown),
    "53300": lambda shown, _: failures.busy(shown),
    "53100": lambda shown, _: failures.full(shown),
    "42501": _forbidden,
    "42883": _without_function,
    "25006": _standby,
    "54": _too_long,
    "XX": failures.damaged,
}
