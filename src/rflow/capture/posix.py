"""Running a command on POSIX, in pipes or on a pseudo-terminal, and copying its output while it runs."""

# ruff: noqa: E402 - imports that a type checker for Windows must skip come after the assertion
import sys

assert sys.platform != "win32"

import select
import time
from io import FileIO
from subprocess import PIPE
from typing import IO, TYPE_CHECKING, Any

from rflow.capture.output import Ended, HeadAndTail, Screen, Sink
from rflow.capture.signals import Signals
from rflow.capture.start import start
from rflow.capture.typeahead import Typeahead

if TYPE_CHECKING:
    from subprocess import Popen

    from rflow.capture.pty import Keyboard, Pair

GRACE = 0.25
"""Seconds in which output may still arrive after the command has ended."""
_CHUNK = 64 * 1024
_MOST_IN_PIPE = 1024 * 1024  # /proc/sys/fs/pipe-max-size


def run(argv: list[str], output: HeadAndTail) -> Ended:
    """Run a program to its end; its output goes to our streams and into `output`."""
    from rflow.capture.pty import open_pair

    pair = open_pair()
    with Signals(apart=pair is not None) as signals:
        relay = Relay(output, signals)
        return _in_terminal(argv, relay, pair) if pair else _in_pipes(argv, relay)


def _in_pipes(argv: list[str], relay: "Relay") -> Ended:
    with start(argv, stdout=PIPE, stderr=PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        return relay.run(child, {child.stdout: relay.out, child.stderr: relay.err})


def _in_terminal(argv: list[str], relay: "Relay", pair: "Pair") -> Ended:
    from rflow.capture.pty import Keyboard, become_terminal_owner, raw

    elsewhere = sys.stderr is not None and not sys.stderr.isatty()  # `2>errors.log` still works
    with (
        pair.master,
        pair.slave,
        raw(pair) as stop,
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
        return relay.run(child, outputs, Keyboard(pair, child.pid, stop), pair.slave)


class Relay:
    """Copies bytes between a command and our streams."""

    def __init__(self, output: HeadAndTail, signals: Signals) -> None:
        self.out = Sink(sys.stdout, signals.ready)
        self.err = Sink(sys.stderr, signals.ready)
        self._captured = output
        self._signals = signals
        self._outputs: dict[IO[bytes], Sink] = {}
        self._keyboard: Keyboard | None = None
        self._screen = Screen()

    def run(
        self,
        child: "Popen[bytes]",
        outputs: dict[IO[bytes], Sink],
        keyboard: "Keyboard | None" = None,
        terminal: FileIO | None = None,
    ) -> Ended:
        """Copy until the command has ended; its `terminal` stays open until then, else output is lost."""
        self._outputs, self._keyboard = outputs, keyboard
        if keyboard is not None:
            keyboard.shown = self._screen.typed
        self._signals.watch(child)
        try:
            while child.poll() is None:
                self._step(self._signals.timeout)
                self._signals.enforce()
            ended = time.monotonic()
            ahead = keyboard.unread() if keyboard is not None else Typeahead()
            if terminal is not None:
                terminal.close()
            self._drain(ended + GRACE)
            if self._screen.mid_line:
                self.out.write(b"\r\n")  # what we say next stands on a line of its own
        finally:
            if child.poll() is None:  # an error of ours: leave no process running
                child.kill()
        failure = self.out.failure or self.err.failure
        return Ended(exit_code=child.returncode, at=ended, undelivered=failure, ahead=ahead)

    def _drain(self, until: float) -> None:
        """Copy what the command wrote before it ended.

        That is in the pipe already, and no more than fits there. A process that it left running may keep the pipe open
        forever: it gets until `until`.
        """
        last = self._captured.total + _MOST_IN_PIPE
        while self._outputs and (self._captured.total < last or time.monotonic() < until):
            if not self._step(max(0.0, until - time.monotonic())):
                return
            self._signals.enforce()

    def _step(self, timeout: float | None) -> bool:
        """Wait for something to do, and do it; return whether it was output."""
        keyboard = self._keyboard
        sources: list[Any] = [self._signals.wake, *self._outputs, *(keyboard.sources if keyboard else ())]
        ready = select.select(sources, keyboard.targets if keyboard else (), [], timeout)[0]
        if keyboard:
            keyboard.copy(ready)
        outputs = [output for output in self._outputs if output in ready]
        for output in outputs:
            self._copy(output)
        return bool(outputs)

    def _copy(self, output: IO[bytes]) -> None:
        try:
            data = output.read(_CHUNK)
        except OSError:  # EIO: no process has the terminal open any more (Linux)
            data = b""
        if data is None:
            return
        on_screen = self._keyboard is not None and output is self._keyboard.screen
        self._captured.add(self._screen.as_written(data) if on_screen else data)
        if not data or not self._outputs[output].write(data):
            # Closed if our reader has left, so that the command gets SIGPIPE or SIGHUP, as it would without us.
            output.close()
            del self._outputs[output]
