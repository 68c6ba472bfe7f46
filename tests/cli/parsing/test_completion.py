"""What the Tab key offers, asked as the scripts of the shells ask: it never fails, and changes nothing."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from rflow.cli.commands import COMMANDS
from rflow.formats import FORMATS
from rflow.settings import SETTINGS
from support.completion import answered, explained, offered
from support.core.foreign_trees import put_tree
from support.needs import need
from support.program import SCRIPT, Program

BEN = "Ben Okafor"


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


def test_an_open_question_is_offered_for_the_first_word_of_a_reply(ana: Program) -> None:
    ana.start()
    ana.ok("question", BEN, "Is there a second till?", "--new-user")
    assert explained(ana, "reply", "") == {"3": f"to {BEN}: Is there a second till?"}
    assert offered(ana, "reply", "3", "") == []
    assert offered(ana, "reply", "3", "Yes", "") == []


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
    assert offered(ana, "re") == ["resume", "reply", "reopen", "redact"]
    making = ["import", "new", "edit", "diff", "stats", "proposals"]
    assert offered(ana, "tree", "") == ["list", "show", "graph", "check", "add", "remove", *making]
    assert "--copy" in offered(ana, "progress", "--c")


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


def test_bash_and_powershell_get_words_that_are_quoted_already(ana: Program) -> None:
    ana.start()
    assert answered(ana, "bash", "rflow choose ", "") == ["Red,\\ steady", "Red,\\ blinking", "Green"]
    assert answered(ana, "bash", "rflow choose 'Red, s", "Red, s") == ["Red, steady"]
    assert answered(ana, "bash", "rflow progress --format=ma", "ma") == ["markdown"]
    assert answered(ana, "bash", "rflow choose $'G", "G") == []  # bash would read backslashes in it once more
    assert answered(ana, "powershell", "choose", "Re") == [
        "'Red, steady'\tRed, steady\tchoice 1",
        "'Red, blinking'\tRed, blinking\tchoice 2",
    ]
    assert answered(ana, "powershell", "choose", "G") == ["Green\tGreen\tchoice 3"]


@pytest.mark.parametrize("name", ["Anne O'Neil", "Anne O’Neil; calc", "$(calc)", "`calc`", "a‛+calc+‘b", "Zoë"])
def test_powershell_reads_a_name_as_a_text(name: str, ana: Program) -> None:
    ana.start()
    ana.ok("handoff", name, "--new-user")
    ((quoted, shown, _),) = [line.split("\t") for line in answered(ana, "powershell", "handoff", name[:3])]
    assert shown == name
    assert quoted[0] == quoted[-1] == "'"
    inside = quoted[1:-1]
    for mark in "'‘’‚‛":  # each of them ends a text, unless it stands there twice
        assert inside.count(mark * 2) * 2 == inside.count(mark)
        inside = inside.replace(mark * 2, mark)
    assert inside == name


def test_what_would_be_an_option_or_break_the_line_is_not_offered(ana: Program, tmp_path: Path) -> None:
    store = tmp_path / "other.db"
    controls = ["two\nlines", "a\ttab", "an-\x1b[31mescape", "a-\x9b31mescape", "right-\u202eto-left"]
    for tree in ["--help", "-y", *controls, "fine"]:
        put_tree(store, tree, "Somebody else's", ["--help", "-y", *controls, "good"])
    ana = ana.at(store=str(store))
    assert offered(ana, "tree", "show", "") == ["fine"]
    ana.start("fine")
    assert offered(ana, "choose", "") == ["good"]


def test_what_a_word_means_is_shown_on_one_short_line_without_controls(ana: Program) -> None:
    code = ana.start("--title", "The \x1b[31mtill\x07 in\nLeeds\tis \u202eslow " + "very " * 40)
    meaning = explained(ana, "show", "")[code]
    assert meaning.startswith("The \ufffd[31mtill\ufffd in Leeds is slow very")
    assert len(meaning) <= 60


def test_a_project_that_is_not_trusted_offers_nothing(ana: Program, tmp_path: Path) -> None:
    folder = tmp_path / "project" / ".rflow" / "templates"
    folder.mkdir(parents=True)
    (folder / "evil-$(touch X).md.j2").write_text("{# Choose me #}")
    (folder / "wiki.md.j2").write_text("{# For the wiki #}")
    here = ana.at(cwd=tmp_path / "project")
    assert offered(here, "progress", "-f", "") == list(FORMATS)
    assert offered(here, "format", "check", "") == []
    (folder / "evil-$(touch X).md.j2").unlink()
    here.ok("format", "trust", "--yes")
    assert offered(here, "progress", "-f", "w") == ["wiki"]


def test_the_version_is_not_among_the_words_offered(ana: Program) -> None:
    assert answered(ana, "zsh", "--version", "dem") == ["demo\tReplay a recorded session, each command..."]


# The scripts that Typer installed before evaluate or split what they get


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "pwsh"])
def test_the_scripts_of_typer_get_nothing_to_evaluate(shell: str, ana: Program) -> None:
    ana.start("--title", "A \\$(touch X)")
    environ = {
        "COMP_WORDS": "rflow show ",
        "COMP_CWORD": "2",
        "_TYPER_COMPLETE_ARGS": "rflow show ",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    for instruction in (f"complete_{shell}", f"source_{shell}"):
        assert ana.run(_RFLOW_COMPLETE=instruction, **environ) == (0, "", "")


def test_a_wrapper_that_loses_the_variables_runs_nothing_that_is_typed(ana: Program) -> None:
    for shell in ("bash", "zsh", "fish", "powershell"):
        script = ana.ok("--show-completion", shell).out
        (call,) = [line for line in script.splitlines() if "_RFLOW_WORDS" in line and "Remove" not in line]
        assert not re.search(r"rflow +[^2]", call.partition("_RFLOW_WORDS")[2]), call


# Setting it up


def test_the_scripts_evaluate_nothing(ana: Program) -> None:
    for shell in ("bash", "zsh", "fish", "powershell"):
        code = [line.partition(" #")[0] for line in ana.ok("--show-completion", shell).out.splitlines()]
        text = "\n".join(line for line in code if not line.startswith("#"))
        assert "_RFLOW_COMPLETE" in text
        assert not re.search(r"\beval\b|Invoke-Expression|\biex\b", text)


@pytest.mark.slow
def test_the_shell_is_recognised_that_asks_for_its_script(ana: Program) -> None:
    for shell in ("bash", "zsh", "fish"):
        need(shell)
        done = subprocess.run(
            [shell, "-c", f"{SCRIPT} --show-completion; true"],
            env=ana.variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout == ana.ok("--show-completion", shell).out


def test_installing_leaves_start_up_files_as_they_are_and_adds_a_line_once(ana: Program) -> None:
    rc = ana.home / ".bashrc"
    rc.write_bytes(b"alias ll='ls -l'  # caf\xe9")
    said = ana.ok("--install-completion", "bash").out
    assert ana.ok("--install-completion", "bash").out == said
    script = ana.home / ".bash_completions" / "rflow.sh"
    assert rc.read_bytes() == b"alias ll='ls -l'  # caf\xe9\nsource '" + str(script).encode() + b"'\n"
    assert said == f"Completion for bash is installed in {script}. It works in every new bash.\n"
    assert script.read_text() == ana.ok("--show-completion", "bash").out


def test_installing_for_powershell_adds_a_line_to_its_profile(ana: Program, tmp_path: Path) -> None:
    profile = tmp_path / "Ana's documents" / "profile.ps1"
    programs = tmp_path / "programs"
    programs.mkdir()
    pwsh = programs / "pwsh"
    pwsh.write_text(f"#!/bin/sh\nprintf '%s\\n' \"{profile}\"\n")
    pwsh.chmod(0o755)
    ana.ok("--install-completion", "pwsh", PATH=f"{programs}:{os.environ['PATH']}")
    script = profile.with_name("rflow-completion.ps1")
    assert profile.read_text() == ". '" + str(script).replace("'", "''") + "'\n"
    assert script.read_text() == ana.ok("--show-completion", "powershell").out


def test_what_stops_an_installation_is_said_with_a_way_on(ana: Program) -> None:
    assert 'no completion for the shell "tcsh"' in ana.refused(2, "--install-completion", "tcsh")
    assert "no completion for the shell" in ana.refused(2, "--show-completion", "tcsh")
    (ana.home / ".zfunc").write_text("in the way")
    assert "rflow --show-completion zsh" in ana.refused(7, "--install-completion", "zsh")
    assert "neither pwsh nor powershell" in ana.refused(7, "--install-completion", "powershell", PATH="/nowhere")
