"""The whole record of a session, raw, with the numbers that other commands take: what `rflow show` prints."""

from collections.abc import Sequence
from datetime import datetime

from rflow.cli.display.entries import pinned, text_of
from rflow.cli.display.text import clock, heading, wrapped
from rflow.cli.output import styled
from rflow.core.session.events import Contingency
from rflow.core.session.state import Change, Evidence, Flag, Note, OwnershipEntry, Question, Session, Step
from rflow.core.text import byte_size

_NOTES = {"note": "Notes", "warning": "Warnings", "assumption": "Assumptions"}


def record(session: Session) -> str:
    """Return everything in the session as text. Pinned entries have a star; undone ones say so."""
    brief = session.brief
    facts = [(name, getattr(brief, name)) for name in ("ask", "situation", "impact", "hypothesis")]
    blocks = [heading(session)]
    blocks += [wrapped(f"{name}: {text}", "    ", "  ") for name, text in facts if text]
    blocks += [_notes(session, "warning"), _section("Key facts", _pins(session))]
    blocks.append(_section("Tried", [_entry(session, step, _step(step)) for step in session.steps.values()]))
    blocks.append(_notes(session, "assumption"))
    blocks.append(_section("Changes", [_entry(session, c, _change(c)) for c in session.changes.values()]))
    blocks.append(_section("Evidence", [_entry(session, p, _evidence(p)) for p in session.evidence.values()]))
    blocks.append(_notes(session, "note"))
    blocks.append(_section("Questions", [line for q in session.questions.values() for line in _question(session, q)]))
    blocks.append(_section("Problems of the tree", [_entry(session, f, _flag(f)) for f in session.flags.values()]))
    blocks.append(_waiting(session))
    blocks.append(_section("Owners", [line for entry in session.ownership for line in _ownership(entry)]))
    return "\n".join(block for block in blocks if block)


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join(["", styled(title, bold=True), *lines]) if lines else ""


def _line(seq: int, at: datetime | None, by: str, text: str, star: bool = False) -> str:
    head = f"{'*' if star else ' '}{seq:>4}  {clock(at)}  "
    return wrapped(f"{text}  [{by}]", " " * len(head), head)


def _entry(session: Session, entry: Step | Note | Evidence | Change | Question | Flag, text: str) -> str:
    """Return the lines of an entry, with what became of it."""
    on = getattr(entry, "on", 0)
    states = [f"on {on}"] if on else []
    states += ["amended"] if entry.amended else []
    states += ["undone"] if entry.undone else []
    said = f"{text} ({', '.join(states)})" if states else text
    return _line(entry.seq, entry.at, entry.by.name, said, star=entry.seq in session.pins)


def _pins(session: Session) -> list[str]:
    """Return a line for each pinned entry; the whole entries stand below, marked with a star."""
    return [wrapped(f"{seq:>5}  {text_of(entry)}", "       ", "") for seq, entry in pinned(session).items()]


def _notes(session: Session, kind: str) -> str:
    notes = [note for note in session.notes.values() if note.kind == kind]
    return _section(_NOTES[kind], [_entry(session, note, note.text + _settled(note)) for note in notes])


def _settled(entry: Note | Step) -> str:
    if isinstance(entry, Note) and entry.kind == "warning":
        return "" if entry.settled is None else f" — over: {entry.settled}".removesuffix(": ")
    if entry.settled is not None:
        return f" — settled: {entry.settled}"
    return " — not verified" if isinstance(entry, Note) and entry.kind == "assumption" else ""


def _step(step: Step) -> str:
    match step.kind:
        case "skipped":
            return f"{step.text} → skipped: {step.reason}"
        case "tree":
            return f"Continued in the tree: {step.text}"
        case _:
            said = f" → {step.result}" if step.result else ""
            assumed = (f" (assumed: {step.reason})" if step.reason else " (assumed)") if step.assumed else ""
            return f"{step.text}{said}{assumed}{_settled(step)}"


def _change(change: Change) -> str:
    if change.undone:
        return f"{change.text} — never made"
    if change.reverted:
        return f"{change.text} — reverted{f': {change.reverted_note}' if change.reverted_note else ''}"
    return f"{change.text} — in place; to revert: {change.revert}"


def _evidence(piece: Evidence) -> str:
    what = piece.what
    code = f", exit code {what.exit_code}" if what.exit_code is not None else ""
    return f"{what.label} ({byte_size(what.bytes_total)}{code})"


def _question(session: Session, question: Question) -> list[str]:
    asked = _entry(session, question, f"to {question.to.name}: {question.text}")
    replies = [
        _line(reply.seq, reply.at, reply.by.name, f"answer to {question.seq}: {reply.text}")
        for reply in question.replies
    ]
    return [asked, *replies]


def _flag(flag: Flag) -> str:
    return f"at {flag.node}: {flag.text}"


def _waiting(session: Session) -> str:
    waiting = session.waiting
    if waiting is None:
        return ""
    until = f" until {clock(waiting.until)}" if waiting.until else ""
    first = wrapped(f"Waiting{until}{f' for: {waiting.waiting_for}' if waiting.waiting_for else ''}", "    ")
    return "\n".join([first, *_plans(waiting.contingencies)])


def _plans(contingencies: Sequence[Contingency]) -> list[str]:
    return [wrapped(f"if {plan.condition}: {plan.action}", " " * 16, " " * 14) for plan in contingencies]


def _ownership(entry: OwnershipEntry) -> list[str]:
    to = f" to {entry.to.name}" if entry.to else ""
    text = f": {entry.text}" if entry.text else ""
    first = _line(entry.seq, entry.at, entry.by.name, f"{entry.word}{to}{text}")
    warnings = [wrapped(f"warning: {text}", " " * 16, " " * 14) for text in entry.warnings]
    return [first, *warnings, *_plans(entry.contingencies)]
