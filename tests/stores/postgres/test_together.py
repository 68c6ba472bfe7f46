"""Appends of several threads at once share a transaction, and each is still what it would be alone."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Literal

import psycopg
import pytest
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.session.commands import AddNote, Start
from rflow.core.session.events import Event, NoteAdded
from rflow.core.session.replay import replay
from rflow.errors import NotFound, StoreProblem
from rflow.ports.values import ConnectionLost, Stale
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores.postgres import appending
from rflow.stores.postgres.connection import group
from rflow.stores.postgres.connection.address import read_address
from rflow.stores.postgres.connection.group import ALONE, LOST, MOST, Group
from rflow.stores.postgres.store import PostgresStore
from support.stores import postgres
from support.stores.cutting_proxy import CuttingProxy
from support.stores.pooler import pgbouncer
from support.stores.stories import MORNING
from support.waiting import until

pytestmark = pytest.mark.slow

Work = Callable[[PostgresStore], object]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let those who wait wait until the test lets them go on."""
    monkeypatch.setattr(group, "WAIT", 100.0)


def start(store: PostgresStore, space: str = "leeds") -> str:
    """Start a session about a till."""
    return at(store, space).start(Start(title="Till is dark", space=space)).session


def at(store: PostgresStore, space: str = "leeds") -> LocalWorkspace:
    """Return what Ana can do there."""
    return LocalWorkspace(store, Actor(person=person("Ana Ruiz"), roles={space: "member"}), clock=lambda: MORNING)


def note(store: PostgresStore, session_id: str, text: str, *, space: str = "leeds") -> Work:
    """Return what appends a note that was decided now, as somebody who may see one space."""
    log = store.load(session_id)
    session, first = log.session, log.events[0]
    assert isinstance(first, Event)
    added = [replace(first, seq=session.version + 1, command_id="", fact=NoteAdded(text=text))]
    return lambda own: own.scoped([space]).append(replay(added, session), added, session.version, {}, stamp=log.stamp)


def notes(store: PostgresStore, session_id: str) -> list[str]:
    """Return the notes of a session."""
    return [note.text for note in store.load(session_id).session.notes.values()]


@contextmanager
def locked(url: str, *session_ids: str) -> Iterator[None]:
    """Lock sessions as a program does that is writing to them."""
    conninfo, _, schema = url.partition("&schema=")
    with psycopg.connect(conninfo) as db:
        db.execute(f"SET search_path = {schema}; SET rflow.spaces = '*'".encode())
        db.execute("SELECT FROM sessions WHERE id = ANY(%s) FOR UPDATE", (list(session_ids),))
        yield
        db.rollback()


class Threads:
    """Threads with a store each, the first of which waits for a lock, and the others for the first."""

    def __init__(self, store: PostgresStore, direct: str, url: str = "") -> None:
        self.store, self.direct, self.url = store, direct, url or direct
        self.busy = start(store)
        self.pool = ThreadPoolExecutor(40)

    @property
    def group(self) -> Group[appending.Append]:
        """Those who send to this store."""
        return appending._groups.setdefault(read_address(self.url), Group())

    def begin(self, work: Work) -> "Future[object]":
        """Do it in a thread with a store of its own, which is connected already."""

        def run() -> object:
            with closing(PostgresStore(self.url)) as own:
                own.standing(self.busy)
                return work(own)

        return self.pool.submit(run)

    def together(self, *works: Work, then: Callable[[], object] = lambda: None) -> "list[Future[object]]":
        """Let threads send while another one is in flight, so that they go together once it is done."""
        with locked(self.direct, self.busy):
            first = self.begin(note(self.store, self.busy, "first"))
            assert until(lambda: self.group._leader is not None and self.group._leader.taken)
            begun = []
            for number, work in enumerate(works, 1):
                begun.append(self.begin(work))
                assert until(lambda number=number: len(self.group._queue) == number)  # type: ignore[misc]
            then()
        first.result(60)
        return begun


