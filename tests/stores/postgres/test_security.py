"""Row-level security: every table has a policy or a reason for none, and a scope shows its own rows only."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.session.commands import AddEvidence, AddNote, Start
from rflow.core.session.head import Query
from rflow.core.session.search.query import read_terms
from rflow.core.sharing import ShareWish
from rflow.core.tree.model import canonical
from rflow.errors import StoreProblem
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores import open_store
from rflow.stores.postgres.connection.scope import Scope, of_spaces
from rflow.stores.postgres.store import PostgresStore
from rflow.stores.postgres.tables.policies import GUARDED
from support.program import Program
from support.stores import postgres
from support.stores.stories import LPSTAT, LPSTAT_DIGEST, MORNING, PRINTER, evidence

pytestmark = pytest.mark.slow

OF_NO_SPACE = {"accounts", "identities", "credentials", "counters", "audit", "meta"}
"""Tables of the server as a whole: only signing in and admins read them."""
BY_FUNCTION = {"documents"}
"""Read by the function that searches, which filters by itself."""
LEAD = Actor(person=person("Ana Ruiz"), roles={"leeds": "lead", "york": "lead"})


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a new store."""
    return postgres.url(tmp_path, "night")


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    """A store with something in every table, of Leeds and of York."""
    with closing(open_store(url)) as opened:
        assert isinstance(opened, PostgresStore)
        changed = []
        workspace = LocalWorkspace(opened, LEAD, clock=lambda: MORNING)
        for space in ("leeds", "york"):
            add_space(opened, space)
            sent = workspace.start(Start(title=f"Printer in {space}", space=space, command_id=space))
            workspace.send(sent.session, AddEvidence(evidence=evidence(LPSTAT)), {LPSTAT_DIGEST: LPSTAT})
            workspace.create_share(ShareWish(session=sent.session))
            workspace.add_tree(canonical(PRINTER), space)
            opened.search(read_terms("printer"), Query())
            changed.append(sent.session)
        for session in changed:
            workspace.send(session, AddNote(text="not indexed yet"))
        yield opened


def add_space(store: PostgresStore, space: str) -> None:
    """Create a space with a member, and a view of a link."""
    with store._database.writing() as db:
        db.execute("INSERT INTO spaces VALUES (%s, %s)", (space, f'{{"id":"{space}"}}'.encode()))
        db.execute("INSERT INTO members VALUES ('ana', %s, 'member')", (space,))
        db.execute("INSERT INTO share_views (share_id, at, data, space) VALUES ('x', 1, '', %s)", (space,))


def test_every_table_is_guarded_even_from_its_owner_or_has_a_reason(store: PostgresStore, url: str) -> None:
    sql = "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relkind IN ('r', 'p')"
    rows = postgres.execute(url, f"{sql} AND relnamespace = current_schema()::regnamespace")
    tables = {str(name): bool(forced) for name, forced in rows}
    guarded = {name for name, forced in tables.items() if forced}
    assert {name for name in guarded if name not in GUARDED} == {
        name for name in tables if name.startswith(("events_", "blobs_"))
    }
    assert set(tables) - guarded == OF_NO_SPACE | BY_FUNCTION


def test_the_role_of_the_application_can_not_bypass_the_policies(store: PostgresStore, url: str) -> None:
    sql = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert postgres.execute(url, sql) == [(False, False)]
    assert [fault for fault in store.check() if fault.where == "role"] == []


def test_a_scope_sees_changes_and_removes_its_own_rows_only(store: PostgresStore) -> None:
    for table, column in GUARDED.items():
        check_scopes(table, column, store)


def check_scopes(table: str, column: str, store: PostgresStore) -> None:
    """Check what is seen and removed of a table."""
    seen = {}
    for spaces in (None, ("york",), ("york", "leeds"), ()):
        with store._database.scoped(of_spaces(spaces)).reading() as db:
            seen[spaces] = {space for (space,) in db.execute(f"SELECT {column} FROM {table}")}
    assert seen == {None: {"leeds", "york"}, ("york",): {"york"}, ("york", "leeds"): {"leeds", "york"}, (): set()}
    with store._database.scoped(of_spaces(("york",))).writing() as db:
        db.execute(f"DELETE FROM {table}")
    with store._database.reading() as db:
        assert {space for (space,) in db.execute(f"SELECT {column} FROM {table}")} == {"leeds"}


def test_nothing_is_written_into_another_space(store: PostgresStore) -> None:
    for table, column in GUARDED.items():
        with (
            pytest.raises(StoreProblem, match="a space that may not be changed here"),
            store._database.scoped(of_spaces(("york",))).writing() as db,
        ):
            db.execute(f"UPDATE {table} SET {column} = 'leeds'")


def test_a_transaction_that_says_nothing_of_an_actor_sees_nothing(store: PostgresStore, url: str) -> None:
    import psycopg

    conninfo, _, schema = url.partition("&schema=")
    with psycopg.connect(conninfo, autocommit=True) as db:
        db.execute(f"SET search_path = {schema}".encode())
        for table in GUARDED:
            assert db.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table
        found = (
            "SELECT total FROM search('''printer''', '{}', '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 9)"
        )
        assert db.execute(found.encode()).fetchall() == [(0,)]


def test_the_hash_of_a_link_shows_that_link_alone(store: PostgresStore) -> None:
    first, second = (share.key for share in store.shares.stored())
    with store._database.scoped(Scope((), first.hash)).reading() as db:
        assert db.execute("SELECT id FROM shares").fetchall() == [(first.id,)]
    nobody = store.scoped(())
    assert nobody.shares.by_hash(second.hash) is not None
    assert nobody.shares.stored() == []
    assert nobody.shares.by_hash("0" * 64) is None


def test_names_of_spaces_are_text_and_nothing_else(store: PostgresStore) -> None:
    for name in ("*", '["leeds"]', "'; SET rflow.spaces = '*", 'leeds","york', "\\", "\0leeds", "é\\u0000"):
        with store._database.scoped(of_spaces((name,))).reading() as db:
            assert db.execute("SELECT count(*) FROM sessions").fetchone() == (0,), name


def test_a_search_filters_spaces_by_itself(store: PostgresStore) -> None:
    for spaces, total in (((), 0), (("york",), 1), (("york", "leeds"), 2), (None, 2)):
        assert store.scoped(spaces).search(read_terms("printer"), Query()).total == total
    assert store.scoped(("york",)).search(read_terms("printer"), Query(spaces=("leeds",))).total == 0


def test_a_role_that_bypasses_the_policies_is_reported(store: PostgresStore, url: str, tmp_path: Path) -> None:
    root = url.replace("rflow@", "postgres@")
    with closing(open_store(root)) as opened:
        assert "role" in [fault.where for fault in opened.check()]
    said = Program(home=tmp_path, store=root).run("store", "check")
    assert "sees all rows" in said.err + said.out
