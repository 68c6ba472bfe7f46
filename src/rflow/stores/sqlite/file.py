"""One SQLite file: creating, opening, upgrading and writing it, and erasing what was removed."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from stat import S_ISREG
from typing import TYPE_CHECKING, NoReturn

from rflow.errors import StoreProblem
from rflow.stores import failures, files
from rflow.stores.failures import PATIENCE
from rflow.stores.sqlite.schema import APPLICATION, SCHEMA, SCHEMA_VERSION
from rflow.whole_files import adopt

if TYPE_CHECKING:
    from pathlib import Path

    from rflow.ports.values import Report

_PAGES = 4096
"""The pages that a backup copies between two reports: 16 MiB."""
_EXPLAINED = (OSError, sqlite3.Error, UnicodeDecodeError)
_UNOPENED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)

_Executing = sqlite3.Connection | sqlite3.Cursor


class SqliteFile:
    """A SQLite file, opened on first use; a file that does not exist yet reads as an empty store.

    `patience` is how many seconds a writer waits for another one.
    """

    def __init__(self, path: "str | Path", patience: float = PATIENCE) -> None:
        self.path = os.path.abspath(path)
        self._patience = patience
        self._db: sqlite3.Connection | None = None
        self._empty: sqlite3.Connection | None = None
        self._writable = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that sees a consistent snapshot of the store."""
        with Explained(self.path):
            db = self._connection()
            try:
                with Transaction(db, "BEGIN"):
                    yield db
            except sqlite3.OperationalError:
                _check_format(db, self.path)  # A newer rflow may have replaced tables since the file was opened.
                raise

    def writing(self) -> "Writing":
        """Return a context with the write lock: it commits at its end, and rolls back if the block raises."""
        return Writing(self)

    def erase(self) -> bool:
        """Rewrite the file without traces of removed data; return False if a reader still uses the old pages.

        `VACUUM` drops free pages and gaps in the others, the checkpoint empties the write-ahead log. Interrupted
        backups are removed too, because they hold the same texts.
        """
        from pathlib import Path

        from rflow.stores.drafts import sweep

        sweep(Path(self.path).parent)
        with Explained(self.path):
            db = self.writer()
        try:
            db.execute(f"PRAGMA busy_timeout = {min(2000, int(self._patience * 1000))}")
            db.execute("VACUUM")
            (blocked, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not blocked:
                db.execute("DELETE FROM meta WHERE name = 'forget'")
            return not blocked
        except sqlite3.DatabaseError:  # A reader, a full disk or damage; the data itself stays removed.
            return False
        finally:
            db.execute(f"PRAGMA busy_timeout = {int(self._patience * 1000)}")

    def stamp(self) -> int | None:
        """Return a number that changes with each commit of another connection; None if the file is not open yet."""
        if self._db is None:
            return None
        with Explained(self.path):
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def size(self) -> int:
        """Return the size in bytes of the file, its write-ahead log and its shared memory."""
        with Explained(self.path):
            parts = (failures.status_of(self.path + end) for end in ("", "-wal", "-shm"))
            return sum(part.st_size for part in parts if part)

    def exists(self) -> bool:
        """Whether the file exists; raises `StoreProblem` if that can't be determined."""
        with Explained(self.path):
            return failures.status_of(self.path) is not None

    def close(self) -> None:
        """Close the connections."""
        for db in (self._db, self._empty):
            if db is not None:
                db.close()
        self._db = self._empty = None

    def _connection(self) -> sqlite3.Connection:
        if self._db is None and not self.exists():
            self._empty = self._empty or _new_database(":memory:")
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

    def writer(self) -> sqlite3.Connection:
        """Return the connection for writing; create the file if there is none."""
        if self._db is None and not self.exists():
            _create(self.path)
        db = self._opened()
        if not self._writable:
            raise _why_not_writable(self.path) or failures.forbidden(self.path)
        return db


class Transaction:
    """A transaction that commits at the end of the block, and rolls back if it raises."""

    def __init__(self, db: sqlite3.Connection, begin: str) -> None:
        self._db, self._begin = db, begin

    def __enter__(self) -> None:
        self._db.execute(self._begin)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        _end(self._db, error)


class Writing:
    """A transaction with the write lock; errors of SQLite or the system become a `StoreProblem`.

    It is a class, not nested context managers: those took a tenth of the CPU time of an append.
    """

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def __enter__(self) -> sqlite3.Connection:
        file = self._file
        try:
            db = file.writer()
            self._own = db.cursor()  # One for all three statements: making it takes as long as a short one.
            self._own.execute("BEGIN IMMEDIATE")
            try:
                _check_format(self._own, file.path)  # A newer rflow may have upgraded the file since it was opened.
            except BaseException:
                _roll_back(self._own)
                raise
        except _EXPLAINED as error:
            _explain(file.path, error)
        return db

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            _end(self._own, error)
        except _EXPLAINED as problem:
            _explain(self._file.path, problem)
        if isinstance(error, _EXPLAINED):
            _explain(self._file.path, error)


def _end(db: _Executing, error: BaseException | None) -> None:
    """Commit a transaction, or roll it back after an error."""
    try:
        if error is None:
            db.execute("COMMIT")
    except BaseException:
        _roll_back(db)
        raise
    if error is not None:
        _roll_back(db)


def _roll_back(db: _Executing) -> None:
    with suppress(sqlite3.Error):  # On a full disk SQLite has already rolled back.
        db.execute("ROLLBACK")


def _create(name: str) -> None:
    """Create a new store, unless another process has just created it."""
    from pathlib import Path

    from rflow.stores.drafts import draft

    path = Path(name)
    files.make_folder(path.parent)
    with draft(path, "store") as new:
        touch(new)
        _new_database(str(new)).close()
        files.publish(new, path)


def touch(path: "Path") -> None:
    """Create an empty file that only its user can open; SQLite would make it readable for others."""
    fd = os.open(path, files.NEW | os.O_EXCL, 0o600)
    adopt(fd, path.parent)
    os.close(fd)


def _new_database(name: str) -> sqlite3.Connection:
    """Create an empty store in a new file, or in memory.

    Write-ahead logging is switched on last. With it, a full disk would show only when the connection is closed, which
    reports no error; the exclusive mode saves the shared memory that would not fit there either.
    """
    db = sqlite3.connect(name, isolation_level=None)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = MEMORY")
        with Transaction(db, "BEGIN IMMEDIATE"):
            marks = (f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {SCHEMA_VERSION}")
            for statement in (*SCHEMA, *marks):
                db.execute(statement)
        db.execute("PRAGMA journal_mode = WAL")
    except BaseException:
        db.close()
        raise
    return db


def _open(path: str, patience: float) -> tuple[sqlite3.Connection, bool]:
    """Open a file; return the connection and whether the file can be written.

    In a read-only folder SQLite can't create the files of its write-ahead log and refuses to open. If there is no log,
    the file is complete and nobody is writing, so it can be read as a file that never changes.
    """
    there = failures.status_of(path)
    if there is None or not S_ISREG(there.st_mode):  # SQLite would block forever on a FIFO.
        raise failures.foreign(path)
    try:
        return _connect(path, "mode=rw", patience), True
    except sqlite3.OperationalError as error:
        log = failures.status_of(f"{path}-wal")
        if error.sqlite_errorcode & 0xFF not in _UNOPENED or (log and log.st_size):
            raise
        return _connect(path, "mode=ro&immutable=1", patience), False


def _connect(path: str, how: str, patience: float) -> sqlite3.Connection:
    db = sqlite3.connect(f"{_uri(path)}?{how}", uri=True, timeout=patience, isolation_level=None)
    try:
        db.execute("PRAGMA user_version").fetchone()  # Connecting alone does not open the file.
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")  # macOS: flushes the drive's own cache too.
        db.execute("PRAGMA secure_delete = ON")
    except BaseException:
        db.close()
        raise
    return db


def _uri(path: str) -> str:
    """Return an absolute path as SQLite's URIs have it, in which three characters mean something else."""
    written = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23").replace(os.sep, "/")
    return f"file://{written if written.startswith('/') else '/' + written}"


def _check_format(db: _Executing, path: str) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise failures.newer(path, version, SCHEMA_VERSION)
    return int(version)


def _upgrade(db: sqlite3.Connection, path: str) -> None:
    """Check that the file is a store, and upgrade an older format in one transaction."""
    if db.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
        raise failures.foreign(path)
    version = _check_format(db, path)
    if version == SCHEMA_VERSION:
        return
    from rflow.stores.sqlite.migrations import OLDEST, upgrade

    if version < OLDEST:
        raise failures.too_old(path)

    try:
        with Transaction(db, "BEGIN IMMEDIATE"):
            upgrade(db, _check_format(db, path))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:
            raise failures.older(path) from error
        raise


def backup(db: sqlite3.Connection, path: "Path", report: "Report") -> None:
    """Copy the store, as it is now, to a new file; it appears at `path` once it is complete and checked.

    `db` is in a transaction. It reads before the copy begins, so that every step copies the same state.
    """
    from rflow.stores.drafts import draft

    if failures.status_of(path) is not None:
        raise failures.taken(path)
    with draft(path, "backup") as new:
        touch(new)
        with closing(sqlite3.connect(new, isolation_level=None)) as target:
            target.execute("PRAGMA locking_mode = EXCLUSIVE")  # Without it, checking needs room for shared memory.
            db.execute("PRAGMA schema_version").fetchone()
            db.backup(target, pages=_PAGES, progress=lambda _, left, total: report(total - left, total))
            if target.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise StoreProblem(
                    f"The backup of {path.name} was damaged, so it was removed.",
                    try_="Check the store: rflow store check",
                )
        if not files.publish(new, path):
            raise failures.taken(path)


def _why_not_writable(path: "str | Path") -> StoreProblem | None:
    from pathlib import Path

    from rflow.stores.disks import why_not_writable

    return why_not_writable(Path(path))


class Explained:
    """A block in which errors of SQLite or the system about `path` become a `StoreProblem`."""

    def __init__(self, path: "str | Path") -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _EXPLAINED):
            _explain(self._path, error)


def _explain(path: "str | Path", error: OSError | sqlite3.Error | UnicodeDecodeError) -> NoReturn:
    if isinstance(error, OSError):
        raise failures.of_system(path, error) from error
    if isinstance(error, UnicodeDecodeError):  # A text in the file, or one that SQLite quotes in its error.
        raise failures.damaged(path, error) from error
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            raise _why_not_writable(path) or failures.busy(path) from error
        case sqlite3.SQLITE_FULL:
            raise failures.full(path) from error
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            raise failures.not_ours(path) or failures.forbidden(path) from error
        case sqlite3.SQLITE_NOTADB:
            raise failures.foreign(path) from error
        case sqlite3.SQLITE_CORRUPT:
            raise failures.damaged(path, error) from error
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR if problem := _why_not_writable(path):
            raise problem from error
    raise StoreProblem(
        f"The store at {path} can't be used: {error}.",
        try_="Check that its folder can be written and the disk has room.",
    ) from error
