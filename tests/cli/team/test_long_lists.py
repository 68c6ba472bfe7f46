"""Lists of many sessions and links at the command line: nothing is left out without a word."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from rflow.core.session.events import HandedOff, SessionStarted
from rflow.core.sharing import stored_share
from rflow.stores import open_store
from support.program import Program
from support.stores.stories import BEN, CHLOE, events, session
from support.web.recording_proxy import Recorder, recording
from support.web.team_server import TeamServer, team_at

pytestmark = pytest.mark.slow
SESSIONS, LINKS = 1_120, 130


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    """A server with many sessions that Chloé has handed to Ben, and links to some of them and to one of his own."""
    made = team_at(tmp_path_factory.mktemp("server"))
    with made.running():
        ben = made.member("Ben Okafor", made.root.home / "ben")
        code = ben.start("--title", "Ben's own")
        ben.ok("share", "create", "--label", "the last one")
        fill(made.root.home / "team.db")
        ben.ok("-s", code, "note", "It hums")
        yield made


def fill(path: Path) -> None:
    """Write the sessions, and links as the one that is there."""
    with closing(open_store(f"sqlite://{path}")) as store:
        (made,) = (count.share for count in store.shares.listed())
        for number in range(SESSIONS):
            story = events([SessionStarted(title=f"Till {number}"), HandedOff(to=BEN)], by=CHLOE)
            name = f"019a4711-0000-7000-8000-{number:012}"
            store.create(session(name, f"T{number:03}-ZZ" if number < 1000 else f"U{number}-ZZ", story), story, {})
        for number in range(LINKS):
            share = msgspec.structs.replace(
                made,
                id=f"LONG{number:03}",
                session=f"019a4711-0000-7000-8000-{number:012}",
                hash=f"{number:064}",
                label=f"link {number}",
                created_at=made.created_at - timedelta(minutes=1 + number),
            )
            store.shares.restore(stored_share(share))


@pytest.fixture
def proxy(team: TeamServer) -> Iterator[Recorder]:
    with recording(team.port) as recorder:
        yield recorder


@pytest.fixture(params=["server", "store"])
def ben(request: pytest.FixtureRequest, team: TeamServer, proxy: Recorder, tmp_path: Path) -> Program:
    """Ben, at the server or where its store is."""
    if request.param == "store":
        return Program(tmp_path, user="Ben Okafor", store=team.root.store)
    return team.member("Ben Okafor", tmp_path / "ben", proxy.url)


def test_a_list_has_as_many_sessions_as_are_asked_for(ben: Program, proxy: Recorder) -> None:
    assert len(ben.json("list", "--limit", "1100", "--json")) == 1100
    assert len(proxy.take()) <= 3
    listed = ben.ok("list", "--limit", "2000")
    assert (len(listed.out.splitlines()), listed.err) == (1 + SESSIONS + 1, "")
    assert "There are more sessions; to see more: --limit 200" in ben.ok("list").err


def test_the_inbox_says_that_there_is_more(ben: Program) -> None:
    inbox = ben.ok("inbox")
    assert inbox.out.count("  Till ") == 50
    assert "There are more sessions in your inbox; to see more: rflow list --inbox --limit 200" in inbox.err
    assert len(ben.json("inbox", "--json")) == SESSIONS


def test_the_newest_links_are_listed_and_how_many_there_are(ben: Program, proxy: Recorder) -> None:
    listed = ben.ok("share", "list")
    lines = listed.out.splitlines()[1:]
    assert (len(lines), "Ben's own" in lines[0], "link 48 · Till 48" in lines[-1]) == (50, True, True)
    assert "These are 50 of 131 links; to see all: --limit 131" in listed.err
    assert len(proxy.take()) <= 4
    assert len(ben.ok("share", "list", "--limit", "131").out.splitlines()) == 132
    records = ben.json("share", "list", "--json")
    assert (len(records), {record["title"] for record in records[1:3]}) == (131, {"Till 0", "Till 1"})
    assert len(ben.json("share", "list", "--json", "--limit", "2")) == 2


def test_the_last_entries_of_the_audit(team: TeamServer) -> None:
    every = team.root.ok("audit").out.splitlines()
    assert team.root.ok("audit", "--last", "2").out.splitlines() == every[-2:]
    assert "Use one of them" in team.root.refused(2, "audit", "--last", "2", "--after", "3")
