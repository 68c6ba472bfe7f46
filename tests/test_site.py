"""The documentation as a site and as a manual page: it builds without a warning, and reads without a network."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


def build(kind: str, out: Path) -> Path:
    words: list[str | Path] = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        kind,
        ROOT / "docs",
        out,
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    pages = {page.name: page.read_text("utf-8") for page in build("html", tmp_path).glob("*.html")}
    assert {"index.html", "tutorial.html", "handoff.html", "commands.html", "alternatives.html"} <= set(pages)
    loaded = re.compile(r"""<(?:script|img|link)[^>]*(?:src|href)=["'](https?:)?//""")
    assert [name for name, page in pages.items() if loaded.search(page)] == []


def test_every_page_can_be_reached_from_the_index(tmp_path: Path) -> None:
    out = build("html", tmp_path)
    index = (out / "index.html").read_text("utf-8")
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index", "manual"}
    assert {page for page in pages if f'href="{page}.html"' not in index} == set()


def readable(manual: str) -> list[str]:
    """Return the words of a manual page, without what depends on the version that made it."""
    return " ".join(line for line in manual.splitlines() if not line.startswith((".TH", '.\\"', "."))).split()


def test_the_manual_page_is_up_to_date(tmp_path: Path) -> None:
    made = (build("man", tmp_path) / "rflow.1").read_text("utf-8")
    kept = (ROOT / "docs" / "rflow.1").read_text("utf-8")
    assert readable(kept) == readable(made), "run: make manual"
