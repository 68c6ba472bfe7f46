"""Reading and writing the rows of a SQLite store, on a connection in a transaction."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.people import Person
from rflow.core.session.events import Stored
from rflow.core.session.head import Head
from rflow.core.session.log import Log
from rflow.core.session.state import Session
from rflow.errors import NotFound
from rflow.ports.values import Stale, Standing, TreeName
from rflow.stores import codec, derived
from rflow.stores.columns import columns, names, tree_name

_INSERT_SESSION = "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_STAMP = "coalesce((SELECT value FROM meta WHERE name = 'rewrites ' || sessions.id), '')"
_AS_READ = f"id = ? AND version = ? AND (? IS NULL OR ? = {_STAMP})"
_UPDATE_STATE = (
    f"UPDATE sessions SET version = ?, updated_at = ?, head = ? WHERE {_AS_READ}"  # noqa: S608 (constants)
    " AND (status, owner, owner_kind, space, customer, ticket, tree) = (?, ?, ?, ?, ?, ?, ?)"
)
# For most appends: somebody who has acted in the session before adds to it. One statement less to execute.
_UPDATE_KNOWN = (
    f"{_UPDATE_STATE} AND EXISTS"  # noqa: S608 (constants)
    " (SELECT 1 FROM people WHERE people.id = ? AND people.session_id = sessions.id AND people.name = ?)"
)
_SEARCHED = "status = ?, owner = ?, owner_kind = ?, space = ?, customer = ?, ticket = ?, tree = ?"
_UPDATE_SEARCHED = f"UPDATE sessions SET {_SEARCHED} WHERE {_AS_READ}"  # noqa: S608 (constants)
# The casts guard against damage: a flipped bit in a row's header turns a blob into a text or a number.
_SELECT_EVENTS = (
    "SELECT seq, CAST(coalesce(data, '') AS BLOB) FROM events"
    " WHERE session_id = ? AND seq > ? AND typeof(seq) = 'integer' ORDER BY seq"
)
_STANDING = f"SELECT version, space, owner, {_STAMP} FROM sessions WHERE id = ?"  # noqa: S608 (constants)
_ROW = f"SELECT code, version, space, {_STAMP} FROM sessions WHERE id = ?"  # noqa: S608 (constants)
_COUNT_REWRITE = (
    "INSERT INTO meta VALUES ('rewrites ' || ?, '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1"
)
_INSERT_EVENT = "INSERT INTO events VALUES (?, ?, ?)"
_INSERT_BLOB = "INSERT INTO blobs VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_INSERT_PERSON = (
    "INSERT INTO people VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET name = excluded.name, kind = excluded.kind WHERE name <> excluded.name"
)


def insert(db: sqlite3.Connection, session: Session, events: Sequence[Stored], blobs: Mapping[str, bytes]) -> None:
    """Write a new session."""
    insert_state(db, session, events)
    db.executemany(_INSERT_EVENT, _records(session.id, events))
    _add_blobs(db, session.id, blobs)


def insert_state(db: sqlite3.Connection, session: Session, events: Sequence[Stored]) -> None:
    """Write the columns of a session for lists and searches, and the people in its events."""
    db.execute(_INSERT_SESSION, (*names(session), *columns(session)))
    _add_people(db, session.id, derived.people_of(events))


class Row(msgspec.Struct, frozen=True):
    """The columns of a session's row that are needed to read its events."""

    code: str
    version: int
    space: str
    stamp: str


def load(db: sqlite3.Connection, session_id: str, after: int = 0) -> Log:
    """Read a session's events after version `after`; raise `NotFound`."""
    return log(db, session_id, row(db, session_id), after)


def row(db: sqlite3.Connection, session_id: str) -> Row:
    """Read the row of a session; raise `NotFound`."""
    found = db.execute(_ROW, (derived.encodable(session_id),)).fetchone()
    if found is None:
        raise derived.no_session()
    code, version, space, stamp = found
    return Row(str(code), version if isinstance(version, int) else 0, str(space), str(stamp))


def log(db: sqlite3.Connection, session_id: str, row: Row, after: int = 0, base: Session | None = None) -> Log:
    """Read the events of a session of that row after version `after`, at which `base` is its state."""
    events = codec.from_rows(db.execute(_SELECT_EVENTS, (session_id, after)), after + 1, row.version)
    code, space, stamp = row.code, row.space, row.stamp
    return Log(id=session_id, code=code, events=events, space=space, after=after, base=base, stamp=stamp)


def heads(db: sqlite3.Connection, selected: Iterable[tuple[str, bytes, int]]) -> list[Head]:
    """Decode heads; a damaged head is computed from the events, so that lists still work."""
    return [_head(db, str(session_id), data) for session_id, data, _ in list(selected)]


