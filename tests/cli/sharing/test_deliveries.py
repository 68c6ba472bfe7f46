"""One summary that goes to several places: computed once, rendered once per format, its secrets counted once."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.program import Program
from support.web.webhook_server import Server, reply

pytestmark = pytest.mark.slow

PASSWORD = "Sommer-2026-Leeds"
SPY = """
import atexit, json, os, sys
calls = []
def spy(frame, event, _):
    name = frame.f_code.co_name
    if event == "call" and name in ("summarise", "digest_of"):
        calls.append(name)
    elif event == "call" and name == "render_whole":
        calls.append("rendered " + frame.f_locals["format_"].name)
atexit.register(lambda: open(os.environ["CALLS"], "w").write(json.dumps(calls)))
sys.setprofile(spy)
from rflow.cli.main import main
main()
"""
"""The program, with a note of how often it computes and renders a summary."""


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana with a password in her notes, a clipboard that is a file, and an empty folder to work in."""
    (tmp_path / "here").mkdir()
    environ = {"RFLOW_CLIPBOARD_CMD": f"cat > '{tmp_path}/clipboard'", "TERM": "dumb", "RFLOW_POST_TIMEOUT": "5"}
    me = Program(tmp_path, environ=environ, cwd=tmp_path / "here")
    me.with_tree().start()
    me.ok("choose", "green")
    me.ok("note", f"password={PASSWORD}")
    return me


@pytest.fixture
def channel(ana: Program) -> Iterator[Server]:
    """A webhook that takes what is posted to it, set up as the target `noc`."""
    with Server(reply(200)) as server:
        ana.ok("config", "set", "targets.noc.url", "-", stdin=f"{server.base}/hook")
        ana.ok("config", "set", "targets.noc.kind", "json")
        yield server


def calls(me: Program, *words: str) -> Counter[str]:
    """Run a command and return how often it computed a summary, and rendered it in which format."""
    noted = me.home / "calls"
    variables = me.variables | {"CALLS": str(noted)}
    subprocess.run(
        [sys.executable, "-c", SPY, *words], env=variables, cwd=me.cwd, check=True, timeout=60, capture_output=True
    )
    return Counter(json.loads(noted.read_text("utf-8")))


@pytest.mark.parametrize("computing", ["summarise", "digest_of"])
def test_however_many_ways_it_goes_a_summary_is_computed_once_and_rendered_once_per_format(
    computing: str, ana: Program, channel: Server
) -> None:
    command = {"summarise": "progress", "digest_of": "digest"}[computing]
    computed = {computing: 1, "summarise": 1}  # a digest summarises its session
    everywhere = (command, "--copy", "-o", "summary", "--overwrite", "--post", "noc", "--again", "-f")
    assert calls(ana, *everywhere, "text") == computed | {"rendered text": 1, "rendered json": 1}
    assert calls(ana, *everywhere, "html") == computed | {"rendered html": 1, "rendered json": 1}
    assert calls(ana, *everywhere, "json") == computed | {"rendered json": 1}
    assert calls(ana, command, "-f", "slack") == computed | {"rendered slack": 1}
    assert calls(ana, command, "--post", "noc", "--again") == computed | {"rendered json": 1}


def test_what_was_hidden_is_counted_once_however_many_ways_it_goes(ana: Program, channel: Server) -> None:
    assert ana.cwd is not None
    delivered = ana.ok("progress", "--copy", "-o", "summary.md", "--post", "noc")
    assert [line.partition("Hidden: ")[2] for line in delivered.err.splitlines()[:3]] == ["1 password."] * 3
    assert json.loads(channel.requests[0].body)["redacted"] == 1
    assert "**Redacted:** 1 value\n" in (ana.cwd / "summary.md").read_text("utf-8")


def test_each_format_shows_as_much_as_it_shows_alone(ana: Program, channel: Server) -> None:
    for number in range(105):
        ana.ok("step", f"Test page {number}")
    ana.ok("progress", "--copy", "-f", "text", "--post", "noc")
    copied = (ana.home / "clipboard").read_text("utf-8")
    assert len(json.loads(channel.requests[0].body)["tried"]) == 106
    assert "Test page 104" in copied
    alone = ana.ok("progress", "-f", "text").out
    assert copied.splitlines()[2:] == alone.splitlines()[2:], "the same, below the time"


def test_a_target_named_in_capitals_has_the_same_deliveries(ana: Program, channel: Server) -> None:
    ana.ok("progress", "--post", "NOC")
    ana.ok("step", "Tried another cable")
    ana.ok("progress", "--post", "NOC", "--since", "last")
    assert [step["text"] for step in json.loads(channel.requests[1].body)["tried"]] == ["Tried another cable"]


def test_a_pattern_that_is_none_stops_a_handoff_before_it_is_recorded(ana: Program) -> None:
    assert "not a regular expression" in ana.run("handoff", "Ben Okafor", "--copy", RFLOW_REDACT_PATTERNS="(").err
    assert ana.show()["owner"]["name"] == "Ana Ruiz"
