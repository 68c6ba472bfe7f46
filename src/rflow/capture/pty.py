"""A pseudo-terminal for a command that runs on our terminal (POSIX)."""

# ruff: noqa: E402 - imports that a type checker for Windows must skip come after the assertion
import sys

assert sys.platform != "win32"

import contextlib
import fcntl
import os
import signal
import termios
import tty
from collections.abc import Iterator
from io import FileIO
from typing import Any, NamedTuple

from rflow.capture.output import descriptor_of


class Pair(NamedTuple):
    """Our terminal, and the two ends of the pseudo-terminal that the command gets."""

    keyboard: int
    screen: int
    master: FileIO
    slave: FileIO


def open_pair() -> Pair | None:
    """Open a pseudo-terminal like our terminal; None if we have no terminal, or may not change it."""
    keyboard, screen = descriptor_of(sys.stdin), descriptor_of(sys.stdout)
    if keyboard is None or screen is None or not (os.isatty(keyboard) and os.isatty(screen)):
        return None
    if not _is_foreground(keyboard):
        return None
    try:
        master, slave = os.openpty()
    except OSError:  # a chroot without /dev/pts
        return None
    pair = Pair(keyboard, screen, FileIO(master, "r+"), FileIO(slave, "r+"))
    os.set_blocking(master, False)  # else a command that writes without reading could block us
    with contextlib.suppress(termios.error):
        termios.tcsetattr(slave, termios.TCSANOW, termios.tcgetattr(keyboard))
    _pass_size(pair)
    return pair


def _is_foreground(terminal: int) -> bool:
    """Whether we may change the terminal: a process in the background (`&`) would be stopped for it."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # not our controlling terminal, so changing it is safe
        return True


def _pass_size(pair: Pair, *_: Any) -> None:
    with contextlib.suppress(OSError, ValueError):  # ValueError: closed, because the command has ended
        size = fcntl.ioctl(pair.screen, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(pair.master, termios.TIOCSWINSZ, size)


def become_terminal_owner() -> None:
    """Make standard input the controlling terminal, for /dev/tty and Ctrl-C; runs in the new process."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextlib.contextmanager
def raw(pair: Pair) -> Iterator[None]:
    """Pass every key to the command, also Ctrl-C, and follow the size of the window; restore all of that afterwards.

    Nothing typed ahead is discarded, hence TCSADRAIN.
    """
    before = termios.tcgetattr(pair.keyboard)

    def make_raw(*_: Any) -> None:
        with contextlib.suppress(termios.error):
            tty.setraw(pair.keyboard, termios.TCSADRAIN)

    # After a SIGSTOP, the shell has set its own mode in the meantime.
    continued = signal.signal(signal.SIGCONT, make_raw)
    resized = signal.signal(signal.SIGWINCH, lambda *_: _pass_size(pair))
    try:
        make_raw()
        _pass_size(pair)
        yield
    finally:
        signal.signal(signal.SIGWINCH, resized or signal.SIG_DFL)
        signal.signal(signal.SIGCONT, continued or signal.SIG_DFL)
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(pair.keyboard, termios.TCSADRAIN, before)


class Keyboard:
    """Passes what is typed to the command; reads no more than the command takes."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._pending = b""
        self._gone = False

    @property
    def sources(self) -> tuple[int, ...]:
        """The descriptors to read from now."""
        return () if self._gone or self._pending or self._pair.master.closed else (self._pair.keyboard,)

    @property
    def targets(self) -> tuple[FileIO, ...]:
        """The files to write to now."""
        return (self._pair.master,) if self._pending and not self._pair.master.closed else ()

    def copy(self, ready: list[Any]) -> None:
        """Read what was typed, if anything, and write as much as the command takes."""
        if self._pair.keyboard in ready:
            self._pending = self._typed()
        if self.targets:
            with contextlib.suppress(OSError):
                self._pending = self._pending[self._pair.master.write(self._pending) or 0 :]

    def _typed(self) -> bytes:
        try:
            typed = os.read(self._pair.keyboard, 4096)
        except OSError:
            typed = b""
        self._gone = not typed  # the terminal hung up
        return typed
