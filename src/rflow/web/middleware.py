"""Middleware of the server: security headers, metrics and the request log; limits for request bodies."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterable, Sequence
from typing import NoReturn

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rflow.web.metrics import Metrics

BODY_LIMIT = 256 * 1024
"""Maximum size of a request's body in bytes, unless its route has another limit."""
BODY_TIMEOUT = 60.0
"""Seconds within which the whole body of a request must arrive."""

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""Default headers of every response except a 304; a response may override any of them."""

_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_PASSWORD_IN_URL = PlainTextResponse(
    "A password must not be in a URL, which is kept in logs and histories. Enter it on the page.\n", 400
)
_NOT_MODIFIED = 304
_CONTENT_HEADERS = frozenset({b"content-length", b"content-type"})
_SCOPE_KEY = "rflow.body"
_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
_log = logging.getLogger("rflow.requests")


def middleware(metrics: Metrics, *, log_requests: bool = False) -> list[Middleware]:
    """Return the middleware of all applications of the server, outermost first."""
    return [Middleware(ResponseMiddleware, metrics=metrics, log_requests=log_requests), Middleware(BodyLimit)]


async def unexpected_error(_: Request, __: Exception) -> Response:
    """Respond with 500. Starlette sends it outside all middleware; uvicorn logs the traceback."""
    headers = {**SECURITY_HEADERS, "connection": "close"}
    return PlainTextResponse("That failed. The server's log says why.\n", 500, headers)


def route_name(scope: Scope) -> str:
    """Return the name of the endpoint of a request, not its path, which may contain a token."""
    return getattr(scope.get("endpoint"), "__name__", "other")


class CompleteHeaders(list[tuple[bytes, bytes]]):
    """Headers that already include `SECURITY_HEADERS`: cached responses are completed once."""


def with_security_headers(headers: Sequence[tuple[bytes, bytes]]) -> CompleteHeaders:
    """Add the missing `SECURITY_HEADERS` to headers."""
    if isinstance(headers, CompleteHeaders):
        return headers
    own = {name for name, _ in headers}
    return CompleteHeaders([*headers, *(header for header in _RAW_HEADERS if header[0] not in own)])


def not_modified(response: Response) -> Response:
    """Return the 304 for readers who have `response` cached: all its headers except those that describe its body.

    A browser applies the headers of a 304 to its cached page (RFC 9110, 15.4.5; RFC 9111, 3.2), so the default policy
    would block that page's style and script.
    """
    empty = Response(status_code=_NOT_MODIFIED)
    empty.raw_headers = CompleteHeaders(header for header in response.raw_headers if header[0] not in _CONTENT_HEADERS)
    return empty


class ResponseMiddleware:
    """Adds `SECURITY_HEADERS` to responses, counts them by route and status, logs requests, rejects passwords in URLs.

    A 304 keeps the headers of its 200 (`not_modified`). This is one class because each layer of middleware adds some 2%
    to the time of a link's view. The log contains no URLs.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, *, log_requests: bool = False) -> None:
        self.app = app
        self._metrics, self._log_requests = metrics, log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500  # if nothing is sent because of an unexpected error

        def send_with_headers(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status != _NOT_MODIFIED:
                    message["headers"] = with_security_headers(message["headers"])
            return send(message)

        try:
            await self._app_for(scope)(scope, receive, send_with_headers)
        finally:
            route = route_name(scope)
            self._metrics.count_response(route, status)
            if self._log_requests:
                ms = round((time.perf_counter() - began) * 1000, 1)
                facts = {"method": scope["method"], "route": route, "status": status, "ms": ms}
                _log.info("request", extra={"facts": facts})

    def _app_for(self, scope: Scope) -> ASGIApp:
        """Return the application for a request, or an error if its URL has a password; the API refuses these itself."""
        query = scope["query_string"]
        if query and _has_password(query) and not scope["path"].startswith("/api/"):
            return _PASSWORD_IN_URL
        return self.app


class BodyLimit:
    """Responds with 413 to a body that is too large, and with 408 to one that does not arrive in time.

    It wraps the application, and may also wrap a route, whose limit then replaces the application's:
    `Route(…, middleware=[Middleware(BodyLimit, limit=8 * 1024 * 1024)])`.
    """

    def __init__(self, app: ASGIApp, limit: int = BODY_LIMIT) -> None:
        self.app = app
        self._limit = limit

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one request."""
        if scope["type"] != "http" or not _has_body(scope["headers"]):
            return self.app(scope, receive, send)
        if (body := scope.get(_SCOPE_KEY)) is not None:
            body.limit = self._limit
            return self.app(scope, receive, send)
        body = scope[_SCOPE_KEY] = _LimitedBody(scope, receive, send, self._limit)
        return self.app(scope, body.receive, body.send)


class _LimitedBody:
    """The body of one request.

    What the route leaves unread is read and discarded before the response, so that the limit applies to every route and
    the connection can be reused.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self.limit = limit
        self._declared = _declared_length(scope["headers"])
        self._size = 0
        self._complete = False
        self._refusal: HTTPException | None = None
        self._replaced = False
        self._deadline = asyncio.get_running_loop().time() + BODY_TIMEOUT

    async def receive(self) -> Message:
        """Return the next part of the body; raise `HTTPException` if it is too large or late."""
        if self._refusal is not None:
            raise self._refusal
        if self._complete:
            return await self._receive()
        if self._declared > self.limit:
            self._refuse(413, "The request is too large.\n")
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self._refuse(408, "The request took too long.\n")
        self._size += len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body")
        if self._size > self.limit:
            self._refuse(413, "The request is too large.\n")
        return message

    def _refuse(self, status: int, detail: str) -> NoReturn:
        self._refusal = HTTPException(status, detail, headers={"connection": "close"})
        raise self._refusal

    async def send(self, message: Message) -> None:
        """Send the route's response, unless the rest of the body turns out to be too large."""
        if message["type"] == "http.response.start" and self._refusal is None:
            try:
                await self._discard_rest()
            except HTTPException as refusal:
                self._replaced = True
                response = PlainTextResponse(refusal.detail, refusal.status_code, refusal.headers)
                await response(self._scope, self._receive, self._send)
        if not self._replaced:
            await self._send(message)

    async def _discard_rest(self) -> None:
        while not self._complete:
            await self.receive()


def _has_password(query: bytes) -> bool:
    """Whether a query has a parameter with "password" in its name; takes linear time."""
    fields = (field.partition(b"=") for field in query.lower().split(b"&"))
    return any(equals and b"password" in name for name, equals, _ in fields)


def _has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return not _BODY_HEADERS.isdisjoint([name for name, _ in headers])


def _declared_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    lengths = [int(value) for name, value in headers if name == b"content-length" and value.isdigit()]
    return max(lengths, default=0)
