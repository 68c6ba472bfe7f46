"""Appending to sessions: alone, or together with what other threads of the process append at the same time.

What several threads append goes in one call, and in one transaction. Each append has the outcome that it would have
alone: where that can't be had together with the others, it is done alone.
"""

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

from rflow.core.session.events import Stored
from rflow.core.session.state import Session
from rflow.errors import StoreProblem
from rflow.ports.values import ConnectionLost, Stale
from rflow.stores import codec, derived
from rflow.stores.columns import Columns, columns
from rflow.stores.postgres import rows
from rflow.stores.postgres.connection.address import Address
from rflow.stores.postgres.connection.database import Database
from rflow.stores.postgres.connection.errors import LacksFunction, unconfirmed
from rflow.stores.postgres.connection.group import ALONE, LOST, Group

if TYPE_CHECKING:
    from rflow.core.notices import Notice

LARGE = 32_768
"""Bytes of an append that is not worth sharing a transaction."""


def _arrays(*kinds: str) -> tuple[str, ...]:
    return tuple(f"%s::{kind}[]" for kind in kinds)


_COLUMNS = ("bigint", "bigint", *["text"] * 7, "bytea")
_PEOPLE = ("text", "text", "text")
_APPEND = ("append_unless_rewritten", (*["%s"] * 13, "%b", *_arrays("bigint", "bytea", *_PEOPLE)))
_APPEND_SEVERAL = (
    "append_each_unless_rewritten",
    _arrays("text", "text", "bigint", "text", *_COLUMNS, "int", "bigint", "bytea", "int", *_PEOPLE),
)
"""The functions that append, and the places of their values."""


class Append(NamedTuple):
    """What is appended to a session that is at version `expected`, in texts; `spaces` is what its actor may see.

    `stamp` is the one that the session had when it was read (None: any).
    """

    spaces: str
    session_id: str
    expected: int
    stamp: str | None
    columns: Columns
    numbers: Sequence[str]
    records: Sequence[str]
    ids: Sequence[str]
    names: Sequence[str]
    kinds: Sequence[str]

    @property
    def is_large(self) -> bool:
        """Whether others should not wait for it."""
        return len(self.columns[-1]) + sum(map(len, self.records)) > LARGE

    @property
    def values(self) -> tuple[object, ...]:
        """The values with which `append_unless_rewritten` does it.

        Lists are texts, which takes the driver a fraction of the time that its arrays do.
        """
        return *self[:4], *self.columns, *map(_array, self[5:])


_groups: dict[Address, Group[Append]] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_groups.clear)  # the threads that send, and that wait, are not in the child


def append(
    database: Database,
    session: Session,
    events: Sequence[Stored],
    expected: int,
    blobs: Mapping[str, bytes],
    notices: "Sequence[Notice]",
    stamp: str | None,
) -> None:
    """Add events to a session; a store that has not been upgraded yet gets the functions for that."""
    wanted = _append(database, session, events, expected, stamp)

    def work() -> None:
        if blobs or notices:
            _append_with(database, wanted, session, blobs, notices)
        else:
            _check(_outcome(database, wanted))

    try:
        work()
    except LacksFunction:
        database.complete()
        work()


def _append(database: Database, session: Session, events: Sequence[Stored], expected: int, stamp: str | None) -> Append:
    people = derived.people_of(events).values()
    return Append(
        spaces=database.scope.visible,
        session_id=session.id,
        expected=expected,
        stamp=stamp,
        columns=columns(session),
        numbers=[str(event.seq) for event in events],
        records=[_hex(codec.encode(event)) for event in events],
        ids=[each.id for each in people],
        names=[each.name for each in people],
        kinds=[each.kind for each in people],
    )


def _append_with(
    database: Database, wanted: Append, session: Session, blobs: Mapping[str, bytes], notices: "Sequence[Notice]"
) -> None:
    """Append with contents and notices, in a transaction of several messages."""
    with database.writing() as db:
        _check(database.call(db, _APPEND, wanted.values))
        rows.add_blobs(db, session, blobs)
        if notices:
            from rflow.stores.outbox.postgres import put

            put(db, notices)


def _outcome(database: Database, wanted: Append) -> object:
    """Append, together with other threads if they do so now; return the outcome.

    The main thread always appends alone: Ctrl-C may interrupt it, and nobody must wait for it then.
    """
    group = _groups.get(database.address) or _groups.setdefault(database.address, Group())
    if group.usable and not wanted.is_large and threading.current_thread() is not threading.main_thread():
        database.ready()  # nobody else waits until there is a connection
        outcome = group.run(wanted, lambda appends: _send(database, group, appends))
        if outcome == LOST:
            raise unconfirmed(database.shown)
        if outcome in _CERTAIN:
            return outcome
    return database.write(_APPEND, wanted.values)


_CERTAIN = ("appended", "moved", "missing")


def _send(database: Database, group: Group[Append], appends: Sequence[Append]) -> Sequence[str]:
    """Append for several threads; return the outcome of each. Where nothing is saved, each is done again, alone."""
    if len(appends) == 1:
        return [str(database.write(_APPEND, appends[0].values))]
    try:
        return list(database.write(_APPEND_SEVERAL, _several(appends)))
    except ConnectionLost:
        raise
    except LacksFunction:
        group.usable = False
        with suppress(StoreProblem):
            group.usable = database.complete()
    except (StoreProblem, Stale):
        pass
    return [ALONE] * len(appends)


def _several(appends: Sequence[Append]) -> list[object]:
    """Return the values with which `append_each_unless_rewritten` does them."""
    spaces, ids, expected, stamps, of_columns, numbers, records, *people = zip(*appends, strict=True)
    version, updated_at, *texts, heads = zip(*of_columns, strict=True)
    each = (spaces, ids, map(str, expected), stamps, map(str, version), map(str, updated_at), *texts, map(_hex, heads))
    return [
        *map(_array, each),
        _array(map(str, accumulate(map(len, numbers)))),
        *(_array(chain.from_iterable(lists)) for lists in (numbers, records)),
        _array(map(str, accumulate(map(len, people[0])))),
        *(_array(chain.from_iterable(lists)) for lists in people),
    ]


def _array(values: Iterable[str | None]) -> str:
    """Return an array as PostgreSQL reads it."""
    quoted = (
        "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values
    )
    return f"{{{','.join(quoted)}}}"


def _hex(data: bytes) -> str:
    return f"\\x{data.hex()}"


def _check(outcome: object) -> None:
    """Raise `Stale` or `NotFound` if nothing was appended, because the session moved or is not there."""
    if outcome == "missing":
        raise derived.no_session()
    if outcome != "appended":
        raise Stale
