"""The rules of moves in a tree: choosing, doing, skipping, going back and entering another tree."""

from collections.abc import Callable

from rflow.core.session.commands import Choose
from rflow.core.session.events import (
    ActionDone,
    ChoiceMade,
    Place,
    SteppedBack,
    StepSkipped,
    TreeEntered,
    TreeRef,
)
from rflow.core.session.state import Session
from rflow.core.text import one_line, shorten
from rflow.core.tree.choices import find_choice
from rflow.core.tree.model import Action, End, Node, Tree, digest, exits, kind_of
from rflow.errors import NotFound, UsageProblem

Trees = Callable[[str], Tree | None]
"""Returns the version of a tree with this digest; None if it is unknown."""


def _here(session: Session, trees: Trees, wanted: str) -> tuple[str, Node, Tree]:
    """Return the id and node at the position and its tree; `wanted` is what the command does, for the error."""
    tree = trees(session.tree.digest) if session.tree else None
    if session.place is None:
        end = " To end the session: rflow close" if wanted == "do" else ""
        raise UsageProblem(
            f"{session.code} is in no tree, so there is nothing to {wanted}.",
            try_=f'Record what you tried with `rflow step "…"`, or go into a tree with `rflow enter TREE`.{end}',
        )
    if tree is None or session.place.node not in tree.nodes:
        raise NotFound(
            f"The tree that {session.code} stands in is not in this store.",
            try_="Add it with `rflow tree add FILE`, or record what you tried with `rflow step`.",
        )
    return session.place.node, tree.nodes[session.place.node], tree


def choose(session: Session, trees: Trees, command: Choose) -> ChoiceMade:
    """Answer the question at the position."""
    name, node, tree = _here(session, trees, "choose")
    if isinstance(node, End):
        raise _at_end(node)
    if isinstance(node, Action):
        raise UsageProblem(
            f'"{shorten(node.text, 80)}" is something to do, not a question.',
            try_='Say what came of it: rflow done "…" (or rflow skip "why").',
        )
    choice = find_choice(node.choices, command.choice)
    if command.assume and not command.reason.strip():
        raise UsageProblem("The reason is empty.", try_='Say why you assume it: --assume --reason "…"')
    return ChoiceMade(
        node=name,
        question=node.text,
        label=choice.label,
        to=place_of(tree, choice.to),
        assumed=command.assume,
        reason=command.reason,
    )


def _at_end(node: End) -> UsageProblem:
    if node.outcome == "resolved":
        remedy = "Close it with `rflow close`, or go back with `rflow back`."
    else:
        remedy = (
            "Hand it on with `rflow handoff USER`, close it with `rflow close --outcome escalated`, or go `rflow back`."
        )
    return UsageProblem(f'The tree ends here: "{shorten(node.text, 80)}".', try_=remedy)


def _single_way(session: Session, trees: Trees, wanted: str) -> tuple[str, Node, Place]:
    """Return the action at the position and where it leads; a decision with a single choice counts as an action."""
    name, node, tree = _here(session, trees, wanted)
    if isinstance(node, End):
        raise _at_end(node)
    ways = exits(node)
    if len(ways) != 1:
        labels = "; ".join(f"{number} {way.label}" for number, way in enumerate(ways, 1))
        hint = ' (unverified: add --assume --reason "…")' if wanted == "skip" else ""
        other = "" if wanted == "skip" else ' Something else that you did: rflow step "…"'
        raise UsageProblem(
            f'"{shorten(node.text, 80)}" is a question.', try_=f"Answer it with rflow choose{hint}: {labels}.{other}"
        )
    return name, node, place_of(tree, ways[0].to)


def done(session: Session, trees: Trees, result: str) -> ActionDone:
    """Record that the action at the position was done."""
    name, node, to = _single_way(session, trees, "do")
    return ActionDone(node=name, text=node.text, result=result, to=to)


def skip(session: Session, trees: Trees, reason: str) -> StepSkipped:
    """Skip the action at the position."""
    name, node, to = _single_way(session, trees, "skip")
    return StepSkipped(node=name, text=node.text, reason=reason, to=to)


def back(session: Session) -> SteppedBack:
    """Undo the last move."""
    last = session.moves.last
    if last is None:
        raise UsageProblem("There is no move to take back: this is where the session began.", try_="See: rflow show")
    return SteppedBack(undone=last)


def place_of(tree: Tree, node_id: str) -> Place:
    """Return a node of `tree` as a position."""
    node = tree.nodes.get(node_id)
    if node is None:
        raise NotFound(f'The tree "{tree.title}" has no node "{node_id}".', try_="See: rflow tree check FILE")
    return Place(node=node_id, kind=kind_of(node), text=node.text)


def enter(trees: Trees, wanted: str) -> TreeEntered:
    """Enter the version of a tree with the digest `wanted`, at its start."""
    tree = trees(wanted)
    if tree is None:
        raise NotFound("That version of the tree is not in this store.", try_="Add it with `rflow tree add FILE`.")
    ref = TreeRef(id=tree.id, title=one_line(tree.title), digest=digest(tree))
    return TreeEntered(tree=ref, place=place_of(tree, tree.start))
