"""Backups, copies and new stores: on nearly full disks, killed, and while others write."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path

import pytest

from support.program import SCRIPT, Program
from support.races.killing import KILLED, AtAnyStep
from support.stores.faults import Worker, files_with, fill, small_disk
from support.stores.kinds import FILE_KINDS, url_in

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")]

SECRET = "hunter2-the-password-of-the-till"
START = ("start", "--title", "Till 5")
LEVELS = 20
STEP = {"sqlite": 24_000, "json": 2_000}
"""Bytes between two levels of free space: the highest level has room for everything."""


@pytest.fixture(params=FILE_KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kinds of stores that have files."""
    return str(request.param)


def path(folder: Path, kind: str, name: str = "night") -> Path:
    """Where a store is in `folder`."""
    return folder / (f"{name}.db" if kind == "sqlite" else name)


@pytest.fixture
def ann(kind: str, tmp_path: Path) -> Program:
    """Ann, with a session that holds a secret in entry 2."""
    program = Program(home=tmp_path, user="Ann", store=url_in(tmp_path, kind))
    program.start("--title", "Till 4 is dark")
    program.ok("note", SECRET)
    program.ok("attach", "-", stdin=os.urandom(5_000).hex())
    return program


def drafts(folder: Path) -> list[str]:
    """The hidden files and folders beside the stores in `folder`."""
    return sorted(part.name for part in folder.iterdir() if part.name.startswith("."))


# A nearly full disk


@pytest.mark.xdist_group("small disks")
@pytest.mark.parametrize(
    "words", [("start", "--title", "Till 5"), ("store", "copy"), ("store", "backup")], ids=" ".join
)
def test_on_a_nearly_full_disk_a_new_store_is_complete_or_can_be_made_once_there_is_room(
    words: tuple[str, ...], ann: Program, kind: str
) -> None:
    codes = set()
    for level in range(LEVELS):
        with small_disk(ann.home / f"disk {level}", "2m") as disk:
            filler = fill(disk, leave=level * STEP[kind])
            there = ann.at(store=url_in(disk, kind))
            by, more = there, tuple[str, ...]()
            if words == ("store", "copy"):
                more = (ann.store, there.store)
            elif words == ("store", "backup"):
                by, more = ann, (str(path(disk, kind)),)
            result = by.at(real=True).run(*words, *more)
            codes.add(result.code)
            assert drafts(disk) == []
            filler.unlink()
            if result.code:
                assert (result.code, "The disk is full" in result.err) == (8, True)
                by.ok(*words, *more)
            there.ok("store", "check")
            assert len(there.json("list", "--all", "--json")) == 1
    assert codes == {0, 8}


# Killed


@pytest.fixture
def killing(tmp_path: Path) -> Iterator[AtAnyStep]:
    """A way to kill the program after a number of steps."""
    killing = AtAnyStep(tmp_path / "killing", seed=1, number=signal.SIGKILL)
    yield killing
    killing.close()


def moments(end: int) -> list[int]:
    """The numbers of steps to kill after, of a command that takes `end`: a few over all of it, more near its end.

    A draft holds text for a little over 100 steps, some 400 before the end, if it is of a SQLite store, and for some
    800 steps, 1,300 before the end, if it is a folder: at least two of these moments, one for each command after them.
    """
    return [*range(1_000, end - 1_400, 1_000), *range(end - 1_400, end - 560, 200), *range(end - 560, end, 40)]


def test_a_killed_backup_leaves_no_copy_that_redact_does_not_reach(
    ann: Program, kind: str, tmp_path: Path, killing: AtAnyStep
) -> None:
    saved, left = path(tmp_path, kind, "saved"), Counter[tuple[str, ...]]()
    backup = ("store", "backup", str(saved))

    def back_up_and_redact(after: int, last: tuple[str, ...]) -> None:
        note = f"{SECRET} {after}"
        ann.ok("note", note)
        killing.kill(ann, backup, after)
        left[last] += files_with_drafts(tmp_path, note)
        remove(saved)  # A backup that is complete keeps the text, which is for its owner to decide.
        ann.ok("redact", str(ann.show()["version"]), "--yes")
        ann.ok(*last)
        assert files_with(tmp_path, note.encode()) == []
        assert drafts(tmp_path) == []
        remove(saved)

    end = killing.steps(ann, backup)
    remove(saved)
    for after, last in zip(moments(end), cycle([("store", "check"), backup]), strict=False):
        back_up_and_redact(after, last)
    assert left[backup] > 0 < left["store", "check"]


def files_with_drafts(folder: Path, text: str) -> bool:
    """Whether a hidden copy beside the stores holds `text`."""
    return any(name.startswith(".") for name in files_with(folder, text.encode()))


def remove(saved: Path) -> None:
    """Remove a backup, if there is one."""
    if saved.is_dir():
        shutil.rmtree(saved)
    saved.unlink(missing_ok=True)


