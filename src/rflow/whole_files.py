"""Writing files in one step (a draft, then a rename), and the owner of new files.

`sudo rflow` in another user's folder must not leave files that this user can't read: files that root creates in a
folder are given to the folder's owner.
"""

import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import BinaryIO

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_DRAFT_END = re.compile(r"[0-9a-f]{12}\.rflow-draft")
StrPath = str | os.PathLike[str]

if sys.platform == "win32":

    def adopt(new: int | StrPath, folder: int | StrPath, *, folder_fd: int | None = None) -> None:
        """Do nothing: on Windows, new files get their owner from the folder."""
else:

    def adopt(new: int | StrPath, folder: int | StrPath, *, folder_fd: int | None = None) -> None:
        """Give a new file or folder to the owner of its folder if root has created it.

        `new` is a descriptor or a name, which is relative to the open folder `folder_fd` if that is not None.
        """
        if os.geteuid() != 0:
            return
        with suppress(OSError):  # A disk without owners, or a container whose root may not give files away.
            owner = os.stat(folder)
            if owner.st_uid == 0:
                return
            if isinstance(new, int):
                os.fchown(new, owner.st_uid, owner.st_gid)
            else:
                os.chown(new, owner.st_uid, owner.st_gid, dir_fd=folder_fd, follow_symlinks=False)


def make_folders(folder: StrPath, mode: int = 0o700) -> None:
    """Create a folder and its parents; existing folders are not changed."""
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder) or os.curdir
    make_folders(above, mode)
    try:
        os.mkdir(folder, mode)
    except FileExistsError:
        if not os.path.isdir(folder):
            raise
    adopt(folder, above)


def replace_file(path: StrPath, data: bytes, *, private: bool = True, durable: bool = False) -> None:
    """Write a file atomically: readers see either `data` or the previous content.

    An existing file keeps its permissions and owner; a new one is readable only by its user if it is `private`. If
    `path` is a symbolic link, its target is replaced; a link to itself raises `OSError`. FIFOs, devices, files with
    several names and files in a folder where no draft can be written are written in place. Drafts for this path that
    killed processes left are removed.
    """
    try:
        there = os.stat(path)
    except FileNotFoundError:
        there = None
    if there is not None and (not stat.S_ISREG(there.st_mode) or there.st_nlink > 1):
        _write_in_place(path, data)
        return
    path = os.path.realpath(path)
    _remove_leftovers(path)
    try:
        draft, descriptor = _draft(path, 0o600 if private else 0o666)
    except PermissionError:
        if there is None:
            raise
        _write_in_place(path, data)
        return
    try:
        with _lock_kept(descriptor):
            with open(descriptor, "wb") as file:  # Closing it may still report that the disk is full.
                _fill(file, path, data, there, durable=durable)
            os.replace(draft, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise


def write_own_file(path: StrPath, data: bytes, *, durable: bool = False) -> None:
    """Write a private file of rflow's own in one step, and make the folder that it is in.

    One that others could read is made private before anything new is in it.
    """
    make_folders(os.path.dirname(path) or os.curdir)
    if sys.platform != "win32" and os.path.isfile(path) and stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        with suppress(OSError):  # somebody else's
            os.chmod(path, 0o600)
    replace_file(path, data, durable=durable)


def _write_in_place(path: StrPath, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


def _draft(path: str, mode: int) -> tuple[str, int]:
    """Make an empty file beside `path`, whose name nobody can guess: in a folder of many, it could be a trap.

    Its descriptor is open, and locked where the disk has locks.
    """
    folder, name = os.path.split(path)
    while True:
        draft = os.path.join(folder, f"{_beginning(name)}{os.urandom(6).hex()}.rflow-draft")
        descriptor = os.open(draft, _NEW, mode)
        if _lock(descriptor):
            return draft, descriptor
        os.close(descriptor)
        with suppress(FileNotFoundError):
            os.unlink(draft)


def _beginning(name: str) -> str:
    """Return how the names of the drafts for a file called `name` begin."""
    return f".{name[:100]}."


def _fill(file: BinaryIO, path: str, data: bytes, there: os.stat_result | None, *, durable: bool) -> None:
    if there is None:
        adopt(file.fileno(), os.path.dirname(path))
    elif sys.platform != "win32":
        os.fchmod(file.fileno(), stat.S_IMODE(there.st_mode))
        with suppress(OSError):  # Only root may give a file away.
            os.fchown(file.fileno(), there.st_uid, there.st_gid)
    file.write(data)
    file.flush()
    if durable:
        os.fsync(file.fileno())


if sys.platform == "win32":

    def _lock(descriptor: int) -> bool:
        """Do nothing: on Windows a file that is open can't be moved to its path."""
        return True

    def _lock_kept(descriptor: int) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def _remove_leftovers(path: str) -> None:
        """Do nothing: nothing says whether a draft is still in use."""
else:

    def _lock(descriptor: int) -> bool:
        """Lock a new draft; False if another process took it for a leftover before it was locked."""
        from fcntl import LOCK_EX, LOCK_NB, flock

        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # A disk without locks, where nobody removes drafts either.
            return True
        return os.fstat(descriptor).st_nlink > 0

    @contextmanager
    def _lock_kept(descriptor: int) -> Iterator[None]:
        """Keep the lock of a draft when its descriptor is closed."""
        same = os.dup(descriptor)
        try:
            yield
        finally:
            os.close(same)

    def _remove_leftovers(path: str) -> None:
        """Remove the drafts for `path` that killed processes of this user left: they hold what was to be written."""
        folder, name = os.path.split(path)
        start = _beginning(name)
        with suppress(OSError):  # A folder that can't be listed.
            for other in os.listdir(folder):
                if other.startswith(start) and _DRAFT_END.fullmatch(other, len(start)):
                    with suppress(OSError):  # Another process uses it, or has removed it.
                        _remove_leftover(os.path.join(folder, other))

    def _remove_leftover(draft: str) -> None:
        """Remove a draft; raise `OSError` if its process still runs."""
        from fcntl import LOCK_EX, LOCK_NB, flock

        descriptor = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
                flock(descriptor, LOCK_EX | LOCK_NB)
                os.unlink(draft)
        finally:
            os.close(descriptor)
