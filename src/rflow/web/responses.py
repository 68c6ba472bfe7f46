"""Answers that are ready to be sent: made once, sent often, with the headers that every answer has."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Protocol

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

TEXT = "text/plain; charset=utf-8"

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


def guarded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Add what every answer has to the headers of one."""
    own = list(headers)
    names = {name for name, _ in own}
    return [*own, *((name, value) for name, value in HEADERS.items() if name not in names)]


def head(status: int, headers: Mapping[str, str]) -> Message:
    """Make the message that an answer begins with."""
    raw = guarded((name.encode(), value.encode()) for name, value in headers.items())
    return {"type": "http.response.start", "status": status, "headers": raw}


class Sent(Protocol):
    """What answers a request; its status is known before."""

    status: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> None:
        """Send it."""


class Answer:
    """An answer whose bytes are known: it may be sent any number of times."""

    def __init__(
        self, body: bytes = b"", media: str = "", status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        own = {"content-type": media, "content-length": str(len(body))} if media else {}
        self.status = status
        self.size = len(body)
        self._head = head(status, own | dict(headers or {}))
        self._body: Message = {"type": "http.response.body", "body": body}

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it; the server leaves the body out where only the head was asked for."""
        await send(self._head)
        await send(self._body)
