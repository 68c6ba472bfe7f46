"""The contents of a handoff, for the lists of waiting sessions."""

from collections.abc import Iterable

import msgspec

from rflow.core.session.events import Contingency
from rflow.core.session.head import Head
from rflow.core.session.state import Session
from rflow.core.summary.units.earlier import plans_given, valid_warnings
from rflow.errors import RflowError
from rflow.service.sessions import find_session
from rflow.web.work.call import Call

MAX_SESSIONS = 10
"""Maximum number of sessions in a list to show it for, since each must be read for that; the page says so."""


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A handoff: its note, the ask, open warnings, contingencies (`plans`), and the number of changes in place."""

    note: str
    ask: str
    warnings: tuple[str, ...]
    plans: tuple[Contingency, ...]
    changes: int


def handed(call: Call, heads: Iterable[Head]) -> dict[str, Handed]:
    """Return the handoffs of the first sessions of a list, by session id."""
    handoffs: dict[str, Handed] = {}
    for head in list(heads)[:MAX_SESSIONS]:
        try:
            session = find_session(call.workspace, head.id)
        except RflowError:  # it was deleted, or moved to another space, since the list was read
            continue
        handoffs[head.id] = _handed(session)
    return handoffs


def _handed(session: Session) -> Handed:
    return Handed(
        note=session.pending.note if session.pending else "",
        ask=session.brief.ask or "",
        warnings=tuple(valid_warnings(session)),
        plans=plans_given(session.handoffs),
        changes=sum(change.in_place for change in session.changes.values()),
    )
