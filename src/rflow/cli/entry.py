"""Where the installed program begins: before the rest is imported, and after it has run."""

import gc
import os
import sys

OBJECTS = 100_000
"""The objects that may be made before the garbage collector looks at them: three times what everyday commands make."""


def main() -> None:
    """Run the program with little garbage collection, and exit without tearing down what the process frees anyway."""
    # Imports create many objects that live until the end, and little of what follows holds cycles, so collecting frees
    # nothing: it costs 7 ms. With 30,000 objects a summary of more than some tens of events, and every `progress
    # --copy`, paid that. `run`, which may last for hours, needs the collector; `serve` sets its own threshold.
    gc.set_threshold(OBJECTS)
    from rflow.cli.main import main as program

    code: str | int | None = 0
    try:
        program()
    except SystemExit as end:
        code = end.code
    _leave(code)


def _leave(code: str | int | None) -> None:
    """End at once: taking down 150 modules takes as long as a sixth of importing them.

    What must be closed is already closed (the store by the root command). Where output can't be flushed, a thread still
    works or the code is a message, Python's own exit reports it or waits.
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
    """Whether a thread still works; where nothing has imported `threading`, there is none."""
    threading = sys.modules.get("threading")
    return threading is not None and threading.active_count() > 1
