"""Running rflow at a pseudo-terminal of a given size."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress

from support.program import SCRIPT, Program

STYLES = re.compile(r"\x1b\[[0-9;]*m")


def at_terminal(me: Program, *words: str, columns: int = 80, **environ: str) -> str:
    """Run a command of rflow at a terminal, and return its output with styles."""
    return written([SCRIPT, *words], me, environ, columns)


def lines_at_terminal(me: Program, *words: str, columns: int = 80, **environ: str) -> list[str]:
    """Run a command of rflow at a terminal, and return the lines of its output without styles."""
    return STYLES.sub("", at_terminal(me, *words, columns=columns, **environ)).splitlines()


def written(command: Sequence[str], me: Program, environ: Mapping[str, str] = {}, columns: int = 80) -> str:
    """Run a command at a terminal, and return its output."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=me.variables | dict(environ),
        cwd=me.cwd,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # EIO: the program has ended
        while part := os.read(ours, 65_536):
            seen += part
    os.close(ours)
    process.wait(60)
    assert b"Traceback" not in seen
    return seen.decode("utf-8").replace("\r\n", "\n")
