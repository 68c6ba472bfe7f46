"""Stores that older versions of rflow wrote: each stored sample opens, reads, writes and survives a broken upgrade.

Where the format changes, keep a sample of the one before: copy what `test_the_sample_of_this_format_…` compares with.
"""

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rflow.core.accounts import Account, AuditEntry
from rflow.core.session.events import Event, NoteAdded
from rflow.core.session.head import Query, head_of
from rflow.core.session.replay import replay
from rflow.core.tree.model import canonical, digest
from rflow.errors import StoreProblem
from rflow.ports.stores import Store
from rflow.stores import open_store
from rflow.stores.folder.layout import LAYOUT
from rflow.stores.sqlite.schema import SCHEMA_VERSION
from support.reading import named_tree, tree_version
from support.stores.faults import Worker, as_unprivileged_user, give_to_unprivileged_user, quick_folder, snapshot
from support.stores.stories import (
    ANA,
    LPSTAT,
    LPSTAT_DIGEST,
    MORNING,
    PRINTER,
    more,
    night_story,
    session,
    short_story,
    whole_story,
)

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[1] / "samples" / "stores"
FORMATS = sorted(folder.name for folder in SAMPLES.iterdir() if folder.is_dir())
LEEDS, VPN = "019a4711-0000-7000-8000-000000000001", "019a4711-0000-7000-8000-000000000002"
Stories = dict[str, tuple[str, list[Event]]]


def stories(leeds: list[Event]) -> Stories:
    """Return the sessions of a sample, with their codes."""
    return {
        LEEDS: ("K7QM-2F", leeds),
        VPN: ("P3XW-9T", short_story("VPN drops every hour", "Only on the guest network")),
    }


