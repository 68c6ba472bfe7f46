"""Running the program from outside: the words of a command line in, exit code and output back.

Every run is checked for what all commands guarantee: no traceback, no exit code 1, and advice in every error.
"""

import dataclasses
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, chdir, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec
import pytest

SCRIPT = shutil.which("rflow", path=str(Path(sys.executable).parent)) or "rflow"
TIMEOUT = 60.0
NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)
"""A clock for tests that compare what several runs print: `Program(…, clock=NOON)`."""

_PASSING = re.compile(
    r"(\d{4}-\d\d-\d\d\s+)?(\d\d:\d\d–)?\d\d:\d\d\s+\\?[+-]\d\d:\d\d"  # when a summary was made; Jira escapes the "+"
    r'|"(as_of|elapsed)":\s*[^,]+,\s*'  # … and in JSON also the age of its session
    r"|\d{4}-\d\d-\d\d\s+(?=\d\d:\d\d)"  # the day of another time, which is left out on that same day
    r"|\b(now|\d+[mhd] ago)\b"
    r"|\s+"  # a left-out day moves the text after it, possibly into the next line
)
"""The parts of an output that depend on the current time."""

LABELS = """
id = "label-printer"
title = "A label printer prints nothing"
start = "lamp"

[nodes.lamp]
text = "Which lamp is lit?"
help = "On the front, left of the display."
choices = [
  { label = "Red, steady", to = "ribbon" },
  { label = "Red, blinking", to = "head" },
  { label = "Green", to = "queue" },
]

[nodes.ribbon]
text = "Reseat the ribbon"
to = "works"

[nodes.queue]
text = "Clear the print queue"
run = "cancel -a leeds-labels"
to = "works"

[nodes.works]
text = "Does a test label print?"
choices = [
  { label = "Yes", to = "fixed" },
  { label = "No", to = "vendor" },
  { label = "Another lamp is lit now", to = "lamp" },
]

[nodes.head]
text = "Send the printer in: its head is broken"
outcome = "escalate"

[nodes.fixed]
text = "It prints again"
outcome = "resolved"

[nodes.vendor]
text = "Call the vendor"
outcome = "escalate"
"""
"""A tree with a loop, both kinds of ends, an action, and two choices with the same first word."""


