"""Notices of changes: after the commit, to every process that listens, soon; and what happens where one is lost."""

import queue
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.session.commands import AddNote, Start
from rflow.core.sharing import ShareWish
from rflow.errors import StoreProblem
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores.postgres.connection.address import read_address
from rflow.stores.postgres.connection.notices import Listener, channel
from rflow.stores.postgres.store import PostgresStore
from support.program import SCRIPT, Program
from support.stores import postgres
from support.stores.pooler import pgbouncer
from support.stores.stories import MORNING
from support.waiting import until
from support.web.server import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def ana(store: PostgresStore) -> LocalWorkspace:
    """What Ana can do."""
    return LocalWorkspace(store, Actor(person=person("Ana Ruiz")), clock=lambda: MORNING)


@contextmanager
def listening(url: str) -> Iterator["queue.Queue[str]"]:
    """Listen for changes; yield them once the listener is ready."""
    heard: queue.Queue[str] = queue.Queue()
    with closing(Listener(read_address(url), heard.put)):
        assert heard.get(timeout=10) == ""
        yield heard


def test_what_is_committed_is_heard_by_others_and_what_is_not_is_not(
    store: PostgresStore, ana: LocalWorkspace, url: str
) -> None:
    first = ana.start(Start(title="Till is dark")).session
    with listening(url) as heard:
        assert heard_after(heard, lambda: ana.send(first, AddNote(text="It hums"))) == {first}
        link = ana.create_share(ShareWish(session=first)).share
        assert heard_after(heard, lambda: ana.revoke_share(link.id)) == {first}
        assert heard_after(heard, lambda: fails(store)) == set()
        assert heard_after(heard, lambda: ana.delete(first)) == {first}
        started: list[str] = []
        news = heard_after(heard, lambda: started.append(ana.start(Start(title="Till is dark again")).session))
        assert news == set(started)


def fails(store: PostgresStore) -> None:
    """Change a session, and roll that back."""
    with pytest.raises(StoreProblem), store._database.writing() as db:
        db.execute("UPDATE sessions SET version = 99; SELECT 1/0")


def heard_after(heard: "queue.Queue[str]", work: Callable[[], object]) -> set[str]:
    """Return what is heard while and after something is done; what came before is left out."""
    time.sleep(0.5)
    while not heard.empty():
        heard.get()
    work()
    until(lambda: not heard.empty(), 2)
    time.sleep(0.2)
    return {heard.get() for _ in range(heard.qsize())}


def test_many_changes_at_once_are_one_notice(ana: LocalWorkspace, url: str) -> None:
    session = ana.start(Start(title="Till is dark")).session
    with listening(url) as heard:
        for number in range(20):
            ana.send(session, AddNote(text=f"note {number}"))
        assert heard.get(timeout=10) == session
        time.sleep(0.5)
        assert heard.qsize() < 19


def test_a_command_line_that_ends_at_once_has_sent_its_notifications(url: str, tmp_path: Path) -> None:
    program = Program(home=tmp_path, store=url)
    program.ok("start", "--title", "Till is dark")
    with listening(url) as heard:
        program.ok("note", "It hums")
        assert heard.get(timeout=10)


def test_the_listener_listens_again_after_a_restart_and_says_that_anything_may_have_changed(
    ana: LocalWorkspace, url: str
) -> None:
    session = ana.start(Start(title="Till is dark")).session
    with listening(url) as heard:
        postgres.server().restart("immediate")
        while heard.get(timeout=20):
            pass
        assert heard_after(heard, lambda: ana.send(session, AddNote(text="It hums"))) == {session}


def test_two_stores_in_a_database_hear_nothing_of_each_other(tmp_path: Path) -> None:
    addresses = [read_address(postgres.url(tmp_path, name)) for name in ("night", "day")]
    assert channel(addresses[0]) != channel(addresses[1])
    assert channel(addresses[0]) == channel(addresses[0].direct)


def test_the_listening_address_can_differ_from_the_writing_address() -> None:
    address = read_address("postgresql://rflow@pooler:6432/work?schema=leeds&sslmode=require&listen=db1,db2:5433")
    assert address.conninfo == "postgresql://rflow@pooler:6432/work?sslmode=require"
    assert "listen=db1,db2:5433" in address.shown.replace("%3A", ":")
    direct = address.direct.conninfo
    assert direct == "postgresql://rflow@/work?sslmode=require&host=db1,db2&port=5433"
    assert (address.direct.schema, address.direct.shown) == (address.schema, address.shown)


# Two servers of one store


@contextmanager
def serving(program: Program, folder: Path, name: str) -> Iterator[str]:
    """Run `rflow serve`; yield its URL."""
    port, log = free_port(), folder / f"{name}.log"
    with log.open("w") as file:
        words = [SCRIPT, "serve", "--port", str(port)]
        running = subprocess.Popen(words, env=dict(program.variables), stderr=file, stdout=file)
        try:
            assert until(lambda: '"event": "serving"' in log.read_text(), 30), log.read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait()


def test_pages_of_another_process_are_told_and_a_revoked_link_ends_there(url: str, tmp_path: Path) -> None:
    program = Program(home=tmp_path, store=url)
    program.ok("start", "--title", "Till is dark")
    token = program.ok("share", "create").out.strip().rpartition("/")[2]
    link = program.json("share", "list", "--all", "--json")[0]["id"]
    with serving(program, tmp_path, "server") as address:
        stream = f"{address}/share/{token}/events"
        with httpx.stream("GET", stream, timeout=20) as response:
            lines = response.iter_lines()
            assert "1" in next(line for line in lines if line.startswith("data:"))
            program.ok("note", "It hums")
            assert "2" in next(line for line in lines if line.startswith("data:"))
            program.ok("share", "revoke", link)
            assert next(line for line in lines if line.startswith("event:")) == "event: ended"
        assert httpx.get(f"{address}/share/{token}").status_code == 404


def test_where_no_notice_comes_a_page_is_told_by_the_second_look(url: str, tmp_path: Path) -> None:
    """LISTEN does nothing through a pooler, and this URL names no other address."""
    program = Program(home=tmp_path, store=url)
    program.ok("start", "--title", "Till is dark")
    token = program.ok("share", "create").out.strip().rpartition("/")[2]
    with tempfile.TemporaryDirectory(prefix="rflow-") as name:
        Path(name).chmod(0o777)
        pooled = Program(home=tmp_path, store=url.replace(str(postgres.server().folder), name))
        with (
            pgbouncer(Path(name)),
            serving(pooled, tmp_path, "pooled") as address,
            httpx.stream("GET", f"{address}/share/{token}/events", timeout=20) as response,
        ):
            lines = response.iter_lines()
            assert "1" in next(line for line in lines if line.startswith("data:"))
            program.ok("note", "It hums")
            assert "2" in next(line for line in lines if line.startswith("data:"))


def test_a_server_says_when_postgresql_has_no_room_for_it(url: str, tmp_path: Path) -> None:
    program = Program(home=tmp_path, store=url)
    program.ok("start", "--title", "Till is dark")
    with closing(PostgresStore(url)) as store:
        assert store.advice(10) == []
        assert "PostgreSQL allows 57 connections" in store.advice(100)[0]
    root = url.replace("rflow@", "postgres@")
    with serving(Program(home=tmp_path, store=root), tmp_path, "root"):
        assert until(lambda: "row-level security does not hold" in (tmp_path / "root.log").read_text())
