"""Where a page of a long list begins, as its address says it: the key of the last entry of the page before."""

import re

from rflow.errors import UsageProblem
from rflow.ports.paging import Key

MOST = 200
"""How many entries of a long list a page shows."""
_PLACE = re.compile(r"(-?\d{1,18})\.([0-9A-Z]{1,40})")


def place_in(address: str, first: str) -> Key | None:
    """Return the key after which a page begins, None for the first one, whose address is `first`."""
    match = _PLACE.fullmatch(address)
    if address and match is None:
        raise UsageProblem("That page does not exist.", try_=f"Start again from the first one: {first}")
    return Key(at=int(match[1]), id=match[2]) if match else None


def shown_in_address(key: Key) -> str:
    """Return a key of a list that is sorted by time as an address has it."""
    return f"{key.at}.{key.id}"
