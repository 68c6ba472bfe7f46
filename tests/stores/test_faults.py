"""Stores under fire: races, crashes, full and read-only disks, damage, newer versions, what must be forgotten."""

import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random

import msgspec
import pytest

from rflow.core.session.events import Event, NoteAdded, SessionStarted, Stored, Unreadable
from rflow.core.session.head import Query
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.tree.model import canonical
from rflow.errors import StoreProblem
from rflow.ports.stores import Store
from rflow.stores import open_store
from rflow.stores.folder.store_folder import StoreFolder
from support.nightly import NIGHTLY
from support.reading import named_tree
from support.stores.faults import (
    Worker,
    as_unprivileged_user,
    files_with,
    fill,
    give_to_unprivileged_user,
    make_read_only,
    quick_folder,
    run_all,
    small_disk,
    snapshot,
)
from support.stores.kinds import FILE_KINDS, url_in
from support.stores.stories import (
    ANA,
    LPSTAT,
    LPSTAT_DIGEST,
    MORNING,
    PRINTER,
    events,
    evidence,
    more,
    session,
    short_story,
    whole_story,
)
from support.stores.worker import Told, act, plan

pytestmark = pytest.mark.slow

LEEDS, VPN = "019a4711-0000-7000-8000-000000000001", "019a4711-0000-7000-8000-000000000002"
SECRET = "hunter2-the-password-of-the-till"
Opener = Callable[..., Store]


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where there is such a disk."""
    yield from quick_folder(tmp_path_factory)


@pytest.fixture
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on a disk that takes its time to flush."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(params=FILE_KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kinds of stores that have files."""
    return str(request.param)


@pytest.fixture
def opener() -> Iterator[Opener]:
    """Open stores that are closed after the test."""
    opened: list[Store] = []

    def again(url: str, patience: float = 10) -> Store:
        opened.append(open_store(url, patience=patience))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


def put(store: Store, story: list[Event], code: str = "K7QM-2F", session_id: str = LEEDS) -> Session:
    """Store a session that went like `story`, with the content it may name."""
    state = session(session_id, code, story)
    blobs = {LPSTAT_DIGEST: LPSTAT} if any(e.what.digest == LPSTAT_DIGEST for e in state.evidence.values()) else {}
    store.create(state, story, blobs)
    return state


def add(store: Store, session_id: str, text: str) -> Event:
    """Add a note to a session as it stands."""
    log = store.load(session_id)
    added = more([event for event in log.events if isinstance(event, Event)], NoteAdded(text=text))
    state = replay(log.events, Session(id=log.id, code=log.code))
    store.append(replay(added, state), added, state.version, {})
    return added[0]


def two_sessions(store: Store) -> None:
    """Store a tree, the whole story with its content, and a short one."""
    store.add_tree(canonical(PRINTER), MORNING)
    put(store, whole_story())
    put(store, short_story("VPN drops every hour", "guest network only"), code="P3XW-9T", session_id=VPN)


def wrong(store: Store) -> list[str]:
    """Say what `check` finds wrong."""
    return [f"{fault.where}: {fault.what}" for fault in store.check() if fault.severity != "info"]


# Races


def test_eight_writers_of_one_session_lose_nothing_and_none_fails(kind: str, on_disk: Path, opener: Opener) -> None:
    url, count = url_in(on_disk, kind), 200 if NIGHTLY else 50
    store = opener(url)
    put(store, short_story("Core switch in Leeds is down"))
    workers = [Worker("race", url, LEEDS, f"engineer {number}", count) for number in range(8)]
    assert run_all(workers) == [0] * 8
    log = store.load(LEEDS)
    notes = [event.fact.text for event in log.events if isinstance(event, Event) and isinstance(event.fact, NoteAdded)]
    assert sorted(notes) == sorted(note for worker in workers for note in worker.acknowledged)
    assert (len(set(notes)), [event.seq for event in log.events]) == (8 * count, list(range(1, 8 * count + 2)))
    assert store.heads(Query()).heads[0].notes == 8 * count
    assert wrong(store) == []


def test_eight_programs_that_make_a_new_store_at_once_all_succeed(kind: str, tmp_path: Path, opener: Opener) -> None:
    url = url_in(tmp_path / "new" / "folder", kind)
    workers = [Worker("create", url, number) for number in range(8)]
    assert run_all(workers) == [0] * 8
    store = opener(url)
    assert sorted(store.ids()) == [f"id-{number}" for number in range(8)]
    assert store.check() == []


# Crashes


