"""News for who asked or handed over: told once, told again when it changed, and then forgotten."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.program import Program, ago

BEN = "Ben Okafor"
EMPTY = "Your inbox is empty.\n"


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def ben(ana: Program) -> Program:
    return ana.at(user=BEN)


def file_of(ana: Program) -> Path:
    [file] = (ana.home / "state" / "rflow" / "awaited").glob("*.json")
    return file


def awaited(ana: Program) -> list[Any]:
    """What the people at this computer still wait for, by its file."""
    folder = ana.home / "state" / "rflow" / "awaited"
    saved = [json.loads(file.read_text("utf-8")) for file in folder.glob("*.json")]
    return [entry for each in saved for entries in each["awaited"].values() for entry in entries]


def test_an_empty_inbox_forgets_what_is_over(ana: Program) -> None:
    code = ana.start("--title", "Till 3 is slow")
    for _ in range(3):
        ana.ok("handoff", BEN)
        ana.ok("handoff", "--cancel")
    ana.ok("question", BEN, "Which till?", "--new-user")
    ana.ok("undo")
    assert len(awaited(ana)) == 4
    assert ana.ok("inbox").err == EMPTY
    assert awaited(ana) == []
    ana.ok("question", BEN, "Which till?")
    ana.ok("delete", code, "--yes")
    assert ana.ok("inbox").err == EMPTY
    assert awaited(ana) == []


def test_a_corrected_answer_and_a_second_one_are_shown_too(ana: Program, ben: Program) -> None:
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("question", BEN, "Which till?", "--new-user")
    ben.ok("reply", "Till 3")
    assert 'answered "Which till?", now: Till 3\n' in ana.ok("inbox").out
    assert ana.ok("inbox").err == EMPTY
    ben.ok("undo")
    assert ana.ok("inbox").err == EMPTY
    ben.ok("reply", "Till 4")
    assert f"{BEN} answered your question 2 in {code}: rflow inbox" in ana.ok().out
    told = ana.ok("inbox").out
    assert 'answered "Which till?", now: Till 4\n' in told and "Till 3," not in told
    assert ana.ok("inbox").err == EMPTY
    ben.ok("reply", "2", "Till 5 as well")
    told = ana.ok("inbox").out
    assert "Till 5 as well" in told and "Till 4" not in told
    ana.ok("close", "--outcome", "resolved")
    assert ana.ok("inbox").err == EMPTY
    assert awaited(ana) == []


def test_an_answered_question_is_forgotten_after_30_days(ana: Program, ben: Program) -> None:
    before = ana.at(clock=ago(days=31))
    before.ok("start", "--title", "Till 3 is slow")
    before.ok("question", BEN, "Which till?", "--new-user")
    assert ana.ok("inbox").err == EMPTY
    assert len(awaited(ana)) == 1
    ben.ok("reply", "Till 3")
    assert "Till 3\n" in ana.ok("inbox").out
    assert awaited(ana) == []


def test_a_question_sent_again_after_its_answer_was_shown_is_not_shown_again(ana: Program, ben: Program) -> None:
    ana.start("--title", "Till 3 is slow")
    question = ("question", BEN, "Which till?", "--new-user", "--command-id", "abc-1")
    ana.ok(*question)
    ana.ok(*question)
    ben.ok("reply", "Till 3")
    assert "Till 3\n" in ana.ok("inbox").out
    ana.ok(*question)
    assert ana.ok("inbox").err == EMPTY


def test_news_that_do_not_fit_are_shown_the_next_time(ana: Program, ben: Program) -> None:
    codes = [ana.start("--title", f"Till {number}") for number in range(22)]
    ana.ok("handoff", BEN, "--all", "--yes", "--new-user")
    for code in codes:
        ben.ok("accept", code)
    assert ", and 21 more: rflow inbox\n" in ana.ok().out
    first = ana.ok("inbox").out
    assert first.count("accepted your handoff") == 20
    assert first.endswith("\nand 2 more: rflow inbox\n")
    assert ana.ok("inbox").out.count("accepted your handoff") == 2
    assert ana.ok("inbox").err == EMPTY


def test_news_that_cannot_be_marked_as_shown_say_why(ana: Program, ben: Program) -> None:
    ana.start("--title", "Till 3 is slow")
    ana.ok("question", BEN, "Which till?", "--new-user")
    ben.ok("reply", "Till 3")
    file = file_of(ana)
    file.chmod(0o400)
    file.parent.chmod(0o500)
    try:
        told = ana.with_limited_permissions().ok("inbox")
    finally:
        file.parent.chmod(0o700)
    assert "Till 3\n" in told.out
    assert told.err.startswith("This news will be shown again, because the state file can't be written: ")
    assert told.err.endswith("Permission denied.\n")
    assert len(told.err.splitlines()) == 1


@pytest.mark.parametrize("number", ["1e999", "NaN", '"x"', "null", "[]"])
def test_a_damaged_file_is_as_good_as_none(ana: Program, number: str) -> None:
    ana.start("--title", "Till 3 is slow")
    ana.ok("question", BEN, "Which till?", "--new-user")
    file = file_of(ana)
    text = file.read_text("utf-8")
    file.write_text(text.replace(", 2, 0]", f", {number}, 0]"), "utf-8")
    assert number in file.read_text("utf-8")
    assert ana.ok("inbox").err == EMPTY
    ana.ok()


def test_several_questions_in_a_session_are_shown_together(ana: Program, ben: Program) -> None:
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("question", BEN, "Which till?", "--new-user")
    ana.ok("question", BEN, "Since when?")
    ben.ok("reply", "3", "Since Monday")
    ben.ok("reply", "2", "Till 3")
    assert f"{BEN} answered your question 2 in {code}, and 1 more: rflow inbox\n" in ana.ok().out
    assert ana.ok("inbox").out.count("answered") == 2


def test_a_take_over_is_shown_as_one(ana: Program, ben: Program) -> None:
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("handoff", "@tier2")
    ben.ok("resume", code, "--take", "--reason", "it burns")
    assert f"{BEN} took over {code}: rflow inbox\n" in ana.ok().out
    assert f"{BEN} took it over, now: it burns\n" in ana.ok("inbox").out
