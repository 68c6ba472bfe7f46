"""Running a command: its output is shown live on this terminal, and captured."""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from rflow.capture.output import Ended, HeadAndTail
from rflow.capture.start import shell, typed
from rflow.capture.typeahead import without_echo


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    """The output of a command, and how it ended.

    `data` holds `kept` of `total` bytes, in the order of their arrival; if `cut` bytes are missing between head and
    tail, a line says so. `exit_code` is -N after signal N, `duration` is in seconds, `command` reads as it would be
    typed. `undelivered` says why output could not be passed on (a full disk); a reader that left is not a failure.
    `unread` says that something was typed which the command did not read, `echoed` that some of it is in `data`, as the
    terminal showed it.
    """

    data: bytes
    total: int
    kept: int
    cut_lines: int = 0
    exit_code: int
    duration: float
    started_at: datetime
    command: str
    cwd: str
    host: str
    undelivered: str = ""
    unread: bool = False
    echoed: bool = False

    @property
    def cut(self) -> int:
        """The number of bytes that are missing."""
        return self.total - self.kept

    @property
    def status(self) -> int:
        """The exit status to pass on, as in shells: 128+N after signal N."""
        return self.exit_code if self.exit_code >= 0 else 128 - self.exit_code


def run_captured(command: Sequence[str] | str, *, limit: int) -> Captured:
    """Run a command (a string through the user's shell), show its output live, keep up to `limit` bytes of it.

    If standard input and output are a terminal, it gets a pseudo-terminal, else pipes (docs/decisions/0005).
    Interrupts and signals end the command, never us, and are then ignored while the caller records it. Raises
    UsageProblem, without running anything, if there is no such program.
    """
    import platform
    import time

    argv = [*shell(), command] if isinstance(command, str) else list(command)
    output, run = HeadAndTail(limit), _runner()
    started_at, started = datetime.now(UTC), time.monotonic()
    ended = run(argv, output)
    kept_data, kept = output.result()
    whole = kept == output.total
    data, is_clear = without_echo(kept_data, ended.ahead) if whole else (kept_data, not ended.ahead)
    removed = len(kept_data) - len(data)
    return Captured(
        data=data,
        total=output.total - removed,
        kept=kept - removed,
        cut_lines=output.cut_lines,
        exit_code=ended.exit_code,
        duration=ended.at - started,
        started_at=started_at,
        command=command if isinstance(command, str) else typed(argv),
        cwd=_cwd(),
        host=platform.node(),
        undelivered=ended.undelivered,
        unread=bool(ended.ahead),
        echoed=not is_clear,
    )


def usual_encoding() -> str:
    """Return the encoding that programs of this machine write in, where it is not UTF-8: on Windows a code page."""
    if sys.platform != "win32":
        return ""
    import ctypes

    system = ctypes.windll.kernel32
    page = system.GetConsoleOutputCP() or system.GetOEMCP()
    return "" if page == 65001 else f"cp{page}"


def _runner() -> Callable[[list[str], HeadAndTail], Ended]:
    if sys.platform == "win32":
        from rflow.capture.threads import run
    else:
        from rflow.capture.posix import run
    return run


def _cwd() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return ""