def _head(db: sqlite3.Connection, session_id: str, data: bytes) -> Head:
    try:
        return msgspec.json.decode(data, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        pass
    try:
        log = load(db, session_id)
    except NotFound:  # Its id is damaged.
        log = Log(id=session_id, code="", events=())
    return derived.stored_head(log.session)


class Addition(msgspec.Struct, frozen=True):
    """The rows of new events of a session; `state` are the values of `_UPDATE_STATE`."""

    session_id: str
    state: tuple[object, ...]
    people: Mapping[str, Person]
    events: Sequence[tuple[object, ...]]
    blobs: Mapping[str, bytes]


def addition(
    session: Session, events: Sequence[Stored], blobs: Mapping[str, bytes], expected: int, stamp: str | None
) -> Addition:
    """Return what `append` writes: computed before the write lock is taken, so that others wait less."""
    state = _state(session, expected, stamp)
    return Addition(session.id, state, derived.people_of(events), _records(session.id, events), blobs)


def append(db: sqlite3.Connection, added: Addition) -> None:
    """Add events to a session that is at the version and has the stamp as expected; raise `Stale` or `NotFound`."""
    if not _is_written(db, added.state, added.people):
        _update(db, added.state)
        _add_people(db, added.session_id, added.people)
    db.executemany(_INSERT_EVENT, added.events)
    _add_blobs(db, added.session_id, added.blobs)


def update(db: sqlite3.Connection, session: Session, expected: int, stamp: str | None) -> None:
    """Write the new state of a session that is at version `expected`, with that stamp; raise `Stale` or `NotFound`."""
    _update(db, _state(session, expected, stamp))


def _state(session: Session, expected: int, stamp: str | None) -> tuple[object, ...]:
    """Return the values of `_UPDATE_STATE`."""
    version, at, *searched, head = columns(session)
    return version, at, head, session.id, expected, stamp, stamp, *searched


def _is_written(db: sqlite3.Connection, state: tuple[object, ...], people: Mapping[str, Person]) -> bool:
    """Write the new state of a session; return False, with nothing done, where that is not all that changes."""
    if len(people) != 1:
        return False
    (person,) = people.values()
    return db.execute(_UPDATE_KNOWN, (*state, person.id, person.name)).rowcount > 0


def _update(db: sqlite3.Connection, state: tuple[object, ...]) -> None:
    if db.execute(_UPDATE_STATE, state).rowcount:
        return
    as_read, searched = state[3:7], state[7:]
    # Rarely what is searched changes; writing the same values again would dirty a page of every index.
    if db.execute(_UPDATE_SEARCHED, (*searched, *as_read)).rowcount:
        db.execute(_UPDATE_STATE, state)
    elif standing(db, str(as_read[0])) is None:
        raise derived.no_session()
    else:
        raise Stale


def add(db: sqlite3.Connection, session_id: str, events: Sequence[Stored]) -> None:
    """Write all events of a session, and the people in them."""
    db.executemany(_INSERT_EVENT, _records(session_id, events))
    _add_people(db, session_id, derived.people_of(events))


def _records(session_id: str, events: Sequence[Stored]) -> list[tuple[object, ...]]:
    return [(session_id, event.seq, codec.encode(event)) for event in events]


def _add_blobs(db: sqlite3.Connection, session_id: str, blobs: Mapping[str, bytes]) -> None:
    if blobs:
        db.executemany(_INSERT_BLOB, [(session_id, name, content) for name, content in blobs.items()])


def _add_people(db: sqlite3.Connection, session_id: str, people: Mapping[str, Person]) -> None:
    rows = [(person.id, session_id, person.name, person.kind) for person in people.values()]
    db.executemany(_INSERT_PERSON, rows)


def clear(db: sqlite3.Connection, session_id: str, *tables: str) -> None:
    """Delete a session's rows, and note in the same transaction that their traces still have to be erased."""
    for table in tables:
        db.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))  # noqa: S608 (names from this module)
    db.execute("INSERT OR REPLACE INTO meta VALUES ('forget', 'pending')")


def standing(db: sqlite3.Connection, session_id: str) -> Standing | None:
    """Return the standing of a session from its columns; None if there is no such session."""
    row = db.execute(_STANDING, (derived.encodable(session_id),)).fetchone()
    return Standing(*row) if row else None


def count_rewrite(db: sqlite3.Connection, session_id: str) -> None:
    """Give a session a new stamp, because its events were replaced under the same numbers."""
    db.execute(_COUNT_REWRITE, (session_id,))


def clear_rewrites(db: sqlite3.Connection, session_id: str) -> None:
    """Remove the count of rewrites of a deleted session."""
    db.execute("DELETE FROM meta WHERE name = 'rewrites ' || ?", (session_id,))


def clear_shares(db: sqlite3.Connection, session_id: str) -> None:
    """Delete the shares of a session that is being deleted."""
    views = "DELETE FROM share_views WHERE share_id IN (SELECT id FROM shares WHERE session_id = ?)"
    for statement in (views, "DELETE FROM shares WHERE session_id = ?"):
        db.execute(statement, (session_id,))


def tree_names(db: sqlite3.Connection, space: str | None) -> list[TreeName]:
    """List the current versions of the trees of a space (None is all)."""
    sql = "SELECT id, title, digest, nodes, added_at, space FROM tree_names"
    if space is None:
        rows = db.execute(f"{sql} ORDER BY id, space")
    else:
        rows = db.execute(f"{sql} WHERE space = ? ORDER BY id", (derived.encodable(space),))
    return [tree_name(*row) for row in rows]


def set_name(db: sqlite3.Connection, name: TreeName) -> None:
    """Write which version of a tree is current."""
    row = (name.id, name.space, name.digest, name.title, name.nodes, name.added_at.isoformat())
    db.execute("INSERT OR REPLACE INTO tree_names VALUES (?, ?, ?, ?, ?, ?)", row)


def put_tree(db: sqlite3.Connection, data: bytes, space: str) -> None:
    """Write a version of a tree, unless it is there."""
    db.execute("INSERT OR IGNORE INTO trees VALUES (?, ?, ?)", (fingerprint(data), space, data))
