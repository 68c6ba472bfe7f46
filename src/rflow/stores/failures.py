"""The errors of stores: each says in a sentence what happened, and in another what to try."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rflow.errors import StoreProblem, UsageProblem

PATIENCE = 10.0
"""How many seconds a writer waits for another writer."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_PROBE = 32 * 1024  # The size of SQLite's shared memory when a file is opened.


class Newer(StoreProblem):
    """Something in the store was written by a newer rflow, and can't be used here."""


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """Turn the system's errors about the files at `place` into a `StoreProblem`."""
    try:
        yield
    except OSError as error:
        raise of_system(place, error) from error


def of_system(place: Path, error: OSError) -> StoreProblem:
    """Return the error for what the operating system reported about the store at `place`."""
    if error.errno in _FULL:
        return full(place)
    if is_forbidden(error):
        return forbidden(place)
    return StoreProblem(
        f"The store at {place} can't be used: {error.strerror or error}.",
        try_="Check that the path is right and the disk is there.",
    )


def why_not_writable(place: Path) -> StoreProblem | None:
    """Return why no file can be written beside `place`, which SQLite does not say; None if it can. Tries to write."""
    from tempfile import TemporaryFile

    try:
        with TemporaryFile(dir=place.parent) as probe:
            probe.write(bytes(_PROBE))
            probe.flush()
    except OSError as error:
        return of_system(place, error)
    return None


def full(place: Path | str) -> StoreProblem:
    """Return the error for a full disk; what was stored before is untouched."""
    return StoreProblem(
        f"The disk is full, so this was not saved in {place}. What was saved before is unharmed.",
        try_="Free some space and repeat the command.",
    )


def forbidden(place: Path) -> StoreProblem:
    """Return the error for files that this user may not read or write, or that are on a read-only disk."""
    return StoreProblem(
        f"This user may not read or write all of {place}, or it is on a read-only disk.",
        try_="Check the permissions of the file and its folder, or use another store with --store.",
    )


def busy(place: Path | str) -> StoreProblem:
    """Return the error for a store that another program keeps locked."""
    return StoreProblem(
        f"The store at {place} is busy: another program has kept it locked. Nothing was written.",
        try_="Repeat the command; if that does not help, see which program has the file open.",
    )


def absent(place: Path | str) -> StoreProblem:
    """Return the error for a store that does not exist."""
    return StoreProblem(
        f"There is no store at {place}.", try_="Check the path: `rflow store info` shows the usual one."
    )


def newer(place: Path | str, version: int, known: int) -> StoreProblem:
    """Return the error for a store that a later version of rflow wrote."""
    return StoreProblem(
        f"The store at {place} has format {version}, which is from a newer rflow; this one reads up to {known}. "
        "It was left untouched.",
        try_="Upgrade rflow.",
    )


def damaged(place: Path | str, error: Exception) -> StoreProblem:
    """Return the error for a store that can't be read in part."""
    return StoreProblem(
        f"The store at {place} is damaged: {error}.",
        try_="See what can still be read with `rflow store check`, and restore a backup.",
    )


def unreadable(place: Path, error: BaseException) -> StoreProblem:
    """Return the error for a store of which not even `store check` can read anything."""
    return StoreProblem(
        f"The store at {place} is damaged so badly that SQLite can't open it: {error}.",
        try_="Put a backup in its place, or use another store (--store PATH). Keep the file until you have.",
    )


def older(place: Path) -> StoreProblem:
    """Return the error for a store that has to be upgraded first, but can't be written where it is."""
    return StoreProblem(
        f"The store at {place} has an older format, and can't be upgraded because it can't be written.",
        try_="Copy it to a folder of your own, and open the copy.",
    )


def too_old(place: Path) -> StoreProblem:
    """Return the error for a store that is older than what can be upgraded."""
    return StoreProblem(
        f"The store at {place} has a format that is too old to read.",
        try_="Open it with an older rflow, export its sessions, and import them here.",
    )


def is_forbidden(error: OSError) -> bool:
    """Whether the system refused this user."""
    return error.errno in _FORBIDDEN


def foreign(place: Path) -> StoreProblem:
    """Return the error for a file or folder that is not a store."""
    return StoreProblem(f"{place} is not an rflow store; it was left untouched.", try_="Use another path with --store.")


def unfinished(place: Path | str) -> StoreProblem:
    """Return the error for a text that was removed, but whose traces can't be erased yet."""
    return StoreProblem(
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
    """Return the error for a link that a newer rflow changed since it was read here."""
    return StoreProblem(f"The link {share_id} was changed by a newer rflow; it stays as it is.", try_="Upgrade rflow.")


def taken(path: Path) -> UsageProblem:
    """Return the error for a backup to a path that exists."""
    return UsageProblem(f"{path} already exists, and a backup overwrites nothing.", try_="Use a new path.")
