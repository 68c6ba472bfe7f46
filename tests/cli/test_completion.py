"""What the Tab key offers, asked as shells ask: it never fails, and changes nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rflow.cli.main import COMMANDS
from rflow.formats import FORMATS
from rflow.settings import SETTINGS
from support.program import Program

BEN = "Ben Okafor"


def offered(me: Program, *words: str) -> list[str]:
    """What bash is offered for the last of `words`."""
    line = " ".join(["rflow", *(word.replace(" ", "\\ ") for word in words)])
    result = me.ok(_RFLOW_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words)))
    assert result.err == ""
    return result.out.split("\n")[:-1] if result.out.strip() else []


def explained(me: Program, *words: str) -> dict[str, str]:
    """What fish is offered, with what it means."""
    line = " ".join(["rflow", *words])
    environ = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    result = me.ok(_RFLOW_COMPLETE="complete_fish", **environ)
    rows = [line.partition("\t") for line in result.out.splitlines()]
    return {word: meaning for word, _, meaning in rows}


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    return Program(tmp_path).with_tree()


REFERENCES: list[Sequence[str]] = [
    ("show",),
    ("resume",),
    ("progress",),
    ("accept",),
    ("decline",),
    ("reopen",),
    ("delete",),
    ("export",),
    ("-s",),
    ("--session",),
]


@pytest.mark.parametrize("words", REFERENCES, ids=" ".join)
def test_codes_of_sessions_are_offered(words: Sequence[str], ana: Program) -> None:
    codes = [ana.start(), ana.start("--title", "The till in Leeds is slow")]
    assert offered(ana, *words, "") == codes[::-1]
    assert offered(ana, *words, codes[0][:6]) == [codes[0]]
    assert explained(ana, *words, "")[codes[1]] == "The till in Leeds is slow"


def test_trees_are_offered(ana: Program) -> None:
    ana.ok("tree", "add", "--examples")
    for words in (("start",), ("enter",), ("tree", "show"), ("tree", "remove"), ("list", "--tree")):
        assert offered(ana, *words, "print") == ["printer-offline"]
        assert explained(ana, *words, "")["label-printer"] == "A label printer prints nothing"


def test_the_choices_at_the_position_are_offered(ana: Program) -> None:
    assert offered(ana, "choose", "") == []
    ana.start()
    assert offered(ana, "choose", "") == ["Red, steady", "Red, blinking", "Green"]
    assert offered(ana, "choose", "Re") == ["Red, steady", "Red, blinking"]
    assert explained(ana, "choose", "")["Green"] == "choice 3"
    ana.ok("choose", "Red,", "steady")  # as a shell completes it: without quotes
    assert offered(ana, "choose", "") == []
    other = ana.start()
    ana.ok("close", "--outcome", "abandoned")
    assert offered(ana, "-s", other, "choose", "G") == ["Green"]


@pytest.mark.slow
def test_formats_people_and_settings_are_offered(ana: Program) -> None:
    ana.start()
    ana.ok("handoff", BEN)
    ana.start()
    for words in (("progress", "-f"), ("digest", "--format"), ("handoff", "-f"), ("format", "show")):
        assert offered(ana, *words, "") == list(FORMATS)
    assert offered(ana, "handoff", "B") == [BEN]
    assert offered(ana, "list", "--owner", "") == ["Ana Ruiz", BEN]
    assert offered(ana, "config", "get", "") == list(SETTINGS)
    assert offered(ana, "config", "set", "us") == ["user.name"]
    assert offered(ana, "close", "--outcome", "r") == ["resolved"]


def test_commands_and_options_are_offered(ana: Program) -> None:
    assert offered(ana, "") == list(COMMANDS)
    assert offered(ana, "re") == ["resume", "reopen", "redact"]
    assert offered(ana, "tree", "") == ["list", "show", "check", "add", "remove"]
    assert "--copy" in offered(ana, "progress", "--c")


def test_zsh_is_answered_too(ana: Program) -> None:
    code = ana.start()
    result = ana.ok(_RFLOW_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="rflow show ")
    assert f'"{code}":"A label printer prints nothing"' in result.out


OTHERS: list[Sequence[str]] = [("start",), ("choose",), ("handoff",), ("list", "--owner"), ("tree", "show")]


@pytest.mark.parametrize("words", REFERENCES + OTHERS, ids=" ".join)
def test_without_a_store_or_with_a_broken_one_nothing_is_offered_or_made(words: Sequence[str], tmp_path: Path) -> None:
    ana = Program(tmp_path)
    assert offered(ana, *words, "") == []
    assert list(tmp_path.iterdir()) == []
    broken = tmp_path / "broken.db"
    broken.write_text("Dear Sir or Madam")
    assert offered(ana.at(store=str(broken)), *words, "") == []
    assert offered(ana.at(store="ftp://rflow.example"), *words, "") == []
    config = tmp_path / "config.toml"
    config.write_text("user = [")
    assert offered(ana, "--config", str(config), *words, "") == []
    assert offered(ana.at(user="@tier2"), *words, "") == []


@pytest.mark.slow
def test_the_real_program_answers_a_shell(ana: Program) -> None:
    code = ana.start()
    me = ana.at(real=True)
    assert offered(me, "show", "") == [code]
    assert offered(me, "choose", "G") == ["Green"]
    for shell in ("bash", "zsh", "fish"):
        assert "_RFLOW_COMPLETE" in me.ok("--show-completion", shell).out
