"""Drawing a tree as SVG, from top to bottom with text of normal size, narrow enough for a phone.

The path taken is the trunk; other answers branch off to the right. Off the path, the answer with the largest subtree
continues the trunk, which limits the width (n nodes have at most log2(n) indents). Nothing depends on colour alone:
shapes show the kind of a node (circle: question, square: action, pill: end); marks, lines and words show its state.
docs/decisions/0023 explains why this is not a layered drawing.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape

import msgspec

from rflow.core.summary.progress import OutlineEntry
from rflow.core.text import columns

WIDTH = 360
MAX_ENTRIES = 60
"""Maximum number of entries to draw; of larger trees, those nearest to the path and the position."""
_TRUNK, _INDENT, _DEEPEST = 16, 18, 8
_LINE, _GAP = 18, 20
_PATH = ("taken", "assumed", "here")
_OUT = ("ruled out", "unconfirmed")
_STATE_TEXTS = {
    "here": "You are here",
    "assumed": "answer assumed, not verified",
    "unconfirmed": "ruled out only by the assumed answer",
}


class _Branch(msgspec.Struct):
    """An entry with its successors: the answers of a question, or the node after an action."""

    entry: OutlineEntry
    following: "list[_Branch]" = msgspec.field(default_factory=list)

    @property
    def on_path(self) -> bool:
        """Whether it is on the session's path."""
        return self.entry.mark in _PATH and not self.entry.repeated

    @property
    def weight(self) -> int:
        """The number of entries in its subtree, itself included."""
        return 1 + sum(branch.weight for branch in self.following)


class _Row(msgspec.Struct, frozen=True):
    """A node in the drawing: the centre of its mark, its lines with their styles, and the row that leads to it."""

    entry: OutlineEntry
    x: int
    y: int
    lines: tuple[tuple[str, str], ...]
    source: "_Row | None" = None

    @property
    def bottom(self) -> int:
        """The y coordinate below its last line."""
        return self.y + _LINE * (len(self.lines) - 1) + 7


def tree_map(outline: Sequence[OutlineEntry], title: str, *, width: int = WIDTH, style: str = "") -> str:
    """Return the drawing of an outline as SVG; "" for an empty one. `style` is CSS for a stand-alone file."""
    rows: list[_Row] = []
    for top in _branches(folded(outline, MAX_ENTRIES)):
        rows += _rows(top, width, rows[-1].bottom + _GAP if rows else 20)
    if not rows:
        return ""
    height = rows[-1].bottom + 14
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="0 0 {width} {height}" role="img"'
        ' aria-labelledby="map-title" aria-describedby="map-description">'
    )
    described = " ".join(_described(row) for row in rows)
    words = (f'<title id="map-title">{escape(title)}</title>', f'<desc id="map-description">{escape(described)}</desc>')
    css = (f"<style>{style}</style>",) if style else ()
    drawn = [*(_edge(row, row.source) for row in rows if row.source), *(_node(row, width) for row in rows)]
    return "\n".join([head, *words, *css, *drawn, "</svg>"]) + "\n"


