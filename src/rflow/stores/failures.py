"""The errors of stores: one sentence on what happened, one on what to try."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING

from rflow.errors import StoreProblem, TracesLeft, UsageProblem

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 10.0
"""How many seconds a writer waits for another writer."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


class Newer(StoreProblem):
    """A newer rflow wrote something that this version can't use."""


def status_of(path: "Path | str") -> os.stat_result | None:
    """Return the status of a file; None if it does not exist.

    `os.path.exists`, and since Python 3.14 the methods of `Path`, also return False for a file that this user or the
    disk can't read. A store must not seem empty then, so this raises `OSError`.
    """
    try:
        return os.stat(path)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise


def is_file(path: "Path | str") -> bool:
    """Whether there is a plain file; raise `OSError` if that can't be determined."""
    there = status_of(path)
    return there is not None and S_ISREG(there.st_mode)


def is_folder(path: "Path | str") -> bool:
    """Whether there is a folder; raise `OSError` if that can't be determined."""
    there = status_of(path)
    return there is not None and S_ISDIR(there.st_mode)


@contextmanager
def explained(place: "Path | str") -> Iterator[None]:
    """Turn an `OSError` about the files at `place` into a `StoreProblem`."""
    try:
        yield
    except OSError as error:
        raise of_system(place, error) from error


def of_system(place: "Path | str", error: OSError) -> StoreProblem:
    """Return the error for an `OSError` about the store at `place`."""
    if error.errno in _FULL:
        return full(place)
    if is_forbidden(error):
        return not_ours(_named(place, error)) or forbidden(place)
    if error.errno in NO_LOCKS:
        return network_disk(place, "file locks")
    return StoreProblem(
        f"The store at {place} can't be used: {error.strerror or error}.",
        try_="Check that the path is right and the disk is there.",
    )


def network_disk(place: "Path | str", what: str) -> StoreProblem:
    """Return the error for a disk without locks or shared memory, where two writers would damage a store."""
    folder = " A folder store needs none: --store json:FOLDER." if what == "shared memory" else ""
    return StoreProblem(
        f"The store at {place} can't be written safely: its disk has no {what}. This looks like a network disk.",
        try_=f"Use a store on a disk of this machine (--store PATH); `rflow export` takes sessions along.{folder}",
    )


def full(place: "Path | str") -> StoreProblem:
    """Return the error for a full disk; what was stored before is untouched."""
    return StoreProblem(
        f"The disk is full, so this was not saved in {place}. What was saved before is unharmed.",
        try_="Free some space and repeat the command.",
    )


def forbidden(place: "Path | str") -> StoreProblem:
    """Return the error for files that this user may not read or write, or that are on a read-only disk."""
    return StoreProblem(
        f"This user may not read or write all of {place}, or it is on a read-only disk.",
        try_="Check the permissions of the file and its folder, or use another store with --store.",
    )


def _named(place: "Path | str", error: OSError) -> "Path":
    """Return the file named in an error, or else the store itself."""
    from pathlib import Path

    named = Path(error.filename if isinstance(error.filename, str) else "")
    return named if named.is_absolute() else Path(place)


def not_ours(file: "Path | str") -> StoreProblem | None:
    """Return the error for a file of another user that this user may not use; None if it is not one."""
    owner = other_owner(file)
    if owner is None or os.access(file, os.R_OK | os.W_OK):
        return None
    from shlex import quote

    return StoreProblem(
        f"{file} belongs to {owner}, and this user may not read and write it.",
        try_=f"If it is yours (a command was run with sudo?): sudo chown -R $(id -u) {quote(str(file))}",
    )


def other_owner(file: "Path | str") -> str | None:
    """Return the owner of a file; None if that is this user or can't be determined."""
    if sys.platform == "win32":
        return None
    try:
        owner = os.lstat(file).st_uid
    except OSError:
        return None
    if owner == os.geteuid():
        return None
    import pwd

    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"the user with the number {owner}"


