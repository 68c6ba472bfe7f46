"""What templates of pages call: the kinds of parts, the outline of a tree as nested lists, the hash of a style."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.summary.progress import OutlineEntry
from rflow.core.tree.model import Kind
from rflow.formats.parts import Item, Step

_Entry = TypeVar("_Entry")

DEEPEST = 12
"""What lies deeper is set in no further: browsers stop nesting at 512 elements, and a phone has no room for it."""


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of an outline, what hangs below it, and where to look for what stands elsewhere ("above", "below")."""

    entry: OutlineEntry
    see: str
    branches: tuple["Branch", ...] = ()


def branches(outline: Sequence[OutlineEntry]) -> tuple[Branch, ...]:
    """Hang each entry of an outline below the one it belongs to."""
    places = {(e.kind, e.text): place for place, e in reversed([*enumerate(outline)]) if not e.repeated}
    told = [(e, _see(e, place, places)) for place, e in enumerate(outline)]
    return tuple(_hung(told[::-1], 1))


def _see(entry: OutlineEntry, place: int, places: dict[tuple[Kind, str], int]) -> str:
    if not entry.repeated:
        return ""
    return "above" if places.get((entry.kind, entry.text), -1) < place else "below"


def _hung(waiting: list[tuple[OutlineEntry, str]], depth: int) -> Iterator[Branch]:
    """Take the entries of one list, at least so deep, from the end of those that wait."""
    while waiting and min(waiting[-1][0].depth, DEEPEST) >= depth:
        entry, see = waiting.pop()
        below = tuple(_hung(waiting, min(entry.depth, DEEPEST) + 1))
        yield Branch(entry=entry, see=see, branches=below)


def kind(part: object) -> str:
    """Name the kind of a part of a sheet: fact, command, link, line, items, steps, entry."""
    return type(part).__name__.lower()


def split(entries: Sequence[_Entry], shown: int) -> tuple[Sequence[_Entry], Sequence[_Entry]]:
    """Part the older entries of a list, which a page folds away, from the last ones; one alone is not worth it."""
    cut = len(entries) - shown if len(entries) > shown + 1 else 0
    return entries[:cut], entries[cut:]


def several_lines(entries: Sequence[Item | Step]) -> bool:
    """Say whether an entry of a list, or of one within it, has more lines than one."""
    return any(
        "\n" in entry.text.strip("\n") or (isinstance(entry, Item) and several_lines(entry.items)) for entry in entries
    )


def style_hash(style: str) -> str:
    """Give what a Content-Security-Policy allows this very style by, and no other (CSP 3, §2.3.1)."""
    return "sha256-" + b64encode(bytes.fromhex(fingerprint(str(style).encode()))).decode()


PAGE: dict[str, Callable[..., object]] = {
    "branches": branches,
    "kind": kind,
    "several_lines": several_lines,
    "split": split,
    "style_hash": style_hash,
}
"""What templates of pages may call, by name, besides the phrases."""
