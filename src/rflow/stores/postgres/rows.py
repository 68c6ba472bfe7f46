"""Reading and writing the rows of a PostgreSQL store, on a connection in a transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.session.events import Stored
from rflow.core.session.head import Head
from rflow.core.session.log import Log
from rflow.core.session.state import Session
from rflow.errors import NotFound
from rflow.ports.values import CodeTaken, Stale, Standing, StartedBy, TreeName
from rflow.stores import codec, derived
from rflow.stores.columns import columns, names, tree_name
from rflow.stores.postgres.connection.connecting import Connection, sent
from rflow.stores.postgres.tables import partitions

_INSERT_CODE = "INSERT INTO codes VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_INSERT_COMMAND = "INSERT INTO commands VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
_INSERT_SESSION = f"INSERT INTO sessions VALUES ({', '.join(['%s'] * 13)}) ON CONFLICT DO NOTHING"  # noqa: S608
_UPDATE_SESSION = (
    "UPDATE sessions SET version = %s, updated_at = %s, status = %s, owner = %s, owner_kind = %s, space = %s,"
    " customer = %s, ticket = %s, tree = %s, head = %s WHERE id = %s AND version = %s RETURNING id, space, version"
)
# A list for each column, so that any number of rows is one statement.
_INSERT_EVENTS = "INSERT INTO events SELECT %s, unnest(%s::bigint[]), unnest(%s::bytea[]), %s"
_INSERT_BLOBS = "INSERT INTO blobs SELECT %s, unnest(%s::text[]), unnest(%s::bytea[]), %s ON CONFLICT DO NOTHING"
_INSERT_PEOPLE = (
    "INSERT INTO people SELECT unnest(%s::text[]), %s, unnest(%s::text[]), unnest(%s::text[]), %s"
    " ON CONFLICT (id, session_id) DO UPDATE SET name = excluded.name, kind = excluded.kind"
    " WHERE people.name <> excluded.name"
)

STAMP = "coalesce((SELECT value FROM meta WHERE name = 'rewrites ' || sessions.id), '')"
"""What changes when all events of a session are replaced, which keeps its version."""
STANDING = f"SELECT version, space, owner, {STAMP} FROM sessions WHERE id = %s"  # noqa: S608 (constants)
LOAD = (
    "SELECT code, version, space, coalesce((SELECT value FROM meta WHERE name = 'rewrites ' || %(id)s), '')"
    " FROM sessions WHERE id = %(id)s;"
    " SELECT seq, data FROM events WHERE session_id = %(id)s AND seq > %(after)s ORDER BY seq"
)
_NOTE = "INSERT INTO unindexed VALUES (%s, %s, %s) ON CONFLICT (session_id) DO UPDATE SET version = excluded.version"
_COUNT_REWRITE = (
    "INSERT INTO meta VALUES ('rewrites ' || %s, '1')"
    " ON CONFLICT (name) DO UPDATE SET value = (meta.value::bigint + 1)::text"
)
OF_A_SESSION = ("codes", "commands", "events", "people", "blobs", "documents", "unindexed", "notices")
"""The tables, besides `sessions` and those of links, that have rows of a session."""


def insert(
    db: Connection,
    session: Session,
    events: Sequence[Stored],
    blobs: Mapping[str, bytes],
    started_by: StartedBy | None = None,
) -> None:
    """Write a new session; raise `CodeTaken`, or `Stale` if its id exists or the command started another.

    None of it says whether what is in the way can be seen: it may be in a hidden space.
    """
    session_id, id_key, code, code_key = names(session)
    if not db.execute(_INSERT_SESSION, (session_id, id_key, code, *columns(session))).rowcount:
        raise Stale
    if not db.execute(_INSERT_CODE, (code_key, session_id, session.space)).rowcount:
        raise CodeTaken
    if (
        started_by
        and not db.execute(
            _INSERT_COMMAND, (started_by.actor, started_by.command_id, session_id, session.space)
        ).rowcount
    ):
        raise Stale
    db.execute("INSERT INTO unindexed VALUES (%s, %s, %s)", (session_id, session.space, session.version))
    add(db, session, events, blobs)


def started(db: Connection, started_by: StartedBy) -> str | None:
    """Return the id of the session that a command started; None if there is none."""
    sql = "SELECT session_id FROM commands WHERE actor = %s AND command_id = %s"
    row = db.execute(sql, (started_by.actor, started_by.command_id)).fetchone()
    return str(row[0]) if row else None


def add_blobs(db: Connection, session: Session, blobs: Mapping[str, bytes]) -> None:
    """Write the contents of evidence of a session."""
    if blobs:
        db.execute(_INSERT_BLOBS, (session.id, list(blobs), list(blobs.values()), session.space))


def _moved(db: Connection, session_id: str) -> Stale | NotFound:
    """Return the error for a session that is at another version, or missing."""
    there = db.execute("SELECT 1 FROM sessions WHERE id = %s", (session_id,)).fetchone()
    return Stale() if there else derived.no_session()


def update(db: Connection, session: Session, expected: int, stamp: str | None) -> None:
    """Write the new state of a session that is at version `expected`, with that stamp; raise `Stale` or `NotFound`."""
    if not db.execute(_UPDATE_SESSION, (*columns(session), session.id, expected)).rowcount:
        raise _moved(db, session.id)
    # Read once its row is locked: a statement that waited for the row does not see what was written meanwhile.
    if (now := standing(db, session.id)) is None or stamp not in (None, now.stamp):
        raise Stale
    db.execute(_NOTE, (session.id, session.space, session.version))


def add(db: Connection, session: Session, events: Sequence[Stored], blobs: Mapping[str, bytes]) -> None:
    """Write a session's new events, the contents of evidence, and the people in the events."""
    numbers, records = [event.seq for event in events], [codec.encode(event) for event in events]
    db.execute(_INSERT_EVENTS, (session.id, numbers, records, session.space))
    add_blobs(db, session, blobs)
    people = derived.people_of(events).values()
    ids, kinds = [person.id for person in people], [person.kind for person in people]
    db.execute(_INSERT_PEOPLE, (ids, session.id, [person.name for person in people], kinds, session.space))


