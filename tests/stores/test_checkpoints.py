"""Checkpoints of long sessions: what is read from one is what all events say, whatever happened to it."""

import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.actors import Actor
from rflow.core.session import commands as c
from rflow.core.session.events import Event, NoteAdded, Stored, Unreadable
from rflow.core.session.head import Query
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.summary.budget.view import Extent, View
from rflow.core.tree.model import canonical
from rflow.errors import NotFound
from rflow.ports.stores import Store
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.summaries import session_progress
from rflow.stores import open_store
from rflow.stores.checkpoints import checkpoint, parts
from rflow.stores.checkpoints.parts import Part
from rflow.stores.sqlite.store import SqliteStore
from support.core.builders import Scene
from support.core.strategies import play, sessions
from support.nightly import examples
from support.stores.faults import Worker, files_with, quick_folder
from support.stores.stories import (
    ANA,
    LPSTAT,
    LPSTAT_DIGEST,
    MORNING,
    PRINTER,
    more,
    session,
    short_story,
    whole_story,
)

CODE = "K7QM-2F"
ID = "019a4711-0000-7000-8000-000000000001"
BLANK = Session(id=ID, code=CODE)
SECRET = "hunter2-of-the-plotter"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where there is such a disk."""
    yield from quick_folder(tmp_path_factory)


@pytest.fixture
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store in which a session of two events is long."""
    for module in ("store", "checkpoints"):
        monkeypatch.setattr(f"rflow.stores.sqlite.{module}.LONG", 2)
    monkeypatch.setattr(checkpoint, "RECENT", 2)
    with closing(open_store(f"sqlite://{folder}/night.db")) as opened:
        yield opened


def rows(folder: Path, sql: str = "SELECT session_id, version FROM checkpoints") -> list[tuple[object, ...]]:
    """Ask the file itself."""
    with closing(sqlite3.connect(folder / "night.db")) as db, db:
        return db.execute(sql).fetchall()


def put(store: Store, story: list[Event]) -> None:
    """Store a session that went like `story`."""
    store.add_tree(canonical(PRINTER), MORNING)
    store.create(session(ID, CODE, story), story, {LPSTAT_DIGEST: LPSTAT})


def same(store: Store) -> bool:
    """Whether the session is read the same from its checkpoint and from its events."""
    return store.latest(ID).session.load_all() == store.load(ID).session


def shown_the_same(store: Store) -> bool:
    """Whether a summary of a few entries is the same of both."""
    few = View(as_of=MORNING, zone=lambda at: at, extent=Extent(entries=2, evidence=1))
    there = workspace(store)
    return session_progress(there, store.latest(ID).session, few) == session_progress(
        there, store.load(ID).session, few
    )


def faults(store: Store) -> list[tuple[str, str]]:
    """What the check of the store says of checkpoints, or calls an error."""
    found = [(fault.severity, fault.what) for fault in store.check()]
    return [(severity, what) for severity, what in found if severity == "error" or "checkpoint" in what]


def workspace(store: Store) -> LocalWorkspace:
    """What Ana can do there."""
    return LocalWorkspace(store, Actor(person=ANA), clock=lambda: MORNING)


def restored(state: Session) -> Session:
    """Return a state as it comes out of a checkpoint."""
    taken = checkpoint.take(state)
    prefix = taken and checkpoint.read_prefix(taken.data)
    assert taken
    assert prefix
    end = checkpoint.PREFIX_SIZE + prefix.size

    def older(part: Part) -> Mapping[int, object]:
        start = end + part.start
        return parts.read(taken.data[start : start + part.size], part) or {}

    base = checkpoint.restore(prefix, taken.data[checkpoint.PREFIX_SIZE : end], older)
    assert base
    return base


