"""The pictures of the terminal in docs/images: they show what the program shows, in tmux, at two widths."""

import os
import re
import runpy
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from rflow.core.text import columns
from support.needs import need
from support.program import Program
from support.screens import STYLES, lines_at_terminal

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="tmux")]

SCRIPT = Path(__file__).parents[2] / "docs" / "terminal.py"
MOMENT = re.compile(r"(\b[A-Z][a-z]{2} )?(\d{4}-\d{2}-\d{2} )?\d{2}:\d{2}\b")
"""A moment, with its day where that is another one: within two hours of midnight, "until" is tomorrow."""
LINE = "{http://www.w3.org/2000/svg}text"


def lines_of(svg: str) -> set[str]:
    """The lines of text in a picture, without what is different in every run, and without blanks."""
    return {bare("".join(line.itertext())) for line in ET.fromstring(svg).iter(LINE)}


def bare(line: str) -> str:
    return re.sub(r"\s|\d", "", MOMENT.sub("", line))


@pytest.mark.parametrize("width", [80, 120])
def test_the_pictures_show_what_the_program_shows(width: int) -> None:
    """`RFLOW_UPDATE_GOLDEN=1` takes them anew; `python docs/terminal.py` takes the recording, too."""
    need("tmux")
    script = runpy.run_path(str(SCRIPT))
    screen = script["screen"](width)
    shown = [STYLES.sub("", line).rstrip() for line in screen.split("\n")]
    assert any(line.startswith("  waiting until ") for line in shown)
    assert max(map(columns, shown)) <= width
    for path, svg in script["stills"](screen, width).items():
        if os.environ.get("RFLOW_UPDATE_GOLDEN"):
            path.write_text(svg, "utf-8")
        assert lines_of(svg) == {bare(line) for line in shown if line}
        assert lines_of(path.read_text("utf-8")) == lines_of(svg), "run: python docs/terminal.py"


def test_the_recording_shows_the_demo(tmp_path: Path) -> None:
    recording = lines_of((SCRIPT.parent / "images" / "terminal.svg").read_text("utf-8"))
    played = lines_at_terminal(Program(tmp_path), "demo", "--fast", TZ="UTC")
    played = played[: played.index("That was the demo; its store is deleted.")]  # then come paths of this machine
    wanted = [line for line in played if line.strip() and columns(line) < 80]
    assert len(wanted) > 100
    missing = [line for line in wanted if bare(line) not in recording]
    assert missing == [], "run: python docs/terminal.py"
