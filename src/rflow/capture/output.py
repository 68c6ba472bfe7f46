"""The output of a running command, passed on to our own streams (Sink) and kept (HeadAndTail), and its end (Ended)."""

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
"""Up to where a program such as vim leaves its own screen, and the cursor is where it was before."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a process ended, and when (`at`, in seconds of `time.monotonic`)."""

    exit_code: int
    at: float
    undelivered: str
    ahead: Typeahead = Typeahead()


class HeadAndTail:
    """The first and the last bytes of an output, at most `limit` (1 KiB or more) in total."""

    def __init__(self, limit: int) -> None:
        self.total = 0
        self.cut_lines = 0
        """How many line breaks are in what is missing from `result`."""
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
        """Return the bytes kept, with a line where some are missing, and how many bytes of the output they are."""
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
    """Undoes what a terminal does to the output of a command.

    It makes CR LF of each LF, and it shows the key that interrupts the command: ^C.
    """

    def __init__(self) -> None:
        self._held = b""
        self._keys: list[bytes] = []
        self._end = b""

    @property
    def mid_line(self) -> bool:
        """Whether there is text on the line of the cursor, as far as one can see from the last bytes."""
        shown = _ESCAPE.sub(b"", _OTHER_SCREEN.sub(b"", self._end))
        return bool(shown.rpartition(b"\n")[2].strip())

    def typed(self, key: bytes) -> None:
        """Leave out the next `key`: the terminal shows that somebody typed it."""
        self._keys.append(key)

    def as_written(self, data: bytes) -> bytes:
        """Return the next bytes as the command wrote them, held until they are clear. No bytes are the end."""
        self._end = (self._end + data)[-_NEAR:]
        whole = self._held + data
        for key in [key for key in self._keys if key in whole]:
            whole = whole.replace(key, b"", 1)
            self._keys.remove(key)
        unclear = (b"\r", *(key[:1] for key in self._keys)) if data else ()
        self._held = whole[-1:] if whole.endswith(unclear) else b""
        return whole.removesuffix(self._held).replace(b"\r\n", b"\n")


class Sink:
    """One of our own streams, written to without Python's buffer, which would be flushed again when we exit."""

    def __init__(self, stream: TextIO | None, ready: Callable[[int], bool] = lambda descriptor: True) -> None:
        """`ready` waits until a descriptor can take data, and returns False to stop writing to it."""
        self.failure = ""
        self._stream = stream
        self._descriptor = descriptor_of(stream)
        self._ready = ready
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.flush()

    def write(self, data: bytes) -> bool:
        """Write everything; False if nobody reads it any more, or it can't be stored (`failure` says why)."""
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
