"""What rflow hands to such a program on its standard input, and how the program leaves rflow behind."""

import os
import sys
from struct import pack, unpack_from

_LENGTH = ">Q"


def packed(html: str, text: str) -> bytes:
    """Both flavours as one input; an empty `html` means that there is none."""
    rich = html.encode()
    return pack(_LENGTH, len(rich)) + rich + text.encode()


def received() -> tuple[bytes, bytes]:
    """HTML and text, in UTF-8, from standard input."""
    data = sys.stdin.buffer.read()
    (size,) = unpack_from(_LENGTH, data)
    return data[8 : 8 + size], data[8 + size :]


def stay_alone() -> None:
    """Go on as a child that holds nothing of the caller's; the caller sees an exit status of 0.

    The session is new already (helpers.py starts every helper in one); as its leader ends, no terminal can be gained.
    """
    if os.fork():
        os._exit(0)
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
