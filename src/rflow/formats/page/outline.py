"""Functions for the templates of pages: a tree as a drawing and as nested lists, kinds of parts, a style's hash."""

from base64 import b64encode
from collections.abc import Iterator, Sequence

import msgspec
from markupsafe import Markup

from rflow.core.fingerprint import fingerprint
from rflow.core.summary.progress import OutlineEntry, Progress
from rflow.core.tree.model import Kind
from rflow.formats.parts import Item, NumberedStep
from rflow.formats.tree_map import MAX_ENTRIES, tree_map

MAX_DEPTH = 12
"""Maximum indentation: browsers stop nesting at 512 elements, and a phone has no room."""

MAP_WIDTH = 316
"""Width of a drawing in pixels; its text appears at 13 px in the side column and on a phone of 360 px."""


def drawing(progress: Progress) -> Markup:
    """Return the drawing of the session's tree as SVG; "" without a tree and in the brief form."""
    outline = () if progress.brief else progress.outline
    return Markup(tree_map(outline, "Where the session stands in the tree", width=MAP_WIDTH))  # noqa: S704 (escaped)


def drawn_in_part(progress: Progress) -> bool:
    """Whether the drawing shows only the part of the tree near the path."""
    return len(progress.outline) > MAX_ENTRIES


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of an outline with the entries below it; `see` says where a repetition is shown ("above", "below")."""

    entry: OutlineEntry
    see: str
    branches: tuple["Branch", ...] = ()


def branches(outline: Sequence[OutlineEntry]) -> tuple[Branch, ...]:
    """Convert an outline to a tree."""
    places = {(e.kind, e.text): place for place, e in reversed([*enumerate(outline)]) if not e.repeated}
    entries = [(e, _see(e, place, places)) for place, e in enumerate(outline)]
    return tuple(_nested(entries[::-1], 1))


def _see(entry: OutlineEntry, place: int, places: dict[tuple[Kind, str], int]) -> str:
    if not entry.repeated:
        return ""
    return "above" if places.get((entry.kind, entry.text), -1) < place else "below"


def _nested(waiting: list[tuple[OutlineEntry, str]], depth: int) -> Iterator[Branch]:
    """Pop the entries of one list, at least `depth` deep, from `waiting`, which is in reverse order."""
    while waiting and min(waiting[-1][0].depth, MAX_DEPTH) >= depth:
        entry, see = waiting.pop()
        below = tuple(_nested(waiting, min(entry.depth, MAX_DEPTH) + 1))
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
