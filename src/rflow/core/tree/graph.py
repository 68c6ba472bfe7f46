"""What a tree says about the way ahead: steps remaining, ends in reach, an outline, ends ruled out.

Every function walks the part of the tree it needs once, without recursion: a chain of thousands of nodes is fine.
Targets that are not in the tree are passed over, so that a faulty tree can be looked at too.
"""

from collections import deque
from collections.abc import Sequence
from itertools import islice

import msgspec

from rflow.core.tree.model import End, Kind, Tree, exits, kind_of, targets


class Remaining(msgspec.Struct, frozen=True, kw_only=True):
    """Steps from a node to an end: `most` is None where a loop can still be entered, both where no end is in reach."""

    fewest: int | None
    most: int | None
    loops: bool
    ends: tuple[str, ...]


class OutlineLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an outline: `depth` from 1; `label` is the choice that leads here ("" behind an action).

    `repeated` marks a node whose own ways out stand further up; `cut` one whose ways out lie below the depth asked for.
    """

    depth: int
    label: str
    node: str
    kind: Kind
    text: str
    repeated: bool = False
    cut: bool = False


class RuledOut(msgspec.Struct, frozen=True, kw_only=True):
    """The ends (node ids) that one answer took out of reach; unconfirmed where the answer was only assumed."""

    node: str
    label: str
    ends: tuple[str, ...]
    unconfirmed: bool


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One move along the path: from `node` by the choice `label` ("" for none) to `to`."""

    node: str
    label: str
    to: str
    assumed: bool = False


def distances(tree: Tree, node_id: str) -> dict[str, int]:
    """Return every node in reach of `node_id`, itself included, with its fewest steps, nearest first."""
    seen: dict[str, int] = {}
    _explore(tree, node_id, seen)
    return seen


def _explore(tree: Tree, node_id: str, seen: dict[str, int]) -> None:
    """Add to `seen` what is in reach of `node_id` and not in it yet, nearest first."""
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


def ends_in_reach(tree: Tree, node_id: str) -> tuple[str, ...]:
    """Return the ids of the ends that can be reached from `node_id`, nearest first."""
    return tuple(name for name in distances(tree, node_id) if isinstance(tree.nodes[name], End))


def remaining(tree: Tree, node_id: str) -> Remaining:
    """Count the steps from `node_id` to an end."""
    reach = distances(tree, node_id)
    ends = tuple(name for name in reach if isinstance(tree.nodes[name], End))
    ways = {name: list(targets(tree, name)) for name in reach}
    order = _topological(ways)
    loops = len(order) < len(reach)
    fewest = reach[ends[0]] if ends else None
    most = None if loops else _longest(tree, ways, order).get(node_id)
    return Remaining(fewest=fewest, most=most, loops=loops, ends=ends)


def _topological(ways: dict[str, list[str]]) -> list[str]:
    """Order nodes before their targets, `ways`; the nodes on or behind a loop are missing."""
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
    """Return the most steps to an end for each node of `order` from which there is one."""
    longest: dict[str, int] = {}
    for name in reversed(order):
        if isinstance(tree.nodes[name], End):
            longest[name] = 0
        else:
            behind = [longest[to] for to in ways[name] if to in longest]
            if behind:
                longest[name] = 1 + max(behind)
    return longest


def outline(tree: Tree, node_id: str, depth: int) -> list[OutlineLine]:
    """Outline what lies ahead of `node_id`, `depth` levels deep; the ways out of a node are listed once."""
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
    """Return the ways out of a node as (level, label, target), last first, to be taken from the end of a stack."""
    node = tree.nodes.get(node_id)
    ways = exits(node) if node is not None else ()
    return [(level, way.label, way.to) for way in reversed(ways) if way.to in tree.nodes]


def ruled_out(tree: Tree, path: Sequence[Turn]) -> list[RuledOut]:
    """Say which ends each answer of `path` took out of reach, in the order of the answers.

    An end that a later turn brings back into reach is not ruled out; each end is named with the answer that decided.
    Walking backwards, what a turn's node adds to all that is in reach behind it is what the turn gave up: every node
    is looked at once, however long the path.
    """
    order = {name: number for number, name in enumerate(tree.nodes)}
    behind: dict[str, int] = {}
    found: list[RuledOut] = []
    for turn in reversed(path):
        _explore(tree, turn.to, behind)
        known = len(behind)
        _explore(tree, turn.node, behind)
        lost = [name for name in islice(reversed(behind), len(behind) - known) if isinstance(tree.nodes[name], End)]
        if lost:
            ends = tuple(sorted(lost, key=order.__getitem__))
            found.append(RuledOut(node=turn.node, label=turn.label, ends=ends, unconfirmed=turn.assumed))
    return found[::-1]