@examples(60, nightly=2_500)
@given(sessions(), st.data())
def test_going_on_from_a_checkpoint_is_reading_it_all(scene: Scene, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(scene.events)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "RECENT", data.draw(st.integers(0, cut)))
        base = restored(replay(scene.events[:cut], BLANK))
    first = replay(scene.events[cut:], base)
    assert replay(scene.events[cut:], base).load_all() == first.load_all() == replay(scene.events, BLANK)
    assert base.load_all() == replay(scene.events[:cut], BLANK)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(5))
def test_a_session_is_read_the_same_after_every_append(store: Store, folder: Path, number: int) -> None:
    story = play(random.Random(number).randbytes(300)).events
    put(store, story[:1])
    for size in range(1, len(story)):
        state = session(ID, CODE, story[: size + 1])
        store.append(state, story[size : size + 1], size, {})
        assert shown_the_same(store)
        assert same(store)
    ((_, version),) = rows(folder)
    assert 0 <= len(story) - int(str(version)) < 3
    assert faults(store) == []


def test_a_summary_of_a_few_entries_reads_few(store: Store) -> None:
    story = [*whole_story()]
    for number in range(12):
        story += more(story, NoteAdded(text=f"Roll {number} changed"))
    put(store, story)
    state = store.latest(ID).session
    session_progress(workspace(store), state, View(as_of=MORNING, zone=lambda at: at, extent=Extent(entries=2)))
    store.delete(ID)
    assert len(state.notes) > 12
    with pytest.raises(NotFound):
        state.notes.load_all()


def test_what_a_checkpoint_covers_is_not_read_again(store: Store) -> None:
    put(store, whole_story())
    log = store.latest(ID)
    assert (log.after, list(log.events)) == (len(whole_story()), [])
    assert log.session.code == CODE


def test_a_short_session_has_none(folder: Path) -> None:
    with closing(open_store(f"sqlite://{folder}/night.db")) as store:
        put(store, whole_story())
        assert store.latest(ID).after == 0
    assert rows(folder) == []


