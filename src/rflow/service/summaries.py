"""Summaries and digests of the sessions in a workspace."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rflow.core.redaction import Redactor
from rflow.core.session.head import Head
from rflow.core.session.state import Session
from rflow.core.summary.progress import Digest, Progress
from rflow.core.summary.summarise import summarise
from rflow.core.summary.view import View
from rflow.errors import StoreProblem
from rflow.service.workspace import Workspace


def new_view(workspace: Workspace, *, redact: bool = True, as_of: datetime | None = None) -> View:
    """Return the view of the workspace's member: as of now, in their time zone, with their patterns for secrets.

    Raises `UsageProblem` where a pattern is no regular expression, so that this comes before anything is written.
    """
    Redactor(workspace.patterns)
    return View(as_of=as_of or workspace.now(), zone=workspace.zone, redact=redact, patterns=workspace.patterns)


def session_progress(workspace: Workspace, session: Session, view: View) -> Progress:
    """Compute the progress of a session that is in the workspace's store."""
    changed = workspace.tree_changed(session)
    return summarise(session, workspace.trees_of(session), view, tree_changed=changed)


def digest_of_heads(workspace: Workspace, heads: Iterable[Head], view: View, of: str | None) -> Digest:
    """Compute the digest of the sessions in `heads` that can be read; `of` is whose they are, None for everybody's."""
    from rflow.core.summary.digest import digest_of

    return digest_of(_readable(workspace, heads), view, of)


def _readable(workspace: Workspace, heads: Iterable[Head]) -> Iterator[Session]:
    for head in heads:
        try:
            session = workspace.load(head.id)
        except StoreProblem:
            continue
        yield session
