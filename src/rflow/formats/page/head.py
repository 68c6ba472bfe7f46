"""The head of a page: the state of the session as pills, and its code, ticket and customer."""

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from rflow.core.summary.progress import DigestEntry, Header, Progress, Section
from rflow.core.summary.units import phrases
from rflow.core.text import counted

_SEVERE = re.compile(r"((sev|severity|p|s)[ -]?)?[12]|critical|high", re.IGNORECASE)


class Pill(msgspec.Struct, frozen=True, kw_only=True):
    """A state in a few words, with its tone (ok, hold, bad, ""), its icon, a link to a part of the page, and a time."""

    text: str
    tone: str = ""
    icon: str = ""
    href: str = ""
    at: datetime | None = None


def pills(summary: Progress | DigestEntry) -> Iterator[Pill]:
    """Return the pills of a session: its status, its severity, changes in place, what it waits for."""
    head = summary.session if isinstance(summary, Progress) else summary
    yield _status(head)
    if head.severity:
        tone = "bad" if _SEVERE.fullmatch(head.severity) else ""
        yield Pill(text=f"Severity {head.severity}", tone=tone)
    if isinstance(summary, DigestEntry):
        if summary.changes:
            yield _changes(summary.changes)
        return
    sections = {section.key: section for section in summary.sections}
    section = sections.get("changes")
    if section and [entry.text for entry in section.entries] != [phrases.NOTHING]:
        in_place = sum(not change.reverted for change in summary.changes) or _count_all(section)
        yield msgspec.structs.replace(_changes(in_place), href="#changes")
    section = sections.get("waiting")
    if section and head.status != "closed":
        yield _waiting(summary, section)


def _status(head: Header | DigestEntry) -> Pill:
    if head.status == "handed_off":
        text = f"Handed off by {head.handed_off_by} to {head.owner or 'not known'}, not accepted yet"
        return Pill(text=text, tone="hold", icon="clock")
    if head.status == "closed":
        outcome = getattr(head, "outcome", None)
        return Pill(text=f"Closed as {outcome}" if outcome else "Closed", icon="tick")
    return Pill(text="Open", tone="ok", icon="dot")


def _changes(number: int) -> Pill:
    text = f"{counted(number, 'change')} in place" if number else "Changes in place"
    return Pill(text=text, tone="hold", icon="change")


def _count_all(section: Section) -> int:
    """Return the number of changes in a section; 0 if it is unknown, since some are not shown or share an entry."""
    several = any(phrases.is_of_several(entry.text) for entry in section.entries)
    return 0 if section.detail or several else len(section.entries)


def _waiting(progress: Progress, section: Section) -> Pill:
    part = next(iter(progress.waiting), None)
    if part is not None and part.until is not None:
        tone, text = ("bad", "Overdue since") if part.overdue else ("hold", "Waiting until")
        return Pill(text=text, tone=tone, icon="clock", href="#waiting", at=part.until)
    overdue = section.detail.startswith("overdue")
    return Pill(
        text=" ".join(filter(None, (section.label, section.detail))),
        tone="bad" if overdue else "hold",
        icon="clock",
        href="#waiting",
    )


def meta(head: Header | DigestEntry) -> list[str]:
    """Return the code, ticket and customer of a session."""
    return [text for text in (head.code, head.ticket, head.customer) if text]
