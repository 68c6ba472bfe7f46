"""Helper programs: which ones this desktop has, and running one so that it can neither hang nor leak the text.

The text goes in on standard input, never as an argument, where every user of the machine could read it.
"""

import contextlib
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

from rflow.delivery.clipboard import rich
from rflow.delivery.clipboard.request import Failed, Helper, Job

if TYPE_CHECKING:
    from subprocess import Popen
    from threading import Thread

_PYPERCLIP = """
import os, sys, time, pyperclip
os.environ["LC_ALL"] = "en_US.UTF-8"  # pbcopy and pbpaste decode by the locale
text = sys.stdin.buffer.read().decode()
pyperclip.copy(text)
for pause in (0, 0.1, 0.2, 0.4):  # a clipboard may change hands a moment later
    time.sleep(pause)
    if pyperclip.paste() == text:
        sys.exit()
sys.exit("the clipboard did not give the text back")
"""


def helpers(job: Job) -> list[Helper]:
    """The helpers that reach this person's desktop: over SSH only a display forwarded from there does."""
    display = job.environ.get("DISPLAY", "")
    if job.remote:
        return _x11(job) if display and not display.startswith((":", "unix:")) else []
    if job.platform in ("darwin", "win32"):
        plain = Helper("pyperclip", (sys.executable, "-P", "-c", _PYPERCLIP))
        own = rich.macos if job.platform == "darwin" else rich.windows
        return [own(), plain] if job.html else [plain]
    wayland = _wayland(job) if job.environ.get("WAYLAND_DISPLAY") else []
    return [
        *(_wsl(job) if job.environ.get("WSL_DISTRO_NAME") else ()),
        *_in_turn(job, wayland, _x11(job) if display else []),
    ]


def _in_turn(job: Job, wayland: list[Helper], x11: list[Helper]) -> list[Helper]:
    """Wayland, then X11. On GNOME our own before the programs.

    GNOME has no data-control protocol, but passes on what is copied in Xwayland. KDE passes it on only from a
    window that has the focus, so that elsewhere a copy in Xwayland may not be one.
    """
    if "GNOME" in job.environ.get("XDG_CURRENT_DESKTOP", "") and job.html:
        return [*wayland[:1], *x11[:1], *wayland[1:], *x11[1:]]
    return wayland + x11


def _wsl(job: Job) -> list[Helper]:
    """`clip.exe` takes UTF-8 for the code page of the console."""
    plain = Helper("clip.exe", ("clip.exe",), lambda job: job.text.encode("utf-16-le"))
    return [rich.wsl(), plain] if job.html else [plain]


def _wayland(job: Job) -> list[Helper]:
    return _own_or(job, rich.wayland(), Helper("wl-copy", ("wl-copy", "--type", "text/plain")))


def _x11(job: Job) -> list[Helper]:
    xclip = Helper("xclip", ("xclip", "-selection", "clipboard"))
    return _own_or(job, rich.x11(), xclip, Helper("xsel", ("xsel", "--clipboard", "--input")))


def _own_or(job: Job, own: Helper, *programs: Helper) -> list[Helper]:
    """Rich text is for our own program; plain text for the first that is installed, as it starts faster."""
    import shutil

    path = job.environ.get("PATH")
    installed = [program for program in programs if shutil.which(program.argv[0], path=path)][:1]
    return [own, *installed] if job.html else installed or [own]


def run(argv: Sequence[str] | str, job: Job, data: bytes) -> None:
    """Run a program (a string through the shell) with this on its standard input; raises Failed."""
    import tempfile

    with tempfile.TemporaryFile() as errors:
        process = _start(argv, job, errors)
        end = _feed(process, data)
        status = _wait(process, end, job.timeout)
        if status:
            raise Failed(f"exit status {status}{_reason(errors, job)}")


def _start(argv: Sequence[str] | str, job: Job, errors: IO[bytes]) -> "Popen[bytes]":
    """Start it with none of our streams, in its own session.

    xclip and wl-copy leave a process behind that owns the clipboard. If it held our stdout, a pipeline would never
    end; if it held a pipe for stderr, we would not: `errors` is a file. Ctrl-C in that pipeline must not take it
    along, hence the session; but the person's own command keeps ours, as it may want the terminal.
    """
    from subprocess import DEVNULL, PIPE, Popen

    shell = isinstance(argv, str)
    try:
        return Popen(
            argv,
            shell=shell,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=errors,
            bufsize=0,
            env=dict(job.environ),
            start_new_session=not shell,
        )
    except FileNotFoundError:
        raise Failed("not installed") from None


def _feed(process: "Popen[bytes]", data: bytes) -> "Thread":
    """Write, then wait, in a thread: on Windows `communicate` blocks, time-out or not, when nobody reads the pipe."""
    import threading

    def write() -> None:
        rest = data
        with contextlib.suppress(OSError), process.stdin as pipe:  # type: ignore[union-attr]
            while rest:
                rest = rest[pipe.write(rest) :]
        process.wait()  # With a time-out it would look again and again, with pauses that double.

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def _wait(process: "Popen[bytes]", end: "Thread", timeout: float) -> int:
    from subprocess import TimeoutExpired

    end.join(timeout)
    try:
        return process.wait(0)
    except TimeoutExpired:
        process.kill()
        with contextlib.suppress(TimeoutExpired):
            process.wait(1)
        raise Failed(f"still busy after {timeout:g} s") from None


def _reason(errors: IO[bytes], job: Job) -> str:
    """The end of what was written to stderr, printable; nothing where that repeats a line of what is copied."""
    errors.seek(0)
    said = " ".join(errors.read(65_536).decode(errors="replace").split())
    private = [" ".join(line.split()) for line in f"{job.text}\n{job.html or ''}".splitlines()]
    if not said or said in " ".join(private) or any(len(line) > 3 and line in said for line in private):
        return ""
    return ": " + "".join(c if c.isprintable() else "?" for c in said[-120:])