@pytest.mark.parametrize("seed", range(50 if NIGHTLY else 10))
def test_what_was_acknowledged_survives_kill_9(kind: str, on_disk: Path, opener: Opener, seed: int) -> None:
    url = url_in(on_disk, kind)
    worker = Worker("work", url, seed)
    worker.wait_until_ready()
    worker.go()
    time.sleep(Random(seed).uniform(0.01, 0.4))
    worker.kill()
    worker.finish()
    told: Told = {}
    steps = list(islice(plan(seed), len(worker.acknowledged) + 1))
    for step in steps[:-1]:
        act(None, told, step)
    store = opener(url)
    there = {session_id: list(store.load(session_id).events) for session_id in store.ids()}
    if there != told:
        act(None, told, steps[-1])  # It had been done, but not been said yet.
    assert there == told
    assert [line for line in wrong(store) if "Its last line is incomplete" not in line] == []
    assert {head.id: head.version for head in store.heads(Query(limit=99)).heads} == {
        session_id: len(story) for session_id, story in told.items()
    }
    for session_id, story in told.items():
        for piece in session(session_id, "", story).evidence.values():
            assert sha256(store.blob(session_id, piece.what.digest)).hexdigest() == piece.what.digest
        add(store, session_id, "it goes on")
    assert wrong(store) == []


# A full disk


def test_a_full_disk_refuses_a_write_and_harms_nothing(kind: str, tmp_path: Path, opener: Opener) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        store = opener(url_in(disk, kind))
        put(store, short_story("Backup server"))
        written, problem = 0, None
        filler = fill(disk, leave=100_000)
        while problem is None and written < 200:
            try:
                add(store, LEEDS, f"{written} " + "x" * 5000)
                written += 1
            except StoreProblem as caught:
                problem = caught
        assert problem is not None
        assert "disk is full" in str(problem)
        assert store.heads(Query()).heads[0].notes == len(store.load(LEEDS).events) - 1 == written
        again = opener(store.url)
        assert len(again.load(LEEDS).events) == written + 1
        filler.unlink()
        add(store, LEEDS, "there is room again")
        assert store.check() == []
        assert len(opener(store.url).load(LEEDS).events) == written + 2
        store.close()
        again.close()


def test_evidence_that_does_not_fit_is_refused_whole(kind: str, tmp_path: Path, opener: Opener) -> None:
    content = os.urandom(2_000_000)
    with small_disk(tmp_path / "disk", "1m") as disk:
        store = opener(url_in(disk, kind))
        story = short_story("Backup server")
        state = put(store, story)
        added = more(story, evidence(content))
        with pytest.raises(StoreProblem, match="disk is full"):
            store.append(replay(added, state), added, 1, {sha256(content).hexdigest(): content})
        assert list(store.load(LEEDS).events) == story
        assert store.info().blobs == 0
        add(store, LEEDS, "a note still fits")
        assert store.check() == []
        store.close()


def test_a_new_store_does_not_fit_on_a_full_disk_and_leaves_nothing(kind: str, tmp_path: Path, opener: Opener) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        filler = fill(disk)
        store = opener(url_in(disk, kind))
        with pytest.raises(StoreProblem, match="full"):
            put(store, short_story("Backup server"))
        assert list(store.ids()) == []
        filler.unlink()
        store.close()
        assert [file.name for file in disk.rglob("*.new")] == []


def test_a_removal_on_a_full_disk_stands_or_does_not_and_is_finished_later(
    kind: str, tmp_path: Path, opener: Opener
) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        store = opener(url_in(disk, kind))
        put(store, short_story("Till", f"password is {SECRET}", *("x" * 9000 for _ in range(50))))
        filler = fill(disk)
        with pytest.raises(StoreProblem):
            store.delete(LEEDS)
        filler.unlink()
        if list(store.ids()):
            store.delete(LEEDS)
        assert wrong(store) == []
        assert files_with(disk, SECRET.encode()) == []
        store.close()


def test_a_store_that_crashed_and_does_not_fit_its_disk_says_that_the_disk_is_full(
    tmp_path: Path, opener: Opener
) -> None:
    put(opener(url_in(tmp_path, "sqlite")), short_story("Backup server"))
    with small_disk(tmp_path / "disk", "1m") as disk:
        for name in ("night.db", "night.db-wal"):  # As a crash leaves them where the machine went down, too: no -shm.
            shutil.copy(tmp_path / name, disk / name)
        filler = fill(disk)
        store = opener(url_in(disk, "sqlite"))
        with pytest.raises(StoreProblem, match="disk is full"):
            store.load(LEEDS)
        assert [file.name for file in disk.glob("*.new")] == []
        filler.unlink()
        assert len(store.load(LEEDS).events) == 1
        store.close()


