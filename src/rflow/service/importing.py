"""Imports a session that was read from a file: as a new session, or by adding entries to the session that is here."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from rflow.core.session.events import OWNERSHIP, Event, SessionStarted
from rflow.core.session.log import Log
from rflow.core.session.replay import replay
from rflow.errors import BadInput, NotAllowed, NotFound, StoreProblem
from rflow.ports.stores import Stale
from rflow.ports.workspace import Imported, Incoming
from rflow.service.sending import ATTEMPTS

if TYPE_CHECKING:
    from rflow.service.local import LocalWorkspace


def plan_import(workspace: "LocalWorkspace", incoming: Incoming) -> Imported:
    """Return what importing would do now; raise `BadInput` if some of its entries can't be read."""
    events = _readable(incoming)
    _check_may_write(workspace, events)
    log = _here(workspace, incoming.id)
    if log is None:
        return Imported(session=incoming.id, code=incoming.code, outcome="new")
    known = list(log.events)
    common = min(len(known), len(events))
    if known[:common] != events[:common]:
        return Imported(session="", code=incoming.code, outcome="diverged")
    if len(events) <= len(known):
        return Imported(session=log.id, code=log.code, outcome="unchanged")
    added = tuple(events[common:])
    ownership = tuple(event for event in added if isinstance(event.fact, OWNERSHIP))
    return Imported(session=log.id, code=log.code, outcome="extended", events=added, ownership=ownership)


def _check_may_write(workspace: "LocalWorkspace", events: list[Event]) -> None:
    """An import writes: readers may not, and agents' tokens only where they may add entries."""
    space = Log(id="", code="", events=events).session.space
    role = workspace.actor.role_in(space)
    if role is None:
        raise NotFound("There is no such space.", try_="Import it into a space that you are a member of.")
    if role == "reader" or (workspace.actor.scopes is not None and "write" not in workspace.actor.scopes):
        raise NotAllowed("You may only read here.", try_="Ask a member of this space to import it.")


def _here(workspace: "LocalWorkspace", session_id: str) -> Log | None:
    """Read the session that is here; a plain document has no id."""
    try:
        return workspace.load(session_id) if session_id else None
    except NotFound:
        return None


def import_session(workspace: "LocalWorkspace", incoming: Incoming, *, accept_ownership: bool) -> Imported:
    """Import a session; raise `NotAllowed` if that changes an owner here and `accept_ownership` does not allow it."""
    for _ in range(ATTEMPTS):
        planned = plan_import(workspace, incoming)
        if planned.ownership and not accept_ownership:
            raise NotAllowed(
                f"Nothing was imported, because the file changes the owner or status of {planned.code}, which is here "
                "already.",
                try_="If that is right, repeat the command with --accept-ownership.",
            )
        try:
            return _store(workspace, incoming, planned)
        except Stale:
            continue
    raise StoreProblem("Others keep writing to that session; nothing was imported.", try_="Try again in a moment.")


def _readable(incoming: Incoming) -> list[Event]:
    events = [event for event in incoming.events if isinstance(event, Event)]
    if len(events) < len(incoming.events):
        raise BadInput("Some of its entries can't be read.", try_="Upgrade rflow, or export the session again.")
    if any(isinstance(event.fact, SessionStarted) for event in events[1:]):  # It would change owner, title and space.
        raise BadInput("The session in it begins more than once.", try_="Export the session again.")
    return events


def _store(workspace: "LocalWorkspace", incoming: Incoming, planned: Imported) -> Imported:
    """Write what was planned; raise `Stale` if the session has changed since."""
    events = _readable(incoming)
    session = Log(id=incoming.id, code=incoming.code, events=events).session
    for data in incoming.trees.values():
        workspace.store.put_tree(data, session.space)
    if planned.outcome == "extended":
        here = workspace.load(planned.session).session
        if here.version != planned.events[0].seq - 1:
            raise Stale
        workspace.store.append(replay(planned.events, here), planned.events, here.version, incoming.contents)
    elif planned.outcome != "unchanged":
        new = incoming.id if planned.outcome == "new" and incoming.id else workspace.new_id()
        code = workspace.create(new, events, incoming.contents, code=incoming.code, space=session.space)
        return replace(planned, session=new, code=code)
    return planned
