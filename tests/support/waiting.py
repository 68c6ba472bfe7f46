"""Waiting for other processes, with generous time limits for busy machines."""

import time
from collections.abc import Callable
from typing import Any

from rflow.core.accounts import ATTEMPTS_WINDOW

PATIENCE = 60.0
"""Seconds to wait for something that must happen. Only a failing test waits that long."""


def until(done: Callable[[], Any], seconds: float = PATIENCE) -> bool:
    """Wait until `done` returns something true; return whether it did in time, for an assertion."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def wait_for_attempts_window(seconds: float = 30.0) -> None:
    """Wait until the current window, in which wrong passwords are counted, lasts for at least `seconds` more."""
    quarter = ATTEMPTS_WINDOW.total_seconds()
    if (left := quarter - time.time() % quarter) < seconds:
        time.sleep(left)