def busy(place: "Path | str") -> StoreProblem:
    """Return the error for a store that another program keeps locked."""
    return StoreProblem(
        f"The store at {place} is busy: another program has kept it locked. Nothing was written.",
        try_="Repeat the command; if that does not help, see which program has the file open.",
    )


def absent(place: "Path | str") -> StoreProblem:
    """Return the error for a store that does not exist."""
    return StoreProblem(
        f"There is no store at {place}.", try_="Check the path: `rflow store info` shows the usual one."
    )


def newer(place: "Path | str", version: int, known: int) -> StoreProblem:
    """Return the error for a store that a later version of rflow wrote."""
    return StoreProblem(
        f"The store at {place} has format {version}, which is from a newer rflow; this one reads up to {known}. "
        "It was left untouched.",
        try_="Upgrade rflow.",
    )


def damaged(place: "Path | str", error: Exception) -> StoreProblem:
    """Return the error for a store with parts that can't be read."""
    return StoreProblem(
        f"The store at {place} is damaged: {error}.",
        try_="See what can still be read with `rflow store check`, and restore a backup.",
    )


def in_conflict(file: "Path") -> StoreProblem:
    """Return the error for a file in which git left both sides of a merge."""
    return StoreProblem(f"{file} holds two versions with git's conflict markers.", try_="Merge: rflow store merge")


def unreadable(place: "Path | str", error: BaseException) -> StoreProblem:
    """Return the error for a store so damaged that `store check` can't read it either."""
    return StoreProblem(
        f"The store at {place} is damaged so badly that SQLite can't open it: {error}.",
        try_="Put a backup in its place, or use another store (--store PATH). Keep the file until you have.",
    )


def older(place: "Path | str") -> StoreProblem:
    """Return the error for a store that needs an upgrade but can't be written."""
    return StoreProblem(
        f"The store at {place} has an older format, and can't be upgraded because it can't be written.",
        try_="Copy it to a folder of your own, and open the copy.",
    )


def too_old(place: "Path | str") -> StoreProblem:
    """Return the error for a store that is too old to be upgraded."""
    return StoreProblem(
        f"The store at {place} has a format that is too old to read.",
        try_="Open it with an older rflow, export its sessions, and import them here.",
    )


def is_forbidden(error: OSError) -> bool:
    """Whether an error means that this user lacks permission."""
    return error.errno in _FORBIDDEN


def foreign(place: "Path | str") -> StoreProblem:
    """Return the error for a file or folder that is not a store."""
    return StoreProblem(f"{place} is not an rflow store; it was left untouched.", try_="Use another path with --store.")


def unfinished(place: "Path | str") -> TracesLeft:
    """Return the error for a removed text that has left traces which can't be erased yet."""
    return TracesLeft(
        f"It is removed, but traces of the text are still in {place}: another program is reading there, or the disk "
        "is full.",
        try_="To finish, end that program (or free some space) and run: rflow store check",
    )


def damaged_content(what: str, digest: str) -> StoreProblem:
    """Return the error for a content or tree that does not match its digest."""
    return StoreProblem(
        f"The {what} {digest[:12]}… is damaged in the store.", try_="Restore a backup; see `rflow store check`."
    )


def newer_link(share_id: str) -> StoreProblem:
    """Return the error for a link that a newer rflow has changed since it was read."""
    return StoreProblem(f"The link {share_id} was changed by a newer rflow; it stays as it is.", try_="Upgrade rflow.")


def no_accounts() -> UsageProblem:
    """Return the error for a folder store used where accounts are needed. A server shows it, so it names no path."""
    return UsageProblem(
        "Accounts, spaces and protected links need a SQLite store; this one is a folder.",
        try_="Copy it: rflow store copy FOLDER team.db, then use --store team.db",
    )


def taken(path: "Path") -> UsageProblem:
    """Return the error for a backup to an existing path."""
    return UsageProblem(f"{path} already exists, and a backup overwrites nothing.", try_="Use a new path.")
