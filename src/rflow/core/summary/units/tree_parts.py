"""The parts of a summary that come from the tree: the position, the remaining steps, the outline, ruled-out causes."""

import re
from collections.abc import Iterator, Mapping
from operator import itemgetter

from rflow.core.session.state import Session, Step
from rflow.core.summary.budget.view import Presenter
from rflow.core.summary.progress import Ahead, OutlineEntry, ProgressPlace, ProgressRemaining, ProgressRuledOut
from rflow.core.tree.graph import RuledOut, Turn, outline, remaining, ruled_out
from rflow.core.tree.model import Decision, End, Node, Tree

AHEAD_DEPTH = 2
_ESCALATES = r"(?i)escalat|eskalier|hand (?:it )?(?:over|off) to\b|.*\beskalieren$"
_SIGNS_OF_ESCALATING = ("escalat", "eskalier", "hand ")


def position(session: Session, tree: Tree | None, presenter: Presenter) -> ProgressPlace | None:
    """Return the position of the session; None outside of a tree."""
    place = session.place
    if place is None:
        return None
    node: Node | None = tree.nodes.get(place.node) if tree else None
    choices = node.choices if isinstance(node, Decision) else ()
    return ProgressPlace(
        node=presenter.line(place.node),
        kind=place.kind,
        text=presenter.line(place.text),
        choices=tuple(presenter.line(choice.label) for choice in choices),
        help=presenter.text(node.help) if node else "",
        run=presenter.text(node.run) if node else "",
    )


def steps_remaining(session: Session, tree: Tree | None, presenter: Presenter) -> ProgressRemaining | None:
    """Return how many steps remain and which ends can be reached; None if the tree or the node is unknown."""
    if tree is None or session.place is None or session.place.node not in tree.nodes:
        return None
    left = remaining(tree, session.place.node)
    ends = tuple(presenter.line(tree.nodes[name].text) for name in left.ends)
    return ProgressRemaining(fewest=left.fewest, most=left.most, loops=left.loops, ends=ends)


def ahead(session: Session, tree: Tree | None, presenter: Presenter) -> tuple[Ahead, ...]:
    """Return the next nodes of the tree, two levels deep; none for a closed session."""
    if tree is None or session.place is None or session.status == "closed":
        return ()
    return tuple(
        Ahead(
            depth=line.depth,
            label=presenter.line(line.label),
            kind=line.kind,
            text=presenter.line(line.text),
            repeated=line.repeated,
            cut=line.cut,
        )
        for line in outline(tree, session.place.node, AHEAD_DEPTH)
    )


def whole_outline(session: Session, tree: Tree | None, presenter: Presenter) -> tuple[OutlineEntry, ...]:
    """Return the outline of the session's whole tree, with the path taken."""
    if tree is None or session.tree is None:
        return ()
    from rflow.core.summary.units.tree_outline import tree_outline

    path = path_through(session, session.tree.digest)
    return tree_outline(tree, path, session.place.node if session.place else None, presenter.line)


def answers_that_ruled_out(
    session: Session, trees: Mapping[str, Tree], presenter: Presenter
) -> Iterator[ProgressRuledOut]:
    """Yield the answers that ruled out a cause, in each tree of the session."""
    paths = _paths(session)
    for digest, tree in trees.items():
        if digest not in session.trees:
            continue
        answers = ruled_out(tree, paths.get(digest, ()))
        possible = _still_possible(tree, answers)
        for answer in answers:
            causes = [cause_of(tree.nodes[name]) for name in answer.ends]
            named = [cause for cause in dict.fromkeys(causes) if cause and cause not in possible]
            if named and answer.node in tree.nodes:
                yield _ruled_out(answer, tree, named, presenter)


def cause_of(node: Node) -> str:
    """Return the cause that an end stands for: its `cause`, or its text if it escalates; "" for none.

    An end that means "solved", or only says whom to escalate to, has no cause.
    """
    if not isinstance(node, End):
        return ""
    return node.cause or (node.text if node.outcome == "escalate" and not _only_escalates(node.text) else "")


def _only_escalates(text: str) -> bool:
    """Whether a text only names who to escalate to ("Escalate to second-level support"), and no cause."""
    if ":" in text or not any(sign in text.lower() for sign in _SIGNS_OF_ESCALATING):
        return False
    return re.match(_ESCALATES, text.strip()) is not None


def _still_possible(tree: Tree, answers: list[RuledOut]) -> set[str]:
    gone = {name for answer in answers for name in answer.ends}
    return {cause_of(node) for name, node in tree.nodes.items() if name not in gone}


def _ruled_out(answer: RuledOut, tree: Tree, causes: list[str], presenter: Presenter) -> ProgressRuledOut:
    return ProgressRuledOut(
        question=presenter.line(tree.nodes[answer.node].text),
        answer=presenter.line(answer.label),
        causes=tuple(presenter.line(cause) for cause in causes),
        unconfirmed=answer.unconfirmed,
    )


def _paths(session: Session) -> dict[str, list[Turn]]:
    """Return the paths through all trees by digest; of several moves between the same two nodes, only the last.

    Equal places from a checkpoint are the same object, so thousands of moves are first reduced by identity, which is
    faster than comparing values.
    """
    moves = session.moves.load_all()
    targets = [*(before.place for before in moves.values()), session.place][1:]
    valid = (move for move in zip(moves, moves.values(), targets, strict=True) if move[0] not in session.undone)
    by_identity = {(id(before), id(to)): (seq, before, to) for seq, before, to in valid}
    last = {(before, to): seq for seq, before, to in sorted(by_identity.values(), key=itemgetter(0))}
    paths: dict[str, list[Turn]] = {}
    for seq in sorted(last.values()):
        step = session.steps[seq]
        paths.setdefault(step.tree, []).append(_turn(step))
    return paths


def path_through(session: Session, tree: str) -> list[Turn]:
    """Return the moves in the tree version with the digest `tree`, except for undone ones.

    Entering the tree again is a move too: causes that earlier answers ruled out are possible again.
    """
    steps = session.steps.values()
    return [_turn(step) for step in steps if step.kind != "own" and not step.undone and step.tree == tree]


def _turn(step: Step) -> Turn:
    label = step.result if step.kind == "choice" else ""
    return Turn(node=step.node or step.to, label=label, to=step.to, assumed=step.assumed)
