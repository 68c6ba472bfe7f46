"""Statistics of earlier sessions in a tree: how often each answer was given, the outcomes, and the time per node."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from rflow.core.people import Person
from rflow.core.session.state import Session
from rflow.core.tree.graph import distances
from rflow.core.tree.model import Decision, Tree

ENOUGH = 5
"""The fewest sessions for which counts are shown."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """How many sessions gave an answer, and their outcomes; `ended` is None if there are fewer than `ENOUGH`."""

    label: str
    sessions: int
    ended: dict[str, int] | None = None


class Hints(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of earlier sessions to a question; none are listed if there were fewer than `ENOUGH` sessions.

    `more` says that only the most recent sessions were counted.
    """

    tree: str
    node: str
    question: str
    sessions: int
    enough: bool
    answers: tuple[Answered, ...] = ()
    more: bool = False


class NodeFlag(msgspec.Struct, frozen=True, kw_only=True):
    """A report of a problem with a node, in the version of its tree with that digest."""

    node: str
    text: str
    by: Person
    at: datetime | None
    session: str
    seq: int
    digest: str


class NodeStats(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics of a node.

    `entered` is the number of sessions that reached it, `seconds` the median time of a visit. `escalated`, `abandoned`
    and `resolved` count the sessions that were closed there, `open` those that are there now.
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
    """Statistics of a tree, by node; `flags` are those of its current version.

    `more` says that only the most recent sessions were counted.
    """

    tree: str
    title: str
    digest: str
    sessions: int
    nodes: tuple[NodeStats, ...]
    flags: tuple[NodeFlag, ...] = ()
    more: bool = False


class Visit(msgspec.Struct, frozen=True):
    """A visit to a node: when it began and ended, and the answer given."""

    node: str
    arrived: datetime | None
    left: datetime | None
    answer: str = ""


def visits(session: Session, tree_id: str) -> Iterator[Visit]:
    """Yield a session's visits to the nodes of a tree, in any of its versions; undone moves don't count."""
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
    """Return the answers of sessions to a question with their outcomes. Answers are compared ignoring case."""
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
    """Return the statistics of a tree, for each node of its current version."""
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
