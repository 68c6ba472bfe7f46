"""The outline of a whole tree, with the path taken, the position, and the branches ruled out."""

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


class _Branch(msgspec.Struct, frozen=True):
    """A node to list, with the answer and the node that lead to it; `off_path` is its distance from the path."""

    node: str
    depth: int = 1
    label: str = ""
    source: str = ""
    off_path: int = 0


def tree_outline(
    tree: Tree, path: Sequence[Turn], position: str | None, line: Callable[[str], str]
) -> tuple[OutlineEntry, ...]:
    """Return an outline of `tree` in at most `MOST_LINES` lines, with ruled-out branches folded.

    `line` cleans and redacts a text. If the outline is too long, branches are cut at the largest distance from the path
    that fits; if none fits, only the end of the path is shown.
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
    """Yield the start nodes and maximum distances from the path to try, the best first."""
    yield from ((tree.start, farthest) for farthest in (None, *_NEARER))
    near_end = [turn.node for turn in path[-_LAST_TURNS:][:1]] + ([position] if position else [])
    yield from ((name, 1) for name in near_end if name in tree.nodes)


class _Outline:
    def __init__(self, tree: Tree, path: Sequence[Turn], position: str | None) -> None:
        labelled = [with_label(tree, turn) for turn in path]
        answers = ruled_out(tree, path)
        excluded = {end for answer in answers for end in answer.ends}
        doubted = {end for answer in answers if answer.unconfirmed for end in answer.ends}
        self.tree, self.position = tree, position
        self.taken = {(turn.node, turn.label) for turn in labelled}
        self.done = {turn.node for turn in path}
        self.assumed = {turn.node for turn in {turn.node: turn for turn in path}.values() if turn.assumed}
        self.ruled_out = ruled_out_nodes(tree, excluded, {*self.done, position})
        self.unconfirmed = self.ruled_out - ruled_out_nodes(tree, excluded - doubted, {*self.done, position})
        self.arrivals = first_arrivals(tree, labelled)

    def entries(self, start: str, farthest: int | None) -> list[OutlineEntry]:
        """Return the outline from `start`, stopping one line over the limit."""
        entries: list[OutlineEntry] = []
        opened: set[str] = set()
        stack = [_Branch(start)] if start in self.tree.nodes else []
        while stack and len(entries) <= MOST_LINES:
            branch = stack.pop()
            entry = self._entry(branch, branch.node in opened, farthest)
            entries.append(entry)
            if not entry.repeated and not entry.cut:
                opened.add(branch.node)
                stack.extend(reversed(self._following(branch)))
        return entries

    def _entry(self, branch: _Branch, opened: bool, farthest: int | None) -> OutlineEntry:
        node = self.tree.nodes[branch.node]
        more = bool(exits(node))
        folded = branch.node in self.ruled_out
        repeated = more and not folded and (opened or not self._on_path(branch))
        far = farthest is not None and branch.off_path >= farthest
        cut = more and not repeated and (folded or far)
        return OutlineEntry(
            depth=branch.depth,
            label=branch.label,
            kind=kind_of(node),
            text=node.text,
            mark=self._mark(branch, repeated),
            repeated=repeated,
            cut=cut,
        )

    def _mark(self, branch: _Branch, repeated: bool) -> Mark:
        if repeated:
            return "taken" if (branch.source, branch.label) in self.taken else ""
        if branch.node in self.ruled_out:
            return "unconfirmed" if branch.node in self.unconfirmed else "ruled out"
        if not self._on_path(branch):
            return ""
        if branch.node == self.position:
            return "here"
        return "" if branch.node not in self.done else "assumed" if branch.node in self.assumed else "taken"

    def _on_path(self, branch: _Branch) -> bool:
        """Whether the path first reached the node by this branch; also true off the path, and for the first line."""
        here = (branch.source, branch.label)
        return not branch.source or self.arrivals.get(branch.node, here) == here

    def _following(self, branch: _Branch) -> list[_Branch]:
        """Return the exits of a node whose targets exist."""
        node = self.tree.nodes[branch.node]
        depth = branch.depth if isinstance(node, Action) else branch.depth + 1
        exits_on_path = [(exit_, exit_.to in self.done or exit_.to == self.position) for exit_ in exits(node)]
        return [
            _Branch(exit_.to, depth, exit_.label, branch.node, 0 if on_path else branch.off_path + 1)
            for exit_, on_path in exits_on_path
            if exit_.to in self.tree.nodes
        ]