STORIES = {
    "format-2": stories(night_story()),
    "format-3": stories(whole_story()),
    "format-4": stories(whole_story()),
    "format-5": stories(whole_story()),
}
"""What the sample of each version holds, as this version reads it."""
OLD, NEW = "format-2", "format-5"


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where there is such a disk: nothing here is about what a flush costs."""
    yield from quick_folder(tmp_path_factory)


@pytest.fixture(params=["store.db", "store"])
def name(request: pytest.FixtureRequest) -> str:
    """The file or folder of a sample."""
    return str(request.param)


def sample(format_: str, name: str, folder: Path) -> Path:
    """Copy a sample to a folder."""
    source, target = SAMPLES / format_ / name, folder / name
    shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return target


@pytest.fixture(params=FORMATS)
def version(request: pytest.FixtureRequest) -> str:
    """Each version of which there is a sample."""
    return str(request.param)


@pytest.fixture
def store(version: str, name: str, tmp_path: Path) -> Iterator[Store]:
    """A store of each version that can be read."""
    opened = open_store(str(sample(version, name, tmp_path)))
    yield opened
    opened.close()


def check_sound(store: Store, version: str = OLD) -> None:
    """Compare all that a store holds with what was put into the samples."""
    for session_id, (code, story) in STORIES[version].items():
        log = store.load(session_id)
        assert (log.code, list(log.events)) == (code, story)
    assert store.heads(Query()).heads == tuple(
        head_of(session(session_id, code, story)) for session_id, (code, story) in STORIES[version].items()
    )
    people = ["@tier2", "Ana Ruiz", "Ben Okafor", "Chloé Martin"]
    assert [person.name for person in store.people()] == people
    assert [person.kind for person in store.people() if person.name == "@tier2"] == ["queue"]
    assert store.find("p3xw9t")[0].id == VPN
    assert store.blob(LEEDS, LPSTAT_DIGEST) == LPSTAT
    assert named_tree(store, "label-printer") == tree_version(store, digest(PRINTER)) == PRINTER
    assert [(tree.title, tree.nodes) for tree in store.tree_names()] == [(PRINTER.title, 6)]
    assert store.info().format == (LAYOUT if store.kind == "json" else SCHEMA_VERSION)
    assert store.check() == []


def test_a_store_of_every_format_reads_as_it_was_written(store: Store, version: str) -> None:
    check_sound(store, version)


def test_a_store_of_every_format_can_be_written_and_opened_again(store: Store) -> None:
    story = STORIES[NEW][VPN][1]
    added = more(story, NoteAdded(text="Certificate had run out"))
    store.append(session(VPN, "P3XW-9T", story + added), added, len(story), {})
    store.create(session("new", "NEW-1", short_story("Till")), short_story("Till"), {})
    store.delete(LEEDS)
    store.close()
    again = open_store(store.url)
    assert list(again.load(VPN).events) == story + added
    assert {head.id for head in again.heads(Query(owner=ANA.id)).heads} == {VPN, "new"}
    assert again.check() == []
    again.close()


def test_an_upgrade_makes_a_note_of_itself(name: str, tmp_path: Path) -> None:
    path = sample("format-2", name, tmp_path)
    with closing(open_store(str(path))) as store:
        store.people()
    if path.is_dir():
        noted = (path / "rflow.json").read_text()
    else:
        with closing(sqlite3.connect(path)) as db:
            noted = str(db.execute("SELECT name, value FROM meta").fetchall())
    assert "records of version 3" in noted


def test_the_sample_of_this_format_is_what_this_version_writes(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with closing(open_store(str(path))) as store:
        for session_id, (code, story) in STORIES[NEW].items():
            blobs = {LPSTAT_DIGEST: LPSTAT} if session_id == LEEDS else {}
            store.create(session(session_id, code, story), story, blobs)
        store.add_tree(canonical(PRINTER), whole_story()[0].at)
    kept = SAMPLES / NEW / name
    assert _content(path) == _content(kept), f"If that is meant, this is another format; else make it again: {path}"


def _content(path: Path) -> object:
    if path.is_dir():
        return {name: data for name, data in snapshot(path).items() if name != ".lock"}
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as db:
        return list(db.iterdump())


@pytest.mark.parametrize("steps", [0, 1, 3, 5, 7, 20, 45, 75])
def test_an_upgrade_that_is_killed_leaves_a_usable_store(name: str, tmp_path: Path, steps: int) -> None:
    path = sample("format-2", name, tmp_path)
    worker = Worker("upgrade", str(path), steps)
    worker.wait_until_ready()
    worker.go()
    assert worker.finish() == -signal.SIGKILL or (steps >= 7 and path.is_dir())
    with closing(open_store(str(path))) as store:
        check_sound(store)


@pytest.mark.parametrize("steps", [1, 5, 9, 13])
def test_an_upgrade_to_accounts_that_is_killed_leaves_a_usable_store(tmp_path: Path, steps: int) -> None:
    path = sample("format-3", "store.db", tmp_path)
    worker = Worker("upgrade", str(path), steps)
    worker.wait_until_ready()
    worker.go()
    assert worker.finish() == -signal.SIGKILL
    with closing(open_store(str(path))) as store:
        check_sound(store, "format-3")
        assert not store.accounts.exist()


def test_a_store_of_every_format_takes_accounts(version: str, tmp_path: Path) -> None:
    root = Account(id="root", name="Root", created_at=MORNING, admin=True)
    with closing(open_store(str(sample(version, "store.db", tmp_path)))) as store:
        store.accounts.add(root, AuditEntry(at=MORNING, action="account_added"))
        assert store.accounts.accounts() == [root]


def test_two_programs_may_upgrade_at_once(name: str, tmp_path: Path) -> None:
    path = sample("format-2", name, tmp_path)
    workers = [Worker("upgrade", str(path), 10_000_000) for _ in range(4)]
    for worker in workers:
        worker.wait_until_ready()
    for worker in workers:
        worker.go()
    assert [worker.finish() for worker in workers] == [0] * 4
    with closing(open_store(str(path))) as store:
        check_sound(store)


def test_an_older_store_that_can_only_be_read_says_what_to_do(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="rflow-test-"))
    try:
        path = sample("format-2", name, folder)
        folder.chmod(0o755)
        give_to_unprivileged_user(folder, 0o500)

        def read() -> str:
            with closing(open_store(str(path))) as store, pytest.raises(StoreProblem) as caught:
                store.people()
            return str(caught.value)

        assert "older format" in as_unprivileged_user(read)
    finally:
        for part in [folder, *folder.rglob("*")]:
            if part.is_dir():
                part.chmod(0o700)
        shutil.rmtree(folder)


def test_a_torn_line_of_an_older_folder_is_dropped_by_the_upgrade(tmp_path: Path) -> None:
    path = sample("format-2", "store", tmp_path)
    for file in (path / "sessions").iterdir():
        with file.open("ab") as lines:
            lines.write(b'{"seq":99,"at"')
    with closing(open_store(str(path))) as store:
        check_sound(store)


def test_damage_in_an_older_store_does_not_stop_the_upgrade(name: str, tmp_path: Path) -> None:
    path = sample("format-2", name, tmp_path)
    if path.is_dir():
        (file,) = (path / "sessions").glob(f"*{VPN}*")
        file.write_bytes(file.read_bytes().replace(b'"seq":2', b'"seq"?2'))
        (tree,) = (path / "trees").glob("9*.json")
        tree.write_bytes(tree.read_bytes()[:-9])
    else:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(
                "UPDATE events SET data = replace(data, '\"seq\":2,', '\"seq\"?2,') WHERE session_id = ?", (VPN,)
            )
            db.execute("UPDATE trees SET data = substr(data, 1, 99)")
    with closing(open_store(str(path))) as store:
        assert list(store.load(LEEDS).events) == night_story()
        assert [isinstance(event, Event) for event in store.load(VPN).events] == [True, False]
        assert replay(store.load(LEEDS).events, session(LEEDS, "K7QM-2F", [])).title
        assert {fault.severity for fault in store.check()} == {"error"}
