"""Writing files so that they survive a crash: complete, flushed to the disk, and private to the user."""

import os
import sys
from pathlib import Path

if sys.platform == "darwin":
    import fcntl

    def sync(fd: int) -> None:
        """Flush a file to the disk; on macOS only this call also flushes the drive's own cache."""
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
elif sys.platform == "win32":
    sync = os.fsync
else:
    sync = os.fdatasync

BINARY = getattr(os, "O_BINARY", 0)  # Otherwise Windows writes line breaks as two bytes.
READ_WRITE = os.O_RDWR | BINARY
NEW = READ_WRITE | os.O_CREAT | os.O_TRUNC
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY


def make_folder(folder: Path) -> None:
    """Create a folder, and its parents, for this user alone; folders that exist stay as they are."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Flush new and renamed names in a folder to the disk (POSIX; Windows has no such call and needs none)."""
    if sys.platform != "win32":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`; a single system call may write less."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def append_to(path: Path, data: bytes) -> None:
    """Add `data` to the end of a file, creating it if necessary, and flush it."""
    fd = os.open(path, APPEND, 0o600)
    try:
        write_all(fd, data)
        sync(fd)
    finally:
        os.close(fd)


def replace_with(path: Path, data: bytes, draft: Path, *, durable: bool = True) -> None:
    """Replace the file at `path` in one step: a reader sees either `data` or what was there before.

    It is first written to `draft`, on the same disk; the caller holds a lock, so that nobody else writes there.
    """
    try:
        _write(draft, data, durable=durable)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def _write(path: Path, data: bytes, *, durable: bool) -> None:
    fd = os.open(path, NEW, 0o600)
    try:
        write_all(fd, data)
        if durable:
            sync(fd)
    finally:
        os.close(fd)


def publish(draft: Path, path: Path) -> bool:
    """Move a finished file to `path`; False if that exists already: a hard link does not overwrite, a rename would."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    except OSError:  # A file system without hard links, such as FAT.
        if path.exists():
            return False
        draft.rename(path)
    sync_folder(path.parent)
    return True
