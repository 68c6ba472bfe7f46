"""One writer at a time for a folder: an exclusive lock on a file in it, which the system frees if its holder dies."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rflow.stores.failures import busy

if sys.platform == "win32":
    import msvcrt

    def _take(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

    def _free(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _take(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _free(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)


@contextmanager
def locked(file: Path, patience: float) -> Iterator[None]:
    """Hold the lock on `file`; raise `StoreProblem` where another holds it for more than `patience` seconds."""
    fd = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait(fd, file, patience)
        try:
            yield
        finally:
            _free(fd)
    finally:
        os.close(fd)


def _wait(fd: int, file: Path, patience: float) -> None:
    """Try again and again, since no system lets one wait for a lock with a limit; short naps keep many writers busy."""
    end, nap = time.monotonic() + patience, 0.0002
    while True:
        try:
            return _take(fd)
        except (BlockingIOError, PermissionError) as error:  # Windows says "permission denied" for "taken".
            if time.monotonic() >= end:
                raise busy(file.parent) from error
        time.sleep(nap)
        nap = min(nap * 1.5, 0.002)
