"""Appending to sessions, alone or in a group with other threads of the process (see `connection.group`).

A group is one call and one transaction. Each append has the same outcome as on its own: if the group can't guarantee
that, every append in it is done alone.
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
"""An append of more bytes is not grouped with others, so that they need not wait for it."""


def _arrays(*kinds: str) -> tuple[str, ...]:
    return tuple(f"%s::{kind}[]" for kind in kinds)


_COLUMNS = ("bigint", "bigint", *["text"] * 7, "bytea")
_PEOPLE = ("text", "text", "text")
_APPEND = ("append_unless_rewritten", (*["%s"] * 13, "%b", *_arrays("bigint", "bytea", *_PEOPLE)))
_APPEND_SEVERAL = (
    "append_each_unless_rewritten",
    _arrays("text", "text", "bigint", "text", *_COLUMNS, "int", "bigint", "bytea", "int", *_PEOPLE),
)
"""The functions that append, and the placeholders for their values."""


class Append(NamedTuple):
    """An append to a session that must be at version `expected`, as texts; `spaces` are those its actor may see.

    `stamp` is the stamp that the session had when it was read (None is any).
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
        """Whether it is too large for a group."""
        return len(self.columns[-1]) + sum(map(len, self.records)) > LARGE

    @property
    def values(self) -> tuple[object, ...]:
        """The values for `append_unless_rewritten`.

        Lists are passed as texts: encoding them as arrays takes the driver many times as long.
        """
        return *self[:4], *self.columns, *map(_array, self[5:])


_groups: dict[Address, Group[Append]] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_groups.clear)  # a forked child has none of the threads


def append(
    database: Database,
    session: Session,
    events: Sequence[Stored],
    expected: int,
    blobs: Mapping[str, bytes],
    notices: "Sequence[Notice]",
    stamp: str | None,
) -> None:
    """Add events to a session. If the store is not upgraded yet and lacks the functions for that, create them."""
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
    """Append together with contents and notices, which takes several messages in one transaction."""
    with database.writing() as db:
        _check(database.call(db, _APPEND, wanted.values))
        rows.add_blobs(db, session, blobs)
        if notices:
            from rflow.stores.outbox.postgres import put

            put(db, notices)


def _outcome(database: Database, wanted: Append) -> object:
    """Append, in a group if other threads are appending too, and return the outcome.

    The main thread always appends alone, because Ctrl-C may interrupt it while others wait for it.
    """
    group = _groups.get(database.address) or _groups.setdefault(database.address, Group())
    if group.usable and not wanted.is_large and threading.current_thread() is not threading.main_thread():
        database.ready()  # connect first, so that no other thread has to wait for that
        outcome = group.run(wanted, lambda appends: _send(database, group, appends))
        if outcome == LOST:
            raise unconfirmed(database.shown)
        if outcome in _CERTAIN:
            return outcome
    return database.write(_APPEND, wanted.values)


_CERTAIN = ("appended", "moved", "missing")


def _send(database: Database, group: Group[Append], appends: Sequence[Append]) -> Sequence[str]:
    """Append for several threads and return the outcomes. If nothing was saved, each append is repeated alone."""
    if len(appends) == 1:
        return [str(database.write(_APPEND, appends[0].values))]
    try:
        return list(database.write(_APPEND_SEVERAL, _group_values(appends)))
    except ConnectionLost:
        raise
    except LacksFunction:
        group.usable = False
        with suppress(StoreProblem):
            group.usable = database.complete()
    except (StoreProblem, Stale):
        pass
    return [ALONE] * len(appends)


def _group_values(appends: Sequence[Append]) -> list[object]:
    """Return the values for `append_each_unless_rewritten`."""
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
    """Return a PostgreSQL array literal."""
    quoted = (
        "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values
    )
    return f"{{{','.join(quoted)}}}"


def _hex(data: bytes) -> str:
    return f"\\x{data.hex()}"


def _check(outcome: object) -> None:
    """Raise `Stale` if the session has moved, `NotFound` if it does not exist."""
    if outcome == "missing":
        raise derived.no_session()
    if outcome != "appended":
        raise Stale
