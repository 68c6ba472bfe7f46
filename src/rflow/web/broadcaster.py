"""Live updates: one watcher in each process asks the store what has changed, for all open streams."""

import asyncio
import logging
import time
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from rflow.errors import RflowError
from rflow.web.link_lookup import Link, LinkLookup, Outcome
from rflow.web.logging import LogRateLimit

_SHORTEST, _LONGEST = 0.02, 1.0
"""Limits in seconds of the pause between two checks; a stream ends at most two seconds after its link."""
_PAUSE_FACTOR = 10
"""How many times as long as a check took the watcher pauses after it."""
_SECOND_LOOK = 2.0
"""Seconds after which the store is asked though no notice came: one may have been lost."""
_KEEP_ALIVE = 15.0
"""Seconds without news after which a comment is sent, so that proxies don't close the stream."""
MAX_STREAMS = 5_000
"""Open streams of a process, some 20 KB each; without a stream the page asks every ten seconds."""

_RETRY = b"retry: 2000\n\n"
_ENDED = b"event: ended\ndata: this link has ended\n\n"
_COMMENT = b": still here\n\n"
_log = logging.getLogger("rflow")


class EventStream(Response):
    """A stream of server-sent events about one link. It ends with the link, the server, or when the reader leaves."""

    def __init__(self, broadcaster: "Broadcaster", token: str, version: str, *, head_only: bool = False) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(
            {
                "content-type": "text/event-stream; charset=utf-8",
                "cache-control": "no-store",
                "x-accel-buffering": "no",  # nginx would hold the events back
            }
        )
        self._broadcaster, self._token, self._version = broadcaster, token, version
        self._head_only = head_only
        self._message, self._is_last = b"", False
        self._has_news = asyncio.Event()

    def publish(self, message: bytes, *, last: bool = False) -> None:
        """Send a message. It replaces one that was not sent yet: a slow reader needs only the newest."""
        if not self._is_last:
            self._message, self._is_last = message, last
            self._has_news.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the last one."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if self._head_only:
            await send(_body(b"", more=False))
            return
        watching = asyncio.get_running_loop().create_task(_disconnected(receive))
        watching.add_done_callback(lambda _: self.publish(b"", last=True))
        self._broadcaster.join(self, self._token, self._version)
        try:
            await send(_body(_RETRY))
            last = False
            while not last:
                message, last = await self._next()
                await send(_body(message, more=not last))
        finally:
            watching.cancel()
            self._broadcaster.leave(self, self._token)

    async def _next(self) -> tuple[bytes, bool]:
        """Wait for the next message; return it and whether it is the last."""
        try:
            async with asyncio.timeout(_KEEP_ALIVE):
                await self._has_news.wait()
        except TimeoutError:
            return _COMMENT, False
        self._has_news.clear()
        return self._message, self._is_last


def _body(content: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Broadcaster:
    """Sends each new version of a session to the streams of its links, and ends streams whose link has ended.

    Each check looks up all links that have streams, so it also sees what another process revoked.
    """

    def __init__(self, links: LinkLookup, limit: int = MAX_STREAMS) -> None:
        self._links = links
        self._limit = limit
        self._streams: dict[str, set[EventStream]] = {}
        self._versions: dict[str, str] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._log_rate = LogRateLimit()
        self._pause = _SHORTEST
        self._told: asyncio.Event | None = None
        self._changed: set[str] = set()
        self._sessions: dict[str, str] = {}
        self._closing = False
        self.open_streams = 0

    @property
    def is_full(self) -> bool:
        """Whether no more streams can be opened."""
        return self._closing or self.open_streams >= self._limit

    def hear(self, session_id: str) -> None:
        """Look soon what has changed of a session; "" is any, as it is for the first notice.

        Once there are notices, the store is asked by itself only every two seconds.
        """
        if self._told is None:
            self._told = asyncio.Event()
        self._changed.add(session_id)
        self._told.set()

    def join(self, stream: EventStream, token: str, version: str) -> None:
        """Add a stream and send it the newest version known; `version` is what the link's look-up said."""
        self._streams.setdefault(token, set()).add(stream)
        self.open_streams += 1
        stream.publish(_version_event(self._versions.setdefault(token, version)))
        if self._closing:
            stream.publish(b"", last=True)
        elif self._watcher is None or self._watcher.done():
            self._watcher = asyncio.get_running_loop().create_task(self._watch())

    def leave(self, stream: EventStream, token: str) -> None:
        """Remove a stream."""
        self.open_streams -= 1
        streams = self._streams[token]
        streams.discard(stream)
        if not streams:
            del self._streams[token], self._versions[token]
            self._sessions.pop(token, None)

    def close(self) -> None:
        """End all streams without saying that their links have ended: readers connect again."""
        self._closing = True
        for token in list(self._streams):
            self._publish(token, b"", last=True)

    async def _watch(self) -> None:
        while self._streams and not self._closing:
            await self._wait()
            began = time.perf_counter()
            self._publish_changes(await self._look_up())
            self._pause = min(max((time.perf_counter() - began) * _PAUSE_FACTOR, _SHORTEST), _LONGEST)

    async def _wait(self) -> None:
        """Wait until it is time for a check: after a pause, and where there are notices, until one comes."""
        await asyncio.sleep(self._pause)
        if self._told is None:
            return
        try:
            async with asyncio.timeout(_SECOND_LOOK):
                await self._told.wait()
        except TimeoutError:
            self._changed.add("")

    async def _look_up(self) -> Mapping[str, Outcome]:
        """Look up all links that have streams; errors don't end the watch, since the store may come back."""
        changed, self._changed = self._changed, set()
        if self._told is not None:
            self._told.clear()
        try:
            if changed and "" not in changed:
                of = self._sessions
                return await self._links.find_changed(
                    [each for each in self._streams if of.get(each, "") in {"", *changed}]
                )
            return await self._links.find_all(list(self._streams))
        except Exception as error:  # noqa: BLE001 (logged, whatever it was)
            self._log_unexpected(error)
            return {}

    def _publish_changes(self, outcomes: Mapping[str, Outcome]) -> None:
        for token, outcome in outcomes.items():
            if isinstance(outcome, Exception):
                self._log_unexpected(outcome)
            elif outcome is None:
                self._publish(token, _ENDED, last=True)
            else:
                self._publish_version(token, outcome)

    def _publish_version(self, token: str, link: Link) -> None:
        if token in self._streams:
            self._sessions[token] = link.share.session
        if token in self._streams and link.version != self._versions.get(token):
            self._versions[token] = link.version
            self._publish(token, _version_event(link.version))

    def _publish(self, token: str, message: bytes, *, last: bool = False) -> None:
        for stream in self._streams.get(token, ()):
            stream.publish(message, last=last)

    def _log_unexpected(self, error: Exception) -> None:
        if not isinstance(error, RflowError) and self._log_rate.allows("live updates fail"):
            _log.error("live updates fail", exc_info=error)


def _version_event(version: str) -> bytes:
    return f"event: version\ndata: {version}\n\n".encode()
