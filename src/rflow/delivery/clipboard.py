"""The clipboard: plain text to where this person will paste it, and an honest word about how sure that is.

The order is: `RFLOW_CLIPBOARD_CMD`; over SSH tmux, else the terminal (OSC 52); the desktop's own clipboard;
tmux, then the terminal. A way that fails hands over to the next. The text goes to a helper on standard input,
never as an argument. Measurements and reasons: docs/decisions/0003-clipboard.md.

Tested on Linux (X11, tmux, GNU screen, pseudo-terminals; Wayland by hand). The rows for WSL, macOS and Windows
follow the documentation of those systems; only their plumbing is tested.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING

import msgspec

from rflow.errors import NotDelivered

if TYPE_CHECKING:
    import subprocess

TIMEOUT = 5.0
"""Seconds that each helper, and the terminal, gets."""

OSC52_LIMIT = 74_000
"""Bytes of text: 98,668 in base64. Terminals cut or drop a sequence over 100,000 (hterm, xterm)."""

_SCREEN_CHUNK = 764
"""GNU screen takes control strings of 768 bytes (since 4.2.1); four are the frame around each piece."""

_PYPERCLIP = """
import os, sys, pyperclip
os.environ["LC_ALL"] = "en_US.UTF-8"  # pbcopy decodes its input by the locale
text = sys.stdin.buffer.read().decode()
pyperclip.copy(text)
sys.exit(None if pyperclip.paste() == text else "the clipboard did not give the text back")
"""


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a copy.

    `method` is "command", "tmux", "osc52" or "desktop:HELPER"; `size` counts bytes of UTF-8; `rich` says whether
    an HTML flavour went along. `confirmed` is false where the last leg, to the terminal, has no acknowledgement.
    `said` is a fragment of a sentence for people, and names what was tried before and failed.
    """

    method: str
    confirmed: bool
    size: int
    rich: bool = False
    said: str


class _Failed(Exception):
    """One way did not work; the message is a short reason that holds nothing of the text."""


