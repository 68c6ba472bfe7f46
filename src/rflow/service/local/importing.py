"""Imports a session that was read from a file: as a new session, or by adding entries to the session that is here."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rflow.core.actors import check_scopes
from rflow.core.fingerprint import fingerprint
from rflow.core.session.events import Event, EvidenceAdded, SessionStarted, TreeEntered
from rflow.core.session.log import Log
from rflow.core.session.replay import replay
from rflow.core.session.rules.steering import OWNERSHIP
from rflow.errors import BadInput, NotAllowed, NotFound, StoreProblem
from rflow.identity import id_of, is_code, is_id
from rflow.ports.values import Imported, Incoming, Stale
from rflow.service.local.sending import ATTEMPTS
from rflow.service.local.starting import create

if TYPE_CHECKING:
    from rflow.service.local.workspace import LocalWorkspace


def plan_import(workspace: "LocalWorkspace", incoming: Incoming) -> Imported:
    """Return what importing would do now; raise `BadInput` if the session is incomplete."""
    check_scopes(workspace.actor, "write", "move", "own")  # a log may hold any fact
    events = _checked(incoming)
    _check_may_write(workspace, events)
    log = _existing(workspace, incoming)
    if log is None:
        return Imported(session=_new_id(workspace, incoming), code=_code(workspace, incoming), outcome="new")
    known = list(log.events)
    common = min(len(known), len(events))
    if known[:common] != events[:common]:
        return Imported(session="", code=_code(workspace, incoming), outcome="diverged")
    if len(events) <= len(known):
        return Imported(session=log.id, code=log.code, outcome="unchanged")
    _check_may_extend(workspace, log)
    added = tuple(events[common:])
    ownership = tuple(event for event in added if isinstance(event.fact, OWNERSHIP))
    return Imported(session=log.id, code=log.code, outcome="extended", events=added, ownership=ownership)


def _check_may_write(workspace: "LocalWorkspace", events: list[Event]) -> None:
    """Raise unless the actor may add sessions to the space that the file names."""
    role = workspace.actor.role_in(Log(id="", code="", events=events).session.space)
    if role is None:
        raise NotFound("There is no such space.", try_="Import it into a space that you are a member of.")
    if role == "reader":
        raise NotAllowed("You may only read here.", try_="Ask a member of this space to import it.")


def _check_may_extend(workspace: "LocalWorkspace", log: Log) -> None:
    """Raise unless the actor may import into the session: a file could claim that others had moved it."""
    actor, session = workspace.actor, log.session
    trusted = actor.roles is None or actor.role_in(session.space) == "lead" or session.owner.id == actor.person.id
    if not trusted:
        raise NotAllowed(
            f"Only {session.owner.name}, or a lead, may add entries to {session.code} from a file.",
            try_="Ask them to import it.",
        )


def _existing(workspace: "LocalWorkspace", incoming: Incoming) -> Log | None:
    """Load the existing session with the id of the file, or with the id from an earlier import of the file."""
    for session_id in dict.fromkeys((incoming.id, _new_id(workspace, incoming))):
        try:
            if session_id:
                return workspace.load(session_id)
        except NotFound:
            continue
    return None


def _new_id(workspace: "LocalWorkspace", incoming: Incoming) -> str:
    """Return the id for a session that does not exist here yet; "" if the file has no id.

    The session keeps its own id only if the importer may see every session: otherwise a refusal would reveal that a
    session with that id exists. The new id is derived from the file's, so the same file always gets the same id.
    """
    if not incoming.id or workspace.actor.spaces is None:
        return incoming.id
    space = Log(id="", code="", events=incoming.events).session.space
    return id_of(f"import\n{space}\n{incoming.id}")


def _code(workspace: "LocalWorkspace", incoming: Incoming) -> str:
    """Return the code to keep if it is free; "" if the session needs a new code, for the same reason as with ids."""
    return incoming.code if workspace.actor.spaces is None and is_code(incoming.code) else ""


def import_session(workspace: "LocalWorkspace", incoming: Incoming, *, accept_ownership: bool) -> Imported:
    """Import a session; raise `NotAllowed` if it changes an owner here, unless `accept_ownership` is set."""
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


def _checked(incoming: Incoming) -> list[Event]:
    """Return the events of a complete session; raise `BadInput` if it is incomplete."""
    events = [event for event in incoming.events if isinstance(event, Event)]
    if len(events) < len(incoming.events):
        raise BadInput("Some of its entries can't be read.", try_="Upgrade rflow, or export the session again.")
    begins = [event.seq for event in events if isinstance(event.fact, SessionStarted)] == [1]
    numbered = all(event.seq == seq for seq, event in enumerate(events, 1))
    if not (begins and numbered and (not incoming.id or is_id(incoming.id))):
        raise BadInput("That is not a whole session.", try_="Export it again: rflow export SESSION")
    _check_needed(incoming, events)
    return events


def _check_needed(incoming: Incoming, events: Iterable[Event]) -> None:
    """Refuse trees and contents that don't match their digest, or that no event refers to."""
    facts = [event.fact for event in events]
    trees = {fact.tree.digest for fact in facts if isinstance(fact, TreeEntered)}
    contents = {fact.digest for fact in facts if isinstance(fact, EvidenceAdded)}
    for named, held in ((trees, incoming.trees), (contents, incoming.contents)):
        for digest, data in held.items():
            if digest not in named or digest != fingerprint(data):
                raise BadInput(
                    "It holds a tree or a content that its session does not use, or that is damaged.",
                    try_="Export it again: rflow export SESSION",
                )


def _store(workspace: "LocalWorkspace", incoming: Incoming, planned: Imported) -> Imported:
    """Write what was planned; raise `Stale` if the session has changed since."""
    events = _checked(incoming)
    session = Log(id=incoming.id, code=incoming.code, events=events).session
    for data in incoming.trees.values():
        workspace.store.put_tree(data, session.space)
    if planned.outcome == "extended":
        log = workspace.load(planned.session)
        here = log.session
        if here.version != planned.events[0].seq - 1:
            raise Stale
        after = replay(planned.events, here)
        workspace.store.append(after, planned.events, here.version, incoming.contents, stamp=log.stamp)
    elif planned.outcome != "unchanged":
        new = planned.session or workspace.ids(workspace.now())
        stored, code = create(workspace, new, events, incoming.contents, code=planned.code)
        return replace(planned, session=stored, code=code)
    return planned
