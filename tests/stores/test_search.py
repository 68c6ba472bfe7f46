"""The search index of a SQLite store: a file that is derived, shared by programs, damaged, in the way, or not there."""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from shutil import copy
from subprocess import PIPE, Popen
from time import sleep

import pytest
from msgspec.structs import replace

from rflow.core.session.events import Event, NoteAdded, SessionStarted, Stored, Unreadable
from rflow.core.session.head import Query
from rflow.core.session.search.query import read_terms
from rflow.errors import StoreProblem
from rflow.ports.stores import Store
from rflow.ports.values import Ranked
from rflow.stores import open_store
from rflow.stores.search import index as index_module
from rflow.stores.sqlite import search as search_module
from support.stores.faults import (
    as_unprivileged_user,
    files_with,
    fill,
    give_to_unprivileged_user,
    quick_folder,
    small_disk,
)
from support.stores.kinds import EVERY_KIND, url_in
from support.stores.stories import MORNING, events, more, session

SECRET = "hunter2passwordofthetill"
Opener = Callable[..., Store]


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where there is such a disk."""
    yield from quick_folder(tmp_path_factory)


@pytest.fixture
def opener(folder: Path) -> Iterator[Opener]:
    """Open the store in the folder as another program does; stores are closed after the test."""
    opened: list[Store] = []

    def again(place: Path = folder, kind: str = "sqlite") -> Store:
        opened.append(open_store(url_in(place, kind)))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


def session_id(number: int) -> str:
    """Return the id of a session."""
    return f"019a4711-0000-7000-8000-{number:012}"


def put(store: Store, number: int, *texts: str) -> str:
    """Store a session with a title and notes, and return its id."""
    title, *notes = texts
    story = events([SessionStarted(title=title), *(NoteAdded(text=text) for text in notes)])
    store.create(session(session_id(number), f"K7QM-{number:02}", story), story, {})
    return session_id(number)


def add(store: Store, number: int, text: str, **envelope: object) -> None:
    """Add a note to a session."""
    log = store.load(session_id(number))
    known = [event for event in log.events if isinstance(event, Event)]
    added = [replace(event, **envelope) for event in more(known, NoteAdded(text=text))]
    store.append(session(log.id, log.code, [*known, *added]), added, len(known), {})


def ranked(store: Store, words: str) -> Ranked:
    """Search, and wait for the index."""
    while (page := store.search(read_terms(words), Query(limit=1000))).building is not None:
        pass
    return page


def found(store: Store, words: str) -> list[int]:
    """Return the numbers of the sessions that match."""
    page = ranked(store, words)
    assert page.total == len(page.ids)
    return sorted(int(name[-12:]) for name in page.ids)


def index_of(folder: Path) -> Path:
    return folder / "night.db-search"


# A file that is derived


def test_the_index_is_a_file_of_its_own_that_only_its_user_can_read(folder: Path, opener: Opener) -> None:
    store = opener()
    put(store, 1, "Label printer")
    assert not index_of(folder).exists()
    assert found(store, "printer") == [1]
    assert index_of(folder).stat().st_mode & 0o777 == 0o600 or sys.platform == "win32"
    assert store.info().search == index_of(folder).stat().st_size
    assert sorted(path.name for path in folder.glob("*-journal")) == []


def test_searching_where_there_is_no_store_creates_nothing(folder: Path, opener: Opener) -> None:
    assert ranked(opener(), "printer") == Ranked()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("pragma", ["application_id = 7", "user_version = 99"])
def test_no_index_appears_beside_what_is_no_store_of_this_version(pragma: str, folder: Path, opener: Opener) -> None:
    put(opener(), 1, "Label printer")
    with closing(sqlite3.connect(folder / "night.db")) as db:
        db.execute(f"PRAGMA {pragma}")
    with pytest.raises(StoreProblem, match=r"not an rflow store|newer rflow"):
        opener().search(read_terms("printer"), Query())
    assert not index_of(folder).exists()


def test_a_lost_index_is_built_again(folder: Path, opener: Opener) -> None:
    put(opener(), 1, "Label printer")
    assert found(opener(), "printer") == [1]
    index_of(folder).unlink()
    assert found(opener(), "printer") == [1]


def test_an_index_that_is_up_to_date_is_not_written(folder: Path, opener: Opener) -> None:
    put(opener(), 1, "Label printer")
    assert found(opener(), "printer") == [1]
    before = index_of(folder).read_bytes()
    assert found(opener(), "printer") == found(opener(), "lab*") == [1]
    assert index_of(folder).read_bytes() == before


def test_a_backup_and_a_copy_hold_no_index_and_can_be_searched(folder: Path, opener: Opener) -> None:
    store = opener()
    put(store, 1, "Label printer")
    assert found(store, "printer") == [1]
    (folder / "backup").mkdir()
    store.backup(folder / "backup" / "night.db")
    assert [path.name for path in (folder / "backup").iterdir()] == ["night.db"]
    assert found(opener(folder / "backup"), "printer") == [1]


@pytest.mark.parametrize("content", [b"", b"no database at all" * 300, b"SQLite format 3\0" + b"x" * 5000])
def test_an_index_file_that_is_not_a_database_is_replaced(content: bytes, folder: Path, opener: Opener) -> None:
    put(opener(), 1, "Label printer")
    index_of(folder).write_bytes(content)
    assert ranked(opener(), "printer") == Ranked(ids=(session_id(1),), total=1)
    assert index_of(folder).read_bytes() != content


@pytest.mark.slow
def test_an_index_that_is_damaged_anywhere_is_replaced_or_right(folder: Path, opener: Opener) -> None:
    store = opener()
    for number in range(1, 30):
        put(store, number, f"Label printer {number}", "It hums" if number % 2 else "It rattles")
    hums, rattles = list(range(1, 30, 2)), list(range(2, 30, 2))
    assert found(store, "hums") == hums
    whole = index_of(folder).read_bytes()
    for start in range(0, len(whole), 4096):
        index_of(folder).write_bytes(whole[:start] + bytes(4096) + whole[start + 4096 :])
        again = opener()
        again.check()  # a search alone does not see all that is wrong
        assert (found(again, "hums"), found(again, "rattles")) == (hums, rattles), start
        again.close()
        index_of(folder).write_bytes(whole[: start + 100])
        again = opener()
        assert (found(again, "hums"), found(again, "rattles")) == (hums, rattles), start
        again.close()


def test_check_removes_a_damaged_index_and_calls_the_store_sound(folder: Path, opener: Opener) -> None:
    store = opener()
    put(store, 1, "Label printer")
    assert found(store, "printer") == [1]
    assert store.check() == []
    with closing(sqlite3.connect(index_of(folder))) as db:
        db.execute("DELETE FROM words_1_data WHERE id > 10")
        db.commit()
    (fault,) = store.check()
    assert (fault.severity, fault.where) == ("info", "night.db-search")
    assert "The search index is damaged" in fault.what
    assert not index_of(folder).exists()
    assert found(store, "printer") == [1]


@pytest.mark.parametrize("version", [0, index_module.VERSION + 1])
def test_an_index_of_another_version_is_replaced(version: int, folder: Path, opener: Opener) -> None:
    put(opener(), 1, "Label printer")
    assert found(opener(), "printer") == [1]
    with closing(sqlite3.connect(index_of(folder))) as db:
        db.execute("DROP TABLE state")
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()
    assert found(opener(), "printer") == [1]


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind != "postgres"])
def test_a_python_without_full_text_search_is_named(kind: str, opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opener(kind=kind)
    put(store, 1, "Label printer")
    monkeypatch.setattr(index_module, "_ENGINE", "fts9")
    with pytest.raises(StoreProblem, match="has no full-text search"):
        ranked(store, "printer")
    monkeypatch.undo()
    assert found(opener(kind=kind) if kind != "memory" else store, "printer") == [1]


@pytest.mark.skipif(sys.platform == "win32", reason="links and FIFOs of POSIX")
@pytest.mark.parametrize("kind", ["folder", "link", "fifo"])
def test_what_is_in_the_way_of_the_index_stays_and_search_works_without(
    kind: str, folder: Path, opener: Opener
) -> None:
    put(opener(), 1, "Label printer")
    elsewhere = folder / "somebody-elses"
    elsewhere.write_bytes(b"precious")
    match kind:
        case "folder":
            index_of(folder).mkdir()
        case "link":
            index_of(folder).symlink_to(elsewhere)
        case "fifo":
            os.mkfifo(index_of(folder))
    page = ranked(opener(), "printer")
    assert (page.ids, page.remark) == (
        (session_id(1),),
        "The search index is built again for each search, because night.db-search can't be used: it is not a plain "
        "file.",
    )
    assert elsewhere.read_bytes() == b"precious"


def test_where_nothing_can_be_written_a_search_works_and_says_that_it_is_slow(folder: Path) -> None:
    place = folder / "mine"
    place.mkdir()
    for searched_before in (False, True):
        with closing(open_store(url_in(place, "sqlite"))) as store:
            put(store, 1 + searched_before, "Label printer")
            if searched_before:
                assert found(store, "printer") == [1, 2]
        give_to_unprivileged_user(place, 0o500)
        folder.chmod(0o755)

        def search() -> str:
            with closing(open_store(url_in(place, "sqlite"))) as store:
                page = ranked(store, "printer")
                return f"{page.total} {page.remark}"

        said = as_unprivileged_user(search)
        place.chmod(0o700)
        if os.geteuid() == 0:
            for path in [place, *place.iterdir()]:
                os.chown(path, 0, 0)
        slow = " The search index is built again for each search, because the store's folder can't be written."
        assert said == ("2 " if searched_before else f"1{slow}")


@pytest.mark.slow
@pytest.mark.parametrize("leave", [0, 8192, 40_000])
def test_on_a_full_disk_a_search_works(leave: int, folder: Path) -> None:
    with small_disk(folder / "disk", "2m") as disk:
        with closing(open_store(url_in(disk, "sqlite"))) as store:
            for number in range(1, 20):
                put(store, number, "Label printer", f"It hums {number} " * 50)
            filler = fill(disk, leave)
            assert found(store, "printer") == list(range(1, 20))
            filler.unlink()
        with closing(open_store(url_in(disk, "sqlite"))) as store:
            assert ranked(store, "printer") == replace(ranked(store, "hums"), ids=ranked(store, "printer").ids)
            assert ranked(store, "printer").remark == ""


# What changed since


def test_a_store_that_another_took_the_place_of_is_searched_as_it_is(folder: Path, opener: Opener) -> None:
    store = opener()
    for number in range(1, 5):
        put(store, number, "Label printer", "It hums")
    assert found(store, "hums") == [1, 2, 3, 4]
    store.backup(folder / "earlier.db")
    for number in range(1, 5):
        add(store, number, "It rattles", at=MORNING + timedelta(hours=2))
    put(store, 5, "Scanner")
    assert (found(store, "rattles"), found(store, "scanner")) == ([1, 2, 3, 4], [5])
    store.close()
    for name in ("night.db", "night.db-wal", "night.db-shm"):
        (folder / name).unlink(missing_ok=True)
    copy(folder / "earlier.db", folder / "night.db")
    restored = opener()
    assert (found(restored, "rattles"), found(restored, "scanner"), found(restored, "hums")) == ([], [], [1, 2, 3, 4])
    for number in range(1, 5):  # the same versions as before
        add(restored, number, "It smokes", at=MORNING + timedelta(hours=3))
    assert (found(restored, "smokes"), found(restored, "rattles")) == ([1, 2, 3, 4], [])


def test_old_sessions_that_arrive_later_and_those_of_a_fast_clock_are_found(opener: Opener) -> None:
    store = opener()
    put(store, 1, "Label printer")
    assert found(store, "printer") == [1]
    put(store, 2, "Printer of last year")  # times of the past, as an import has
    assert found(store, "printer") == [1, 2]
    future = MORNING + timedelta(days=40_000)
    add(store, 1, "It hums", at=future)
    assert found(store, "hums") == [1]
    add(store, 1, "It rattles", at=future)  # the time of its last update stays the same
    assert found(store, "rattles") == [1]


def test_what_a_program_without_this_index_removed_is_gone_from_it(folder: Path, opener: Opener) -> None:
    store = opener()
    put(store, 1, "Label printer")
    put(store, 2, SECRET)
    assert found(store, SECRET) == [2]
    with closing(sqlite3.connect(folder / "night.db")) as db:
        for table, column in (("sessions", "id"), ("events", "session_id"), ("people", "session_id")):
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (session_id(2),))
        db.commit()
    assert found(store, SECRET) == []
    assert found(store, "printer") == [1]
    assert SECRET.encode() not in index_of(folder).read_bytes()


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_entries_of_a_newer_rflow_are_not_searched_and_break_nothing(kind: str, opener: Opener) -> None:
    store = opener(kind=kind)
    known = events([SessionStarted(title="Label printer"), NoteAdded(text="It hums")])
    put(store, 1, "Label printer", "It hums")
    strange: list[Stored] = [Unreadable(seq=3, reason="newer", raw=b'{"seq":3,"fact":{"type":"hologram"}}')]
    state = session(session_id(1), "K7QM-01", [*known, *strange])
    store.append(state, strange, 2, {})
    assert (found(store, "hums"), found(store, "hologram")) == ([1], [])


# Removing for good


@pytest.mark.parametrize("way", ["rewrite", "delete"])
@pytest.mark.parametrize("state", ["current", "behind", "half-built", "journal", "damaged", "other version"])
def test_an_erased_text_is_in_none_of_the_files(
    way: str,
    state: str,
    folder: Path,
    opener: Opener,
) -> None:
    store = opener()
    for number in range(2, 40):
        put(store, number, "Label printer", f"It hums {number}")
    put(store, 1, "Label printer", f"The password is {SECRET}")
    assert found(store, SECRET) == [1]
    assert index_of(folder).name in files_with(folder, SECRET.encode())
    match state:
        case "behind":
            add(store, 1, "It hums")
        case "half-built":
            with closing(sqlite3.connect(index_of(folder))) as db:
                db.execute("UPDATE state SET scanned = ?", (session_id(7),))
                db.commit()
        case "journal":
            index_of(folder).with_name("night.db-search-journal").write_bytes(SECRET.encode() * 100)
        case "damaged":
            whole = index_of(folder).read_bytes()
            index_of(folder).write_bytes(b"x" * 100 + whole[100:])
        case "other version":
            with closing(sqlite3.connect(index_of(folder))) as db:
                db.execute("PRAGMA user_version = 99")
                db.commit()
    if way == "delete":
        store.delete(session_id(1))
    else:
        story = events([SessionStarted(title="Label printer"), NoteAdded(text="[removed]")])
        story = [*story, *more(story, NoteAdded(text="redacted"))]
        version = len(store.load(session_id(1)).events)
        store.rewrite(session(session_id(1), "K7QM-01", story), story, version)
    assert files_with(folder, SECRET.encode()) == []
    assert found(store, SECRET) == []
    assert found(store, "printer") == list(range(2 if way == "delete" else 1, 40))
    assert files_with(folder, SECRET.encode()) == []


def test_while_another_program_keeps_the_index_locked_a_removal_is_said_to_be_unfinished(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(url_in(folder, "sqlite"), patience=0.2)) as store:
        put(store, 1, SECRET)
        assert found(store, SECRET) == [1]
        monkeypatch.setattr(Path, "unlink", _refuse)
        with closing(sqlite3.connect(index_of(folder), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StoreProblem, match="traces of the text are still"):
                store.delete(session_id(1))
            assert ranked(store, "printer").total == 0
        monkeypatch.undo()
        assert [fault.severity for fault in store.check()] == ["info"]
        assert files_with(folder, SECRET.encode()) == []


def _refuse(path: Path, missing_ok: bool = False) -> None:
    raise PermissionError("in use")


# Several programs, and building


def test_building_goes_on_where_it_stopped_and_returns_nothing_before_it_is_done(
    folder: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "SLICE", 0)
    store = opener()
    for number in range(1, 30):
        put(store, number, "Label printer")
    percents = []
    while (page := store.search(read_terms("printer"), Query())).building is not None:
        assert (page.ids, page.total) == ((), 0)
        percents.append(page.building)
        if len(percents) == 10:
            put(store, 30, "Label printer")
            add(store, 2, "It hums")
    assert percents == sorted(percents)
    assert len(percents) > 10
    assert page.total == 30
    assert found(store, "hums") == [2]


SEARCHING = """
import sys
from rflow.core.session.head import Query
from rflow.core.session.search.query import read_terms
from rflow.stores import open_store
store = open_store(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    while (page := store.search(read_terms(line), Query(limit=1000))).building is not None:
        pass
    print(page.total, len(page.ids), page.remark, flush=True)
"""


@pytest.mark.slow
def test_programs_that_search_together_while_one_writes_all_find_everything(folder: Path, opener: Opener) -> None:
    store = opener()
    for number in range(1, 300):
        put(store, number, f"Label printer {number}", "It hums " * 50)
    command = [sys.executable, "-c", SEARCHING, url_in(folder, "sqlite")]
    with ExitStack() as running:
        programs = [running.enter_context(Popen(command, stdin=PIPE, stdout=PIPE, text=True)) for _ in range(4)]
        for program in programs:
            assert program.stdin is not None
            program.stdin.write("printer\n" * 20)
            program.stdin.flush()
        for number in range(300, 340):
            put(store, number, "Label printer", "It rattles")
        said = [program.communicate()[0].splitlines() for program in programs]
    assert [program.returncode for program in programs] == [0] * 4
    for ready, *lines in said:
        assert (ready, len(lines)) == ("ready", 20)
        totals = [int(line.split()[0]) for line in lines]
        assert totals == sorted(totals)
        assert totals[0] >= 299
        assert [line.split() for line in lines] == [[str(total)] * 2 for total in totals]  # and no remark
    assert len(found(store, "rattles")) == 40


@pytest.mark.slow
def test_a_program_that_is_killed_while_it_builds_harms_nothing(folder: Path, opener: Opener) -> None:
    store = opener()
    for number in range(1, 400):
        put(store, number, f"Label printer {number}", "It hums " * 50)
    command = [sys.executable, "-c", SEARCHING, url_in(folder, "sqlite")]
    for pause in (0.0, 0.02, 0.05, 0.1, 0.2, 0.3):
        with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as program:
            assert program.stdin is not None
            assert program.stdout is not None
            assert program.stdout.readline() == "ready\n"
            program.stdin.write("printer\n")
            program.stdin.flush()
            sleep(pause)
            program.kill()
        assert len(found(opener(), "hums")) == 399
        index_of(folder).unlink()
