"""The server of links under long and odd use: it leaks nothing, loses nothing, and recovers."""

import asyncio
import contextlib
import random
import socket
import sqlite3
import struct
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import Message

from rflow.core.people import person
from rflow.core.sharing import Share, ViewForm
from rflow.web.broadcaster import Broadcaster, EventStream
from rflow.web.link_lookup import Link, LinkLookup, Outcome
from rflow.web.links import LinkRoutes
from rflow.web.rendering import Rendered, Renderer
from rflow.web.view_log import MAX_PENDING, ViewLog, share_views
from support.nightly import NIGHTLY
from support.program import Program
from support.web.server import Served, serving

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
SHARE = Share(id="7HM2QKX", session="s", hash="h", ending="xyz1", by=person("Ana Ruiz"), created_at=NOW)
WARM_UP, REQUESTS = (1_200, 30_000) if NIGHTLY else (800, 1_000)
AT_ONCE = 24

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="memory and open files are read in /proc"),
    pytest.mark.timeout(900 if NIGHTLY else 300),
]


def prepared(folder: Path) -> Program:
    (folder / "home").mkdir()
    ana = Program(folder / "home", store=str(folder / "shift.db")).with_tree()
    ana.start()
    ana.ok("choose", "green")
    return ana


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server for one test, which measures it or damages its store."""
    with serving(prepared(tmp_path)) as server:
        yield server


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server for all tests after which it goes on as before."""
    with serving(prepared(tmp_path_factory.mktemp("lasting"))) as server:
        yield server


def resident(server: Served) -> int:
    """Return the bytes of memory that a server uses."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def open_files(server: Served) -> int:
    """Count the files and connections that a server has open."""
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def problems_logged(server: Served) -> list[dict[str, Any]]:
    """Return the warnings and errors in a server's log, except that somebody sent garbage."""
    garbage = "Invalid HTTP request received."
    return [line for line in server.logged() if line["level"] != "info" and line["event"] != garbage]


# A long run


