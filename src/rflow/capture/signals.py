"""Signals while a command runs, on POSIX: they end the command, never us, so that its output is still recorded."""

# ruff: noqa: E402 - what a type checker for Windows should not look at stands below the assertion
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

PATIENCE = 3.0
"""Seconds from being told to end until being killed."""
_TICK = 0.1
_TYPED = (signal.SIGINT, signal.SIGQUIT)  # Ctrl-C and Ctrl-\
_ENDING = (signal.SIGTERM, signal.SIGHUP)


class Signals:
    """What happens to the command when signals come to us.

    A terminal sends Ctrl-C to the whole process group, so that a command in it has the first one already; the second
    terminates it, the third kills it. One that is `apart`, on a terminal of its own, is sent what we get. SIGTERM and
    SIGHUP are passed on. Who does not end within PATIENCE seconds is killed. What came stays ignored afterwards.
    """

    def __init__(self, *, apart: bool) -> None:
        self.wake = -1
        """Readable when a signal has come, among them SIGCHLD: the command ended."""
        self._apart = apart
        self._child: Popen[bytes] | None = None
        self._came: set[int] = set()
        self._typed = 0
        self._missed: int | None = None
        self._kill_at: float | None = None

    def __enter__(self) -> Self:
        self.wake, self._woken = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(self._woken, False)
        self._wakeup_before = signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        # What we were started to ignore (nohup, `&` in a script), the command ignores too.
        minded = [number for number in _TYPED + _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._come) for number in minded}
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            # What came once often comes again (SIGHUP from the system and the shell): not into the recording.
            signal.signal(number, signal.SIG_IGN if number in self._came else handler or signal.SIG_DFL)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self.wake)
        os.close(self._woken)

    @property
    def patience(self) -> float | None:
        """How long to wait before `enforce` is to be called; None is for ever."""
        return None if self._kill_at is None else _TICK

    def watch(self, child: "Popen[bytes]") -> None:
        """Begin to pass signals on; one that came during the start is not lost."""
        self._child = child
        if self._missed is not None:
            self._send(self._missed)

    def enforce(self) -> None:
        """Kill a command that was told to end and has not, and forget what has woken us."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake, 4096)
        if self._kill_at is not None and time.monotonic() > self._kill_at:
            self._send(signal.SIGKILL)

    def ready(self, descriptor: int) -> bool:
        """Wait until one of our streams takes data; False if it is stuck and we are to end."""
        while not select.select([], [descriptor], [], _TICK)[1]:
            self.enforce()
            if self._kill_at is not None:
                return False
        return True

    def _come(self, number: int, frame: Any) -> None:
        self._came.add(number)
        if number in _TYPED and not self._apart:
            self._typed += 1
            if self._typed == 1:
                return
            number = signal.SIGTERM if self._typed == 2 else signal.SIGKILL
        if number not in _TYPED and self._kill_at is None:
            self._kill_at = time.monotonic() + PATIENCE
        self._send(number)

    def _send(self, number: int) -> None:
        if self._child is None:
            self._missed = number
        elif self._child.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self._child.pid, number) if self._apart else os.kill(self._child.pid, number)
