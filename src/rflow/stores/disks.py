"""Finds out why SQLite failed on a disk, by trying with a file of its own."""

import sys
from pathlib import Path

from rflow.errors import StoreProblem
from rflow.stores.failures import NO_LOCKS, network_disk, not_ours, of_system

_PROBE = 32 * 1024  # The size of SQLite's shared memory when a file is opened.


def why_not_writable(place: Path) -> StoreProblem | None:
    """Return why no file can be written beside `place`, which SQLite does not say; None if it can. Tries to write."""
    if problem := not_ours(place):
        return problem
    from tempfile import NamedTemporaryFile

    try:
        with NamedTemporaryFile(dir=place.parent, suffix="-shm") as probe:
            probe.write(bytes(_PROBE))
            probe.flush()
            return _lacking(place, probe.fileno())
    except OSError as error:
        return of_system(place, error)


def _lacking(place: Path, probe: int) -> StoreProblem | None:
    """Return the error for a disk that lacks what SQLite needs, tried on an open file; None if it has it."""
    import mmap

    try:
        mmap.mmap(probe, _PROBE).close()
    except (OSError, ValueError):
        return network_disk(place, "shared memory")
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.lockf(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return network_disk(place, "file locks") if error.errno in NO_LOCKS else None
    return None
