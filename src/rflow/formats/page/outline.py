"""Functions for the templates of pages: kinds of parts, a tree as a drawing and as nested lists, a style's hash."""

from base64 import b64encode
from collections.abc import Iterator, Sequence

import msgspec
from markupsafe import Markup

from rflow.core.fingerprint import fingerprint
from rflow.core.summary.progress import OutlineEntry, Progress
from rflow.core.tree.model import Kind
from rflow.formats.parts import Item, NumberedStep
from rflow.formats.tree_map import MOST, tree_map

DEEPEST = 12
"""Deeper entries are indented no further: browsers stop nesting at 512 elements, and a phone has no room."""

MAP_WIDTH = 316
"""Of a drawing on a page: in the side column, and on a phone of 360 px, its text is shown at 13 px."""


def drawing(progress: Progress) -> Markup:
    """Return the drawing of the session's tree as SVG; "" where there is none, as in the brief form."""
    outline = () if progress.brief else progress.outline
    return Markup(tree_map(outline, "Where the session stands in the tree", width=MAP_WIDTH))  # noqa: S704 (escaped)


def drawn_in_part(progress: Progress) -> bool:
    """Whether the drawing is folded to what is near the path."""
    return len(progress.outline) > MOST


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of an outline, what is below it, and where its exits are shown if not here ("above", "below")."""

    entry: OutlineEntry
    see: str
    branches: tuple["Branch", ...] = ()


def branches(outline: Sequence[OutlineEntry]) -> tuple[Branch, ...]:
    """Return an outline as a tree: each entry with those below it."""
    places = {(e.kind, e.text): place for place, e in reversed([*enumerate(outline)]) if not e.repeated}
    entries = [(e, _see(e, place, places)) for place, e in enumerate(outline)]
    return tuple(_nested(entries[::-1], 1))


def _see(entry: OutlineEntry, place: int, places: dict[tuple[Kind, str], int]) -> str:
    if not entry.repeated:
        return ""
    return "above" if places.get((entry.kind, entry.text), -1) < place else "below"


def _nested(waiting: list[tuple[OutlineEntry, str]], depth: int) -> Iterator[Branch]:
    """Take the entries of one list, those at least `depth` deep, from the end of `waiting`."""
    while waiting and min(waiting[-1][0].depth, DEEPEST) >= depth:
        entry, see = waiting.pop()
        below = tuple(_nested(waiting, min(entry.depth, DEEPEST) + 1))
        yield Branch(entry=entry, see=see, branches=below)


def kind(part: object) -> str:
    """Return the kind of a part of a sheet: fact, command, link, line, items, steps, entry."""
    return type(part).__name__.lower()


def several_lines(entries: Sequence[Item | NumberedStep]) -> bool:
    """Whether an entry of a list, or of a list below it, has more than one line."""
    return any(
        "\n" in entry.text.strip("\n") or (isinstance(entry, Item) and several_lines(entry.items)) for entry in entries
    )


def style_hash(style: str) -> str:
    """Return the source expression with which a Content-Security-Policy allows only this style (CSP 3, §2.3.1)."""
    return "sha256-" + b64encode(bytes.fromhex(fingerprint(str(style).encode()))).decode()
