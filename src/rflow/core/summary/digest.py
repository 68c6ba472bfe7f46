"""The digest: every open session in a few lines each, for the shift handover."""

from collections.abc import Iterable

from rflow.core.session.state import Session, Step
from rflow.core.summary.entries import waiting
from rflow.core.summary.progress import Digest, DigestEntry
from rflow.core.summary.summarise import steps_in_order
from rflow.core.summary.view import Presenter, View
from rflow.core.text import one_line, shorten

_LAST_STEP = 160
"""Characters of the last step that are shown."""


def digest_of(sessions: Iterable[Session], view: View, of: str | None) -> Digest:
    """Compute the digest of `sessions`; `of` is whose they are, None for everybody's."""
    presenter = Presenter(view)
    entries = tuple(_entry(session, view, presenter) for session in sessions)
    return Digest(
        as_of=presenter.time(view.as_of),
        of=of,
        sessions=entries,
        redacted=presenter.redacted,
        redacted_kinds=presenter.redacted_kinds,
    )


def _entry(session: Session, view: View, presenter: Presenter) -> DigestEntry:
    steps = [step for step in steps_in_order(session) if not step.undone]
    last = steps[-1] if steps else None
    brief, pending = session.brief, session.pending
    return DigestEntry(
        code=one_line(session.code),
        title=presenter.line(session.title),
        status=session.status,
        owner=presenter.line(session.owner.name),
        ticket=presenter.optional_line(brief.ticket),
        customer=presenter.optional_line(brief.customer),
        severity=presenter.optional_line(brief.severity),
        ask=presenter.optional_text(brief.ask),
        position=presenter.line(session.place.text) if session.place else None,
        last=shorten(presenter.line(_step_and_result(last)), _LAST_STEP) if last else None,
        last_at=presenter.optional_time(last.at) if last else None,
        steps=len(steps),
        changes=sum(change.in_place for change in session.changes.values()),
        waiting=waiting(session, view, presenter),
        handed_off_by=presenter.line(pending.sender.name) if pending else None,
    )


def _step_and_result(step: Step) -> str:
    result = step.result or (f"skipped: {step.reason}" if step.kind == "skipped" else "")
    return f"{step.text} → {result}" if result else step.text
