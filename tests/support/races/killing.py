"""Running the program and killing it at a random moment with `kill -9`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any, Protocol

from support.program import SCRIPT, Program, Result

ZYGOTE = Path(__file__).with_name("zygote.py")
KILLED = -signal.SIGKILL
INTERRUPTED = 128 + signal.SIGINT


class Killing(Protocol):
    """Runs the program once, and kills it at some moment if it is still running."""

    def run(self, program: Program, words: tuple[str, ...], stdin: str) -> Result:
        """Return its result, with the exit code -9 if it was killed."""

    def close(self) -> None:
        """Release its resources."""


class AtAnyStep:
    """Kills (or interrupts) at a random step of the command's own work, or some milliseconds into it.

    See zygote.py for how.
    """

    def __init__(self, place: Path, seed: int, number: int = signal.SIGKILL) -> None:
        self._random = Random(seed)
        self._number = int(number)
        self._place = place
        place.mkdir()
        command = [sys.executable, str(ZYGOTE)]
        self._zygote = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._calls: dict[str, int] = defaultdict(lambda: 10_000)
        self._seconds: dict[str, float] = defaultdict(lambda: 0.05)

    def interrupt(self, program: Program, words: tuple[str, ...], after: int) -> Result:
        """Run, and interrupt when the program has done `after` steps, parsing its words among them."""
        answer = self._ask(program, words, "", after_calls=after, early=True)
        return Result(answer["code"], answer["out"], answer["err"])

    def steps(self, program: Program, words: tuple[str, ...]) -> int:
        """Run to the end, and return how many steps of its own work the command took, without parsing its words."""
        return int(self._ask(program, words, "", after_calls=None)["calls"])

    def kill(self, program: Program, words: tuple[str, ...], after: int) -> Result:
        """Run, and kill when the program has done `after` steps of its own work."""
        answer = self._ask(program, words, "", after_calls=after)
        return Result(answer["code"], answer["out"], answer["err"])

    def run(self, program: Program, words: tuple[str, ...], stdin: str) -> Result:
        """Run and kill, usually before the end."""
        word, share = words[0], self._random.uniform(0, 1.1)
        by_calls = self._random.random() < 0.6 or self._number != signal.SIGKILL
        answer = self._ask(
            program,
            words,
            stdin,
            after_calls=1 + int(share * self._calls[word]) if by_calls else None,
            after_seconds=None if by_calls else share * self._seconds[word],
        )
        if answer["code"] == 0:
            self._calls[word], self._seconds[word] = int(answer["calls"]), answer["seconds"]
        elif by_calls:
            self._calls[word] = int(self._calls[word] * 1.2)  # killed: it takes longer than that
        else:
            self._seconds[word] *= 1.2
        return Result(answer["code"], answer["out"], answer["err"])

    def _ask(self, program: Program, words: tuple[str, ...], stdin: str, **when: Any) -> Any:
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        wanted = {"words": words, "environ": program.variables, "stdin": stdin, "place": str(self._place)}
        never = {"after_calls": None, "after_seconds": None, "early": False, "signal": self._number}
        self._zygote.stdin.write(json.dumps(wanted | never | when) + "\n")
        self._zygote.stdin.flush()
        return json.loads(self._zygote.stdout.readline())

    def close(self) -> None:
        """End the zygote."""
        self._zygote.communicate()


class AtAnyTime:
    """Kills the installed program at a random time between its start and its probable end."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._lasts = 0.2

    def run(self, program: Program, words: tuple[str, ...], stdin: str) -> Result:
        """Run and kill."""
        begun = time.monotonic()
        pipe = subprocess.PIPE
        child = subprocess.Popen(
            [SCRIPT, *words], env=program.variables, text=True, stdin=pipe, stdout=pipe, stderr=pipe
        )
        try:
            out, err = child.communicate(stdin, timeout=self._random.uniform(0.3, 1.2) * self._lasts)
            self._lasts = (self._lasts + time.monotonic() - begun) / 2
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
            out, err = child.communicate()
            self._lasts *= 1.2  # killed: it takes longer than that
        return Result(child.returncode, out, err)

    def close(self) -> None:
        """Do nothing: there are no resources."""
