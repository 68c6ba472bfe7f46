"""Where every request comes in and is counted: too large ones are refused, links take the short way."""

import logging
import time
from collections.abc import Awaitable, Callable

from rflow.web.metrics import Metrics
from rflow.web.responses import TEXT, Answer, App, Headers, Message, Receive, Scope, Send, Sent, guarded

BODY_LIMIT = 64 * 1024

TOO_LARGE = Answer(b"The request is too large.\n", TEXT, 413, {"connection": "close"})
FAILED = Answer(b"That failed. It is in the server's log.\n", TEXT, 500)

_log = logging.getLogger("rflow")
_requests = logging.getLogger("rflow.requests")


class Door:
    """The outermost ASGI application, alone with the protocol server.

    `links` answers what it knows, and gives None for the rest, which `routes` answers. Looks at links are most of the
    work and make no way through a router: that took twice the time of all else.
    """

    def __init__(self, links: Callable[[Scope], Awaitable[Sent | None]], routes: App, metrics: Metrics) -> None:
        self._links = links
        self._routes = routes
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        try:
            answer = await self._answer(scope, receive)
            if answer is None:
                status = await self._routed(scope, receive, send)
            else:
                status = answer.status
                await answer(scope, receive, send)
        finally:
            route = scope.get("rflow.route", "other")
            self._metrics.answered(route, status)
            if _requests.isEnabledFor(logging.INFO):
                ms = round((time.perf_counter() - began) * 1000, 1)
                facts = {"method": scope["method"], "route": route, "status": status, "ms": ms}
                _requests.info("request", extra={"facts": facts})

    async def _answer(self, scope: Scope, receive: Receive) -> Sent | None:
        """Find the answer; what nobody expected is one, too, and the next request is answered as ever."""
        try:
            if await _is_too_large(scope["headers"], receive):
                return TOO_LARGE
            return await self._links(scope)
        except Exception:  # noqa: BLE001 (told in the log, whatever it was)
            _log.exception("unexpected")
            return FAILED

    async def _routed(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Let the routes answer, with the headers that every answer has, and give the status."""
        status = 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": guarded(message["headers"])}
            await send(message)

        await self._routes(scope, receive, told)
        return status


async def _is_too_large(headers: Headers, receive: Receive) -> bool:
    """Whether more is sent than anybody wants; what no length announces is read until it is too much.

    Nothing here takes a body: what was read is thrown away.
    """
    chunked = False
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value) > BODY_LIMIT:
            return True
        chunked = chunked or name == b"transfer-encoding"
    size, more = 0, chunked
    while more and size <= BODY_LIMIT:
        message = await receive()
        size += len(message.get("body", b""))
        more = bool(message.get("more_body")) and message["type"] == "http.request"
    return size > BODY_LIMIT
