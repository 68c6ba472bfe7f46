"""A whole tree as an outline, with the path taken, the position, and the branches ruled out."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from rflow.core.summary.progress import Mark, OutlineEntry
from rflow.core.tree.branches import first_arrivals, ruled_out_nodes, with_label
from rflow.core.tree.graph import Turn, ruled_out
from rflow.core.tree.model import Action, Tree, exits, kind_of

MOST_LINES = 400
_NEARER = (16, 8, 4, 3, 2, 1)
_LAST_TURNS = 20


class _Way(msgspec.Struct, frozen=True):
    """A node to be listed: its depth, the answer and node it was reached by, and how many steps it is off the path."""

    node: str
    depth: int = 1
    label: str = ""
    source: str = ""
    off: int = 0


def tree_outline(
    tree: Tree, path: Sequence[Turn], position: str | None, line: Callable[[str], str]
) -> tuple[OutlineEntry, ...]:
    """Return an outline of `tree` in at most 400 lines, with what `path` ruled out folded; `line` makes a text safe.

    If that is too little room, branches are cut as many steps off the path as will fit; if even that does not fit,
    only the end of the path is shown.
    """
    outline = _Outline(tree, path, position)
    entries: list[OutlineEntry] = []
    for start, farthest in _attempts(tree, path, position):
        entries = outline.entries(start, farthest)
        if len(entries) <= MOST_LINES:
            break
    else:
        entries = [*entries[: MOST_LINES - 1], replace(entries[MOST_LINES - 1], cut=True)]
    return tuple(replace(entry, label=line(entry.label), text=line(entry.text)) for entry in entries)


def _attempts(tree: Tree, path: Sequence[Turn], position: str | None) -> Iterator[tuple[str, int | None]]:
    """Return the start nodes and distances off the path to try, the best first."""
    yield from ((tree.start, farthest) for farthest in (None, *_NEARER))
    late = [turn.node for turn in path[-_LAST_TURNS:][:1]] + ([position] if position else [])
    yield from ((name, 1) for name in late if name in tree.nodes)


class _Outline:
    def __init__(self, tree: Tree, path: Sequence[Turn], position: str | None) -> None:
        labelled = [with_label(tree, turn) for turn in path]
        answers = ruled_out(tree, path)
        gone = {end for answer in answers for end in answer.ends}
        doubted = {end for answer in answers if answer.unconfirmed for end in answer.ends}
        self.tree, self.position = tree, position
        self.taken = {(turn.node, turn.label) for turn in labelled}
        self.done = {turn.node for turn in path}
        self.assumed = {turn.node for turn in {turn.node: turn for turn in path}.values() if turn.assumed}
        self.out = ruled_out_nodes(tree, gone, {*self.done, position})
        self.unconfirmed = self.out - ruled_out_nodes(tree, gone - doubted, {*self.done, position})
        self.arrivals = first_arrivals(tree, labelled)

    def entries(self, start: str, farthest: int | None) -> list[OutlineEntry]:
        """Return the outline from `start`, up to one line more than there is room for."""
        entries: list[OutlineEntry] = []
        opened: set[str] = set()
        stack = [_Way(start)] if start in self.tree.nodes else []
        while stack and len(entries) <= MOST_LINES:
            way = stack.pop()
            entry = self._entry(way, way.node in opened, farthest)
            entries.append(entry)
            if not entry.repeated and not entry.cut:
                opened.add(way.node)
                stack.extend(reversed(self._following(way)))
        return entries

    def _entry(self, way: _Way, opened: bool, farthest: int | None) -> OutlineEntry:
        node = self.tree.nodes[way.node]
        more = bool(exits(node))
        folded = way.node in self.out
        repeated = more and not folded and (opened or not self._on_path(way))
        far = farthest is not None and way.off >= farthest
        cut = more and not repeated and (folded or far)
        return OutlineEntry(
            depth=way.depth,
            label=way.label,
            kind=kind_of(node),
            text=node.text,
            mark=self._mark(way, repeated),
            repeated=repeated,
            cut=cut,
        )

    def _mark(self, way: _Way, repeated: bool) -> Mark:
        if repeated:
            return "taken" if (way.source, way.label) in self.taken else ""
        if way.node in self.out:
            return "unconfirmed" if way.node in self.unconfirmed else "ruled out"
        if not self._on_path(way):
            return ""
        if way.node == self.position:
            return "here"
        return "" if way.node not in self.done else "assumed" if way.node in self.assumed else "taken"

    def _on_path(self, way: _Way) -> bool:
        """Whether the path first reached the node this way; also true off the path, and for the first line."""
        here = (way.source, way.label)
        return not way.source or self.arrivals.get(way.node, here) == here

    def _following(self, way: _Way) -> list[_Way]:
        """Return the exits of a node whose targets exist."""
        node = self.tree.nodes[way.node]
        depth = way.depth if isinstance(node, Action) else way.depth + 1
        ways = [(exit_, exit_.to in self.done or exit_.to == self.position) for exit_ in exits(node)]
        return [
            _Way(exit_.to, depth, exit_.label, way.node, 0 if on_path else way.off + 1)
            for exit_, on_path in ways
            if exit_.to in self.tree.nodes
        ]
