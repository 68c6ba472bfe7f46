"""The tables of a PostgreSQL store: upgrades, two versions at once, ids and commands, a partition for each month."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.session.commands import AddNote, Start
from rflow.core.session.events import Event, Fact, NoteAdded
from rflow.core.session.head import Query
from rflow.core.session.replay import replay
from rflow.core.session.search.query import read_terms
from rflow.core.sharing import ShareWish
from rflow.errors import StoreProblem
from rflow.identity import new_id
from rflow.ports.stores import Store
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores import open_store
from rflow.stores.postgres import store as store_module
from rflow.stores.postgres.connection import database
from rflow.stores.postgres.query import select
from rflow.stores.postgres.store import PostgresStore
from rflow.stores.postgres.tables import migrations, partitions, schema
from rflow.stores.postgres.tables.append_functions import APPENDING
from support.program import Program
from support.stores import postgres
from support.stores.stories import LPSTAT, LPSTAT_DIGEST, MORNING, evidence, session, short_story

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[2] / "samples" / "postgres" / "1.sql"
ANA = person("Ana Ruiz")


def at(store: Store, spaces: str = "", when: datetime = MORNING) -> LocalWorkspace:
    """Return what Ana can do at a store, where she is a member of `spaces`, or of all."""
    roles = dict.fromkeys(spaces.split(), "member") if spaces else None
    return LocalWorkspace(store, Actor(person=ANA, roles=roles), clock=lambda: when)  # type: ignore[arg-type]


def put(store: Store, session_id: str, code: str = "K7QM-2F") -> str:
    """Store a session under an id, and return it."""
    story = short_story("Label printer", "The till is dark")
    store.create(session(session_id, code, story), story, {})
    return session_id


def holders(url: str, session_id: str) -> list[str]:
    """Return the names of the partitions that hold a session's events."""
    sql = f"SELECT DISTINCT tableoid::regclass::text FROM events WHERE session_id = '{session_id}'"
    return [str(name).rpartition(".")[2] for (name,) in postgres.execute(url, sql)]


# Upgrades


def test_a_store_of_version_1_is_upgraded_with_all_that_is_in_it(url: str, tmp_path: Path) -> None:
    name = url.partition("schema=")[2]
    postgres.execute(url, *SAMPLE.read_text().replace("sample", name).split(";\n")[:-1])
    ana = Program(home=tmp_path, store=url)
    refused = ana.run("list")
    assert (refused.code, "format 1; this one uses 2" in refused.err) == (8, True)
    assert "from format 1 to 2" in ana.ok("store", "upgrade").err
    assert {each["title"] for each in ana.json("list", "--all", "--json")} == {"Label printer in Leeds", "Till in York"}
    assert ana.ok("store", "check").err == "The store is sound.\n"
    assert "Label printer in Leeds" in ana.ok("share", "list", "--all").out
    with closing(open_store(url)) as store:
        assert store.search(read_terms("hums"), Query()).total == 1
        (york,) = store.scoped(["york"]).heads(Query()).heads
        assert (york.title, store.scoped(["york"]).load(york.id).session.notes[2].text) == ("Till in York", "hums")
    ana.ok("-s", york.code, "note", "after the upgrade")


def two_versions(monkeypatch: pytest.MonkeyPatch, version: int, oldest_allowed: int, oldest_usable: int = 2) -> None:
    """Let this be another version of rflow."""
    for module in (schema, database, store_module):
        monkeypatch.setattr(module, "SCHEMA_VERSION", version)
    monkeypatch.setattr(schema, "OLDEST_ALLOWED", oldest_allowed)
    monkeypatch.setattr(database, "OLDEST_USABLE", oldest_usable)


def expand(db: object) -> None:
    """Add a column, as a step does that the version before need not know of."""
    db.execute("ALTER TABLE sessions ADD COLUMN colour text")  # type: ignore[attr-defined]


def test_two_adjacent_versions_work_on_one_schema_before_and_after_an_upgrade(
    store: PostgresStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = at(store).start(Start(title="Till is dark"))
    with monkeypatch.context() as newer:  # the newer one, before the upgrade and after it
        two_versions(newer, 3, oldest_allowed=2)
        at(store).send(sent.session, AddNote(text="by the newer one, before"))
        newer.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, migrations.Migration(3, "colours", expand)))
        assert store.upgrade() == 2
        at(store).send(sent.session, AddNote(text="by the newer one, after"))
    at(store).send(sent.session, AddNote(text="by the older one, after"))  # while it is still running
    assert len(store.load(sent.session).session.notes) == 3
    postgres.execute(url, "UPDATE meta SET value = '3' WHERE name = 'oldest'")  # once a step contracts
    with pytest.raises(StoreProblem, match="has format 3, which is from a newer rflow"):
        at(store).send(sent.session, AddNote(text="by the older one, too late"))


