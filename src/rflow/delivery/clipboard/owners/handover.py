"""The input that rflow passes to such a program, and how the program detaches from rflow."""

import os
import sys
from struct import pack, unpack_from

_LENGTH = ">Q"


def pack_input(html: str, text: str) -> bytes:
    """Return both flavours as one input; an empty `html` means that there is none."""
    rich = html.encode()
    return pack(_LENGTH, len(rich)) + rich + text.encode()


def read_input() -> tuple[bytes, bytes]:
    """Read HTML and text, in UTF-8, from standard input."""
    data = sys.stdin.buffer.read()
    (size,) = unpack_from(_LENGTH, data)
    return data[8 : 8 + size], data[8 + size :]


def detach() -> None:
    """Continue in a child process that holds nothing of the caller's; the caller sees the exit status 0.

    The session is new already (see programs.py), and its leader ends here, so the child can't acquire a terminal.
    """
    if os.fork():
        os._exit(0)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
