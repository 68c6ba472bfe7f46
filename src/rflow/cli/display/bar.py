"""A progress bar for long operations, on a terminal only."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from rflow.cli.output import Guarded, is_terminal
from rflow.ports.values import Report, unreported

_PATIENCE = 0.5
"""Seconds before the bar is shown; shorter operations need none."""


@contextmanager
def progress_bar(label: str) -> Iterator[Report]:
    """Yield a function to call with (done, total), which draws a bar if standard error is a terminal."""
    if not is_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
        yield unreported
        return
    with ExitStack() as open_bar:
        yield _Bar(label, open_bar)


class _Bar:
    """Draws the bar after a delay; Typer, which draws it, is imported only then."""

    def __init__(self, label: str, stack: ExitStack) -> None:
        self._label = label
        self._stack = stack
        self._began = time.monotonic()
        self._bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() - self._began < _PATIENCE or done >= total:
                return
            self._bar = self._stack.enter_context(_new_bar(self._label, total))
        self._bar.update(done - self._bar.pos)


def _new_bar(label: str, total: int) -> Any:
    from typer import progressbar

    stream = sys.stderr.terminal if isinstance(sys.stderr, Guarded) else sys.stderr
    return progressbar(length=total, label=label, file=stream, width=30)
