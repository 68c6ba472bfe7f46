"""Publishing trees in a space: leads do, and everybody who can open a local store."""

from typing import TYPE_CHECKING

from rflow.core.actors import check_scopes, no_scope
from rflow.errors import NotAllowed, NotFound

if TYPE_CHECKING:
    from rflow.ports.stores import Store
    from rflow.service.local.workspace import LocalWorkspace


def add_tree(workspace: "LocalWorkspace", data: bytes, space: str) -> bool:
    """Make a tree the current version of its id; False if it was that already."""
    return _publishing(workspace, space).add_tree(data, workspace.now(), space)


def remove_tree(workspace: "LocalWorkspace", tree_id: str, space: str) -> None:
    """Remove a tree from the list; raise `NotFound` if it is not there."""
    if not _publishing(workspace, space).remove_tree(tree_id, space):
        raise NotFound(f'There is no tree "{tree_id}" in this store.', try_="See what there is: rflow tree list")


def _publishing(workspace: "LocalWorkspace", space: str) -> "Store":
    """Return the store; raise unless the actor may publish in that space. Tokens never may."""
    actor = workspace.actor
    check_scopes(actor)
    role = actor.role_in(space)
    if role is None:
        raise NotFound("There is no such space.", try_="See what there is: rflow tree list")
    if role != "lead" and actor.roles is not None:
        raise NotAllowed("Trees are published by a lead of this space.", try_="Ask one to add it.")
    if actor.scopes is not None:
        raise no_scope()
    return workspace.store
