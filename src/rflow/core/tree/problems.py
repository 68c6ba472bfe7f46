"""Checking the graph of a tree: all its problems at once, each with its location and a remedy."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Literal

import msgspec

from rflow.core.text import one_line, shorten
from rflow.core.tree.graph import distances, explore, leading_to
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree, exits, targets

Severity = Literal["error", "warning"]
KeyPath = tuple[str | int, ...]
LONGEST_NAME = 64
_SOLVED = 2
_MOST_COMPARISONS = 200_000  # difflib takes about 3 µs each, and a file may be full of unknown targets


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem of a tree: an error makes the tree unusable, a warning does not.

    `path` is its location in the document: () for the tree, ("nodes", "scope", "choices", 0, "to") for a target.
    """

    severity: Severity
    path: KeyPath
    message: str
    remedy: str = ""


def problems(tree: Tree, doubtful: Collection[str] = ()) -> list[Problem]:
    """Return the problems of the graph of `tree`, errors first, without those that result from another problem.

    The exits of `doubtful` nodes are unknown because of another problem.
    """
    if not tree.nodes:
        return [error(("nodes",), "The tree has no nodes.", "Add at least a start node and an end.")]
    meant = _meant(tree)
    listed = [*_start(tree, meant), *_texts(tree), *_labels(tree), *_unknown_targets(tree, meant)]
    linked = _with_targets_corrected(tree, meant)
    doubtful = {*doubtful, *(name for name in linked.nodes if _leads_away(linked, name))}
    if linked.start in linked.nodes:
        reach = distances(linked, linked.start)
        listed += [*_ends(linked, reach, doubtful)]
        listed += () if any(name in reach for name in doubtful) else _unreachable(linked, reach)
    listed += _single_exits(tree)
    return sorted(listed, key=lambda problem: problem.severity)


def error(path: KeyPath, message: str, remedy: str) -> Problem:
    """Return a problem that makes the tree unusable."""
    return Problem(severity="error", path=path, message=one_line(message), remedy=remedy)


def warning(path: KeyPath, message: str, remedy: str) -> Problem:
    """Return a problem that leaves the tree usable."""
    return Problem(severity="warning", path=path, message=one_line(message), remedy=remedy)


def quoted(value: object) -> str:
    """Return a value from a file in quotation marks, shortened to fit on a line."""
    return f'"{shorten(str(value), LONGEST_NAME)}"'


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant; None if none is similar."""
    close = get_close_matches(name, names, n=1, cutoff=0.6) if len(name) <= 2 * LONGEST_NAME else []
    return close[0] if close else None


def _meant(tree: Tree) -> dict[str, str]:
    """Return the unknown targets (and start), each with the node that was probably meant, if one is similar."""
    wanted = dict.fromkeys([tree.start, *(way.to for node in tree.nodes.values() for way in exits(node))])
    unknown = [name for name in wanted if name and name not in tree.nodes]
    names = list(tree.nodes)
    closest = {name: nearest(name, names) for name in unknown[: _MOST_COMPARISONS // len(names)]}
    return {name: close for name, close in closest.items() if close is not None}


def _with_targets_corrected(tree: Tree, meant: dict[str, str]) -> Tree:
    """Return the tree with misspelt targets corrected, so that a typo is not reported as several problems."""
    if not meant:
        return tree
    nodes = {name: _with_target_corrected(node, meant) for name, node in tree.nodes.items()}
    return msgspec.structs.replace(tree, start=meant.get(tree.start, tree.start), nodes=nodes)


def _with_target_corrected(node: Node, meant: dict[str, str]) -> Node:
    match node:
        case Decision():
            ways = tuple(Choice(label=way.label, to=meant.get(way.to, way.to)) for way in node.choices)
            return msgspec.structs.replace(node, choices=ways)
        case Action():
            return msgspec.structs.replace(node, to=meant.get(node.to, node.to))
        case End():
            return node


def did_you_mean(name: str | None, otherwise: str) -> str:
    """Return "Did you mean …?" if there is a name to suggest, or `otherwise`."""
    return otherwise if name is None else f'Did you mean "{name}"?'


def _start(tree: Tree, meant: dict[str, str]) -> Iterator[Problem]:
    if tree.start not in tree.nodes:
        remedy = did_you_mean(meant.get(tree.start), "Name one of the nodes.")
        yield error(("start",), f"The start {quoted(tree.start)} is not a node.", remedy)


def _texts(tree: Tree) -> Iterator[Problem]:
    for name, node in tree.nodes.items():
        if not node.text.strip():
            yield error(("nodes", name, "text"), "The text is empty.", "Say what to ask or to do here.")
        for number, choice in enumerate(node.choices if isinstance(node, Decision) else ()):
            if not choice.label.strip():
                path = ("nodes", name, "choices", number, "label")
                yield error(path, "The label is empty.", "Say which answer this is.")


def _labels(tree: Tree) -> Iterator[Problem]:
    for name, node in tree.nodes.items():
        seen: set[str] = set()
        for number, choice in enumerate(node.choices if isinstance(node, Decision) else ()):
            label = choice.label.strip().casefold()
            if label and label in seen:
                path = ("nodes", name, "choices", number, "label")
                remedy = "Use a different label for each choice (case does not count)."
                yield error(path, f"The label {quoted(choice.label)} is there twice.", remedy)
            seen.add(label)


def _unknown_targets(tree: Tree, meant: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each unknown target, where it is first used: a missing node is one mistake."""
    places: dict[str, list[KeyPath]] = {}
    for name, node in tree.nodes.items():
        for number, choice in enumerate(exits(node)):
            if choice.to and choice.to not in tree.nodes:
                inside = ("choices", number, "to") if isinstance(node, Decision) else ("to",)
                places.setdefault(choice.to, []).append(("nodes", name, *inside))
    for to, paths in places.items():
        target, more = quoted(to), f" ({len(paths)} lead there)" if len(paths) > 1 else ""
        remedy = did_you_mean(meant.get(to), f"Add a node {target}, or name another.")
        yield error(paths[0], f"The target {target} is not a node{more}.", remedy)


