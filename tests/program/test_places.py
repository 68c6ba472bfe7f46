"""Nothing is written into a store but by that store: no backup, no other store, no export."""

import os
import sys
from pathlib import Path

import pytest

from support.program import Program

INSIDE = {
    "json": ("sub", "sessions/sub", "blobs/sub", "sessions/sub.db"),
    "sqlite": ("-wal", "-shm", "-journal"),
}


@pytest.fixture(params=INSIDE)
def ana(tmp_path: Path, request: pytest.FixtureRequest) -> Program:
    """Ana with a session in a store of that kind."""
    me = Program(tmp_path).at(store=str(tmp_path / ("work" if request.param == "json" else "work.db")))
    me.start("--title", "The till in Leeds is slow")
    return me


def inside(ana: Program) -> list[str]:
    if ana.store.endswith(".db"):
        return [ana.store + end for end in INSIDE["sqlite"]]
    return [f"{ana.store}/{name}" for name in INSIDE["json"]]


def files(ana: Program) -> dict[str, bytes]:
    """The files of the store, but for what a lock or a reader leaves."""
    found = {str(path): path.read_bytes() for path in ana.home.rglob("work*") if path.is_file()}
    found |= {str(path): path.read_bytes() for path in Path(ana.store).rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if not name.endswith((".lock", "-wal", "-shm"))}


def test_no_backup_and_no_other_store_is_made_inside_a_store(ana: Program) -> None:
    before = files(ana)
    other = ana.at(store=str(ana.home / "other.db"))
    other.start("--title", "Another one")
    for place in inside(ana):
        kind = "sqlite" if place.endswith(".db") or ana.store.endswith(".db") else "json"
        assert "inside the store" in other.refused(2, "store", "copy", other.store, f"{kind}:{place}")
        refusal = ana.refused(2, "store", "backup", place)
        assert "inside the store" in refusal or "already exists" in refusal
        assert "inside the store" in ana.at(store=f"{kind}:{place}").refused(2, "start", "--title", "x")
    assert files(ana) == before
    assert "The store is sound." in ana.ok("store", "check").err


@pytest.mark.parametrize("words", [("export",), ("progress", "-f", "text")])
def test_no_output_overwrites_a_store(words: tuple[str, ...], ana: Program) -> None:
    before = files(ana)
    names = [*before, *(name for name in inside(ana) if not name.endswith("/sub") or "sessions" in name)]
    link = ana.home / "summary.txt"
    if sys.platform != "win32":
        link.symlink_to(names[0])
        names.append(str(link))
    for name in names:
        assert "belongs to the store" in ana.refused(2, *words, "-o", name)
    assert files(ana) == before
    assert "The store is sound." in ana.ok("store", "check").err


def test_other_files_in_the_folder_of_a_store_can_be_written(ana: Program) -> None:
    folder = ana.home if ana.store.endswith(".db") else Path(ana.store)
    ana.ok("export", "-o", str(folder / "session.jsonl"))
    assert "The store is sound." in ana.ok("store", "check").err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs there")
def test_a_fifo_is_refused_without_blocking(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "work.db")
    me = Program(tmp_path, real=True).at(store=str(tmp_path / "work.db"))
    for words in (("list",), ("start", "--title", "x"), ("store", "check")):
        assert "is not an rflow store" in me.refused(8, *words)
