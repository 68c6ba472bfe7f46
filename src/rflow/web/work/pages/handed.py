"""What came with a handoff: the lists of what waits for somebody show it, and the page of the session."""

from collections.abc import Iterable

import msgspec

from rflow.core.session.events import Contingency
from rflow.core.session.head import Head
from rflow.core.session.state import Session
from rflow.core.summary.units.earlier import warnings_given
from rflow.errors import RflowError
from rflow.service.sessions import find_session
from rflow.web.work.call import Call

MOST = 10
"""Of so many sessions of a list it is shown: each has to be read for that."""


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """The message of a handoff, the ask, the warnings that hold, what to do if something happens, changes in place."""

    note: str
    ask: str
    warnings: tuple[str, ...]
    plans: tuple[Contingency, ...]
    changes: int


def handed(call: Call, heads: Iterable[Head]) -> dict[str, Handed]:
    """Return what came with the handoffs of the first sessions of a list, by the id of the session."""
    given: dict[str, Handed] = {}
    for head in list(heads)[:MOST]:
        try:
            session = find_session(call.workspace, head.id)
        except RflowError:  # it was deleted, or moved to another space, since the list was read
            continue
        given[head.id] = _handed(session)
    return given


def _handed(session: Session) -> Handed:
    return Handed(
        note=session.pending.note if session.pending else "",
        ask=session.brief.ask or "",
        warnings=_warnings(session),
        plans=plans_of_handoff(session),
        changes=sum(change.in_place for change in session.changes.values()),
    )


def _warnings(session: Session) -> tuple[str, ...]:
    texts = [note.text for note in session.unsettled("warning")]
    texts += [text for _, text in warnings_given(session.handoffs, texts)]
    return tuple(dict.fromkeys(texts))


def plans_of_handoff(session: Session) -> tuple[Contingency, ...]:
    """Return what to do if something happens, as the last handoff said; what a wait says stands with that."""
    if session.status == "closed":
        return ()
    given = (entry.contingencies for entry in reversed(session.handoffs) if entry.contingencies)
    return next(given, ())