@pytest.fixture
def threads(store: PostgresStore, url: str) -> Iterator[Threads]:
    """Threads at the store."""
    begun = Threads(store, url)
    yield begun
    begun.pool.shutdown()


def transactions(url: str, *session_ids: str) -> int:
    """Return in how many transactions sessions were last changed."""
    names = ", ".join(f"'{each}'" for each in session_ids)
    ((count,),) = postgres.execute(url, f"SELECT count(DISTINCT xmin::text) FROM sessions WHERE id IN ({names})")
    assert isinstance(count, int)
    return count


def test_appends_that_wait_together_are_one_transaction(store: PostgresStore, threads: Threads, url: str) -> None:
    sessions = [start(store) for _ in range(8)]
    for each in threads.together(*(note(store, each, "The lamp is red") for each in sessions)):
        each.result(60)
    assert [notes(store, each) for each in sessions] == [["The lamp is red"]] * 8
    assert (transactions(url, *sessions), transactions(url, threads.busy, *sessions)) == (1, 2)
    assert store.check() == []


def test_each_has_its_own_outcome(store: PostgresStore, threads: Threads) -> None:
    moved, gone, there = start(store), start(store), start(store)
    late, deleted, good = (note(store, each, "late") for each in (moved, gone, there))
    second = note(store, there, "the second of the same version")
    note(store, moved, "first")(store)
    store.delete(gone)
    begun = threads.together(late, deleted, good, second)
    for each, expected in zip(begun, (Stale, NotFound, type(None), Stale), strict=True):
        assert type(each.exception(60)) is expected
    assert (notes(store, moved), notes(store, there)) == (["first"], ["late"])


def test_each_sees_and_writes_what_its_own_actor_may(store: PostgresStore, threads: Threads, url: str) -> None:
    """However often the function ran: PostgreSQL keeps one plan for all after some five executions."""
    leeds, york = start(store), start(store, "york")
    for number in range(8):
        begun = threads.together(
            note(store, leeds, f"{number}"),
            note(store, york, "hidden", space="leeds"),
            note(store, york, f"{number}", space="york"),
            note(store, leeds, "hidden", space="york"),
            note(store, leeds, "hidden", space=""),
        )
        found = [type(each.exception(60)) for each in begun]
        assert found == [type(None), NotFound, type(None), NotFound, NotFound]
    assert notes(store, leeds) == notes(store, york) == [f"{number}" for number in range(8)]
    assert transactions(url, leeds, york) == 1


def test_one_that_fails_undoes_no_other(store: PostgresStore, threads: Threads) -> None:
    sessions = [start(store) for _ in range(3)]
    first, last = (note(store, each, "The lamp is red") for each in sessions[1:])
    log = store.load(sessions[0])
    moved = replace(log.session, space="york")

    def into_york(own: PostgresStore) -> None:
        own.scoped(["leeds"]).append(moved, [], log.session.version, {})

    refused, *others = threads.together(into_york, first, last)
    with pytest.raises(StoreProblem, match="a space that may not be changed here"):
        refused.result(60)
    for each in others:
        each.result(60)
    assert [notes(store, each) for each in sessions] == [[], ["The lamp is red"], ["The lamp is red"]]


def test_one_whose_session_was_rewritten_is_stale_and_holds_up_no_other(store: PostgresStore, threads: Threads) -> None:
    sessions = [start(store) for _ in range(3)]
    stale, *others = (note(store, each, "The lamp is red") for each in sessions)
    log = store.load(sessions[0])
    store.rewrite(log.session, log.events, log.session.version, log.stamp)
    refused, *begun = threads.together(stale, *others)
    with pytest.raises(Stale):
        refused.result(60)
    for each in begun:
        each.result(60)
    assert [notes(store, each) for each in sessions] == [[], ["The lamp is red"], ["The lamp is red"]]


