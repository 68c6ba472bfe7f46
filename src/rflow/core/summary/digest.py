"""The digest: every open session in a few lines each, for the shift handover."""

from rflow.core.session.state import Session, Step
from rflow.core.summary.progress import (
    Digest,
    DigestEntry,
)
from rflow.core.summary.summarise import View, steps_of, waiting_of
from rflow.core.text import one_line, shorten


def digest_entry(session: Session, view: View) -> DigestEntry:
    """Compute one session's entry of a digest."""
    steps = [step for step in steps_of(session) if not step.undone]
    last = steps[-1] if steps else None
    brief, pending = session.brief, session.pending
    return DigestEntry(
        code=one_line(session.code),
        title=view.line(session.title),
        status=session.status,
        owner=view.line(session.owner.name),
        ticket=view.maybe_line(brief.ticket),
        customer=view.maybe_line(brief.customer),
        severity=view.maybe_line(brief.severity),
        ask=view.maybe(brief.ask),
        position=view.line(session.place.text) if session.place else None,
        last=shorten(view.line(_told(last)), 160) if last else None,
        last_at=view.time(last.at) if last else None,
        steps=len(steps),
        changes=sum(not change.reverted for change in session.changes.values()),
        waiting=waiting_of(session, view),
        handed_off_by=view.line(pending.sender.name) if pending else None,
    )


def _told(step: Step) -> str:
    said = step.result or (f"skipped: {step.reason}" if step.kind == "skipped" else "")
    return f"{step.text} → {said}" if said else step.text


def digest_of(entries: list[DigestEntry], view: View, of: str | None) -> Digest:
    """Put the entries of a digest together."""
    return Digest(as_of=view.zone(view.as_of), of=of, sessions=tuple(entries), redacted=getattr(view.hide, "count", 0))
