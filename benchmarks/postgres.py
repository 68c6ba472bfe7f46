"""`python -m benchmarks.postgres [TOPIC…] [--events N] [--seconds S]`: PostgreSQL with a synchronous standby.

A primary and a synchronous standby of their own, on this machine's disk. `writers` compares 32 writers with plain
inserts by the same driver, and commands over HTTP; `sizes` compares a store of a tenth of N events with one of N, finds
words in it, and drops a month.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread

import psycopg
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.session.commands import AddNote, Start
from rflow.core.session.events import Event, NoteAdded
from rflow.core.session.head import Query
from rflow.core.session.replay import replay
from rflow.core.session.search.query import read_terms
from rflow.identity import new_id
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores.postgres.connection.scope import EVERYTHING
from rflow.stores.postgres.store import PostgresStore
from rflow.stores.postgres.tables import partitions

WRITERS, PROCESSES = 32, 4
MARCH = datetime(2025, 3, 15, tzinfo=UTC)
"""The sessions that are only there to be many began then."""
_SHARED = ("listen_addresses=", "shared_buffers=256MB", "max_connections=120", "max_wal_size=4GB")


class Pair:
    """A primary and its synchronous standby, on sockets in a folder."""

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="rflow-bench-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self._own(self.folder)
        self._run("initdb", "--auth=trust", "--locale=C.UTF-8", "--username=postgres", self._data("primary"))
        self._start("primary", "synchronous_standby_names=standby")
        self.sql("SET synchronous_commit = local", "CREATE ROLE rflow LOGIN")
        self.sql("SET synchronous_commit = local", "CREATE DATABASE rflow OWNER rflow")
        socket = self._socket("primary")
        copying = ("-h", socket, "-U", "postgres", "-R", "-X", "stream", "-c", "fast")
        self._run("pg_basebackup", *copying, "-D", self._data("standby"))
        with (Path(self._data("standby")) / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = 'host={socket} user=postgres application_name=standby'\n")
        self._start("standby")
        while self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != (1,):
            time.sleep(0.1)

    @property
    def url(self) -> str:
        """The URL of the store."""
        return f"postgresql://rflow@/rflow?host={self._socket('primary')}"

    def sql(self, *statements: str, database: str = "postgres") -> tuple[object, ...] | None:
        """Execute statements as the superuser, and return the first row of the last."""
        conninfo = f"host={self._socket('primary')} user=postgres dbname={database}"
        with psycopg.connect(conninfo, autocommit=True) as db:
            cursor = db.cursor()
            for statement in statements:
                cursor.execute(statement.encode())
            return cursor.fetchone() if cursor.description else None

    def cpu(self) -> float:
        """Return the seconds of CPU time that both have taken, with all their processes, also those that ended."""
        ticks = 0
        for name in ("primary", "standby"):
            first = (Path(self._data(name)) / "postmaster.pid").read_text().split()[0]
            ticks += sum(_ticks(first))
            children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
            ticks += sum(sum(_ticks(each)[:2]) for each in children)
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Stop both and delete their files."""
        for name in ("standby", "primary"):
            self._run("pg_ctl", "stop", "-m", "immediate", "-D", self._data(name))
        shutil.rmtree(self.folder)

    def _start(self, name: str, *settings: str) -> None:
        Path(self._socket(name)).mkdir(exist_ok=True)
        self._own(Path(self._socket(name)))
        options = " ".join(
            f"-c {each}" for each in (*_SHARED, f"unix_socket_directories={self._socket(name)}", *settings)
        )
        self._run("pg_ctl", "start", "-w", "-D", self._data(name), "-l", f"{self.folder}/{name}.log", "-o", options)

    def _run(self, program: str, *arguments: str) -> None:
        path = max(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*user, str(path), *arguments], check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def _data(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _socket(self, name: str) -> str:
        return f"{self.folder}/{name}-socket"

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, "postgres")


def _ticks(pid: str) -> list[int]:
    """Return the CPU time of a process: its own in user mode and in the kernel, that of children that ended."""
    return [int(each) for each in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]]


# Writers


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
        print(f"one writer, CPU of {name}: {_cpu(pair, way, seconds)}", flush=True)
    token = _account(pair.url)
    with _serving(pair.url) as port:
        both = [(_rate(f"{port} {token}", over_http, seconds), _rate(pair.url, commands, seconds)) for _ in range(3)]
    say("commands over HTTP, one web process, against those of the workspace", [a / b for a, b in both], both)


def say(what: str, ratios: Sequence[float], rates: object) -> None:
    """Print a ratio with its spread, and the rates from which it came."""
    spread = f"{statistics.median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
    print(f"{what}: {spread}; a second: {rates}", flush=True)


def _cpu(pair: Pair, way: "Way", seconds: float) -> str:
    """Return the CPU time that one writer takes: its own, and that of both servers with all their processes."""
    client, servers = time.process_time(), pair.cpu()
    count = way(pair.url, seconds)
    client, servers = time.process_time() - client, pair.cpu() - servers
    return f"{client / count * 1000:.2f} ms of the client, {servers / count * 1000:.2f} ms of both servers"


