"""An exclusive lock on a file, which the system releases when its process ends."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rflow.stores.failures import busy
from rflow.whole_files import adopt

if sys.platform == "win32":
    import msvcrt

    def _acquire(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

    def _release(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _acquire(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)


@contextmanager
def locked(file: Path, patience: float, open_file: Callable[[int], int] | None = None) -> Iterator[None]:
    """Hold the lock on `file`; raise `StoreProblem` if another process holds it for more than `patience` seconds.

    `open_file` opens it with the given flags, if that needs more care than `os.open` takes.
    """
    flags = os.O_RDWR | os.O_CREAT
    fd = open_file(flags) if open_file else os.open(file, flags, 0o600)
    adopt(fd, file.parent)
    try:
        _wait(fd, file, patience)
        try:
            yield
        finally:
            _release(fd)
    finally:
        os.close(fd)


def _wait(fd: int, file: Path, patience: float) -> None:
    """Poll for the lock, because no system has a blocking call with a timeout; short pauses keep many writers going."""
    end, pause = time.monotonic() + patience, 0.0002
    while True:
        try:
            return _acquire(fd)
        except (BlockingIOError, PermissionError) as error:  # Windows reports a held lock as "permission denied".
            if time.monotonic() >= end:
                raise busy(file.parent) from error
        time.sleep(pause)
        pause = min(pause * 1.5, 0.002)
