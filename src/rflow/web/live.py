"""Live updates: one watcher for all open streams of a process, which asks the store what has changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from rflow.errors import RflowError
from rflow.web.pages import Pages

_FASTEST, _PER_LINK = 0.05, 0.0005
"""Seconds between two looks: at least so many, and more where many links are watched."""
_ALIVE = 15.0
"""Seconds of silence after which a comment keeps proxies from closing a stream."""


class Hub:
    """The open streams, by the token that each was opened with.

    A stream gets the number of each new version, and ends when its link does: a link is checked at every look, also
    where another process revoked it.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._streams: dict[str, set[asyncio.Queue[int | None]]] = {}
        self._versions: dict[str, int] = {}
        self._watcher: asyncio.Task[None] | None = None
        self.closing = False

    @property
    def open(self) -> int:
        """The number of open streams."""
        return sum(map(len, self._streams.values()))

    async def stream(self, token: str, version: int) -> AsyncIterator[bytes]:
        """Give the events of a link, from where its session stands now, until it ends or the reader goes."""
        queue: asyncio.Queue[int | None] = asyncio.Queue()
        self._streams.setdefault(token, set()).add(queue)
        self._versions.setdefault(token, version)
        self._watch()
        try:
            yield b"retry: 2000\n\n" + _version(self._versions[token])
            while not self.closing:
                try:
                    changed = await asyncio.wait_for(queue.get(), _ALIVE)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if changed is None:
                    if not self.closing:
                        yield b"event: ended\ndata: this link has ended\n\n"
                    return
                yield _version(changed)
        finally:
            self._leave(token, queue)

    def _leave(self, token: str, queue: asyncio.Queue[int | None]) -> None:
        streams = self._streams.get(token, set())
        streams.discard(queue)
        if not streams:
            self._streams.pop(token, None)
            self._versions.pop(token, None)

    def _watch(self) -> None:
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.get_running_loop().create_task(self._look_again_and_again())

    async def _look_again_and_again(self) -> None:
        while self._streams and not self.closing:
            await asyncio.sleep(max(_FASTEST, _PER_LINK * len(self._streams)))
            with suppress(RflowError):  # A store that is busy or away for a moment: the next look will tell.
                self._look()

    def _look(self) -> None:
        for token in list(self._streams):
            found = self._pages.find(token)
            if found is None:
                self._tell(token, None)
            elif found.version != self._versions.get(token):
                self._versions[token] = found.version
                self._tell(token, found.version)

    def _tell(self, token: str, version: int | None) -> None:
        for queue in self._streams.get(token, ()):
            queue.put_nowait(version)

    def close(self) -> None:
        """End all streams, without a word that their links had ended: readers come again."""
        self.closing = True
        for token in list(self._streams):
            self._tell(token, None)


def _version(version: int) -> bytes:
    return b"event: version\ndata: %d\n\n" % version