Way = Callable[[str, float], int]


def _rate(url: str, way: Way, seconds: float) -> int:
    """Return how much all writers did in a second."""
    with get_context("spawn").Pool(PROCESSES) as pool:
        done = pool.starmap(_threads, [(url, way, seconds)] * PROCESSES)
    return round(sum(done) / seconds)


def _threads(url: str, way: Way, seconds: float) -> int:
    done: list[int] = []
    threads = [Thread(target=lambda: done.append(way(url, seconds))) for _ in range(WRITERS // PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)


def plain(url: str, seconds: float) -> int:
    """Insert rows as large as an event, one transaction each."""
    data, count = b"x" * 200, 0
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as db:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            db.execute("INSERT INTO plain (data) VALUES (%s)", (data,))
            count += 1
    return count


def appends(url: str, seconds: float) -> int:
    """Append an event at a time to a session, as it was decided before."""
    count = 0
    with closing(PostgresStore(url)) as store:
        session_id = at(store).start(Start(title="Till is dark")).session
        log = store.load(session_id)
        (first,) = [event for event in log.events if isinstance(event, Event)]
        session = log.session
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            seq = session.version + 1
            event = replace(first, seq=seq, command_id="", fact=NoteAdded(text=f"The lamp is green, {count}"))
            after = replay([event], session)
            store.append(after, [event], session.version, {})
            session, count = after, count + 1
    return count


def commands(url: str, seconds: float) -> int:
    """Send notes to a session through the workspace."""
    count = 0
    with closing(PostgresStore(url)) as store:
        workspace = at(store)
        session = workspace.start(Start(title="Till is dark")).session
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if count % 50 == 49:  # sessions have some fifty entries
                session = workspace.start(Start(title="Till is dark")).session
            workspace.send(session, AddNote(text=f"The lamp is green, {count}"))
            count += 1
    return count


def over_http(address: str, seconds: float) -> int:
    """Send notes to a session over HTTP, on one connection."""
    import httpx

    port, token = address.split()
    count, session, headers = 0, "", {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=30) as client:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if count % 50 == 0:
                session = client.post("/sessions", json={"title": "Till is dark", "space": "leeds"}).json()["session"]
            command = {"type": "add_note", "text": f"The lamp is green, {count}"}
            client.post(f"/sessions/{session}/commands", json={"command": command}).raise_for_status()
            count += 1
    return count


def at(store: PostgresStore) -> LocalWorkspace:
    """Return what Ana can do at a store."""
    return LocalWorkspace(store, Actor(person=person("Ana Ruiz")), clock=lambda: datetime.now(UTC))


def _account(url: str) -> str:
    """Create an account, and return a token of it."""
    for words in (("user", "add", "Root", "--admin"), ("user", "add", "Ben"), ("space", "add", "Leeds")):
        _rflow(url, *words)
    _rflow(url, "space", "members", "Leeds", "--add", "Ben", "--role", "member")
    return _rflow(url, "token", "create", "--user", "Ben", "--scope", "read,write")


def _rflow(url: str, *words: str) -> str:
    command = [str(Path(sys.executable).with_name("rflow")), *words]
    environ = {**os.environ, "RFLOW_STORE": url, "RFLOW_USER": "shell"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def _serving(url: str) -> Iterator[int]:
    port = 15399
    command = [str(Path(sys.executable).with_name("rflow")), "serve", "--port", str(port)]
    environ = {**os.environ, "RFLOW_STORE": url}
    running = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert running.stderr is not None
    while b"Ctrl-C" not in running.stderr.readline():
        assert running.poll() is None
    Thread(target=running.stderr.read, daemon=True).start()
    try:
        yield port
    finally:
        running.terminate()
        running.wait()


# Sizes

_FILL = """
INSERT INTO sessions SELECT s.id, replace(s.id, '-', ''), s.code, version, updated_at - s.number, status, owner,
    owner_kind, 'bulk', customer, ticket, tree, head FROM one, unnest(%(ids)s::text[], %(codes)s::text[],
    %(numbers)s::bigint[]) AS s(id, code, number);
INSERT INTO codes SELECT replace(code, '-', ''), id, 'bulk'
    FROM unnest(%(ids)s::text[], %(codes)s::text[]) AS s(id, code);
INSERT INTO events SELECT s.id, seq, data, 'bulk' FROM unnest(%(ids)s::text[]) AS s(id), one_event;
INSERT INTO documents SELECT id, 'bulk', 11, false, to_tsvector('simple', words), ' ' || words || ' ' FROM (
    SELECT id, (SELECT string_agg('w' || floor(20000 * random() * random())::int, ' ')
        FROM generate_series(1, 40) WHERE id <> '') AS words FROM unnest(%(ids)s::text[]) AS s(id)) AS made
"""
_BATCH = 5_000
PER_SESSION = 10


def sizes(pair: Pair, events: int) -> None:
    """Compare appending and reading at a tenth of `events`, and at `events`; search; drop a month."""
    with closing(PostgresStore(pair.url)) as store:
        session = at(store).start(Start(title="Till is dark")).session
        for number in range(PER_SESSION - 1):
            at(store).send(session, AddNote(text=f"The lamp is green, {number}"))
        _prepare(store, session)
        times, filled = {}, 0
        for size in (events // 10, events):
            _fill(pair, store, range(filled, size // PER_SESSION))
            filled = size // PER_SESSION
            pair.sql("VACUUM (ANALYZE)", "CHECKPOINT", database="rflow")
            times[size] = _times(store)
            row = pair.sql("SELECT pg_database_size('rflow') / 1048576", database="rflow")
            print(f"{size:,} events in {filled:,} sessions: {row} MiB", flush=True)
        small, large = times.values()
        for what in small:
            ratio = large[what] / small[what]
            print(f"{what}: {small[what] * 1000:.2f} ms, then {large[what] * 1000:.2f} ms: {ratio:.2f} ×", flush=True)
        _search(store, filled)
        began = time.perf_counter()
        with store._database.scoped(EVERYTHING).writing() as db:
            db.execute(f"DROP TABLE {', '.join(f'{name}_2025_03' for name in partitions.TABLES)}".encode())
        print(f"a month of {events:,} events dropped in {time.perf_counter() - began:.2f} s", flush=True)


def _prepare(store: PostgresStore, session: str) -> None:
    """Keep the rows of one session, from which the others are made."""
    with store._database.writing() as db:
        partitions.ensure(db, "2025_03")
        db.execute("CREATE TABLE one AS SELECT * FROM sessions WHERE id = %s", (session,))
        db.execute("CREATE TABLE one_event AS SELECT seq, data FROM events WHERE session_id = %s", (session,))


def _fill(pair: Pair, store: PostgresStore, numbers: range) -> None:
    pair.sql("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
    for first in range(numbers.start, numbers.stop, _BATCH):
        some = range(first, min(first + _BATCH, numbers.stop))
        ids = [new_id(MARCH) for _ in some]
        values = {"ids": ids, "codes": [f"{number:07X}-BULK" for number in some], "numbers": list(some)}
        with store._database.writing() as db:
            db.execute("SET LOCAL synchronous_commit = off")
            for statement in _FILL.split(";"):
                db.execute(statement.encode(), values)
    pair.sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")


def _times(store: PostgresStore) -> dict[str, float]:
    """Return the median seconds of an append, of reading a session, of finding one, and of a list."""
    workspace = at(store)
    session = workspace.start(Start(title="Till in York")).session
    ids = [head.id for head in store.heads(Query(limit=200)).heads]
    code = store.load(ids[-1]).code
    works: dict[str, Callable[[int], object]] = {
        "a command": lambda number: workspace.send(session, AddNote(text=f"note {number}")),
        "reading a session": lambda number: store.load(ids[number % len(ids)]),
        "finding a code": lambda _: store.find(code),
        "a list of 50": lambda _: store.heads(Query(limit=50)),
        "a list of 50 of a space": lambda _: store.scoped(["bulk"]).heads(Query(limit=50, spaces=("bulk",))),
    }
    return {name: statistics.median(_timed(work, number) for number in range(200)) for name, work in works.items()}


def _timed(work: Callable[[int], object], number: int) -> float:
    began = time.perf_counter()
    work(number)
    return time.perf_counter() - began


def _search(store: PostgresStore, sessions: int) -> None:
    """Search for words from the rarest to the most frequent, alone and together."""
    asked = [f"w{number}" for number in range(50, 20_000, 400)]
    asked += [f"w{number} w{number // 2}" for number in range(10, 500, 10)]
    scoped = store.scoped(["bulk"])
    while scoped.search(read_terms("w1"), Query()).building is not None:
        pass
    works = [lambda _, words=words: scoped.search(read_terms(words), Query(limit=20)) for words in asked]
    took = sorted(_timed(work, 0) * 1000 for work in works)
    p95 = took[int(len(took) * 0.95)]
    print(f"{len(took)} searches in {sessions:,} sessions: median {took[len(took) // 2]:.1f} ms, p95 {p95:.1f} ms")


def main() -> None:
    """Run the topics named, or both."""
    parser = argparse.ArgumentParser("python -m benchmarks.postgres", description="Measure the store in PostgreSQL.")
    parser.add_argument("topic", nargs="*", help="writers, sizes (default: both)")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    pair = Pair()
    try:
        if "writers" in (options.topic or ["writers"]):
            writers(pair, options.seconds)
        if "sizes" in (options.topic or ["sizes"]):
            sizes(pair, options.events)
    finally:
        pair.stop()


if __name__ == "__main__":
    main()
