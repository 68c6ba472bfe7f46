"""The server's HTTP connections: limits for clients that send too much, too slowly, or nothing at all."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 64 * 1024
"""Bytes of a request's address and headers; the parser has no limit of its own and would keep all that comes."""
MAX_PIPELINED = 16
"""Requests that a client may send before the first is answered; browsers send one."""
HEADER_TIMEOUT = 10.0
"""Seconds in which the headers of a request have to arrive. uvicorn has a limit only between two requests."""
MAX_UNFINISHED = 2_048
"""Connections that wait for the headers of their request; the server's backlog may bring 1,024 at once."""


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits for requests that never end and connections that never send one.

    When too many connections wait for a request, the one that has waited longest is closed: a client that sends its
    request at once is served, however many others do not.
    """

    max_unfinished: ClassVar[int] = MAX_UNFINISHED
    _unfinished: ClassVar[dict["LimitedProtocol", None]] = {}  # in the order in which they began to wait

    _reading_headers = True
    _header_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
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
        """Answer a request for a web socket like any other, and log nothing."""
