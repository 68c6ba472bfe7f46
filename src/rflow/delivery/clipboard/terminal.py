"""OSC 52: the escape sequence that asks a terminal to set the clipboard of the machine it is shown on.

It needs no program at either end and crosses SSH, but nothing comes back: not even whether it was understood.
"""

import contextlib
import os

from rflow.delivery.clipboard.request import Failed, Job, human

LIMIT = 74_000
"""Bytes of text: 98,668 in base64. Terminals drop or cut a sequence of more than 100,000 (hterm, xterm)."""

_SCREEN_CHUNK = 764
"""GNU screen takes control strings of 768 bytes (since 4.2.1); four are the frame around each piece."""


def send(job: Job) -> None:
    """Write the sequence to the controlling terminal: standard output may be a pipe. Raises Failed."""
    if job.size > LIMIT:
        raise Failed(f"the text is longer than the {human(LIMIT)} a terminal takes")
    if job.environ.get("TERM") in ("dumb", "linux"):
        raise Failed(f"a {job.environ['TERM']} terminal has no clipboard")
    if job.platform == "win32":
        raise Failed("Windows has no /dev/tty")
    try:
        terminal = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        raise Failed("there is no terminal") from None
    try:
        _write(terminal, _wrapped(_osc52(job.text), job), job.timeout)
    finally:
        os.close(terminal)


def _osc52(text: str) -> bytes:
    """BEL ends the sequence: the other end mark holds an ESC, which would end the wrapping too."""
    from base64 import b64encode

    return b"\x1b]52;c;" + b64encode(text.encode()) + b"\a"


def _wrapped(sequence: bytes, job: Job) -> bytes:
    """The sequence as tmux (needs `allow-passthrough`) or GNU screen hands it through to the outer terminal."""
    if job.environ.get("TMUX"):
        return b"\x1bPtmux;" + sequence.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
    if job.environ.get("STY"):
        pieces = (sequence[at : at + _SCREEN_CHUNK] for at in range(0, len(sequence), _SCREEN_CHUNK))
        return b"".join(b"\x1bP" + piece + b"\x1b\\" for piece in pieces)
    return sequence


def _write(terminal: int, data: bytes, timeout: float) -> None:
    """Write without blocking: a terminal stopped with Ctrl-S takes nothing. (macOS can't `poll` a /dev/tty.)"""
    import select
    import time

    deadline = time.monotonic() + timeout
    while data:
        if not select.select([], [terminal], [], max(0.0, deadline - time.monotonic()))[1]:
            raise Failed(f"the terminal took no more output for {timeout:g} s")
        with contextlib.suppress(BlockingIOError):
            data = data[os.write(terminal, data) :]
