"""Removing several things for good, even if some leave traces in the store's files for now."""

from collections.abc import Iterator
from contextlib import contextmanager

from rflow.errors import TracesLeft


class Removals:
    """A task of several removals; `finish` reports traces that any of them left."""

    def __init__(self) -> None:
        self._left: TracesLeft | None = None

    @contextmanager
    def step(self) -> Iterator[None]:
        """Run one removal in the block, and remember whether it left traces."""
        try:
            yield
        except TracesLeft as left:
            self._left = left

    def finish(self) -> None:
        """Raise `TracesLeft` if any of them left traces."""
        if self._left is not None:
            raise self._left
