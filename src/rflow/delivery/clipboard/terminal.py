"""OSC 52: the escape sequence that asks a terminal to set the clipboard of the machine it is shown on.

It needs no program at either end and works over SSH, but nothing is returned: not even whether it was understood.
"""

import contextlib
import os

from rflow.core.text import byte_size
from rflow.delivery.clipboard.request import CopyFailed, CopyRequest

LIMIT = 74_000
"""Bytes of text: 98,668 in base64. Terminals drop or cut a sequence of more than 100,000 (hterm, xterm)."""

_SCREEN_CHUNK = 764
"""GNU screen takes control strings of 768 bytes (since 4.2.1); four of them wrap each piece."""


def send(request: CopyRequest) -> None:
    """Write the sequence to the controlling terminal: standard output may be a pipe. Raises CopyFailed."""
    if request.size > LIMIT:
        raise CopyFailed(f"a terminal takes at most {byte_size(LIMIT)}")
    if request.environ.get("TERM") in ("dumb", "linux"):
        raise CopyFailed(f"a {request.environ['TERM']} terminal has no clipboard")
    if request.platform == "win32":
        raise CopyFailed("Windows has no /dev/tty")
    try:
        terminal = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        raise CopyFailed("there is no terminal") from None
    try:
        _write(terminal, _wrapped(_osc52(request.text), request), request.timeout)
    finally:
        os.close(terminal)


def _osc52(text: str) -> bytes:
    """Return the sequence, ended by BEL: the other terminator contains an ESC, which would end the wrapping too."""
    from base64 import b64encode

    return b"\x1b]52;c;" + b64encode(text.encode()) + b"\a"


def _wrapped(sequence: bytes, request: CopyRequest) -> bytes:
    """Return the sequence as tmux (with `allow-passthrough`) or GNU screen passes it to the outer terminal."""
    if is_in_tmux(request):
        return b"\x1bPtmux;" + sequence.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
    if request.environ.get("STY"):
        pieces = (sequence[at : at + _SCREEN_CHUNK] for at in range(0, len(sequence), _SCREEN_CHUNK))
        return b"".join(b"\x1bP" + piece + b"\x1b\\" for piece in pieces)
    return sequence


def is_in_tmux(request: CopyRequest) -> bool:
    """Whether TMUX names a server that runs here; the variable may be left over, or come from another machine."""
    return os.path.exists(request.environ.get("TMUX", "").partition(",")[0])  # noqa: PTH110


def setting_needed(request: CopyRequest) -> str:
    """Return the setting without which the tmux or screen that shows this terminal, elsewhere, ignores a copy."""
    name = request.environ.get("TERM", "")
    if is_in_tmux(request) or request.environ.get("STY") or not name.startswith(("tmux", "screen")):
        return ""
    return "in your tmux: set -g set-clipboard on"


def _write(terminal: int, data: bytes, timeout: float) -> None:
    """Write without blocking: a terminal stopped with Ctrl-S accepts nothing. (macOS can't `poll` /dev/tty.)"""
    import select
    import time

    deadline = time.monotonic() + timeout
    while data:
        if not select.select([], [terminal], [], max(0.0, deadline - time.monotonic()))[1]:
            raise CopyFailed(f"the terminal accepted no output for {timeout:g} s")
        with contextlib.suppress(BlockingIOError):
            data = data[os.write(terminal, data) :]
