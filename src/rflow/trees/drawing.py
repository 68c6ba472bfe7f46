"""Drawing a tree for the terminal: answers are branches, actions are not indented, and joins are drawn once."""

from collections import deque
from collections.abc import Collection, Sequence

import msgspec

from rflow.core.text import columns, one_line
from rflow.core.tree.branches import first_arrivals, joins, ruled_out_nodes, with_label
from rflow.core.tree.graph import Turn, distances, leading_to
from rflow.core.tree.model import Action, End, Node, Tree, exits
from rflow.trees.symbols import ASCII, UNICODE, Line, Role, Style, Symbols, spans
from rflow.trees.wrapping import wrap

MIN_WIDTH = 24
_GAP = "   "


class _Branch(msgspec.Struct, frozen=True):
    """A node to draw: the guides of its first line and of the lines below, and the answer and node that lead to it."""

    node: str
    first: str = ""
    below: str = ""
    label: str | None = None
    source: str = ""


def draw(
    tree: Tree,
    *,
    width: int,
    position: str | None = None,
    path: Sequence[Turn] = (),
    ruled_out: Collection[str] = frozenset(),
    unconfirmed: Collection[str] = frozenset(),
    unicode: bool = True,
) -> list[Line]:
    """Return a drawing of `tree` in at most `width` columns (24 or more), with guides in ASCII unless `unicode`.

    `position` is highlighted, the `path` taken has heavy guides, and the ends `ruled_out` are crossed out; a branch
    with no other ends is folded into one line, with a question mark if some of them are ruled out only by an assumed
    answer (`unconfirmed`, a subset of `ruled_out`). Each node is drawn once, preferably on the path; other places have
    a reference to it. Branches with too little room, and unreachable nodes, are drawn below.
    """
    labelled = [with_label(tree, turn) for turn in path]
    drawing = _Drawing(tree, max(width, MIN_WIDTH), position, labelled, ruled_out, UNICODE if unicode else ASCII)
    drawing.unconfirmed = leading_to(tree, unconfirmed)
    return drawing.lines()


