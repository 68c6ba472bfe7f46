"""The four version numbers: older ones are upgraded, too old and newer ones are refused in a sentence, untouched."""

import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rflow.core.session.events import Event
from rflow.core.session.head import Query
from rflow.core.tree.model import canonical
from rflow.errors import StoreProblem
from rflow.service.interchange import read_session
from rflow.stores import open_store
from rflow.stores.codec import LINES, RECORD
from rflow.stores.folder.layout import LAYOUT
from rflow.stores.sqlite.schema import SCHEMA_VERSION
from support.program import Program
from support.stores.faults import snapshot
from support.stores.stories import ANA, LPSTAT, LPSTAT_DIGEST, MORNING, PRINTER, night_story

SAMPLES = Path(__file__).parents[1] / "samples" / "stores"
LEEDS = "K7QM-2F.019a4711-0000-7000-8000-000000000001.jsonl"


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana at a computer on which nothing was recorded yet."""
    return Program(tmp_path)


def export_of_version_2(folder: Path) -> Path:
    """Write the session in Leeds as rflow exported it before spaces: header, tree, events, contents."""
    first, *records = (SAMPLES / "format-2" / "store" / "sessions" / LEEDS).read_bytes().rstrip(b"\n").split(b"\n")
    assert b'"format":2' in first
    assert b'"records"' not in first
    counted = first[:-1] + b',"events":%d,"contents":1}' % len(records)
    tree = b'{"rflow":"tree","tree":%s}' % canonical(PRINTER)
    blob = b'{"rflow":"blob","digest":"%s","data":"%s"}' % (LPSTAT_DIGEST.encode(), b64encode(LPSTAT))
    file = folder / "night.jsonl"
    file.write_bytes(b"\n".join([counted, tree, *records, blob, b""]))
    return file


def test_an_export_of_version_2_reads_as_what_it_became(tmp_path: Path) -> None:
    read = read_session(export_of_version_2(tmp_path).read_bytes(), "night.jsonl", ANA, MORNING)
    assert list(read.log.events) == night_story()
    assert all(isinstance(event, Event) for event in read.log.events)
    assert read.contents == {LPSTAT_DIGEST: LPSTAT}
    assert list(read.trees.values()) == [canonical(PRINTER)]


@pytest.mark.parametrize("store", ["work.db", "shifts"])
def test_an_export_of_version_2_is_imported_shown_continued_and_exported_again(store: str, ana: Program) -> None:
    ana = ana.at(store=str(ana.home / store), user="Chloé Martin")
    file = export_of_version_2(ana.home)
    assert "Label printer in Leeds" in ana.ok("progress", str(file)).out
    assert "imported" in ana.ok("import", str(file)).err
    assert ana.show("K7QM-2F")["version"] == len(night_story())
    ana.ok("-s", "K7QM-2F", "note", "The roll is right")
    exported = ana.ok("export", "K7QM-2F").data
    assert exported.startswith(b'{"rflow":"session","format":%d,"records":%d,' % (LINES, RECORD))
    assert ana.ok("store", "check").err.endswith("sound.\n")


def sample(name: str, ana: Program) -> Path:
    """Copy a store of version 2 to Ana's computer."""
    source, target = SAMPLES / "format-2" / name, ana.home / name
    return Path(shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target))


def numbered(path: Path, version: int) -> None:
    """Change the version number of a store, and nothing else."""
    if path.is_dir():
        (path / "rflow.json").write_bytes(b'{"rflow":"store","format":%d}\n' % version)
        return
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute(f"PRAGMA user_version = {version}")


def content(path: Path) -> object:
    """Return every byte of a store."""
    return snapshot(path) if path.is_dir() else path.read_bytes()


COMMANDS = (
    ("list", "--all"),
    ("note", "It hums"),
    ("start", "--title", "Printer"),
    ("store", "info"),
    ("store", "check"),
)


@pytest.mark.parametrize("name", ["store.db", "store"])
@pytest.mark.parametrize("version", [1, 0])
def test_a_store_of_version_1_gets_its_one_clear_sentence(name: str, version: int, ana: Program) -> None:
    path = sample(name, ana)
    numbered(path, version)
    before = content(path)
    for words in COMMANDS:
        said = ana.at(store=str(path)).refused(8, *words)
        assert "too old to read" in said
        assert "export its sessions, and import them here" in " ".join(said.split())
    assert content(path) == before


@pytest.mark.parametrize(("name", "known"), [("store.db", SCHEMA_VERSION), ("store", LAYOUT)])
def test_a_store_of_a_newer_version_is_refused_and_left_untouched(name: str, known: int, ana: Program) -> None:
    path = sample(name, ana)
    numbered(path, known + 1)
    before = content(path)
    for words in COMMANDS:
        said = " ".join(ana.at(store=str(path)).refused(8, *words).split())
        assert f"has format {known + 1}, which is from a newer rflow; this one reads up to {known}" in said
        assert "Upgrade rflow" in said
    assert content(path) == before


SQLITE = ("format-2", "format-3", "format-4")


def old_store(format_: str, ana: Program) -> Path:
    """Copy a SQLite store of an older format to Ana's computer."""
    (ana.home / "work").mkdir(exist_ok=True)
    return Path(shutil.copy(SAMPLES / format_ / "store.db", ana.home / "work" / "store.db"))


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("format_", SQLITE)
@pytest.mark.parametrize("words", [("list", "--all"), ("store", "info"), ("show", "K7QM-2F"), ("note", "It hums")])
def test_every_command_that_opens_an_older_store_upgrades_it_and_keeps_no_backup(
    format_: str, words: tuple[str, ...], ana: Program
) -> None:
    path = old_store(format_, ana)
    ana = ana.at(store=str(path), user="Chloé Martin")
    ana.run(*(("-s", "K7QM-2F", *words) if words[0] == "note" else words))
    assert version_of(path) == SCHEMA_VERSION
    assert [file.name for file in path.parent.iterdir() if not file.name.endswith(("-wal", "-shm"))] == ["store.db"]