class _Job(msgspec.Struct, frozen=True):
    """A copy to be made. `text` has no lone surrogates, so that it encodes everywhere."""

    text: str
    environ: Mapping[str, str]
    platform: str
    timeout: float

    @property
    def size(self) -> int:
        return len(self.text.encode())

    @property
    def remote(self) -> bool:
        return any(self.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


class _Helper(msgspec.Struct, frozen=True):
    """A program that puts its standard input on a desktop's clipboard."""

    name: str
    argv: tuple[str, ...]
    encoding: str = "utf-8"


_Way = Callable[[_Job], Copied]


def copy(text: str, *, environ: Mapping[str, str], platform: str = sys.platform, timeout: float = TIMEOUT) -> Copied:
    """Copy `text` by the first way that works; raises NotDelivered, with every reason, when none does."""
    job = _Job(text.encode(errors="replace").decode(), environ, platform, timeout)
    failed: list[str] = []
    for name, way in _ways(job):
        try:
            copied = way(job)
        except _Failed as failure:
            failed.append(f"{name} ({failure})")
            continue
        said = "; tried first: ".join([copied.said, *([", ".join(failed)] if failed else [])])
        return msgspec.structs.replace(copied, said=said)
    raise NotDelivered(f"Nothing was copied; tried: {', '.join(failed)}.", try_=_advice(platform))


def _advice(platform: str) -> str:
    command = "set RFLOW_CLIPBOARD_CMD to a command that reads the text on its standard input"
    if platform in ("darwin", "win32"):
        return f"{command.capitalize()}."
    return f"Install xclip (X11) or wl-clipboard (Wayland), work inside tmux, or {command}."


def _ways(job: _Job) -> list[tuple[str, _Way]]:
    """Every way worth trying here, by name, in order and once."""
    command: list[tuple[str, _Way]] = [("RFLOW_CLIPBOARD_CMD", _by_command)]
    tmux: list[tuple[str, _Way]] = [("tmux", _by_tmux)] if job.environ.get("TMUX") else []
    terminal: list[tuple[str, _Way]] = [("OSC 52", _by_terminal)]
    ways = command if job.environ.get("RFLOW_CLIPBOARD_CMD", "").strip() else []
    ways = ways + ((tmux or terminal) if job.remote else [])
    return list(dict.fromkeys([*ways, *_by_desktop(job), *tmux, *terminal]))


def _by_command(job: _Job) -> Copied:
    """The person's own command line, run by the shell: pipes, `~` and quoting work as they were tried out."""
    _run(job.environ["RFLOW_CLIPBOARD_CMD"], job)
    return Copied(
        method="command", confirmed=True, size=job.size, said=f"copied with RFLOW_CLIPBOARD_CMD ({_amount(job)})"
    )


def _by_desktop(job: _Job) -> list[tuple[str, _Way]]:
    helpers = _helpers(job)
    if not helpers:
        return [("desktop", _no_desktop)]
    return [(helper.name, partial(_by_helper, helper)) for helper in helpers]


def _helpers(job: _Job) -> list[_Helper]:
    """The desktop's helpers. Over SSH that desktop is the far one, except for a display forwarded from here."""
    display = job.environ.get("DISPLAY", "")
    if job.remote:
        return [_x11(job)] if display and not display.startswith((":", "unix")) else []
    if job.platform in ("darwin", "win32"):
        return [_Helper("pyperclip", (sys.executable, "-P", "-c", _PYPERCLIP))]
    windows = [_Helper("clip.exe", ("clip.exe",), "utf-16-le")] if job.environ.get("WSL_DISTRO_NAME") else []
    wayland = [_Helper("wl-copy", ("wl-copy", "--type", "text/plain"))] if job.environ.get("WAYLAND_DISPLAY") else []
    return [*windows, *wayland, *([_x11(job)] if display else [])]


def _x11(job: _Job) -> _Helper:
    import shutil

    xclip = _Helper("xclip", ("xclip", "-selection", "clipboard"))
    xsel = _Helper("xsel", ("xsel", "--clipboard", "--input"))
    installed = (helper for helper in (xclip, xsel) if shutil.which(helper.name, path=job.environ.get("PATH")))
    return next(installed, xclip)


def _by_helper(helper: _Helper, job: _Job) -> Copied:
    _run(helper.argv, job, helper.encoding)
    said = f"copied to the clipboard ({helper.name}, {_amount(job)})"
    return Copied(method=f"desktop:{helper.name}", confirmed=True, size=job.size, said=said)


def _no_desktop(job: _Job) -> Copied:
    if job.remote:
        raise _Failed("over SSH it is on the other machine")
    raise _Failed("neither WAYLAND_DISPLAY nor DISPLAY is set")


def _by_tmux(job: _Job) -> Copied:
    """The tmux buffer; `-w` (3.2) also offers it to the terminal, if tmux knows that terminal to take OSC 52."""
    said = f"copied to the tmux buffer ({_amount(job)})"
    passed_on = f"{said} and offered to the terminal; terminals do not confirm"
    kept = f"{said} only: tmux before 3.2 cannot pass it on to the terminal"
    if job.size > OSC52_LIMIT:
        _run(("tmux", "load-buffer", "-"), job)
        kept = f"{said} only: a terminal takes at most {_human(OSC52_LIMIT)}"
    else:
        try:
            _run(("tmux", "load-buffer", "-w", "-"), job)
            kept = passed_on
        except _Failed:
            _run(("tmux", "load-buffer", "-"), job)
    return Copied(method="tmux", confirmed=False, size=job.size, said=kept)


def _by_terminal(job: _Job) -> Copied:
    """OSC 52 to the controlling terminal: standard output may be a pipe, and is not ours. Not on Windows."""
    if job.size > OSC52_LIMIT:
        raise _Failed(f"the text has {_human(job.size)}, a terminal takes at most {_human(OSC52_LIMIT)}")
    if job.environ.get("TERM") in ("dumb", "linux"):
        raise _Failed(f"a terminal of type {job.environ['TERM']} has no clipboard")
    if job.platform == "win32":
        raise _Failed("Windows has no /dev/tty")
    _write_to_terminal(_osc52(job), job.timeout)
    said = f"sent to the terminal (OSC 52, {_amount(job)}); terminals do not confirm"
    return Copied(method="osc52", confirmed=False, size=job.size, said=said)


def _osc52(job: _Job) -> bytes:
    """The sequence, wrapped for the multiplexer in between. BEL ends it: an ESC would end the wrapping."""
    from base64 import b64encode

    sequence = b"\x1b]52;c;" + b64encode(job.text.encode()) + b"\a"
    if job.environ.get("TMUX"):
        return b"\x1bPtmux;" + sequence.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
    if job.environ.get("STY"):
        pieces = (sequence[at : at + _SCREEN_CHUNK] for at in range(0, len(sequence), _SCREEN_CHUNK))
        return b"".join(b"\x1bP" + piece + b"\x1b\\" for piece in pieces)
    return sequence


def _write_to_terminal(data: bytes, timeout: float) -> None:
    """Write without ever blocking: a terminal stopped with Ctrl-S takes nothing."""
    import select
    import time

    try:
        terminal = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        raise _Failed("there is no terminal") from None
    deadline = time.monotonic() + timeout
    try:
        while data:
            if not select.select([], [terminal], [], max(0.0, deadline - time.monotonic()))[1]:
                raise _Failed(f"the terminal took no more output for {timeout:g} s")
            with contextlib.suppress(BlockingIOError):
                data = data[os.write(terminal, data) :]
    except OSError as error:
        raise _Failed(error.strerror or "the terminal is gone") from None
    finally:
        os.close(terminal)


def _run(argv: Sequence[str] | str, job: _Job, encoding: str = "utf-8") -> None:
    """Run a helper (a string through the shell) with the text on its standard input; raises _Failed.

    xclip and wl-copy leave a process behind that owns the clipboard. It must hold none of our streams, or a
    pipeline never ends: hence no pipe for stderr but a file without a name. And Ctrl-C in that pipeline must not
    take it along: hence its own session, except for the person's own command, which may want the terminal.
    """
    import subprocess
    import tempfile

    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                argv,
                shell=isinstance(argv, str),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                bufsize=0,
                env=dict(job.environ),
                start_new_session=not isinstance(argv, str),
            )
        except FileNotFoundError:
            raise _Failed("not installed") from None
        except OSError as error:
            raise _Failed(error.strerror) from None
        _feed(process, job.text.encode(encoding))
        status = _wait(process, job.timeout)
        if status:
            raise _Failed(f"exit status {status}{_reason(errors, job.text)}")


