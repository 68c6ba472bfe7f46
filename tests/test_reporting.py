"""What a test run says at its end: what was skipped and why, and how to see a failure again."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parent
SKIPPING = """
import pytest
from support.needs import need

def test_a_pane(): need("tmux")
def test_a_second_pane(): need("tmux")
def test_a_paste(): need("xclip")
@pytest.mark.skip(reason="POSIX signals")
def test_a_signal(): pass
def test_what_runs_everywhere(): pass
"""
FAILING = """
from hypothesis import given, strategies as st

@given(st.integers(0, 10**9))
def test_a_rare_number(number): assert number % 97
"""


def run(folder: Path, tests: str, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run tests with the settings and hooks of these, on a machine without any program."""
    (folder / "test_leeds.py").write_text(tests, "utf-8")
    shutil.copy(TESTS / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", "-c", str(TESTS.parent / "pyproject.toml"), str(folder), *words]
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    return subprocess.run(
        command, env=kept | {"PATH": "/nowhere"} | environ, capture_output=True, text=True, timeout=120, cwd=folder
    )


@pytest.mark.parametrize("parallel", [(), ("-n", "1")])
def test_three_lines_sum_up_what_was_skipped(tmp_path: Path, parallel: tuple[str, ...]) -> None:
    done = run(tmp_path, SKIPPING, *parallel)
    assert done.returncode == 0, done.stdout + done.stderr
    _, _, end = done.stdout.partition("NOT TESTED HERE")
    assert end.splitlines()[1:4] == [
        "4 of 5 tests were skipped (ARGS=-rs names them).",
        "Why: tmux is not installed (2); xclip is not installed (1); POSIX signals (1).",
        "To install what is missing: sudo apt-get install --no-install-recommends tmux xclip",
    ]
    assert "tmux" not in done.stdout.replace(end, "")


def test_a_run_that_skips_nothing_says_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "def test_it(): pass")
    assert (done.returncode, "NOT TESTED" in done.stdout) == (0, False)


def test_where_nothing_may_be_skipped_a_skip_is_a_failure(tmp_path: Path) -> None:
    done = run(tmp_path, SKIPPING, RFLOW_NO_SKIPS="1")
    assert done.returncode == 1
    assert "1 passed" in done.stdout
    for reason in ("tmux is not installed", "xclip is not installed", "POSIX signals"):
        assert f"Skipped where nothing may be skipped: {reason}" in done.stdout


def test_a_failure_at_night_is_repeated_by_its_seed(tmp_path: Path) -> None:
    first = run(tmp_path, FAILING, "--hypothesis-seed=4711", RFLOW_TEST_HEAVY="1")
    assert "make nightly SEED=4711 ARGS='" in first.stdout, first.stdout + first.stderr
    assert "@reproduce_failure" in first.stdout
    shutil.rmtree(tmp_path / ".hypothesis", ignore_errors=True)
    again = run(tmp_path, FAILING, "--hypothesis-seed=4711", RFLOW_TEST_HEAVY="1")
    examples = [re.findall(r"number ?= ?\d+", done.stdout) for done in (first, again)]
    assert examples[0] == examples[1] != []


def test_by_day_the_examples_are_the_same_every_time(tmp_path: Path) -> None:
    shown = [re.findall(r"number ?= ?\d+", run(tmp_path, FAILING).stdout) for _ in range(2)]
    assert shown[0] == shown[1]