@contextmanager
def backing_up(program: Program, saved: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A backup that was stopped in the middle: its draft is there."""
    for _ in range(3):
        program.ok("attach", "-", stdin=os.urandom(8_000_000))
    process = _stopped(program, saved)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def _is_writing(folder: Path) -> bool:
    """Whether there is a draft with more in it than its lock: before that, it may be taken for a leftover."""
    with suppress(OSError):
        return any(part.name != ".lock" for draft in drafts(folder) for part in (folder / draft).iterdir())
    return False


def _stopped(program: Program, saved: Path) -> "subprocess.Popen[bytes]":
    """Begin backups until one is stopped in the middle; on a busy machine one may be finished before it is seen."""
    for _ in range(50):
        process = subprocess.Popen(
            [SCRIPT, "store", "backup", str(saved)], env=program.variables, stderr=subprocess.PIPE
        )
        while process.poll() is None:
            if _is_writing(program.home):
                process.send_signal(signal.SIGSTOP)
                if _is_writing(program.home) and process.poll() is None:
                    return process
                process.send_signal(signal.SIGCONT)
            time.sleep(0.001)
        process.communicate()
        shutil.rmtree(saved) if saved.is_dir() else saved.unlink()
    pytest.fail("No backup could be stopped in the middle.")


def test_check_says_that_it_removed_an_unfinished_backup(ann: Program, kind: str, tmp_path: Path) -> None:
    saved = path(tmp_path, kind, "saved")
    with backing_up(ann, saved) as process:
        process.kill()
    (left,) = drafts(tmp_path)
    checked = ann.ok("store", "check")
    what = f"An unfinished backup, {saved.name}, was left by a command that was interrupted. It was removed."
    assert checked.out == f"info: {left}: {what}\n"
    assert (drafts(tmp_path), saved.exists()) == ([], False)
    assert ann.ok("store", "check").out == ""


def test_a_backup_that_still_runs_is_left_alone(ann: Program, kind: str, tmp_path: Path) -> None:
    saved = path(tmp_path, kind, "saved")
    with backing_up(ann, saved) as process:
        before = drafts(tmp_path)
        assert ann.ok("store", "check").out == ""
        second = ann.at(store=url_in(tmp_path, "sqlite", "second"))  # Its draft is in the same folder.
        second.start("--title", "Till 5")
        second.ok("store", "backup", str(tmp_path / "second saved.db"))
        assert drafts(tmp_path) == before
        process.send_signal(signal.SIGCONT)
        assert process.wait() == 0
    assert drafts(tmp_path) == []
    assert ann.at(store=url_in(tmp_path, kind, "saved")).ok("store", "check").out == ""


def test_a_hidden_folder_that_is_not_ours_is_left_alone(ann: Program, tmp_path: Path) -> None:
    diary = tmp_path / ".diary.1a2b3c4d.new-backup"
    diary.mkdir()
    (diary / "monday.txt").write_text("Dear diary")
    assert ann.ok("store", "check").out == ""
    assert (diary / "monday.txt").read_text() == "Dear diary"


@pytest.mark.parametrize("words", [START, ("store", "copy")], ids=" ".join)
def test_a_new_store_that_was_killed_is_made_by_the_next_command(
    words: tuple[str, ...], ann: Program, kind: str, tmp_path: Path, killing: AtAnyStep
) -> None:
    def new(name: str) -> tuple[Path, Program, tuple[str, ...]]:
        folder = tmp_path / f"new {name}"
        folder.mkdir()
        there = ann.at(store=url_in(folder, kind))
        return folder, there, (ann.store, there.store) if words[0] == "store" else ()

    _, there, more = new("whole")
    end, left = killing.steps(there, (*words, *more)), 0
    for after in (*range(1_000, end - 3_500, 1_000), *range(end - 3_500, end, 150)):
        folder, there, more = new(str(after))
        assert killing.kill(there, (*words, *more), after).code == KILLED
        left += bool(drafts(folder))
        there.ok(*words, *more)
        there.ok("store", "check")
        assert drafts(folder) == []
        assert there.ok("store", "check").out == ""
    assert left or kind == "json"  # a folder is made in its place


# In use


def test_a_store_that_is_written_to_can_be_copied(ann: Program, kind: str, tmp_path: Path) -> None:
    session = ann.show()
    for number in range(15):
        ann.start("--title", f"Till {number}")
    writers = [Worker("race", ann.store, session["id"], "Ben", 100_000), Worker("work", ann.store, 3)]
    for writer in writers:
        writer.wait_until_ready()
        writer.go()
    try:
        for number in range(4):
            target = ann.at(store=url_in(tmp_path, kind, f"copy {number}"))
            assert "Copied and verified" in ann.at(real=True).ok("store", "copy", ann.store, target.store).err
            assert not [line for line in target.ok("store", "check").out.splitlines() if not line.startswith("info")]
            notes = [note["text"] for note in target.show(session["code"])["notes"]]
            assert notes == [note["text"] for note in ann.show(session["code"])["notes"]][: len(notes)]
    finally:
        for writer in writers:
            writer.kill()
            writer.finish()
    assert len(writers[0].acknowledged) > 0
