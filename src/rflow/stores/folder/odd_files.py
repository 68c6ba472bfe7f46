"""Links, special files and folders in the place of a store's file, and the error messages about them."""

import os
import stat
from pathlib import Path

from rflow.errors import StoreProblem

LIMIT = 64 * 1024 * 1024
"""The maximum size in bytes of a file that is read or written, which is also that of an import."""

_JUNCTION = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)
_KINDS = {
    stat.S_IFREG: "a plain file",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class OddFile(StoreProblem):
    """Something in the store's folder is not the plain file or folder that is expected there."""

    def __init__(self, what: str) -> None:
        super().__init__(what, try_="Move it away; to list everything like it: rflow store check")


def printable(name: str) -> str:
    """Return a file's name for display: on one line, with controls and bytes that are not UTF-8 escaped."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in name)


def kind_of(status: os.stat_result) -> str:
    """Return a noun for the type of a file, for a message."""
    if _JUNCTION is not None and getattr(status, "st_reparse_tag", 0) == _JUNCTION:
        return "a junction"
    return _KINDS.get(stat.S_IFMT(status.st_mode), "a special file")


def is_file(status: os.stat_result | None) -> bool:
    """Whether it is a plain file."""
    return status is not None and kind_of(status) == "a plain file"


def is_folder(status: os.stat_result | None) -> bool:
    """Whether it is a folder, not a link to one."""
    return status is not None and kind_of(status) == "a folder"


def too_large(path: Path) -> StoreProblem:
    """Return the error for a file that would become larger than `LIMIT`."""
    what = f"Nothing was written: {printable(path.name)} would become larger than {LIMIT >> 20} MiB."
    return StoreProblem(what, try_="Go on in a new session.")


def reason(problem: Exception) -> str:
    """Return why a file can't be read, as a sentence."""
    if isinstance(problem, StoreProblem):
        return problem.what
    return f"It can't be read: {getattr(problem, 'strerror', None) or problem}."
