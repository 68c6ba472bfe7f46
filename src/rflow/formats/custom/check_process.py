"""Checks a template in a process of its own, which is stopped at its limits of time and memory."""

import os
import subprocess
import sys
from signal import signal
from types import FrameType

import msgspec

from rflow.formats.custom.folder import TemplateFolder
from rflow.formats.custom.mistakes import Mistake, TimeLimit

SECONDS = 10
"""Processor time of a check (not on Windows); it may take three times as long on a busy machine."""
MEMORY = 512 * 1024 * 1024
"""Bytes of memory of a check (on Linux)."""


class _Request(msgspec.Struct, frozen=True):
    path: str
    texts: dict[str, str]
    problems: dict[str, str]
    file: str
    seconds: int


def check_in_process(folder: TemplateFolder, file: str) -> list[Mistake]:
    """Return a template's mistakes (`rflow.formats.custom.check`); one that reaches the limits is a mistake too."""
    request = _Request(str(folder.path), folder.texts, folder.problems, file, SECONDS)
    # -P: no module is loaded from the working directory, which may be somebody else's project.
    command = [sys.executable, "-P", "-m", __name__]
    errors = None if os.environ.get("RFLOW_DEBUG") else subprocess.DEVNULL
    try:
        done = subprocess.run(
            command,
            input=msgspec.json.encode(request),
            stdout=subprocess.PIPE,
            stderr=errors,
            timeout=SECONDS * 3,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        what = f"The check was stopped: it takes more than {SECONDS} seconds, too much memory, or crashes."
        return [Mistake(str(folder.path / file), 0, what)]
    return msgspec.json.decode(done.stdout, type=list[Mistake])


def _set_limits(seconds: int) -> None:
    """Limit this process; the signal at the time limit becomes an error, whose line in the template is reported."""
    if sys.platform == "win32":
        return
    import resource
    from signal import SIG_IGN, SIGXCPU

    def stop(number: int, frame: FrameType | None) -> None:
        signal(SIGXCPU, SIG_IGN)
        raise TimeLimit

    signal(SIGXCPU, stop)
    limits = {
        resource.RLIMIT_CPU: (seconds, seconds + 2),
        resource.RLIMIT_AS: (MEMORY,) * 2,
        resource.RLIMIT_CORE: (0, 0),
    }
    for limit, values in limits.items():
        resource.setrlimit(limit, values)


def main() -> None:
    """Read a request from standard input and write the mistakes to standard output."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=_Request)
    _set_limits(request.seconds)
    from pathlib import Path

    from rflow.formats.custom.check import check

    folder = TemplateFolder(path=Path(request.path), texts=request.texts, problems=request.problems)
    sys.stdout.buffer.write(msgspec.json.encode(check(folder, request.file)))


if __name__ == "__main__":
    main()
