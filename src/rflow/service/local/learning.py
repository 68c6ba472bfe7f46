"""Flags, hints and statistics of trees, from the sessions of one space.

The store's list of trees also holds a pointer for each flag, so that showing one needs no search through sessions. A
pointer holds no text: that stays in the session, where it can be amended, redacted, undone and erased.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from rflow.core.actors import check_scopes
from rflow.core.session.events import Event, NodeFlagged
from rflow.core.session.experience import Hints, NodeFlag, TreeStats, hints_of, stats_of
from rflow.core.session.head import Query
from rflow.core.session.state import Session
from rflow.core.session.times import EPOCH
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.tree.model import Decision
from rflow.errors import NotFound, StoreProblem, UsageProblem
from rflow.ports.values import FLAG, TreeName, is_tree_name
from rflow.stores.derived import no_session, readable_trees

if TYPE_CHECKING:
    from rflow.service.local.workspace import LocalWorkspace

MOST_SESSIONS = 1_000
"""The most sessions that are counted: those updated last."""
_PAGE = 200


def keep_pointers(workspace: "LocalWorkspace", session: Session, events: Iterable[Event]) -> None:
    """Add pointers to the flags among events to the store's list of trees."""
    for event in events:
        fact = event.fact
        tree = session.trees.get(fact.digest) if isinstance(fact, NodeFlagged) else None
        if isinstance(fact, NodeFlagged) and tree is not None:
            name = f"{FLAG}/{tree.id}/{session.id}/{event.seq}"
            pointer = TreeName(
                id=name, title=fact.node, digest=fact.digest, nodes=0, added_at=event.at, space=session.space
            )
            workspace.store.set_name(pointer)


def remove_pointers(workspace: "LocalWorkspace", session_id: str, space: str) -> None:
    """Remove the pointers to the flags of a session that was deleted; one that stays shows nothing."""
    with suppress(StoreProblem):  # the session is gone, even if the list of trees can't be read
        for name in workspace.store.tree_names(space):
            if name.id.startswith(f"{FLAG}/") and name.id.split("/")[2] == session_id:
                workspace.store.remove_tree(name.id, space)


def flags(workspace: "LocalWorkspace", tree_id: str, space: str) -> list[NodeFlag]:
    """Return the flags of the current version of a tree, or of all versions if it is no longer listed."""
    check_scopes(workspace.actor)
    if workspace.actor.role_in(space) is None:
        return []
    names = workspace.store.tree_names(space)
    pointers = [name for name in names if name.id.startswith(f"{FLAG}/{tree_id}/")]
    current = _current(workspace, tree_id, space, names) if pointers else ""
    sessions: dict[str, Session | None] = {}
    listed = []
    for pointer in pointers:
        session_id, seq = pointer.id.split("/")[2:4]
        if current and pointer.digest != current:
            continue
        if session_id not in sessions:
            sessions[session_id] = _session(workspace, session_id, space)
        flag = _flag(sessions[session_id], int(seq))
        listed += [flag] if flag else []
    return sorted(listed, key=lambda flag: (flag.at or EPOCH, flag.seq))


def _flag(session: Session | None, seq: int) -> NodeFlag | None:
    flag = session.flags.get(seq) if session else None
    if session is None or flag is None or flag.undone or not flag.text:
        return None
    return NodeFlag(
        node=flag.node, text=flag.text, by=flag.by, at=flag.at, session=session.code, seq=seq, digest=flag.digest
    )


def _current(workspace: "LocalWorkspace", tree_id: str, space: str, names: Iterable[TreeName]) -> str:
    digest = next((name.digest for name in names if name.id == tree_id), "")
    if not digest and space != DEFAULT_SPACE and workspace.actor.roles is None:
        digest = workspace.store.tree_digest(tree_id) or ""
    return digest


def _session(workspace: "LocalWorkspace", session_id: str, space: str) -> Session | None:
    try:
        session = workspace.store.load(session_id).session
    except (NotFound, StoreProblem):
        return None
    return session if session.space == space else None


def tree_stats(workspace: "LocalWorkspace", tree_id: str, space: str, since: datetime | None) -> TreeStats:
    """Return the statistics of a tree from the sessions of a space; `since` leaves out those not updated since then."""
    check_scopes(workspace.actor)
    known = workspace.actor.role_in(space) is not None
    names = [name for name in workspace.store.tree_names(space) if is_tree_name(name)] if known else []
    digest = _current(workspace, tree_id, space, names) if known else ""
    data = workspace.store.tree_data(digest, workspace.actor.spaces) if digest else None
    tree = readable_trees({digest: data}).get(digest)
    if tree is None:
        raise NotFound(f'There is no tree "{tree_id}" in this store.', try_="See what there is: rflow tree list")
    found = list(_sessions(workspace, tree_id, space, since))
    more = len(found) > MOST_SESSIONS
    return stats_of(tree, digest, found[:MOST_SESSIONS], flags(workspace, tree_id, space), more=more)


def hints(workspace: "LocalWorkspace", session_id: str) -> Hints:
    """Return what the other sessions of its space answered at the question where a session stands."""
    check_scopes(workspace.actor)
    session = workspace.store.load(session_id).session
    if workspace.actor.role_in(session.space) is None:
        raise no_session()
    tree = workspace.trees_in(session.space)(session.tree.digest) if session.tree else None
    node = tree.nodes.get(session.place.node) if tree and session.place else None
    if tree is None or session.place is None or not isinstance(node, Decision):
        raise UsageProblem(f"{session.code} stands at no question.", try_="Hints are for open questions: see rflow")
    others = [other for other in _sessions(workspace, tree.id, session.space, None) if other.id != session.id]
    more = len(others) > MOST_SESSIONS
    return hints_of(tree, session.place.node, others[:MOST_SESSIONS], more=more)


def _sessions(workspace: "LocalWorkspace", tree_id: str, space: str, since: datetime | None) -> Iterator[Session]:
    """Yield the sessions of a space in a tree, the last updated first, at most one more than are counted."""
    after: str | None = None
    count = 0
    while count <= MOST_SESSIONS:
        query = Query(spaces=(space,), tree=tree_id, limit=_PAGE, after=after)
        page = workspace.store.heads(workspace.visible(query))
        for head in page.heads:
            if since is not None and head.updated_at < since:
                return
            session = _session(workspace, head.id, space)
            if session is not None:
                count += 1
                yield session
        after = page.after
        if after is None:
            return
