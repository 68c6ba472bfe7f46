"""Removing several things for good: one that leaves traces in the files for now does not stop those after it."""

from collections.abc import Iterator
from contextlib import contextmanager

from rflow.errors import TracesLeft


class Removals:
    """Removals that are one task: `finish` raises what is left to do once all of them are done."""

    def __init__(self) -> None:
        self._left: TracesLeft | None = None

    @contextmanager
    def step(self) -> Iterator[None]:
        """Do one of them in the block: it is done, even if traces are left."""
        try:
            yield
        except TracesLeft as left:
            self._left = left

    def finish(self) -> None:
        """Raise `TracesLeft` if any of them left traces."""
        if self._left is not None:
            raise self._left