def _leads_away(tree: Tree, name: str) -> bool:
    """Whether a node has an unknown target, which may mean any node."""
    return any(way.to not in tree.nodes for way in exits(tree.nodes[name]))


def _ends(tree: Tree, reach: Collection[str], doubtful: Collection[str]) -> Iterator[Problem]:
    ends = (name for name, node in tree.nodes.items() if isinstance(node, End) or name in doubtful)
    way_out = leading_to(tree, ends)
    if tree.start not in way_out:
        remedy = "Make at least one path lead to an end."
        yield error(("start",), "There is no way to an end from the start.", remedy)
        return
    for part in _parts(tree, [name for name in reach if name not in way_out]):
        names = ", ".join(quoted(name) for name in part[:5]) + (" …" if len(part) > 5 else "")
        remedy = "Make one of them lead to an end." if len(part) > 1 else "Make it lead to an end."
        yield warning(("nodes", part[0]), f"From here no end can be reached ({names}).", remedy)


def _parts(tree: Tree, names: list[str]) -> list[list[str]]:
    """Return the connected parts of the nodes `names`, each in the order given."""
    neighbours: dict[str, set[str]] = {name: set() for name in names}
    for name in names:
        for to in targets(tree, name):
            if to in neighbours:
                neighbours[name].add(to)
                neighbours[to].add(name)
    part_of: dict[str, str] = {}
    for first in names:
        waiting = [first]
        while waiting:
            name = waiting.pop()
            if name not in part_of:
                part_of[name] = first
                waiting.extend(neighbours[name])
    parts: dict[str, list[str]] = {}
    for name in names:
        parts.setdefault(part_of[name], []).append(name)
    return list(parts.values())


def _unreachable(tree: Tree, reach: dict[str, int]) -> Iterator[Problem]:
    """Yield a problem for unreachable nodes; only one for a connected part, whose link was forgotten."""
    left = [name for name in tree.nodes if name not in reach]
    followed = {to for name in left for to in targets(tree, name) if to != name}
    for name in [*(name for name in left if name not in followed), *left]:
        if name in reach:
            continue
        before = len(reach)
        explore(tree, name, reach)
        _, *behind = reversed([*islice(reversed(reach), len(reach) - before)])
        after = ", ".join(quoted(each) for each in behind[:5]) + (" …" if len(behind) > 5 else "")
        more = f" (nor to {after})" if after else ""
        remedy = "Link it from a node on one, or delete it."
        yield warning(("nodes", name), f"No path from the start leads here{more}.", remedy)


def _single_exits(tree: Tree) -> Iterator[Problem]:
    for name, node in tree.nodes.items():
        if isinstance(node, Decision) and len(node.choices) == 1:
            remedy = "Make it an action, or add the other answers."
            yield warning(("nodes", name), "The decision has one exit: it acts as an action.", remedy)


def ends_without_cause(tree: Tree) -> list[str]:
    """Return the ends that say what to do but have no cause, so that no answer ever rules them out.

    An end of one or two words, such as "Solved", is assumed to mean that it works again, which is not a cause.
    """
    return [
        name
        for name, node in tree.nodes.items()
        if isinstance(node, End) and node.outcome == "resolved" and not node.cause and len(node.text.split()) > _SOLVED
    ]
