"""`rflow resume` with the address of a session or a link: who gets what, and who has a session when two want it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.program import SCRIPT, Program
from support.web.team_server import TeamServer, team_at

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    """A server that runs."""
    made = team_at(tmp_path_factory.mktemp("server"))
    with made.running():
        yield made


@pytest.fixture
def ben(team: TeamServer, tmp_path: Path) -> Program:
    return team.member("Ben Okafor", tmp_path / "ben")


@pytest.fixture
def cleo(team: TeamServer, tmp_path: Path) -> Program:
    return team.member("Cleo", tmp_path / "cleo")


def test_the_address_of_a_session_or_a_link_makes_it_the_current_one_at_the_same_position(
    team: TeamServer, ben: Program, cleo: Program
) -> None:
    code = ben.start()
    ben.ok("choose", "Red, steady")
    link = ben.json("share", "create", "--json")["url"]
    for address in (f"{team.url}/sessions/{code}", link, f"{link}.md", f"<{link}>"):
        assert "Reseat the ribbon" in cleo.ok("resume", address).out
    cleo.ok("note", "I can see it")
    assert [note["text"] for note in ben.show(code)["notes"]] == ["I can see it"]
    taken = cleo.ok("resume", link, "--take", "--reason", "Ben is in a call")
    assert "yours now" in taken.err
    assert "Reseat the ribbon" in taken.out
    assert "belongs to Cleo" in ben.refused(4, "done", "no change")
    assert "Cleo" in ben.ok("show", code).out
    lost = ben.refused(5, "done", "no change")
    assert "Cleo" in lost and "--take" in lost


def test_a_non_member_keeps_the_page_and_sees_who_to_ask(team: TeamServer, ben: Program, tmp_path: Path) -> None:
    code = ben.start()
    made = ben.json("share", "create", "--json")
    dana = team.member("Dana", tmp_path / "dana")
    said = dana.refused(5, "resume", made["url"])
    assert "no member" in said and "ask Ben Okafor" in said and code not in said
    assert "no session" in dana.refused(3, "resume", f"{team.url}/sessions/{code}")
    ben.ok("share", "revoke", made["id"])
    ended = dana.refused(3, "resume", made["url"])
    assert ended == dana.refused(3, "resume", f"{team.url}/share/rfs_{'0' * 39}")
    assert "has ended, or it is not copied completely" in ended
    assert f"rflow resume {code}" in ben.refused(3, "resume", made["url"])


def test_a_token_goes_only_to_the_server_that_it_is_for(team: TeamServer, ben: Program, tmp_path: Path) -> None:
    code = ben.start()
    local = Program(tmp_path / "local", user="Ben Okafor", environ=ben.environ)
    local.home.mkdir()
    said = local.refused(9, "resume", f"{team.url}/sessions/{code}")
    assert f"rflow login {team.url}" in said and "RFLOW_TOKEN" in said
    local.ok("login", team.url, "--with-token", stdin=team.tokens["Ben Okafor"])
    resumed = local.at(environ={}).ok("resume", f"{team.url}/sessions/{code}")
    assert f"rflow --store {team.url} choose" in resumed.out
    assert f"rflow config set store {team.url}" in resumed.err
    there = local.at(environ={"RFLOW_STORE": team.url})
    there.ok("note", "From the laptop")
    assert ben.show(code)["notes"][0]["text"] == "From the laptop"
    for address in (f"{team.url}/elsewhere", f"{team.url}/", "https://rflow.example.com/sessions"):
        assert "address of a session" in local.refused(2, "resume", address)
    assert "https://" in local.refused(2, "resume", "http://rflow.example.com/sessions/K7QM-2F")


def test_of_two_who_accept_or_take_over_at_once_one_wins_and_the_other_sees_who(
    team: TeamServer, ben: Program, cleo: Program, tmp_path: Path
) -> None:
    """Attack 19, from two terminals."""
    root = team.root.at(environ={})
    root.ok("user", "enable", "Dana")
    root.ok("space", "members", "default", "--add", "Dana", "--role", "member")
    dana = team.member("Dana", tmp_path / "dana")
    try:
        for words in (
            ("accept", "{}", "--read-back", "I order a ribbon"),
            ("resume", "{}", "--take", "--reason", "now"),
        ):
            code = ben.start()
            if words[0] == "accept":
                ben.ok("handoff", "@tier2")
            else:
                cleo.ok("show", code)
                dana.ok("show", code)
            running = [
                subprocess.Popen(
                    [SCRIPT, *(word.format(code) for word in words)],
                    env=person.variables,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                for person in (cleo, dana)
            ]
            ends = {
                name: (each.communicate(timeout=60)[1], each.returncode)
                for name, each in zip(("Cleo", "Dana"), running, strict=True)
            }
            owner = ben.show(code)["owner"]["name"]
            (loser,) = {"Cleo", "Dana"} - {owner}
            assert ends[owner][1] == 0, ends
            assert ends[loser][1] in (4, 5), ends
            assert owner in ends[loser][0]
    finally:
        root.ok("space", "members", "default", "--remove", "Dana")
