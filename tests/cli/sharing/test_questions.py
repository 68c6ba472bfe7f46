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
    ben.ok("-s", code, "reply", "Robin")
    assert ben.ok("inbox").err == "Your inbox is empty.\n"
    assert "Yes, in the back room" in ana.ok("show", code).out
    return said


def test_a_question_is_in_the_inbox_of_who_is_asked_until_it_is_answered(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ben = ana.at(user="Ben Okafor", terminal="other")
    ben.start("--title", "Another")
    said = story(ana, ben)
    assert "Ana Ruiz asks, now: Is there a second till?" in said


def test_the_asker_sees_the_answer_until_the_inbox_has_shown_it(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ben = ana.at(user="Ben Okafor", terminal="other")
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("question", "Ben Okafor", "Is there a second till?", "--new-user")
    ana.ok("question", "Ben Okafor", "Who has the key?")
    assert ana.ok("inbox").err == "Your inbox is empty.\n"
    ben.ok("-s", code, "reply", "2", "Yes, in the back room")
    ana.ok("note", "It hums")
    for _ in "ab":
        assert f"\nBen Okafor answered your question 2 in {code}: rflow inbox\n" in ana.ok().out
    assert "answered" not in ben.ok().out
    told = ana.ok("inbox").out
    assert f"News about your questions and handoffs:\n{code}  Till 3 is slow\n" in told
    assert 'Ben Okafor answered "Is there a second till?", now: Yes, in the back room' in " ".join(told.split())
    assert "answered" not in ana.ok().out
    assert ana.ok("inbox").err == "Your inbox is empty.\n"
    ana.ok("undo")
    ana.ok("undo")  # the second question needs no answer any more
    assert ana.ok("inbox").err == "Your inbox is empty.\n"


def test_a_question_to_a_name_that_is_new_here_says_so(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ana.start("--title", "Till 3 is slow")
    new = "Nobody called Ben has used this store yet. If the name is wrong: rflow undo\n"
    assert new in ana.ok("question", "Ben", "Is there a second till?").err
    assert new not in ana.ok("question", "Cleo", "Who has the key?", "--new-user").err
    assert new not in ana.ok("question", "@tier2", "Who has the key?").err


def test_the_prompt_says_that_one_is_asked_something(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("question", "Ben", "Is there a second till?", "--new-user")
    ben = ana.at(user="Ben")
    assert ben.ok("prompt").out == f"{code} 0 tried, you are asked something\n"
    assert ana.ok("prompt").out == f"{code} 0 tried\n"
    ben.ok("reply", "2", "No")
    assert ben.ok("prompt").out == f"{code} 0 tried\n"


def test_the_only_open_question_needs_no_number(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    code = ana.start("--title", "Till 3 is slow")
    assert f"{code} has no open question." in ana.refused(2, "reply", "Yes, in the back room")
    ana.ok("question", "Ben", "Is there a second till?", "--new-user")
    assert 'Write it as: rflow reply 2 "…"' in ana.refused(2, "reply")
    assert 'Write it as: rflow reply 2 "…"' in ana.refused(2, "reply", "2")
    assert "If it is the answer: rflow reply 2 14" in ana.refused(2, "reply", "14")
    again = ("reply", "Yes, in the back room", "--command-id", "first")
    for _ in "ab":
        assert ana.ok(*again).err.endswith('answer to question 2 "Is there a second till?" recorded.\n')
    assert "no open question" in ana.refused(2, "reply", "No")
    assert [reply["text"] for reply in ana.show()["questions"][0]["replies"]] == ["Yes, in the back room"]


def test_a_user_without_a_session_learns_which_question_to_answer(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ben = ana.at(user="Ben Okafor", terminal="other")
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("question", "Ben Okafor", "Is there a second till?")
    said = ben.refused(2, "reply", "Yes, in the back room")
    assert f"You have no open session; in {code} you were asked something (Till 3 is slow).\n" in said
    assert f'See what: rflow inbox   To answer it: rflow -s {code} reply "…"\n' in said
    ben.ok("-s", code, "reply", "Yes, in the back room")
    assert "you were asked" not in ben.refused(2, "reply", "Yes, in the back room")


def test_of_several_open_questions_one_is_named_by_its_number(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ana.start("--title", "Till 3 is slow")
    ana.ok("question", "Ben", "Is there a second till?", "--new-user")
    ana.ok("question", "@tier2", "Who has the key?")
    for words in ((), ("Yes",), ("It", "is", "in", "the", "back", "room"), ("14",)):
        refused = ana.refused(2, "reply", *words)
        assert "  2  to Ben: Is there a second till?\n  3  to @tier2: Who has the key?\n" in refused
    ana.ok("reply", "3", "2", "keys,", "Robin", "has", "one")
    assert ana.show()["questions"][1]["replies"][0]["text"] == "2 keys, Robin has one"
    ana.ok("reply", "-", stdin="Yes, in the back room")
    assert ana.show()["questions"][0]["replies"][0]["text"] == "Yes, in the back room"


def replies(ana: Program) -> list[list[str]]:
    return [[reply["text"] for reply in question["replies"]] for question in ana.show()["questions"]]


def test_the_id_of_a_command_that_left_no_answer_does_not_choose_the_question(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ana.start("--title", "Till 3 is slow")
    ana.ok("question", "Ben", "Is there a second till?", "--new-user")
    again = ("reply", "--command-id", "first", "Yes")
    ana.ok(*again)
    ana.ok("undo")
    assert "Nothing was recorded: the command id first" in ana.refused(2, *again)
    ana.ok("note", "It hums", "--command-id", "second")
    assert "Nothing was recorded: the command id second" in ana.refused(2, "reply", "--command-id", "second", "Yes")
    assert "Nothing was recorded" in ana.refused(2, "reply", "2", "Yes it is", "--command-id", "second")
    assert "Nothing was recorded" in ana.refused(2, "reply", "14", "Yes", "--command-id", "second")
    ana.ok("question", "Ben", "Who has the key?")
    assert "Which do you answer?" in ana.refused(2, *again)


def test_an_answer_that_begins_with_a_number_does_not_go_to_an_answered_question(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ana.start("--title", "Till 3 is slow")
    ana.ok("question", "Ben", "Which hosts?", "--new-user")
    ana.ok("reply", "2", "All of them", "--command-id", "first")
    ana.ok("question", "Ben", "How many hosts are down?")
    refused = ana.refused(2, "reply", "2", "hosts", "are", "down")
    assert 'rflow reply 4 "2 hosts are down"\n' in refused
    assert 'rflow reply 2 "hosts are down"\n' in refused
    refused = ana.refused(2, "reply", "2", "hosts")
    assert 'rflow reply 4 "2 hosts"\n' in refused
    assert "echo hosts | rflow reply 2 -\n" in refused
    refused = ana.refused(2, "reply", "14", "hosts")
    assert 'rflow reply 4 "14 hosts"\n' in refused and "reply 14" not in refused
    assert replies(ana) == [["All of them"], []]
    ana.ok("reply", "2", "All of them", "--command-id", "first")
    ana.ok("reply", "2", "No, two of them")
    ana.ok("reply", "2", "-", stdin="hosts\n")
    ana.ok("reply", "4", "2 hosts are down")
    ana.ok("reply", "2", "web-1")
    assert replies(ana) == [["All of them", "No, two of them", "hosts", "web-1"], ["2 hosts are down"]]


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
