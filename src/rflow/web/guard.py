"""What every answer of the server has, and what no request may do: one ASGI middleware of our own."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_LIMIT = 64 * 1024

HEADERS: dict[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"x-robots-tag": b"noindex, nofollow, noarchive",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), interest-cohort=()",
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}
"""What an answer has unless it says otherwise."""


class Guard:
    """Adds the headers, and refuses a body larger than any that is wanted before somebody reads it."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in HEADERS.items() if name not in names),
                ]
            await send(message)

        if await _is_too_large(scope, receive):
            await _refuse(guarded)
        else:
            await self._app(scope, receive, guarded)


async def _is_too_large(scope: Scope, receive: Receive) -> bool:
    """Whether more is sent than anybody wants; what no length announces is read until it is too much.

    Nothing here takes a body: what was read is thrown away.
    """
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > BODY_LIMIT:
        return True
    if b"transfer-encoding" not in headers:
        return False
    size, more = 0, True
    while more and size <= BODY_LIMIT:
        message = await receive()
        size += len(message.get("body", b""))
        more = bool(message.get("more_body")) and message["type"] == "http.request"
    return size > BODY_LIMIT


async def _refuse(send: Send) -> None:
    body = b"The request is too large.\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})