class Crowd:
    """People, programs and attackers, all at once."""

    def __init__(self, client: httpx.AsyncClient, server: Served) -> None:
        self._client = client
        self._port = server.port
        self._random = random.Random(7)
        self._live, self._revoked = (server.link()["path"] for _ in range(2))
        server.ana.ok("share", "revoke", self._revoked.removeprefix("/share/"))
        self.sent: Counter[str] = Counter()
        self._kinds: list[Callable[[], Awaitable[object]]] = [
            *(self._page,) * 6,
            *(self._unchanged,) * 4,
            *(self._ended,) * 4,
            *(self._head,) * 2,
            *(self._stream,) * 2,
            self._robot,
            self._large,
            self._garbage,
            self._other,
            self._hung_up,
        ]

    async def send(self, count: int) -> None:
        """Send so many requests, some at the same time."""
        remaining = iter(range(count))

        async def client() -> None:
            for _ in remaining:
                kind = self._random.choice(self._kinds)
                await kind()
                self.sent[kind.__name__] += 1

        await asyncio.gather(*(client() for _ in range(AT_ONCE)))

    async def _get(self, path: str, status: int, method: str = "GET", **options: Any) -> httpx.Response:
        response = await self._client.request(method, path, **options)
        assert response.status_code == status, (method, path, response)
        assert response.headers["referrer-policy"] == "no-referrer"
        return response

    async def _page(self) -> None:
        agent = f"Reader/{self._random.randrange(10**9)}" + "x" * self._random.choice((0, 8000))
        suffix = self._random.choice(("", ".md", ".txt", ".json"))
        await self._get(self._live + suffix, 200, headers={"user-agent": agent})

    async def _unchanged(self) -> None:
        etag = (await self._get(self._live, 200, "HEAD")).headers["etag"]
        await self._get(self._live, 304, headers={"if-none-match": f"W/{etag}"})

    async def _ended(self) -> None:
        bad = (self._revoked, "/share/x", self._live + "x", f"/share/{'a' * 9000}", self._live + ".exe", "/share/")
        await self._get(self._random.choice([*bad, self._live + "/", self._revoked + "/events"]), 404)

    async def _head(self) -> None:
        path = self._random.choice((self._live, self._live + ".json", self._live + "/events", "/healthz"))
        assert (await self._get(path, 200, "HEAD")).content == b""

    async def _stream(self) -> None:
        async with self._client.stream("GET", self._live + "/events") as response:
            async for line in response.aiter_lines():
                if line == "event: version":
                    return

    async def _robot(self) -> None:
        await self._get(self._live, 200, headers={"user-agent": "Slackbot 1.0"})

    async def _large(self) -> None:
        with contextlib.suppress(httpx.WriteError, httpx.ReadError):  # it may hang up while we are still sending
            await self._get(self._live, 413, "POST", content=b"x" * 300_000)

    async def _garbage(self) -> None:
        data = self._random.choice(
            (self._random.randbytes(300), b"GET / HTTP/9.9\r\n\r\n", b"GET /share/x HTTP/1.1\r\n")
        )
        await self._raw(data)

    async def _hung_up(self) -> None:
        await self._raw(f"GET {self._live} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 3)

    async def _other(self) -> None:
        path, status = self._random.choice(
            [("/nowhere", 404), ("/robots.txt", 200), ("/metrics", 200), ("/healthz/", 404)]
        )
        await self._get(path, status)
        await self._get(self._live, 405, self._random.choice(("POST", "PUT", "OPTIONS")))

    async def _raw(self, data: bytes) -> None:
        """Send bytes and hang up without waiting for a response."""
        _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(data)
        await asyncio.sleep(0)
        writer.transport.abort()


def test_a_long_run_of_everything_leaves_nothing_behind(served: Served) -> None:
    """Neither memory nor open files grow, and the log has nothing but the requests."""

    async def run() -> tuple[int, int, Counter[str]]:
        async with httpx.AsyncClient(base_url=served.url, timeout=60) as client:
            crowd = Crowd(client, served)
            await crowd.send(WARM_UP)  # fills caches and pools
        await asyncio.sleep(2)
        before = resident(served), open_files(served)
        async with httpx.AsyncClient(base_url=served.url, timeout=60) as client:
            crowd._client = client
            await crowd.send(REQUESTS)
        return *before, crowd.sent

    memory, files, sent = asyncio.run(run())
    assert sum(sent.values()) == REQUESTS + WARM_UP
    assert len(sent) == 10
    end = time.monotonic() + 15
    while (left := open_files(served)) > files and time.monotonic() < end:
        time.sleep(0.5)  # idle connections are closed after a while
    assert left <= files
    assert resident(served) - memory < 8_000_000, "3 MB on a quiet machine, 6 on a busy one"
    assert problems_logged(served) == []
    assert "rflow_live_streams 0.0" in served.get("/metrics").text


# Views


@pytest.mark.parametrize("seconds", [3, 12] if NIGHTLY else [3])
def test_views_are_not_lost_while_somebody_else_writes(served: Served, seconds: float) -> None:
    """No reader waits for the writer, neither for a cached page nor for one that has to be rendered.

    The writer goes on until every reader has its response, so none has waited for its end.
    """
    link = served.link()
    served.get(link["path"])
    other = sqlite3.connect(served.ana.store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        began, seen = time.monotonic(), 1
        while time.monotonic() - began < seconds:
            forms = ["", ".txt", ".json", ".md"]
            assert served.get(link["path"] + forms[seen % 4]).status_code == 200
            seen += 1
            time.sleep(0.1)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert served.views(link, seen, seconds=20) == seen


def test_the_last_views_are_written_when_the_server_stops(tmp_path: Path) -> None:
    ana = prepared(tmp_path)
    with serving(ana) as server:
        link = server.link()
        for _ in range(40):
            server.get(link["path"])
    assert ana.json("share", "show", link["id"], "--json")["views"] == 40


def test_views_that_can_not_be_written_are_kept_and_logged_once(served: Served) -> None:
    """A newer rflow has upgraded the store: it can be read but not written."""
    link = served.link()
    assert served.get(link["path"]).status_code == 200
    assert served.views(link, 1) == 1
    with contextlib.closing(sqlite3.connect(served.ana.store)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version = {version + 1}")
        for _ in range(4):
            assert served.get(link["path"]).status_code == 200
            time.sleep(1)
        db.execute(f"PRAGMA user_version = {version}")
    assert served.views(link, 5) == 5
    assert [line["event"] for line in problems_logged(served)] == ["views can't be recorded"]


# Errors of the store


def test_a_session_whose_tree_is_missing_is_shown(served: Served) -> None:
    link = served.link()
    with contextlib.closing(sqlite3.connect(served.ana.store, isolation_level=None)) as db:
        db.execute("DELETE FROM trees")
    for suffix in ("", ".txt", ".md", ".json"):
        response = served.get(link["path"] + suffix)
        assert (response.status_code, "Clear the print queue" in response.text) == (200, True)


def test_a_damaged_store_is_a_503_and_not_a_traceback(served: Served) -> None:
    link = served.link()
    with contextlib.closing(sqlite3.connect(served.ana.store, isolation_level=None)) as db:
        db.execute("UPDATE events SET data = x'00'")
    responses = [served.get(link["path"] + suffix) for suffix in ("", ".txt", "")]
    assert [response.status_code for response in responses] == [503] * 3
    assert {response.headers["cache-control"] for response in responses} == {"no-store"}
    assert {"Traceback" in served.log.read_text("utf-8"), link["token"] in served.log.read_text("utf-8")} == {False}
    assert served.get("/share/x").status_code == 404


def test_one_damaged_link_does_not_delay_updates_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    ana = Program(tmp_path / "home", store=str(tmp_path / "shift")).with_tree()
    ana.start()
    with serving(ana) as server:
        links = [server.link() for _ in range(3)]
        with contextlib.ExitStack() as streams:
            lines = []
            for link in links:
                client = streams.enter_context(httpx.Client(base_url=server.url, timeout=10))
                lines.append(streams.enter_context(client.stream("GET", link["path"] + "/events")).iter_lines())
                assert "event: version" in (next(lines[-1]) for _ in range(4))
            for file in sorted((tmp_path / "shift" / "shares").glob("*.json"))[:2]:
                file.write_text("{", "utf-8")
            ana.ok("choose", "green")
            updated = 0
            for link, each in zip(links, lines, strict=True):
                if server.get(link["path"]).status_code == 200:
                    assert "event: version" in (next(each) for _ in range(4))
                    updated += 1
            assert updated == 1


def test_a_store_that_is_replaced_is_read_again(served: Served) -> None:
    """A backup that is restored while the server runs: what was revoked in it must not work from the old file."""
    link = served.link()
    served.get(link["path"])
    assert served.views(link, 1) == 1
    kept = Path(served.ana.store).parent / "kept.db"
    served.ana.ok("store", "backup", str(kept))
    served.ana.at(store=str(kept)).ok("share", "revoke", link["id"])
    for end in ("-wal", "-shm"):
        Path(f"{served.ana.store}{end}").unlink(missing_ok=True)
    kept.replace(served.ana.store)
    end_ = time.monotonic() + 5
    while (status := served.get(link["path"]).status_code) != 404 and time.monotonic() < end_:
        time.sleep(0.2)
    assert status == 404
    fresh = served.link()
    served.get(fresh["path"])
    assert served.views(fresh, 1) == 1
    assert [line["event"] for line in problems_logged(served)] == ["the store was replaced"]


# The parts


def test_views_that_can_not_be_written_do_not_fill_the_memory() -> None:
    log = ViewLog()
    for number in range(MAX_PENDING + 500):
        log.add(f"share {number % 7}", NOW, "page", b"curl")
    assert (log.count, log.lost) == (MAX_PENDING, 500)
    log.put_back(log.take())
    assert log.count == MAX_PENDING
    assert sum(map(len, share_views(log.take()).values())) == MAX_PENDING
    assert log.count == 0


class FakeLookup(LinkLookup):
    """Finds one link, or fails in a way that nobody expects."""

    def __init__(self) -> None:
        self.version, self.failing, self.ended = "1", False, False

    def now(self) -> datetime:
        return NOW

    async def find(self, token: str) -> Link | None:
        return None if self.ended else Link(SHARE, self.version)

    async def find_all(self, tokens: Iterable[str]) -> dict[str, Outcome]:
        failure = RuntimeError("an unexpected error")
        return {token: failure if self.failing else await self.find(token) for token in tokens}


def test_live_updates_continue_after_an_unexpected_error(caplog: pytest.LogCaptureFixture) -> None:
    """A reader that reads nothing for a while then gets only the newest version."""
    lookup, sent = FakeLookup(), list[bytes]()
    lookup.failing = True

    async def run() -> None:
        broadcaster, slow = Broadcaster(lookup), asyncio.Event()

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message.get("body", b""))
            if b"data: 1" in sent[-1]:
                await slow.wait()

        running = asyncio.create_task(EventStream(broadcaster, "rfs_secret", Link(SHARE, "1"))({}, receive, send))
        await asyncio.sleep(0.1)
        lookup.failing = False
        for lookup.version in "2345":
            await asyncio.sleep(0.06)
        slow.set()
        await asyncio.sleep(0.1)
        broadcaster.close()
        await asyncio.wait_for(running, 2)
        assert (broadcaster.open_streams, broadcaster.is_full) == (0, True)

    asyncio.run(run())
    versions = [part for part in sent if b"event: version" in part]
    assert versions == [b"event: version\ndata: 1\n\n", b"event: version\ndata: 5\n\n"]
    assert [record.message for record in caplog.records] == ["live updates fail"]


class FakeRenderer(Renderer):
    """Renders a page during which its link ends."""

    def __init__(self, lookup: FakeLookup) -> None:
        self._lookup = lookup

    def cached(self, link: Link, form: ViewForm, now: datetime, *, brief: bool) -> Rendered | None:
        return None

    async def render(self, link: Link, form: ViewForm, *, brief: bool) -> Rendered:
        self._lookup.ended = True
        await asyncio.sleep(0.01)
        return Rendered(1, b'"e"', Response("secret"), Response(status_code=304))


def test_a_link_that_ends_while_its_page_is_rendered_shows_nothing() -> None:
    """A render may take a while, since others wait before it: the link is checked again after it."""
    lookup = FakeLookup()
    links = LinkRoutes(lookup, FakeRenderer(lookup), Broadcaster(lookup), ViewLog())
    transport = httpx.ASGITransport(Starlette(routes=links.routes()))

    async def ask() -> list[int]:
        async with httpx.AsyncClient(transport=transport, base_url="http://rflow") as client:
            responses = await asyncio.gather(*(client.get("/share/rfs_x") for _ in range(3)))
        return [response.status_code for response in responses]

    assert asyncio.run(ask()) == [404] * 3


# Clients that misbehave


def connected(server: Served) -> socket.socket:
    """Connect with a small buffer, so that what is not read soon fills it."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.connect(("127.0.0.1", server.port))
    return wire


def test_a_client_that_never_reads_costs_no_memory_and_delays_nobody(served: Served) -> None:
    """The server reads no more from such a client; others are served, and it stops as usual."""
    path = served.link()["path"]
    served.get(path)
    before = resident(served)
    wires = [connected(served) for _ in range(20)]
    for wire in wires:
        wire.setblocking(False)
        requests = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 2_000
        with contextlib.suppress(BlockingIOError):
            wire.send(requests)
    time.sleep(2)
    assert served.get(path).status_code == 200
    assert resident(served) - before < 20_000_000
    for wire in wires:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.close()


@pytest.mark.parametrize("part", ["address", "header", "headers"])
def test_a_request_without_an_end_is_refused(lasting: Served, part: str) -> None:
    begin, more = {
        "address": (b"GET /", b"a" * 8192),
        "header": (b"GET / HTTP/1.1\r\nX: ", b"a" * 8192),
        "headers": (b"GET / HTTP/1.1\r\n", b"x: y\r\n" * 1000),
    }[part]
    sent = 0
    with connected(lasting) as wire:
        wire.settimeout(10)
        wire.sendall(begin)
        with pytest.raises(ConnectionError):
            while sent < 20_000_000:
                sent += wire.send(more)
    assert sent < 10_000_000
    assert lasting.get("/healthz").status_code == 200


def test_a_web_socket_is_not_opened(lasting: Served) -> None:
    headers = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "eA==",
    }
    assert lasting.get("/share/x", headers=headers).status_code == 404
    assert lasting.get("/nowhere", headers=headers).status_code == 404
    assert problems_logged(lasting) == []


def test_a_trailing_slash_does_not_redirect_to_the_host_of_the_request(lasting: Served) -> None:
    path = lasting.link()["path"]
    for odd in (path + "/", "/healthz/", path + "/events/", "//evil.example/share/x"):
        response = lasting.get(odd, headers={"host": "evil.example"})
        assert (response.status_code, "location" in response.headers) == (404, False)


def test_a_user_agent_can_not_control_the_terminal_that_shows_it(lasting: Served) -> None:
    link = lasting.link()
    agent = b"curl\x9b31m \xc2\x9b2J \xff rest"
    lasting.get(link["path"], headers={"user-agent": agent})
    assert lasting.views(link, 1) == 1
    shown = lasting.ana.ok("share", "show", link["id"]).out
    assert [letter for letter in shown if "\x7f" <= letter <= "\x9f" or (letter < " " and letter != "\n")] == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_address_responds_to_head_as_to_get(lasting: Served, method: str) -> None:
    link = lasting.link()
    known = [link["path"], link["path"] + ".json", "/healthz", "/metrics", "/robots.txt"]
    for path in known:
        response = lasting.get(path, method=method)
        assert (response.status_code, bool(response.content)) == (200, method == "GET")
