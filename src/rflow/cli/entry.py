"""The entry point of the installed program: set-up before the imports, and a fast exit."""

import gc
import os
import sys

OBJECTS = 100_000
"""The threshold of the garbage collector: three times the number of objects that common commands create."""


def main() -> None:
    """Run the program with little garbage collection, and exit without tearing down the interpreter."""
    # Imports create many objects that live until the end, and later code creates few cycles, so collecting costs 7 ms
    # and frees nothing. With a threshold of 30,000 that still happened in summaries of a few dozen events, and in every
    # `progress --copy`. `run`, which may take hours, needs the collector; `serve` sets its own threshold.
    gc.set_threshold(OBJECTS)
    from rflow.cli.main import main as program

    code: str | int | None = 0
    try:
        program()
    except SystemExit as end:
        code = end.code
    _leave(code)


def _leave(code: str | int | None) -> None:
    """Exit at once, since tearing down 150 modules takes a sixth of the time of importing them.

    The root command has already closed the store. If output can't be flushed, a thread is running or `code` is a
    message, Python's normal exit is used, which reports or waits.
    """
    if isinstance(code, int | None) and not _threads_left():
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:  # closed before the program began: `>&-`
                    stream.flush()
        except (OSError, ValueError):
            sys.exit(code)
        os._exit(code or 0)
    sys.exit(code)


def _threads_left() -> bool:
    """Whether another thread is running; there is none if nothing has imported `threading`."""
    threading = sys.modules.get("threading")
    return threading is not None and threading.active_count() > 1
