"""Cursors of long lists, in URLs: the key of the last entry of the previous page."""

import re

from rflow.errors import UsageProblem
from rflow.ports.paging import Key

PAGE_SIZE = 200
"""Maximum number of entries on a page of a long list."""
_CURSOR = re.compile(r"(-?\d{1,18})\.([0-9A-Z]{1,40})")


def parse_cursor(text: str, first: str) -> Key | None:
    """Return the key after which a page begins; None for the first page, whose path is `first`.

    Raises `UsageProblem` if the cursor is not valid.
    """
    match = _CURSOR.fullmatch(text)
    if text and match is None:
        raise UsageProblem("That page does not exist.", try_=f"Start again from the first one: {first}")
    return Key(at=int(match[1]), id=match[2]) if match else None


def format_cursor(key: Key) -> str:
    """Return the cursor for a key of a list that is sorted by time."""
    return f"{key.at}.{key.id}"
