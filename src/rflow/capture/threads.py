"""Running a command with pipes and threads: the way for Windows, where pipes can't be waited for together.

Nothing here is particular to Windows, so that it is tested on Linux, too.
"""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from subprocess import PIPE, TimeoutExpired
from typing import IO

from rflow.capture.output import Ended, Kept, Sink
from rflow.capture.start import start

_TICK = 0.1
_GRACE = 0.25
_MOST_ROUNDS = 4
_CHUNK = 64 * 1024


def run(argv: list[str], kept: Kept) -> Ended:
    """Run a program to its end; its output goes to our streams and into `kept`."""
    out, err = Sink(sys.stdout), Sink(sys.stderr)
    with _interrupts() as interrupts:
        child = start(argv, stdout=PIPE, stderr=PIPE)
        assert child.stdout is not None
        assert child.stderr is not None
        pump = _Pump(kept)
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
    """Collect Ctrl-C instead of ending by it: the console sends it to the command as well.

    Not by KeyboardInterrupt, which could come at any line.
    """
    interrupts: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    try:
        yield interrupts
    finally:
        # One more, from an impatient person, must not come into the recording.
        signal.signal(signal.SIGINT, signal.SIG_IGN if interrupts else before or signal.SIG_DFL)


class _Pump:
    """Threads that carry output, one piece at a time."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._finished = False

    def start(self, output: IO[bytes], sink: Sink) -> threading.Thread:
        """Carry an output from now on."""
        thread = threading.Thread(target=self._carry, args=(output, sink), daemon=True)
        thread.start()
        return thread

    def _carry(self, output: IO[bytes], sink: Sink) -> None:
        with output:
            while data := output.read(_CHUNK):
                with self._lock:
                    if self._finished:
                        return
                    self._kept.add(data)
                    if not sink.write(data):
                        return

    def finish(self, threads: list[threading.Thread]) -> None:
        """Wait for the threads as long as something comes; a process left behind may hold the pipes for ever."""
        for _ in range(_MOST_ROUNDS):
            before = self._kept.total
            for thread in threads:
                thread.join(_GRACE)
            if self._kept.total == before or not any(thread.is_alive() for thread in threads):
                break
        with self._lock:  # whoever is writing to a slow terminal may finish
            self._finished = True
