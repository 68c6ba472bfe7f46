"""What earlier sessions did in a tree: counts of answers and how these sessions ended, and how long each node took."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from rflow.core.people import Person
from rflow.core.session.state import Session
from rflow.core.tree.graph import distances
from rflow.core.tree.model import Decision, Tree

ENOUGH = 5
"""Fewer sessions than these say nothing: what they did is not shown."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """How many sessions gave an answer, and how these ended; `ended` is None where they are too few to say."""

    label: str
    sessions: int
    ended: dict[str, int] | None = None


class Hints(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier sessions answered to a question. `answers` is empty where fewer than `ENOUGH` sessions did.

    `more` says that only the last sessions were counted.
    """

    tree: str
    node: str
    question: str
    sessions: int
    enough: bool
    answers: tuple[Answered, ...] = ()
    more: bool = False


class NodeFlag(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's report that something is wrong with a node, in the version of its tree with that digest."""

    node: str
    text: str
    by: Person
    at: datetime | None
    session: str
    seq: int
    digest: str


class NodeStats(msgspec.Struct, frozen=True, kw_only=True):
    """What happened at a node.

    `entered` counts the sessions that were there, `seconds` is the median time that they spent there. `escalated`,
    `abandoned` and `resolved` are those that were closed there, `open` those that stand there now.
    """

    node: str
    text: str
    entered: int = 0
    seconds: int | None = None
    escalated: int = 0
    abandoned: int = 0
    resolved: int = 0
    open: int = 0


class TreeStats(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in a tree, by node; `flags` are those of its current version.

    `more` says that only the last sessions were counted.
    """

    tree: str
    title: str
    digest: str
    sessions: int
    nodes: tuple[NodeStats, ...]
    flags: tuple[NodeFlag, ...] = ()
    more: bool = False


class Visit(msgspec.Struct, frozen=True):
    """A stay at a node: from when to when, and the answer given there."""

    node: str
    arrived: datetime | None
    left: datetime | None
    answer: str = ""


def visits(session: Session, tree_id: str) -> Iterator[Visit]:
    """Yield a session's stays in a tree, in any of its versions; moves that were taken back don't count."""
    arrived = session.started_at
    for step in session.steps.values():
        if step.undone or step.kind == "own":
            continue
        tree = session.trees.get(step.tree)
        if step.kind != "tree" and tree is not None and tree.id == tree_id:
            yield Visit(step.node, arrived, step.at, step.result if step.kind == "choice" else "")
        arrived = step.at
    if session.place is not None and session.tree is not None and session.tree.id == tree_id:
        yield Visit(session.place.node, arrived, session.closing.at if session.closing else None)


def hints_of(tree: Tree, node_id: str, sessions: Iterable[Session], *, more: bool = False) -> Hints:
    """Return what sessions answered at a question, and how they ended. An answer of now counts whatever its case."""
    node = tree.nodes[node_id]
    labels = [choice.label for choice in node.choices] if isinstance(node, Decision) else []
    counts: dict[str, dict[str, int]] = {label.casefold(): {} for label in labels}
    total = 0
    for session in sessions:
        given = [visit.answer for visit in visits(session, tree.id) if visit.node == node_id and visit.answer]
        if not given:
            continue
        total += 1
        ended = counts.get(given[-1].casefold())
        if ended is not None:
            outcome = session.closing.outcome if session.closing else "open"
            ended[outcome] = ended.get(outcome, 0) + 1
    enough = total >= ENOUGH
    answers = tuple(_answered(label, counts[label.casefold()]) for label in labels) if enough else ()
    return Hints(
        tree=tree.id, node=node_id, question=node.text, sessions=total, enough=enough, answers=answers, more=more
    )


def _answered(label: str, ended: dict[str, int]) -> Answered:
    sessions = sum(ended.values())
    return Answered(label=label, sessions=sessions, ended=ended if sessions >= ENOUGH else None)


class _Count(msgspec.Struct):
    entered: int = 0
    seconds: list[float] = []
    ended: dict[str, int] = {}


def stats_of(
    tree: Tree, digest: str, sessions: Iterable[Session], flags: Iterable[NodeFlag], *, more: bool = False
) -> TreeStats:
    """Return what sessions did in a tree, for each node of its current version."""
    counts = {name: _Count() for name in {**distances(tree, tree.start), **tree.nodes}}
    total = 0
    for session in sessions:
        total += 1
        _count(session, tree.id, counts)
    return TreeStats(
        tree=tree.id,
        title=tree.title,
        digest=digest,
        sessions=total,
        nodes=tuple(_node(name, tree.nodes[name].text, count) for name, count in counts.items()),
        flags=tuple(flags),
        more=more,
    )


def _count(session: Session, tree_id: str, counts: dict[str, _Count]) -> None:
    seen = set()
    for visit in visits(session, tree_id):
        count = counts.get(visit.node)
        if count is None:
            continue
        count.entered += visit.node not in seen
        seen.add(visit.node)
        if visit.arrived is not None and visit.left is not None:
            count.seconds.append(max(0.0, (visit.left - visit.arrived).total_seconds()))
    here = session.place.node if session.place and session.tree and session.tree.id == tree_id else ""
    if here in counts:
        ended = counts[here].ended
        outcome = session.closing.outcome if session.closing else "open"
        ended[outcome] = ended.get(outcome, 0) + 1


def _node(name: str, text: str, count: _Count) -> NodeStats:
    from statistics import median

    return NodeStats(
        node=name,
        text=text,
        entered=count.entered,
        seconds=round(median(count.seconds)) if count.seconds else None,
        escalated=count.ended.get("escalated", 0),
        abandoned=count.ended.get("abandoned", 0),
        resolved=count.ended.get("resolved", 0),
        open=count.ended.get("open", 0),
    )
