"""`rflow demo`: a recorded session played through the real commands, leaving nothing unless it is asked to."""

import re
import shlex
from pathlib import Path

import pytest

from rflow.cli.commands.setup.demo import STORE
from rflow.cli.examples import recorded
from support.program import SCRIPT, Program

pytestmark = pytest.mark.slow


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    for name in ("home", "here"):
        (tmp_path / name).mkdir()
    return Program(tmp_path / "home", cwd=tmp_path / "here", real=True)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_it_ends_with_the_teams_summary_and_the_handoff_and_leaves_nothing(ana: Program) -> None:
    played = ana.ok("demo")
    assert ana.cwd is not None
    assert files(ana.cwd) == set()
    assert {name.split("/")[0] for name in files(ana.home)} <= {"cache"}
    assert ana.run("list", "--all").out == ""
    session = recorded("postgres-refused").session
    assert played.out.index("$ rflow progress -f teams") < played.out.index("$ rflow handoff sam")
    summary, _, handoff = played.out.partition("$ rflow progress -f teams")[2].partition("\n# ")
    for step in session.steps.values():
        assert step.result.split("\n")[0] in summary
    assert session.brief.ask is not None
    assert session.brief.ask.split("?")[0] in " ".join(summary.split())
    assert "$ rflow inbox" in handoff
    assert "from Maya, now" in handoff
    assert played.out.endswith("To keep it and try more: rflow demo --keep DIR\n")


def test_it_shows_each_command_as_it_could_be_typed(ana: Program) -> None:
    played = ana.ok("demo").out
    typed = re.findall(r"^\$ (rflow .*)$", played, re.MULTILINE)
    assert len(typed) > 20
    assert all(shlex.split(line)[0] == "rflow" for line in typed)
    assert "'\"'\"'" not in played
    kinds = {shlex.split(line)[1] for line in typed}
    assert {
        "tree",
        "start",
        "run",
        "choose",
        "step",
        "note",
        "change",
        "brief",
        "progress",
        "handoff",
        "inbox",
    } <= kinds


def test_a_demo_that_is_kept_can_be_continued_and_replayed(ana: Program) -> None:
    assert ana.cwd is not None
    kept: set[str] = set()
    for folder in ("demo folder", "demo folder-2"):
        played = ana.ok("demo", "--keep", "demo folder")
        kept.add(f"{folder}/{STORE}")
        assert files(ana.cwd) == kept
        assert ("holds an earlier demo, which stays" in played.err) == (len(kept) > 1)
        suggested = re.findall(r"^    (.*rflow.*)$", played.out.partition("The session is kept")[2], re.MULTILINE)
        commands = [shlex.split(line) for line in suggested]
        assert [words[-1] for words in commands] == ["accept", "sam", "--examples", commands[-1][0]]
        for words in commands:
            assert (ana.cwd / words[0]).resolve() == Path(SCRIPT).resolve()
        accepted, here, added, alone = (ana.ok(*words[1:]) for words in commands)
        assert "accepted; it is yours now." in accepted.err
        assert "owner sam" in here.out
        assert "postgres-connect: " in added.err
        assert "rflow start postgres-connect" in alone.out


def test_nothing_else_in_the_folder_is_touched(ana: Program) -> None:
    folder = ana.home / "data" / "rflow"
    ana.start("--title", "The till in Leeds is slow")
    (folder / f"{STORE}.notes.txt").write_text("mine")
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    ana.ok("demo", "--keep", str(folder))
    after = {name: (folder / name).read_bytes() for name in files(folder)}
    assert {name: data for name, data in after.items() if name != STORE} == before
    assert "The till in Leeds is slow" in ana.ok("list").out


def test_it_plays_whatever_is_set_here(ana: Program) -> None:
    code = ana.start("--title", "The till in Leeds is slow")
    for environ in ({"RFLOW_SESSION": code}, {"RFLOW_STORE": "ftp://elsewhere"}, {"RFLOW_FORMAT": "xml"}):
        assert ana.ok("demo", **environ).out.count("$ rflow") > 20
    assert ana.show()["code"] == code


def test_a_folder_that_can_not_be_used_is_told(ana: Program) -> None:
    assert ana.cwd is not None
    (ana.cwd / "letter").write_text("Dear Sir or Madam")
    assert "letter can't be used: " in ana.refused(2, "demo", "--keep", "letter")
    assert (ana.cwd / "letter").read_text() == "Dear Sir or Madam"
