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
from collections.abc import Callable, Iterator
from io import FileIO
from typing import Any, NamedTuple

from rflow.capture.output import descriptor_of
from rflow.capture.typeahead import Typeahead


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
def raw(pair: Pair) -> Iterator[Callable[[int], None]]:
    """Pass every key to the command, also Ctrl-C, and follow the size of the window; restore all of that afterwards.

    Nothing typed ahead is discarded, hence TCSADRAIN. Yields what stops a process group and this program, as Ctrl-Z
    would on our own terminal, until the user's shell continues them.
    """
    before = termios.tcgetattr(pair.keyboard)

    def restore() -> None:
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(pair.keyboard, termios.TCSADRAIN, before)

    def make_raw(*_: Any) -> None:
        with contextlib.suppress(termios.error):
            tty.setraw(pair.keyboard, termios.TCSADRAIN)

    def stop(group: int) -> None:
        with contextlib.suppress(OSError):  # it may just have ended
            os.killpg(group, signal.SIGSTOP)
        restore()
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        make_raw()
        _pass_size(pair)
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGCONT)

    # After a SIGSTOP, the shell has set its own mode in the meantime.
    continued = signal.signal(signal.SIGCONT, make_raw)
    resized = signal.signal(signal.SIGWINCH, lambda *_: _pass_size(pair))
    try:
        make_raw()
        _pass_size(pair)
        yield stop
    finally:
        signal.signal(signal.SIGWINCH, resized or signal.SIG_DFL)
        signal.signal(signal.SIGCONT, continued or signal.SIG_DFL)
        restore()


class Keyboard:
    """Passes typed keys to the command; reads no more than the command takes.

    Ctrl-Z is for `stop`: the command is alone in its session, where the system would ignore it.
    """

    def __init__(self, pair: Pair, command: int, stop: Callable[[int], None]) -> None:
        self._pair = pair
        self._command = command
        self._stop = stop
        self._pending = b""
        self._gone = False
        self.shown: Callable[[bytes], None] = lambda key: None
        """Called with what the terminal will show of a key that sends a signal, such as ^C."""

    @property
    def screen(self) -> FileIO:
        """The end of the pseudo-terminal on which the command's output arrives."""
        return self._pair.master

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
            self._pending = self._without_stop(self._typed())
            self._say_shown(self._pending)
        if self.targets:
            with contextlib.suppress(OSError):
                self._pending = self._pending[self._pair.master.write(self._pending) or 0 :]

    def unread(self) -> Typeahead:
        """Take what was typed and the command, which has ended, did not read: it would be lost with its terminal.

        Without ICANON the terminal gives lines that are not complete too. Where the system has taken the terminal away
        with the command, nothing is known.
        """
        read = b""
        with contextlib.suppress(termios.error, OSError, ValueError):
            mode = termios.tcgetattr(self._pair.slave)
            shown = mode[3] & termios.ECHO != 0
            mode[3] &= ~(termios.ICANON | termios.ECHO)
            mode[6][termios.VMIN] = mode[6][termios.VTIME] = 0
            termios.tcsetattr(self._pair.slave, termios.TCSANOW, mode)
            while piece := os.read(self._pair.slave.fileno(), 4096):
                read += piece
            return Typeahead(read + self._pending, shown)
        return Typeahead(self._pending)

    def _without_stop(self, typed: bytes) -> bytes:
        """Stop the command if that was typed and the command leaves it to the terminal; return what else was typed."""
        key = self._stop_key() if typed else b""
        if not key or key not in typed:
            return typed
        self._stop(self._command)
        return typed.replace(key, b"")

    def _say_shown(self, typed: bytes) -> None:
        with contextlib.suppress(termios.error, OSError, ValueError):
            mode = termios.tcgetattr(self._pair.slave)
            if all(mode[3] & flag for flag in (termios.ISIG, termios.ECHO, termios.ECHOCTL)):
                signalling = [mode[6][key] for key in (termios.VINTR, termios.VQUIT, termios.VSUSP)]
                for key in typed:
                    if bytes([key]) in signalling:
                        self.shown(bytes([ord("^"), key ^ 0x40]))

    def _stop_key(self) -> bytes:
        """Return the key that stops a command; empty where it means something else: in an editor, in a shell."""
        with contextlib.suppress(termios.error, OSError, ValueError):
            mode = termios.tcgetattr(self._pair.slave)
            alone = os.tcgetpgrp(self._pair.master.fileno()) == self._command
            if alone and mode[3] & termios.ISIG and not _handles(self._command, signal.SIGTSTP):
                key: bytes = mode[6][termios.VSUSP]
                return key.strip(b"\0\xff")
        return b""

    def _typed(self) -> bytes:
        try:
            typed = os.read(self._pair.keyboard, 4096)
        except OSError:
            typed = b""
        self._gone = not typed  # the terminal hung up
        return typed


def _handles(process: int, number: int) -> bool:
    """Whether a process handles or ignores a signal itself; where the system does not say so, it does not."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/status", encoding="utf-8") as status:  # noqa: PTH123
        masks = (int(line.split()[1], 16) for line in status if line.startswith(("SigIgn:", "SigCgt:")))
        return any(mask >> (number - 1) & 1 for mask in masks)
    return False