class _Drawing:
    def __init__(
        self,
        tree: Tree,
        width: int,
        position: str | None,
        path: Sequence[Turn],
        ruled_out: Collection[str],
        symbols: Symbols,
    ) -> None:
        self.tree, self.width, self.position, self.symbols = tree, width, position, symbols
        self.taken = {(turn.node, turn.label) for turn in path}
        self.assumed = {(turn.node, turn.label) for turn in path if turn.assumed}
        self.done = {turn.node for turn in path}
        self.unconfirmed: set[str] = set()
        self.ruled_out = ruled_out_nodes(tree, ruled_out, {*self.done, position})
        self.arrivals = first_arrivals(tree, path)
        self.joins = joins(tree)
        self.drawn: set[str] = set()
        self.deferred: deque[str] = deque()
        self.result: list[Line] = []

    def lines(self) -> list[Line]:
        """Return the lines: from the start, then the deferred branches, then unreachable nodes."""
        reach = distances(self.tree, self.tree.start)
        roots = [self.tree.start, *(name for name in self.tree.nodes if name not in reach)]
        for root in roots:
            self.deferred.append(root)
            while self.deferred:
                name = self.deferred.popleft()
                if name in self.tree.nodes and name not in self.drawn:
                    self._section(name, unreachable=name == root and root not in reach)
        return self.result

    def _section(self, name: str, *, unreachable: bool) -> None:
        if self.result:
            self.result.append(Line(role="see"))
        if unreachable:
            words = "No path from the start leads here:".split()
            self._write(_Branch(name), "see", [(word, "see") for word in words], "")
        stack = [_Branch(name)]
        while stack:
            stack.extend(reversed(self._node(stack.pop())))

    def _node(self, branch: _Branch) -> list[_Branch]:
        """Draw a node, or a reference to it, and return the branches below it."""
        node = self.tree.nodes.get(branch.node)
        if node is None or not self._drawn_here(branch, node):
            self._reference(branch, known=node is not None)
            return []
        folded = branch.node in self.ruled_out
        if not folded:
            self.drawn.add(branch.node)
        following = [] if folded or isinstance(node, Action) else self._children(branch, node)
        hang = self._hanging_guide(branch, following)
        role = self._role(branch, node)
        self._write(branch, role, self._words(branch, node, role), hang)
        if isinstance(node, Action) and not folded:
            return [_Branch(node.to, branch.below, branch.below, None, branch.node)]
        return following

    def _drawn_here(self, branch: _Branch, node: Node) -> bool:
        """Whether the node's exits are drawn here; a node without exits to draw can be drawn anywhere."""
        if isinstance(node, End) or branch.node in self.ruled_out:
            return True
        if branch.node in self.drawn:
            return False
        if not self._on_path(branch):
            return False
        if columns(branch.below) + len(_GAP) > self.width // 2:
            self.deferred.append(branch.node)
            self.joins.add(branch.node)
            return False
        return True

    def _on_path(self, branch: _Branch) -> bool:
        """Whether the path first reached the node by this branch; also true off the path and for a section's root."""
        way = (branch.source, branch.label or "")
        return not branch.source or self.arrivals.get(branch.node, way) == way

    def _children(self, branch: _Branch, node: Node) -> list[_Branch]:
        ways = exits(node)
        taken = [number for number, way in enumerate(ways) if (branch.node, way.label) in self.taken]
        last_taken = taken[-1] if taken else -1
        children = []
        for number, way in enumerate(ways):
            here, last = number in taken, number == len(ways) - 1
            first = self.symbols.last[here] if last else self.symbols.branch[here]
            if number < last_taken and not here:
                first = self.symbols.above_taken
            below = _GAP if last else self.symbols.pipe[number < last_taken]
            children.append(_Branch(way.to, branch.below + first, branch.below + below, way.label, branch.node))
        return children

    def _hanging_guide(self, branch: _Branch, following: list[_Branch]) -> str:
        """Return the guide for the further lines of a text, which continues to the branches below."""
        if not following:
            return branch.below + (_GAP if branch.label is not None else "  ")
        heavy = any((branch.node, below.label) in self.taken for below in following)
        return branch.below + self.symbols.pipe[heavy]

    def _role(self, branch: _Branch, node: Node) -> Role:
        if branch.node == self.position and self._on_path(branch):
            return "position"
        if branch.node in self.done:
            return "done"
        if branch.node in self.ruled_out:
            return "out"
        match node:
            case End(outcome="resolved"):
                return "end-resolved"
            case End():
                return "end-escalate"
            case Action():
                return "action"
        return "question"

    def _words(self, branch: _Branch, node: Node, role: Role) -> list[tuple[str, Style]]:
        """Return the words of a node: its answer, symbol and text, and its name if there are references to it."""
        name: list[tuple[str, Style]] = [(f"({one_line(branch.node)})", "name")] if branch.node in self.joins else []
        apart = not branch.source and branch.node != self.tree.start
        symbols = self._symbols(branch.node, node, role)
        words = [*(name if apart else ()), *self._label(branch), *((word, role) for word in symbols)]
        words += [(word, role) for word in one_line(node.text).split()]
        if role == "out" and not isinstance(node, End):
            words.append((self.symbols.folded, role))
        elif not apart and not isinstance(node, End):
            words += name
        if role == "position":
            words.append((self.symbols.here, role))
        return words

    def _symbols(self, name: str, node: Node, role: Role) -> list[str]:
        symbols = [self.symbols.position] if role == "position" else []
        match node:
            case _ if role == "out":
                symbols.append(self.symbols.out + ("?" if name in self.unconfirmed else ""))
            case Action() if role != "position":
                symbols.append(self.symbols.action)
            case End(outcome="resolved"):
                symbols.append(self.symbols.resolved)
            case End():
                redundant = node.text.casefold().startswith("escalate")
                symbols.append(self.symbols.escalate.split()[0] if redundant else self.symbols.escalate)
        return symbols

    def _reference(self, branch: _Branch, *, known: bool) -> None:
        pointer = self.symbols.above if branch.node in self.drawn else self.symbols.below
        name = one_line(branch.node)
        words = [*pointer.split(), name] if known else [self.symbols.out, f'there is no node "{name}"']
        self._write(branch, "see", [*self._label(branch), *((word, "see") for word in words)], branch.below + _GAP)

    def _write(self, branch: _Branch, role: Role, words: Sequence[tuple[str, Style]], hang: str) -> None:
        room = self.width - columns(branch.first), self.width - columns(hang)
        for number, line in enumerate(wrap(words, *room)):
            guide = hang if number else branch.first
            self.result.append(Line(role=role, spans=spans(guide, line)))

    def _label(self, branch: _Branch) -> list[tuple[str, Style]]:
        """Return the words of the answer that leads to a node, with a mark if it was assumed."""
        if branch.label is None:
            return []
        assumed = ", assumed" if (branch.source, branch.label) in self.assumed else ""
        return [(word, "label") for word in f"[{one_line(branch.label)}{assumed}]".split()]
