"""Live updates: one watcher per process polls the store for changes, for all open streams."""

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from rflow.errors import RflowError
from rflow.web.logging import LogRateLimit

_MIN_PAUSE, _MAX_PAUSE = 0.02, 1.0
"""Limits of the pause between two checks, in seconds; a stream ends at most two seconds after its link."""
_PAUSE_FACTOR = 10
"""The pause after a check, as a multiple of the time that the check took."""
_POLL_INTERVAL = 2.0
"""Seconds after which the store is polled even without a notification, since one may have been lost."""
_KEEP_ALIVE = 15.0
"""Seconds without events after which a comment is sent, so that proxies don't close the stream."""
MAX_STREAMS = 5_000
"""Maximum number of open streams per process, about 20 KB each; a page without a stream polls every ten seconds."""

_RETRY = b"retry: 2000\n\n"
_ENDED = b"event: ended\ndata: this link has ended\n\n"
_COMMENT = b": still here\n\n"
_log = logging.getLogger("rflow")


class Versioned(Protocol):
    """The result of a look-up: its version changes whenever it does."""

    @property
    def version(self) -> str:
        """The version, as the id of an event."""


_Key = TypeVar("_Key", bound=Hashable)
_Found = TypeVar("_Found", bound=Versioned)
_FoundNow = TypeVar("_FoundNow", bound=Versioned, covariant=True)


class Lookup(Protocol[_Key, _FoundNow]):
    """Looks up the subjects of streams, if their readers may still see them."""

    async def find_all(self, keys: Iterable[_Key]) -> Mapping[_Key, _FoundNow | Exception | None]:
        """Look up several keys: None if the subject has ended for this reader, an exception if it could not be read."""

    async def find_changed(self, keys: Sequence[_Key]) -> Mapping[_Key, _FoundNow | Exception | None]:
        """Look up keys that have changed, ignoring what is cached."""

    def session_of(self, key: _Key) -> str:
        """Return the id of the session of a key; "" for several sessions, or if it is unknown."""


def _version_event(found: Versioned) -> bytes:
    return f"event: version\ndata: {found.version}\n\n".encode()


