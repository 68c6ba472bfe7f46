"""The surroundings of a copy: machines without a desktop, terminals, X and Wayland displays, and reading back."""

import base64
import fcntl
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from support.needs import need
from support.waiting import PATIENCE, until

SUMMARY = "Printer in Leeds is offline\n1. Restarted the spooler → no change\n2. Ping 10.1.4.7 – 40 % loss 🖨\n"
SIZE = len(SUMMARY.encode())  # 103
OVER_SSH = {"SSH_CONNECTION": "10.0.0.8 52100 10.0.0.2 22"}
DEAD_DISPLAY = ":4099"


def bare_environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine without desktop, multiplexer or SSH."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket."""
    with TemporaryDirectory(prefix="rflow-") as folder:
        yield Path(folder)


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def end(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# --- a program that copies, to be run where its terminal, standard output and process group matter

COPIER = """
import json, pathlib, sys, msgspec
from rflow.delivery.clipboard import copy
from rflow.errors import NotDelivered
wish = json.loads(pathlib.Path(sys.argv[1]).read_text())
try:
    answer = msgspec.to_builtins(copy(wish.pop("text"), **wish))
except NotDelivered as problem:
    answer = {"error": str(problem)}
partial = pathlib.Path(sys.argv[2] + ".partial")
partial.write_text(json.dumps(answer))
partial.rename(sys.argv[2])
"""


def copier(folder: Path, text: str, environ: dict[str, str], **more: Any) -> tuple[list[str], Path]:
    """The command line of a program that makes this copy, and the file where it will leave the answer."""
    (folder / "copier.py").write_text(COPIER, encoding="utf-8")
    (folder / "wish").write_text(json.dumps({"text": text, "environ": environ} | more))
    return [sys.executable, *(str(folder / name) for name in ("copier.py", "wish", "answer"))], folder / "answer"


def importable() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def answer_in(file: Path) -> dict[str, Any]:
    assert until(file.exists), "no answer"
    answer: dict[str, Any] = json.loads(file.read_text())
    return answer


LOGIN = """
import fcntl, os, sys, termios
terminal = os.open(sys.argv[1], os.O_RDWR)
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Terminal:
    """A real pseudo-terminal that remembers what was written to it."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, b"\x18\x00\x50\x00\x00\x00\x00\x00")
        self.seen = bytearray()
        self.processes: list[subprocess.Popen[Any]] = []
        self.reader: threading.Thread | None = None

    def run(self, argv: list[str], environ: dict[str, str], **streams: Any) -> subprocess.Popen[Any]:
        """Start a program whose controlling terminal this is."""
        streams = {"stdin": self.theirs, "stdout": self.theirs, "stderr": self.theirs} | streams
        login = [sys.executable, "-c", LOGIN, os.ttyname(self.theirs), *argv]
        self.processes.append(subprocess.Popen(login, env=environ, start_new_session=True, **streams))
        return self.processes[-1]

    def watch(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        try:
            while data := os.read(self.ours, 65_536):
                self.seen += data
        except OSError:
            return

    def hang_up(self) -> None:
        """The window is closed."""
        os.close(self.theirs)
        os.close(self.ours)
        self.theirs = self.ours = -1

    def close(self) -> None:
        for process in self.processes:
            end(process)
        if self.ours == -1:
            return
        os.close(self.theirs)
        if self.reader:  # it ends with the last program on this terminal; its number must not be used again before
            self.reader.join(PATIENCE)
            assert not self.reader.is_alive()
        os.close(self.ours)


def copy_in(terminal: Terminal, folder: Path, text: str, environ: dict[str, str], **more: Any) -> dict[str, Any]:
    argv, answer = copier(folder, text, environ, **more)
    process = terminal.run(argv, importable(), stdout=subprocess.PIPE)
    output, _ = process.communicate(timeout=PATIENCE)
    assert output == b"", "standard output belongs to the caller"
    return answer_in(answer)


def osc52(text: str) -> bytes:
    return b"\x1b]52;c;" + base64.b64encode(text.encode()) + b"\a"


def away_from_terminals(folder: Path, environ: dict[str, str], text: str = SUMMARY, **more: Any) -> dict[str, Any]:
    """Copy in a session without a controlling terminal, wherever the tests themselves run."""
    argv, answer = copier(folder, text, environ, **more)
    subprocess.run(argv, env=importable(), start_new_session=True, check=True, timeout=PATIENCE)
    return answer_in(answer)


# --- desktops


@contextmanager
def x_display(*options: str) -> Iterator[str]:
    """The number of a real X display, which also listens on TCP as one forwarded by SSH does."""
    need("Xvfb")
    ours, theirs = os.pipe()
    argv = ["Xvfb", "-displayfd", str(theirs), "-listen", "tcp", "-noreset", "-screen", "0", "1024x768x24", *options]
    server = subprocess.Popen(
        argv, pass_fds=[theirs], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    os.close(theirs)
    with os.fdopen(ours) as number:
        yield number.readline().strip()
    end(server)


def pasted(display: str, target: str = "UTF8_STRING") -> bytes:
    """What a program gets that asks for this kind of content."""
    argv = ["xclip", "-selection", "clipboard", "-o", "-t", target]
    environ = {"DISPLAY": display, "PATH": os.environ["PATH"]}
    return subprocess.run(argv, env=environ, capture_output=True, timeout=PATIENCE).stdout


def pastes(display: str, text: str) -> bool:
    """Whether this text can be pasted there, soon: xclip ends a moment before the X server has heard of it."""
    return until(lambda: pasted(display) == text.encode())


def only(folder: Path, *programs: str) -> dict[str, str]:
    """A PATH with nothing but these programs."""
    folder.mkdir()
    for program in programs:
        need(program)
        (folder / program).symlink_to(str(shutil.which(program)))
    return {"PATH": str(folder)}


@contextmanager
def wayland_session(bare: dict[str, str], short: Path) -> Iterator[dict[str, str]]:
    """The environment on a real Wayland compositor without a screen; sway refuses to be root."""
    need("sway", "wl-copy", "wl-paste")
    runtime = short / "runtime"
    runtime.mkdir(mode=0o700)
    how: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:
        short.chmod(0o755)
        shutil.chown(runtime, "nobody")
        how |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
    environ = bare | {"XDG_RUNTIME_DIR": str(runtime), "HOME": str(runtime)}
    headless = {"WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
    server = subprocess.Popen(["sway", "-c", "/dev/null"], env=environ | headless, **how)
    if not until(lambda: (runtime / "wayland-1").exists() or server.poll() is not None) or server.returncode:
        end(server)
        pytest.skip("sway does not start here")
    yield environ | {"WAYLAND_DISPLAY": "wayland-1"}
    end(server)


@contextmanager
def gnome_session(bare: dict[str, str], short: Path, display: str) -> Iterator[dict[str, str]]:
    """The environment on GNOME's real compositor with Xwayland, shown in a window on an X display."""
    need("mutter", "dbus-run-session", "Xwayland", "wl-paste")
    runtime = short / "runtime"
    runtime.mkdir(mode=0o700)
    environ = bare | {"XDG_RUNTIME_DIR": str(runtime), "LIBGL_ALWAYS_SOFTWARE": "1"}
    argv = ["dbus-run-session", "--", "mutter", "--nested", "--wayland", "--wayland-display", "leeds"]
    log = short / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(argv, env=environ | {"DISPLAY": display}, stdout=output, stderr=output)
    try:
        assert until(lambda: (runtime / "leeds").exists() or server.poll() is not None), "Mutter does not start"
        (number,) = re.findall(r"public X11 display (:\d+)", log.read_text())
        (secret,) = runtime.glob(".mutter-Xwaylandauth.*")
        wayland = {"WAYLAND_DISPLAY": "leeds", "XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}
        yield environ | wayland | {"DISPLAY": number, "XAUTHORITY": str(secret)}
    finally:
        end(server)
