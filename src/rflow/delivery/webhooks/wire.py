"""A socket with a deadline: a server that drips a byte a second must not hold us for ever."""

import io
import socket
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE = 64 * 1024


class Deadline:
    """A moment that all steps of a phase share."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Give the seconds that are left; raises TimeoutError where none are."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class Wire:
    """A socket as http.client uses it, bound by a deadline. Whoever opened the socket closes it."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def connection(self, host: str, port: int) -> HTTPConnection:
        """Give http.client's side of it."""
        connection = HTTPConnection(host, port)
        connection.sock = self
        return connection

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        for start in range(0, len(data), _PIECE):
            self._sock.settimeout(self._deadline.left())
            self._sock.sendall(data[start : start + _PIECE])

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read what there is."""
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give a file to read from."""
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Do nothing: http.client closes before it has read an answer that ends with the connection."""


class _Reader(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self._wire.readinto(buffer)