class EventStream(Response):
    """A stream of server-sent events about one subject, such as a link.

    It ends when the subject ends, the server stops or the reader leaves. `known` is the version that the reader has.
    """

    def __init__(
        self,
        broadcaster: "Broadcaster[Any, Any]",
        key: Hashable,
        found: Versioned,
        *,
        known: str = "",
        head_only: bool = False,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(
            {
                "content-type": "text/event-stream; charset=utf-8",
                "cache-control": "no-store",
                "x-accel-buffering": "no",  # nginx would hold the events back
            }
        )
        self._broadcaster, self._key, self._found, self.known = broadcaster, key, found, known
        self._head_only = head_only
        self._message, self._presence, self._is_last = b"", b"", False
        self._has_news = asyncio.Event()

    def publish(self, message: bytes, *, last: bool = False) -> None:
        """Send a message. It replaces one that was not sent yet: a slow reader needs only the newest."""
        if not self._is_last:
            self._message, self._is_last = message, last
            self._has_news.set()

    def publish_presence(self, message: bytes) -> None:
        """Send a message about other readers. It replaces an earlier one of this kind that was not sent yet."""
        self._presence = message
        self._has_news.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the last one."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if self._head_only:
            await send(_body(b"", more=False))
            return
        watching = asyncio.get_running_loop().create_task(_disconnected(receive))
        watching.add_done_callback(lambda _: self.publish(b"", last=True))
        self._broadcaster.join(self, self._key, self._found)
        try:
            await send(_body(_RETRY))
            last = False
            while not last:
                message, last = await self._next()
                await send(_body(message, more=not last))
        finally:
            watching.cancel()
            self._broadcaster.leave(self, self._key)

    async def _next(self) -> tuple[bytes, bool]:
        """Wait for the next message; return it and whether it is the last."""
        try:
            async with asyncio.timeout(_KEEP_ALIVE):
                await self._has_news.wait()
        except TimeoutError:
            return _COMMENT, False
        self._has_news.clear()
        message, self._message, self._presence = self._presence + self._message, b"", b""
        return message, self._is_last


def _body(content: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Broadcaster(Generic[_Key, _Found]):
    """Sends each new version of something to its streams, such as a session to those of its links, and ends streams.

    Each check looks up everything that has streams, so it also sees what another process revoked. `event` makes the
    message for a new version, `ended` is the last message.
    """

    def __init__(
        self,
        lookup: Lookup[_Key, _Found],
        limit: int = MAX_STREAMS,
        *,
        event: Callable[[_Found], bytes] = _version_event,
        ended: bytes = _ENDED,
    ) -> None:
        self._lookup = lookup
        self._limit = limit
        self._event, self._ended = event, ended
        self._streams: dict[_Key, set[EventStream]] = {}
        self._current: dict[_Key, _Found] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._log_rate = LogRateLimit()
        self._pause = _MIN_PAUSE
        self._notified: asyncio.Event | None = None
        self._changed: set[str] = set()
        self._closing = False
        self.open_streams = 0

    @property
    def is_full(self) -> bool:
        """Whether no more streams can be opened."""
        return self._closing or self.open_streams >= self._limit

    def count(self, chosen: Callable[[_Key], bool]) -> int:
        """Return the number of open streams whose key satisfies `chosen`."""
        return sum(len(streams) for key, streams in self._streams.items() if chosen(key))

    def notify(self, session_id: str) -> None:
        """Check soon for changes of a session; "" means any session.

        After the first notification, the store is polled only every two seconds.
        """
        if self._notified is None:
            self._notified = asyncio.Event()
        self._changed.add(session_id)
        self._notified.set()

    def join(self, stream: EventStream, key: _Key, found: _Found) -> None:
        """Add a stream and send it the newest version, unless it has that; `found` is the result of its look-up."""
        self._streams.setdefault(key, set()).add(stream)
        self.open_streams += 1
        newest = self._current.setdefault(key, found)
        if newest.version != stream.known:
            stream.publish(self._event(newest))
        if self._closing:
            stream.publish(b"", last=True)
        elif self._watcher is None or self._watcher.done():
            self._watcher = asyncio.get_running_loop().create_task(self._watch())

    def leave(self, stream: EventStream, key: _Key) -> None:
        """Remove a stream."""
        self.open_streams -= 1
        streams = self._streams[key]
        streams.discard(stream)
        if not streams:
            del self._streams[key], self._current[key]

    def close(self) -> None:
        """End all streams without the message that their subject has ended, so that readers reconnect."""
        self._closing = True
        for key in list(self._streams):
            self._publish(key, b"", last=True)

    async def _watch(self) -> None:
        while self._streams and not self._closing:
            await self._wait()
            began = time.perf_counter()
            self._publish_changes(await self._look_up())
            self._pause = min(max((time.perf_counter() - began) * _PAUSE_FACTOR, _MIN_PAUSE), _MAX_PAUSE)

    async def _wait(self) -> None:
        """Wait for the next check: a pause, and if the store sends notifications, until the next one."""
        await asyncio.sleep(self._pause)
        if self._notified is None:
            return
        try:
            async with asyncio.timeout(_POLL_INTERVAL):
                await self._notified.wait()
        except TimeoutError:
            self._changed.add("")

    async def _look_up(self) -> Mapping[_Key, _Found | Exception | None]:
        """Look up everything that has streams; errors are logged and ignored, since the store may come back."""
        changed, self._changed = self._changed, set()
        if self._notified is not None:
            self._notified.clear()
        try:
            if changed and "" not in changed:
                session_of = self._lookup.session_of
                return await self._lookup.find_changed(
                    [each for each in self._streams if session_of(each) in {"", *changed}]
                )
            return await self._lookup.find_all(list(self._streams))
        except Exception as error:  # noqa: BLE001 (logged, whatever it was)
            self._log_unexpected(error)
            return {}

    def _publish_changes(self, outcomes: Mapping[_Key, _Found | Exception | None]) -> None:
        for key, outcome in outcomes.items():
            if isinstance(outcome, Exception):
                self._log_unexpected(outcome)
            elif outcome is None:
                self._publish(key, self._ended, last=True)
            else:
                self._publish_version(key, outcome)

    def _publish_version(self, key: _Key, found: _Found) -> None:
        if key in self._streams and found.version != self._current[key].version:
            self._current[key] = found
            self._publish(key, self._event(found))

    def _publish(self, key: _Key, message: bytes, *, last: bool = False) -> None:
        for stream in self._streams.get(key, ()):
            stream.publish(message, last=last)

    def _log_unexpected(self, error: Exception) -> None:
        if not isinstance(error, RflowError) and self._log_rate.allows("live updates fail"):
            _log.error("live updates fail", exc_info=error)
