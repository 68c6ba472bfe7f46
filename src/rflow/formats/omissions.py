"""Phrases for what a summary does not show: it was not asked for, or a format had no room for it."""

from rflow.core.summary.progress import Digest, FittedDigest, FittedProgress, Omitted, Progress
from rflow.core.text import counted
from rflow.formats.environment import stamp


def tried_heading(progress: Progress) -> str:
    """Return the heading of the steps: since when they are, and how many come before the first that is shown."""
    since = f" since {stamp(progress.since)}" if progress.since else ""
    gone = omitted(progress).steps
    if progress.earlier and progress.tried and not progress.since:
        gone = progress.tried[0].number - 1
    return f"Tried{since}{_not_shown(gone, 'step')}"


def changes_heading(progress: Progress) -> str:
    """Return the heading of the changes left in place, with the number of those not shown."""
    return f"Changes left in place{_not_shown(omitted(progress).changes, 'change')}"


def _not_shown(count: int, what: str) -> str:
    return f" ({counted(count, f'earlier {what}')} not shown)" if count else ""


def left_out(progress: Progress) -> str:
    """Return what the summary leaves out; "" for nothing."""
    gone = omitted(progress)
    counts = (
        (progress.earlier, "earlier entry", "earlier entries"),
        (gone.outputs, "output", ""),
        (gone.answers, "answer that ruled something out", "answers that ruled something out"),
        (progress.evidence_more, "more piece of evidence", "more pieces of evidence"),
        (gone.changes, "earlier change left in place", "earlier changes left in place"),
        (progress.unreadable, "entry that this rflow can't read", "entries that this rflow can't read"),
    )
    parts = [counted(number, singular, plural) for number, singular, plural in counts if number]
    parts += ["what lies ahead"] if gone.ahead else []
    parts += ["the outline of the tree"] if gone.outline else []
    return ", ".join([*parts, *gone.texts])


def more_sessions(digest: Digest) -> str:
    """Return the number of sessions that the format had no room for; "" for none."""
    return counted(digest.more, "more session") if isinstance(digest, FittedDigest) and digest.more else ""


def omitted(progress: Progress) -> Omitted:
    """Return what the format had no room for."""
    return progress.omitted if isinstance(progress, FittedProgress) else Omitted()
