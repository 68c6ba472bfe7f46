"""Trees of any workspace: by version, and by the name that people type."""

from typing import TYPE_CHECKING, Literal

from rflow.core.session.state import Session
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.tree.model import Node, Tree, canonical, digest
from rflow.errors import NotFound, StoreProblem, UsageProblem
from rflow.ports.values import TreeName
from rflow.stores.derived import read_tree, readable_trees

if TYPE_CHECKING:
    from rflow.ports.workspace import Workspace


def tree_version(workspace: "Workspace", version: str) -> Tree | None:
    """Read a version of a tree, named by its digest; None if the workspace does not have it."""
    data = workspace.tree(version)
    return None if data is None else read_tree(data, version)


def tree_of(workspace: "Workspace", session: Session) -> Tree | None:
    """Read the version of the tree that `session` uses; None if the workspace can't read it."""
    if session.tree is None:
        return None
    version = session.tree.digest
    return readable_trees({version: workspace.tree(version)}).get(version)


def node_of(session: Session, tree: Tree | None) -> Node | None:
    """Return the node where a session stands in its tree; None where it stands at none that this has."""
    return tree.nodes.get(session.place.node) if tree and session.place else None


def trees_of(workspace: "Workspace", session: Session) -> dict[str, Tree]:
    """Read the versions of trees that `session` went through, by digest, as far as the workspace can read them."""
    return readable_trees({version: workspace.tree(version) for version in session.trees})


def tree_changed(workspace: "Workspace", session: Session) -> bool | None:
    """Whether the session's tree has another current version now; None if it has none that can be read."""
    if session.tree is None:
        return None
    current = next((name.digest for name in workspace.tree_names(session.space) if name.id == session.tree.id), "")
    return current != session.tree.digest if current else None


def newer_here(workspace: "Workspace", session: Session, own: Tree | None) -> list[str] | None:
    """Return what the current version of the session's tree changed at the node where it stands.

    None if the session has the current version, or a tree that can't be read; `own` is the version that it has.
    """
    if session.tree is None or session.place is None:
        return None
    version = next((name.digest for name in tree_names(workspace, session.space) if name.id == session.tree.id), "")
    if not version or version == session.tree.digest:
        return None
    from rflow.core.tree.changes import changes

    current = readable_trees({version: workspace.tree(version)}).get(version)
    return [
        f"this node is {change.kind}" if change.kind != "changed" else change.text
        for change in (changes(own, current) if own and current else ())
        if change.node == session.place.node
    ]


def named_tree(workspace: "Workspace", tree_id: str, space: str = DEFAULT_SPACE) -> Tree:
    """Read the current version of the tree of that id in a space, or of the only id that begins with it or holds it.

    Raises `NotFound` with the nearest name, `UsageProblem` where there are several.
    """
    names = tree_names(workspace, space)
    fitting = _fitting(tree_id, names)
    if len(fitting) > 1:
        ids = ", ".join(name.id for name in fitting)
        raise UsageProblem(f'"{tree_id}" could be more than one tree.', try_=f"Name one of {ids}.")
    if fitting and not fitting[0].digest:
        raise StoreProblem(f"The tree {fitting[0].id} was added by a newer rflow.", try_="Upgrade rflow to use it.")
    tree = tree_version(workspace, fitting[0].digest) if fitting else None
    if tree is None:
        raise NotFound(f'There is no tree "{tree_id}" in this store.', try_=_hint(tree_id, names))
    return tree


def tree_names(workspace: "Workspace", space: str) -> list[TreeName]:
    """List the trees that a session of a space may enter, by id.

    On a server these are the space's own. Who can open the store itself may also use those of the default space.
    """
    names = workspace.tree_names(space)
    if space == DEFAULT_SPACE or workspace.actor.roles is not None:
        return names
    own = {name.id for name in names}
    every = [*names, *(name for name in workspace.tree_names() if name.id not in own)]
    return sorted(every, key=lambda name: name.id)


def _fitting(tree_id: str, names: list[TreeName]) -> list[TreeName]:
    """Return the tree of that id, else those whose ids begin with it, else those that hold it."""
    word = tree_id.casefold()
    exact = [name for name in names if name.id == tree_id]
    begin = [name for name in names if word and name.id.startswith(word)]
    return exact or begin or [name for name in names if word and word in name.id]


def _typed(text: str) -> str:
    """Return a text as it can be typed: in the usual quotation marks where a shell leaves all between them alone."""
    from shlex import quote

    return quote(text) if set(text) & set('"$`\\!') else f'"{text}"'


def _hint(tree_id: str, names: list[TreeName]) -> str:
    from difflib import get_close_matches

    ids = [name.id for name in names]
    if " " in tree_id.strip():
        return f"Without a tree, name what is wrong with --title: rflow start --title {_typed(tree_id)}"
    if close := get_close_matches(tree_id, ids, n=1):
        return f'Did you mean "{close[0]}"?'
    if ids:
        return f"There are: {', '.join(ids[:8])}{' …' if len(ids) > 8 else ''}."
    return "This store has no trees yet: rflow tree add FILE (or: rflow tree add --examples)"


Added = Literal["added", "proposed", "no change"]


def add_tree(workspace: "Workspace", tree: Tree, space: str = DEFAULT_SPACE, edited: str | None = None) -> Added:
    """Make `tree` the current version of its id in a space, or propose it to the leads of that space.

    `edited` is the digest of the version that was edited ("" for none); `SessionMoved` if another has become current.
    """
    data = canonical(tree)
    if not proposes(workspace, space):
        return "added" if workspace.add_tree(data, space, edited) else "no change"
    current = next((name.digest for name in workspace.tree_names(space) if name.id == tree.id), "")
    if current == digest(tree):
        return "no change"
    workspace.propose_tree(data, space, current if edited is None else edited)
    return "proposed"


def proposes(workspace: "Workspace", space: str) -> bool:
    """Whether the actor may propose trees there, but not publish them."""
    actor = workspace.actor
    return actor.roles is not None and actor.role_in(space) == "member"


def remove_tree(workspace: "Workspace", tree_id: str, space: str = DEFAULT_SPACE) -> Tree:
    """Remove a tree from the list and return it; sessions in it keep their version."""
    tree = named_tree(workspace, tree_id, space)
    workspace.remove_tree(tree.id, space)
    return tree