# A disk that can only be read


def read_everything(store: Store) -> str:
    """Read all that a store holds and sum it up; closes it."""
    heads = store.heads(Query()).heads
    logs = [store.load(session_id).events for session_id in sorted(store.ids())]
    tree = named_tree(store, "label-printer")
    told = f"{len(heads)} sessions, {[len(log) for log in logs]} events, {store.people()[0].name}, {tree and tree.id}"
    told += f", {len(store.blob(LEEDS, LPSTAT_DIGEST))} bytes, {wrong(store)}, {len(store.find('K7'))} found"
    store.close()
    return told


LAST = len(whole_story())
ALL = f"2 sessions, [{LAST}, 2] events, @tier2, label-printer, 3000 bytes, [], 1 found"


def refusal(store: Store) -> str:
    """Try to write; give the error's text."""
    with closing(store), pytest.raises(StoreProblem) as caught:
        put(store, short_story(), code="NEW", session_id="new")
    return str(caught.value)


def test_a_store_on_a_read_only_disk_can_be_read_and_says_why_it_is_not_written(
    kind: str, tmp_path: Path, opener: Opener
) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        store = opener(url_in(disk, kind))
        two_sessions(store)
        store.close()
        make_read_only(disk)
        assert read_everything(open_store(store.url)) == ALL
        assert "read-only" in refusal(open_store(store.url))
        store.backup(tmp_path / "saved.db")
        store.close()
        assert read_everything(open_store(str(tmp_path / "saved.db"))) == ALL


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="rflow-test-"))
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_store_in_a_folder_without_write_permission_can_be_read(kind: str, open_folder: Path) -> None:
    url = url_in(open_folder, kind)
    with closing(open_store(url)) as store:
        two_sessions(store)
        read_everything(store)
    give_to_unprivileged_user(open_folder, 0o500)
    assert as_unprivileged_user(lambda: read_everything(open_store(url))) == ALL
    assert "read-only" in as_unprivileged_user(lambda: refusal(open_store(url)))


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_crashed_store_in_a_folder_without_write_permission_can_be_read(open_folder: Path) -> None:
    url = url_in(open_folder, "sqlite")
    with closing(open_store(url)) as store, closing(open_store(url)) as holder:
        two_sessions(store)
        holder.people()  # While it is open, the log is not written into the file.
        saved = open_folder / "crashed"
        saved.mkdir()
        for file in open_folder.glob("night.db*"):
            shutil.copy(file, saved)
    assert (saved / "night.db-wal").stat().st_size > 0
    give_to_unprivileged_user(saved, 0o500)
    assert as_unprivileged_user(lambda: read_everything(open_store(url_in(saved, "sqlite")))) == ALL


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_somebody_elses_store_is_refused_with_a_sentence(kind: str, open_folder: Path) -> None:
    url = url_in(open_folder, kind)
    with closing(open_store(url)) as store:
        put(store, short_story())
    for file in open_folder.rglob("*"):
        if file.is_file():
            file.chmod(0)
    give_to_unprivileged_user(open_folder, 0o700)

    def read() -> str:
        with closing(open_store(url)) as store, pytest.raises(StoreProblem) as caught:
            store.people()
        return str(caught.value)

    assert "store" in as_unprivileged_user(read)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_new_store_is_for_its_user_alone(kind: str, tmp_path: Path, opener: Opener) -> None:
    before = os.umask(0)
    try:
        store = opener(url_in(tmp_path / "data", kind))
        two_sessions(store)
        store.delete(VPN)
        add(store, LEEDS, "note")
        folder = tmp_path / "data" / ("night" if kind == "json" else "")
        for path in [folder, *folder.rglob("*")]:
            assert (path.name, path.stat().st_mode & 0o077) == (path.name, 0)
    finally:
        os.umask(before)


# A store that others hold


