"""A bounded pool of worker threads, each with its own connection: work that may block stays off the event loop."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

SIZE = 8
"""Number of threads. Most wait for the disk or for another writer; two or three render."""


class Connection(Protocol):
    """What each worker opens for itself, such as a connection to a store."""

    def close(self) -> None:
        """Close it."""


_Connection = TypeVar("_Connection", bound=Connection)
_Result = TypeVar("_Result")
_Key = TypeVar("_Key", bound=Hashable)


class WorkerPool(Generic[_Connection]):
    """Runs functions that take a connection, one at a time in each thread."""

    def __init__(self, open_connection: Callable[[], _Connection], size: int = SIZE) -> None:
        self._workers = [_Worker(open_connection, f"worker-{number}") for number in range(size)]
        # The worker that was busy last is used first: its connection is warm, and the others may never be opened.
        self._idle: asyncio.LifoQueue[_Worker[_Connection]] = asyncio.LifoQueue()
        for worker in reversed(self._workers):
            self._idle.put_nowait(worker)

    async def run(self, work: Callable[[_Connection], _Result]) -> _Result:
        """Wait for an idle worker and return what `work` returns there; raise what it raises."""
        worker = await self._idle.get()
        # A caller that is cancelled leaves its worker busy until the work is done.
        return await asyncio.shield(asyncio.get_running_loop().create_task(self._run(worker, work)))

    async def _run(self, worker: "_Worker[_Connection]", work: Callable[[_Connection], _Result]) -> _Result:
        try:
            return await worker.run(work)
        finally:
            self._idle.put_nowait(worker)

    def reconnect(self) -> None:
        """Make each worker open a new connection before its next work."""
        for worker in self._workers:
            worker.stale = True

    async def close(self) -> None:
        """Finish the work that was begun, close all connections and stop the threads."""
        await asyncio.gather(*(worker.close() for worker in self._workers))


class _Worker(Generic[_Connection]):
    """One thread and its connection, which is opened, used and closed in that thread only."""

    def __init__(self, open_connection: Callable[[], _Connection], name: str) -> None:
        self._open = open_connection
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: _Connection | None = None
        self.stale = False

    def run(self, work: Callable[[_Connection], _Result]) -> "asyncio.Future[_Result]":
        """Run `work` in the thread."""
        return asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def _work(self, work: Callable[[_Connection], _Result]) -> _Result:
        if self.stale:
            self.stale = False
            self._disconnect()
        if self._connection is None:
            self._connection = self._open()
        return work(self._connection)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def close(self) -> None:
        """Close the connection and stop the thread."""
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)


class SharedWork(Generic[_Key, _Result]):
    """Deduplicates concurrent work: callers with the same key share one run."""

    def __init__(self) -> None:
        self._running: dict[_Key, asyncio.Task[_Result]] = {}

    async def run(self, key: _Key, work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
        """Return the result of `work`, or of the work that is already running under this key; raise its error."""
        running = self._running
        task = running.get(key)
        if task is None:
            task = running[key] = asyncio.get_running_loop().create_task(work())
            task.add_done_callback(lambda done: (running.pop(key), done.cancelled() or done.exception()))
        return await asyncio.shield(task)  # others may be waiting for it
