"""Names made from texts: ids of trees and of nodes."""

import re
import unicodedata

from rflow.trees.importing.meaning import free_name

_OTHER = re.compile(r"[^a-z0-9]++")


def slug(text: str, longest: int = 48) -> str:
    """Return a text as small letters, digits and hyphens; "" if it has none."""
    plain = unicodedata.normalize("NFKD", text[:400]).encode("ascii", "ignore").decode().lower()
    short = _OTHER.sub("-", plain).strip("-")
    if len(short) > longest:
        words = short[: longest + 1].rpartition("-")[0]
        short = words if len(words) > longest // 2 else short[:longest]
    return short.strip("-")


def node_id(text: str, taken: set[str]) -> str:
    """Return an id for a node with this text, and add it to those taken."""
    name = free_name(slug(text, 40) or "node", taken)
    taken.add(name)
    return name
