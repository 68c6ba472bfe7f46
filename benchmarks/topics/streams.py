"""Readers of live updates: any number of open streams in this process, and when each received an update."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

from benchmarks.measure.measuring import Failed

_PATIENCE = 30.0


class Reader(asyncio.Protocol):
    """An open stream; `version` is the last version that it received, `seen` when."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._rest = b""
        self.version, self.seen = 0, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        transport.write(f"GET {self._path}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Note the versions of whatever came."""
        self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        versions = [int(line[6:]) for line in lines if line.startswith(b"data: ")]
        if versions:
            self.version, self.seen = versions[-1], time.monotonic()


async def opened(urls: Sequence[str]) -> list[Reader]:
    """Open a stream for each address, and wait until each has received the version of its session."""
    readers = [await _opened(url) for url in urls]
    await _until(lambda: all(reader.version for reader in readers))
    return readers


async def _opened(url: str) -> Reader:
    parts = urlsplit(url)
    reader = Reader(parts.path)
    await asyncio.get_running_loop().create_connection(lambda: reader, str(parts.hostname), int(parts.port or 80))
    return reader


async def delays(readers: Sequence[Reader], append: Callable[[int], None], count: int) -> list[list[float]]:
    """Append `count` times; return for each time the seconds until each reader received the update."""
    rounds = []
    for number in range(count):
        append(number)
        done = time.monotonic()
        # No reader received anything while this process was busy appending, so `seen` is later for each.
        await _until(partial(_all_updated, readers, done))
        rounds.append([reader.seen - done for reader in readers])
        await asyncio.sleep(0.1 + 0.007 * number)  # at another moment between two looks of the server each time
    return rounds


def _all_updated(readers: Sequence[Reader], since: float) -> bool:
    return all(reader.seen > since for reader in readers)


async def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > end:
            raise Failed(f"not all streams were updated within {_PATIENCE:.0f} s")
        await asyncio.sleep(0.01)
