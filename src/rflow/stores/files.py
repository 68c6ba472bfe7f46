"""Writing files so that they survive a crash: complete, flushed to the disk, and private to the user."""

import os
import sys
from typing import TYPE_CHECKING

from rflow.stores.failures import is_folder, status_of
from rflow.whole_files import adopt

if TYPE_CHECKING:
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
NEW = os.O_RDWR | BINARY | os.O_CREAT | os.O_TRUNC
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY


def make_folder(folder: "Path") -> None:
    """Create a folder, and its parents, for this user alone; folders that exist stay as they are."""
    if not is_folder(folder):
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        adopt(folder, folder.parent)
        sync_folder(folder.parent)


def sync_folder(folder: "Path") -> None:
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


def publish(draft: "Path", path: "Path") -> bool:
    """Move a finished file to `path`; False if that exists already: a hard link does not overwrite, a rename would."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    except OSError:  # A file system without hard links, such as FAT.
        if status_of(path) is not None:
            return False
        draft.rename(path)
    sync_folder(path.parent)
    return True
