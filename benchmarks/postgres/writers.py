"""32 writers against plain inserts by the same driver, their CPU time, and commands over HTTP."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count
from multiprocessing import get_context
from threading import Barrier, Thread

import psycopg
from msgspec.structs import replace

from benchmarks.postgres.pair import Pair
from benchmarks.postgres.team import account, at, serving
from rflow.core.session.commands import AddNote, Start
from rflow.core.session.events import Event, NoteAdded
from rflow.core.session.replay import replay
from rflow.stores.postgres.store import PostgresStore

WRITERS, PROCESSES, PORT = 32, 4, 15399
_FIRST, _WARM, _STEPS = 10, 50, 500
"""How many steps are not counted, of many writers and of one; how many are, of one."""


def writers(pair: Pair, seconds: float) -> None:
    """Compare 32 writers with plain inserts, and with commands over HTTP."""
    with psycopg.connect(pair.url, autocommit=True) as db:
        db.execute("CREATE TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data bytea NOT NULL)")
    with closing(PostgresStore(pair.url)) as store:
        at(store).start(Start(title="Till is dark"))
    for name, way in (("appends to the store", appends), ("commands of the workspace", commands)):
        ratios, rates = [], []
        for _ in range(3):
            before, stored, after = (_rate(pair.url, each, seconds) for each in (plain, way, plain))
            rates.append((before, stored, after))
            ratios.append(stored / ((before + after) / 2))
        say(f"{WRITERS} writers, synchronous standby: {name} against plain inserts", ratios, rates)
    for name, way in (("a plain insert", plain), ("an append", appends), ("a command", commands)):
        print(f"one writer, CPU of {name}: {_cpu(pair, way)}", flush=True)
    token = account(pair.url)
    with serving(pair.url, PORT):
        both = [(_rate(f"{PORT} {token}", over_http, seconds), _rate(pair.url, commands, seconds)) for _ in range(3)]
    say("commands over HTTP, one web process, against those of the workspace", [a / b for a, b in both], both)


def say(what: str, ratios: Sequence[float], rates: object) -> None:
    """Print a ratio with its spread, and the rates from which it came."""
    spread = f"{statistics.median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
    print(f"{what}: {spread}; a second: {rates}", flush=True)


def _cpu(pair: Pair, way: "Way") -> str:
    """Return the CPU time that one writer takes: its own, and that of both servers with all their processes."""
    steps = way(pair.url)
    for _ in range(_WARM):
        next(steps)
    client, servers = time.process_time(), pair.cpu()
    for _ in range(_STEPS):
        next(steps)
    client, servers = time.process_time() - client, pair.cpu() - servers
    return f"{client / _STEPS * 1000:.2f} ms of the client, {servers / _STEPS * 1000:.2f} ms of both servers"


Way = Callable[[str], Iterator[None]]
"""Prepares until the first `yield`, then does one thing from each to the next."""


def _rate(url: str, way: Way, seconds: float) -> int:
    """Return how much all writers did in a second."""
    with get_context("spawn").Pool(PROCESSES) as pool:
        done = pool.starmap(_threads, [(url, way, seconds)] * PROCESSES)
    return round(sum(done) / seconds)


def _threads(url: str, way: Way, seconds: float) -> int:
    done: list[int] = []
    ready = Barrier(WRITERS // PROCESSES)
    threads = [
        Thread(target=lambda: done.append(_count(way(url), seconds, ready))) for _ in range(WRITERS // PROCESSES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)


def _count(steps: Iterator[None], seconds: float, ready: Barrier) -> int:
    """Return how many steps can be taken in that time, once all are ready and have taken some."""
    for _ in range(_FIRST):
        next(steps)
    ready.wait()
    number, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        next(steps)
        number += 1
    return number


def plain(url: str) -> Iterator[None]:
    """Insert rows as large as an event, one transaction each."""
    data = b"x" * 200
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as db:
        while True:
            yield
            db.execute("INSERT INTO plain (data) VALUES (%s)", (data,))


def appends(url: str) -> Iterator[None]:
    """Append an event at a time to a session, as it was decided before."""
    with closing(PostgresStore(url)) as store:
        session_id = at(store).start(Start(title="Till is dark")).session
        log = store.load(session_id)
        (first,) = [event for event in log.events if isinstance(event, Event)]
        session = log.session
        while True:
            yield
            text = f"The lamp is green, {session.version}"
            event = replace(first, seq=session.version + 1, command_id="", fact=NoteAdded(text=text))
            after = replay([event], session)
            store.append(after, [event], session.version, {})
            session = after


def commands(url: str) -> Iterator[None]:
    """Send notes to a session through the workspace."""
    with closing(PostgresStore(url)) as store:
        workspace, session = at(store), ""
        for number in count():
            if number % 50 == 0:  # sessions have some fifty entries
                session = workspace.start(Start(title="Till is dark")).session
            yield
            workspace.send(session, AddNote(text=f"The lamp is green, {number}"))


def over_http(address: str) -> Iterator[None]:
    """Send notes to a session over HTTP, on one connection."""
    import httpx

    port, token = address.split()
    session, headers = "", {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=30) as client:
        for number in count():
            if number % 50 == 0:
                session = client.post("/sessions", json={"title": "Till is dark", "space": "leeds"}).json()["session"]
            yield
            command = {"type": "add_note", "text": f"The lamp is green, {number}"}
            client.post(f"/sessions/{session}/commands", json={"command": command}).raise_for_status()
