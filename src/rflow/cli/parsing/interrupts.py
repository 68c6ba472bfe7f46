"""Deferring Ctrl-C while modules are imported, because msgspec can crash if it is interrupted while it reads types."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def defer_interrupts() -> Iterator[None]:
    """Defer Ctrl-C to the end of the block, unless another handler is installed or Ctrl-C is ignored."""
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
