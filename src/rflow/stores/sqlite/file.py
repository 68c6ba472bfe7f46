"""One SQLite file: how it is made, opened, upgraded, written to, and made to forget."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from rflow.errors import StoreProblem
from rflow.stores import failures, files
from rflow.stores.codec import FORMAT
from rflow.stores.failures import PATIENCE
from rflow.stores.sqlite.schema import APPLICATION, SCHEMA

_UNOPENED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)


class SqliteFile:
    """A connection made when it is first needed; until something is written, a file that is not there reads as empty.

    `patience` is how many seconds a writer waits for another.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self.path = path
        self._patience = patience
        self._db: sqlite3.Connection | None = None
        self._empty: sqlite3.Connection | None = None
        self._writable = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees the store as it is at one moment."""
        with explained(self.path):
            db = self._connection()
            with _transaction(db, "BEGIN"):
                yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection with the write lock; all is written when the block ends, or nothing where it raises."""
        with explained(self.path):
            db = self._writer()
            with _transaction(db, "BEGIN IMMEDIATE"):
                _check_format(db, self.path)  # A newer rflow may have upgraded the file since it was opened.
                yield db

    def forget(self) -> bool:
        """Write the file anew, without what was removed; False where a reader still holds the old pages.

        `VACUUM` drops the free pages and the gaps in the others, the checkpoint empties the write-ahead log.
        """
        with explained(self.path):
            db = self._writer()
        try:
            db.execute(f"PRAGMA busy_timeout = {min(2000, int(self._patience * 1000))}")
            db.execute("VACUUM")
            (held, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not held:
                db.execute("DELETE FROM meta WHERE name = 'forget'")
            return not held
        except sqlite3.DatabaseError:  # A reader, a full disk, damage: what was removed stays removed.
            return False
        finally:
            db.execute(f"PRAGMA busy_timeout = {int(self._patience * 1000)}")

    def stamp(self) -> int | None:
        """Give a number that changes with each commit of another connection; None where the file is not open yet."""
        if self._db is None:
            return None
        with explained(self.path):
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def size(self) -> int:
        """Add up the bytes of the file, its write-ahead log and its index."""
        parts = (self.path.with_name(self.path.name + end) for end in ("", "-wal", "-shm"))
        return sum(part.stat().st_size for part in parts if part.exists())

    def close(self) -> None:
        """Let go of the file."""
        for db in (self._db, self._empty):
            if db is not None:
                db.close()
        self._db = self._empty = None

    def _connection(self) -> sqlite3.Connection:
        if self._db is None and not self.path.exists():
            self._empty = self._empty or _made(":memory:")
            return self._empty
        return self._opened()

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            db, self._writable = _open(self.path, self._patience)
            try:
                _upgrade(db, self.path)
            except BaseException:
                db.close()
                raise
            self._db = db
        return self._db

    def _writer(self) -> sqlite3.Connection:
        if self._db is None and not self.path.exists():
            create(self.path)
        db = self._opened()
        if not self._writable:
            raise failures.hindrance(self.path) or failures.forbidden(self.path)
        return db


@contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Iterator[None]:
    db.execute(begin)
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite has rolled back by itself where the disk was full.
            db.execute("ROLLBACK")
        raise


def create(path: Path) -> None:
    """Make a new store. It gets its name when it is complete, so that two programs making it can't meet half of it."""
    files.make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    try:
        os.close(os.open(draft, files.NEW | os.O_EXCL, 0o600))
        _made(str(draft)).close()
        files.publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _made(name: str) -> sqlite3.Connection:
    """Make an empty store in a new file, or in memory."""
    db = sqlite3.connect(name, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        with _transaction(db, "BEGIN IMMEDIATE"):
            for statement in (*SCHEMA, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {FORMAT}"):
                db.execute(statement)
    except BaseException:
        db.close()
        raise
    return db


def _open(path: Path, patience: float) -> tuple[sqlite3.Connection, bool]:
    """Open a file, and say whether it can be written.

    In a folder that can't be written SQLite can't make the files of its write-ahead log and refuses to open. Where
    there is no log, the file is complete and nobody is writing: it may be read as one that never changes.
    """
    try:
        return _connect(path, "mode=rw", patience), True
    except sqlite3.OperationalError as error:
        log = path.with_name(path.name + "-wal")
        if error.sqlite_errorcode & 0xFF not in _UNOPENED or (log.exists() and log.stat().st_size):
            raise
        return _connect(path, "mode=ro&immutable=1", patience), False


def _connect(path: Path, how: str, patience: float) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=patience, isolation_level=None)
    try:
        db.execute("PRAGMA user_version").fetchone()  # Opens the file, which connecting does not.
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")  # macOS: through the drive's own cache.
        db.execute("PRAGMA secure_delete = ON")
    except BaseException:
        db.close()
        raise
    return db


def _check_format(db: sqlite3.Connection, path: Path) -> int:
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found > FORMAT:
        raise failures.newer(path, found, FORMAT)
    return int(found)


def _upgrade(db: sqlite3.Connection, path: Path) -> None:
    """Check what kind of file it is, and bring an older format up to date, all of it in one transaction."""
    if db.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
        raise failures.foreign(path)
    if _check_format(db, path) == FORMAT:
        return
    from rflow.stores.migrations import upgrade_sqlite

    try:
        with _transaction(db, "BEGIN IMMEDIATE"):
            upgrade_sqlite(db, _check_format(db, path))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:
            raise failures.older(path) from error
        raise


def backup(db: sqlite3.Connection, path: Path) -> None:
    """Copy the store, as it is now, to a new file that gets its name when it has been found whole."""
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    try:
        if path.exists():
            raise failures.taken(path)
        os.close(os.open(draft, files.NEW | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(draft, isolation_level=None)) as target:
            db.backup(target)
            if target.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise StoreProblem(
                    f"The backup of {path.name} is not whole; it was thrown away.",
                    try_="See what is wrong with the store: rflow store check",
                )
        if not files.publish(draft, path):
            raise failures.taken(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system says about `path` into a `StoreProblem`."""
    try:
        yield
    except OSError as error:
        raise failures.of_system(path, error) from error
    except (sqlite3.Error, UnicodeDecodeError) as error:
        _explain(path, error)


def _explain(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> NoReturn:
    if isinstance(error, UnicodeDecodeError):  # A text in the file, or one that SQLite quotes in its complaint.
        raise failures.damaged(path, error) from error
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            raise failures.busy(path) from error
        case sqlite3.SQLITE_FULL:
            raise failures.full(path) from error
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            raise failures.forbidden(path) from error
        case sqlite3.SQLITE_NOTADB:
            raise failures.foreign(path) from error
        case sqlite3.SQLITE_CORRUPT:
            raise failures.damaged(path, error) from error
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR if found := failures.hindrance(path):
            raise found from error
    raise StoreProblem(
        f"The store at {path} can't be used: {error}.", try_="See that the folder can be written and the disk has room."
    ) from error