def folded(outline: Sequence[OutlineEntry], limit: int) -> list[OutlineEntry]:
    """Return at most `limit` entries of an outline: those near the path; of a longer path, those around its end."""
    near = list(outline)
    for distance in (8, 6, 5, 4, 3, 2, 1):
        if len(near) <= limit:
            return near
        near = [entry for top in _branches(outline) for entry in _within(top, distance, 0)]
    here = max((place for place, entry in enumerate(near) if entry.mark in _PATH), default=0)
    first = max(0, min(here - limit // 2, len(near) - limit))
    return near[first : first + limit]


def _branches(entries: Sequence[OutlineEntry]) -> list[_Branch]:
    """Convert an outline to branches. The successor of an action has the depth of the action, and no answer."""
    tops: list[_Branch] = []
    last: dict[int, _Branch] = {}
    for entry in entries:
        branch = _Branch(entry)
        before = last.get(entry.depth)
        follows = before if before and before.entry.kind == "action" and not entry.label else None
        above = follows or last.get(entry.depth - 1)
        (above.following if above else tops).append(branch)
        last = {depth: known for depth, known in last.items() if depth < entry.depth} | {entry.depth: branch}
    return tops


def _within(branch: _Branch, distance: int, off: int) -> Iterator[OutlineEntry]:
    """Yield the entries of a branch within a distance of the path; `off` is the distance of its parent."""
    off = 0 if branch.on_path else off
    if branch.following and off >= distance:
        yield msgspec.structs.replace(branch.entry, cut=True)
        return
    yield branch.entry
    for following in branch.following:
        yield from _within(following, distance, off + 1)


def _rows(top: _Branch, width: int, y: int) -> Iterator[_Row]:
    """Lay out a branch and its successors from `y` on; the one that continues the trunk comes last."""
    waiting: list[tuple[_Branch, int, _Row | None]] = [(top, 0, None)]
    while waiting:
        branch, indent, source = waiting.pop()
        x = _TRUNK + _INDENT * min(indent, _DEEPEST)
        row = _Row(branch.entry, x, y, tuple(_lines(branch.entry, width - x - 28)), source)
        yield row
        y = row.bottom + _GAP
        trunk = _trunk(branch)
        aside = [(following, indent + 1, row) for following in branch.following if following is not trunk]
        waiting += [*([(trunk, indent, row)] if trunk else []), *reversed(aside)]


def _trunk(branch: _Branch) -> _Branch | None:
    """Return the successor that continues the trunk: on the path, after an action, or the largest subtree."""
    if not branch.following:
        return None
    best = max(branch.following, key=lambda following: (following.on_path, following.weight))
    return best if best.on_path or best.weight > 1 or branch.entry.kind == "action" else None


def _lines(entry: OutlineEntry, width: int) -> Iterator[tuple[str, str]]:
    """Yield the lines of a node with their styles: the answer that leads to it, its text, its state."""
    if entry.label:
        yield from ((line, "answer") for line in wrapped(entry.label, width))
    if entry.mark not in _OUT or not entry.label:
        more = " (see above or below)" if entry.repeated else " …" if entry.cut else ""
        end = " (end)" if entry.kind == "end" and entry.mark != "here" else ""
        strong = "strong" if entry.mark in _PATH and not entry.repeated else "text"
        yield from ((line, strong) for line in wrapped(f"{entry.text}{end}{more}", width))
    if entry.mark in _STATE_TEXTS and not entry.repeated:
        after = _STATE_TEXTS[entry.mark] + (
            ": an end of the tree" if entry.mark == "here" and entry.kind == "end" else ""
        )
        yield from ((line, "answer") for line in wrapped(after, width))


def wrapped(text: str, width: int) -> list[str]:
    """Wrap a text to lines of at most `width` pixels in any common font; a longer word is split."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if measure(longer) <= width:
            lines[-1] = longer
            continue
        pieces = list(_split(word, width))
        lines += pieces if lines[-1] else []
        if not lines[-1] and pieces:
            lines[-1:] = pieces
    return lines


def _split(word: str, width: int) -> Iterator[str]:
    piece = ""
    for character in word:
        if piece and measure(piece + character) > width:
            yield piece
            piece = ""
        piece += character
    yield piece


def measure(text: str) -> float:
    """Return the width of a text in pixels at 14 px: an upper bound for DejaVu Sans, the widest of the usual fonts."""
    return sum(map(_width, text))


@lru_cache(maxsize=1024)
def _width(character: str) -> float:
    if not character.isascii():
        return 15.0 * columns(character)
    if character in "mwMW@%":
        return 14.5
    if character in "ijlI.,:;'| !()[]/\\-":
        return 5.6
    return 10.6 if character.isupper() or character in "&#<>=+_~^" else 9.2


def _edge(row: _Row, source: _Row) -> str:
    """Draw the line from `source` to a node."""
    mark = row.entry.mark
    kind = "off" if mark in _OUT else "guess" if source.entry.mark == "assumed" else "way" if mark in _PATH else "ahead"
    start, across = source.y + 9, row.x - source.x
    if across <= 0:
        return f'<path class="{kind}" d="M{row.x} {start}V{row.y - 9}"/>'
    return f'<path class="{kind}" d="M{source.x} {start}V{row.y - 8}q0 8 8 8h{across - 17}"/>'


def _node(row: _Row, across: int) -> str:
    """Draw a node: its mark and its lines, with a frame at the session's position."""
    texts = [
        f'<text class="{style}" x="{row.x + 18}" y="{row.y + 5 + _LINE * number}">{escape(line)}</text>'
        for number, (line, style) in enumerate(row.lines)
    ]
    if row.entry.mark == "here" and not row.entry.repeated:
        width, height = across - row.x - 14, _LINE * len(row.lines) + 8
        texts.insert(
            0, f'<rect class="spot" x="{row.x + 12}" y="{row.y - 13}" width="{width}" height="{height}" rx="6"/>'
        )
    return "\n".join([*texts, *_mark(row)])


def _mark(row: _Row) -> Iterator[str]:
    """Draw the mark of a node: a shape for its kind, and in it a sign for its state."""
    x, y, entry = row.x, row.y, row.entry
    if entry.mark in _OUT:
        yield f'<path class="x" d="m{x - 4} {y - 4} 8 8m0-8-8 8"/>'
        return
    done = " done" if entry.mark == "taken" and not entry.repeated else ""
    yield _shape(x, y, entry, f"node{done}")
    if entry.mark == "here":
        yield f'<circle class="dot" cx="{x}" cy="{y}" r="3.5"/>'
    elif entry.mark == "assumed":
        yield f'<text class="guessed" x="{x}" y="{y + 4}">?</text>'
    elif done:
        yield f'<path class="tick" d="m{x - 3.6} {y} 2.6 2.8 4.8-5.6"/>'


def _shape(x: int, y: int, entry: OutlineEntry, style: str) -> str:
    if entry.repeated:
        return f'<circle class="{style}" cx="{x}" cy="{y}" r="3"/>'
    if entry.kind == "decision":
        return f'<circle class="{style}" cx="{x}" cy="{y}" r="8"/>'
    if entry.kind == "action":
        return f'<rect class="{style}" x="{x - 7.5}" y="{y - 7.5}" width="15" height="15" rx="2"/>'
    return f'<rect class="{style}" x="{x - 9}" y="{y - 6}" width="18" height="12" rx="6"/>'


def _described(row: _Row) -> str:
    """Describe a node in words, for screen readers."""
    entry = row.entry
    state = {"here": "Here", "taken": "Taken", "assumed": "Assumed", "": "Ahead" if row.source else "Start"}
    before = state.get(entry.mark, "Ruled out")
    text = f"{entry.label}: {entry.text}" if entry.label else entry.text
    return f"{before}: {text}{'' if text.endswith(('.', '?', '!')) else '.'}"


RULES = """\
.map { display: block; width: 100%; max-width: 24rem; font: 14px var(--sans); unicode-bidi: plaintext; }
.map text { fill: var(--text); }
.map .answer { fill: var(--quiet); }
.map .strong { font-weight: 600; }
.map path, .map rect, .map circle { fill: none; stroke: var(--edge); stroke-width: 1.5; }
.map .off { stroke-dasharray: 2 3; }
.map .guess { stroke: var(--ask); stroke-width: 2; stroke-dasharray: 5 4; }
.map .way { stroke: var(--ask); stroke-width: 3; }
.map .node { fill: var(--page); }
.map .done { fill: var(--ask); stroke: var(--ask); }
.map .tick { stroke: var(--page); stroke-width: 2; }
.map .x { stroke: var(--quiet); stroke-width: 2; }
.map .spot { stroke: var(--ask); }
.map .dot { fill: var(--ask); stroke: none; }
.map .guessed { font-weight: 600; font-size: 12px; text-anchor: middle; }
"""
"""The CSS rules of a drawing, with colours from the page (templates/formats/page.css has the same lines)."""

STYLE = f"""
.map {{ color-scheme: light dark; --sans: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  --text: #1a1d23; --quiet: #59626f; --edge: #838b97; --ask: #3545c4; --page: #fff; }}
@media screen and (prefers-color-scheme: dark) {{
  .map {{ background: var(--page);
    --text: #e7e9ee; --quiet: #a1a9b6; --edge: #737c8a; --ask: #adb9ff; --page: #111318; }} }}
{RULES}"""
"""The CSS of a stand-alone drawing."""