def test_a_store_that_stays_locked_is_reported_and_can_still_be_read(kind: str, tmp_path: Path, opener: Opener) -> None:
    from rflow.stores.locking import locked

    store = opener(url_in(tmp_path, kind), patience=0.05)
    put(store, short_story("Till"))

    def refused() -> str:
        with pytest.raises(StoreProblem) as caught:
            add(store, LEEDS, "not now")
        assert len(opener(store.url).load(LEEDS).events) == 1
        assert opener(store.url).heads(Query()).heads[0].title == "Till"
        return str(caught.value)

    if kind == "json":
        with locked(tmp_path / "night" / ".lock", 0):
            assert "busy" in refused()
    else:
        with closing(sqlite3.connect(tmp_path / "night.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert "busy" in refused()
            other.execute("ROLLBACK")
    add(store, LEEDS, "now")
    assert store.check() == []


# Damage


def damaged_copies(
    source: Path, target: Path, change: Callable[[bytearray, Random], None], rounds: int
) -> Iterator[Path]:
    """Give copies of a store (a file or a folder), each with one change in one of its files."""
    random = Random(4711)
    candidates = (
        [source]
        if source.is_file()
        else sorted(
            file
            for file in source.rglob("*")
            if file.is_file() and not file.name.startswith(".") and file.stat().st_size
        )
    )
    for number in range(rounds):
        copied = target / f"{number}{source.suffix}"
        shutil.copytree(source, copied) if source.is_dir() else shutil.copy(source, copied)
        file = copied / random.choice(candidates).relative_to(source) if source.is_dir() else copied
        status = file.stat()
        data = bytearray(file.read_bytes())
        change(data, random)
        file.write_bytes(data)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # The disk does not tell when it forgets.
        yield copied


def flip(data: bytearray, random: Random) -> None:
    """Flip one bit."""
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def cut(data: bytearray, random: Random) -> None:
    """Cut the end off, inside of a line: a session's file that lost whole lines looks like an older copy of it."""
    del data[random.randrange(len(data)) :]
    if data.endswith((b"\n", b'"}')):
        del data[-3:]


@pytest.mark.parametrize("change", [flip, cut])
def test_no_damage_goes_unnoticed_or_changes_a_word(
    kind: str, tmp_path: Path, opener: Opener, change: Callable[[bytearray, Random], None]
) -> None:
    store = opener(url_in(tmp_path, kind))
    two_sessions(store)
    store.heads(Query())
    store.close()
    truth = {LEEDS: whole_story(), VPN: short_story("VPN drops every hour", "guest network only")}
    source = tmp_path / ("night.db" if kind == "sqlite" else "night")
    (tmp_path / "copies").mkdir()
    seen = 0
    for copied in damaged_copies(source, tmp_path / "copies", change, 2000 if NIGHTLY else 80):
        with closing(open_store(str(copied))) as damaged:
            seen += _check_damaged(damaged, truth, copied)
        shutil.rmtree(copied) if copied.is_dir() else copied.unlink()
    assert seen >= 8


def _check_damaged(damaged: Store, truth: dict[str, list[Event]], name: Path) -> bool:
    """Compare what a damaged store gives with the truth, and with what `check` finds; say whether it found a fault."""
    try:
        faults = damaged.check()
    except StoreProblem:
        return True  # It can't be opened at all, and says so.
    harmed = [fault for fault in faults if fault.severity != "info"]
    sound = {session_id: _events(damaged, session_id) == story for session_id, story in truth.items()}
    assert harmed or all(sound.values()), name
    if not harmed:
        assert damaged.blob(LEEDS, LPSTAT_DIGEST) == LPSTAT
        assert named_tree(damaged, "label-printer") == PRINTER
        assert {head.id: head.version for head in damaged.heads(Query()).heads} == {LEEDS: LAST, VPN: 2}
    told = [event for story in truth.values() for event in story]  # A damaged index may show one in another session.
    for session_id in truth:
        assert all(event in told for event in _events(damaged, session_id) if isinstance(event, Event))
    return bool(harmed)


def _events(store: Store, session_id: str) -> list[Event | Unreadable]:
    try:
        return list(store.load(session_id).events)
    except Exception as error:  # noqa: BLE001 (any refusal that is one of ours will do)
        assert getattr(error, "exit_code", 1) in (3, 8), error
        return []


def damage(store: Store, folder: Path, session_id: str, seq: int) -> None:
    """Flip a bit inside the text of one event."""
    if (folder / "night.db").exists():
        store.close()
        with closing(sqlite3.connect(folder / "night.db")) as db, db:
            (data,) = db.execute(
                "SELECT data FROM events WHERE session_id = ? AND seq = ?", (session_id, seq)
            ).fetchone()
            flipped = data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]
            db.execute("UPDATE events SET data = ? WHERE session_id = ? AND seq = ?", (flipped, session_id, seq))
        return
    (file,) = (folder / "night" / "sessions").glob(f"*{session_id}.jsonl")
    lines = file.read_bytes().split(b"\n")
    lines[seq] = lines[seq][:-40] + bytes([lines[seq][-40] ^ 1]) + lines[seq][-39:]
    file.write_bytes(b"\n".join(lines))


@pytest.mark.parametrize("seq", [1, 10, 25])
def test_a_damaged_entry_leaves_the_rest_of_its_session_and_all_others_readable(
    kind: str, tmp_path: Path, opener: Opener, seq: int
) -> None:
    store = opener(url_in(tmp_path, kind))
    two_sessions(store)
    damage(store, tmp_path, LEEDS, seq)
    found = store.load(LEEDS).events
    assert [event.seq for event in found if isinstance(event, Unreadable)] == [seq]
    assert [event for event in found if isinstance(event, Event)] == [e for e in whole_story() if e.seq != seq]
    assert [head.code for head in store.heads(Query(limit=9)).heads if head.id == VPN] == ["P3XW-9T"]
    assert len(store.heads(Query()).heads) == 2
    assert store.find("K7QM")[0].id == LEEDS
    assert any(line.startswith(f"K7QM-2F: Entry {seq} is damaged") for line in wrong(store))
    add(store, VPN, "others are written to as before")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_session_file_that_cannot_be_opened_takes_no_list_down(open_folder: Path) -> None:
    url = url_in(open_folder, "json")
    with closing(open_store(url)) as store:
        two_sessions(store)
    session_file(open_folder, LEEDS).chmod(0)
    give_to_unprivileged_user(open_folder, 0o700)

    def look() -> str:
        with closing(open_store(url)) as store:
            titles = sorted(head.title for head in store.heads(Query()).heads)
            return f"{titles} {[line for line in wrong(store) if 'read' in line]}"

    told = as_unprivileged_user(look)
    assert "['(unreadable)', 'VPN drops every hour']" in told
    assert "This user may" in told


def test_a_damaged_list_entry_in_sqlite_does_not_take_the_list_down(tmp_path: Path, opener: Opener) -> None:
    store = opener(url_in(tmp_path, "sqlite"))
    two_sessions(store)
    before = store.heads(Query())
    with closing(sqlite3.connect(tmp_path / "night.db")) as db, db:
        db.execute("UPDATE sessions SET head = X'7B22' WHERE id = ?", (LEEDS,))
    assert store.heads(Query()) == before
    assert wrong(store) == ["K7QM-2F: Its list entry is damaged."]


@pytest.mark.parametrize(
    "damage", ["DELETE FROM people", "UPDATE people SET name = CAST(name AS BLOB)", "UPDATE people SET name = ''"]
)
def test_who_adds_to_a_session_is_known_again_after_their_row_was_damaged(
    tmp_path: Path, opener: Opener, damage: str
) -> None:
    store = opener(url_in(tmp_path, "sqlite"))
    story = short_story()
    state = put(store, story)
    with closing(sqlite3.connect(tmp_path / "night.db")) as db, db:
        db.execute(damage)
    added = more(story, NoteAdded(text="The certificate had run out"))
    store.append(replay(added, state), added, len(story), {})
    assert store.people() == [ANA]


@pytest.mark.parametrize("size", [100, 8192, 50_000])
def test_a_check_of_a_file_that_was_cut_short_does_not_advise_a_check(
    tmp_path: Path, opener: Opener, size: int
) -> None:
    url = url_in(tmp_path, "sqlite")
    with closing(open_store(url)) as store:
        two_sessions(store)
    os.truncate(tmp_path / "night.db", size)
    with pytest.raises(StoreProblem, match="rflow store check"):
        opener(url).heads(Query())
    with pytest.raises(StoreProblem, match="Put a backup in its place") as caught:
        opener(url).check()
    assert "store check" not in str(caught.value)


def test_rows_that_are_gone_are_missing_entries(tmp_path: Path, opener: Opener) -> None:
    store = opener(url_in(tmp_path, "sqlite"))
    two_sessions(store)
    with closing(sqlite3.connect(tmp_path / "night.db")) as db, db:
        db.execute("DELETE FROM events WHERE session_id = ? AND seq IN (7, 25)", (LEEDS,))
        db.execute("DELETE FROM sessions WHERE id = ?", (VPN,))
    log = store.load(LEEDS)
    assert [event.seq for event in log.events if isinstance(event, Unreadable)] == [7, 25]
    found = wrong(store)
    assert "K7QM-2F: Entry 7 is missing." in found
    assert "table events: 2 rows belong to no session." in found


@pytest.mark.parametrize("content", [b"", b"Dear diary, today the printer in Leeds", os.urandom(5000)])
def test_a_file_that_is_not_a_store_is_left_alone(tmp_path: Path, opener: Opener, content: bytes) -> None:
    file = tmp_path / "diary.db"
    file.write_bytes(content)
    store = opener(str(file))
    for call in (store.people, store.check, lambda: put(store, short_story())):
        with pytest.raises(StoreProblem, match="not an rflow store"):
            call()
    store.close()
    assert file.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["diary.db"]


def test_another_programs_database_is_left_alone(tmp_path: Path, opener: Opener) -> None:
    with closing(sqlite3.connect(tmp_path / "bank.db")) as db, db:
        db.execute("CREATE TABLE sessions (id)")
    before = (tmp_path / "bank.db").read_bytes()
    with pytest.raises(StoreProblem, match="not an rflow store"):
        put(opener(str(tmp_path / "bank.db")), short_story())
    assert (tmp_path / "bank.db").read_bytes() == before


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path, opener: Opener) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    store = opener(f"json:{tmp_path}")
    for call in (store.people, lambda: put(store, short_story())):
        with pytest.raises(StoreProblem, match="not an rflow store"):
            call()
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_new_git_repository_may_become_a_store(tmp_path: Path, opener: Opener) -> None:
    (tmp_path / ".git").mkdir()
    store = opener(f"json:{tmp_path}")
    two_sessions(store)
    assert store.check() == []


