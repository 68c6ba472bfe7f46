"""Names made from texts: ids of trees and of nodes."""

import re
import unicodedata
from collections.abc import Iterable

_OTHER = re.compile(r"[^a-z0-9]++")


def slug(text: str, longest: int = 48) -> str:
    """Return a text as small letters, digits and hyphens; "" if it has none."""
    plain = unicodedata.normalize("NFKD", text[:400]).encode("ascii", "ignore").decode().lower()
    short = _OTHER.sub("-", plain).strip("-")
    if len(short) > longest:
        words = short[: longest + 1].rpartition("-")[0]
        short = words if len(words) > longest // 2 else short[:longest]
    return short.strip("-")


class Names:
    """Names that differ: the second node called "restart" becomes restart-2."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._last: dict[str, int] = {}

    def free(self, wanted: str) -> str:
        """Return the name that is wanted, or the first of wanted-2, wanted-3 … that is free; it is taken then."""
        number, name = self._last.get(wanted, 1), wanted
        while name in self.taken:
            number += 1
            name = f"{wanted}-{number}"
        self._last[wanted] = number
        self.taken.add(name)
        return name

    def id(self, text: str) -> str:
        """Return an id for a node with this text."""
        return self.free(slug(text, 40) or "node")
