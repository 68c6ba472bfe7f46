"""Measuring commands: a sample is what a run of a command took."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import NamedTuple

import msgspec


class Command(NamedTuple):
    """A command to measure, with its environment; `prepare` is called before each run, without being measured."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    prepare: Callable[[], object] = lambda: None


class Sample(msgspec.Struct, frozen=True):
    """A run: elapsed seconds, CPU seconds, peak memory (KiB on Linux, bytes on macOS), exit code."""

    wall: float
    cpu: float
    rss: int
    code: int


class Failed(Exception):
    """A program to measure does not work."""


class Measurer:
    """Runs commands in a spawner (spawner.py); their output goes to files in `folder`."""

    def __init__(self, spawner: Popen[bytes], folder: Path) -> None:
        self._spawner = spawner
        self._out, self._err = folder / "stdout", folder / "stderr"

    def run(self, command: Command, *, kept: bool = False) -> Sample:
        """Run a command once; `kept` keeps its output for `printed`."""
        command.prepare()
        out = str(self._out) if kept else "/dev/null"
        request = {"argv": command.argv, "env": command.env, "stdout": out, "stderr": str(self._err)}
        assert self._spawner.stdin is not None
        assert self._spawner.stdout is not None
        self._spawner.stdin.write(msgspec.json.encode(request) + b"\n")
        self._spawner.stdin.flush()
        sample = msgspec.json.decode(self._spawner.stdout.readline(), type=Sample)
        if sample.code:
            raise Failed(f"{' '.join(command.argv)} ended with {sample.code}: {self._err.read_text('utf-8').strip()}")
        return sample

    def printed(self, command: Command) -> str:
        """Run a command once and return its output."""
        self.run(command, kept=True)
        return self._out.read_text("utf-8")


@contextmanager
def measurer(folder: Path) -> Iterator[Measurer]:
    """Start a spawner."""
    script = Path(__file__).with_name("spawner.py")
    with Popen([sys.executable, "-I", "-S", str(script)], stdin=PIPE, stdout=PIPE) as spawner:
        try:
            yield Measurer(spawner, folder)
        finally:
            assert spawner.stdin is not None
            spawner.stdin.close()
