"""`rflow handoff --all USER`: the end of a shift, locally and at a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.program import Program
from support.web.team_server import TeamServer, team_at


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    return Program(tmp_path).with_tree()


@pytest.mark.slow
def test_a_shift_is_shown_then_handed_over_and_each_session_is_accepted_by_itself(ana: Program) -> None:
    codes = [ana.start("--title", f"Till {number} is slow", "--customer", "Leeds") for number in (1, 2, 3)]
    closed = ana.start("--title", "An old one")
    ana.ok("-s", closed, "close", "--outcome", "resolved", "rebooted")
    asked = ana.refused(2, "handoff", "--all", "Ben Okafor", "--new-user")
    assert "3 open sessions of yours, to Ben Okafor:" in asked and "--yes" in asked
    assert all(code in asked for code in codes) and closed not in asked
    assert {ana.show(code)["status"] for code in codes} == {"open"}
    note = "Tills: the vendor is on it"
    done = ana.ok("handoff", "--all", "Ben Okafor", "--new-user", "--yes", "--note", note, "-f", "text")
    assert "3 sessions handed to Ben Okafor, who accepts them one by one" in done.err
    assert all(f"Till {number} is slow" in done.out for number in (1, 2, 3))
    ben = ana.at(user="Ben Okafor", terminal="other")
    inbox = ben.json("inbox", "--json")
    assert {head["code"] for head in inbox} == set(codes)
    assert note in " ".join(ben.ok("show", codes[0]).out.split())
    ben.ok("accept", codes[0])
    ben.ok("decline", codes[1], "--reason", "Not my shift")
    owners = {code: (ana.show(code)["owner"]["name"], ana.show(code)["status"]) for code in codes}
    assert list(owners.values()) == [("Ben Okafor", "open"), ("Ana Ruiz", "open"), ("Ben Okafor", "handed_off")]


def test_a_queue_takes_a_shift_and_without_sessions_nothing_happens(ana: Program) -> None:
    assert "no open session" in ana.refused(3, "handoff", "--all", "@tier2", "--yes")
    ana.start("--title", "Till 1 is slow")
    ana.ok("handoff", "--all", "@tier2", "--yes")
    assert "no open session" in ana.refused(3, "handoff", "--all", "@tier2", "--yes")
    assert "Till 1" in ana.at(user="Ben", terminal="other").ok("inbox").out
    assert "--note only" in ana.refused(2, "handoff", "--all", "@tier2", "--warn", "no restart")
    assert "To whom?" in ana.refused(2, "handoff", "--all")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    """A server that runs, with a space that Cleo is not in."""
    made = team_at(tmp_path_factory.mktemp("server"))
    made.root.ok("space", "add", "Leeds")
    made.root.ok("space", "members", "Leeds", "--add", "Ben Okafor", "--role", "member")
    with made.running():
        yield made


@pytest.mark.slow
def test_sessions_the_receiver_may_not_see_stay_and_are_listed_and_the_rest_is_handed_over(
    team: TeamServer, tmp_path: Path
) -> None:
    ben, cleo = (team.member(name, tmp_path / name[:3]) for name in ("Ben Okafor", "Cleo"))
    seen, hidden = ben.start("--title", "Till 1 is slow"), ben.start("--title", "Safe is open", "--space", "Leeds")
    done = ben.run("handoff", "--all", "Cleo", "--yes", "-f", "text")
    assert done.code == 3
    assert "1 session handed to Cleo" in done.err
    assert f"{hidden} \u00b7 Safe is open: not handed over" in done.err
    assert "1 of 2 sessions could not be handed over: still yours" in done.err
    assert "Till 1 is slow" in done.out and "Safe" not in done.out
    assert [head["code"] for head in cleo.json("inbox", "--json")] == [seen]
    assert ben.show(hidden)["owner"]["name"] == "Ben Okafor"
