"""What went wrong underneath a store, told in one sentence with what to try."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rflow.errors import StoreProblem, UsageProblem

PATIENCE = 10.0
"""How many seconds a writer waits for another one."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_PROBE = 32 * 1024  # What SQLite's shared memory takes when a file is opened.


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """Turn what the system says about the files at `place` into a `StoreProblem`."""
    try:
        yield
    except OSError as error:
        raise of_system(place, error) from error


def of_system(place: Path, error: OSError) -> StoreProblem:
    """Explain an error of the operating system."""
    if error.errno in _FULL:
        return full(place)
    if is_forbidden(error):
        return forbidden(place)
    return StoreProblem(
        f"The store at {place} can't be used: {error.strerror or error}.",
        try_="See that the path is right and the disk is there.",
    )


def hindrance(place: Path) -> StoreProblem | None:
    """Find what keeps files from being written beside `place`, by trying: SQLite does not tell; None is nothing."""
    probe = place.with_name(f".{place.name}.{os.urandom(4).hex()}.new")
    try:
        probe.write_bytes(bytes(_PROBE))
    except OSError as error:
        return of_system(place, error)
    finally:
        with suppress(OSError):
            probe.unlink()
    return None


def full(place: Path) -> StoreProblem:
    """Say that nothing more fits; what was stored before is untouched."""
    return StoreProblem(
        f"The disk is full: nothing was written to {place}, and what was there is unharmed.",
        try_="Make room and repeat the command.",
    )


def forbidden(place: Path) -> StoreProblem:
    """Say that the files are somebody else's, or can only be read."""
    return StoreProblem(
        f"This user may not read or write all of {place}, or it is on a read-only disk.",
        try_="Look at the permissions of the file and of its folder, or name another store with --store.",
    )


def busy(place: Path) -> StoreProblem:
    """Say that another program has the store and kept it."""
    return StoreProblem(
        f"The store at {place} is busy: another program has kept it locked. Nothing was written.",
        try_="Repeat the command; if it goes on, see which program has the file open.",
    )


def absent(place: Path) -> StoreProblem:
    """Say that there is no store."""
    return StoreProblem(
        f"There is no store at {place}.", try_="Check the path: `rflow store info` names the usual one."
    )


def newer(place: Path, found: int, known: int) -> StoreProblem:
    """Say that a later version of rflow wrote the store."""
    return StoreProblem(
        f"The store at {place} has format {found}, which a newer rflow made; this one knows up to {known}. "
        "It was left untouched.",
        try_="Upgrade rflow.",
    )


def damaged(place: Path, error: Exception) -> StoreProblem:
    """Say that the engine can't make sense of the file."""
    return StoreProblem(
        f"The store at {place} is damaged: {error}.",
        try_="See what is left with `rflow store check`, and restore a backup.",
    )


def lost(place: Path, error: BaseException) -> StoreProblem:
    """Say that not even a check can make sense of the file."""
    return StoreProblem(
        f"The store at {place} is damaged so badly that SQLite opens nothing of it: {error}.",
        try_="Put a backup in its place, or go on in another store (--store PATH). Keep the file until you have.",
    )


def older(place: Path) -> StoreProblem:
    """Say that a store must be upgraded before it can be read, and can't be where it is."""
    return StoreProblem(
        f"The store at {place} has an older format, and can't be upgraded where it may not be written.",
        try_="Copy it to a place of your own, and open the copy.",
    )


def is_forbidden(error: OSError) -> bool:
    """Whether the system says that this user may not."""
    return error.errno in _FORBIDDEN


def foreign(place: Path) -> StoreProblem:
    """Say that something else lives there."""
    return StoreProblem(f"{place} is no rflow store; it was left untouched.", try_="Name another path with --store.")


def unfinished(place: Path) -> StoreProblem:
    """Say that a removal stands, but that traces of the text are left for now."""
    return StoreProblem(
        f"It is removed, but traces of the text are still in {place}: another program is reading there, or the disk "
        "is full.",
        try_="To finish, end that program (or make room) and run: rflow store check",
    )


def damaged_content(what: str, digest: str) -> StoreProblem:
    """Say that a content or tree isn't what its digest says."""
    return StoreProblem(
        f"The {what} {digest[:12]}… is damaged in the store.", try_="Restore a backup; see `rflow store check`."
    )


def taken(path: Path) -> UsageProblem:
    """Say that a backup must not overwrite anything."""
    return UsageProblem(f"There is something at {path} already; a backup overwrites nothing.", try_="Name a new path.")
