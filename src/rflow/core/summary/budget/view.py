"""The options of a summary (`View`), and the preparation of its texts and times for display (`Presenter`)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from rflow.core.redaction import Redactor
from rflow.core.summary.progress import Progress, Redacted
from rflow.core.text import clean, one_line

Zone = Callable[[datetime], datetime]
"""Converts an aware time to the reader's time zone."""

_Entry = TypeVar("_Entry")


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a session is shown: the latest entries, and everything pinned.

    `entries` is the number of steps, and of notes; `evidence` the number of pieces of evidence; None is all of them.
    `outline` says whether the outline of the whole tree is included. Formats for people never have room for more than
    the defaults.
    """

    entries: int | None = 150
    evidence: int | None = 30
    outline: bool = False

    def limit(self, progress: Progress) -> Progress:
        """Return `progress` without the outline of the tree, unless it is wanted."""
        return progress if self.outline or not progress.outline else replace(progress, outline=())


def widest(extents: Iterable[Extent]) -> Extent:
    """Return the smallest extent that includes all of `extents`, which must not be empty."""
    all_extents = list(extents)
    return Extent(
        entries=_most([extent.entries for extent in all_extents]),
        evidence=_most([extent.evidence for extent in all_extents]),
        outline=any(extent.outline for extent in all_extents),
    )


def _most(counts: Sequence[int | None]) -> int | None:
    limits = [count for count in counts if count is not None]
    return max(limits) if len(limits) == len(counts) else None


def latest(entries: Sequence[_Entry], count: int | None) -> Sequence[_Entry]:
    """Return the last `count` entries; None returns all."""
    return entries if count is None else entries[max(len(entries) - count, 0) :]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a summary.

    `as_of` is the current time. With `redact`, secrets are hidden, including matches of the user's own `patterns`.
    `since` is the number of the last event that the reader has seen, `since_at` its time. `ask` overrides the recorded
    one. `brief` selects the form of 200 words.
    """

    as_of: datetime
    zone: Zone
    redact: bool = True
    patterns: tuple[str, ...] = ()
    extent: Extent = Extent()
    brief: bool = False
    since: int = 0
    since_at: datetime | None = None
    ask: str | None = None
    link: str | None = None
    link_expires: datetime | None = None


class Presenter:
    """Cleans and redacts the texts of one summary and converts its times; counts what it redacted."""

    def __init__(self, view: View) -> None:
        self._redact = Redactor(view.patterns, on=view.redact)
        self._zone = view.zone
        self._lines_without_secrets: dict[str, str] = {}
        """A cache of texts without a secret, on one line: names and labels occur often."""

    @property
    def redacted(self) -> int:
        """The number of values redacted so far."""
        return self._redact.count

    @property
    def redacted_kinds(self) -> tuple[Redacted, ...]:
        """How many values of each kind were redacted so far."""
        return tuple(Redacted(kind=kind, count=count) for kind, count in sorted(self._redact.kinds.items()))

    def text(self, text: str) -> str:
        """Return an untrusted text of several lines, cleaned and redacted."""
        if not text:
            return ""
        safe = clean(text)
        shown = self._redact(safe)
        return (shown if shown is safe else clean(shown)).strip("\n").rstrip()

    def line(self, text: str) -> str:
        """Return an untrusted text on one line, cleaned and redacted."""
        if not text:
            return ""
        if (known := self._lines_without_secrets.get(text)) is not None:
            return known
        if "\n" in text:  # the layout of lines helps to find secrets, so redact before and after joining them
            return one_line(self._redact(one_line(self._redact(clean(text)))))
        safe = one_line(text)
        shown = self._redact(safe)
        if shown is not safe:
            return one_line(shown)
        self._lines_without_secrets[text] = safe
        return safe

    def optional_text(self, text: str | None) -> str | None:
        """Return an optional text, cleaned and redacted; None if it is empty."""
        return self.text(text) or None if text else None

    def optional_line(self, text: str | None) -> str | None:
        """Return an optional text on one line, cleaned and redacted; None if it is empty."""
        return self.line(text) or None if text else None

    def time(self, at: datetime) -> datetime:
        """Return a time in the reader's time zone."""
        return self._zone(at)

    def optional_time(self, at: datetime | None) -> datetime | None:
        """Return an optional time in the reader's time zone."""
        return None if at is None else self._zone(at)
