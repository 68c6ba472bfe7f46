"""What a drawing marks: how the path came to each node, the nodes met again, and the branches ruled out."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from rflow.core.tree.graph import Turn
from rflow.core.tree.model import Action, End, Tree, exits, targets


def first_ways(tree: Tree, path: Sequence[Turn]) -> dict[str, tuple[str, str]]:
    """Say by which answer the path first came to each of its nodes: there the node is drawn.

    A path that does not begin at the start, or that the tree no longer has, counts as far as it fits.
    """
    owner: dict[str, tuple[str, str]] = {tree.start: ("", "")}
    for turn in path:
        node = tree.nodes.get(turn.node)
        ways = {(way.label, way.to) for way in exits(node)} if node is not None else set()
        if turn.node in owner and (turn.label if not isinstance(node, Action) else "", turn.to) in ways:
            owner.setdefault(turn.to, (turn.node, "" if isinstance(node, Action) else turn.label))
    return owner


def with_label(tree: Tree, turn: Turn) -> Turn:
    """Return the move its label where it has none: a decision with one exit is left like an action."""
    node = tree.nodes.get(turn.node)
    ways = exits(node) if node is not None else ()
    return turn if turn.label or len(ways) != 1 else replace(turn, label=ways[0].label)


def met_again(tree: Tree) -> set[str]:
    """Return the nodes that more than one answer leads to."""
    seen, again = {tree.start}, set[str]()
    for name in tree.nodes:
        for to in targets(tree, name):
            (again if to in seen else seen).add(to)
    return again


def dead(tree: Tree, ruled_out: Collection[str], alive: Collection[str | None]) -> set[str]:
    """Return the nodes that lead to ends ruled out, and neither to another end nor to a node that is `alive`."""
    if not ruled_out:
        return set()
    sources: dict[str, list[str]] = {name: [] for name in tree.nodes}
    for name in tree.nodes:
        for to in targets(tree, name):
            sources[to].append(name)
    ends = {name for name, node in tree.nodes.items() if isinstance(node, End)}
    live = {name for name in tree.nodes if name in alive or (name in ends and name not in ruled_out)}
    return _leading_to(ends - live, sources) - _leading_to(live, sources)


def _leading_to(names: set[str], sources: dict[str, list[str]]) -> set[str]:
    found = set(names)
    waiting = list(names)
    while waiting:
        fresh = [source for source in sources[waiting.pop()] if source not in found]
        found.update(fresh)
        waiting.extend(fresh)
    return found