def test_a_prompt_and_the_verification_of_a_backup_leave_an_older_store_as_it_is(ana: Program) -> None:
    path = old_store("format-4", ana)
    before = path.read_bytes()
    assert ana.at(store=str(path)).ok("prompt").out.strip() == ""
    assert "sound" in ana.ok("store", "verify", str(path)).err
    assert path.read_bytes() == before


def test_an_older_store_is_upgraded_while_an_older_rflow_reads_it(ana: Program) -> None:
    path = old_store("format-4", ana)
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("PRAGMA journal_mode = WAL")
        older.execute("BEGIN")
        before = older.execute("SELECT id, version FROM sessions ORDER BY id").fetchall()
        listed = ana.at(store=str(path)).json("list", "--all", "--json")
        assert older.execute("SELECT id, version FROM sessions ORDER BY id").fetchall() == before
        assert older.execute("PRAGMA user_version").fetchone() == (4,)  # as of the beginning of its transaction
    assert (len(listed), version_of(path)) == (len(before), SCHEMA_VERSION)


@pytest.mark.slow
def test_an_older_store_that_an_older_rflow_is_writing_to_is_busy_and_then_upgraded(ana: Program) -> None:
    path = old_store("format-4", ana)
    ana = ana.at(store=str(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("PRAGMA journal_mode = WAL")
        older.execute("BEGIN IMMEDIATE")
        assert "busy" in ana.refused(8, "list", "--all")
        older.execute("ROLLBACK")
        assert version_of(path) == 4
        assert len(ana.json("list", "--all", "--json")) == 2
    assert version_of(path) == SCHEMA_VERSION


def test_a_store_whose_tables_were_replaced_while_it_was_open_says_so(tmp_path: Path) -> None:
    path = Path(shutil.copy(SAMPLES / "format-5" / "store.db", tmp_path / "store.db"))
    with closing(open_store(str(path))) as store, closing(sqlite3.connect(path, isolation_level=None)) as newer:
        assert len(store.heads(Query()).heads) == 2
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        assert len(store.heads(Query()).heads) == 2  # as long as it understands the tables
        newer.execute("ALTER TABLE sessions RENAME TO work")
        with pytest.raises(StoreProblem, match="Upgrade rflow"):
            store.heads(Query())


def newer_lines(line: bytes) -> bytes:
    return line.replace(b'"format":%d' % LINES, b'"format":%d' % (LINES + 1))


def newer_records(line: bytes) -> bytes:
    return line.replace(b'"records":%d' % RECORD, b'"records":%d' % (RECORD + 1))


@pytest.mark.parametrize("newer", [newer_lines, newer_records], ids=["lines", "records"])
def test_an_export_of_a_newer_version_is_refused_and_nothing_is_stored(
    newer: Callable[[bytes], bytes], ana: Program
) -> None:
    ana.start("--title", "Printer")
    first, rest = ana.ok("export").data.split(b"\n", 1)
    assert newer(first) != first
    file = ana.home / "night.jsonl"
    file.write_bytes(newer(first) + b"\n" + rest)
    ana.at(store=str(ana.home / "other.db")).refused(6, "import", str(file))
    said = ana.refused(6, "progress", str(file))
    assert "written by a newer rflow" in said
    assert "Upgrade rflow" in said
    assert len(ana.json("list", "--all", "--json")) == 1


@pytest.mark.parametrize("newer", [newer_lines, newer_records], ids=["lines", "records"])
def test_a_newer_session_in_a_folder_is_readable_and_left_untouched(
    newer: Callable[[bytes], bytes], ana: Program
) -> None:
    ana = ana.at(store=str(ana.home / "shifts"))
    code = ana.start("--title", "Printer")
    (file,) = (ana.home / "shifts" / "sessions").iterdir()
    first, rest = file.read_bytes().split(b"\n", 1)
    file.write_bytes(newer(first) + b"\n" + rest)
    before = file.read_bytes()
    assert "newer rflow" in ana.refused(5, "-s", code, "note", "It hums")
    assert [session["code"] for session in ana.json("list", "--all", "--json")] == [code]
    other = ana.start("--title", "Scanner")
    ana.ok("-s", other, "note", "It blinks")
    assert file.read_bytes() == before


def test_a_session_file_of_version_2_that_is_copied_into_a_folder_is_read_and_continued(ana: Program) -> None:
    ana = ana.at(store=str(ana.home / "shifts"), user="Chloé Martin")
    ana.start("--title", "Printer")
    old = (SAMPLES / "format-2" / "store" / "sessions" / LEEDS).read_bytes()
    file = ana.home / "shifts" / "sessions" / LEEDS
    file.write_bytes(old)
    assert ana.show("K7QM-2F")["version"] == len(night_story())
    assert file.read_bytes() == old
    ana.ok("-s", "K7QM-2F", "note", "The roll is right")
    assert b'"records":%d' % RECORD in file.read_bytes().split(b"\n")[0]
    exported = ana.ok("export", "K7QM-2F", "--no-evidence").data
    events = read_session(exported, "night.jsonl", ANA, MORNING).log.events
    assert list(events)[:-1] == night_story()
