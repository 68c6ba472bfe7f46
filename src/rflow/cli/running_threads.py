"""Running a command with pipes and threads: the way for Windows, where pipes can't be waited for together.

Nothing here is particular to Windows, so that it is tested on Linux, too.
"""

import sys
import threading
import time
from subprocess import PIPE, TimeoutExpired
from typing import IO, TYPE_CHECKING

from rflow.cli.running_output import Ended, Kept, Sink
from rflow.cli.running_start import start

if TYPE_CHECKING:
    from subprocess import Popen

_TICK = 0.1
_GRACE = 0.25
_MOST_ROUNDS = 20
_CHUNK = 64 * 1024


def run(argv: list[str], kept: Kept) -> Ended:
    """Run a program to its end; its output goes to our streams and into `kept`."""
    out, err = Sink(sys.stdout), Sink(sys.stderr)
    child = start(argv, stdout=PIPE, stderr=PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    pump = _Pump(kept)
    threads = [pump.start(child.stdout, out), pump.start(child.stderr, err)]
    _wait(child)
    ended = time.monotonic()
    pump.finish(threads)
    return Ended(exit_code=child.returncode, at=ended, undelivered=out.failure or err.failure)


def _wait(child: "Popen[bytes]") -> None:
    """Wait; the console sends Ctrl-C to the command as well, so that only the second one ends it."""
    interrupts = 0
    while child.returncode is None:
        try:
            child.wait(_TICK)  # Windows can't interrupt a wait without an end
        except TimeoutExpired:
            continue
        except KeyboardInterrupt:
            interrupts += 1
            if interrupts > 1:
                child.terminate()


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
