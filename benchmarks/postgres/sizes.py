"""A store of a tenth of the events against one of all: appending, reading, finding, listing; a month dropped."""

import statistics
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from threading import Event, Thread

from benchmarks.postgres.pair import Pair
from benchmarks.postgres.team import at
from rflow.core.session.commands import AddNote, Start
from rflow.core.session.head import Query
from rflow.core.session.search.query import read_terms
from rflow.identity import new_id
from rflow.stores.postgres.connection.scope import EVERYTHING
from rflow.stores.postgres.store import PostgresStore
from rflow.stores.postgres.tables import partitions

MARCH = datetime(2025, 3, 15, tzinfo=UTC)
"""The sessions that are only there to be many began then."""

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
        _drop(pair, store, session, events)


def _drop(pair: Pair, store: PostgresStore, session: str, events: int) -> None:
    """Drop the month of all those events, while somebody reads and writes in another one."""
    longest, done = [0.0], Event()

    def work() -> None:
        with closing(PostgresStore(pair.url)) as other:
            while not done.is_set():
                took = _timed(lambda _: at(other).send(session, AddNote(text="note")), 0)
                longest.append(took)

    working = Thread(target=work)
    working.start()
    time.sleep(1)
    before, longest[:] = max(longest), [0.0]
    began = time.perf_counter()
    with store._database.scoped(EVERYTHING).writing() as db:
        db.execute(f"DROP TABLE {', '.join(f'{name}_2025_03' for name in partitions.TABLES)}".encode())
    took = time.perf_counter() - began
    done.set()
    working.join()
    print(
        f"a month of {events:,} events dropped, and its files returned, in {took:.2f} s; the longest command meanwhile "
        f"took {max(longest):.3f} s ({before:.3f} in the second before)",
        flush=True,
    )


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
