"""Measuring: a job is a program with its environment, a sample is what one run of it took."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import NamedTuple

import msgspec


class Job(NamedTuple):
    """A program to measure; `prepare` is called before each run and not measured."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    prepare: Callable[[], object] = lambda: None


class Sample(msgspec.Struct, frozen=True):
    """One run: seconds on the clock and of CPU, peak memory (KiB on Linux, bytes on macOS), exit code."""

    wall: float
    cpu: float
    rss: int
    code: int


class Failed(Exception):
    """A program that is to be measured does not work."""


class Measurer:
    """Runs jobs through a spawner (see there); `folder` takes what they print."""

    def __init__(self, spawner: Popen[bytes], folder: Path) -> None:
        self._spawner = spawner
        self._out, self._err = folder / "stdout", folder / "stderr"

    def run(self, job: Job, *, kept: bool = False) -> Sample:
        """Run a job once; `kept` keeps what it prints for `printed`."""
        job.prepare()
        out = str(self._out) if kept else "/dev/null"
        request = {"argv": job.argv, "env": job.env, "stdout": out, "stderr": str(self._err)}
        assert self._spawner.stdin is not None
        assert self._spawner.stdout is not None
        self._spawner.stdin.write(msgspec.json.encode(request) + b"\n")
        self._spawner.stdin.flush()
        sample = msgspec.json.decode(self._spawner.stdout.readline(), type=Sample)
        if sample.code:
            raise Failed(f"{' '.join(job.argv)} ended with {sample.code}: {self._err.read_text('utf-8').strip()}")
        return sample

    def printed(self, job: Job) -> str:
        """Run a job once and give what it printed."""
        self.run(job, kept=True)
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
