"""How much a template that does not come with rflow may use up: time, text, numbers, lists in lists."""

from time import monotonic
from typing import Any

from jinja2.exceptions import SecurityError

SECONDS = 10.0
"""How long one rendering may take; a summary of an hour's work takes some milliseconds."""
ROOM = 5_000_000
"""The characters and turns of loops that any template may use, beyond what the summary's own size calls for."""
MOST = 100_000
"""The largest number that a filter takes, and the most entries of a list: Jinja's `range` ends there, too."""
_BITS = 4_000


class TooMuch(SecurityError):
    """A template that would run too long, or make too much."""


class Meter:
    """What one rendering may still use up."""

    def __init__(self, room: int) -> None:
        self._left = room
        self._end = monotonic() + SECONDS

    def spend(self, units: int) -> None:
        """Use some of it up."""
        self._left -= units
        if self._left < 0:
            raise TooMuch("the template makes far more text than there is to tell")
        if monotonic() > self._end:
            raise TooMuch("the template takes too long")


def small(value: Any) -> None:
    """Refuse a number that is larger than a filter or a list needs."""
    if isinstance(value, int) and abs(value) > MOST:
        raise TooMuch(f"{MOST:,} is the most that can be asked for")


def number(value: Any) -> Any:
    """Give a number back, unless calculating with it would take long."""
    if isinstance(value, int) and value.bit_length() > _BITS:
        raise TooMuch("the number is too large")
    return value


def entries(value: Any, most: int = MOST) -> int:
    """Count the entries of a list and of all lists in it, up to a little more than `most`."""
    found = list(value.values()) if isinstance(value, dict) else value
    count = len(found)
    for entry in found:
        if count > most:
            break
        if isinstance(entry, list | tuple | dict):
            count += entries(entry, most - count)
    return count


def cost(name: str, value: Any, given: list[Any]) -> int:
    """Say how much a filter makes at the most, or how long it looks for it."""
    text = len(value) if isinstance(value, str) else 1
    widths = [len(argument) if isinstance(argument, str) else argument for argument in given]
    wide = sum(abs(width) for width in widths if isinstance(width, int))
    if name in ("block", "fence", "wrap", "indent"):
        return text + (str(value).count("\n") + 1) * wide if isinstance(value, str) else text
    if name == "replace" and isinstance(value, str) and len(given) > 1 and isinstance(given[0], str):
        return text + (value.count(given[0]) + 1) * wide
    if name == "trim":
        return text * (1 + wide // 50)
    if name == "join":
        return (wide + 1) * len(value) + sum(len(part) for part in value if isinstance(part, str))
    return text if name in ("default", "d") else text + wide
