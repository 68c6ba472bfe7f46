"""Questions: who is asked sees them in the inbox, in `rflow` and in the prompt, until they are answered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.program import Program
from support.web.team_server import TeamServer, team_at


def story(ana: Program, ben: Program) -> str:
    """Ask Ben and a queue, answer both; return what the inbox of Ben said."""
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("question", "Ben Okafor", "Is there a second till?")
    ana.ok("question", "@tier2", "Who has the key?")
    said = ben.ok("inbox").out
    assert f"{code}  Till 3 is slow" in said
    assert "asks" in said and "asks of @tier2" in said
    assert f"You are asked something in {code}: rflow inbox" in ben.ok().out
    assert "asked something" not in ana.ok("-s", code, "show").out
    ben.ok("-s", code, "reply", "2", "Yes, in the back room")
    left = ben.ok("inbox").out
    assert "second till" not in left and "Who has the key?" in left
    ben.ok("-s", code, "reply", "3", "Robin")
    assert ben.ok("inbox").err == "Your inbox is empty.\n"
    assert "Yes, in the back room" in ana.ok("show", code).out
    return said


def test_a_question_is_in_the_inbox_of_who_is_asked_until_it_is_answered(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ben = ana.at(user="Ben Okafor", terminal="other")
    ben.start("--title", "Another")
    said = story(ana, ben)
    assert "Ana Ruiz asks, now: Is there a second till?" in said


def test_the_prompt_says_that_one_is_asked_something(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("question", "Ben", "Is there a second till?", "--new-user")
    ben = ana.at(user="Ben")
    assert ben.ok("prompt").out == f"{code} 0 tried, you are asked something\n"
    assert ana.ok("prompt").out == f"{code} 0 tried\n"
    ben.ok("reply", "2", "No")
    assert ben.ok("prompt").out == f"{code} 0 tried\n"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    made = team_at(tmp_path_factory.mktemp("server"))
    with made.running():
        yield made


@pytest.mark.slow
def test_at_a_server_a_member_or_a_queue_is_asked_and_nobody_else(team: TeamServer, tmp_path: Path) -> None:
    ben, cleo = (team.member(name, tmp_path / name[:4]) for name in ("Ben Okafor", "Cleo"))
    story(cleo, ben)
    code = ben.start("--title", "Till 4 is slow")
    assert "no member" in ben.refused(3, "-s", code, "question", "Dana", "Are you in?", "--new-user")
