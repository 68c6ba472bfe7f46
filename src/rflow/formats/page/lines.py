"""The entries of a page's blocks in the whole form: all there is of each, with author and time apart from the text."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from typing import Literal

import msgspec

from rflow.core.summary.progress import Progress, ProgressChange, ProgressNote, ProgressRuledOut, Tried
from rflow.core.summary.units import phrases
from rflow.core.summary.units.entry_units import (
    is_assumed,
    is_open_assumption,
    pinned,
    pinned_and_settled,
    warnings_that_are_over,
)
from rflow.core.summary.units.state_units import planned
from rflow.core.summary.units.unit import SectionKey
from rflow.core.text import counted, one_line

_CAUSES = 5
"""Of the causes that one answer ruled out so many are named."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a block: its text, what came of it, what is muted below it, a command to copy, who and when.

    `step` is the number of the step that it stands for, `chip` a word of state, with a time where something is `due`;
    `until` is the end of a span from `at`.
    """

    text: str
    result: str = ""
    note: str = ""
    command: str = ""
    by: str = ""
    at: datetime | None = None
    until: datetime | None = None
    due: datetime | None = None
    step: int = 0
    chip: str = ""


def _now(progress: Progress) -> Iterator[Line]:
    if progress.situation:
        yield Line(text=progress.situation)
    if progress.impact:
        yield Line(text=f"Impact: {progress.impact}" if progress.situation else progress.impact)


def _hypothesis(progress: Progress) -> Iterator[Line]:
    if progress.hypothesis:
        yield Line(text=progress.hypothesis)


def _closed(progress: Progress) -> Iterator[Line]:
    if progress.session.closing_summary:
        yield Line(text=progress.session.closing_summary)


def _facts(progress: Progress) -> Iterator[Line]:
    lines = [(step.seq, _step(step, phrases.step_result(step))) for step in pinned(progress)]
    lines += [(note.seq, _note(note)) for note in progress.notes if note.pinned and note.kind == "note"]
    lines += [(note.seq, _note(note, f"Settled: {note.settled}")) for note in pinned_and_settled(progress)]
    lines += _answered_and_reported(progress, pinned=True)
    lines += [
        (piece.seq, Line(text=what, result=result, by=piece.by, at=piece.at))
        for piece in progress.evidence
        if piece.pinned
        for what, result in (phrases.output(piece),)
    ]
    return _in_order(lines)


def _step(step: Tried, result: str, note: str = "") -> Line:
    return Line(text=phrases.step_text(step), result=one_line(result), note=note, step=step.number)


def _assumed(progress: Progress) -> Iterator[Line]:
    for step in progress.tried:
        if is_assumed(step):
            yield _step(step, step.result, f"Because: {step.reason}" if step.reason else "")
    yield from (_note(note) for note in progress.notes if is_open_assumption(note))


def _changes(progress: Progress) -> Iterator[Line]:
    for change in progress.changes:
        if not change.reverted:
            chip = "corrected" if change.amended else "way back corrected" if change.revert_amended else ""
            yield Line(
                text=change.text, note=_after(change), command=change.revert, by=change.by, at=change.at, chip=chip
            )


def _after(change: ProgressChange) -> str:
    """Return what came of a change, and that nobody recorded how to revert it."""
    then = f"Then: {phrases.with_details(change.then, f'step {change.then_step}')}" if change.then else ""
    return "\n".join(filter(None, (then, "" if change.revert else "How to revert it is not recorded.")))


def _reverted(progress: Progress) -> Iterator[Line]:
    for change in progress.changes:
        if change.reverted:
            yield Line(
                text=one_line(change.text),
                result=phrases.outcome(one_line(change.then), one_line(change.later)),
                by=change.by,
                at=change.at,
                until=change.reverted_at,
                step=change.then_step,
                chip="corrected" if change.amended else "",
            )
    for note, why in warnings_that_are_over(progress):
        yield Line(text=f"The warning “{one_line(note.text)}”", result=why or "over", by=note.by, at=note.at)


def _waiting(progress: Progress) -> Iterator[Line]:
    several = len(progress.waiting) > 1
    for part in progress.waiting:
        chip = "" if not several or not part.until else "overdue since" if part.overdue else "until"
        text = part.text or "Not said for what."
        yield Line(text=text, by=part.by, chip=chip, due=part.until if several else None)
    for question in progress.questions:
        if not question.replies:
            yield Line(text=f"{question.to} was asked: {question.text}", by=question.by, at=question.at)


def _next(progress: Progress) -> Iterator[Line]:
    yield from (Line(text=f"I{text[1:]}") for text in planned(progress))
    for ahead in progress.ahead:
        if ahead.depth == 1:
            text = f"{ahead.label}: {ahead.text}" if ahead.label else ahead.text
            yield Line(text=text, chip="end of the tree" if ahead.kind == "end" else "")


def _ruled_out(progress: Progress) -> Iterator[Line]:
    for answer in reversed(progress.ruled_out):
        note = f"“{answer.answer}” to “{answer.question}”"
        yield Line(text=_causes(answer), note=note, chip="only assumed" if answer.unconfirmed else "")


def _causes(answer: ProgressRuledOut) -> str:
    more = len(answer.causes) - _CAUSES
    return "; ".join([*answer.causes[:_CAUSES], *([f"{more:,} more"] if more > 0 else [])])


def _last_note(progress: Progress) -> Iterator[Line]:
    seqs = _last_note_seqs(progress)
    return (_note(note) for note in progress.notes if note.seq in seqs)


def _last_note_seqs(progress: Progress) -> set[int]:
    """Return the sequence number of the note that stands at the top of the page, if there is one."""
    return {entry.seq for section in progress.sections if section.key == "last_note" for entry in section.entries}


def _notes(progress: Progress) -> Iterator[Line]:
    """Return the notes that are not shown elsewhere, settled assumptions, answered questions and reports."""
    last = _last_note_seqs(progress)
    lines = [(note.seq, _note(note)) for note in progress.notes if _is_plain(note) and note.seq not in last]
    lines += [
        (note.seq, _note(note, f"Settled: {note.settled}"))
        for note in progress.notes
        if note.kind == "assumption" and note.settled is not None and not note.pinned
    ]
    lines += _answered_and_reported(progress, pinned=False)
    return _in_order(lines)


def _answered_and_reported(progress: Progress, *, pinned: bool) -> list[tuple[int, Line]]:
    """Return the answered questions and the reports about the tree that are key facts, or those that are none."""
    questions = (each for each in progress.questions if each.replies and each.pinned == pinned)
    asked = (
        (each.seq, Line(text=f"Asked {each.to}: {each.text}", note="\n".join(each.replies), by=each.by, at=each.at))
        for each in questions
    )
    flags = (flag for flag in progress.flags if flag.pinned == pinned)
    said = (
        (each.seq, Line(text=f"Wrong in the tree, at {each.node}: {each.text}", by=each.by, at=each.at))
        for each in flags
    )
    return [*asked, *said]


def _is_plain(note: ProgressNote) -> bool:
    return note.kind == "note" and not note.pinned


def _note(note: ProgressNote, more: str = "") -> Line:
    chip = "corrected" if note.amended else "assumed" if more else ""
    return Line(text=note.text, note=more, by=note.by, at=note.at, chip=chip)


def _in_order(lines: Iterable[tuple[int, Line]]) -> Iterator[Line]:
    return (line for _, line in sorted(lines, key=itemgetter(0)))


def _handed_over(progress: Progress) -> Iterator[Line]:
    for entry in progress.handovers:
        if phrases.is_handover(entry):
            to = f" to {entry.to}" if entry.to and entry.word in ("handed off", "reassigned") else ""
            yield Line(text=f"{entry.by} {entry.word}{to}", note=entry.text, at=entry.at)


def _not_shown(progress: Progress) -> Iterator[Line]:
    """Return what a page of the whole form does not hold."""
    left_out = {
        "earlier step": progress.earlier,
        "earlier note": progress.earlier_notes,
        "earlier output": progress.evidence_more,
    }
    if any(left_out.values()):
        yield Line(text=", ".join(counted(number, noun) for noun, number in left_out.items() if number))


WHOLE: dict[SectionKey | Literal["not_shown"], Callable[[Progress], Iterator[Line]]] = {
    "closed": _closed,
    "now": _now,
    "last_note": _last_note,
    "facts": _facts,
    "assumed": _assumed,
    "hypothesis": _hypothesis,
    "changes": _changes,
    "reverted": _reverted,
    "waiting": _waiting,
    "next": _next,
    "ruled_out": _ruled_out,
    "notes": _notes,
    "handed_over": _handed_over,
    "not_shown": _not_shown,
}
"""The entries of the blocks that are made from the fields of a summary, by the key of their section."""
