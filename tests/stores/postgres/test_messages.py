"""Appending and reading in one message: what it sees, what it leaves behind where it fails, a connection that went."""

from contextlib import closing

import pytest
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.session.commands import AddNote, Start
from rflow.core.session.events import Event, NoteAdded
from rflow.core.session.replay import replay
from rflow.errors import NotFound, StoreProblem
from rflow.ports.values import Stale
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores.postgres.store import PostgresStore
from support.stores import postgres
from support.stores.stories import MORNING

pytestmark = pytest.mark.slow

TRICKY = "50% of 'it' \\ \" {x,y} NULL, \x00 \x1a %s %(name)s ; COMMIT; -- é \U0001f5a8"


def start(store: PostgresStore, space: str = "leeds") -> str:
    """Start a session about a till."""
    actor = Actor(person=person("Ana Ruiz"), roles={space: "member"})
    return LocalWorkspace(store, actor, clock=lambda: MORNING).start(Start(title="Till is dark", space=space)).session


class Draft:
    """A note that is ready to be appended, as it was decided before."""

    def __init__(self, store: PostgresStore, session_id: str, text: str, *, by: str = "Ana Ruiz") -> None:
        session = store.load(session_id).session
        first = store.load(session_id).events[0]
        assert isinstance(first, Event)
        note = replace(first, seq=session.version + 1, by=person(by), command_id="", fact=NoteAdded(text=text))
        self.events, self.expected = [note], session.version
        self.after = replay(self.events, session)

    def append(self, store: PostgresStore) -> None:
        """Append it."""
        store.append(self.after, self.events, self.expected, {})


def notes(store: PostgresStore, session_id: str) -> list[str]:
    """Return the notes of a session."""
    return [note.text for note in store.load(session_id).session.notes.values()]


def test_any_text_arrives_as_it_was_written(store: PostgresStore) -> None:
    session_id = start(store, "50% off")
    scoped = store.scoped(["50% off", "it's \\ %s"])
    Draft(scoped, session_id, TRICKY, by=f"Ben {TRICKY}").append(scoped)
    assert notes(scoped, session_id) == [TRICKY]
    assert scoped.load(session_id).session.people == store.load(session_id).session.people
    assert f"Ben {TRICKY}" in {each.name for each in store.people()}


def test_a_session_that_moved_or_is_not_there_is_left_alone(store: PostgresStore) -> None:
    session_id = start(store)
    first, second = Draft(store, session_id, "first"), Draft(store, session_id, "second")
    first.append(store)
    with pytest.raises(Stale):
        second.append(store)
    with pytest.raises(NotFound):
        Draft(store, session_id, "hidden").append(store.scoped(["york"]))
    store.delete(session_id)
    with pytest.raises(NotFound):
        second.append(store)


def test_each_append_sees_what_its_own_scope_may_see_however_often_the_function_ran(store: PostgresStore) -> None:
    """PostgreSQL keeps one plan for all after some five executions."""
    sessions = {space: start(store, space) for space in ("leeds", "york")}
    for number in range(12):
        for space, other in (("leeds", "york"), ("york", "leeds")):
            Draft(store, sessions[space], f"note {number}").append(store.scoped([space]))
            with pytest.raises(NotFound):
                Draft(store, sessions[other], "hidden").append(store.scoped([space]))
    assert [len(notes(store, each)) for each in sessions.values()] == [12, 12]


def test_nothing_is_moved_into_a_space_that_may_not_be_changed(store: PostgresStore) -> None:
    draft = Draft(store, start(store), "moved")
    draft.after = replace(draft.after, space="york")
    with pytest.raises(StoreProblem, match="a space that may not be changed here"):
        draft.append(store.scoped(["leeds"]))
    assert notes(store, draft.after.id) == []


def test_a_message_that_fails_leaves_no_transaction_behind(store: PostgresStore, url: str) -> None:
    draft = Draft(store, start(store), "later")
    with closing(PostgresStore(url, patience=0.2)) as hasty, store._database.writing() as db:
        db.execute("SELECT 1 FROM sessions FOR UPDATE")
        with pytest.raises(StoreProblem, match=r"busy|in use"):
            draft.append(hasty)
        db.execute("ROLLBACK; BEGIN")
        draft.append(hasty)
        assert notes(hasty, draft.after.id) == ["later"]


@pytest.mark.parametrize("default", ["transaction_isolation%3Dserializable", "transaction_read_only%3Don"])
def test_what_transactions_are_by_default_changes_nothing(store: PostgresStore, url: str, default: str) -> None:
    session_id = start(store)
    with closing(PostgresStore(f"{url}&options=-cdefault_{default}")) as other:
        first, second = Draft(other, session_id, "first"), Draft(other, session_id, "second")
        first.append(other)
        with pytest.raises(Stale):
            second.append(other)
    assert notes(store, session_id) == ["first"]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_connection_that_went_since_its_last_use_is_opened_again_before_an_append(
    store: PostgresStore, mode: str
) -> None:
    draft = Draft(store, start(store), "The till is dark")
    postgres.server().restart(mode)
    draft.append(store)
    assert notes(store, draft.after.id) == ["The till is dark"]


def test_reloading_the_configuration_does_not_count_as_a_lost_connection(store: PostgresStore) -> None:
    draft = Draft(store, start(store), "The till is dark")
    connection = store._database.connection.current()
    postgres.server().sql("ALTER SYSTEM SET datestyle = 'German'", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.2)")
    try:
        draft.append(store)
    finally:
        postgres.server().sql("ALTER SYSTEM RESET datestyle", "SELECT pg_reload_conf()")
    assert store._database.connection.current() is connection


def test_everybody_named_is_in_the_list_of_people_with_their_newest_name(store: PostgresStore) -> None:
    session_id = start(store)
    for name in ("Ana Ruiz", "Ben", "BEN", "Ben"):
        draft = Draft(store, session_id, f"by {name}", by=name)
        draft.append(store)
    assert [each.name for each in store.people()] == ["Ana Ruiz", "Ben"]
    assert store.check() == []


def test_tables_that_changed_since_they_were_last_looked_at_are_looked_at_again(store: PostgresStore, url: str) -> None:
    session_id = start(store)
    workspace = LocalWorkspace(store, Actor(person=person("Ana Ruiz")), clock=lambda: MORNING)
    workspace.send(session_id, AddNote(text="before"))
    draft = Draft(store, session_id, "refused")
    postgres.execute(url, "UPDATE meta SET value = '99' WHERE name IN ('format', 'oldest')")
    for _ in range(2):
        with pytest.raises(StoreProblem, match="has format 99, which is from a newer rflow"):
            draft.append(store)
    postgres.execute(url, "UPDATE meta SET value = '2' WHERE name = 'oldest'")  # it says that this version may use it
    draft.append(store)
    postgres.execute(url, "DROP FUNCTION append_unless_rewritten; UPDATE meta SET value = '99' WHERE name = 'oldest'")
    with pytest.raises(StoreProblem, match="has format 99, which is from a newer rflow"):
        draft.append(store)
