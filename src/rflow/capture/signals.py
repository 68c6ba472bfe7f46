"""Signals while a command runs, on POSIX: they end the command, not us, so that its output is still recorded."""

# ruff: noqa: E402 - imports that a type checker for Windows must skip come after the assertion
import sys

assert sys.platform != "win32"

import contextlib
import os
import select
import signal
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from subprocess import Popen

KILL_AFTER = 3.0
"""Seconds between the signal to end and SIGKILL."""
_TICK = 0.1
_TYPED = (signal.SIGINT, signal.SIGQUIT)  # Ctrl-C and Ctrl-\
_ENDING = (signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Passes the signals that we get on to the command.

    A terminal sends Ctrl-C to the whole process group, so a command in it gets the first one anyway; the second
    terminates it, the third kills it. A command that is `apart`, on its own terminal, gets what we get. SIGTERM and
    SIGHUP are passed on. A command that does not end within KILL_AFTER seconds is killed. Signals that were received
    are ignored afterwards.
    """

    def __init__(self, *, apart: bool) -> None:
        self.wake = -1
        """Readable after a signal, SIGCHLD (the command ended) included."""
        self._apart = apart
        self._child: Popen[bytes] | None = None
        self._received: set[int] = set()
        self._typed = 0
        self._pending: int | None = None
        self._kill_at: float | None = None

    def __enter__(self) -> Self:
        self.wake, self._woken = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(self._woken, False)
        self._wakeup_before = signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        # Signals that we were started to ignore (nohup, `&` in a script) are ignored by the command too.
        handled = [number for number in _TYPED + _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._handle) for number in handled}
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            # A signal often comes twice (SIGHUP from the system and the shell): it must not interrupt the recording.
            signal.signal(number, signal.SIG_IGN if number in self._received else handler or signal.SIG_DFL)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self.wake)
        os.close(self._woken)

    @property
    def timeout(self) -> float | None:
        """Seconds to wait at most before calling `enforce`; None is without limit."""
        return None if self._kill_at is None else _TICK

    def watch(self, child: "Popen[bytes]") -> None:
        """Start to pass signals on, also one that arrived during the start."""
        self._child = child
        if self._pending is not None:
            self._send(self._pending)

    def enforce(self) -> None:
        """Kill the command if it has not ended in time, and clear the wake-up pipe."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake, 4096)
        if self._kill_at is not None and time.monotonic() > self._kill_at:
            self._send(signal.SIGKILL)

    def ready(self, descriptor: int) -> bool:
        """Wait until one of our streams takes data; False if it is stuck and the command is to end."""
        while not select.select([], [descriptor], [], _TICK)[1]:
            self.enforce()
            if self._kill_at is not None:
                return False
        return True

    def _handle(self, number: int, frame: Any) -> None:
        self._received.add(number)
        if number in _TYPED and not self._apart:
            self._typed += 1
            if self._typed == 1:
                return
            number = signal.SIGTERM if self._typed == 2 else signal.SIGKILL
        if number not in _TYPED and self._kill_at is None:
            self._kill_at = time.monotonic() + KILL_AFTER
        self._send(number)

    def _send(self, number: int) -> None:
        if self._child is None:
            self._pending = number
        elif self._child.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self._child.pid, number) if self._apart else os.kill(self._child.pid, number)
