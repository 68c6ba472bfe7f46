"""The server's HTTP connections: limits for bad clients, and a response's head and body in one write."""

import asyncio
from typing import ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 64 * 1024
"""Maximum size of a request's URL and headers in bytes; the parser has no limit of its own."""
MAX_PIPELINED = 16
"""Maximum number of requests that a client may send without waiting for a response; browsers send one."""
HEADER_TIMEOUT = 10.0
"""Seconds within which the headers of a request must arrive. uvicorn has a limit only between two requests."""
MAX_UNFINISHED = 2_048
"""Maximum number of connections that wait for headers; the server's backlog may bring 1,024 at once."""

_HEAD = b"HTTP/1."
"""The beginning of a response. Other data that begins so is only sent a moment later, which does no harm."""


class JoinedWrites:
    """A transport that sends the head of a response together with the first part of its body.

    uvicorn writes them one after the other: two system calls and two packets, each of which wakes the reader. A head
    waits for one iteration of the event loop at most; if its body comes later, it is sent alone.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._head = b""
        self.get_extra_info, self.is_closing = transport.get_extra_info, transport.is_closing
        self.pause_reading, self.resume_reading = transport.pause_reading, transport.resume_reading
        self.abort = transport.abort

    def write(self, data: bytes) -> None:
        """Send data, or keep it if it is a head."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head + data)  # not `writelines`: CPython's gh-136234, gh-155888
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self._send_head)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Send a pending head, and close the connection."""
        self._send_head()
        self._transport.close()

    def _send_head(self) -> None:
        head, self._head = self._head, b""
        if head and not self.is_closing():
            self._transport.write(head)


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits against slow or idle clients (slowloris).

    If too many connections wait for headers, the one that has waited longest is closed, so that clients which send
    their request at once are always served.
    """

    max_unfinished: ClassVar[int] = MAX_UNFINISHED
    _unfinished: ClassVar[dict["LimitedProtocol", None]] = {}  # in the order in which they began to wait

    _reading_headers = True
    _header_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(cast(asyncio.Transport, JoinedWrites(transport, self.loop)))
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._headers_arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and close the connection if the headers grow too long."""
        if self._reading_headers:
            self._header_bytes += len(data)
        super().data_received(data)
        if not self._reading_headers or not self._header_bytes or self.transport.is_closing():
            return
        if self._header_bytes > MAX_HEADER_BYTES:
            self.send_400_response("The request is too large.")
        elif self._deadline is None:
            self._expect_headers()

    def on_headers_complete(self) -> None:
        """Pass the request on; its body is limited by the application."""
        if len(self.pipeline) >= MAX_PIPELINED:
            raise ValueError("Too many requests at once.")  # the parser stops, and the connection is closed
        super().on_headers_complete()
        self._reading_headers = False
        self._headers_arrived()

    def on_message_complete(self) -> None:
        """Expect the headers of the next request."""
        super().on_message_complete()
        self._reading_headers, self._header_bytes = True, 0

    def _expect_headers(self) -> None:
        self._deadline = self.loop.call_later(HEADER_TIMEOUT, self.transport.abort)
        self._unfinished[self] = None
        if len(self._unfinished) > self.max_unfinished:
            longest = next(iter(self._unfinished))
            longest._headers_arrived()
            longest.transport.abort()

    def _headers_arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
            del self._unfinished[self]

    def _unsupported_upgrade_warning(self) -> None:
        """Treat a WebSocket upgrade as a plain request, without uvicorn's warning."""
