"""Stores on disks that lack file locks or shared memory, as network disks do: rflow says so, and what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.needs import need
from support.program import Program

LIBRARY = Path(__file__).parents[1] / "support" / "native" / "network_disk.c"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD")]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    need("gcc")
    built = tmp_path_factory.mktemp("native") / "network_disk.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(built), str(LIBRARY), "-ldl"], check=True)
    return str(built)


def on_network_disk(tmp_path: Path, library: str, missing: str, store: str) -> Program:
    environ = {"LD_PRELOAD": library, "MISSING": missing}
    return Program(tmp_path, real=True, store=str(tmp_path / store), environ=environ)


@pytest.mark.parametrize(
    ("missing", "store", "lacks"),
    [("flock", "work", "file locks"), ("mmap", "work.db", "shared memory")],
)
def test_a_store_on_a_network_disk_is_not_written_and_the_message_says_why(
    missing: str, store: str, lacks: str, tmp_path: Path, library: str
) -> None:
    local = Program(tmp_path, real=True, store=str(tmp_path / store))
    code = local.start("--title", "The till is slow")
    there = on_network_disk(tmp_path, library, missing, store)
    message = there.refused(8, "-s", code, "note", "Still slow")
    assert f"no {lacks}" in message
    assert "This looks like a network disk" in message
    assert "--store" in message
    assert "The till is slow" in there.ok("list").out
    assert local.show(code)["notes"] == []


def test_a_sqlite_store_without_locks_is_not_called_busy(tmp_path: Path, library: str) -> None:
    Program(tmp_path, real=True, store=str(tmp_path / "work.db")).start("--title", "The till is slow")
    there = on_network_disk(tmp_path, library, "fcntl", "work.db")
    message = there.refused(8, "list")
    assert "This looks like a network disk" in message


@pytest.mark.parametrize(("missing", "store"), [("flock", "work"), ("mmap", "work.db"), ("fcntl", "work.db")])
def test_a_new_store_on_a_network_disk_says_so_too(missing: str, store: str, tmp_path: Path, library: str) -> None:
    there = on_network_disk(tmp_path, library, missing, store)
    message = there.refused(8, "start", "--title", "The till is slow")
    assert "This looks like a network disk" in message


def test_a_folder_store_needs_no_shared_memory(tmp_path: Path, library: str) -> None:
    on_network_disk(tmp_path, library, "mmap fcntl", "work").start("--title", "The till is slow")
