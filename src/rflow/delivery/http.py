"""An HTTP client over http.client: one deadline for a whole exchange, no redirects, and failures as values.

An exchange runs in a thread of its own, so that a name server or a server that hangs, or sends a byte a second, can't
hold the caller beyond the deadline. Failures are returned, because the exceptions of http.client quote parts of a
request, and their tracebacks hold all of it: paths, tokens and texts that must stay private.
"""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, InvalidURL
from typing import Literal, Self

import msgspec

from rflow.delivery.proxy import ProxyProblem, proxy_for, tunnel_refusal
from rflow.delivery.url import HttpUrl

BODY_LIMIT = 64 * 1024
"""Bytes of a response's body that are read unless the client says otherwise."""

_GRACE = 1.0
"""Seconds for a thread to notice that its socket was shut down."""

_UNTRUSTED = "If a company proxy inspects TLS, set SSL_CERT_FILE to a file with its certificate authority."


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A server's response; header names in lower case. Without `complete`, the body was cut off or over the limit."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    complete: bool = True


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no response; `what` continues a sentence that begins with the server.

    `sent` says that the whole request had left, so that the server may have acted on it; `retry` that the server
    can't have acted on it and another attempt may succeed.
    """

    what: str
    sent: bool = False
    retry: bool = False
    try_: str = ""


class Client:
    """Sends requests to the server of a URL, one at a time, over one connection for as long as the server keeps it."""

    def __init__(self, url: HttpUrl, *, timeout: float, limit: int = BODY_LIMIT) -> None:
        self._url, self._timeout, self._limit = url, timeout, limit
        self._connection: HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response | Failure:
        """Send a request and return the response, within `timeout` seconds for everything together."""
        exchange = _Exchange(self._url, self._connection, self._timeout, self._limit)
        self._connection = None  # after a failure, or Ctrl-C, it can't be used again
        outcome = exchange.run(method, path, body, dict(headers or {}))
        if isinstance(outcome, Response):
            self._connection = exchange.connection
        return outcome


class _Exchange:
    """One request and its response, in a thread; `connection` may be left over from the exchange before."""

    def __init__(self, url: HttpUrl, connection: HTTPConnection | None, timeout: float, limit: int) -> None:
        self.connection = connection
        self._url, self._timeout, self._limit = url, timeout, limit
        self._stage: Literal["connecting", "sending", "sent"] = "connecting"
        self._socket: socket.socket | None = None
        self._abandoned = False
        self._lock = threading.Lock()
        self._outcome: Response | Failure | None = None

    def run(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Response | Failure:
        """Run the exchange, and abandon it at the deadline or at Ctrl-C: nothing is sent after that."""
        worker = threading.Thread(target=self._work, args=(method, path, body, headers), daemon=True)
        worker.start()
        try:
            worker.join(self._timeout)
        finally:
            if worker.is_alive():
                self._abandon()
                worker.join(0 if self._stage == "connecting" else _GRACE)
        if self._outcome is None and self._stage == "sending":
            self._stage = "sent"  # the thread has not said so, but it may have sent everything
        return self._outcome or self._failure(TimeoutError())

    def _abandon(self) -> None:
        with self._lock:
            self._abandoned = True
        opened: socket.socket | None = self._socket or getattr(self.connection, "sock", None)
        if opened is not None:
            with contextlib.suppress(OSError):  # SSLSocket.shutdown would have the rest sent without encryption
                socket.socket.shutdown(opened, socket.SHUT_RDWR)

    def _work(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> None:
        try:
            connection = self._connect()
            with contextlib.suppress(OSError):  # it may respond before it has read everything, as with 413
                connection.request(method, path, body, headers)
                self._stage = "sent"
            self._outcome = self._receive(connection)
        except (OSError, HTTPException, ValueError) as error:
            self._outcome = self._failure(TimeoutError() if self._abandoned else error)
            if self.connection is not None:
                self.connection.close()

    def _connect(self) -> HTTPConnection:
        """Connect, unless the connection is still open; raises TimeoutError if the exchange was abandoned meanwhile."""
        if self.connection is None:
            self.connection = _new_connection(self._url, self._timeout)
        elif self.connection.sock is not None and select.select([self.connection.sock], [], [], 0)[0]:
            self.connection.close()  # the server has closed it, or sent something without a request
        if self.connection.sock is None:
            self.connection.connect()
        with self._lock:
            if self._abandoned:
                raise TimeoutError
            self._socket, self._stage = self.connection.sock, "sending"
        return self.connection

    def _receive(self, connection: HTTPConnection) -> Response:
        response = connection.getresponse()
        if self._abandoned:  # http.client takes the end of the connection for the end of the headers
            raise TimeoutError
        body, complete = _read(response, self._limit)
        response.close()
        complete = complete and not self._abandoned
        if not complete:
            connection.close()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Response(status=response.status, headers=headers, body=body, complete=complete)

    def _failure(self, error: Exception) -> Failure:
        match self._stage:
            case "connecting":
                return _not_connected(error, self._through(), self._timeout)
            case "sending" if isinstance(error, (ValueError, InvalidURL)):
                return Failure(what="was not asked: the request contains characters that HTTP does not allow")
            case "sending" if isinstance(error, TimeoutError):
                return Failure(what=f"did not read the whole message within {self._timeout:g} s")
            case "sending":
                return Failure(what="closed the connection before it had read the whole message", retry=True)
            case "sent":
                return Failure(what=_no_response(error, self._timeout), sent=True)

    def _through(self) -> str:
        connection, url = self.connection, self._url
        if connection is None or (connection.host, connection.port) == (url.host, url.port):
            return ""
        return f" through the proxy {connection.host}:{connection.port}"


def _new_connection(url: HttpUrl, timeout: float) -> HTTPConnection:
    """Return a connection that is not open yet, through a proxy where the environment names one."""
    connection: HTTPConnection
    if url.secure:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        proxy = proxy_for(url)
        host, port = (proxy.host, proxy.port) if proxy else (url.host, url.port)
        connection = HTTPSConnection(host, port, timeout=timeout, context=context)
        if proxy:
            connection.set_tunnel(url.host, url.port, proxy.headers)
    else:
        connection = HTTPConnection(url.host, url.port, timeout=timeout)
    connection._create_connection = _dial  # type: ignore[attr-defined]
    return connection


def _dial(place: tuple[str, int], timeout: float, _source: object) -> socket.socket:
    """Connect to the first address that answers. Each gets its share of the time, as one may be unreachable."""
    addresses = socket.getaddrinfo(*place, type=socket.SOCK_STREAM)
    failure = OSError("no address")
    for *_, address in addresses:
        try:
            connected = socket.create_connection((str(address[0]), place[1]), timeout / len(addresses))
        except OSError as error:
            failure = error
        else:
            connected.settimeout(timeout)
            return connected
    raise failure


def _read(response: HTTPResponse, limit: int) -> tuple[bytes, bool]:
    """Read the body as far as it comes: the status has already said what happened. Second: whether that is all."""
    body = bytearray()
    with contextlib.suppress(OSError, HTTPException):
        while len(body) <= limit:
            piece = response.read1(limit + 1 - len(body))
            if not piece:
                return bytes(body), not response.length
            body += piece
    return bytes(body[:limit]), False


def _not_connected(error: Exception, through: str, timeout: float) -> Failure:
    """Say why there is no connection. After a time-out there is no retry: TCP has been retrying all the while."""
    unreachable = f"can't be reached{through}: "
    match error:
        case TimeoutError():
            return Failure(what=f"{unreachable}no answer within {timeout:g} s")
        case ssl.SSLCertVerificationError():
            return Failure(what=f"has a certificate that is not trusted ({error.verify_message})", try_=_UNTRUSTED)
        case ssl.SSLEOFError():
            return Failure(what=f"{unreachable}the connection was closed", retry=True)
        case ssl.SSLError():
            return Failure(what=f"{unreachable}no TLS ({(error.reason or 'unknown').replace('_', ' ').lower()})")
        case socket.gaierror():
            return Failure(what=f"{unreachable}unknown host name", retry=error.errno == socket.EAI_AGAIN)
        case ProxyProblem():
            return Failure(what=f"{unreachable}{error}")
        case OSError() if reason := tunnel_refusal(error):
            return Failure(what=f"{unreachable}{reason}")
        case OSError():
            reason = (error.strerror or "the connection was closed").rstrip(".")
            return Failure(what=unreachable + reason[:1].lower() + reason[1:], retry=True)
        case _:
            return Failure(what=f"{unreachable}it does not speak HTTP")


def _no_response(error: Exception, timeout: float) -> str:
    match error:
        case TimeoutError():
            return f"did not answer within {timeout:g} s"
        case OSError():
            return "closed the connection without an answer"
        case _:
            return "answered with something that is not HTTP"
