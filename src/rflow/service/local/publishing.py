"""Publishing trees in a space: leads publish, members propose; in a local store everybody publishes.

A proposal is an entry in the store's list of trees, beside the tree itself: one for each tree and person.
"""

from typing import TYPE_CHECKING

from rflow.core.actors import check_scopes
from rflow.core.fingerprint import fingerprint
from rflow.core.people import Person
from rflow.core.session.times import utc
from rflow.core.text import counted
from rflow.core.tree.changes import changes
from rflow.errors import NotAllowed, NotFound, SessionMoved, UsageProblem
from rflow.ports.values import PROPOSAL, Proposal, Stale, TreeName, Verdict
from rflow.stores.derived import new_tree, readable_trees

if TYPE_CHECKING:
    from rflow.ports.stores import Store
    from rflow.service.local.workspace import LocalWorkspace

_MOST_CHANGES = 20


def add_tree(workspace: "LocalWorkspace", data: bytes, space: str, edited: str | None) -> bool:
    """Make a tree the current version of its id; False if it was that already.

    `edited` is the digest of the version that was edited ("" for none); raises `SessionMoved` if that is not current.
    """
    store = _publishing(workspace, space)
    try:
        return store.add_tree(data, workspace.now(), space, edited)
    except Stale:
        raise _conflict(store, data, space, edited or "") from None


def _conflict(store: "Store", data: bytes, space: str, edited: str) -> SessionMoved:
    """Return the error for a tree that somebody else has changed since, with what they changed."""
    tree_id = new_tree(data).id
    current = store.tree_digest(tree_id, space) or ""
    versions = readable_trees({digest: store.tree_data(digest, (space,)) for digest in (edited, current) if digest})
    old, new = versions.get(edited), versions.get(current)
    remedy = f"Compare with it: rflow tree diff {current or tree_id} FILE"
    error = SessionMoved(f"Somebody else has changed {tree_id} since the version that you edited.", try_=remedy)
    if old and new:
        listed = [f"{change.node + ': ' if change.node else ''}{change.text}" for change in changes(old, new)]
        rest = [f"… and {counted(len(listed) - _MOST_CHANGES, 'change')} more."] if len(listed) > _MOST_CHANGES else []
        error.problems = (*listed[:_MOST_CHANGES], *rest)
    return error


def remove_tree(workspace: "LocalWorkspace", tree_id: str, space: str) -> None:
    """Remove a tree from the list; raise `NotFound` if it is not there."""
    store = _publishing(workspace, space)
    if "/" in tree_id or not store.remove_tree(tree_id, space):
        raise NotFound(f'There is no tree "{tree_id}" in this store.', try_="See what there is: rflow tree list")


def propose_tree(workspace: "LocalWorkspace", data: bytes, space: str, edited: str) -> Proposal:
    """Keep a version of a tree for a lead to accept; it replaces what the same person proposed for that tree."""
    actor = workspace.actor
    if _role(workspace, space) == "reader":
        raise NotAllowed("You may only read here.", try_="Ask a member of this space to propose it.")
    check_scopes(actor, "write")
    tree, version = new_tree(data), fingerprint(data)
    if workspace.store.tree_digest(tree.id, space) == version:
        raise UsageProblem(f"{tree.id} is this version already.", try_="There is nothing to propose.")
    workspace.store.put_tree(data, space)
    name = TreeName(
        id=f"{PROPOSAL}/{tree.id}/{actor.person.id}",
        title=edited,
        digest=version,
        nodes=len(tree.nodes),
        added_at=utc(workspace.now()),
        space=space,
    )
    workspace.store.set_name(name)
    return _proposal(name, {actor.person.id: actor.person})


def proposals(workspace: "LocalWorkspace", space: str) -> list[Proposal]:
    """List what was proposed in a space, the oldest first."""
    check_scopes(workspace.actor)
    if workspace.actor.role_in(space) is None:
        return []
    names = [name for name in workspace.store.tree_names(space) if name.id.startswith(f"{PROPOSAL}/")]
    people = {person.id: person for person in workspace.people()} if names else {}
    return sorted((_proposal(name, people) for name in names), key=lambda each: (each.at, each.tree))


def decide_proposal(workspace: "LocalWorkspace", digest: str, verdict: Verdict, space: str) -> Proposal:
    """Publish what was proposed, or drop it; raise `SessionMoved` if the tree has changed since it was edited."""
    store = _publishing(workspace, space)
    fitting = [each for each in proposals(workspace, space) if digest and each.digest.startswith(digest)]
    if not fitting:
        raise NotFound(f'There is no proposal "{digest}".', try_="See what there is: rflow tree proposals")
    if len({each.digest for each in fitting}) > 1:
        raise UsageProblem(f'"{digest}" could be several proposals.', try_="Type more of it.")
    proposal = fitting[0]
    if verdict == "accept":
        data = store.tree_data(proposal.digest, (space,))
        if data is None:
            raise NotFound("What was proposed is not in this store.", try_="Ask for it again.")
        add_tree(workspace, data, space, proposal.edited)
    for each in fitting:
        store.remove_tree(f"{PROPOSAL}/{each.tree}/{each.by.id}", space)
    return proposal


def _proposal(name: TreeName, people: dict[str, Person]) -> Proposal:
    tree, person_id = name.id.split("/", 2)[1:]
    by = people.get(person_id, Person(id=person_id, name=person_id))
    return Proposal(tree=tree, digest=name.digest, edited=name.title, nodes=name.nodes, by=by, at=name.added_at)


def _publishing(workspace: "LocalWorkspace", space: str) -> "Store":
    """Return the store; raise unless the actor may publish in that space."""
    actor, role = workspace.actor, _role(workspace, space)
    if role != "lead" and actor.roles is not None:
        raise NotAllowed("Trees are published by a lead of this space.", try_="Ask one to add it.")
    check_scopes(actor, "publish")
    return workspace.store


def _role(workspace: "LocalWorkspace", space: str) -> str:
    """Return the actor's role in a space; raise `NotFound` where they may not see it."""
    check_scopes(workspace.actor)
    role = workspace.actor.role_in(space)
    if role is None:
        raise NotFound("There is no such space.", try_="See what there is: rflow tree list")
    return role
