"""How the branches of a tree relate to a path through it: first arrivals, joins, and branches that are ruled out."""

import re
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from rflow.core.tree.graph import Turn, leading_to
from rflow.core.tree.model import Action, End, Tree, exits, targets

_SOLVED = r"(?i)\W*(?:problem |it is |it's |it )?(?:solved|resolved|fixed|works(?: again| now)?|gelöst|behoben)\W*"


def first_arrivals(tree: Tree, path: Sequence[Turn]) -> dict[str, tuple[str, str]]:
    """Return the (node, answer) by which the path first reached each of its nodes, where an outline draws the node.

    Turns that are not connected to the start, or no longer in the tree, are ignored.
    """
    arrivals: dict[str, tuple[str, str]] = {tree.start: ("", "")}
    for turn in path:
        node = tree.nodes.get(turn.node)
        ways = {(way.label, way.to) for way in exits(node)} if node is not None else set()
        label = "" if isinstance(node, Action) else turn.label
        if turn.node in arrivals and (label, turn.to) in ways:
            arrivals.setdefault(turn.to, (turn.node, label))
    return arrivals


def with_label(tree: Tree, turn: Turn) -> Turn:
    """Return `turn` with the label of the only exit if it has none, as after a decision with one choice."""
    node = tree.nodes.get(turn.node)
    ways = exits(node) if node is not None else ()
    return turn if turn.label or len(ways) != 1 else replace(turn, label=ways[0].label)


def joins(tree: Tree) -> set[str]:
    """Return the nodes that more than one answer leads to."""
    seen, again = {tree.start}, set[str]()
    for name in tree.nodes:
        for to in targets(tree, name):
            (again if to in seen else seen).add(to)
    return again


def ruled_out_nodes(tree: Tree, ruled_out: Collection[str], alive: Collection[str | None]) -> set[str]:
    """Return the nodes that lead only to ruled-out ends, and not to a node in `alive`.

    An end that means "solved" is not a cause, so it is never ruled out itself.
    """
    if not ruled_out:
        return set()
    ends = {name for name, node in tree.nodes.items() if isinstance(node, End)}
    live = {name for name in tree.nodes if name in alive or (name in ends and name not in ruled_out)}
    return leading_to(tree, ends - live) - leading_to(tree, live) - _solved(tree)


def _solved(tree: Tree) -> set[str]:
    """Return the ends that mean "solved": by their text, or because they have no cause in a tree with causes."""
    ends = {name: node for name, node in tree.nodes.items() if isinstance(node, End)}
    named = any(end.cause for end in ends.values())
    resolved = {name: end for name, end in ends.items() if end.outcome == "resolved" and not end.cause}
    return {name for name, end in resolved.items() if named or re.fullmatch(_SOLVED, end.text)}
