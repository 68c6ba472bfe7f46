"""Starting sessions: those that a command starts, and those that an import stores."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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
from rflow.ports.values import CodeTaken, ConnectionLost, Sent, Stale, StartedBy

if TYPE_CHECKING:
    from rflow.service.local.workspace import LocalWorkspace

_ATTEMPTS = 3
"""How often to look for the session of a command that was sent twice at the same time."""


def start(workspace: "LocalWorkspace", command: Start) -> Sent:
    """Start a session; the same command sent again (by its `command_id`) leads to the same session."""
    check_scopes(workspace.actor)
    if command.space != DEFAULT_SPACE:
        from rflow.service.team.team_service import check_space

        check_space(workspace.store, workspace.actor, command.space)
    at = workspace.now()
    started_by = StartedBy(workspace.actor.person.id, command.command_id) if command.command_id else None
    session_id = _id_for(workspace, started_by, at)
    for _ in range(_ATTEMPTS):
        if started_by and workspace.version(session_id) is not None:
            break
        events = decide(Session(id=session_id), workspace.trees_in(command.space), command, workspace.actor, at)
        try:
            stored, code = _create_safely(workspace, session_id, events, started_by)
        except Stale:
            session_id = _id_for(workspace, started_by, at)  # The same command was carried out at the same time.
            continue
        return Sent(session=stored, code=code, events=tuple(events), entry=1, tail=tuple(events))
    log = workspace.load(session_id)
    return Sent(session=log.id, code=log.code, events=(), entry=1, tail=tuple(log.events))


def _id_for(workspace: "LocalWorkspace", started_by: StartedBy | None, at: datetime) -> str:
    new = workspace.ids(at)
    return workspace.store.id_for(started_by, new) if started_by else new


def _create_safely(
    workspace: "LocalWorkspace", session_id: str, events: Sequence[Event], started_by: StartedBy | None
) -> tuple[str, str]:
    """Store a new session; once more if the connection was lost, where the command shows that it was stored before."""
    try:
        return create(workspace, session_id, events, started_by=started_by)
    except ConnectionLost:
        if started_by is None:
            raise
        return create(workspace, session_id, events, started_by=started_by)


def create(
    workspace: "LocalWorkspace",
    session_id: str,
    events: Sequence[Event],
    contents: Mapping[str, bytes] | None = None,
    *,
    code: str = "",
    started_by: StartedBy | None = None,
) -> tuple[str, str]:
    """Store a new session under `code`, or under a new code if that is taken; return its id and its code.

    Raises `Stale` where a session of this id, or of the same command, is there already. One that the actor may not see
    does not exist for them: the new session gets another id, and they learn nothing.
    """
    for free in chain([code] if code else (), workspace.codes()):
        session = replay(events, Session(id=session_id, code=free))
        try:
            workspace.store.create(session, events, contents or {}, started_by)
        except CodeTaken:
            continue
        except Stale:
            if not _is_hidden(workspace, session_id, started_by):
                raise
            return create(workspace, workspace.ids(workspace.now()), events, contents)
        return session_id, free
    raise StoreProblem(
        "No short code is left in this store.", try_="Remove old sessions, or begin a new store: rflow --store PATH"
    )


def _is_hidden(workspace: "LocalWorkspace", session_id: str, started_by: StartedBy | None) -> bool:
    """Whether what is in the way of a new session is one that the actor may not see."""
    if workspace.actor.spaces is None:
        return False
    in_the_way = workspace.store.id_for(started_by, session_id) if started_by else session_id
    return workspace.version(in_the_way) is None
