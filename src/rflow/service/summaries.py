"""Summaries and digests of the sessions in a workspace."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rflow.core.session.head import Head
from rflow.core.session.state import Session
from rflow.core.summary.budget.view import View
from rflow.core.summary.progress import Digest, Handover, Progress
from rflow.core.summary.summarise import summarise
from rflow.core.text import counted
from rflow.errors import StoreProblem
from rflow.service.sessions import load_session
from rflow.service.trees import tree_changed, trees_of

if TYPE_CHECKING:
    from rflow.ports.workspace import Workspace


def session_progress(workspace: "Workspace", session: Session, view: View) -> Progress:
    """Compute the progress of a session that is in the workspace's store."""
    trees, changed = trees_of(workspace, session), tree_changed(workspace, session)
    return summarise(session, trees, view, tree_changed=changed)


_COUNTED = {
    "ask": "the ask",
    "closed": "what it was closed with",
    "now": "the situation",
    "before": "the situation at first",
    "hypothesis": "the hypothesis",
    "last_note": "the last note",
    "caution": ("warning", "warnings"),
    "warned": ("earlier warning", "earlier warnings"),
    "facts": ("key fact", "key facts"),
    "assumed": ("assumption", "assumptions"),
    "waiting": ("wait", "waits"),
    "questions": ("question", "questions"),
    "tried": ("step", "steps"),
    "changes": ("change", "changes"),
    "reverted": ("reverted change", "reverted changes"),
    "taken_back": ("step taken back", "steps taken back"),
    "notes": ("note", "notes"),
    "outputs": ("piece of evidence", "pieces of evidence"),
    "handed_over": ("handoff note", "handoff notes"),
    "accepted": ("read-back", "read-backs"),
    "declined": ("reason for declining", "reasons for declining"),
    "moved": ("reason for a change of owner", "reasons for a change of owner"),
}
"""What is named or counted of a summary, by the key of its section; questions are shown in that of the waits."""

_SAID = {
    "handed off": "handed_over",
    "accepted": "accepted",
    "declined": "declined",
    "took over": "moved",
    "reassigned": "moved",
}
"""The kind that the text of a change of owner counts as, by the word of that change. Closings are counted apart."""


def what_leaves(progress: Progress) -> str:
    """Return what a reader of a summary gets to read: "7 steps, 2 notes"; of a brief one, what its sections show."""
    counts = _shown(progress) if progress.brief else _whole(progress)
    parts = [
        words if isinstance(words, str) else counted(counts[key], *words)
        for key, words in _COUNTED.items()
        if counts.get(key)
    ]
    return ", ".join(parts) or "the title"


def _shown(progress: Progress) -> dict[str, int]:
    counts = {section.key: len(section.entries) for section in progress.sections}
    waits = min(counts.get("waiting", 0), len(progress.waiting))  # they come first
    questions = counts.get("waiting", 0) - waits
    tried = min(counts.get("tried", 0), len(progress.tried))  # an entry may say that there is none yet
    shown = {entry.seq for section in progress.sections if section.key == "handed_over" for entry in section.entries}
    said = _said(entry for entry in progress.handovers if entry.seq in shown)
    return counts | {"waiting": waits, "questions": questions, "tried": tried, "handed_over": 0} | said


def _whole(progress: Progress) -> dict[str, int]:
    return {
        "ask": bool(progress.ask),
        "closed": bool(progress.session.closing_summary),
        "now": bool(progress.situation or progress.impact),
        "hypothesis": bool(progress.hypothesis),
        "waiting": len(progress.waiting),
        "questions": len(progress.questions),
        "tried": len(progress.tried),
        "changes": len(progress.changes),
        "notes": len(progress.notes),
        "outputs": len(progress.evidence) + progress.evidence_more,
    } | _said(progress.handovers)


def _said(handovers: Iterable[Handover]) -> Counter[str]:
    """Count what was said with changes of owner, by what it is."""
    return Counter(_SAID[entry.word] for entry in handovers if entry.word in _SAID and (entry.text or entry.warnings))


def digest_of_heads(workspace: "Workspace", heads: Iterable[Head], view: View, of: str | None) -> Digest:
    """Compute the digest of the sessions in `heads` that can be read; `of` is whose they are, None for everybody's."""
    from rflow.core.summary.digest import digest_of

    return digest_of(_readable(workspace, heads), view, of)


def _readable(workspace: "Workspace", heads: Iterable[Head]) -> Iterator[Session]:
    for head in heads:
        try:
            session = load_session(workspace, head.id)
        except StoreProblem:
            continue
        yield session
