"""Clipboard programs: which ones this desktop has, and running one so that it can neither hang nor leak the text.

The text goes in on standard input, never as an argument, where every user of the machine could read it.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

from rflow.delivery.clipboard import rich
from rflow.delivery.clipboard.request import ClipboardProgram, CopyFailed, CopyRequest

if TYPE_CHECKING:
    from subprocess import Popen
    from threading import Thread

_PYPERCLIP = """
import os, sys, time, pyperclip
os.environ["LC_ALL"] = "en_US.UTF-8"  # pbcopy and pbpaste decode by the locale
text = sys.stdin.buffer.read().decode()
pyperclip.copy(text)
for pause in (0, 0.1, 0.2, 0.4):  # the clipboard may change a moment later
    time.sleep(pause)
    if pyperclip.paste() == text:
        sys.exit()
sys.exit("the clipboard did not return the text")
"""


def desktop_programs(request: CopyRequest) -> list[ClipboardProgram]:
    """Return the programs that reach the user's desktop: over SSH that takes a forwarded display."""
    display = request.environ.get("DISPLAY", "")
    if request.remote:
        return _x11(request) if display and not display.startswith((":", "unix:")) else []
    if request.platform in ("darwin", "win32"):
        plain = ClipboardProgram("pyperclip", (sys.executable, "-P", "-c", _PYPERCLIP))
        with_html = rich.macos if request.platform == "darwin" else rich.windows
        return [with_html(), plain] if request.html else [plain]
    wayland = _wayland(request) if request.environ.get("WAYLAND_DISPLAY") else []
    return [
        *(_wsl(request) if request.environ.get("WSL_DISTRO_NAME") else ()),
        *_ordered(request, wayland, _x11(request) if display else []),
    ]


def _ordered(
    request: CopyRequest, wayland: list[ClipboardProgram], x11: list[ClipboardProgram]
) -> list[ClipboardProgram]:
    """Return Wayland's programs before X11's; on GNOME, rflow's own two before all others.

    GNOME has no data-control protocol, but picks up what is copied in Xwayland. KDE does so only for the window with
    the focus, so elsewhere a copy in Xwayland may be lost.
    """
    if "GNOME" in request.environ.get("XDG_CURRENT_DESKTOP", "") and request.html:
        return [*wayland[:1], *x11[:1], *wayland[1:], *x11[1:]]
    return wayland + x11


def _wsl(request: CopyRequest) -> list[ClipboardProgram]:
    """Return the programs of WSL. `clip.exe` gets UTF-16: it would read UTF-8 in the code page of the console."""
    plain = ClipboardProgram("clip.exe", ("clip.exe",), lambda request: request.text.encode("utf-16-le"))
    return [rich.wsl(), plain] if request.html else [plain]


def _wayland(request: CopyRequest) -> list[ClipboardProgram]:
    return _own_or(request, rich.wayland(), ClipboardProgram("wl-copy", ("wl-copy", "--type", "text/plain")))


def _x11(request: CopyRequest) -> list[ClipboardProgram]:
    xclip = ClipboardProgram("xclip", ("xclip", "-selection", "clipboard"))
    return _own_or(request, rich.x11(), xclip, ClipboardProgram("xsel", ("xsel", "--clipboard", "--input")))


def _own_or(request: CopyRequest, own: ClipboardProgram, *programs: ClipboardProgram) -> list[ClipboardProgram]:
    """Return rflow's own program for rich text; for plain text the first that is installed, which starts faster."""
    import shutil

    path = request.environ.get("PATH")
    installed = [program for program in programs if shutil.which(program.argv[0], path=path)][:1]
    return [own, *installed] if request.html else installed or [own]


def run(argv: Sequence[str] | str, request: CopyRequest, data: bytes) -> None:
    """Run a program (a string through the shell) with `data` on its standard input; raises CopyFailed."""
    with _scratch_file() as errors:
        process = _start(argv, request, errors)
        end = _feed(process, data)
        status = _wait(process, end, request.timeout)
        if status:
            raise CopyFailed(f"exit status {status}{_reason(errors, request)}")


def _scratch_file() -> IO[bytes]:
    """Return a file that ends with the process; on Linux in memory, since importing tempfile takes 3 ms."""
    if sys.platform == "linux":
        return open(os.memfd_create("errors"), "w+b")  # noqa: PTH123 (a descriptor)
    from tempfile import TemporaryFile

    return TemporaryFile()


def _start(argv: Sequence[str] | str, request: CopyRequest, errors: IO[bytes]) -> "Popen[bytes]":
    """Start a program with none of rflow's streams, in a new session.

    xclip and wl-copy leave a process behind that owns the clipboard. If it held rflow's stdout, a pipeline would never
    end; if it held a pipe for stderr, rflow would never end, so `errors` is a file. The new session keeps it alive
    when Ctrl-C ends that pipeline. The user's own command stays in rflow's session, as it may need the terminal.
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
            env=dict(request.environ),
            start_new_session=not shell,
        )
    except FileNotFoundError:
        raise CopyFailed("not installed") from None


def _feed(process: "Popen[bytes]", data: bytes) -> "Thread":
    """Write and wait in a thread: on Windows, `communicate` ignores its time-out if the program reads nothing."""
    import threading

    def write() -> None:
        rest = data
        with contextlib.suppress(OSError), process.stdin as pipe:  # type: ignore[union-attr]
            while rest:
                rest = rest[pipe.write(rest) :]
        process.wait()  # with a time-out it would poll, with growing pauses

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
        raise CopyFailed(f"still busy after {timeout:g} s") from None


def _reason(errors: IO[bytes], request: CopyRequest) -> str:
    """Return the end of what was written to stderr, printable; nothing if that repeats part of the text."""
    errors.seek(0)
    output = " ".join(errors.read(65_536).decode(errors="replace").split())
    private = [" ".join(line.split()) for line in f"{request.text}\n{request.html or ''}".splitlines()]
    if not output or output in " ".join(private) or any(len(line) > 3 and line in output for line in private):
        return ""
    return ": " + "".join(c if c.isprintable() else "?" for c in output[-120:])
