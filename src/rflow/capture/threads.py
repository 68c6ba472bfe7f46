"""Running a command with pipes and threads, for Windows, which can't wait for several pipes at once.

Nothing here depends on Windows, so it is tested on Linux too.
"""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from subprocess import PIPE, TimeoutExpired
from typing import IO

from rflow.capture.output import Ended, HeadAndTail, Sink
from rflow.capture.start import start

_TICK = 0.1
_GRACE = 0.25
_MOST_ROUNDS = 4
_CHUNK = 64 * 1024


def run(argv: list[str], output: HeadAndTail) -> Ended:
    """Run a program to its end; its output goes to our streams and into `output`."""
    out, err = Sink(sys.stdout), Sink(sys.stderr)
    with _interrupts() as interrupts:
        child = start(argv, stdout=PIPE, stderr=PIPE)
        assert child.stdout is not None
        assert child.stderr is not None
        pump = _Pump(output)
        threads = [pump.start(child.stdout, out), pump.start(child.stderr, err)]
        while child.poll() is None:
            with contextlib.suppress(TimeoutExpired):
                child.wait(_TICK)  # Windows does not interrupt a wait for a signal
            if len(interrupts) > 1:
                child.terminate()
        ended = time.monotonic()
        pump.finish(threads)
    return Ended(exit_code=child.returncode, at=ended, undelivered=out.failure or err.failure)


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect Ctrl-C instead of ending: the console sends it to the command as well.

    KeyboardInterrupt could be raised at any line.
    """
    interrupts: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    try:
        yield interrupts
    finally:
        # A further Ctrl-C must not interrupt the recording.
        signal.signal(signal.SIGINT, signal.SIG_IGN if interrupts else before or signal.SIG_DFL)


class _Pump:
    """Threads that copy output, one chunk at a time."""

    def __init__(self, output: HeadAndTail) -> None:
        self._captured = output
        self._lock = threading.Lock()
        self._finished = False

    def start(self, output: IO[bytes], sink: Sink) -> threading.Thread:
        """Start a thread that copies an output."""
        thread = threading.Thread(target=self._copy, args=(output, sink), daemon=True)
        thread.start()
        return thread

    def _copy(self, output: IO[bytes], sink: Sink) -> None:
        with output:
            while data := output.read(_CHUNK):
                with self._lock:
                    if self._finished:
                        return
                    self._captured.add(data)
                    if not sink.write(data):
                        return

    def finish(self, threads: list[threading.Thread]) -> None:
        """Wait for the threads while output arrives; a process left running may keep the pipes open forever."""
        for _ in range(_MOST_ROUNDS):
            before = self._captured.total
            for thread in threads:
                thread.join(_GRACE)
            if self._captured.total == before or not any(thread.is_alive() for thread in threads):
                break
        with self._lock:  # a thread that is writing to a slow terminal may finish
            self._finished = True
