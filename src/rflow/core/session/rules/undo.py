"""The rules of undo: what an actor's last undoable event is, and which facts undo it."""

from collections.abc import Iterator

from rflow.core.actors import Actor
from rflow.core.session import commands as c
from rflow.core.session import events as e
from rflow.core.session.rules.access import Role, roles
from rflow.core.session.rules.guards import check_up_to_date, closed
from rflow.core.session.state import Session
from rflow.errors import UsageProblem

_ENTRIES = (
    *(e.StepAdded, e.NoteAdded, e.EvidenceAdded, e.ChangeMade, e.QuestionAsked, e.NodeFlagged),
    *(e.BriefSet, e.WaitingSet, e.Pinned, e.Unpinned, e.EntryAmended, e.AssumptionSettled, e.QuestionReplied),
    e.ChangeReverted,
)
"""The kinds of facts that can be undone whatever came after them."""

_MOVES = (e.TreeEntered, e.ChoiceMade, e.ActionDone, e.StepSkipped)


def undo(session: Session, command: c.Undo, actor: Actor) -> Iterator[e.Fact]:
    """Undo all facts of the actor's last command; deliveries, redactions and takeovers are skipped."""
    last = last_undoable(session, actor)
    if last is None:
        raise UsageProblem(
            f"There is nothing of yours left to take back in {session.code}.", try_=f"See: rflow show {session.code}"
        )
    kind = session.kinds[last]
    if session.status == "closed" and kind is not e.SessionClosed:
        raise closed(session)
    if kind not in _ENTRIES:
        check_up_to_date(session, command)
    if kind is e.ChangeMade:
        yield _change(session, last, command)
        return
    if command.change is not None:
        raise UsageProblem("The last thing you entered is not a change.", try_="Leave --never-made and --reverted out.")
    for seq in _unit(session, last):
        yield _taken_back(session, seq)


def last_undoable(session: Session, actor: Actor) -> int | None:
    """Return the number of the actor's last event that can be undone; None if there is none."""
    owner = Role.OWNER in roles(session, actor)
    for seq in reversed(session.authors):
        if session.authors[seq] == actor.person.id and seq not in session.undone and seq not in session.units:
            kind = session.kinds[seq]
            last_move = owner and session.moves.last == seq
            if (
                (kind in _ENTRIES and not _is_settled_change(session, seq))
                or (kind in _MOVES and last_move)
                or (kind is e.HandedOff and session.pending is not None and session.pending.seq == seq)
                or (kind is e.SessionClosed and session.closing is not None and session.closing.seq == seq and owner)
            ):
                return seq
    return None


def _is_settled_change(session: Session, seq: int) -> bool:
    """Whether event `seq` is a change that an earlier `undo` recorded as reverted, or that record itself."""
    change = session.changes.get(seq)
    adjustment = session.adjustments.get(change.reverted_seq if change else seq)
    return adjustment is not None and isinstance(adjustment.fact, e.ChangeReverted) and adjustment.fact.by_undo


def _unit(session: Session, first: int) -> list[int]:
    """Return the events of the command whose first event is `first`, except for undone ones, newest first."""
    parts = [seq for seq, unit in session.units.items() if unit == first and seq not in session.undone]
    return [*sorted(parts, reverse=True), first]


def _taken_back(session: Session, seq: int) -> e.Fact:
    kind = session.kinds[seq]
    if kind in _MOVES:
        return e.SteppedBack(undone=seq)
    if kind is e.HandedOff:
        return e.HandoffCancelled()
    if kind is e.SessionClosed:
        return e.SessionReopened()
    return e.EntryUndone(target=seq)


def _change(session: Session, seq: int, command: c.Undo) -> e.Fact:
    """Return the fact that undoes a change, which was either never made, or made and reverted."""
    if command.change is None:
        what = session.changes[seq].text
        raise UsageProblem(
            f'The last thing you entered is a change: "{what}". Was it never made, or did you revert it?',
            try_="Say which: rflow undo --never-made, or rflow undo --reverted",
        )
    return e.EntryUndone(target=seq) if command.change == "never_made" else e.ChangeReverted(change=seq, by_undo=True)
