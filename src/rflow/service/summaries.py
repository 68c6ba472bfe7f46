"""Summaries and digests of the sessions in a workspace."""

from collections.abc import Iterable, Iterator

from rflow.core.session.head import Head
from rflow.core.session.state import Session
from rflow.core.summary.budget.view import View
from rflow.core.summary.progress import Digest, Progress
from rflow.core.summary.summarise import summarise
from rflow.core.text import counted
from rflow.errors import StoreProblem
from rflow.ports.workspace import Workspace
from rflow.service.sessions import load_session
from rflow.service.trees import tree_changed, trees_of


def session_progress(workspace: Workspace, session: Session, view: View) -> Progress:
    """Compute the progress of a session that is in the workspace's store."""
    trees, changed = trees_of(workspace, session), tree_changed(workspace, session)
    return summarise(session, trees, view, tree_changed=changed)


_COUNTED = {
    "tried": ("step", "steps"),
    "changes": ("change", "changes"),
    "notes": ("note", "notes"),
    "outputs": ("piece of evidence", "pieces of evidence"),
}
"""What is counted of a summary, by the key of its section."""


def what_leaves(progress: Progress) -> str:
    """Return what a reader of a summary gets to read: "7 steps, 2 notes"; of a brief one, what its sections show."""
    if progress.brief:
        counts = {section.key: len(section.entries) for section in progress.sections}
        counts["tried"] = min(counts.get("tried", 0), len(progress.tried))  # an entry may say that there is none yet
    else:
        outputs = len(progress.evidence) + progress.evidence_more
        whole = {"tried": progress.tried, "changes": progress.changes, "notes": progress.notes}
        counts = {key: len(entries) for key, entries in whole.items()} | {"outputs": outputs}
    parts = [counted(counts[key], *words) for key, words in _COUNTED.items() if counts.get(key)]
    return ", ".join(parts) or "the title"


def digest_of_heads(workspace: Workspace, heads: Iterable[Head], view: View, of: str | None) -> Digest:
    """Compute the digest of the sessions in `heads` that can be read; `of` is whose they are, None for everybody's."""
    from rflow.core.summary.digest import digest_of

    return digest_of(_readable(workspace, heads), view, of)


def _readable(workspace: Workspace, heads: Iterable[Head]) -> Iterator[Session]:
    for head in heads:
        try:
            session = load_session(workspace, head.id)
        except StoreProblem:
            continue
        yield session
