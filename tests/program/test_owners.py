"""Whose files are whose: `sudo rflow` in somebody's folder, files of somebody else, and files written in one step."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from support.needs import need
from support.program import SCRIPT, Program

ANA = 4711  # a user without a name on this machine
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can be two users"),
]


@pytest.fixture(params=["json", "sqlite"])
def root(request: pytest.FixtureRequest) -> Iterator[Program]:
    """Root at work in a home and in a store that belong to Ana, whom pytest keeps out of its own folders."""
    with TemporaryDirectory(prefix="rflow-test-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "ana"
        home.mkdir()
        os.chown(home, ANA, ANA)
        store = home / ("work.db" if request.param == "sqlite" else "work")
        yield Program(home, real=True, store=str(store))


def as_ana(root: Program) -> Program:
    """The same at the hands of Ana, if she can run the program here (it may be in root's home)."""
    need("setpriv")
    ana = root.at(wrapper=("setpriv", f"--reuid={ANA}", f"--regid={ANA}", "--clear-groups", "--"))
    if subprocess.run([*ana.wrapper, SCRIPT, "--version"], check=False, capture_output=True).returncode:
        pytest.skip("another user can't run the program here")
    return ana


def test_what_root_writes_in_somebodys_folder_belongs_to_that_person(root: Program) -> None:
    root.home.joinpath("tree.toml").touch()
    os.chown(root.home / "tree.toml", ANA, ANA)
    root.with_tree().start()
    root.ok("attach", "-", stdin="lpstat: no printer\n")
    root.ok("share", "create")
    root.ok("export", "-o", str(root.home / "session.jsonl"))
    root.ok("config", "set", "user.name", "Ana Ruiz")
    root.ok("store", "backup", str(root.home / "backup"))
    owners = {path: path.stat().st_uid for path in root.home.rglob("*")}
    assert set(owners.values()) == {ANA}, {str(path): uid for path, uid in owners.items() if uid != ANA}
    ana = as_ana(root)
    ana.ok("note", "Written without sudo")
    ana.ok("store", "check")


def test_a_file_that_cannot_be_read_says_whose_it_is(root: Program) -> None:
    root.start("--title", "The till is slow")
    other = root.start("--title", "The router is hot")
    os.chown(root.home, ANA, ANA)
    pattern = f"sessions/{other}.*" if Path(root.store).is_dir() else "../work.db"
    (file,) = Path(root.store).glob(pattern) if Path(root.store).is_dir() else [Path(root.store)]
    os.chown(file, 0, 0)
    file.chmod(0o600)
    ana = as_ana(root)
    problem = ana.refused(8, "show", other) if Path(root.store).is_dir() else ana.refused(8, "list")
    assert "belongs to root" in problem
    assert "sudo chown" in problem
    check = ana.run("store", "check")
    assert "belongs to root" in check.out + check.err
    if Path(root.store).is_dir():
        listed = ana.ok("list", "--all").out
        assert "it belongs to root" in listed
        assert "d ago" not in listed
        assert "The till is slow" in listed


def test_a_file_is_written_in_one_step_and_stays_what_it_was_for_others(root: Program) -> None:
    root.start("--title", "The till is slow")
    out = root.home / "summary.txt"
    out.write_text("before")
    out.chmod(0o640)
    link = root.home / "link.txt"
    link.symlink_to(out)
    with out.open() as reader:  # a reader that has it open sees all of what was there before
        root.ok("progress", "-f", "text", "-o", str(link), "--overwrite")
        assert reader.read() == "before"
    assert "The till is slow" in out.read_text()
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert not list(root.home.glob(".*.rflow-draft"))


def test_a_link_that_leads_to_itself_is_refused_and_left_alone(root: Program) -> None:
    root.start("--title", "The till is slow")
    link = root.home / "link.txt"
    link.symlink_to(link)
    for words in (("progress", "-f", "text", "-o", str(link)), ("export", "-o", str(link), "--overwrite")):
        assert root.refused(7, *words).startswith(f"rflow: {link} can't be written: Too many levels of symbolic links.")
    assert link.readlink() == link


def test_a_full_disk_leaves_the_file_that_was_there(root: Program, tmp_path: Path) -> None:
    root.start("--title", "The till is slow")
    small = tmp_path / "small"
    small.mkdir()
    script = (
        f"mount -t tmpfs -o size=8k none {small} && echo before > {small}/out && head -c 4k /dev/zero > {small}/fill; "
        f"{SCRIPT} progress -f html -o {small}/out --overwrite; cat {small}/out"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], env=root.variables, capture_output=True, text=True, check=False
    )
    if "permission denied" in done.stderr.lower() or "not permitted" in done.stderr.lower():
        pytest.skip("no file systems can be mounted here")
    assert "can't be written" in done.stderr
    assert done.stdout == "before\n"


def test_a_pipe_is_written_to_and_not_replaced(root: Program) -> None:
    root.start("--title", "The till is slow")
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        [bash, "-c", f"{SCRIPT} progress -f text -o >(cat); {SCRIPT} progress -f text -o /dev/stdout | cat"],
        env=root.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count("The till is slow") >= 2, done