@pytest.mark.parametrize("contents", [{}, {"0" * 64: b"lamp"}], ids=["one message", "with contents"])
def test_one_that_waits_for_a_rewrite_is_stale(
    store: PostgresStore, threads: Threads, url: str, contents: dict[str, bytes]
) -> None:
    """PostgreSQL looks at the row again that a statement has waited for, but at no other."""
    held = start(store)
    log = store.load(held)

    def late(own: PostgresStore) -> None:
        own.append(log.session, [], log.session.version, contents, stamp=log.stamp)

    conninfo, _, schema = url.partition("&schema=")
    with psycopg.connect(conninfo) as db:
        db.execute(f"SET search_path = {schema}; SET rflow.spaces = '*'".encode())
        db.execute("UPDATE sessions SET head = head WHERE id = %s", (held,))
        db.execute("INSERT INTO meta VALUES ('rewrites ' || %s, '1')", (held,))
        waiting = threads.begin(late)
        blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        assert until(lambda: postgres.execute(url, blocked) != [(0,)])
        db.commit()
    with pytest.raises(Stale):
        waiting.result(60)


def test_one_whose_session_is_locked_holds_up_no_other(store: PostgresStore, threads: Threads, url: str) -> None:
    held, free = start(store), start(store)
    with locked(url, held):
        waiting, done = threads.together(note(store, held, "later"), note(store, free, "at once"))
        done.result(60)
        assert (notes(store, free), waiting.done()) == (["at once"], False)
    waiting.result(60)
    assert notes(store, held) == ["later"]


def test_others_go_on_without_one_that_waits_for_a_lock(
    store: PostgresStore, threads: Threads, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "WAIT", 0.05)
    sessions = [start(store) for _ in range(4)]
    with locked(url, threads.busy):
        first = threads.begin(note(store, threads.busy, "first"))
        assert until(lambda: threads.group._leader is not None)
        for each in [threads.begin(note(store, each, "at once")) for each in sessions]:
            each.result(60)
        assert not first.done()
        note(store, sessions[0], "from the main thread")(store)
    first.result(60)
    assert notes(store, sessions[0]) == ["at once", "from the main thread"]


def test_any_text_arrives_as_it_was_written(store: PostgresStore, threads: Threads) -> None:
    tricky = "50% of 'it' \\ \" {x,y} NULL, \x00 \x1a %s ; COMMIT; -- é \U0001f5a8"
    spaces = ["50% off", 'it\'s \\ "%s"', "\x00york"]
    sessions = [start(store, space) for space in spaces]
    works = [note(store, each, tricky * n, space=spaces[n - 1]) for n, each in enumerate(sessions, 1)]
    for each in threads.together(*works):
        each.result(60)
    assert [notes(store, each) for each in sessions] == [[tricky], [tricky * 2], [tricky * 3]]
    assert store.check() == []


def test_appends_of_many_threads_are_each_there_once(
    store: PostgresStore, url: str, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "WAIT", 0.02)
    shared, sessions = start(store), [start(store) for _ in range(6)]

    def work(number: int) -> Work:
        def send(own: PostgresStore) -> None:
            for turn in range(25):
                at(own).send(sessions[number], AddNote(text=f"{turn}"))
                at(own).send(shared, AddNote(text=f"{turn} of {number}"))

        return send

    for each in [threads.begin(work(number)) for number in range(6)]:
        each.result(200)
    assert [notes(store, each) for each in sessions] == [[f"{turn}" for turn in range(25)]] * 6
    assert sorted(notes(store, shared)) == sorted(f"{turn} of {each}" for turn in range(25) for each in range(6))
    assert store.check() == []


# A pooler


@pytest.fixture
def pooled(url: str) -> Iterator[str]:
    """The URL of the store through PgBouncer, which has two connections for everybody."""
    with TemporaryDirectory(prefix="rflow-") as folder:
        Path(folder).chmod(0o777)
        with pgbouncer(Path(folder)):
            yield url.replace(str(postgres.server().folder), folder)


