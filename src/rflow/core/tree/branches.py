"""How the branches of a tree relate to a path through it: first arrivals, joins, and branches that are ruled out."""

import re
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from rflow.core.tree.graph import Turn, leading_to
from rflow.core.tree.model import Action, End, Tree, exits, targets

_SOLVED = r"(?i)\W*(?:problem |it is |it's |it )?(?:solved|resolved|fixed|works(?: again| now)?|gelöst|behoben)\W*"


def first_arrivals(tree: Tree, path: Sequence[Turn]) -> dict[str, tuple[str, str]]:
    """Return the (node, answer) by which the path first reached each of its nodes: there the node is drawn.

    Turns that don't follow from the start, or that the tree no longer has, are ignored.
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
    """Return `turn` with a label if it has none: a decision with one exit is left like an action."""
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
    """Return the nodes that lead to ends ruled out, and neither to another end nor to a node that is `alive`.

    An end that means "solved" is no cause, so it is never ruled out itself.
    """
    if not ruled_out:
        return set()
    ends = {name for name, node in tree.nodes.items() if isinstance(node, End)}
    live = {name for name in tree.nodes if name in alive or (name in ends and name not in ruled_out)}
    return leading_to(tree, ends - live) - leading_to(tree, live) - _solved(tree)


def _solved(tree: Tree) -> set[str]:
    """Return the ends that mean "solved": by their text, or as they have no cause in a tree that names causes."""
    ends = {name: node for name, node in tree.nodes.items() if isinstance(node, End)}
    named = any(end.cause for end in ends.values())
    resolved = {name: end for name, end in ends.items() if end.outcome == "resolved" and not end.cause}
    return {name for name, end in resolved.items() if named or re.fullmatch(_SOLVED, end.text)}
