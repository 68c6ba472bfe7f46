"""Running a command on POSIX, in pipes or on a pseudo-terminal, and carrying its output while it runs."""

# ruff: noqa: E402 - what a type checker for Windows should not look at stands below the assertion
import sys

assert sys.platform != "win32"

import select
import time
from io import FileIO
from subprocess import PIPE
from typing import IO, TYPE_CHECKING, Any

from rflow.capture.output import Ended, Kept, Sink
from rflow.capture.signals import Signals
from rflow.capture.start import start

if TYPE_CHECKING:
    from subprocess import Popen

    from rflow.capture.pty import Keyboard, Pair

GRACE = 0.25
"""Seconds in which output may still come when the command has ended."""
_CHUNK = 64 * 1024
_MOST_IN_PIPE = 1024 * 1024  # /proc/sys/fs/pipe-max-size


def run(argv: list[str], kept: Kept) -> Ended:
    """Run a program to its end; its output goes to our streams and into `kept`."""
    from rflow.capture.pty import open_pair

    pair = open_pair()
    with Signals(apart=pair is not None) as signals:
        relay = Relay(kept, signals)
        return _in_terminal(argv, relay, pair) if pair else _in_pipes(argv, relay)


def _in_pipes(argv: list[str], relay: "Relay") -> Ended:
    with start(argv, stdout=PIPE, stderr=PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        return relay.run(child, {child.stdout: relay.out, child.stderr: relay.err})


def _in_terminal(argv: list[str], relay: "Relay", pair: "Pair") -> Ended:
    from rflow.capture.pty import Keyboard, become_terminal_owner, raw

    elsewhere = sys.stderr is not None and not sys.stderr.isatty()  # `2>errors.log` is still obeyed
    with (
        pair.master,
        pair.slave,
        raw(pair),
        start(
            argv,
            stdin=pair.slave,
            stdout=pair.slave,
            stderr=PIPE if elsewhere else pair.slave,
            start_new_session=True,
            preexec_fn=become_terminal_owner,
        ) as child,
    ):
        outputs: dict[IO[bytes], Sink] = {pair.master: relay.out}
        if child.stderr is not None:
            outputs[child.stderr] = relay.err
        return relay.run(child, outputs, Keyboard(pair), pair.slave)


class Relay:
    """Carries bytes between a command and our streams."""

    def __init__(self, kept: Kept, signals: Signals) -> None:
        self.out = Sink(sys.stdout, signals.ready)
        self.err = Sink(sys.stderr, signals.ready)
        self._kept = kept
        self._signals = signals
        self._outputs: dict[IO[bytes], Sink] = {}
        self._keyboard: Keyboard | None = None

    def run(
        self,
        child: "Popen[bytes]",
        outputs: dict[IO[bytes], Sink],
        keyboard: "Keyboard | None" = None,
        held: FileIO | None = None,
    ) -> Ended:
        """Carry until the command has ended; `held` is our hold on its terminal, without which that would be gone."""
        self._outputs, self._keyboard = outputs, keyboard
        self._signals.watch(child)
        try:
            while child.poll() is None:
                self._step(self._signals.patience)
                self._signals.enforce()
            ended = time.monotonic()
            if held is not None:
                held.close()
            self._drain(ended + GRACE)
        finally:
            if child.poll() is None:  # a fault of ours: leave nothing behind
                child.kill()
        return Ended(exit_code=child.returncode, at=ended, undelivered=self.out.failure or self.err.failure)

    def _drain(self, until: float) -> None:
        """Carry what the command wrote before it ended.

        That is in the pipe already, and no more than fits there. A process that it left behind may hold the pipe open
        for ever: it gets until `until`.
        """
        last = self._kept.total + _MOST_IN_PIPE
        while self._outputs and (self._kept.total < last or time.monotonic() < until):
            if not self._step(max(0.0, until - time.monotonic())):
                return
            self._signals.enforce()

    def _step(self, timeout: float | None) -> bool:
        """Wait for something to do, and do it; whether it was output."""
        keyboard = self._keyboard
        sources: list[Any] = [self._signals.wake, *self._outputs, *(keyboard.sources if keyboard else ())]
        ready = select.select(sources, keyboard.targets if keyboard else (), [], timeout)[0]
        if keyboard:
            keyboard.carry(ready)
        outputs = [output for output in self._outputs if output in ready]
        for output in outputs:
            self._carry(output)
        return bool(outputs)

    def _carry(self, output: IO[bytes]) -> None:
        try:
            data = output.read(_CHUNK)
        except OSError:  # EIO: nobody has the terminal any more (Linux)
            data = b""
        if data is None:
            return
        self._kept.add(data)
        if not data or not self._outputs[output].write(data):
            # Closed after our reader has left, so that the command is told by SIGPIPE or SIGHUP, as without us.
            output.close()
            del self._outputs[output]
