"""`store verify` and `store restore`: a backup is checked without a change, and nothing that was there is lost."""

import shutil
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from rflow.stores.folder.layout import LAYOUT
from support.program import Program
from support.stores.faults import snapshot

SAMPLES = Path(__file__).parents[1] / "samples" / "stores"


@pytest.fixture(params=["work.db", "work"], ids=["SQLite", "folder"])
def ana(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    return Program(tmp_path, store=str(tmp_path / request.param))


def named(ana: Program, name: str) -> str:
    """Return the path of a backup of the same kind as the store."""
    return str(ana.home / f"{name}{Path(ana.store).suffix}")


def titles(ana: Program) -> list[str]:
    return sorted(head["title"] for head in ana.json("list", "--all", "--json"))


def test_a_backup_takes_the_place_of_the_store_which_is_kept(ana: Program) -> None:
    ana.start("--title", "Before")
    backup = named(ana, "backup")
    ana.ok("store", "backup", backup)
    ana.ok("note", "Written after the backup")
    ana.start("--title", "After")
    before = snapshot(Path(backup)) if Path(backup).is_dir() else Path(backup).read_bytes()
    assert "1 session with 1 event" in ana.ok("store", "verify", backup).err
    said = ana.ok("store", "restore", backup, "--yes").err
    assert titles(ana) == ["Before"]
    (kept,) = Path(ana.home).glob("work.before-*")
    assert str(kept) in said
    assert titles(ana.at(store=str(kept))) == ["After", "Before"]
    assert ana.at(store=str(kept)).ok("store", "check").err == "The store is sound.\n"
    ana.ok("note", "Goes on")
    assert ana.ok("store", "check").err == "The store is sound.\n"
    assert (snapshot(Path(backup)) if Path(backup).is_dir() else Path(backup).read_bytes()) == before
    if sys.platform != "win32":
        assert stat.S_IMODE(Path(ana.store).stat().st_mode) & 0o077 == 0


def test_a_store_that_is_gone_is_restored_too(ana: Program) -> None:
    ana.start("--title", "Before")
    backup = named(ana, "backup")
    ana.ok("store", "backup", backup)
    for path in Path(ana.home).glob("work*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "What was there before" not in ana.ok("store", "restore", backup, "--yes").err
    assert titles(ana) == ["Before"]


def test_without_a_yes_nothing_is_restored(ana: Program) -> None:
    ana.start("--title", "Before")
    backup = named(ana, "backup")
    ana.ok("store", "backup", backup)
    assert "--yes" in ana.refused(2, "store", "restore", backup)


@pytest.mark.parametrize("what", ["nothing", "a text", "damaged", "newer", "the store itself", "another kind"])
def test_an_unsound_backup_changes_nothing(ana: Program, what: str) -> None:
    ana.start("--title", "Before")
    backup = Path(named(ana, "backup"))
    ana.ok("store", "backup", str(backup))
    code = {"the store itself": 2, "another kind": 2}.get(what, 8)
    match what:
        case "nothing":
            backup = backup.with_name("absent.db")
        case "a text":
            backup = backup.with_name("text.db")
            backup.write_text("no store")
        case "damaged":
            spoil(backup)
        case "newer":
            make_newer(backup)
        case "the store itself":
            backup = Path(ana.store)
        case _:
            other = ana.at(store=str(ana.home / ("other" if backup.suffix else "other.db")))
            other.start("--title", "Other")
            backup = Path(other.store)
    before = sorted(ana.home.iterdir())
    ana.refused(code, "store", "restore", str(backup), "--yes")
    if what not in ("the store itself", "another kind"):
        assert ana.run("store", "verify", str(backup)).code == 8
    assert titles(ana) == ["Before"]
    assert [path for path in sorted(ana.home.iterdir()) if path not in before] == []


def spoil(backup: Path) -> None:
    if backup.is_dir():
        (file,) = (backup / "sessions").iterdir()
        file.write_bytes(file.read_bytes().replace(b"Before", b"Bexore"))
        return
    with closing(sqlite3.connect(backup)) as db, db:
        db.execute("UPDATE events SET data = '{}'")


def make_newer(backup: Path) -> None:
    if backup.is_dir():
        form = backup / "rflow.json"
        form.write_text(form.read_text().replace(f'"format":{LAYOUT}', '"format":99'))
        return
    with closing(sqlite3.connect(backup)) as db:
        db.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("name", ["store.db", "store"])
def test_a_backup_of_an_older_format_is_checked_without_upgrading_it(tmp_path: Path, name: str) -> None:
    me, backup = Program(tmp_path, store=str(tmp_path / f"work{Path(name).suffix}")), SAMPLES / "format-3" / name
    before = snapshot(backup) if backup.is_dir() else backup.read_bytes()
    assert me.json("store", "verify", str(backup), "--json")["info"]["sessions"] == 2
    me.ok("store", "restore", str(backup), "--yes")
    assert len(titles(me)) == 2
    assert (snapshot(backup) if backup.is_dir() else backup.read_bytes()) == before


def test_a_store_that_somebody_has_open_is_left_alone(tmp_path: Path) -> None:
    ana = Program(tmp_path, store=str(tmp_path / "work.db"))
    ana.start("--title", "Before")
    ana.ok("store", "backup", str(tmp_path / "backup.db"))
    with closing(sqlite3.connect(ana.store)) as db:
        db.execute("SELECT count(*) FROM sessions").fetchone()
        assert "in use" in ana.refused(8, "store", "restore", str(tmp_path / "backup.db"), "--yes")
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    ana.ok("store", "restore", str(tmp_path / "backup.db"), "--yes")


def test_a_database_with_a_write_ahead_log_is_refused_as_a_backup(tmp_path: Path) -> None:
    ana = Program(tmp_path, store=str(tmp_path / "work.db"))
    ana.start("--title", "Before")
    with closing(sqlite3.connect(ana.store)) as db:
        db.execute("SELECT count(*) FROM sessions").fetchone()
        ana.ok("note", "In the log")
        assert "store backup PATH" in ana.refused(8, "store", "verify", ana.store)
