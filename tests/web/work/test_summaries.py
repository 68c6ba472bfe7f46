"""The summaries that the server keeps for the pages of sessions: nobody sees anything old, or what is another's."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from rflow.core.session import commands as c
from rflow.core.session.events import Brief
from rflow.service.sessions import find_session, start_command, started
from rflow.web.work.summaries import Summaries
from support.program import Program
from support.stores.stories import MORNING
from support.web.server import Served
from support.web.visitor import BEN, Visitor, team_served
from support.workspaces import Office, local_office


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with team_served(tmp_path_factory.mktemp("team")) as server:
        root = server.ana.at(user="Root", terminal="root").with_tree()
        root.ok("space", "members", "default", "--add", BEN, "--role", "member")
        root.ok("space", "members", "default", "--add", "Cleo", "--role", "member")
        yield server


@pytest.fixture
def terminal(served: Served, request: pytest.FixtureRequest) -> Program:
    terminal = served.ana.at(terminal=request.node.name)
    terminal.start()
    return terminal


@pytest.fixture
def readers(served: Served, terminal: Program) -> tuple[Visitor, Visitor]:
    """Ben, who owns the session, and Cleo; both have just read it."""
    path = f"/sessions/{terminal.json('show', '--json')['code']}"
    return Visitor(served.url).sign_in(BEN).go(path), Visitor(served.url).sign_in("Cleo").go(path)


@pytest.mark.slow
def test_a_step_shows_on_the_next_view_of_everybody(terminal: Program, readers: tuple[Visitor, Visitor]) -> None:
    terminal.ok("step", "Swapped the roll", "It feeds again")
    for reader in readers:
        assert "Swapped the roll" in reader.go(reader.at).text


@pytest.mark.slow
def test_a_redacted_text_is_gone_on_the_next_view(terminal: Program, readers: tuple[Visitor, Visitor]) -> None:
    terminal.ok("note", "The pass word of the spooler is brass-otter")
    note = terminal.json("show", "--json")["notes"][-1]["seq"]
    assert all("brass-otter" in reader.go(reader.at).text for reader in readers)
    terminal.ok("redact", str(note), "--yes")
    assert not any("brass-otter" in reader.go(reader.at).page.text for reader in readers)


@pytest.mark.slow
def test_a_member_who_is_removed_sees_nothing_of_what_they_had_open(
    served: Served, terminal: Program, readers: tuple[Visitor, Visitor]
) -> None:
    ben, cleo = readers
    root = served.ana.at(user="Root", terminal="root")
    root.ok("space", "members", "default", "--remove", "Cleo")
    try:
        assert (cleo.go(ben.at).page.status_code, "Which lamp is lit?" in cleo.page.text) == (404, False)
        assert "Which lamp is lit?" in ben.go(ben.at).text
    finally:
        root.ok("space", "members", "default", "--add", "Cleo", "--role", "member")


@pytest.mark.slow
def test_a_deleted_session_is_gone_for_everybody(terminal: Program, readers: tuple[Visitor, Visitor]) -> None:
    terminal.ok("delete", readers[0].at.rpartition("/")[2], "--yes")
    assert [reader.go(reader.at).page.status_code for reader in readers] == [404, 404]


@pytest.mark.slow
def test_forms_and_what_one_may_do_are_each_readers_own(readers: tuple[Visitor, Visitor]) -> None:
    ben, cleo = readers
    pages = [reader.go(reader.at).page.text for reader in (ben, cleo, ben)]
    ids = [set(re.findall(r'name="command_id" value="([^"]+)"', page)) for page in pages]
    assert all(ids) and not ids[0] & ids[1] and not ids[0] & ids[2]
    assert [f"{ben.at}/choose" in reader.actions() for reader in (ben, cleo)] == [True, False]
    assert ["Owner you" in reader.text for reader in (ben, cleo)] == [True, False]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield from local_office("memory")(tmp_path)


def test_a_summary_is_made_once_for_a_version_and_kept_for_a_minute(office: Office) -> None:
    ana, summaries = office.at("ana"), Summaries(lambda at: at)
    session = started(ana, start_command("No labels", Brief(), None, space="leeds"))
    first = summaries.of(ana, session, str(session.version), MORNING)
    assert summaries.of(ana, session, str(session.version), MORNING + timedelta(seconds=59)) is first
    assert summaries.of(ana, session, str(session.version), MORNING + timedelta(seconds=60)) is not first
    ana.send(session.id, c.AddNote(text="The roll is empty"))
    changed = find_session(ana, session.code)
    assert (
        summaries.of(ana, changed, str(changed.version), MORNING + timedelta(seconds=61)).notes[0].text
        == "The roll is empty"
    )


def test_summaries_do_not_fill_the_memory(office: Office) -> None:
    ana, summaries = office.at("ana"), Summaries(lambda at: at)
    sessions = [started(ana, start_command(f"No labels {n}", Brief(), None, space="leeds")) for n in range(40)]
    made = [summaries.of(ana, session, str(session.version), MORNING) for session in sessions]
    assert summaries.of(ana, sessions[-1], str(sessions[-1].version), MORNING) is made[-1]
    assert summaries.of(ana, sessions[0], str(sessions[0].version), MORNING) is not made[0]
    last = summaries.of(ana, sessions[-1], str(sessions[-1].version), MORNING)
    summaries.drop_old(MORNING + timedelta(minutes=2))
    assert summaries.of(ana, sessions[-1], str(sessions[-1].version), MORNING) is not last