def _feed(process: "subprocess.Popen[bytes]", data: bytes) -> None:
    """Write from a thread: on Windows `communicate` blocks, time-out or not, when nobody reads the pipe."""
    import threading

    def write() -> None:
        rest = data
        with contextlib.suppress(OSError), process.stdin as pipe:  # type: ignore[union-attr]
            while rest:
                rest = rest[pipe.write(rest) :]

    threading.Thread(target=write, daemon=True).start()


def _wait(process: "subprocess.Popen[bytes]", timeout: float) -> int:
    from subprocess import TimeoutExpired

    try:
        return process.wait(timeout)
    except TimeoutExpired:
        process.kill()
        with contextlib.suppress(TimeoutExpired):
            process.wait(1)
        raise _Failed(f"still busy after {timeout:g} s") from None


def _reason(errors: IO[bytes], text: str) -> str:
    """The last line a helper wrote to stderr, made short and printable; nothing where it repeats the text."""
    errors.seek(0)
    lines = [line.strip() for line in errors.read(65_536).decode(errors="replace").splitlines()]
    last = next((line for line in reversed(lines) if line), "")
    private = [line.strip() for line in text.splitlines()]
    if not last or last in text or any(len(line) > 3 and line in last for line in private):
        return ""
    return ": " + "".join(c if c.isprintable() else "?" for c in last[:120])


def _amount(job: _Job) -> str:
    return f"{_human(job.size)}, plain text"


def _human(size: int) -> str:
    return f"{size} bytes" if size < 1000 else f"{size / 1000:.1f} KB"