def test_through_a_pooler_each_of_a_transaction_has_its_own_outcome_and_sees_what_it_may(
    store: PostgresStore, url: str, pooled: str
) -> None:
    threads = Threads(store, url, pooled)
    leeds, york, moved, rewritten = start(store), start(store, "york"), start(store), start(store)
    for number in range(8):
        log = store.load(rewritten)
        works = [
            note(store, leeds, f"{number}"),
            note(store, york, "hidden", space="leeds"),
            note(store, york, f"{number}", space="york"),
            note(store, moved, f"{number}"),
            note(store, moved, "of the same version"),
            *([note(store, rewritten, "late")] if number == 7 else []),
        ]
        if number == 7:
            store.rewrite(log.session, log.events, log.session.version, log.stamp)
        found = [type(each.exception(60)) for each in threads.together(*works)]
        alone = number == 7  # none of them together, because one was rewritten: either note of the same version may win
        if alone:
            found[3:5] = sorted(found[3:5], key=lambda kind: kind is Stale)
        assert found == [type(None), NotFound, type(None), type(None), Stale, Stale][: len(works)]
        assert transactions(url, leeds, york, moved) == (3 if alone else 1)
    each = [f"{number}" for number in range(8)]
    assert notes(store, leeds) == notes(store, york) == each
    assert notes(store, moved) in (each, [*each[:7], "of the same version"])
    assert notes(store, rewritten) == []
    threads.pool.shutdown()
    assert store.check() == []


def test_through_a_pooler_many_threads_lose_nothing_and_mix_nothing(
    store: PostgresStore, url: str, pooled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "WAIT", 0.1)
    threads = Threads(store, url, pooled)
    spaces = ["leeds", "york"] * 4
    sessions = [start(store, space) for space in spaces]

    def work(number: int) -> Work:
        def send(own: PostgresStore) -> None:
            mine, other = at(own.scoped([spaces[number]]), spaces[number]), sessions[number - 1]
            for turn in range(15):
                mine.send(sessions[number], AddNote(text=f"{turn}"))
                with pytest.raises(NotFound):
                    mine.send(other, AddNote(text="hidden"))

        return send

    for each in [threads.begin(work(number)) for number in range(len(spaces))]:
        each.result(200)
    threads.pool.shutdown()
    assert [notes(store, each) for each in sessions] == [[f"{turn}" for turn in range(15)]] * len(spaces)
    assert threads.group.usable
    assert store.check() == []


# What may be missing or break


@pytest.mark.parametrize("may", [True, False])
def test_a_store_that_lacks_the_function_gets_it_or_does_without(
    store: PostgresStore, threads: Threads, url: str, may: bool
) -> None:
    sessions = [start(store) for _ in range(3)]
    create = f"CREATE ON SCHEMA {url.partition('schema=')[2]}"
    postgres.execute(
        url, "DROP FUNCTION append_each_unless_rewritten", *([] if may else [f"REVOKE {create} FROM rflow"])
    )
    for turn in range(2):
        works = [note(store, each, f"{turn}") for each in sessions]
        if turn and not may:
            assert not threads.group.usable
            for each in [threads.begin(work) for work in works]:
                each.result(60)
        else:
            for each in threads.together(*works):
                each.result(60)
    assert [notes(store, each) for each in sessions] == [["0", "1"]] * 3
    assert transactions(url, *sessions) == (1 if may else 3)


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("command_id", ["once", ""])
def test_a_connection_lost_meanwhile_is_lost_for_each(
    store: PostgresStore, url: str, cut: Literal["before", "after"], command_id: str
) -> None:
    """One with an id is sent again, and carried out once."""
    sessions = [start(store) for _ in range(4)]

    def sending(session_id: str) -> Work:
        return lambda own: at(own).send(session_id, AddNote(text="The lamp is red", command_id=command_id))

    with TemporaryDirectory(prefix="rflow-") as folder, closing_proxy(folder) as proxy:
        threads = Threads(store, url, url.replace(str(postgres.server().folder), folder))
        begun = threads.together(*map(sending, sessions), then=lambda: setattr(proxy, "cut", cut))
        found = [type(each.exception(60)) for each in begun]
        threads.pool.shutdown()
        assert proxy.cuts == 1
    assert found == [type(None) if command_id else ConnectionLost] * 4
    expected = ["The lamp is red"] if command_id or cut == "after" else []
    assert until(lambda: [notes(store, each) for each in sessions] == [expected] * 4)


