"""The digest: every open session in a few lines each, for the shift handover."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from msgspec.structs import replace

from rflow.core.session.state import Session
from rflow.core.summary.budget.arrange import arranged
from rflow.core.summary.budget.view import Extent, View
from rflow.core.summary.progress import Digest, DigestEntry, Progress, Redacted, Section, SectionEntry
from rflow.core.summary.summarise import summarise
from rflow.core.summary.units.phrases import joined, step_result, step_text
from rflow.core.text import shorten

WORDS = 90
"""The budget of words for a session; its ask and warnings are always shown in full."""
_FEW = Extent(entries=10, evidence=0)
_LAST_STEP = 160
"""How many characters of the last step are shown."""


def digest_of(sessions: Iterable[Session], view: View, of: str | None) -> Digest:
    """Compute the digest of `sessions`; `of` names their owner, None for all owners."""
    short = replace(view, brief=True, extent=_FEW)
    summaries = [(session, summarise(session, {}, short)) for session in sessions]
    kinds: Counter[str] = Counter()
    for _, progress in summaries:
        kinds.update({hidden.kind: hidden.count for hidden in progress.redacted_kinds})
    return Digest(
        as_of=view.zone(view.as_of),
        of=of,
        sessions=tuple(_entry(session, progress) for session, progress in summaries),
        redacted=sum(progress.redacted for _, progress in summaries),
        redacted_kinds=tuple(Redacted(kind=kind, count=count) for kind, count in sorted(kinds.items())),
    )


def _entry(session: Session, progress: Progress) -> DigestEntry:
    head, tried = progress.session, [step for step in progress.tried if not step.undone]
    last = tried[-1] if tried else None
    return DigestEntry(
        code=head.code,
        title=head.title,
        status=head.status,
        owner=head.owner,
        lines=_lines(arranged(progress, WORDS).sections),
        ticket=head.ticket,
        customer=head.customer,
        severity=head.severity,
        ask=progress.ask,
        position=progress.position.text if progress.position else None,
        last=shorten(joined(step_text(last), step_result(last)), _LAST_STEP) if last else None,
        last_at=last.at if last else None,
        steps=session.live_steps,
        changes=sum(change.in_place for change in session.changes.values()),
        waiting=progress.waiting,
        handed_off_by=head.handed_off_by,
    )


def _lines(sections: Sequence[Section]) -> tuple[str, ...]:
    """Return each section as one line, starting with its label."""
    return tuple(
        f"{section.label} {section.detail}".strip() + f": {text}"
        for section in sections
        if section.key not in ("redacted", "unreadable")
        for text in _texts(section.entries)
    )


def _texts(entries: Sequence[SectionEntry]) -> Iterator[str]:
    """Return entries on one line, but for those that end in a command, with nothing behind it: a line each."""
    for command, together in groupby(entries, lambda entry: entry.command):
        texts = list(map(_text, together))
        yield from texts if command else ["; ".join(texts)]


def _text(entry: SectionEntry) -> str:
    return f"{entry.number}. {entry.text}" if entry.number else entry.text
