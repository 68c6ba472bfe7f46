"""The check of a PostgreSQL store: reads all of it and reports what is wrong."""

from collections.abc import Callable, Iterator

import msgspec
import psycopg

from rflow.core.session.head import Head
from rflow.core.session.log import Log
from rflow.errors import NotFound, StoreProblem
from rflow.ports.values import Fault
from rflow.stores import checking, columns, derived
from rflow.stores.account_records import stored_records
from rflow.stores.postgres import rows, shares
from rflow.stores.postgres.connection.connecting import Connection
from rflow.stores.postgres.connection.database import Database
from rflow.stores.postgres.erasing import erase

_UNSAFE = {
    "fsync": "a power cut may lose or damage what was saved",
    "full_page_writes": "a power cut may damage what was saved",
}


def check(database: Database) -> list[Fault]:
    """List what is wrong. Damaged parts are reported, and everything else is still read."""
    faults = _finish_removal(database)
    parts: tuple[Callable[[Connection], Iterator[Fault]], ...] = (
        _server,
        _role,
        _sessions,
        _orphans,
        _trees,
        _shares,
        _accounts,
    )
    for part in parts:
        try:
            with database.reading() as db:
                faults.extend(part(db))  # Keeps the faults reported before an error.
        except StoreProblem as problem:
            if not isinstance(problem.__cause__, psycopg.DatabaseError) or not problem.__cause__.sqlstate:
                raise  # The connection was lost, which is not damage.
            faults.append(_damage(part.__name__.strip("_"), problem.__cause__))
    return faults


def _damage(where: str, error: BaseException) -> Fault:
    what = f"It can't be read: {str(error).splitlines()[0]}."
    return Fault(severity="error", where=where, what=what, remedy=checking.SAVE_REST)


def _finish_removal(database: Database) -> list[Fault]:
    """Finish a removal that was interrupted, if that is possible now."""
    with database.reading() as db:
        pending = db.execute("SELECT 1 FROM meta WHERE name = 'forget'").fetchone()
    return [checking.unfinished_removal("database", done=erase(database, limit=None))] if pending else []


def _server(db: Connection) -> Iterator[Fault]:
    """Report settings of the server with which commits are not durable."""
    for name, what in _UNSAFE.items():
        row = db.execute("SELECT current_setting(%s)", (name,)).fetchone()
        if row != ("on",):
            yield Fault(
                severity="warning",
                where="server",
                what=f"Its setting {name} is off: {what}.",
                remedy="Switch it on in postgresql.conf.",
            )


def _role(db: Connection) -> Iterator[Fault]:
    """Report a role for which row-level security does not hold."""
    if bypasses(db):
        yield Fault(
            severity="warning",
            where="role",
            what="This role of PostgreSQL sees all rows, whatever the policies of the tables say.",
            remedy="Use one that is no superuser and has no BYPASSRLS.",
        )


def bypasses(db: Connection) -> bool:
    """Whether row-level security does not hold for the role of a connection."""
    row = db.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def _sessions(db: Connection) -> Iterator[Fault]:
    for (session_id,) in db.execute("SELECT id FROM sessions").fetchall():
        try:
            yield from _session(db, session_id)
        except NotFound as error:
            yield _damage(session_id, error)


def _session(db: Connection, session_id: str) -> Iterator[Fault]:
    log = rows.load(db, session_id)
    yield from checking.events(log)
    yield from _columns(db, log)
    sql = "SELECT id, name, kind FROM people WHERE session_id = %s"
    people = [columns.person(*row) for row in db.execute(sql, (session_id,)).fetchall()]
    yield from checking.people(log, {person.id: person for person in people})
    held = [name for (name,) in db.execute("SELECT digest FROM blobs WHERE session_id = %s", (session_id,))]

    def read(digest: str) -> bytes:
        sql = "SELECT data FROM blobs WHERE session_id = %s AND digest = %s"
        row = db.execute(sql, (session_id, digest)).fetchone()
        return row[0] if row else b""

    yield from checking.contents(log, held, read)


def _columns(db: Connection, log: Log) -> Iterator[Fault]:
    """Check the list entry, the columns by which it is searched, and the code."""
    *stored, data = db.execute("SELECT * FROM sessions WHERE id = %s", (log.id,)).fetchone() or (b"",)
    session = log.session
    session_id, id_key, code, code_key = columns.names(session)
    expected = (session_id, id_key, code, *columns.columns(session)[:-1])
    try:
        head = msgspec.json.decode(data, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        head = None
    faults = [] if head is None else list(checking.head(log, head))
    listed = db.execute("SELECT code_key FROM codes WHERE session_id = %s", (log.id,)).fetchone()
    right = tuple(stored) == expected and listed == (code_key,)
    if head is None or (not faults and head == derived.stored_head(session) and not right):
        what = "Its list entry is damaged."
        faults.append(Fault(severity="error", where=log.code, what=what, remedy=checking.COPY))
    yield from faults


def _orphans(db: Connection) -> Iterator[Fault]:
    """Report rows without a session."""
    for table in rows.OF_A_SESSION:
        sql = f"SELECT count(*) FROM {table} WHERE session_id NOT IN (SELECT id FROM sessions)"  # noqa: S608
        row = db.execute(sql).fetchone()
        if row and row[0]:
            what = f"{row[0]} rows belong to no session."
            yield Fault(severity="error", where=f"table {table}", what=what, remedy=checking.SAVE_REST)


def _shares(db: Connection) -> Iterator[Fault]:
    ids = {session_id for (session_id,) in db.execute("SELECT id FROM sessions")}
    yield from checking.shares(shares.stored(db), ids)


def _accounts(db: Connection) -> Iterator[Fault]:
    yield from checking.accounts(stored_records(db.execute))
    row = db.execute("SELECT count(*) FROM members WHERE account_id NOT IN (SELECT id FROM accounts)").fetchone()
    if row and row[0]:
        what = f"{row[0]} rows belong to no account."
        yield Fault(severity="error", where="table members", what=what, remedy=checking.SAVE_REST)


def _trees(db: Connection) -> Iterator[Fault]:
    held: dict[str, bytes] = dict(db.execute("SELECT digest, data FROM trees").fetchall())
    names = rows.tree_names(db, None)
    heads = rows.heads(db, db.execute("SELECT id, head FROM sessions").fetchall())
    pinned = {head.tree.digest for head in heads if head.tree}
    yield from checking.trees(
        held, lambda digest: derived.read_tree(derived.verified(held[digest], digest, "tree"), digest), names, pinned
    )