@contextmanager
def closing_proxy(folder: str) -> Iterator[CuttingProxy]:
    """Run a proxy that cuts connections."""
    with closing(CuttingProxy(Path(folder), postgres.server().folder)) as proxy:
        yield proxy


def test_a_fork_has_nobody_to_wait_for(store: PostgresStore, threads: Threads, url: str) -> None:
    session_id = start(store)

    def child() -> None:
        def work() -> None:
            with closing(PostgresStore(url)) as own:
                note(own, session_id, "from the child")(own)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(60)
        os._exit(thread.is_alive())

    def forking(_: PostgresStore) -> None:
        process = get_context("fork").Process(target=child)
        process.start()
        process.join(100)
        assert process.exitcode == 0

    with locked(url, threads.busy):
        first = threads.begin(note(store, threads.busy, "first"))
        assert until(lambda: threads.group._leader is not None)
        threads.begin(forking).result(120)
    first.result(60)
    assert notes(store, session_id) == ["from the child"]


# Without a store


class Sending:
    """Sends numbers together: the first time when it is let go, and then at once."""

    def __init__(self) -> None:
        self.sent: list[list[int]] = []
        self.go = threading.Event()
        self.fails = False

    def __call__(self, items: Sequence[int]) -> list[str]:
        self.sent.append(list(items))
        if len(self.sent) == 1:
            assert self.go.wait(60)
        if self.fails and len(items) > 1:
            raise ConnectionLost("gone")
        return [ALONE if item % 10 == 9 else f"sent {item}" for item in items]


@pytest.mark.parametrize("fails", [False, True])
def test_no_more_than_a_bounded_number_go_together_and_nobody_is_left_waiting(*, fails: bool) -> None:
    numbers, sending = Group[int](), Sending()
    with ThreadPoolExecutor(MOST + 8) as pool:
        begun = [pool.submit(numbers.run, 0, sending)]
        assert until(lambda: sending.sent)
        begun += [pool.submit(numbers.run, each, sending) for each in range(1, MOST + 7)]
        assert until(lambda: len(numbers._queue) == MOST + 6)
        sending.fails = fails
        sending.go.set()
        raised = [each.exception(60) for each in begun]
    assert [len(each) for each in sending.sent] == [1, MOST, 6]
    if fails:
        leaders = [each[0] for each in sending.sent[1:]]
        assert [number for number, error in enumerate(raised) if error] == sorted(leaders)
        results = [each.result() for number, each in enumerate(begun) if number not in (0, *leaders)]
        assert set(results) == {LOST}
    else:
        expected = [ALONE if each % 10 == 9 else f"sent {each}" for each in range(MOST + 7)]
        assert [each.result() for each in begun] == expected


def test_each_is_sent_once_and_answered_however_the_threads_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where leaders fail, and where others take over all the time."""
    monkeypatch.setattr(group, "WAIT", 0.0005)
    pairs, sent = Group[tuple[int, int]](), list[tuple[int, int]]()
    random = Random(1)

    def send(items: Sequence[tuple[int, int]]) -> list[str]:
        sent.extend(items)
        time.sleep(random.choice([0, 0, 0.001]))
        if random.random() < 0.05:
            raise ConnectionLost(repr(items))
        return [repr(each) for each in items]

    def work(number: int) -> None:
        for turn in range(200):
            try:
                assert pairs.run((number, turn), send) in (repr((number, turn)), LOST)
            except ConnectionLost as error:
                assert repr((number, turn)) in str(error)

    with ThreadPoolExecutor(12) as pool:
        for each in [pool.submit(work, number) for number in range(12)]:
            each.result(120)
    assert sorted(sent) == [(number, turn) for number in range(12) for turn in range(200)]
    assert (pairs._leader, len(pairs._queue)) == (None, 0)
