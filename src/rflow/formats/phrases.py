"""Phrases for all formats: parts of a summary in words, as plain text, which formats escape."""

from collections.abc import Callable, Iterator, Sequence

from rflow.core.summary.progress import (
    Digest,
    DigestEntry,
    FittedDigest,
    Header,
    Progress,
    Section,
    SectionEntry,
    Summary,
)
from rflow.core.summary.units.times import stamp
from rflow.core.text import counted

FOOTER = ("redacted", "unreadable", "tree", "new", "not_shown")
"""The sections at the end of a summary."""


def title(session: Header | DigestEntry) -> str:
    """Return the title of a session, or a placeholder if its first event can't be read."""
    return session.title or "Session without a title"


# Sections


def groups(progress: Progress) -> list[Sequence[Section]]:
    """Group the sections: the first, each list, and consecutive single lines."""
    groups: list[list[Section]] = []
    for section in progress.sections:
        if section.key in FOOTER:
            continue
        if len(groups) > 1 and section.single and groups[-1][-1].single:
            groups[-1].append(section)
        else:
            groups.append([section])
    return [tuple(group) for group in groups]


def heading(group: Sequence[Section]) -> str:
    """Return the label of a list; single lines have their own."""
    return "" if group[0].single else group[0].label


def detail(group: Sequence[Section]) -> str:
    """Return the detail after the label of a list; single lines have their own."""
    return "" if group[0].single else group[0].detail


def footer(progress: Progress) -> Iterator[Section]:
    """Yield the sections at the end."""
    return (section for section in progress.sections if section.key in FOOTER)


def lines(entry: SectionEntry) -> str:
    """Return an entry with the lines below it."""
    return "\n".join([entry.text, *entry.below])


def numbered(entry: SectionEntry) -> str:
    """Return an entry that stands alone, with its number."""
    return f"{entry.number}. {lines(entry)}" if entry.number else lines(entry)


def runs(entries: tuple[SectionEntry, ...]) -> list[tuple[SectionEntry, int]]:
    """Return each entry with the number of gaps in the numbering before it: a list in Markdown can't have gaps."""
    gap = 0
    numbered = []
    for before, entry in zip((None, *entries), entries, strict=False):
        gap += before is not None and entry.number != before.number + 1
        numbered.append((entry, gap))
    return numbered


def hidden(summary: Summary) -> str:
    """Return how many values were redacted; "" for none."""
    return counted(summary.redacted, "value") if summary.redacted else ""


# The digest


def facts(header: Header | DigestEntry) -> str:
    """Return the code, ticket, customer and severity."""
    named = [header.code]
    named += [f"ticket {header.ticket}"] if header.ticket else []
    named += [f"customer {header.customer}"] if header.customer else []
    return " · ".join(part for part in [*named, f"severity {header.severity or 'not recorded'}"] if part)


def status(header: Header | DigestEntry) -> str:
    """Return whether the session is open, and who owns it."""
    owner = header.owner or "not known"
    if header.status == "handed_off":
        return f"handed off by {header.handed_off_by} to {owner}, not accepted yet"
    if isinstance(header, Header) and header.outcome:
        return f"closed as {header.outcome}, owner {owner}"
    return f"{header.status}, owner {owner}"


def more_sessions(digest: Digest) -> str:
    """Return how many sessions had no room in the format; "" for none."""
    return counted(digest.more, "more session") if isinstance(digest, FittedDigest) and digest.more else ""


def digest_title(digest: Digest) -> str:
    """Return whose sessions a digest lists, and of which time."""
    whose = f" of {digest.of}" if digest.of else ""
    sessions = len(digest.sessions) + (digest.more if isinstance(digest, FittedDigest) else 0)
    number = counted(sessions, "open session") if sessions else "No open session"
    return f"{number}{whose} as of {stamp(digest.as_of)}"


def entry(session: DigestEntry, digest: Digest) -> list[str]:
    """Return a session in a few lines, with its owner only if the title does not name them."""
    known = session.status == "open" and session.owner == digest.of
    return [facts(session), *([] if known else [status(session)]), *session.lines]


_ALL: tuple[Callable[..., object], ...] = (
    *(title, groups, heading, detail, footer, lines, numbered, runs),
    *(facts, status, digest_title, entry, more_sessions, hidden),
)
PHRASES = {phrase.__name__: phrase for phrase in _ALL}
"""The functions that templates may call, by name; templates of users rely on these names."""
