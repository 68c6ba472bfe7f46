"""A program that runs rflow repeatedly, each time in a forked process that it may kill or interrupt.

It reads a line of JSON for each run and writes one back. Since it has everything imported before it forks, a run takes
milliseconds, and a kill meets the command at its work rather than Python at its start.
"""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rflow.capture.posix
import rflow.cli.app.context
import rflow.cli.commands.session.evidence
import rflow.cli.commands.session.notes
import rflow.cli.commands.session.sessions
import rflow.cli.commands.session.work
import rflow.cli.commands.setup.config
import rflow.cli.commands.setup.demo
import rflow.cli.commands.setup.interchange
import rflow.cli.commands.setup.store
import rflow.cli.commands.setup.tree
import rflow.cli.commands.sharing.handoff
import rflow.cli.commands.sharing.progress
import rflow.cli.display.json
import rflow.cli.display.status
import rflow.cli.parsing.completion
import rflow.cli.terminal_state
import rflow.formats.templates
import rflow.service.interchange
import rflow.service.local.workspace
import rflow.service.opening
import rflow.stores.folder.store
import rflow.stores.postgres.check
import rflow.stores.postgres.erasing
import rflow.stores.postgres.store
import rflow.stores.sqlite.store
from rflow.cli.main import main

NEVER = 1 << 60


class Killer:
    """Sends this process a signal after `after` calls and returns of functions, in Python or C."""

    def __init__(self, after: int, number: int) -> None:
        self.after = after
        self.number = number
        self.calls = 0

    def wait_for_work(self) -> None:
        """Start counting when the command reads the settings or copies a store, after the words are parsed."""
        for module, name in ((rflow.cli.app.context, "load_settings"), (rflow.service.opening, "copy_stores")):
            vars(module)[name] = self._counted_from(vars(module)[name])

    def _counted_from(self, begin: Callable[..., Any]) -> Callable[..., Any]:
        def begun(*arguments: Any) -> Any:
            sys.setprofile(self)
            return begin(*arguments)

        return begun

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        """Count a call or a return."""
        self.calls += 1
        if self.calls == self.after:
            os.kill(os.getpid(), self.number)


def run(wanted: dict[str, Any], place: Path) -> None:
    """Run the program in the forked process, with its streams in files below `place`."""
    for number, name in enumerate(("in", "out", "err")):
        fd = os.open(place / name, os.O_RDWR | os.O_CREAT | (os.O_TRUNC if number else 0), 0o600)
        os.dup2(fd, number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(fd, mode) for fd, mode in ((0, "r"), (1, "w"), (2, "w")))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(wanted["environ"])
    sys.argv = ["rflow", *wanted["words"]]
    killer = Killer(wanted["after_calls"] or NEVER, wanted["signal"])
    if wanted["early"]:
        sys.setprofile(killer)
    else:
        killer.wait_for_work()
    code = 0
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        main()
    except SystemExit as end:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
        traceback.print_exc()  # as Python does where nobody has caught it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setprofile(None)
    sys.stdout.flush()
    sys.stderr.flush()
    (place / "calls").write_text(str(killer.calls))
    os._exit(code)


def watch(pid: int, after: float | None, number: int) -> int:
    """Wait for a run, send it a signal when its time is over, and return its exit code, -9 if it was killed."""
    end = None if after is None else time.monotonic() + after
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG if end else 0)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if end and time.monotonic() > end:
            os.kill(pid, number)
            end = None
        time.sleep(0.0002)


def answer(wanted: dict[str, Any]) -> dict[str, Any]:
    """Run the program once."""
    place = Path(wanted["place"])
    (place / "in").write_text(wanted["stdin"], "utf-8")
    (place / "calls").write_text("0")
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            run(wanted, place)
        finally:
            os._exit(1)
    code = watch(pid, wanted["after_seconds"], wanted["signal"])
    written = {name: (place / name).read_text("utf-8", "replace") for name in ("out", "err", "calls")}
    return {"code": code, "seconds": time.monotonic() - begun, **written}


def serve() -> None:
    """Serve requests until standard input ends."""
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()