def load(db: Connection, session_id: str, after: int = 0) -> Log:
    """Read a session's events after version `after`; raise `NotFound`."""
    return log_of(session_id, after, *sent(db, LOAD, {"id": session_id, "after": after}))


def log_of(session_id: str, after: int, found: Sequence[tuple[Any, ...]], records: Sequence[tuple[Any, ...]]) -> Log:
    """Return what `LOAD` read; raise `NotFound` if there is no such session."""
    if not found:
        raise derived.no_session()
    code, version, space, stamp = found[0]
    events = codec.from_rows(records, after + 1, version)
    return Log(id=session_id, code=code, events=events, space=space, after=after, stamp=stamp)


def standing(db: Connection, session_id: str) -> Standing | None:
    """Return the standing of a session from its columns; None if there is no such session."""
    row = db.execute(STANDING, (session_id,)).fetchone()
    return Standing(*row) if row else None


def count_rewrite(db: Connection, session_id: str) -> None:
    """Give a session a new stamp, because its events were replaced under the same numbers."""
    db.execute(_COUNT_REWRITE, (session_id,))


def heads(db: Connection, selected: Iterable[tuple[str, bytes]]) -> list[Head]:
    """Decode heads; a damaged head is computed from the events, so that lists still work."""
    return [_head(db, session_id, data) for session_id, data in selected]


def _head(db: Connection, session_id: str, data: bytes) -> Head:
    try:
        return msgspec.json.decode(data, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        return derived.stored_head(load(db, session_id).session)


def clear(db: Connection, session_id: str, *tables: str) -> None:
    """Delete a session's rows, and note in the same transaction that their traces still have to be erased."""
    for table in tables:
        db.execute(f"DELETE FROM {table} WHERE session_id = %s", (session_id,))  # noqa: S608 (names from the code)
    _note_removal(db)


def _note_removal(db: Connection) -> None:
    db.execute("INSERT INTO meta VALUES ('forget', 'pending') ON CONFLICT DO NOTHING")


def delete_all(db: Connection, session_ids: Sequence[str]) -> list[str]:
    """Delete sessions with everything that belongs to them; return the ids of those that existed."""
    ids = (list(session_ids),)
    gone = [name for (name,) in db.execute("DELETE FROM sessions WHERE id = ANY(%s) RETURNING id", ids)]
    db.execute("DELETE FROM share_views USING shares WHERE share_id = shares.id AND session_id = ANY(%s)", ids)
    for table in ("shares", *OF_A_SESSION):
        if table not in partitions.TABLES:
            db.execute(f"DELETE FROM {table} WHERE session_id = ANY(%s)", ids)  # noqa: S608 (names from the code)
    db.execute("DELETE FROM meta WHERE name IN (SELECT 'rewrites ' || unnest(%s::text[]))", ids)
    partitions.remove(db, gone)
    _note_removal(db)
    return gone


def tree_names(db: Connection, space: str | None) -> list[TreeName]:
    """List the current versions of the trees of a space (None is all)."""
    sql = "SELECT id, title, digest, nodes, added_at, space FROM tree_names"
    where = "" if space is None else " WHERE space = %s"
    rows = db.execute(f"{sql}{where} ORDER BY id, space", None if space is None else (space,))
    return [tree_name(*row) for row in rows]


def set_name(db: Connection, name: TreeName) -> None:
    """Write which version of a tree is current."""
    row = (name.id, name.space, name.digest, name.title, name.nodes, name.added_at.isoformat())
    sql = (
        "INSERT INTO tree_names VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (space, id) DO UPDATE SET"
        " digest = excluded.digest, title = excluded.title, nodes = excluded.nodes, added_at = excluded.added_at"
    )
    db.execute(sql, row)


def put_tree(db: Connection, data: bytes, space: str) -> None:
    """Write a version of a tree, unless it exists."""
    db.execute("INSERT INTO trees VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (fingerprint(data), space, data))