def test_a_folder_where_a_file_should_be_and_the_other_way_round(tmp_path: Path, opener: Opener) -> None:
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "file").write_text("x")
    for url in (f"sqlite://{tmp_path}/folder.db", f"json:{tmp_path}/file", f"sqlite://{tmp_path}/file/x.db"):
        with pytest.raises(StoreProblem, match=r"can't be used|is not an rflow store"):
            put(opener(url), short_story())


# Torn lines


def session_file(folder: Path, session_id: str = LEEDS) -> Path:
    """Find the file of a session in a JSON store."""
    (file,) = (folder / "night" / "sessions").glob(f"*.{session_id}.jsonl")
    return file


@pytest.fixture
def torn(tmp_path: Path, opener: Opener) -> Store:
    """A JSON store in which a crash left half a line."""
    store = opener(url_in(tmp_path, "json"))
    put(store, short_story("Till", "it is off"))
    with session_file(tmp_path).open("ab") as file:
        file.write(b'{"seq":3,"at":"2026-11-03T02:0')
    return store


def test_a_torn_last_line_is_not_read_and_is_reported(torn: Store) -> None:
    assert [event.seq for event in torn.load(LEEDS).events] == [1, 2]
    assert torn.heads(Query()).heads[0].version == 2
    (fault,) = torn.check()
    assert (fault.severity, "last line is incomplete" in fault.what) == ("warning", True)