def test_an_upgrade_gives_way_to_a_transaction_that_lasts(store: PostgresStore, url: str) -> None:
    put(store, "first")
    with closing(PostgresStore(url, patience=0.3)) as upgrading, store._database.holding():
        list(store.ids())
        with pytest.raises(StoreProblem, match=r"busy|in use"):
            upgrading.upgrade()
    assert list(store.ids()) == ["first"]


@pytest.mark.parametrize(
    "change",
    [
        "DROP FUNCTION append_unless_rewritten; DROP FUNCTION search; DROP INDEX asked_ones",
        APPENDING["append_unless_rewritten"].replace("cardinality(", "cardinal("),
    ],
    ids=["missing", "another"],
)
def test_an_upgrade_creates_or_replaces_the_functions_at_the_same_version(
    store: PostgresStore, url: str, tmp_path: Path, change: str
) -> None:
    """Who owns the schema but may create nothing in it stands for any role that is not the tables' own."""
    sent = at(store).start(Start(title="Till is dark"))
    create = f"CREATE ON SCHEMA {url.partition('schema=')[2]}"
    postgres.execute(url, change, f"REVOKE {create} FROM rflow")
    ana = Program(home=tmp_path, store=url)
    refused = ana.run("-s", sent.code, "note", "before the upgrade")
    assert (refused.code, "As the role that owns its tables, run: rflow store upgrade" in refused.err) == (8, True)
    postgres.execute(url, f"GRANT {create} TO rflow")
    assert "up to date" in ana.ok("store", "upgrade").err
    ana.ok("-s", sent.code, "note", "after the upgrade")
    assert [note.text for note in store.load(sent.session).session.notes.values()] == ["after the upgrade"]
    assert store.search(read_terms("after"), Query()).total == 1
    assert postgres.execute(
        url, "SELECT count(*) FROM pg_indexes WHERE indexname = 'asked_ones' AND schemaname = current_schema()"
    ) == [(1,)]


def test_programs_that_come_before_the_upgrade_create_the_function_that_appends(store: PostgresStore, url: str) -> None:
    sent = at(store).start(Start(title="Till is dark"))
    log = store.load(sent.session)
    changes: tuple[tuple[Fact, dict[str, bytes]], ...] = (
        (NoteAdded(text="first"), {}),
        (evidence(LPSTAT), {LPSTAT_DIGEST: LPSTAT}),  # in a transaction of several messages
    )
    for fact, contents in changes:
        postgres.execute(url, "DROP FUNCTION append_unless_rewritten")
        first = log.events[-1]
        assert isinstance(first, Event)
        added = [replace(first, seq=log.session.version + 1, fact=fact, command_id="")]
        store.append(replay(added, log.session), added, log.session.version, contents)
        log = store.load(sent.session)
    assert (len(log.session.notes), store.blob(sent.session, LPSTAT_DIGEST)) == (1, LPSTAT)
    assert store.check() == []


def test_several_programs_that_miss_the_function_create_it_once(store: PostgresStore, url: str) -> None:
    sent = [at(store).start(Start(title=f"Till {number}")) for number in range(4)]
    postgres.execute(url, "DROP FUNCTION append_unless_rewritten")

    def note(session_id: str) -> int:
        with closing(PostgresStore(url)) as own:
            at(own).send(session_id, AddNote(text="before the upgrade"))
            return len(own.load(session_id).session.notes)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(note, [each.session for each in sent])) == [1] * 4


def test_the_index_of_open_questions_is_used(store: PostgresStore) -> None:
    at(store).start(Start(title="Till is dark"))
    sql, values = select(Query(asked="ana"))
    with store._database.reading() as db:
        db.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = [str(row[0]) for row in db.execute(f"EXPLAIN {sql}".encode(), values)]
    assert any("Index Scan Backward using asked_ones" in each for each in plan), plan


# Ids and commands


def test_a_session_has_an_id_that_begins_with_its_time_and_a_command_leads_to_it_again(store: PostgresStore) -> None:
    first = at(store).start(Start(title="Till is dark", command_id="once"))
    assert first.session[14] == "7"
    again = at(store).start(Start(title="Till is dark", command_id="once"))
    assert (again.session, again.events, len(again.tail)) == (first.session, (), 1)
    other = at(store).start(Start(title="Till is dark", command_id="twice"))
    assert other.session != first.session
    at(store).delete(first.session)
    assert at(store).start(Start(title="Till is dark", command_id="once")).session not in (first.session, other.session)


def test_a_conflict_in_a_hidden_space_is_not_revealed(store: PostgresStore) -> None:
    york = at(store, "york").start(Start(title="Till in York", space="york", command_id="once"))
    ids = iter([york.session, new_id(MORNING), york.session, new_id(MORNING)])
    leeds = at(store, "leeds")
    leeds.ids = lambda at: next(ids)
    leeds.codes = lambda: iter([york.code, "P3XW-9T", york.code, "VPNX-01"])
    started = leeds.start(Start(title="Label printer", space="leeds"))
    assert (started.session != york.session, started.code) == (True, "P3XW-9T")
    again = leeds.start(Start(title="Label printer", space="leeds", command_id="once"))
    assert again.session not in (york.session, started.session)
    assert len(at(store, "leeds").heads(Query()).heads) == 2
    assert [head.title for head in at(store, "york").heads(Query()).heads] == ["Till in York"]


