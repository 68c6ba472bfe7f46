"""Restoring a backup: it replaces a store that is not in use, and the old store is kept beside it."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

from rflow.errors import StoreProblem, UsageProblem
from rflow.ports.values import Verified
from rflow.stores import files, place_of
from rflow.stores.backups.verifying import check_complete, copy_all, verify
from rflow.stores.drafts import draft
from rflow.stores.failures import explained, status_of
from rflow.stores.sqlite.file import Explained, touch


def restore(url: str, backup: Path, at: datetime) -> tuple[Verified, Path | None]:
    """Replace the store at `url` with a backup; return what the backup contains, and where the old store is now.

    The backup is checked first and stays where it is. Raises `StoreProblem` where it is damaged or of a newer rflow, or
    where somebody uses the store; nothing has changed then.
    """
    check_complete(backup)
    path = _path(url, backup)
    verified = verify(backup)
    if not verified.sound:
        raise StoreProblem(
            f"{backup} is damaged, so nothing was restored.", try_=f"See what is wrong: rflow store verify {backup}"
        )
    with explained(path):
        files.make_folder(path.parent)
    with explained(path), draft(path, "backup") as new:
        if backup.is_file():
            touch(new)  # for this user only, whatever the permissions of the backup
        copy_all(backup, new)
        _flush(new)
        if status_of(path) is None:
            new.replace(path)
            kept = None
        else:
            kept = _free_name(path, at)
            with _alone(path):
                _swap(path, new, kept)
            _log_ahead(kept)
        files.sync_folder(path.parent)
    return verified, kept


def _path(url: str, backup: Path) -> Path:
    """Return the path of the store; raise `UsageProblem` if it can't be replaced with this kind of backup."""
    kind, where = place_of(url)
    if kind not in ("sqlite", "json"):
        raise UsageProblem(
            "Only a SQLite store and a folder can be replaced by a backup.",
            try_=f"For a database, copy it into an empty one: rflow store copy {backup} postgresql://…",
        )
    path = Path(where)
    if (kind == "json") != backup.is_dir():
        raise UsageProblem(
            f"The backup is of another kind than the store at {path}.", try_=f"Copy it: rflow store copy {backup} TO"
        )
    with explained(path):
        is_same = status_of(path) is not None and path.samefile(backup)
    if is_same:
        raise UsageProblem("That is the store itself.", try_="Name a backup of it: rflow store restore PATH")
    return path


def _free_name(path: Path, at: datetime) -> Path:
    """Return a free path beside the store for the old store, from which it can still be opened."""
    stamp = at.strftime("%Y-%m-%dT%H%M%S")
    names = (f"{path.stem}.before-{stamp}{f'-{number}' if number else ''}{path.suffix}" for number in range(1000))
    return next(path.with_name(name) for name in names if status_of(path.with_name(name)) is None)


def _flush(new: Path) -> None:
    for file in [new] if new.is_file() else [part for part in new.rglob("*") if part.is_file()]:
        fd = os.open(file, os.O_RDWR | files.BINARY)
        try:
            files.sync(fd)
        finally:
            os.close(fd)


def _swap(path: Path, new: Path, kept: Path) -> None:
    """Rename the old store, and move the new one to its path."""
    if path.is_dir():
        path.rename(kept)
        try:
            new.rename(path)
        except OSError:
            kept.rename(path)
            raise
        return
    if not files.publish(path, kept):  # a second name for the old file, so that there is a store at each moment
        raise StoreProblem(f"{kept} has just appeared, so nothing was restored.", try_="Try again.")
    new.replace(path)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Lock a store exclusively; raise `StoreProblem` if it is in use. For a folder, only writers are noticed.

    SQLite leaves its write-ahead log only if no other connection is open. Then the file is all of the store, and no
    files are left beside it that would belong to another one.
    """
    if path.is_dir():
        from rflow.stores.folder.store_folder import StoreFolder

        with StoreFolder(path, 0).lock():
            yield
        return
    with Explained(path), closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as db:
        try:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            (mode,) = db.execute("PRAGMA journal_mode = DELETE").fetchone()
            db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            raise in_use(path) from error
        if mode != "delete":
            raise in_use(path)
        db.execute("ROLLBACK")
        try:
            with closing(db) if sys.platform == "win32" else nullcontext():  # Windows replaces no file that is open
                yield
        except BaseException:
            db.close()
            _log_ahead(path)
            raise


def _log_ahead(path: Path) -> None:
    """Switch the write-ahead log back on in a SQLite store that was not replaced."""
    if path.is_file():
        with Explained(path), closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")


def in_use(path: Path | str) -> StoreProblem:
    """Return the error for replacing a store that is in use."""
    return StoreProblem(
        f"The store at {path} is in use, so nothing was restored.",
        try_="Stop the server and everything else that uses it (rflow serve), then try again.",
    )