DAMAGE = {
    "other code": "fold = 'f00dfeed'",
    "no code": "fold = ''",
    "a flipped letter": "data = CAST(replace(CAST(data AS TEXT), 'Ana Ruiz', 'Ada Ruiz') AS BLOB)",
    "cut": "data = substr(data, 1, 900)",
    "empty": "data = x''",
    "text": "data = 'text'",
    "another version": "version = version - 1",
    "a version still to come": "version = version + 10",
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_one_that_is_not_its_own_is_never_used(store: Store, folder: Path, change: str) -> None:
    put(store, whole_story())
    rows(folder, f"UPDATE checkpoints SET {change}")
    assert store.latest(ID).after == 0
    assert same(store)
    damaged = "fold" not in change
    assert [severity for severity, _ in faults(store)] == ["info"] * damaged
    story = [*whole_story()]
    for _ in range(3):
        added = more(story, NoteAdded(text="Roll changed"))
        store.append(session(ID, CODE, story + added), added, len(story), {})
        story += added
    assert store.latest(ID).after > 0
    assert same(store)
    assert faults(store) == []


LATER = {
    "nothing happened": "SELECT 1",
    "another was taken": "UPDATE checkpoints SET version = version + 1",
    "it is gone": "DELETE FROM checkpoints",
    "it is damaged": "UPDATE checkpoints SET data = CAST(replace(CAST(data AS TEXT), 'jobs', 'cups') AS BLOB)",
    "it is cut": "UPDATE checkpoints SET data = substr(data, 1, length(data) - 200)",
    "it is short": "UPDATE checkpoints SET data = substr(data, 1, 40)",
}


@pytest.mark.parametrize("change", LATER.values(), ids=LATER)
def test_older_entries_are_read_later(store: Store, folder: Path, change: str) -> None:
    put(store, whole_story())
    session = store.latest(ID).session
    rows(folder, change)
    assert session.steps[min(session.steps)].seq < session.version - 3
    assert session.load_all() == store.load(ID).session


@pytest.mark.parametrize("change", ["it is damaged", "it is cut"])
def test_a_check_finds_damage_to_older_entries(store: Store, folder: Path, change: str) -> None:
    put(store, whole_story())
    rows(folder, LATER[change])
    assert [severity for severity, _ in faults(store)] == ["info"]
    assert rows(folder) == []


def test_older_entries_are_those_of_the_version_that_was_read(store: Store) -> None:
    put(store, whole_story())
    before, state = store.load(ID).session, store.latest(ID).session
    workspace(store).send(ID, c.AmendEntry(target=min(before.steps), text="It blinks"), known=before.version)
    assert state.load_all() == before


def test_a_text_that_was_removed_meanwhile_does_not_come_back(store: Store) -> None:
    put(store, short_story("A plotter in York", f"Password {SECRET}", *"It blinks twice and stops".split()))
    state = store.latest(ID).session
    workspace(store).send(ID, c.RedactText(target=2), known=state.version)
    assert SECRET not in repr(state.load_all())


def test_older_entries_of_a_session_that_was_deleted_are_not_found(store: Store) -> None:
    put(store, whole_story())
    state = store.latest(ID).session
    store.delete(ID)
    assert state.version
    with pytest.raises(NotFound):
        state.load_all()


def test_its_loss_loses_nothing(store: Store, folder: Path) -> None:
    put(store, whole_story())
    rows(folder, "DELETE FROM checkpoints")
    assert same(store)
    assert faults(store) == []


def test_one_that_differs_from_the_events_is_found_and_removed(store: Store, folder: Path) -> None:
    put(store, short_story("A plotter in York", "It blinks"))
    lie = checkpoint.take(session(ID, CODE, short_story("A plotter in York", "It smokes")))
    assert lie is not None
    with closing(sqlite3.connect(folder / "night.db")) as db, db:
        db.execute("UPDATE checkpoints SET data = ?", (lie.data,))
    ((severity, what),) = faults(store)
    assert severity == "info"
    assert "It was removed" in what
    assert rows(folder) == []
    assert faults(store) == []


def test_a_session_with_entries_of_a_newer_version_has_none(store: Store, folder: Path) -> None:
    story: list[Stored] = [*short_story("A plotter in York", "It blinks")]
    story.append(Unreadable(seq=3, reason="newer", raw=b'{"seq":3,"fact":{"type":"sung"}}'))
    store.create(session(ID, CODE, story), story, {})
    assert rows(folder) == []
    assert store.latest(ID).session.unreadable


def test_a_redacted_word_is_in_none_of_the_files(store: Store, folder: Path) -> None:
    put(store, short_story("A plotter in York", f"Password {SECRET}", "It blinks"))
    assert files_with(folder, SECRET.encode()) != []
    workspace(store).send(ID, c.RedactText(target=2), known=3)
    assert files_with(folder, SECRET.encode()) == []
    assert same(store)


def test_a_deleted_session_leaves_no_checkpoint(store: Store, folder: Path) -> None:
    put(store, short_story("A plotter in York", f"Password {SECRET}", "It blinks"))
    store.delete(ID)
    assert rows(folder) == []
    assert files_with(folder, SECRET.encode()) == []


def test_what_was_appended_before_a_session_was_deleted_is_no_error(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else deletes it after the append, before the checkpoint."""
    put(store, short_story("A plotter in York", "It blinks"))
    take = SqliteStore._checkpoint

    def later(self: SqliteStore, session: Session) -> None:
        store.delete(ID)
        take(self, session)

    monkeypatch.setattr(SqliteStore, "_checkpoint", later)
    for known in (2, 3):
        workspace(store).send(ID, c.AddNote(text="It hums"), known=known)
    with pytest.raises(NotFound):
        store.load(ID)


def test_what_a_process_had_read_before_an_erasure_does_not_come_back(store: Store, folder: Path) -> None:
    """An erasure of a person leaves the version as it was, so the append of who read before gets in."""
    story = short_story("A plotter in York", f"Ask {SECRET}", "It blinks")
    put(store, story)
    before = store.load(ID).session
    clean = short_story("A plotter in York", "Ask Former member", "It blinks")
    store.rewrite(session(ID, CODE, clean), clean, len(clean))
    for _ in range(3):
        added = [Event(seq=before.version + 1, at=MORNING, by=ANA, fact=NoteAdded(text="Roll changed"))]
        before = replay(added, before)
        store.append(before, added, before.version - 1, {})
    assert rows(folder) != []
    assert files_with(folder, SECRET.encode()) == []
    assert same(store)


def test_who_knows_less_than_the_checkpoint_gets_all_that_came_since(store: Store) -> None:
    put(store, whole_story())
    sent = workspace(store).send(ID, c.AddNote(text="Roll changed"), known=4)
    assert [event.seq for event in sent.tail] == list(range(5, len(whole_story()) + 2))
    assert workspace(store).send(ID, c.AddNote(text="And again"), known=sent.events[0].seq).tail[0].seq == (
        len(whole_story()) + 2
    )


def test_a_copy_and_a_backup_read_the_same(store: Store, folder: Path) -> None:
    put(store, whole_story())
    store.backup(folder / "copy.db")
    with closing(open_store(f"sqlite://{folder}/copy.db")) as copy:
        assert copy.latest(ID).after > 0
        assert same(copy)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [0, 3, 6, 9, 10, 11, 12, 13, 14, 15, 20, 25, 40])
def test_one_that_is_killed_while_it_is_taken_loses_nothing(folder: Path, steps: int) -> None:
    with closing(open_store(f"sqlite://{folder}/night.db")) as store:
        put(store, whole_story())
    worker = Worker("checkpoints", f"sqlite://{folder}/night.db", ID, steps)
    worker.wait_until_ready()
    worker.go()
    assert worker.finish() == -signal.SIGKILL
    with closing(open_store(f"sqlite://{folder}/night.db")) as store:
        kept = len(store.load(ID).events) - len(whole_story())
        assert kept - len(worker.acknowledged) in (0, 1)
        assert same(store)
        assert faults(store) == []
        assert len(store.heads(Query()).heads) == 1


def test_the_name_of_the_code_covers_all_that_folds() -> None:
    """Whatever `replay` imports decides what a state is; the rest only checks texts, or says what went wrong."""
    loads = "import sys, rflow.core.session.replay; print(*(name for name in sys.modules if name.startswith('rflow.')))"
    loaded = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True).stdout.split()
    modules = {name for name in loaded if not hasattr(sys.modules[name], "__path__")}
    unconcerned = {"rflow.errors", "rflow.core.fingerprint", "rflow.core.tree.model"}
    assert modules - unconcerned == {module.__name__ for module in checkpoint.REPLAYED_BY}


def test_a_checkpoint_keeps_the_older_entries_of_the_last_one_as_they_are(store: Store, folder: Path) -> None:
    story, bodies, kept = [*short_story()], list[bytes](), 0
    put(store, story)
    for number in range(60):
        story += more(story, NoteAdded(text=f"{number}: the label roll was changed"))
        store.append(session(ID, CODE, story), story[-1:], len(story) - 1, {})
        ((data,),) = rows(folder, "SELECT data FROM checkpoints")
        assert isinstance(data, bytes)
        kept += any(body in data for body in bodies)
        stored = parts_of(data)
        bodies = [body for part, body in stored if part.name == "notes"]
        assert max(sum(part.name == name for part, _ in stored) for name in ("notes", "moves", "steps")) <= (
            parts.MOST_PARTS
        )
        assert same(store)
    assert kept > 30
    assert faults(store) == []


def parts_of(data: bytes) -> list[tuple[Part, bytes]]:
    """Return the parts of a checkpoint with their bytes."""
    prefix = checkpoint.read_prefix(data)
    assert prefix
    end = checkpoint.PREFIX_SIZE + prefix.size
    head = msgspec.json.decode(data[checkpoint.PREFIX_SIZE : end])
    stored = msgspec.convert(head["parts"], list[Part])
    return [(part, data[end + part.start : end + part.start + part.size]) for part in stored]
