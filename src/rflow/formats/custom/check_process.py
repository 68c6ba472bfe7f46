"""Checks a template in a separate process with limits of time and memory."""

import os
import subprocess
import sys
from contextlib import suppress
from signal import signal
from types import FrameType

import msgspec

from rflow.core.text import clean
from rflow.formats.custom.folder import TemplateFolder
from rflow.formats.custom.mistakes import Mistake, TimeLimit

SECONDS = 5
"""Maximum processor time of a check (not on Windows); most take less than one second."""
TIMEOUT = 60
"""Seconds to wait for a check, even on a busy machine."""
MEMORY = 512 * 1024 * 1024
"""Maximum memory of a check in bytes (on Linux)."""


def check_in_process(folder: TemplateFolder, file: str) -> list[Mistake]:
    """Return a template's mistakes (`rflow.formats.custom.check`); one that reaches the limits is a mistake too."""
    request = msgspec.json.encode((folder, file, SECONDS), enc_hook=lambda path: clean(str(path)))
    # -P: no module is loaded from the working directory, which may be somebody else's project.
    command = [sys.executable, "-P", "-m", __name__]
    errors = None if os.environ.get("RFLOW_DEBUG") else subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, input=request, stdout=subprocess.PIPE, stderr=errors, timeout=TIMEOUT, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        what = "The check was stopped: the template takes too long or too much memory, or Python crashes on it."
        return [Mistake(str(folder.path / file), 0, what)]
    return msgspec.json.decode(done.stdout, type=list[Mistake])


def _set_limits(seconds: int) -> None:
    """Set the limits of this process; at the time limit, `TimeLimit` is raised at the current line of the template."""
    if sys.platform == "win32":
        return
    import resource
    from signal import SIG_IGN, SIGXCPU

    def stop(number: int, frame: FrameType | None) -> None:
        signal(SIGXCPU, SIG_IGN)
        raise TimeLimit

    signal(SIGXCPU, stop)
    for limit, soft, hard in (
        (resource.RLIMIT_CPU, seconds, seconds + 2),
        (resource.RLIMIT_AS, MEMORY, MEMORY),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with suppress(ValueError, OSError):  # a lower limit is set already, or macOS can't limit memory
            resource.setrlimit(limit, (soft, hard))


def main() -> None:
    """Read a request from standard input and write the mistakes to standard output."""
    request, kind = sys.stdin.buffer.read(), tuple[TemplateFolder, str, int]
    folder, file, seconds = msgspec.json.decode(request, type=kind, dec_hook=lambda path, text: path(text))
    _set_limits(seconds)
    from rflow.formats.custom.check import check

    sys.stdout.buffer.write(msgspec.json.encode(check(folder, file)))


if __name__ == "__main__":
    main()
