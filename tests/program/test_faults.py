"""The program on a bad night: full, read-only and locked stores, newer ones, and secrets that must be forgotten."""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rflow.stores.codec import seal
from rflow.stores.locking import locked
from support.program import Program, Result
from support.stores.faults import files_with, fill, make_read_only, small_disk, snapshot
from support.stores.kinds import FILE_KINDS, url_in

pytestmark = pytest.mark.slow

SECRET = "hunter2-the-password-of-the-till"
IMPATIENT = (sys.executable, str(Path(__file__).parents[1] / "support" / "races" / "impatient.py"))
WRITING: list[tuple[str, ...]] = [
    ("note", "it worked this morning"),
    ("amend", "3", "it did not"),
    ("choose", "#1"),
    ("step", "Asked Leeds"),
    ("brief", "--ask", "A new head?"),
    ("change", "unplugged it", "--revert", "plug it in"),
    ("wait", "--for", "the vendor"),
    ("attach", "-"),
    ("run", "-c", "echo lost"),
    ("enter", "label-printer"),
    ("redact", "3", "--yes"),
    ("handoff", "Ben"),
    ("close", "--outcome", "abandoned"),
    ("start", "--title", "Till 4 is dark"),
]
"""Commands that write to a session of Ann's which stands at the lamp, with her note 3."""
READING: list[tuple[str, ...]] = [("show",), ("progress",), ("list",), ("digest",), ("export",), ("tree", "list"), ()]


