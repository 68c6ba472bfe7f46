"""Ctrl-C while the program is being loaded: it waits. A msgspec that is interrupted while it reads types can crash."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def held() -> Iterator[None]:
    """Let Ctrl-C take effect when the block has ended. Where something else handles it, or nothing, that stays so."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    pressed: list[int] = []
    with suppress(ValueError):  # not the main thread, which alone is interrupted
        signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        with suppress(ValueError):
            signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt
