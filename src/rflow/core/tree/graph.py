"""What lies ahead in a tree: the steps remaining, the ends within reach, an outline, the ends ruled out.

Every function walks the part of the tree it needs once, without recursion: a chain of thousands of nodes is fine.
Targets that are not in the tree are ignored, so that a tree with errors can be shown too.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

from rflow.core.tree.model import End, Kind, Tree, exits, kind_of, targets


class Remaining(msgspec.Struct, frozen=True, kw_only=True):
    """The number of steps from a node to an end: `most` is None if there are `loops`, both if no end is reachable."""

    fewest: int | None
    most: int | None
    loops: bool
    ends: tuple[str, ...]


class OutlineLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an outline: `depth` starts at 1; `label` is the choice that leads here ("" after an action).

    `repeated`: the node's exits are listed further up. `cut`: the node's exits are beyond the requested depth.
    """

    depth: int
    label: str
    node: str
    kind: Kind
    text: str
    repeated: bool = False
    cut: bool = False


class RuledOut(msgspec.Struct, frozen=True, kw_only=True):
    """The ends (node ids) that an answer ruled out; `unconfirmed` if the answer was only assumed."""

    node: str
    label: str
    ends: tuple[str, ...]
    unconfirmed: bool


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A move along the path: from `node` by the choice `label` ("" for none) to `to`."""

    node: str
    label: str
    to: str
    assumed: bool = False


def distances(tree: Tree, node_id: str) -> dict[str, int]:
    """Return every node reachable from `node_id`, including itself, with its distance in steps, nearest first."""
    seen: dict[str, int] = {}
    explore(tree, node_id, seen)
    return seen


def explore(tree: Tree, node_id: str, seen: dict[str, int]) -> None:
    """Add the nodes reachable from `node_id` to `seen`, nearest first, with their distances."""
    if node_id in seen or node_id not in tree.nodes:
        return
    seen[node_id] = 0
    queue = deque([node_id])
    while queue:
        here = queue.popleft()
        for to in targets(tree, here):
            if to not in seen:
                seen[to] = seen[here] + 1
                queue.append(to)


def remaining(tree: Tree, node_id: str) -> Remaining:
    """Return the number of steps from `node_id` to an end, and the reachable ends, nearest first."""
    reach = distances(tree, node_id)
    ends = tuple(name for name in reach if isinstance(tree.nodes[name], End))
    ways = {name: list(targets(tree, name)) for name in reach}
    order = _topological(ways)
    loops = len(order) < len(reach)
    fewest = reach[ends[0]] if ends else None
    most = None if loops else _longest(tree, ways, order).get(node_id)
    return Remaining(fewest=fewest, most=most, loops=loops, ends=ends)


def _topological(ways: dict[str, list[str]]) -> list[str]:
    """Return the nodes in topological order; the nodes on a loop or after it are missing. `ways` are their targets."""
    incoming = dict.fromkeys(ways, 0)
    for targets_ in ways.values():
        for to in targets_:
            incoming[to] += 1
    ready = [name for name, count in incoming.items() if not count]
    order = []
    while ready:
        name = ready.pop()
        order.append(name)
        for to in ways[name]:
            incoming[to] -= 1
            if not incoming[to]:
                ready.append(to)
    return order


def _longest(tree: Tree, ways: dict[str, list[str]], order: list[str]) -> dict[str, int]:
    """Return the longest distance to an end, for each node of `order` that leads to an end."""
    longest: dict[str, int] = {}
    for name in reversed(order):
        if isinstance(tree.nodes[name], End):
            longest[name] = 0
        else:
            lengths = [longest[to] for to in ways[name] if to in longest]
            if lengths:
                longest[name] = 1 + max(lengths)
    return longest


def outline(tree: Tree, node_id: str, depth: int) -> list[OutlineLine]:
    """Return an outline of the nodes after `node_id`, `depth` levels deep; the exits of a node are listed once."""
    lines: list[OutlineLine] = []
    opened = {node_id}
    stack = _children(tree, node_id, 1) if depth > 0 else []
    while stack:
        level, label, name = stack.pop()
        node = tree.nodes[name]
        more = bool(exits(node))
        line = OutlineLine(
            depth=level,
            label=label,
            node=name,
            kind=kind_of(node),
            text=node.text,
            repeated=more and name in opened,
            cut=more and name not in opened and level >= depth,
        )
        lines.append(line)
        if more and not line.repeated and not line.cut:
            opened.add(name)
            stack.extend(_children(tree, name, level + 1))
    return lines


def _children(tree: Tree, node_id: str, level: int) -> list[tuple[int, str, str]]:
    """Return the exits of a node as (level, label, target), last first, for a stack."""
    node = tree.nodes.get(node_id)
    ways = exits(node) if node is not None else ()
    return [(level, way.label, way.to) for way in reversed(ways) if way.to in tree.nodes]


def leading_to(tree: Tree, names: Iterable[str]) -> set[str]:
    """Return the nodes from which one of `names` can be reached, including these."""
    sources: dict[str, list[str]] = {name: [] for name in tree.nodes}
    for name in tree.nodes:
        for to in targets(tree, name):
            sources[to].append(name)
    leading = set(names)
    waiting = list(leading)
    while waiting:
        fresh = [source for source in sources[waiting.pop()] if source not in leading]
        leading.update(fresh)
        waiting.extend(fresh)
    return leading


def ruled_out(tree: Tree, path: Sequence[Turn]) -> list[RuledOut]:
    """Return the ends that each answer of `path` ruled out, in the order of the answers.

    An end that is reachable again after a later turn is not ruled out; each end is listed with the last answer that
    ruled it out. The path is traversed backwards: a turn rules out the nodes that are reachable from its node, but not
    from any later one, so every node is visited once, however long the path. An answer whose choice has
    `rules_out = false` rules nothing out.
    """
    order = {name: number for number, name in enumerate(tree.nodes)}
    reached: dict[str, int] = {}
    answers: list[RuledOut] = []
    for turn in reversed(path):
        explore(tree, turn.to, reached)
        known = len(reached)
        explore(tree, turn.node, reached)
        lost = [name for name in islice(reversed(reached), len(reached) - known) if isinstance(tree.nodes[name], End)]
        if lost and _rules_out(tree, turn):
            ends = tuple(sorted(lost, key=order.__getitem__))
            answers.append(RuledOut(node=turn.node, label=turn.label, ends=ends, unconfirmed=turn.assumed))
    return answers[::-1]


def _rules_out(tree: Tree, turn: Turn) -> bool:
    """Whether an answer rules out the other answers, unlike "not known"."""
    node = tree.nodes.get(turn.node)
    ways = exits(node) if node is not None else ()
    return all(way.rules_out for way in ways if (way.label, way.to) == (turn.label, turn.to))
