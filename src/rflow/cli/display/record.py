"""The output of `rflow show`: the whole record of a session, unredacted, with the numbers of its entries.

Entries are worded as in a summary, but all of them are shown, uncut.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from rflow.cli.app import local
from rflow.cli.display.entries import pinned, text_of
from rflow.cli.display.text import clock, heading, wrapped
from rflow.cli.output import styled
from rflow.core.session.events import Contingency, covered_by
from rflow.core.session.state import Change, Entry, Note, OwnershipEntry, Session, Step, Wait
from rflow.core.summary.budget.view import Presenter, View
from rflow.core.summary.progress import Header
from rflow.core.summary.summarise import header_of
from rflow.core.summary.units import phrases
from rflow.core.summary.units.entries import EntryReader
from rflow.core.summary.units.phrases import joined, with_details
from rflow.core.text import one_line


def record(session: Session, now: datetime, program: str) -> str:
    """Return everything in a session as text. Pinned entries have a star; undone entries are marked.

    `program` is the prefix of the command that shares it instead.
    """
    raw = f"  Raw: nothing is redacted. To share it: {program} progress {session.code}"
    return "\n".join([heading(session, now), styled(raw, dim=True), *_Record(session, now).blocks()])


class _Record:
    """The sections of a record; times of today have no date."""

    def __init__(self, session: Session, now: datetime) -> None:
        view = View(as_of=now, zone=local, redact=False)
        presenter = Presenter(view)
        self._session, self._now = session, now
        self._warnings_over = session.warnings_over
        self._clock = len(clock(session.started_at, now))  # wide enough for dates, if it began on another day
        self._reader = EntryReader(session, presenter)
        self._head: Header = header_of(session, view, presenter, None)

    def blocks(self) -> Iterator[str]:
        """Yield each section that has entries."""
        session, brief = self._session, self._session.brief
        for name in ("ask", "situation", "impact", "hypothesis"):
            if text := getattr(brief, name):
                yield wrapped(f"{name}: {text}", "    ", "  ")
        changes = session.changes.values()
        yield from _section("Waiting", [line for wait in session.waiting for line in self._wait(wait)])
        yield from _section("Caution", self._notes("warning"), colour="yellow")
        yield from _section("Key facts", self._pins())
        yield from _section("Tried", [self._step(seq) for seq in session.steps])
        yield from _section("Assumptions", self._notes("assumption"))
        yield from _section("Changes in place", [self._change(entry) for entry in changes if entry.in_place])
        yield from _section("No longer so", [self._change(entry) for entry in changes if not entry.in_place])
        past = [line for _, wait in sorted(session.past_waits.items()) for line in self._wait(wait)]
        yield from _section("No longer waiting", past)
        yield from _section("Outputs", [self._output(seq) for seq in session.evidence])
        yield from _section("Notes", self._notes("note"))
        yield from _section("Questions", [line for seq in session.questions for line in self._question(seq)])
        yield from _section("Problems of the tree", [self._flag(seq) for seq in session.flags])
        yield from _section("Handed over", [line for entry in session.ownership for line in self._ownership(entry)])

    def _line(self, seq: int, at: datetime | None, text: str, *, undone: bool = False, star: bool = False) -> str:
        first = f"{'*' if star else ' '}{seq:>4}  {clock(at, self._now):<{self._clock}}  "
        return styled(wrapped(text, " " * len(first), first), dim=undone)

    def _entry(self, entry: Entry, text: str) -> str:
        """Return the line of an entry, with its author if that is not the owner, and its state."""
        on = getattr(entry, "on", 0)
        text = with_details(
            text,
            entry.by.name if entry.by.name != self._session.owner.name else "",
            f"on {on}" if on else "",
            "corrected" if entry.amended else "",
            _in_short(getattr(entry, "short", "")),
            "taken back" if entry.undone else "",
        )
        return self._line(entry.seq, entry.at, text, undone=entry.undone, star=entry.seq in self._session.pins)

    def _wait(self, wait: Wait) -> list[str]:
        until = f"until {clock(wait.until, self._now)}" if wait.until else ""
        by = wait.by.name if wait.by.name != self._session.owner.name else ""
        text = with_details(wait.waiting_for or "not said for what", until, by, self._over(wait))
        first = self._line(wait.seq, wait.at, text, undone=wait.undone)
        return [first, *_plans(wait.contingencies, " " * 14)]

    def _over(self, wait: Wait) -> str:
        """Return the state of a past wait: undone, replaced by another, or ended, when and by whom; "" if current."""
        if wait.undone:
            return "taken back"
        if wait.over_seq in self._session.waits or wait.over_seq in self._session.past_waits:
            return f"replaced by {wait.over_seq}"
        if wait.over_by is None:
            return ""
        by = f" by {wait.over_by.name}" if wait.over_by.name != wait.by.name else ""
        return " ".join(filter(None, ("over", clock(wait.over_at, self._now)))) + by

    def _pins(self) -> list[str]:
        """Return a line for each pinned entry; the entries themselves follow below, marked with a star."""
        entries = pinned(self._session).items()
        return [
            wrapped(f"{seq:>5}  {with_details(text_of(entry), _validity(entry))}", "       ", "")
            for seq, entry in entries
        ]

    def _notes(self, kind: str) -> list[str]:
        return [self._note(note.seq) for note in self._session.notes.values() if note.kind == kind]

    def _note(self, seq: int) -> str:
        note = self._session.notes[seq]
        open_ = note.kind == "assumption" and not note.undone
        if note.kind == "warning" and note.settled is not None:
            return self._entry(note, joined(f"{phrases.sentence(note.text)} No longer holds", note.settled))
        if note.settled is not None:
            return self._entry(note, f"{phrases.sentence(note.text)} Settled: {note.settled}")
        return self._entry(note, with_details(note.text, "not verified" if open_ else ""))

    def _step(self, seq: int) -> str:
        step = self._session.steps[seq]
        tried = self._reader.step(step, 0)
        result = phrases.step_result(tried)
        because = f", because: {tried.reason}" if tried.reason and not tried.skipped else ""
        what = tried.text if step.kind != "tree" else phrases.step_text(tried)
        return self._entry(step, joined(what, result) + because)

    def _change(self, change: Change) -> str:
        shown = self._reader.change(change)
        if change.undone:
            return self._entry(change, f"{shown.text} (never made)")
        if change.reverted:
            then = phrases.outcome(shown.then, change.reverted_note)
            once = replace(shown, amended=False)  # `_entry` already marks it as corrected
            return self._entry(change, phrases.reverted(once, self._head, whole=False, what=shown.text, then=then))
        then = f" Then: {phrases.sentence(shown.then)}" if shown.then else ""
        back = "Revert (corrected)" if change.revert_amended else "Revert"
        return self._entry(change, f"{phrases.sentence(shown.text)}{then} {back}: {shown.revert or 'not recorded'}")

    def _output(self, seq: int) -> str:
        piece = self._session.evidence[seq]
        shown = self._reader.evidence(piece)
        return self._entry(piece, joined(*phrases.output(shown)))

    def _question(self, seq: int) -> list[str]:
        question = self._session.questions[seq]
        asked = self._entry(question, f"{question.to.name} was asked: {question.text}")
        replies = [self._line(reply.seq, reply.at, f"{reply.by.name}: {reply.text}") for reply in question.replies]
        return [asked, *replies]

    def _flag(self, seq: int) -> str:
        flag = self._session.flags[seq]
        return self._entry(flag, f"wrong in the tree, at {flag.node}: {flag.text}")

    def _ownership(self, entry: OwnershipEntry) -> list[str]:
        """Return the lines of an ownership entry; the closing summary is shown elsewhere and not repeated."""
        to = f" to {entry.to.name}" if entry.to and entry.word in ("handed off", "reassigned") else ""
        closing = self._session.closing
        reason = "" if closing and closing.seq == entry.seq else entry.text
        text = joined(f"{entry.by.name} {entry.word}{to}{':' if reason else ''}", reason)
        first = self._line(entry.seq, entry.at, with_details(text, self._came_with(entry)))
        warnings = [wrapped(f"warning: {text}", " " * 16, " " * 14) for text in entry.warnings]
        return [first, *warnings, *_plans(entry.contingencies, " " * 14)]

    def _came_with(self, entry: OwnershipEntry) -> str:
        """Return a remark if the warnings or contingencies of a handoff are no longer valid."""
        if entry.seq in self._session.undone and (entry.warnings or entry.contingencies):
            return "what came with it is not valid"
        why = self._warnings_over.get(entry.seq)
        return "" if why is None else f"its warnings no longer hold{': ' if why else ''}{why}"


def _validity(entry: Entry) -> str:
    """Return a remark for a pinned entry that is not, or no longer, a fact; "" for others."""
    if isinstance(entry, Change):
        return "reverted" if entry.reverted else ""
    if not isinstance(entry, Note | Step):
        return ""
    if entry.kind == "warning":
        return "" if entry.settled is None else "no longer holds"
    if entry.kind != "assumption" and not (isinstance(entry, Step) and entry.assumed):
        return ""
    return "not verified" if entry.settled is None else f"settled: {entry.settled}"


def _section(title: str, lines: Sequence[str], colour: str | None = None) -> list[str]:
    return ["", styled(title, bold=True, colour=colour), *lines] if lines else []


def _plans(contingencies: Sequence[Contingency], indent: str) -> list[str]:
    return [wrapped(f"if {plan.condition}: {plan.action}", f"{indent}  ", indent) for plan in contingencies]


def _in_short(short: str) -> str:
    if head := covered_by(short):
        return f"in short on one line with {head}"
    return f"in short: {one_line(short)}" if short else ""
