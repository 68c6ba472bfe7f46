"""Ids of trees and nodes, made from their texts."""

import re
import unicodedata
from collections.abc import Iterable

_OTHER = re.compile(r"[^a-z0-9]++")


def slug(text: str, max_length: int = 48) -> str:
    """Return a text as lower-case letters, digits and hyphens; "" if nothing remains."""
    plain = unicodedata.normalize("NFKD", text[:400]).encode("ascii", "ignore").decode().lower()
    short = _OTHER.sub("-", plain).strip("-")
    if len(short) > max_length:
        words = short[: max_length + 1].rpartition("-")[0]
        short = words if len(words) > max_length // 2 else short[:max_length]
    return short.strip("-")


class Names:
    """Makes names unique: the second node called "restart" becomes restart-2."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._last: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        """Return the wanted name, or the first of wanted-2, wanted-3 … that is not taken, and reserve it."""
        number, name = self._last.get(wanted, 1), wanted
        while name in self.taken:
            number += 1
            name = f"{wanted}-{number}"
        self._last[wanted] = number
        self.taken.add(name)
        return name

    def id(self, text: str) -> str:
        """Return a unique id for a node with this text."""
        return self.unique(slug(text, 40) or "node")
