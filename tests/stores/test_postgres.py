"""What only a store in PostgreSQL has: a server that goes, a pooler, passwords, versions of its tables."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

import httpx
import pytest

from rflow.core.actors import Actor
from rflow.core.session.commands import AddNote, Start
from rflow.core.session.events import NoteAdded
from rflow.core.session.head import Query
from rflow.core.session.search.query import read_terms
from rflow.errors import StoreProblem, UsageProblem
from rflow.ports.stores import Store
from rflow.ports.values import ConnectionLost
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores import normal_url, open_store
from rflow.stores.postgres import store as store_module
from rflow.stores.postgres.connection import address, database, reconnecting
from rflow.stores.postgres.connection.address import shown
from rflow.stores.postgres.store import PostgresStore
from rflow.stores.postgres.tables import migrations, schema
from support.program import SCRIPT, Program
from support.stores import postgres
from support.stores.cutting_proxy import CuttingProxy
from support.stores.pooler import pgbouncer
from support.stores.stories import ANA, MORNING, evidence, more, session, short_story
from support.waiting import until

pytestmark = pytest.mark.slow

LEEDS = "019a4711-0000-7000-8000-000000000001"
CODE = "K7QM-2F"
SECRET = "hunter2-the-password-of-the-till"
WORDS = "hunter2 the password of the till"
"""The same as the search has it."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a new store."""
    return postgres.url(tmp_path, "night")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with a session about a printer in Leeds."""
    with closing(open_store(url)) as opened:
        put(opened)
        yield opened


@pytest.fixture
def ana(tmp_path: Path, url: str) -> Program:
    """Ana at her terminal."""
    return Program(home=tmp_path, store=url)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket, for everybody to use."""
    with tempfile.TemporaryDirectory(prefix="rflow-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def put(store: Store, *notes: str, session_id: str = LEEDS, code: str = CODE) -> None:
    """Store a session with notes."""
    story = short_story("Label printer", *notes)
    store.create(session(session_id, code, story), story, {})


def append(store: Store, text: str) -> None:
    """Add a note to the session."""
    before = list(store.load(LEEDS).events)
    added = more(before, NoteAdded(text=text))  # type: ignore[arg-type]
    store.append(session(LEEDS, CODE, before + added), added, len(before), {})  # type: ignore[operator]


def notes(store: Store) -> list[str]:
    """Return the notes of the session."""
    return [note.text for note in store.load(LEEDS).session.notes.values()]


def worker(task: str, url: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a process that works on a store; it says what the store acknowledged."""
    words = [sys.executable, "-m", "support.stores.worker", task, url, *arguments]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    begun = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
    assert begun.stdout is not None and begun.stdout.readline() == "ready\n"
    assert begun.stdin is not None
    begun.stdin.write("\n")
    begun.stdin.flush()
    return begun


def files_of_server_with(text: str) -> list[Path]:
    """Return the data files of the server that hold a text; its write-ahead log is no data file."""
    postgres.server().sql("CHECKPOINT")
    files = (postgres.server().data / "base").rglob("*")
    return [file for file in files if file.is_file() and text.encode() in file.read_bytes()]


# Writers and connections that end


def test_two_writers_of_a_session_lose_nothing(store: Store, url: str) -> None:
    racing = [worker("race", url, LEEDS, name, "40") for name in ("Ana", "Ben")]
    said = [line for each in racing for line in each.communicate(timeout=100)[0].splitlines()]
    assert len(said) == 80
    assert sorted(notes(store)) == sorted(said)
    assert store.check() == []


def test_a_writer_that_is_killed_loses_nothing_that_was_acknowledged(store: Store, url: str) -> None:
    for name in ("Ana", "Ben", "Chloé"):
        racing = worker("race", url, LEEDS, name, "1000")
        assert racing.stdout is not None
        said = [racing.stdout.readline() for _ in range(15)]
        racing.send_signal(signal.SIGKILL)
        said += racing.communicate()[0].splitlines(keepends=True)
        acknowledged = {line.strip() for line in said if line.endswith("\n")}
        assert acknowledged <= set(notes(store))
        assert len([note for note in notes(store) if note.startswith(name)]) <= len(acknowledged) + 1
    assert store.check() == []


def test_threads_that_are_killed_lose_nothing_that_was_acknowledged(store: Store, url: str) -> None:
    sessions = [f"019a4711-0000-7000-8000-00000000001{number}" for number in range(6)]
    for number, each in enumerate(sessions):
        put(store, session_id=each, code=f"K7QM-{number}G")
    racing = worker("together", url, *sessions, "1000")
    assert racing.stdout is not None
    said = [racing.stdout.readline() for _ in range(100)]
    racing.send_signal(signal.SIGKILL)
    said += racing.communicate()[0].splitlines(keepends=True)
    acknowledged = {line.strip() for line in said if line.endswith("\n")}

    def saved() -> set[str]:
        return {f"{each} {note.text}" for each in sessions for note in store.load(each).session.notes.values()}

    assert acknowledged <= saved()
    assert len(saved()) <= len(acknowledged) + len(sessions)
    assert store.check() == []


def test_commands_survive_a_server_that_crashes_and_comes_back(store: Store, url: str) -> None:
    """Those with an id are sent again by whoever sent them, until they are acknowledged: each counts once."""
    done: list[str] = []
    workspace = LocalWorkspace(store, Actor(person=ANA), clock=lambda: MORNING)

    def work() -> None:
        for number in range(60):
            command = AddNote(text=f"note {number}", command_id=f"id {number}")
            while len(done) == number:
                with suppress(StoreProblem):
                    workspace.send(LEEDS, command, {})
                    done.append(command.text)

    writing = threading.Thread(target=work)
    writing.start()
    for mode, number in (("immediate", 5), ("fast", 20), ("immediate", 40)):
        assert until(lambda number=number: len(done) > number)  # type: ignore[misc]
        postgres.server().restart(mode)
    writing.join(timeout=100)
    assert notes(store) == done == [f"note {number}" for number in range(60)]
    assert store.check() == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the server's processes in /proc")
def test_a_server_that_is_killed_under_writers_loses_nothing_that_was_acknowledged(store: Store, url: str) -> None:
    """Four writers, each with its own session; the server and all its processes are killed twice."""
    acknowledged: list[list[str]] = [[] for _ in range(4)]
    stop = threading.Event()

    def work(number: int) -> None:
        with closing(open_store(url)) as own:
            workspace = LocalWorkspace(own, Actor(person=ANA), clock=lambda: MORNING)
            session_id = workspace.start(Start(title=f"Till {number}", command_id=f"till {number}")).session
            while not stop.is_set():
                text = f"{number} {len(acknowledged[number])}"
                with suppress(StoreProblem):
                    workspace.send(session_id, AddNote(text=text, command_id=text), {})
                    acknowledged[number].append(text)

    writing = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in writing:
        thread.start()
    for _ in range(2):
        reached = [len(each) + 10 for each in acknowledged]
        assert until(lambda reached=reached: all(len(a) > b for a, b in zip(acknowledged, reached, strict=True)), 60)  # type: ignore[misc]
        postgres.server().kill()
        postgres.server().start()
    stop.set()
    for thread in writing:
        thread.join(timeout=60)
    stored = {head.title: store.load(head.id).session.notes.values() for head in store.heads(Query()).heads}
    for number, texts in enumerate(acknowledged):
        assert [note.text for note in stored[f"Till {number}"]][: len(texts)] == texts
        assert len(stored[f"Till {number}"]) <= len(texts) + 1
    assert store.check() == []


def test_a_connection_that_was_lost_while_idle_is_opened_again_unnoticed(store: Store) -> None:
    notes(store)
    postgres.server().restart("fast")
    append(store, "The till is dark")
    postgres.server().restart("immediate")
    assert notes(store) == ["The till is dark"]


@pytest.fixture
def proxy(folder: Path) -> Iterator[CuttingProxy]:
    """A proxy that cuts connections."""
    begun = CuttingProxy(folder, postgres.server().folder)
    yield begun
    begun.close()


@pytest.fixture
def through(proxy: CuttingProxy, folder: Path, store: Store, url: str) -> Iterator[Store]:
    """The same store, through the proxy."""
    with closing(open_store(url.replace(str(postgres.server().folder), str(folder)))) as opened:
        yield opened


@pytest.mark.parametrize(("cut", "saved"), [("before", []), ("after", ["The till is dark"])])
def test_a_connection_lost_at_the_commit_leaves_it_open_whether_it_was_saved(
    through: Store, proxy: CuttingProxy, store: Store, cut: str, saved: list[str]
) -> None:
    proxy.cut = cut  # type: ignore[assignment]
    with pytest.raises(ConnectionLost, match="may have been saved, or not"):
        append(through, "The till is dark")
    assert until(lambda: notes(store) == saved)
    assert notes(through) == saved
    assert proxy.cuts == 1


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_command_with_an_id_is_sent_again_and_carried_out_once(
    through: Store, proxy: CuttingProxy, store: Store, cut: str
) -> None:
    workspace = LocalWorkspace(through, Actor(person=ANA), clock=lambda: MORNING)
    proxy.cut = cut  # type: ignore[assignment]
    workspace.send(LEEDS, AddNote(text="The till is dark", command_id="once"), {})
    assert notes(store) == ["The till is dark"]
    proxy.cut = cut  # type: ignore[assignment]
    started = workspace.start(Start(title="VPN drops", command_id="start once"))
    assert sorted(store.ids()) == sorted([LEEDS, started.session])
    assert proxy.cuts == 2


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_command_without_an_id_is_not_sent_again(through: Store, proxy: CuttingProxy, store: Store, cut: str) -> None:
    workspace = LocalWorkspace(through, Actor(person=ANA), clock=lambda: MORNING)
    proxy.cut = cut  # type: ignore[assignment]
    with pytest.raises(ConnectionLost):
        workspace.send(LEEDS, AddNote(text="The till is dark"), {})
    assert until(lambda: len(notes(store)) == (cut == "after"))


def test_a_connection_that_was_lost_in_silence_is_opened_again_before_an_append(
    through: Store, proxy: CuttingProxy, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(store.load(LEEDS).events)
    added = more(before, NoteAdded(text="The till is dark"))  # type: ignore[arg-type]
    after = session(LEEDS, CODE, before + added)  # type: ignore[operator]
    through.load(LEEDS)
    proxy.forget()
    with pytest.raises(ConnectionLost):
        through.append(after, added, len(before), {})  # it was in use a moment ago
    through.load(LEEDS)
    proxy.forget()
    monkeypatch.setattr(reconnecting, "UNUSED", 0.0)
    through.append(after, added, len(before), {})
    assert notes(store) == ["The till is dark"]


def test_a_connection_in_use_is_not_tried_before_each_message(through: Store, proxy: CuttingProxy) -> None:
    append(through, "The till is dark")
    assert isinstance(through, PostgresStore)
    through._database.connection.checked()
    begun = proxy.messages
    assert through._database.connection.checked() is through._database.connection.checked()
    assert proxy.messages == begun


def test_a_server_that_is_not_there_is_named_with_a_way_on(ana: Program) -> None:
    refused = ana.at(store="postgresql://ana:hunter2@/rflow?host=/nowhere").run("list")
    assert refused.code == 8
    assert "can't be reached at postgresql://ana@/rflow?host=/nowhere" in refused.err
    assert "Try again in a moment" in refused.err
    assert "hunter2" not in refused.err


# A pooler


def test_a_pooler_may_give_every_transaction_another_connection(store: Store, url: str, folder: Path) -> None:
    """Six programs share two connections of the server, for notes and for a removal."""
    with pgbouncer(folder):
        pooled = url.replace(str(postgres.server().folder), str(folder))
        racing = [worker("race", pooled, LEEDS, f"writer {number}", "15") for number in range(6)]
        said = [line for each in racing for line in each.communicate(timeout=100)[0].splitlines()]
        assert len(said) == 90
        with closing(open_store(pooled)) as opened:
            assert sorted(notes(opened)) == sorted(said)
            put(opened, SECRET, session_id="019a4711-0000-7000-8000-000000000002", code="VPNX-01")
            opened.delete("019a4711-0000-7000-8000-000000000002")
            assert opened.check() == []
    assert files_of_server_with(SECRET) == []


def test_a_pooler_mixes_no_scopes(store: Store, url: str, folder: Path) -> None:
    """Eight readers of two spaces share two connections of the server."""
    for space in ("leeds", "york"):
        workspace = LocalWorkspace(store, Actor(person=ANA, roles={space: "member"}), clock=lambda: MORNING)
        workspace.start(Start(title=f"Till in {space}", space=space))
    seen: dict[str, set[str]] = {"leeds": set(), "york": set()}
    with pgbouncer(folder):
        pooled = url.replace(str(postgres.server().folder), str(folder))

        def read(space: str) -> None:
            with closing(open_store(pooled)) as opened:
                for _ in range(30):
                    seen[space].update(head.title for head in opened.scoped([space]).heads(Query()).heads)
                    assert opened.scoped([space]).search(read_terms("till"), Query()).total == 1

        reading = [threading.Thread(target=read, args=(space,)) for space in ("leeds", "york") * 4]
        for thread in reading:
            thread.start()
        for thread in reading:
            thread.join(timeout=60)
    assert seen == {"leeds": {"Till in leeds"}, "york": {"Till in york"}}


# Removing for good


def test_what_was_removed_is_in_no_data_file(store: Store) -> None:
    append(store, SECRET)
    assert store.search(read_terms(SECRET), Query()).total == 1
    assert files_of_server_with(WORDS) != []
    digest = sha256(SECRET.encode() * 1000).hexdigest()
    story = [*short_story("Label printer"), *more(short_story("Label printer"), evidence(SECRET.encode() * 1000))]
    store.create(session("second", "VPNX-01", story), story, {digest: SECRET.encode() * 1000})
    assert files_of_server_with(SECRET) != []
    clean = short_story("Label printer", "[removed]")
    store.rewrite(session(LEEDS, CODE, clean), clean, 2)
    store.delete("second")
    assert files_of_server_with(SECRET) == files_of_server_with(WORDS) == []
    assert store.check() == []


def test_what_others_may_still_read_is_erased_when_they_have_finished(store: Store, url: str) -> None:
    append(store, SECRET)
    with closing(PostgresStore(url)) as reader, reader._database.holding():
        assert notes(reader) == [SECRET]
        with pytest.raises(StoreProblem, match="traces of the text are still in the data files"):
            store.delete(LEEDS)
        assert list(store.ids()) == []
        assert [fault.severity for fault in store.check()] == ["error"]
    assert [fault.severity for fault in store.check()] == ["info"]
    assert store.check() == []
    assert files_of_server_with(SECRET) == []


# The tables


def test_looking_at_a_database_leaves_nothing_in_it(url: str, ana: Program) -> None:
    assert ana.ok("list").out == ""
    with closing(open_store(url)) as opened:
        assert opened.info().sessions == 0
    assert "There is no store at postgresql://" in ana.run("store", "info").err
    name = url.partition("schema=")[2]
    assert postgres.execute(url, f"SELECT count(*) FROM pg_namespace WHERE nspname = '{name}'") == [(0,)]


def test_two_stores_in_a_database_know_nothing_of_each_other(store: Store, tmp_path: Path) -> None:
    with closing(open_store(postgres.url(tmp_path, "day"))) as other:
        put(other, "of the day")
        assert notes(other) == ["of the day"]
        assert notes(store) == []


def test_the_role_of_these_tests_may_no_more_than_it_should(url: str) -> None:
    sql = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert postgres.execute(url, sql) == [(False, False)]


def test_a_role_that_may_not_create_tables_gets_an_error_with_the_missing_grants(tmp_path: Path) -> None:
    with suppress(Exception):
        postgres.server().sql("CREATE ROLE guest LOGIN")
    url = postgres.url(tmp_path, "night").replace("rflow@", "guest@")
    with closing(open_store(url)) as opened, pytest.raises(StoreProblem, match="GRANT CREATE ON DATABASE"):
        put(opened)


def test_the_tables_of_a_newer_rflow_are_left_alone_even_while_open(store: Store, url: str) -> None:
    postgres.execute(url, "UPDATE meta SET value = '99'")
    calls: list[Callable[[], object]] = [lambda: notes(store), lambda: append(store, "x"), lambda: store.delete(LEEDS)]
    for call in calls:
        with pytest.raises(StoreProblem, match="has format 99, which is from a newer rflow"):
            call()
    postgres.execute(url, "UPDATE meta SET value = '2'")
    assert notes(store) == []


def test_the_tables_of_an_older_rflow_are_upgraded_on_command_and_once(
    store: Store, url: str, ana: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = count()

    def add_a_column(db: object) -> None:
        db.execute("ALTER TABLE sessions ADD COLUMN colour text")  # type: ignore[attr-defined]
        next(steps)

    monkeypatch.setattr(migrations, "MIGRATIONS", (migrations.Migration(3, "colours", add_a_column),))
    for module in (schema, database, store_module):
        monkeypatch.setattr(module, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(database, "OLDEST_USABLE", 3)
    refused = ana.run("list")
    assert (refused.code, "run rflow store upgrade" in refused.err) == (8, True)
    upgrading = [threading.Thread(target=upgrade, args=(url,)) for _ in range(4)]
    for thread in upgrading:
        thread.start()
    for thread in upgrading:
        thread.join()
    assert next(steps) == 1
    assert ana.ok("store", "upgrade").err == "The store is up to date.\n"
    assert CODE in ana.ok("list", "--all").out


def upgrade(url: str) -> None:
    """Upgrade a store on a connection of its own."""
    with closing(PostgresStore(url)) as store:
        store.upgrade()


def test_an_upgrade_says_from_where_to_where(store: Store, url: str, ana: Program) -> None:
    postgres.execute(url, "UPDATE meta SET value = '0' WHERE name = 'format'")
    assert "has the tables of an older rflow (format 0; this one uses 2)" in ana.run("list").err


def test_a_stamp_changes_when_somebody_else_writes(store: Store, url: str) -> None:
    with closing(open_store(url)) as other:
        before = other.stamp()
        assert other.stamp() == before
        append(store, "The till is dark")
        assert other.stamp() != before


def test_a_customer_may_have_a_longer_name_than_an_index_takes(ana: Program) -> None:
    ana.ok("start", "--title", "Till", "--customer", "Leeds " + "é" * 2000)
    assert ana.ok("list", "--customer", "Leeds " + "É" * 2000).out != ""


# Copies


def test_a_store_is_copied_to_postgresql_and_back_with_everything(ana: Program, url: str, tmp_path: Path) -> None:
    first, back = f"sqlite://{tmp_path}/first.db", f"sqlite://{tmp_path}/back.db"
    here = ana.at(store=first)
    here.ok("demo")
    here.ok("start", "--title", "Till in York")
    here.ok("note", "with a \x1b[31mcolour\x1b[0m, a NUL is impossible")
    here.ok("user", "add", "Root", "--admin")
    here.ok("space", "add", "York")
    here.ok("start", "--title", "Scanner in York", "--space", "york")
    here.ok("share", "create")
    for source, target in ((first, url), (url, back)):
        assert "Copied and verified" in ana.ok("store", "copy", source, target).err
    codes = [each["code"] for each in here.json("list", "--all", "--json")]
    assert codes
    for code in codes:
        assert ana.at(store=back).show(code) == here.show(code) == ana.show(code)
    for words in (("space", "list"), ("user", "list"), ("share", "list", "--all"), ("audit",)):
        assert ana.at(store=back).ok(*words).out == here.ok(*words).out == ana.ok(*words).out != ""
    assert "Copied and verified" in ana.ok("store", "copy", back, url).err
    assert ana.ok("store", "check").err == "The store is sound.\n"


# Passwords


def test_a_password_is_shown_nowhere(tmp_path: Path, url: str) -> None:
    secret = url.replace("rflow@", f"rflow:{SECRET}@")
    ana = Program(home=tmp_path, environ={"RFLOW_STORE": secret})
    said = [ana.run("start", "--title", "Till is dark"), ana.run("note", "x"), ana.run("store", "info")]
    said += [ana.run("store", "check"), ana.run("store", "info", "--json"), ana.run("config", "get", "store")]
    said += [ana.run("config", "list"), ana.run("config", "list", "--json"), ana.run("show")]
    said += [ana.run("config", "set", "store", secret), ana.run("share", "create"), ana.run("prompt")]
    said += [ana.run("--store", secret, "list"), ana.run("--store", secret, "step", "x", "-s", "nothing")]
    said += [ana.run("store", "copy", secret, str(tmp_path / "copy.db")), ana.run("store", "upgrade")]
    said += [ana.run("--store", secret, "start", "--title", "Another")]
    assert [each.code for each in said].count(0) >= 12
    assert not [each for each in said if SECRET in each.out + each.err]
    state = [file for file in tmp_path.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    assert [(file.name, file.stat().st_mode & 0o777) for file in state] == [("config.toml", 0o600)]


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ana:{SECRET}/x@db/work",
        f"postgresql://ana:{SECRET}?x@db/work",
        f"postgresql://ana:{SECRET}#x@db/work",
        f"postgresql://ana:{SECRET}@db/work?schema=No Name",
        f"postgresql://ana:{SECRET}@db/work?no_such_option=1",
        f"postgresql:ana:{SECRET}@db",
        f"postgresql://ana:{SECRET}@[db/work",
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated(url: str, ana: Program) -> None:
    result = ana.at(store=url).run("list")
    assert result.code == 2
    assert SECRET not in result.err


def test_a_url_has_a_normal_form_and_one_to_show() -> None:
    url = "postgres://ana:hunter2@db.example.com:5433/work?sslpassword=hunter3&schema=leeds&sslmode=require"
    assert normal_url(url) == url.replace("postgres:", "postgresql:")
    assert shown(url) == "postgresql://ana@db.example.com:5433/work?schema=leeds&sslmode=require"
    read = address.read_address(url)
    assert read.schema == "leeds"
    assert read.conninfo == normal_url(url).replace("&schema=leeds", "")
    with pytest.raises(UsageProblem, match="plain name"):
        shown("postgresql://db/work?schema=pg_catalog")


# A server of links


def test_links_work_again_when_the_database_does(ana: Program, store: Store, tmp_path: Path) -> None:
    with serving(ana, tmp_path) as port:
        address = ana.ok("-s", CODE, "share", "create").out.strip()
        link = f"http://127.0.0.1:{port}/share/{address.rpartition('/')[2]}.txt"
        append(store, "The till is dark")
        assert "The till is dark" in httpx.get(link).text
        postgres.server().stop("fast")
        try:
            assert httpx.get(link, timeout=60).status_code == 503
            assert httpx.get(f"http://127.0.0.1:{port}/robots.txt").status_code == 200
        finally:
            postgres.server().start()
        assert "The till is dark" in httpx.get(link).text
        ana.ok("share", "revoke", store.shares.listed()[0].share.id)
        assert httpx.get(link).status_code == 404


@contextmanager
def serving(ana: Program, folder: Path) -> Iterator[int]:
    """Run `rflow serve` on some port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    log = folder / "serve.log"
    with log.open("w") as file:
        words = [SCRIPT, "serve", "--port", str(port)]
        running = subprocess.Popen(words, env=dict(ana.variables), stderr=file, stdout=file)
        try:
            assert until(lambda: '"event": "serving"' in log.read_text(), 30), log.read_text()
            yield port
        finally:
            running.terminate()
            running.wait()
