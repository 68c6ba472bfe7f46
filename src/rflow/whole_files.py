"""Writing files in one step (a draft, then a rename), and the owner of new files.

`sudo rflow` in another user's folder must not leave files that this user can't read: what root creates in a folder
belongs to the folder's owner.
"""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)

if sys.platform == "win32":

    def adopt(new: int | str | Path, folder: int | str | Path, *, folder_fd: int | None = None) -> None:
        """Do nothing: on Windows the folder decides who owns new files."""
else:

    def adopt(new: int | str | Path, folder: int | str | Path, *, folder_fd: int | None = None) -> None:
        """Give a new file or folder, made by root, to the owner of the folder that it is in.

        `new` is a descriptor, or a name, relative to the open folder `folder_fd` if that is not None.
        """
        if os.geteuid() != 0:
            return
        with suppress(OSError):  # A disk without owners, or a container whose root may not give files away.
            owner = os.stat(folder)  # noqa: PTH116 (it may be a descriptor)
            if owner.st_uid == 0:
                return
            if isinstance(new, int):
                os.fchown(new, owner.st_uid, owner.st_gid)
            else:
                os.chown(new, owner.st_uid, owner.st_gid, dir_fd=folder_fd, follow_symlinks=False)


def make_folders(folder: Path, mode: int = 0o700) -> None:
    """Make a folder and those above it; folders that exist stay as they are."""
    if folder.is_dir():
        return
    make_folders(folder.parent, mode)
    folder.mkdir(mode=mode, exist_ok=True)
    adopt(folder, folder.parent)


def replace_file(path: Path, data: bytes, *, private: bool = True, durable: bool = False) -> None:
    """Write a file in one step: a reader sees either `data` or what was there before, whatever happens meanwhile.

    A file that is there keeps its permissions and its owner; a new one can be read by its user alone if it is
    `private`. A symbolic link stays one: the file that it leads to is replaced. What is no plain file (a FIFO, a
    device, a file with a second name, one in a folder where no draft can be written) is written in place.
    """
    there = path.stat() if path.exists() else None
    if there is not None and (not stat.S_ISREG(there.st_mode) or there.st_nlink > 1):
        path.write_bytes(data)
        return
    path = path.resolve()
    try:
        draft = _draft(path, 0o600 if private else 0o666)
    except PermissionError:
        if there is None:
            raise
        path.write_bytes(data)
        return
    try:
        _fill(draft, path, data, there, durable=durable)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_own_file(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write a private file of rflow's own in one step, and make the folder that it is in.

    One that others could read is made private before anything new is in it.
    """
    make_folders(path.parent)
    if sys.platform != "win32" and path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        with suppress(OSError):  # somebody else's
            path.chmod(0o600)
    replace_file(path, data, durable=durable)


def _draft(path: Path, mode: int) -> Path:
    """Make an empty file beside `path`, whose name nobody can guess: in a folder of many, it could be a trap."""
    draft = path.with_name(f".{path.name[:100]}.{os.urandom(6).hex()}.tmp")
    os.close(os.open(draft, _NEW, mode))
    return draft


def _fill(draft: Path, path: Path, data: bytes, there: os.stat_result | None, *, durable: bool) -> None:
    with draft.open("r+b") as file:
        if there is None:
            adopt(file.fileno(), path.parent)
        elif sys.platform != "win32":
            os.fchmod(file.fileno(), stat.S_IMODE(there.st_mode))
            with suppress(OSError):  # Only root may give a file away.
                os.fchown(file.fileno(), there.st_uid, there.st_gid)
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())
