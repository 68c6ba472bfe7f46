"""Work beside the event loop: threads with a connection each, and look-ups that are never out of date."""

import asyncio
import threading
import time
from collections import Counter
from datetime import UTC, datetime

import httpx
import pytest

from rflow.core.people import person
from rflow.core.sharing import Share
from rflow.core.tokens import token_of
from rflow.service.local.shared import SharedSessions
from rflow.stores.memory.store import MemoryStore
from rflow.web.app import LinkServer
from rflow.web.link_lookup import LinkLookup
from rflow.web.workers import SharedWork, WorkerPool
from support.web.app import running

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
TOKEN = token_of(bytes(32))


def utc(at: datetime) -> datetime:
    return at


class Connection:
    """Knows its thread; `closed_in` is where it was closed."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.closed_in = 0
        self.uses = 0

    def close(self) -> None:
        self.closed_in = threading.get_ident()


def used(connection: Connection) -> int:
    time.sleep(0.01)
    assert connection.thread == threading.get_ident()
    connection.uses += 1
    return connection.thread


def test_each_worker_uses_its_own_connection_in_its_own_thread() -> None:
    opened: list[Connection] = []

    def open_connection() -> Connection:
        opened.append(Connection())
        return opened[-1]

    async def run() -> Counter[int]:
        pool = WorkerPool(open_connection, size=3)
        threads = Counter(await asyncio.gather(*(pool.run(used) for _ in range(30))))
        await pool.close()
        return threads

    threads = asyncio.run(run())
    assert (len(threads), sum(threads.values())) == (3, 30)
    assert [each.closed_in for each in opened] == [each.thread for each in opened]
    assert len(opened) == 3


def test_one_worker_is_enough_for_one_request_at_a_time() -> None:
    async def run() -> int:
        pool = WorkerPool(Connection, size=8)
        threads = {await pool.run(used) for _ in range(10)}
        await pool.close()
        return len(threads)

    assert asyncio.run(run()) == 1


def test_after_a_reconnect_no_worker_uses_its_old_connection() -> None:
    async def run() -> tuple[list[int], int]:
        pool = WorkerPool(Connection, size=2)
        await asyncio.gather(pool.run(used), pool.run(used))
        pool.reconnect()
        uses = await asyncio.gather(*(pool.run(lambda connection: used(connection) and connection.uses) for _ in "12"))
        first = await pool.run(lambda connection: connection.closed_in)
        await pool.close()
        return uses, first

    assert asyncio.run(run()) == ([1, 1], 0)


def test_work_that_fails_or_is_cancelled_leaves_its_worker_usable() -> None:
    def fails(_: Connection) -> None:
        raise ValueError("no such session")

    async def run() -> int:
        pool = WorkerPool(Connection, size=1)
        with pytest.raises(ValueError, match="no such session"):
            await pool.run(fails)
        waiting = [asyncio.create_task(pool.run(used)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        thread = await pool.run(used)
        await pool.close()
        return thread

    assert asyncio.run(run())


class Shared(SharedSessions):
    """A store whose only link is to a session at `version`; a look-up waits for `may_answer`."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(), clock=lambda: NOW, zone=utc)
        self.current, self.number, self.look_ups = 1, 1, 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def stamp(self) -> int | None:
        return self.number

    def live(self, token: str) -> Share | None:
        return Share(id="7HM2QKX", session="s", hash="h", ending="xyz1", by=person("Ana Ruiz"), created_at=NOW)

    def revision(self, share: Share) -> str | None:
        self.look_ups += 1
        version = self.current
        self.may_answer.wait(10)
        return str(version)


def test_a_look_up_is_repeated_only_after_the_store_has_changed() -> None:
    store = Shared()

    async def run() -> list[str]:
        pool: WorkerPool[SharedSessions] = WorkerPool(lambda: store)
        lookup, versions = LinkLookup(store, pool), []
        for number, store.current in ((1, 1), (1, 1), (2, 5), (2, 5)):
            store.number = number
            link = await lookup.find(TOKEN)
            await asyncio.sleep(0)
            versions.append(link.version if link else "")
        await pool.close()
        return versions

    assert asyncio.run(run()) == ["1", "1", "5", "5"]
    assert store.look_ups == 2


def test_the_result_of_a_look_up_during_which_the_store_changed_is_not_remembered() -> None:
    """The first reader may see the state of when they asked; those who ask later must not, even while it is read."""
    store = Shared()

    async def run() -> list[str]:
        pool: WorkerPool[SharedSessions] = WorkerPool(lambda: store)
        lookup = LinkLookup(store, pool)
        store.may_answer.clear()
        slow = asyncio.create_task(lookup.find(TOKEN))
        while not store.look_ups:
            await asyncio.sleep(0.01)
        store.current, store.number = 2, 2
        other = asyncio.create_task(lookup.find(TOKEN))
        while store.look_ups < 2:
            await asyncio.sleep(0.01)
        store.may_answer.set()
        links = [*await asyncio.gather(slow, other), await lookup.find(TOKEN)]
        await pool.close()
        return [link.version for link in links if link]

    assert asyncio.run(run()) == ["1", "2", "2"]


def test_a_link_that_many_ask_for_at_once_is_looked_up_once() -> None:
    """So it is after each change of the store: all open pages ask again."""
    store = Shared()

    async def run() -> int:
        pool: WorkerPool[SharedSessions] = WorkerPool(lambda: store)
        lookup = LinkLookup(store, pool)
        store.may_answer.clear()
        readers = [asyncio.create_task(lookup.find(TOKEN)) for _ in range(20)]
        while not store.look_ups:
            await asyncio.sleep(0.01)
        readers.pop(0).cancel()
        store.may_answer.set()
        links = await asyncio.gather(*readers)
        await pool.close()
        return len([link for link in links if link])

    assert (asyncio.run(run()), store.look_ups) == (19, 1)


def test_work_that_failed_for_all_who_waited_is_done_again_for_the_next() -> None:
    shared, done = SharedWork[str, int](), list[str]()

    async def fail() -> int:
        await asyncio.sleep(0.01)
        done.append("failed")
        raise ValueError

    async def work() -> int:
        done.append("worked")
        return 5

    async def run() -> list[object]:
        first = await asyncio.gather(*(shared.run("a", fail) for _ in range(3)), return_exceptions=True)
        return [*map(type, first), await shared.run("a", work)]

    assert asyncio.run(run()) == [ValueError] * 3 + [5]
    assert done == ["failed", "worked"]


def test_what_can_not_be_a_token_is_not_looked_up() -> None:
    store = Shared()

    async def run() -> object:
        pool: WorkerPool[SharedSessions] = WorkerPool(lambda: store)
        link = await LinkLookup(store, pool).find(TOKEN[:-1] + "x")
        await pool.close()
        return link

    assert (asyncio.run(run()), store.look_ups) == (None, 0)


def test_a_store_that_does_not_answer_delays_no_other_request() -> None:
    store = Shared()
    with running(LinkServer(lambda: store).app) as url:
        store.may_answer.clear()
        statuses: list[int] = []
        readers = [
            threading.Thread(target=lambda: statuses.append(httpx.get(f"{url}/share/{TOKEN}", timeout=60).status_code))
            for _ in range(3)
        ]
        for reader in readers:
            reader.start()
        while not store.look_ups:
            time.sleep(0.01)
        assert httpx.get(f"{url}/robots.txt").status_code == 200
        assert statuses == []
        store.may_answer.set()
        for reader in readers:
            reader.join(60)
    assert statuses == [404] * 3  # the session itself is not in this store