# Partitions


def test_who_stores_the_first_session_of_a_month_creates_its_partition(store: PostgresStore, url: str) -> None:
    march, now = new_id(datetime(2025, 3, 9, tzinfo=UTC)), datetime.now(UTC)
    assert holders(url, put(store, march, "K7QM-2F")) == ["events_2025_03"]
    assert holders(url, put(store, new_id(now), "K7QM-3F")) == [f"events_{now:%Y_%m}"]
    for number, strange in enumerate(
        (new_id(datetime(2199, 1, 1, tzinfo=UTC)), "019a4711-0000-8000-8000-000000000001")
    ):
        assert holders(url, put(store, strange, f"K7QM-{number}A")) == ["events_other"]


def test_a_new_store_has_partitions_for_two_months(store: PostgresStore, url: str) -> None:
    put(store, "somebody-elses-id")  # the tables are made by who first writes
    leaves = (str(name) for (name,) in postgres.execute(url, partitions._LEAVES))
    months = sorted(leaf for leaf in leaves if leaf.startswith("events_2"))
    this, following = (datetime.strptime(month, "events_%Y_%m").replace(tzinfo=UTC) for month in months)
    assert (this + timedelta(days=31)).replace(day=1) == following
    assert timedelta(0) < datetime.now(UTC) - this < timedelta(days=32)


def test_a_partition_goes_once_nothing_is_left_in_it(store: PostgresStore, url: str) -> None:
    first = put(store, new_id(datetime(2025, 3, 9, tzinfo=UTC)), "K7QM-2F")
    second = put(store, new_id(datetime(2025, 3, 31, 23, 59, tzinfo=UTC)), "K7QM-3F")
    store.delete(first)
    assert holders(url, second) == ["events_2025_03"]
    store.delete(second)
    names = [name for (name,) in postgres.execute(url, partitions._LEAVES)]
    assert "events_2025_03" not in names and "blobs_2025_03" not in names
    assert f"events_{datetime.now(UTC):%Y_%m}" in names
    assert store.check() == []


def test_of_many_that_are_deleted_at_once_a_whole_month_is_dropped(store: PostgresStore, url: str) -> None:
    march, april = datetime(2025, 3, 9, tzinfo=UTC), datetime(2025, 4, 9, tzinfo=UTC)
    all_of_march = [put(store, new_id(march), f"K7QM-{number}F") for number in range(3)]
    of_april = [put(store, new_id(april), f"K7QM-{number}G") for number in range(2)]
    other = put(store, "somebody-elses-id", "K7QM-4H")
    gone = store.delete_all([*all_of_march, of_april[0], other, "nothing"])
    assert sorted(gone) == sorted([*all_of_march, of_april[0], other])
    names = [name for (name,) in postgres.execute(url, partitions._LEAVES)]
    assert ("events_2025_03" in names, "events_2025_04" in names) == (False, True)
    assert list(store.ids()) == [of_april[1]]
    assert store.check() == []


def test_a_month_whose_sessions_are_elsewhere_already_stays_there(store: PostgresStore, url: str) -> None:
    march = datetime(2025, 3, 9, tzinfo=UTC)
    first = put(store, new_id(march), "K7QM-2F")
    postgres.execute(
        url,
        "ALTER TABLE events DETACH PARTITION events_2025_03",
        "ALTER TABLE blobs DETACH PARTITION blobs_2025_03",
        "ALTER TABLE events_2025_03 NO FORCE ROW LEVEL SECURITY",
        "INSERT INTO events SELECT * FROM events_2025_03",
        "DROP TABLE events_2025_03, blobs_2025_03",
    )
    with closing(open_store(url)) as other:
        second = put(other, new_id(march), "K7QM-3F")
        assert holders(url, first) == holders(url, second) == ["events_other"]
        assert other.check() == []


def test_a_partition_by_itself_shows_nothing(store: PostgresStore, url: str) -> None:
    put(store, new_id(datetime(2025, 3, 9, tzinfo=UTC)))
    assert postgres.execute(url, "SELECT count(*) FROM events_2025_03") == [(0,)]
    assert postgres.execute(url, "SELECT count(*) FROM events") == [(2,)]


def test_a_command_that_started_a_session_is_forgotten_with_it(store: PostgresStore, url: str) -> None:
    sent = at(store).start(Start(title="Till is dark", command_id="once"))
    at(store).create_share(ShareWish(session=sent.session))
    assert postgres.execute(url, "SELECT count(*) FROM commands") == [(1,)]
    at(store).delete(sent.session)
    for table in ("commands", "codes", "unindexed", "documents", "shares", "events", "people"):
        assert postgres.execute(url, f"SELECT count(*) FROM {table}") == [(0,)], table
    assert replace(sent, tail=()).session not in store.ids()