def test_the_next_append_sets_a_torn_line_aside(torn: Store, tmp_path: Path) -> None:
    add(torn, LEEDS, "the plug was out")
    assert [event.seq for event in torn.load(LEEDS).events] == [1, 2, 3]
    aside = session_file(tmp_path).with_suffix(".torn")
    assert aside.read_bytes() == b'{"seq":3,"at":"2026-11-03T02:0\n'
    assert torn.check() == []
    torn.delete(LEEDS)
    assert not aside.exists()


def test_a_whole_last_line_without_a_line_break_counts(torn: Store, tmp_path: Path) -> None:
    add(torn, LEEDS, "the plug was out")
    file = session_file(tmp_path)
    file.write_bytes(file.read_bytes().removesuffix(b"\n"))
    assert len(torn.load(LEEDS).events) == 3
    add(torn, LEEDS, "it is on")
    assert len(torn.load(LEEDS).events) == 4
    assert torn.check() == []


def test_a_folder_may_be_changed_by_hand_or_by_git(tmp_path: Path, opener: Opener) -> None:
    store = opener(url_in(tmp_path, "json"))
    two_sessions(store)
    shutil.copytree(tmp_path / "night", tmp_path / "clone", ignore=shutil.ignore_patterns(".*"))
    add(store, VPN, "went on")
    session_file(tmp_path, LEEDS).unlink()
    shutil.rmtree(tmp_path / "night" / "blobs")
    shutil.copy(session_file(tmp_path, VPN), tmp_path / "clone" / "sessions")
    clone = opener(f"json:{tmp_path}/clone")
    assert [(head.code, head.version) for head in clone.heads(Query()).heads] == [("K7QM-2F", LAST), ("P3XW-9T", 3)]
    assert [head.code for head in store.heads(Query()).heads] == ["P3XW-9T"]
    assert wrong(store) == wrong(clone) == []
    add(clone, LEEDS, "and on")
    assert clone.check() == []


