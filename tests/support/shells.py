"""Real shells in a pseudo-terminal: their command line after Tab, and what it would run."""

import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from support.program import SCRIPT, Program
from support.waiting import until

TAB = "\t"
_SHOW = "\x07"  # Ctrl-G: writes the line to a file
_CLEAR = "\x15"  # Ctrl-U
_STYLES = re.compile(rb"\x1b\[[0-9;]*m|\x1b\(B")  # fish underlines what the words of its list begin with

# What each shell reads when it starts, after what `rflow --install-completion` wrote there. Completion asks the
# program; a line that is run only reaches the function, which notes its arguments.
_START = {
    "bash": r"""
        PS1='> '
        bind 'set bell-style none'
        bind 'set completion-query-items 0'
        _line() { printf '%s\0' "$READLINE_LINE" >>"$LINES_FILE"; }
        rflow() { printf '%s\0' "$@" $'\n' >>"$ARGUMENTS_FILE"; }
        bind -x '"\C-g": _line'
    """,
    "zsh": r"""
        PS1='> '
        _line() { printf '%s\0' "$BUFFER" >>"$LINES_FILE"; }
        rflow() { printf '%s\0' "$@" $'\n' >>"$ARGUMENTS_FILE"; }
        zle -N _line
        bindkey -e
        bindkey '^G' _line
        setopt no_list_beep
    """,
    "fish": r"""
        function fish_prompt; echo '> '; end
        function _line; commandline | string collect -N | read -z line; printf '%s\0' $line >>$LINES_FILE; end
        function rflow; printf '%s\0' $argv \n >>$ARGUMENTS_FILE; end
        function fish_user_key_bindings; bind \cg _line; bind \cu 'commandline -f cancel; commandline ""'; end
        set -g fish_greeting
    """,
}
_FILES = {"bash": ".bashrc", "zsh": ".zshrc", "fish": "config/fish/config.fish"}
_LOGIN = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Shell:
    """An interactive shell with rflow's completion installed, in a folder where no file may appear."""

    def __init__(self, name: str, me: Program, folder: Path) -> None:
        self.name, self.folder = name, folder
        self._output = b""
        self._lines = me.home / "lines"
        self._arguments = me.home / "arguments"
        self._lines.write_bytes(b"")
        self._arguments.write_bytes(b"")
        self._count = 0
        self._environ = environment(me) | {
            "LINES_FILE": str(self._lines),
            "ARGUMENTS_FILE": str(self._arguments),
        }
        self._start()

    def _start(self) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LOGIN, self.name, "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=self._environ,
            cwd=self.folder,
            start_new_session=True,
        )
        os.close(theirs)
        threading.Thread(target=self._read, daemon=True).start()
        self.until(lambda: b"> " in self.seen, "a prompt")

    @property
    def seen(self) -> bytes:
        """The terminal's output so far, without styles."""
        return _STYLES.sub(b"", self._output)

    def line(self, keys: str) -> str:
        """Press keys on an empty line, and return the resulting line."""
        self.press(keys + _SHOW)
        self._count += 1
        self.until(lambda: self._shown()[self._count :], f"the line after {keys!r}")
        line = self._shown()[self._count - 1]
        self.clear()
        return line.removesuffix("\n")

    def clear(self) -> None:
        """Empty the line."""
        self.press(_CLEAR)

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def arguments(self, keys: str) -> list[str]:
        """Press keys and Enter, and return the arguments that rflow gets from the line."""
        before = self._arguments.read_bytes()
        self.press(f"{keys}\r")
        self.until(lambda: self._arguments.read_bytes()[len(before) :].endswith(b"\n\0"), f"rflow after {keys!r}")
        return self._arguments.read_bytes()[len(before) :].decode().split("\0")[:-2]

    def end(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait(60)
        os.close(self._ours)

    def until(self, done: Callable[[], object], what: str) -> None:
        """Wait for something that must happen."""
        assert until(done), f"{what} did not come: {self.seen[-2000:]!r}"

    def _shown(self) -> list[str]:
        return self._lines.read_bytes().decode().split("\0")

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self._ours, 65_536)
            except OSError:  # closed, or the shell is gone
                return
            self._output += part


def environment(me: Program) -> dict[str, str]:
    """The variables of a terminal in which `me` works: rflow is on the path."""
    return me.variables | {"PATH": f"{Path(SCRIPT).parent}:{os.environ['PATH']}", "TERM": "xterm"}


def with_completion(name: str, me: Program) -> Program:
    """Install completion as a user does, and set the shell up for the test."""
    me.at(real=True).ok("--install-completion", name)
    file = me.home / _FILES[name]
    file.parent.mkdir(parents=True, exist_ok=True)
    there = file.read_text() if file.exists() else ""
    file.write_text(f"{there}\n{_START[name]}")
    return me
