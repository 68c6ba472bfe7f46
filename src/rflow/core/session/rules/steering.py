"""The facts that steer a session: they move it in its tree, or change its owner."""

from rflow.core.session import events as e

MOVES = (e.TreeEntered, e.ChoiceMade, e.ActionDone, e.StepSkipped, e.SteppedBack)
OWNERSHIP = (
    e.HandedOff,
    e.HandoffAccepted,
    e.HandoffDeclined,
    e.HandoffCancelled,
    e.HandoffExpired,
    e.TakenOver,
    e.Reassigned,
    e.SessionClosed,
    e.SessionReopened,
)
_STEERING = frozenset(MOVES + OWNERSHIP)


def is_steering(fact: e.Fact) -> bool:
    """Whether `fact` moves the session or changes its owner; a later move is refused if its sender has not seen it."""
    return type(fact) in _STEERING