def test_a_session_file_of_a_newer_format_is_read_only_and_reported(tmp_path: Path, opener: Opener) -> None:
    store = opener(url_in(tmp_path, "json"))
    two_sessions(store)
    file = session_file(tmp_path)
    file.write_bytes(file.read_bytes().replace(b'"format":3', b'"format":4', 1))
    assert {event.reason for event in store.load(LEEDS).events if isinstance(event, Unreadable)} == {"newer"}
    assert ["newer rflow" in line for line in wrong(store)] == [True]
    add(store, VPN, "others go on")


def test_a_line_written_by_hand_needs_no_checksum(tmp_path: Path, opener: Opener) -> None:
    store = opener(url_in(tmp_path, "json"))
    put(store, short_story("Till"))
    with session_file(tmp_path).open("a") as file:
        file.write('{"seq":2,"at":"2026-11-03T02:02:00Z","by":{"id":"ana","name":"Ana"},')
        file.write('"fact":{"type":"note_added","text":"typed in an editor"}}\n')
    assert store.heads(Query()).heads[0].notes == 1
    add(store, LEEDS, "and one by rflow")
    assert store.check() == []


# Other versions of rflow


def make_newer(folder: Path, kind: str) -> None:
    """Let the store say that it has a format which is not known yet."""
    if kind == "json":
        (folder / "night" / "rflow.json").write_text('{"rflow":"store","format":4,"zstd":true}\n')
    else:
        with closing(sqlite3.connect(folder / "night.db")) as db:
            db.execute("PRAGMA user_version = 6")


def test_a_store_of_a_newer_format_is_refused_and_left_untouched(kind: str, tmp_path: Path, opener: Opener) -> None:
    with closing(open_store(url_in(tmp_path, kind))) as store:
        two_sessions(store)
    make_newer(tmp_path, kind)
    before = snapshot(tmp_path)
    store = opener(url_in(tmp_path, kind))
    for call in (store.people, store.check, lambda: put(store, short_story()), lambda: store.delete(LEEDS)):
        with pytest.raises(StoreProblem, match="Upgrade rflow") as caught:
            call()
        assert f"format {6 if kind == 'sqlite' else 4}" in str(caught.value)
    store.close()
    assert snapshot(tmp_path) == before


def test_a_store_that_is_upgraded_while_we_have_it_open_is_not_written_to(
    kind: str, tmp_path: Path, opener: Opener
) -> None:
    store = opener(url_in(tmp_path, kind))
    two_sessions(store)
    make_newer(tmp_path, kind)
    for _ in range(2):
        with pytest.raises(StoreProblem, match="Upgrade rflow"):
            add(store, VPN, "too late")


def test_a_newer_kind_of_event_makes_its_session_readable_and_leaves_others_alone(
    kind: str, tmp_path: Path, opener: Opener
) -> None:
    from rflow.stores.codec import seal

    store = opener(url_in(tmp_path, kind))
    two_sessions(store)
    raw = seal(msgspec.json.encode(short_story("a", "b", "c")[2]).replace(b"note_added", b"note_sung"))
    story: list[Stored] = [*short_story("VPN drops every hour", "guest network only")]
    story.append(Unreadable(seq=3, reason="newer", raw=raw))
    store.append(replay(story, Session(id=VPN, code="P3XW-9T")), story[2:], 2, {})
    assert list(opener(store.url).load(VPN).events) == story
    assert wrong(store) == []
    add(store, LEEDS, "others go on")
    path = tmp_path / ("copy.db" if kind == "sqlite" else "copy")
    store.backup(path)
    assert list(opener(str(path)).load(VPN).events) == story


# Forgetting


def secrets(store: Store) -> list[Event]:
    """Store a session that has a secret everywhere, and others around it."""
    for number in range(20):
        put(store, short_story(f"Till {number}", "x" * 500), code=f"T-{number}", session_id=f"id-{number}")
    content = f"PASSWORD={SECRET}\n".encode() * 500
    story = events(
        [
            SessionStarted(title=f"Till with {SECRET}"),
            *(NoteAdded(text=f"{number} {SECRET} " + "y" * number * 40) for number in range(60)),
            evidence(content, command=f"login {SECRET}"),
        ]
    )
    store.create(session(LEEDS, "K7QM-2F", story[:5]), story[:5], {})
    blobs = {sha256(content).hexdigest(): content}
    store.append(session(LEEDS, "K7QM-2F", story), story[5:], 5, blobs)
    store.heads(Query())
    return story


def forget(store: Store, how: str, story: list[Event]) -> None:
    """Remove the secret, by overwriting its events or with the whole session."""
    if how == "delete":
        store.delete(LEEDS)
        return
    clean = events([SessionStarted(title="[removed]"), *(NoteAdded(text="[removed]") for _ in story[1:])])
    store.rewrite(session(LEEDS, "K7QM-2F", clean), clean, len(story))


