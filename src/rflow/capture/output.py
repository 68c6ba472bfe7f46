"""The output of a running command: passed on to our own streams (Sink) and kept (HeadAndTail)."""

import contextlib
import errno
import os
import re
from collections.abc import Callable
from typing import TextIO

import msgspec

from rflow.capture.typeahead import Typeahead
from rflow.core.excerpt import cut_line

_ROOM = 64  # bytes for the line that says what is missing
_NEAR = 4096  # how far from a cut to look for the end of a line
_PIECE = 4096  # PIPE_BUF on Linux: a pipe that is ready takes that much without blocking
_GONE = (errno.EPIPE, errno.EIO, errno.EBADF, errno.EINVAL)  # EIO: the terminal hung up; EINVAL: EPIPE on Windows


_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_OTHER_SCREEN = re.compile(rb".*\x1b\[\?(?:47|1047|1049)l", re.DOTALL)
"""Everything up to where a program such as vim leaves its alternate screen, which restores the cursor."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a process: its exit code, and when it ended (`at`, by `time.monotonic`)."""

    exit_code: int
    at: float
    undelivered: str
    ahead: Typeahead = Typeahead()


class HeadAndTail:
    """Keeps the first and last bytes of an output, together at most `limit` (1 KiB or more)."""

    def __init__(self, limit: int) -> None:
        self.total = 0
        self.cut_lines = 0
        """The number of line breaks in the part that `result` leaves out."""
        self._lines = 0
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        """Add the next bytes."""
        self.total += len(data)
        self._lines += data.count(b"\n")
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[max(room, 0) :]
        del self._tail[: -self._half]

    def result(self) -> tuple[bytes, int]:
        """Return the kept bytes, with a line that marks a gap, and how many bytes of the output they hold."""
        if self.total == len(self._head) + len(self._tail):
            return bytes(self._head + self._tail), self.total
        # Views, so that only one copy is made.
        head, tail = memoryview(self._head)[: self._head_end()], memoryview(self._tail)[self._tail_start() :]
        kept = len(head) + len(tail)
        self.cut_lines = self._lines - head.tobytes().count(b"\n") - tail.tobytes().count(b"\n")
        end = b"" if head[-1:].tobytes() == b"\n" else b"\n"
        return b"".join((head, end, cut_line(self.total - kept).encode(), b"\n", tail)), kept

    # Cut at the end of a line if there is one near, so that no character or escape sequence is cut in two.

    def _head_end(self) -> int:
        end = self._head.rfind(b"\n", max(0, len(self._head) - _NEAR)) + 1
        return end or len(self._head)

    def _tail_start(self) -> int:
        return self._tail.find(b"\n", _ROOM - 1, _ROOM + _NEAR) + 1 or _ROOM


class Screen:
    """Undoes the changes that a terminal makes to the output of a command.

    A terminal turns each LF into CR LF, and echoes the key that interrupts the command as ^C.
    """

    def __init__(self) -> None:
        self._held = b""
        self._keys: list[bytes] = []
        self._end = b""

    @property
    def mid_line(self) -> bool:
        """Whether the cursor's line has text, as far as the last bytes show."""
        shown = _ESCAPE.sub(b"", _OTHER_SCREEN.sub(b"", self._end))
        return bool(shown.rpartition(b"\n")[2].strip())

    def typed(self, key: bytes) -> None:
        """Expect the terminal's echo of a typed key, and leave it out."""
        self._keys.append(key)

    def as_written(self, data: bytes) -> bytes:
        """Return bytes as the command wrote them, holding back what is ambiguous; empty `data` ends the output."""
        self._end = (self._end + data)[-_NEAR:]
        whole = self._held + data
        for key in [key for key in self._keys if key in whole]:
            whole = whole.replace(key, b"", 1)
            self._keys.remove(key)
        unclear = (b"\r", *(key[:1] for key in self._keys)) if data else ()
        self._held = whole[-1:] if whole.endswith(unclear) else b""
        return whole.removesuffix(self._held).replace(b"\r\n", b"\n")


class Sink:
    """One of our own streams, written to without Python's buffer, which would be flushed again at exit."""

    def __init__(self, stream: TextIO | None, ready: Callable[[int], bool] = lambda descriptor: True) -> None:
        """`ready` waits until a descriptor accepts data; it returns False to stop writing."""
        self.failure = ""
        self._stream = stream
        self._descriptor = descriptor_of(stream)
        self._ready = ready
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.flush()

    def write(self, data: bytes) -> bool:
        """Write everything; return False if the reader is gone or writing failed (`failure` says why)."""
        try:
            return self._write(data)
        except OSError as error:
            self.failure = "" if error.errno in _GONE else error.strerror or str(error)
            return False

    def _write(self, data: bytes) -> bool:
        if self._descriptor is None:
            return self._write_buffer(data)
        rest = memoryview(data)
        while rest:
            if not self._ready(self._descriptor):
                return False
            rest = rest[os.write(self._descriptor, rest[:_PIECE]) :]
        return True

    def _write_buffer(self, data: bytes) -> bool:
        if self._stream is None:
            return False
        self._stream.buffer.write(data)
        self._stream.flush()
        return True


def descriptor_of(stream: TextIO | None) -> int | None:
    """Return the file descriptor of a stream; None if it is closed or only in memory."""
    try:
        return stream.fileno() if stream is not None else None
    except (OSError, ValueError):
        return None
