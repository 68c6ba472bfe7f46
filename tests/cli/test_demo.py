"""`rflow demo`: a recorded session played through the real commands, leaving nothing unless it is asked to."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from rflow.cli.commands.setup.demo import STORE, script
from rflow.cli.examples import recorded
from rflow.cli.replay import pauses
from support.program import SCRIPT, Program
from support.screens import written

pytestmark = pytest.mark.slow


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    for name in ("home", "here"):
        (tmp_path / name).mkdir()
    return Program(tmp_path / "home", cwd=tmp_path / "here", real=True)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_it_ends_with_the_handoff_and_how_to_go_on_and_leaves_nothing(ana: Program) -> None:
    played = ana.ok("demo")
    assert ana.cwd is not None
    assert files(ana.cwd) == set()
    assert {name.split("/")[0] for name in files(ana.home)} <= {"cache"}
    assert ana.run("list", "--all").out == ""
    assert played.out.index("$ rflow progress --brief") < played.out.index("$ rflow handoff sam")
    assert "         from Maya, now\n" in played.out.partition("$ rflow inbox")[2]
    end = played.out.partition("That was the demo; its store is deleted.\n\nNext:\n")[2]
    assert [line.split("  (")[0].rstrip().rpartition("rflow")[2] for line in end.splitlines()] == [
        " tree add --examples",
        "",
        " demo --keep demo",
    ]


def test_it_is_the_same_every_time_with_the_codes_and_times_of_the_recording(ana: Program) -> None:
    assert ana.ok("demo", TZ="UTC").out == ana.ok("demo", TZ="UTC").out


def test_its_commands_print_what_they_print_when_somebody_types_them(ana: Program) -> None:
    played = re.sub(r"^Attached: .*\n", "", ana.ok("demo").out, flags=re.MULTILINE)  # nothing is run by hand
    typed = [shlex.split(line) for line in re.findall(r"^\$ rflow (.*)$", played, re.MULTILINE)]
    by_hand = ana.at(store=str(ana.home / "by hand.db"), user="Maya", cwd=Path(__file__).parents[2])
    for words in typed[: typed.index(next(words for words in typed if words[0] == "progress"))]:
        if words[0] == "run":
            continue
        result = by_hand.ok(*words)
        code = by_hand.json("list", "--json")[0]["code"] if words[0] != "tree" else "V6HJ-VG"
        line = f"$ rflow {' '.join(words)}"
        assert plain(result.err + result.out, code) in plain(played, code), line


def plain(text: str, code: str) -> str:
    """A text without what differs between two sessions: the code, the times, the numbers of entries."""
    return re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", "day", re.sub(r"\d+", "0", text.replace(code, "V6HJ-VG")))


def test_it_pauses_at_a_terminal_for_less_than_a_minute_in_all(ana: Program) -> None:
    lines = list(script(recorded("postgres-refused")))
    assert 20 < sum(pauses(lines)) < 55
    ours, theirs = os.openpty()
    with subprocess.Popen([SCRIPT, "demo"], stdout=theirs, stderr=theirs, env=ana.variables) as process:
        os.close(theirs)
        seen = b""
        while b"rflow start" not in seen:
            seen += os.read(ours, 4096)
        assert process.poll() is None
        process.terminate()
    os.close(ours)


@pytest.mark.parametrize(("words", "environ"), [(["--fast"], {}), ([], {"CI": "true"})], ids=["--fast", "CI"])
def test_it_does_not_pause_where_nobody_waits(words: list[str], environ: dict[str, str], ana: Program) -> None:
    """A run with its pauses would take longer than the test may."""
    seen = written(["timeout", "25", SCRIPT, "demo", *words], ana, environ)
    assert "That was the demo" in seen


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
        suggested = re.findall(r"^    (.*rflow.*)$", played.out.partition("Its session is kept")[2], re.MULTILINE)
        commands = [shlex.split(line.partition("  (")[0]) for line in suggested]
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


def test_a_folder_that_cannot_be_used_is_reported(ana: Program) -> None:
    assert ana.cwd is not None
    (ana.cwd / "letter").write_text("Dear Sir or Madam")
    assert "letter can't be used: " in ana.refused(2, "demo", "--keep", "letter")
    assert (ana.cwd / "letter").read_text() == "Dear Sir or Madam"