@pytest.mark.parametrize("how", ["rewrite", "delete"])
def test_a_removed_secret_is_nowhere_in_the_files(kind: str, tmp_path: Path, opener: Opener, how: str) -> None:
    store, other = opener(url_in(tmp_path, kind)), opener(url_in(tmp_path, kind))
    story = secrets(store)
    if kind == "json":
        with session_file(tmp_path).open("ab") as file:
            file.write(f'{{"seq":63,"torn {SECRET}'.encode())
        add(store, LEEDS, SECRET)
        story = [event for event in store.load(LEEDS).events if isinstance(event, Event)]
    other.heads(Query())
    assert files_with(tmp_path, SECRET.encode()) != []
    forget(store, how, story)
    assert files_with(tmp_path, SECRET.encode()) == []
    assert store.check() == []
    other.close()
    store.close()
    assert files_with(tmp_path, SECRET.encode()) == []
    assert len(list(store.ids())) == (20 if how == "delete" else 21)


@pytest.mark.parametrize("how", ["rewrite", "delete"])
def test_a_removal_that_a_reader_holds_up_says_so_and_check_finishes_it(
    tmp_path: Path, opener: Opener, how: str
) -> None:
    store = opener(url_in(tmp_path, "sqlite"), patience=0.1)
    story = secrets(store)
    with closing(sqlite3.connect(tmp_path / "night.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        with pytest.raises(StoreProblem, match="rflow store check") as caught:
            forget(store, how, story)
        assert "traces" in str(caught.value)
        assert SECRET not in str(opener(store.url).heads(Query(limit=99)))  # The removal itself stands.
        assert files_with(tmp_path, SECRET.encode()) != []
        assert [fault.severity for fault in store.check()] == ["error"]
        reader.execute("ROLLBACK")
    (fault,) = opener(store.url).check()
    assert (fault.severity, "finished now" in fault.what) == ("info", True)
    assert files_with(tmp_path, SECRET.encode()) == []
    assert store.check() == []


@pytest.mark.parametrize("how", ["rewrite", "delete"])
def test_a_removal_from_a_folder_that_was_interrupted_is_finished_by_check(
    tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    store = opener(url_in(tmp_path, "json"))
    story = secrets(store)

    def crash(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(StoreFolder, "_sweep", crash)
        with pytest.raises(StoreProblem, match="rflow store check"):
            forget(store, how, story)
        assert store.check()[0].severity == "error"
    assert files_with(tmp_path, SECRET.encode()) != []
    assert "finished now" in store.check()[0].what
    assert files_with(tmp_path, SECRET.encode()) == []
    assert store.check() == []


def test_a_draft_that_a_crash_left_is_forgotten_too(tmp_path: Path, opener: Opener) -> None:
    store = opener(url_in(tmp_path, "json"))
    story = secrets(store)
    (tmp_path / "night" / ".draft").write_text(SECRET)
    forget(store, "rewrite", story)
    assert files_with(tmp_path, SECRET.encode()) == []


# What a list costs


def test_lists_and_searches_of_sqlite_use_an_index(tmp_path: Path, opener: Opener) -> None:
    from rflow.stores.sqlite.query import select

    store = opener(url_in(tmp_path, "sqlite"))
    two_sessions(store)
    queries = {
        Query(): ["open_by_update", "closed_by_update"],
        Query(owner="ana", status=("open", "handed_off")): ["open_by_owner"],
        Query(owner="ana"): ["open_by_owner", "closed_by_owner"],
        Query(status=("open", "handed_off")): ["open_by_update"],
        Query(inbox="ana"): ["waiting_ones"],
        Query(status=("handed_off",)): ["waiting_ones"],
        Query(asked="ana"): ["asked_ones"],
        Query(asked="ana", spaces=("leeds", "york")): ["asked_ones"],
        Query(customer="Harrow Foods"): ["by_customer", "by_customer"],
        Query(ticket="INC-4711"): ["by_ticket", "by_ticket"],
        Query(tree="label-printer"): ["open_by_tree", "closed_by_tree"],
        Query(stale_before=MORNING, status=("closed",)): ["closed_by_update"],
    }
    with closing(sqlite3.connect(tmp_path / "night.db")) as db:
        for query, indexes in queries.items():
            sql, values = select(query)
            plans = [line for *_, line in db.execute("EXPLAIN QUERY PLAN " + sql, values)]
            used = [name.group(1) for line in plans if (name := re.search(r"sessions USING INDEX (\w+)", line))]
            assert list(dict.fromkeys(used)) == list(dict.fromkeys(indexes)), (query, plans)
