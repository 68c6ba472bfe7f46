"""Live updates: one watcher for all open streams of a process, which asks the store what has changed."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from rflow.errors import RflowError
from rflow.web.link_pages import Pages
from rflow.web.logging import Seldom
from rflow.web.responses import Message, Receive, Scope, Send, head

_FASTEST, _SLOWEST, _REST = 0.02, 1.0, 10
"""Seconds between two looks: as many times as long as a look takes, within these; a revoked link ends within two."""
_ALIVE = 15.0
"""Seconds of silence after which a comment keeps proxies from closing a stream."""
FULL = 5_000
"""Open streams that a process has at the most, some 20 KB each; who comes then asks now and then."""

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # nginx would keep the events to itself
}
_HEAD = head(200, HEADERS)
_RETRY = b"retry: 2000\n\n"
_ENDED = b"event: ended\ndata: this link has ended\n\n"
_STILL = b": still here\n\n"
_log = logging.getLogger("rflow")


class Stream:
    """The answer to who wants to be told: it ends when the link does, the server stops, or the reader goes."""

    status = 200

    def __init__(self, hub: "Hub", token: str, version: int) -> None:
        self._hub, self._token, self._version = hub, token, version
        self._next, self._last = b"", False
        self._news = asyncio.Event()

    def tell(self, message: bytes, *, last: bool = False) -> None:
        """Have a message sent. One that was not sent yet gives way to it: a slow reader needs the newest only."""
        if not self._last:
            self._next, self._last = message, last
            self._news.set()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send what there is to tell."""
        leaving = asyncio.get_running_loop().create_task(_gone(receive))
        leaving.add_done_callback(lambda _: self.tell(b"", last=True))
        self._hub.join(self, self._token, self._version)
        try:
            await send(_HEAD)
            await send(_part(_RETRY))
            last = False
            while not last:
                message, last = await self._message()
                await send(_part(message, more=not last))
        finally:
            leaving.cancel()
            self._hub.leave(self, self._token)

    async def _message(self) -> tuple[bytes, bool]:
        """Wait for the next message, and say whether it is the last."""
        try:
            async with asyncio.timeout(_ALIVE):
                await self._news.wait()
        except TimeoutError:
            return _STILL, False
        self._news.clear()
        return self._next, self._last


def _part(message: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": message, "more_body": more}


async def _gone(receive: Receive) -> None:
    """Wait until the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Hub:
    """The open streams, by the token that each was opened with.

    A stream gets the number of each new version, and ends when its link does: a link is checked at every look, also
    where another process revoked it.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._streams: dict[str, set[Stream]] = {}
        self._versions: dict[str, int] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._seldom = Seldom()
        self._pause = _FASTEST
        self.open = 0
        self.closing = False

    @property
    def takes_more(self) -> bool:
        """Whether another stream may be opened."""
        return not self.closing and self.open < FULL

    def join(self, stream: Stream, token: str, version: int) -> None:
        """Tell a stream from now on, and at once where its session stands; `version` is where it was found to."""
        self._streams.setdefault(token, set()).add(stream)
        self.open += 1
        stream.tell(_version(self._versions.setdefault(token, version)))
        if self.closing:
            stream.tell(b"", last=True)
        elif self._watcher is None or self._watcher.done():
            self._watcher = asyncio.get_running_loop().create_task(self._look_again_and_again())

    def leave(self, stream: Stream, token: str) -> None:
        """Forget a stream."""
        self.open -= 1
        streams = self._streams[token]
        streams.discard(stream)
        if not streams:
            del self._streams[token], self._versions[token]

    async def _look_again_and_again(self) -> None:
        while self._streams and not self.closing:
            await asyncio.sleep(self._pause)
            began = time.perf_counter()
            if self._tried(self._pages.refresh):
                for token in list(self._streams):
                    self._tried(partial(self._look, token))
            self._pause = min(max((time.perf_counter() - began) * _REST, _FASTEST), _SLOWEST)

    def _tried(self, work: Callable[[], None]) -> bool:
        """Do what may fail without ending the watch: a store may be away for a moment, one link may be damaged."""
        try:
            work()
        except RflowError:
            return False
        except Exception:  # noqa: BLE001 (told in the log, whatever it was)
            if self._seldom.may_say("live updates fail"):  # readers must not wait in vain without a word
                _log.exception("live updates fail")
            return False
        return True

    def _look(self, token: str) -> None:
        found = self._pages.find(token, self._pages.now())
        if found is None:
            self._tell(token, _ENDED, last=True)
        elif found.version != self._versions.get(token):
            self._versions[token] = found.version
            self._tell(token, _version(found.version))

    def _tell(self, token: str, message: bytes, *, last: bool = False) -> None:
        for stream in self._streams[token]:
            stream.tell(message, last=last)

    def close(self) -> None:
        """End all streams, without a word that their links had ended: readers come again."""
        self.closing = True
        for token in list(self._streams):
            self._tell(token, b"", last=True)


def _version(version: int) -> bytes:
    return b"event: version\ndata: %d\n\n" % version