@pytest.fixture(params=FILE_KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kinds of stores that have files."""
    return str(request.param)


@pytest.fixture
def ann(kind: str, tmp_path: Path) -> Program:
    """Ann at her computer, in this process."""
    return computer(tmp_path, kind)


def computer(home: Path, kind: str) -> Program:
    """A computer whose home is `home`, with the store and all else below it."""
    return Program(home=home, user="Ann", terminal="desk", store=url_in(home, kind))


def begun(program: Program) -> str:
    """Begin a session with a note and an end of evidence; give its code."""
    code = program.with_tree().start()
    program.ok("note", "the display flickers")
    program.ok("attach", "-", stdin="lpstat: no printer\n")
    return code


def one_sentence(result: Result) -> str:
    """Give what was said to be wrong: one line, and one of what to try."""
    first, *rest = result.err.splitlines()
    assert first.startswith("rflow: ")
    assert len(rest) == 1
    return first


# A full disk


@pytest.mark.xdist_group("small disks")
def test_a_full_disk_refuses_what_does_not_fit_and_loses_nothing(kind: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        quick = computer(disk, kind)
        code = begun(quick)
        filler = fill(disk, leave=150_000)
        kept = ["the display flickers"]
        while (result := quick.run("note", f"{len(kept)} {'x' * 6000}")).code == 0:
            kept.append(f"{len(kept)} {'x' * 6000}")
        assert result.code == 8
        assert "The disk is full, so this was not saved" in one_sentence(result)
        assert 2 < len(kept) < 30
        assert [note["text"] for note in quick.show(code)["notes"]] == kept
        filler.unlink()
        quick.ok("note", "there is room again")
        assert [note["text"] for note in quick.show(code)["notes"]] == [*kept, "there is room again"]
        quick.ok("store", "check")


@pytest.mark.xdist_group("small disks")
def test_with_no_byte_left_all_can_be_read_and_what_is_refused_is_not_there(kind: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        quick = computer(disk, kind).at(environ={"XDG_STATE_HOME": str(tmp_path / "state")})
        code = begun(quick)
        program = quick.at(real=True, environ={**quick.environ, "RFLOW_SESSION": code})
        fillers = [fill(disk), last_bytes(disk)]
        version = quick.show(code)["version"]
        for words in WRITING:
            if words == ("handoff", "Ben"):  # where a few bytes do fit after all, all else would be refused to Ann
                continue
            result = program.run(*words, stdin=os.urandom(10_000).hex())
            after = quick.show(code)["version"]
            assert (result.code, after > version) in ((8, False), (0, True)), words
            version = after
        for words in READING:
            program.ok(*words)
        deleted = program.run("delete", code, "--yes")
        for filler in fillers:
            filler.unlink()
        quick.ok("store", "check")
        if deleted.code == 0 or "It is removed" in deleted.err:
            quick.refused(3, "show", code)
        else:
            assert (deleted.code, quick.show(code)["version"]) == (8, version)
            quick.ok("tree", "add", str(disk / "tree.toml"))


@pytest.mark.xdist_group("small disks")
def test_a_sqlite_store_on_a_disk_without_a_byte_left_says_that_the_disk_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        ann = computer(disk, "sqlite")
        begun(ann)
        fill(disk)
        last_bytes(disk)
        assert "The disk is full" in ann.at(real=True).run("note", "it worked this morning").err


def last_bytes(disk: Path) -> Path:
    """Fill what is left of a disk, down to the last byte."""
    filler = disk / "last bytes"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError:
            return filler


@pytest.mark.xdist_group("small disks")
def test_a_new_store_that_does_not_fit_is_not_begun(kind: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        filler = fill(disk)
        program = computer(disk, kind).at(real=True)
        assert program.run("start", "--title", "Till 4 is dark").code == 8
        filler.unlink()
        assert [file.name for file in disk.rglob("*.new")] == []
        checked = program.run("store", "check")
        assert checked.code == 0 or "There is no store at" in checked.err


# A disk or folder that can only be read


@pytest.mark.xdist_group("small disks")
def test_on_a_read_only_disk_everything_can_be_read_and_writes_fail(kind: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        program = computer(disk, kind)
        code = begun(program)
        program.ok("close", "--outcome", "abandoned")
        program.ok("reopen", code)
        version = program.show(code)["version"]
        make_read_only(disk)
        before = snapshot(disk)
        for words in [*WRITING, ("delete", code, "--yes"), ("tree", "remove", "label-printer")]:
            result = program.run(*words, stdin="lpstat")
            assert (words, result.code) == (words, 8)
            assert "read-only" in one_sentence(result)
        assert program.run("config", "set", "user.name", "Ann").code == 6
        for words in READING:
            assert program.ok(*words).out
        assert (program.show(code)["version"], snapshot(disk)) == (version, before)


def test_a_folder_that_may_not_be_written_lets_read_and_refuses_writes(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    program = computer(tmp_path, kind).at(store=f"sqlite://{folder}/a.db" if kind == "sqlite" else f"json:{folder}")
    begun(program)
    bound, parts = program.with_limited_permissions(), [folder, *folder.rglob("*")]
    for part in parts:
        part.chmod(0o500 if part.is_dir() else 0o400)
    assert bound.ok("show").out
    assert "may not read or write" in one_sentence(bound.run("note", "it worked this morning"))
    for part in parts:
        part.chmod(0o700 if part.is_dir() else 0o600)
    program.ok("store", "check")
    program.ok("note", "it worked this morning")


# A store that another program holds


@contextmanager
def held(program: Program) -> Iterator[None]:
    """Hold the store as a writer that does not end."""
    if program.store.startswith("json:"):
        with locked(program.home / "night" / ".lock", 0):
            yield
        return
    with closing(sqlite3.connect(program.home / "night.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_store_that_stays_locked_is_named_and_nothing_is_written(ann: Program) -> None:
    code = begun(ann)
    version, impatient = ann.show(code)["version"], ann.at(real=True, wrapper=IMPATIENT)
    with held(ann):
        for words in [words for words in WRITING if words[0] in ("note", "choose", "start")]:
            result = impatient.run(*words)
            assert result.code == 8
            assert "busy: another program has kept it locked" in one_sentence(result)
        assert impatient.run("run", "-c", "echo lost")[:2] == (8, "lost\n")
        for words in READING:
            assert impatient.ok(*words).out
    assert ann.show(code)["version"] == version
    ann.ok("note", "it worked this morning")
    ann.ok("store", "check")


# Newer versions


def test_a_store_of_a_newer_format_is_refused_and_left_as_it_is(ann: Program) -> None:
    code = begun(ann)
    if ann.store.startswith("json:"):
        (ann.home / "night" / "rflow.json").write_text('{"rflow":"store","format":99}\n')
    else:
        with closing(sqlite3.connect(ann.home / "night.db")) as db:
            db.execute("PRAGMA user_version = 99")
    before = snapshot(ann.home / "night" if ann.store.startswith("json:") else ann.home)
    more = [
        ("delete", code, "--yes"),
        ("store", "check"),
        ("store", "info"),
        ("tree", "add", str(ann.home / "tree.toml")),
    ]
    for words in [*WRITING, *READING, *more]:
        said = ann.refused(8, *words, stdin="lpstat")
        assert ("format 99" in said, "Upgrade rflow" in said) == (True, True)
    assert snapshot(ann.home / "night" if ann.store.startswith("json:") else ann.home) == before


def add_newer_event(program: Program, code: str) -> None:
    """Add to a session what a later rflow might write."""
    session = program.show(code)
    seq, by = session["version"] + 1, session["owner"]
    event = {"seq": seq, "at": session["updated_at"], "by": by, "fact": {"type": "call_made", "to": "the vendor"}}
    record = seal(json.dumps(event, separators=(",", ":")).encode())
    if program.store.startswith("json:"):
        (file,) = (program.home / "night" / "sessions").glob(f"{code}.*.jsonl")
        file.write_bytes(file.read_bytes() + record + b"\n")
        return
    with closing(sqlite3.connect(program.home / "night.db")) as db, db:
        db.execute("INSERT INTO events VALUES (?, ?, ?)", (session["id"], seq, record))
        db.execute("UPDATE sessions SET version = ? WHERE id = ?", (seq, session["id"]))


def test_a_session_with_an_event_of_a_newer_rflow_can_be_read_but_not_written(ann: Program) -> None:
    other, code = ann.with_tree().start(), begun(ann)
    add_newer_event(ann, code)
    before = ann.show(code)
    shown = ann.ok("show", code)
    assert ("the display flickers" in shown.out, "Warning: 1 entries can't be read" in shown.err) == (True, True)
    told = ann.ok("progress", code)
    assert "the display flickers" in told.out
    assert ann.ok("-s", code).out
    assert ann.ok("export", code).out
    writing = [words for words in WRITING if words[0] != "start"]
    for words in [*writing, ("back",), ("done",), ("reopen",)]:
        result = ann.run(words[0], "-s", code, *words[1:], stdin="lpstat")
        assert (words, result.code, "newer rflow" in result.err) == (words, 5, True)
    assert ann.run("delete", code, "--yes").code == 5
    assert ann.show(code) == before
    for words in writing:
        if words[0] != "handoff":
            ann.ok(words[0], "-s", other, *words[1:], stdin="lpstat")
    assert {head["code"] for head in ann.json("list", "--all", "--json")} == {code, other}
    ann.ok("store", "check")


# A home in which little works


@pytest.mark.parametrize("variable", ["XDG_STATE_HOME", "XDG_CACHE_HOME"])
@pytest.mark.parametrize("place", ["/dev/null", "/proc/rflow"])
def test_a_home_that_can_not_be_written_stops_nobody(ann: Program, variable: str, place: str) -> None:
    program = ann.at(environ={variable: place})
    code = begun(program)
    for words in [words for words in WRITING if words[0] not in ("handoff", "close", "start")]:
        program.ok(*words, stdin="lpstat")
    for words in READING:
        assert program.ok(*words).out
    program.ok("handoff", "Ben")
    program.ok("-s", code, "handoff", "--cancel")
    program.ok("close", "--outcome", "abandoned")
    program.ok("reopen", code)
    program.ok("delete", code, "--yes")


def test_a_terminal_whose_memory_can_no_longer_be_written_is_not_stopped_by_it(ann: Program) -> None:
    code = begun(ann)
    (ann.home / "state" / "rflow" / "terminals").chmod(0o500)
    bound = ann.with_limited_permissions()
    bound.ok("choose", "#3")
    bound.ok("done", "cleared")
    assert ann.show(code)["position"]["node"] == "works"


@pytest.mark.xdist_group("small disks")
def test_a_terminal_whose_memory_no_longer_fits_is_not_stopped_by_it(ann: Program, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        here = ann.at(environ={"XDG_STATE_HOME": str(disk)})
        code = begun(here)
        fill(disk)
        here.ok("choose", "#3")
        here.ok("done", "cleared")
        assert here.show(code)["position"]["node"] == "works"


def test_terminals_whose_memory_is_damaged_only_forget(ann: Program) -> None:
    code = begun(ann)
    ann.start()
    for number, damage in enumerate([b"", b"{", b"\xff\xfe", b'{"key": 7}', b"[]"]):
        for file in (ann.home / "state" / "rflow" / "terminals").iterdir():
            file.write_bytes(damage)
        assert "Which session?" in ann.refused(2, "note", "it worked this morning")
        ann.ok("resume", code)
        ann.ok("note", f"damage {number}")
    assert [note["text"] for note in ann.show(code)["notes"][1:]] == [f"damage {number}" for number in range(5)]


# Forgetting


def tell_a_secret(program: Program) -> str:
    """Write a secret everywhere a text may stand, and let it be shown; give the session's code."""
    code = program.with_tree().start("--title", f"Till: {SECRET}", "--customer", SECRET)
    told: list[tuple[str, ...]] = [
        ("note", SECRET),
        ("note", "a harmless one"),
        ("amend", "3", SECRET),
        ("attach", "-", "--label", SECRET),
        ("run", "-c", f"echo {SECRET}"),
        ("brief", "--ask", SECRET, "--ticket", SECRET),
        ("step", SECRET, "--result", SECRET),
        ("change", SECRET, "--revert", SECRET),
        ("wait", "--for", SECRET),
        ("enter", "label-printer"),
        ("choose", "#1", "--assume", "--reason", SECRET),
        ("done", SECRET),
        ("back",),
        ("skip", "--reason", SECRET),
        ("handoff", "Ben", "--note", SECRET),
    ]
    for words in told:
        program.ok(*words, stdin=f"lpstat: {SECRET} " * 2000)
    ben = program.at(user="Ben", terminal="leeds")
    ben.ok("decline", "--reason", SECRET)
    program.ok("resume", code)
    program.ok("handoff", "Ben")
    ben.ok("accept", "--read-back", SECRET)
    program.ok("show", code)
    program.ok("resume", code, "--take", "--reason", SECRET)
    program.ok("close", "--outcome", "abandoned", "--summary", SECRET)
    program.ok("reopen", code)
    for words in READING:
        program.ok(*words)
    return code


def test_a_redacted_secret_is_nowhere_any_longer(ann: Program) -> None:
    code = tell_a_secret(ann)
    for name in ("night", "night.db", "night.db-wal"):
        if (ann.home / name).is_file():
            assert SECRET.encode() in (ann.home / name).read_bytes()
    for seq in range(1, ann.show(code)["version"] + 1):
        ann.ok("redact", str(seq), "--yes")
    assert files_with(ann.home, SECRET.encode()) == []
    ann.ok("store", "check")
    ann.ok("note", "it goes on")
    for words in READING:
        assert SECRET not in ann.ok(*words).out


def test_a_deleted_session_is_nowhere_any_longer(ann: Program) -> None:
    code = tell_a_secret(ann)
    other = ann.start()
    ann.ok("delete", code, "--yes")
    assert files_with(ann.home, SECRET.encode()) == []
    ann.ok("store", "check")
    ann.refused(3, "show", code)
    assert [head["code"] for head in ann.json("list", "--all", "--json")] == [other]


@pytest.mark.parametrize("words", [("redact", "3", "--yes"), ("delete",)])
def test_a_reader_delays_an_erasure_which_is_reported_and_finished_later(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    ann = computer(tmp_path, "sqlite")
    code = ann.start("--title", "Till 4 is dark")
    ann.ok("note", "it worked this morning")
    ann.ok("note", SECRET)
    with closing(sqlite3.connect(tmp_path / "night.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (3,)
        said = ann.refused(8, *words, *([code, "--yes"] if words == ("delete",) else []))
        assert "It is removed, but traces of the text are still in" in said
        assert "rflow store check" in said
        assert SECRET not in ann.run("show", code).out
        checked = ann.run("store", "check")
        assert (checked.code, "A removal is not finished" in checked.out) == (8, True)
        reader.execute("ROLLBACK")
    ann.ok("store", "check")
    assert files_with(tmp_path, SECRET.encode()) == []
    assert "The store is sound" in ann.ok("store", "check").err
