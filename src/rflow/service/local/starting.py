"""Starting sessions: those that a command starts, and those that an import stores."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from rflow.core.actors import check_scopes
from rflow.core.session.commands import Start
from rflow.core.session.decide import decide
from rflow.core.session.events import Event
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import StoreProblem
from rflow.identity import id_of
from rflow.ports.stores import CodeTaken, ConnectionLost, Stale
from rflow.ports.workspace import Sent

if TYPE_CHECKING:
    from rflow.service.local.workspace import LocalWorkspace


def start(workspace: "LocalWorkspace", command: Start) -> Sent:
    """Start a session.

    With a `command_id` the session's id follows from it, so that the same command sent again leads to the same session.
    """
    check_scopes(workspace.actor)
    if command.space != DEFAULT_SPACE:
        from rflow.service.team.office import check_space

        check_space(workspace.store, workspace.actor, command.space)
    at, key = workspace.now(), command.command_id
    session_id = id_of(f"{workspace.actor.person.id}\n{key}") if key else workspace.ids(at)
    events = decide(Session(id=session_id), workspace.trees_in(command.space), command, workspace.actor, at)
    try:
        code = _create_safely(workspace, session_id, events, again=bool(key))
    except Stale:
        log = workspace.load(session_id)
        return Sent(session=log.id, code=log.code, events=(), entry=1, tail=tuple(log.events))
    return Sent(session=session_id, code=code, events=tuple(events), entry=1, tail=tuple(events))


def _create_safely(workspace: "LocalWorkspace", session_id: str, events: Sequence[Event], *, again: bool) -> str:
    """Store a new session; `again` if the connection was lost, where the id shows that it was stored before."""
    try:
        return create(workspace, session_id, events)
    except ConnectionLost:
        if not again:
            raise
        return create(workspace, session_id, events)


def create(
    workspace: "LocalWorkspace",
    session_id: str,
    events: Sequence[Event],
    contents: Mapping[str, bytes] | None = None,
    *,
    code: str = "",
) -> str:
    """Store a new session under `code`, or under a new code if that is taken; return the code.

    Raises `Stale` where a session of this id is there already.
    """
    for free in chain([code] if code else (), workspace.codes()):
        session = replay(events, Session(id=session_id, code=free))
        try:
            workspace.store.create(session, events, contents or {})
        except CodeTaken:
            continue
        return free
    raise StoreProblem(
        "No short code is left in this store.", try_="Remove old sessions, or begin a new store: rflow --store PATH"
    )
