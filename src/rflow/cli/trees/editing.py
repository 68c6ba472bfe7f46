"""Editing a tree in the user's editor: the draft is checked, and kept while it can't be saved."""

from pathlib import Path

from rflow.cli.app import App
from rflow.cli.app.editor import begin_draft, open_draft
from rflow.cli.trees.importing import PROPOSED, say_changes
from rflow.core.text import counted
from rflow.core.tree.changes import changes
from rflow.core.tree.model import Tree, digest
from rflow.errors import BadInput, SessionMoved
from rflow.service.trees import add_tree, named_tree
from rflow.trees.files import describe, read_tree
from rflow.trees.writing import write_tree


def edit_tree(run: App, tree: Tree, space: str) -> None:
    """Let the user edit a tree, and make the result its new version."""
    draft = run.settings.folders.state / "drafts" / f"{tree.id}.{digest(tree)[:12]}.toml"
    if not begin_draft(draft, write_tree(tree, "toml")):
        run.say(f"Continuing with your draft: {draft}")
    edited = _edited(run, draft)
    if edited == tree:
        draft.unlink()
        run.say(f"{tree.id}: no change.")
        return
    same = edited.id == tree.id
    if same:
        _refuse_conflict(run, tree, draft, space)
    say_changes(run, changes(tree, edited))
    what = add_tree(run.workspace, edited, space, digest(tree) if same else None)
    draft.unlink()
    said = PROPOSED if what == "proposed" else "new version; sessions keep theirs"
    run.say(f"{edited.id}: {said} ({counted(edited.nodes, 'node')}).")


def _edited(run: App, draft: Path) -> Tree:
    """Return the tree that the user saved; while it has errors, offer to edit it again."""
    while True:
        open_draft(draft, f"rflow tree add {draft}")
        read = read_tree(draft)
        for problem in read.problems:
            run.say(describe(problem))
        if read.tree is not None:
            return read.tree
        again = run.can_ask and _wants_again()
        if not again:
            raise BadInput("The tree has errors and was not changed.", try_=f"Your draft is kept: {draft}")


def _wants_again() -> bool:
    from rflow.cli.ask import confirmed

    return bool(confirmed("Edit it again?"))


def _refuse_conflict(run: App, tree: Tree, draft: Path, space: str) -> None:
    """Raise `SessionMoved` if somebody else has changed the tree since it was opened, and list what they changed."""
    current = named_tree(run.workspace, tree.id, space)
    if digest(current) != digest(tree):
        say_changes(run, changes(tree, current))
        remedy = f"Your draft is kept. Put their changes into it, then: rflow tree add {draft}"
        raise SessionMoved(f"Somebody changed {tree.id} while you edited it (listed above).", try_=remedy)