class Result(NamedTuple):
    """The result of a run: exit code and output; bytes that are not UTF-8 are kept as surrogates."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> bytes:
        """Standard output as bytes."""
        return self.out.encode("utf-8", "surrogateescape")

    @property
    def json(self) -> Any:
        """Standard output, parsed as JSON."""
        return msgspec.json.decode(self.data)


@dataclasses.dataclass(frozen=True)
class Program:
    """The program as used by one person at one terminal, with the home folder `home`.

    With `real`, every run is a subprocess, with the words of `wrapper` before the program's. `clock` is the time of
    runs in this process; None is the system's clock.
    """

    home: Path
    user: str = "Ana Ruiz"
    terminal: str = "desk"
    store: str = ""
    real: bool = False
    wrapper: tuple[str, ...] = ()
    environ: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cwd: Path | None = None
    clock: datetime | None = None

    def at(self, **other: Any) -> "Program":
        """Return the same computer with another person, terminal, store …"""
        return dataclasses.replace(self, **other)

    def run(self, *words: str, stdin: str | bytes = b"", **environ: str) -> Result:
        """Run the program with `words`; `environ` are environment variables for this run only."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        run = self._in_subprocess if self.real else self._in_this_process
        result = run(words, data, self.variables | environ)
        assert "Traceback" not in result.err, result.err
        if words[:1] != ("run",):
            assert result.code != 1, f"rflow {words}: {result}"
            assert result.code == 0 or has_advice(words, result.err), f"rflow {words}: {result}"
        return result

    def ok(self, *words: str, stdin: str | bytes = b"", **environ: str) -> Result:
        """Run a command that should succeed."""
        result = self.run(*words, stdin=stdin, **environ)
        assert result.code == 0, f"rflow {words}: {result}"
        return result

    def refused(self, code: int, *words: str, stdin: str | bytes = b"", **environ: str) -> str:
        """Run a command that should fail with exit code `code` and no standard output; return the message."""
        result = self.run(*words, stdin=stdin, **environ)
        assert (result.code, result.out) == (code, ""), f"rflow {words}: {result}"
        return result.err

    def json(self, *words: str) -> Any:
        """Run a command that prints JSON."""
        return self.ok(*words).json

    def show(self, *reference: str) -> Any:
        """Return a session as printed by `show --json`."""
        return self.json("show", *reference, "--json")

    def start(self, *words: str) -> str:
        """Start a session (in the label printer's tree if no words are given) and return its code."""
        code: str = self.json("start", *(words or ("label-printer", "--customer", "Leeds")), "--json")["code"]
        return code

    def with_tree(self, text: str = LABELS) -> "Program":
        """Add a tree to the store."""
        file = self.home / "tree.toml"
        file.write_text(text, "utf-8")
        self.ok("tree", "add", str(file))
        return self

    def with_limited_permissions(self) -> "Program":
        """Return the program with file permissions in effect, for which root has to drop two capabilities."""
        if sys.platform == "win32":
            pytest.skip("permissions are different on Windows")
        if os.geteuid():
            return self.at(real=True)
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("root may enter every folder, and there is no setpriv here")
        return self.at(real=True, wrapper=(setpriv, "--bounding-set=-dac_override,-dac_read_search", "--"))

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a run; only PATH is taken from this machine."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "RFLOW_USER": self.user,
            "RFLOW_TERMINAL": self.terminal,
            **({"RFLOW_STORE": self.store} if self.store else {}),
            **self.environ,
        }

    def _in_subprocess(self, words: tuple[str, ...], stdin: bytes, environ: Mapping[str, str]) -> Result:
        done = subprocess.run(
            [*self.wrapper, SCRIPT, *words],
            input=stdin,
            capture_output=True,
            env=environ,
            cwd=self.cwd,
            timeout=TIMEOUT,
            check=False,
        )
        return Result(done.returncode, _text(done.stdout), _text(done.stderr))

    def _in_this_process(self, words: tuple[str, ...], stdin: bytes, environ: Mapping[str, str]) -> Result:
        from rflow.cli.main import main

        streams = [io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="") for data in (stdin, b"", b"")]
        names = ("sys.stdin", "sys.stdout", "sys.stderr")
        patches = [patch(name, stream) for name, stream in zip(names, streams, strict=True)]
        loud = {**environ, "RFLOW_DEBUG": "1"}  # shows the traceback of an unexpected error
        with (
            patch.dict(os.environ, loud, clear=True),
            self._with_clock(),
            patch("sys.argv", ["rflow", *words]),
            patches[0],
            patches[1],
            patches[2],
            chdir(self.cwd) if self.cwd else nullcontext(),
        ):
            code = 0
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Result(code, *map(_written, streams[1:]))

    def _with_clock(self) -> AbstractContextManager[object]:
        from rflow.cli import main
        from rflow.cli.app import World

        at = self.clock
        return patch.object(main, "run", partial(main.run, world=World(clock=lambda: at))) if at else nullcontext()


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    held = stream.buffer
    assert isinstance(held, io.BytesIO)
    return _text(held.getvalue())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def has_advice(words: tuple[str, ...], err: str) -> bool:
    """Whether an error contains advice: in its last, indented line, or by mentioning the help.

    The output of a check needs no such line: it lists problems, each with its own advice.
    """
    if {"check", "verify"} & {*words} and "rflow:" not in err:
        return True
    lines = [line for line in err.splitlines() if line.strip()]
    indented = bool(lines) and lines[-1].startswith(" " * 7)
    return "Usage: rflow" in err or ("rflow:" in err and indented)


def without_times(output: str) -> str:
    """Return an output without the parts that depend on the current time, and without white space.

    This is for outputs of subprocesses; runs in this process can use a `clock`.
    """
    return _PASSING.sub("", output)


def ago(**span: float) -> datetime:
    """Return the time a span ago: `me.at(clock=ago(hours=2)).ok("note", …)`."""
    return datetime.now(UTC) - timedelta(**span)
