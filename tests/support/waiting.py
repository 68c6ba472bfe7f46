"""Waiting for other processes, as long as a busy machine may need."""

import time
from collections.abc import Callable
from typing import Any

from rflow.core.accounts import ATTEMPTS_WINDOW

PATIENCE = 60.0
"""Seconds to wait for what must come. Only a test that fails waits as long, so it is generous."""


def until(done: Callable[[], Any], seconds: float = PATIENCE) -> bool:
    """Wait until `done` returns something true; return whether it did in time. To be asserted."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def wait_for_a_quarter_with_room(seconds: float = 30.0) -> None:
    """Wait until the present quarter of an hour lasts so long: attempts are counted by quarters of an hour."""
    quarter = ATTEMPTS_WINDOW.total_seconds()
    if (left := quarter - time.time() % quarter) < seconds:
        time.sleep(left)
