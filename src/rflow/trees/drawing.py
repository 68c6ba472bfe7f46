"""Drawing a tree for the terminal: questions with their answers as branches, chains of actions flat, joins once."""

from collections import deque
from collections.abc import Collection, Sequence

import msgspec

from rflow.core.text import columns, one_line
from rflow.core.tree.graph import Turn, distances
from rflow.core.tree.marks import dead, first_ways, met_again, with_label
from rflow.core.tree.model import Action, End, Node, Tree, exits
from rflow.trees.symbols import ASCII, UNICODE, Line, Role, Signs, Style, spans
from rflow.trees.wrapping import wrap

NARROWEST = 24
_GAP = "   "


class _Place(msgspec.Struct, frozen=True):
    """A node about to be drawn: the guides left of its first line and of what hangs below it, and how it is reached."""

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
    unicode: bool = True,
) -> list[Line]:
    """Draw `tree` in at most `width` columns (24 or more), with guides in ASCII unless `unicode`.

    `position` is marked, the `path` taken has heavy guides, and the ends `ruled_out` are crossed out; a branch with no
    other ends is folded into one line. What a node leads to is drawn once, on the path where it lies on that; elsewhere
    a line says where to look. Branches with too little room, and nodes that no path leads to, follow below.
    """
    labelled = [with_label(tree, turn) for turn in path]
    return _Drawing(tree, max(width, NARROWEST), position, labelled, ruled_out, UNICODE if unicode else ASCII).lines()


class _Drawing:
    def __init__(
        self,
        tree: Tree,
        width: int,
        position: str | None,
        path: Sequence[Turn],
        ruled_out: Collection[str],
        signs: Signs,
    ) -> None:
        self.tree, self.width, self.position, self.signs = tree, width, position, signs
        self.taken = {(turn.node, turn.label) for turn in path}
        self.done = {turn.node for turn in path}
        self.out = dead(tree, ruled_out, {*self.done, position})
        self.owner = first_ways(tree, path)
        self.named = met_again(tree)
        self.drawn: set[str] = set()
        self.put_off: deque[str] = deque()
        self.result: list[Line] = []

    def lines(self) -> list[Line]:
        """Draw from the start, then what was put off, then what no path leads to."""
        reach = distances(self.tree, self.tree.start)
        roots = [self.tree.start, *(name for name in self.tree.nodes if name not in reach)]
        for root in roots:
            self.put_off.append(root)
            while self.put_off:
                name = self.put_off.popleft()
                if name in self.tree.nodes and name not in self.drawn:
                    self._section(name, loose=name == root and root not in reach)
        return self.result

    def _section(self, name: str, *, loose: bool) -> None:
        if self.result:
            self.result.append(Line(role="see"))
        if loose:
            words = "No path from the start leads here:".split()
            self._write(_Place(name), "see", [(word, "see") for word in words], "")
        stack = [_Place(name)]
        while stack:
            stack.extend(reversed(self._node(stack.pop())))

    def _node(self, place: _Place) -> list[_Place]:
        """Draw one node, or where to look for it, and give what follows below it."""
        node = self.tree.nodes.get(place.node)
        if node is None or not self._drawn_here(place, node):
            self._reference(place, known=node is not None)
            return []
        folded = place.node in self.out
        if not folded:
            self.drawn.add(place.node)
        following = [] if folded or isinstance(node, Action) else self._children(place, node)
        hang = self._hang(place, following)
        role = self._role(place, node)
        self._write(place, role, self._words(place, node, role), hang)
        if isinstance(node, Action) and not folded:
            return [_Place(node.to, place.below, place.below, None, place.node)]
        return following

    def _drawn_here(self, place: _Place, node: Node) -> bool:
        """Whether this is where the node's ways out are drawn; where there are none to draw, each place will do."""
        if isinstance(node, End) or place.node in self.out:
            return True
        if place.node in self.drawn:
            return False
        if not self._on_path(place):
            return False
        if columns(place.below) + len(_GAP) > self.width // 2:
            self.put_off.append(place.node)
            self.named.add(place.node)
            return False
        return True

    def _on_path(self, place: _Place) -> bool:
        """Whether the path came this way to the node; true where it did not come to it, or where a section begins."""
        way = (place.source, place.label or "")
        return not place.source or self.owner.get(place.node, way) == way

    def _children(self, place: _Place, node: Node) -> list[_Place]:
        ways = exits(node)
        taken = [number for number, way in enumerate(ways) if (place.node, way.label) in self.taken]
        last_taken = taken[-1] if taken else -1
        found = []
        for number, way in enumerate(ways):
            here, last = number in taken, number == len(ways) - 1
            first = self.signs.last[here] if last else self.signs.branch[here]
            if number < last_taken and not here:
                first = self.signs.passed
            below = _GAP if last else self.signs.pipe[number < last_taken]
            found.append(_Place(way.to, place.below + first, place.below + below, way.label, place.node))
        return found

    def _hang(self, place: _Place, following: list[_Place]) -> str:
        """Return the guide of a wrapped text: it goes on to the branches below."""
        if not following:
            return place.below + (_GAP if place.label is not None else "  ")
        heavy = any((place.node, below.label) in self.taken for below in following)
        return place.below + self.signs.pipe[heavy]

    def _role(self, place: _Place, node: Node) -> Role:
        if place.node == self.position and self._on_path(place):
            return "position"
        if place.node in self.done:
            return "done"
        if place.node in self.out:
            return "out"
        match node:
            case End(outcome="resolved"):
                return "end-resolved"
            case End():
                return "end-escalate"
            case Action():
                return "action"
        return "question"

    def _words(self, place: _Place, node: Node, role: Role) -> list[tuple[str, Style]]:
        """Return the words of a node's lines: its answer, its sign, its text, and its name where others refer to it."""
        name: list[tuple[str, Style]] = [(f"({one_line(place.node)})", "name")] if place.node in self.named else []
        apart = not place.source and place.node != self.tree.start
        words = [*(name if apart else ()), *_label(place), *((word, role) for word in self._sign(node, role))]
        words += [(word, role) for word in one_line(node.text).split()]
        if role == "out" and not isinstance(node, End):
            words.append((self.signs.folded, role))
        elif not apart and not isinstance(node, End):
            words += name
        if role == "position":
            words.append((self.signs.here, role))
        return words

    def _sign(self, node: Node, role: Role) -> list[str]:
        signs = [self.signs.position] if role == "position" else []
        match node:
            case _ if role == "out":
                signs.append(self.signs.out)
            case Action() if role != "position":
                signs.append(self.signs.action)
            case End(outcome="resolved"):
                signs.append(self.signs.resolved)
            case End():
                said = node.text.casefold().startswith("escalate")
                signs.append(self.signs.escalate.split()[0] if said else self.signs.escalate)
        return signs

    def _reference(self, place: _Place, *, known: bool) -> None:
        said = self.signs.above if place.node in self.drawn else self.signs.below
        name = one_line(place.node)
        words = [*said.split(), name] if known else [self.signs.out, f'there is no node "{name}"']
        self._write(place, "see", [*_label(place), *((word, "see") for word in words)], place.below + _GAP)

    def _write(self, place: _Place, role: Role, words: Sequence[tuple[str, Style]], hang: str) -> None:
        room = self.width - columns(place.first), self.width - columns(hang)
        for number, line in enumerate(wrap(words, *room)):
            guide = hang if number else place.first
            self.result.append(Line(role=role, spans=spans(guide, line)))


def _label(place: _Place) -> list[tuple[str, Style]]:
    return [(word, "label") for word in f"[{one_line(place.label)}]".split()] if place.label is not None else []
