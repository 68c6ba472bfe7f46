"""The check of a SQLite store: reads all of it and reports what is wrong."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from rflow.core.session.head import Head
from rflow.core.session.log import Log
from rflow.errors import NotFound, StoreProblem
from rflow.ports.values import Fault
from rflow.stores import checking, columns, derived, failures
from rflow.stores.account_records import stored_records
from rflow.stores.sqlite import checkpoints, rows, shares
from rflow.stores.sqlite.file import SqliteFile
from rflow.stores.sqlite.search import SqliteSearch


def check(file: SqliteFile, search: SqliteSearch) -> list[Fault]:
    """List what is wrong. Damaged parts are reported, and everything else is still read."""
    _refuse_unreadable(file)
    path = Path(file.path)
    faults = [
        *checking.drafts(path.parent),
        *_finish_removal(file, search),
        *_search_index(search),
        *_checkpoints(file),
    ]
    for part in (_engine, _sessions, _orphans, _trees, _shares, _accounts):
        try:
            with file.reading() as db:
                faults.extend(part(db))  # Keeps the faults reported before an error.
        except StoreProblem as problem:
            faults.append(_damage(path.name, problem.__cause__ or problem))
    return faults


def _refuse_unreadable(file: SqliteFile) -> None:
    """Raise if the store can't be opened; if that is damage, the error does not suggest a check, as others do."""
    try:
        with file.reading():
            pass
    except StoreProblem as problem:
        error = problem.__cause__
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
            raise failures.unreadable(file.path, error) from error
        raise


def _damage(where: str, error: BaseException) -> Fault:
    return Fault(severity="error", where=where, what=f"It can't be read: {error}.", remedy=checking.SAVE_REST)


def _search_index(search: SqliteSearch) -> Iterator[Fault]:
    """Remove a search index that is damaged: the next search builds a new one."""
    if damage := search.damage():
        where, what = search.path.name, f"The search index is damaged: {damage}."
        if search.remove():
            yield Fault(severity="info", where=where, what=f"{what} It was removed; the next search builds a new one.")
        else:
            yield Fault(severity="warning", where=where, what=what, remedy="Delete that file.")


def _checkpoints(file: SqliteFile) -> Iterator[Fault]:
    """Remove checkpoints that are not what the events say: the next append takes another."""
    try:
        with file.reading() as db:
            wrong = checkpoints.wrong(db)
        if wrong:
            with file.writing() as db:
                checkpoints.remove(db, wrong)
    except StoreProblem as problem:
        yield _damage("checkpoints", problem.__cause__ or problem)
        return
    for session_id in wrong:
        what = "Its checkpoint was not what its entries say. It was removed; another is taken when it is needed."
        yield Fault(severity="info", where=session_id, what=what)


def _finish_removal(file: SqliteFile, search: SqliteSearch) -> list[Fault]:
    """Finish a removal that was interrupted, if that is possible now."""
    try:
        with file.reading() as db:
            pending = db.execute("SELECT 1 FROM meta WHERE name = 'forget'").fetchone()
        if not pending:
            return []
        done = search.remove() and file.erase()  # It is not known which session it was.
        return [checking.unfinished_removal(Path(file.path).name, done=done)]
    except StoreProblem as problem:  # Damaged, or in a read-only folder.
        return [_damage(Path(file.path).name, problem)]


def _engine(db: sqlite3.Connection) -> Iterator[Fault]:
    """Have SQLite check its pages and indexes."""
    for (line,) in db.execute("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield Fault(severity="error", where="file", what=f"SQLite says: {line}", remedy=checking.SAVE_REST)


def _sessions(db: sqlite3.Connection) -> Iterator[Fault]:
    for (session_id,) in db.execute("SELECT id FROM sessions").fetchall():
        try:
            yield from _session(db, session_id)
        except (sqlite3.DatabaseError, UnicodeDecodeError, NotFound) as error:
            yield _damage(session_id, error)


def _session(db: sqlite3.Connection, session_id: str) -> Iterator[Fault]:
    log = rows.load(db, session_id)
    yield from checking.events(log)
    yield from _columns(db, log)
    sql = "SELECT id, name, kind, session_id FROM people WHERE session_id = ?"
    people = [columns.person(*row) for row in db.execute(sql, (session_id,)).fetchall()]
    yield from checking.people(log, {person.id: person for person in people})
    held = [str(name) for (name,) in db.execute("SELECT digest FROM blobs WHERE session_id = ?", (session_id,))]

    def read(digest: str) -> bytes:
        sql = "SELECT CAST(coalesce(data, '') AS BLOB) FROM blobs WHERE session_id = ? AND digest = ?"
        row = db.execute(sql, (session_id, digest)).fetchone()
        return bytes(row[0]) if row else b""

    yield from checking.contents(log, held, read)


def _columns(db: sqlite3.Connection, log: Log) -> Iterator[Fault]:
    """Check the list entry, and the columns by which it is searched."""
    *stored, data = db.execute("SELECT * FROM sessions WHERE id = ?", (log.id,)).fetchone()
    session = log.session
    expected = (*columns.names(session), *columns.columns(session))
    try:
        head = msgspec.json.decode(data, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        head = None
    faults = [] if head is None else list(checking.head(log, head))
    if head is None or (not faults and head == derived.stored_head(session) and tuple(stored) != expected[:-1]):
        what = "Its list entry is damaged."
        faults.append(Fault(severity="error", where=log.code, what=what, remedy=checking.COPY))
    yield from faults


def _orphans(db: sqlite3.Connection) -> Iterator[Fault]:
    """Report rows that belong to no session."""
    for table in ("events", "people", "blobs", "checkpoints"):
        sql = f"SELECT count(*) FROM {table} WHERE session_id NOT IN (SELECT id FROM sessions)"  # noqa: S608
        (count,) = db.execute(sql).fetchone()
        if count:
            what = f"{count} rows belong to no session."
            yield Fault(severity="error", where=f"table {table}", what=what, remedy=checking.SAVE_REST)


def _shares(db: sqlite3.Connection) -> Iterator[Fault]:
    ids = {str(session_id) for (session_id,) in db.execute("SELECT id FROM sessions")}
    yield from checking.shares(shares.stored(db), ids)


def _accounts(db: sqlite3.Connection) -> Iterator[Fault]:
    yield from checking.accounts(stored_records(db.execute, "CAST(data AS BLOB)"))
    sql = "SELECT count(*) FROM members WHERE account_id NOT IN (SELECT id FROM accounts)"
    (count,) = db.execute(sql).fetchone()
    if count:
        what = f"{count} rows belong to no account."
        yield Fault(severity="error", where="table members", what=what, remedy=checking.SAVE_REST)


def _trees(db: sqlite3.Connection) -> Iterator[Fault]:
    trees = db.execute("SELECT digest, CAST(coalesce(data, '') AS BLOB) FROM trees").fetchall()
    held = {str(digest): data for digest, data in trees}
    names = rows.tree_names(db, None)
    heads = rows.heads(db, db.execute("SELECT id, head, updated_at FROM sessions"))
    pinned = {head.tree.digest for head in heads if head.tree}
    yield from checking.trees(
        held, lambda digest: derived.read_tree(derived.verified(held[digest], digest, "tree"), digest), names, pinned
    )
