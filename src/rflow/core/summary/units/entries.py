"""Converting the entries of a session for a summary: cleaned, redacted, with times in the reader's time zone."""

from collections.abc import Sequence

from rflow.core.session.events import Contingency
from rflow.core.session.state import Change, Evidence, Flag, Note, OwnershipEntry, Question, Session, Step
from rflow.core.summary.budget.view import Presenter, View
from rflow.core.summary.progress import (
    Handover,
    ProgressChange,
    ProgressEvidence,
    ProgressFlag,
    ProgressNote,
    ProgressQuestion,
    ProgressWaiting,
    Tried,
)
from rflow.core.summary.units.outputs import telling_line
from rflow.core.summary.units.phrases import joined
from rflow.core.summary.units.relations import outcome_step, reason_for_undo, step_after_revert, subject_of
from rflow.core.summary.units.step_numbers import StepNumbers

EVIDENCE_LINES = 10


class EntryReader:
    """Converts the entries of one session for a summary."""

    def __init__(self, session: Session, presenter: Presenter) -> None:
        self._session = session
        self._presenter = presenter

    def step(self, step: Step, number: int) -> Tried:
        """Return a step with its number."""
        text = self._presenter.text
        why = reason_for_undo(self._session, step) if step.undone else None
        instead = joined(why.text, why.result) if isinstance(why, Step) else why.text if why else ""
        return Tried(
            number=number,
            seq=step.seq,
            kind=step.kind,
            text=text(step.text),
            result=text(step.result),
            by=self._presenter.line(step.by.name),
            at=self._presenter.optional_time(step.at),
            assumed=step.assumed,
            skipped=step.kind == "skipped",
            undone=step.undone,
            pinned=step.seq in self._session.pins,
            short=self._presenter.line(step.short),
            amended=step.amended,
            reason=text(step.reason),
            settled=self._presenter.optional_text(step.settled),
            instead=text(instead),
            instead_seq=why.seq if why else 0,
        )

    def note(self, note: Note) -> ProgressNote:
        """Return a note, a warning or an assumption."""
        about = subject_of(self._session, note)
        return ProgressNote(
            seq=note.seq,
            text=self._presenter.text(note.text),
            by=self._presenter.line(note.by.name),
            at=self._presenter.optional_time(note.at),
            kind=note.kind,
            on=about.seq if about else note.on,
            about=self._presenter.line(about.text) if about else "",
            about_undone=about is not None and about.undone,
            pinned=note.seq in self._session.pins,
            short=self._presenter.line(note.short),
            amended=note.amended,
            settled=None if note.settled is None else self._presenter.text(note.settled),
        )

    def change(self, change: Change, numbers: StepNumbers | None = None) -> ProgressChange:
        """Return a change with its outcome; `numbers` are the step numbers by event."""
        after = outcome_step(self._session, change)
        later = None if change.reverted_note else step_after_revert(self._session, change)
        return ProgressChange(
            seq=change.seq,
            text=self._presenter.text(change.text),
            revert=self._presenter.text(change.revert),
            by=self._presenter.line(change.by.name),
            at=self._presenter.optional_time(change.at),
            reverted=change.reverted,
            reverted_at=self._presenter.optional_time(change.reverted_at),
            then=self._presenter.text(after.result) if after else "",
            then_step=numbers[after.seq] if after and numbers else 0,
            later=self._presenter.text(later.result if later else change.reverted_note),
            later_step=numbers[later.seq] if later and numbers else 0,
            pinned=change.seq in self._session.pins,
            amended=change.amended,
            revert_amended=change.revert_amended,
            short=self._presenter.line(change.short),
            short_revert=self._presenter.line(change.short_revert),
        )

    def evidence(self, piece: Evidence) -> ProgressEvidence:
        """Return a piece of evidence with the end of its output."""
        what = piece.what
        lines = self._presenter.text(what.excerpt).split("\n") if what.excerpt.strip() else []
        shown = lines[-EVIDENCE_LINES:]
        return ProgressEvidence(
            seq=piece.seq,
            kind=what.kind,
            label=self._presenter.line(what.label),
            command=self._presenter.line(what.command),
            by=self._presenter.line(piece.by.name),
            lines=tuple(shown),
            left_out=len(lines) - len(shown) + max(what.left_out - 1, 0),  # the excerpt has a line for its gap
            bytes_total=what.bytes_total,
            telling=telling_line(lines),
            at=self._presenter.optional_time(piece.at),
            exit_code=what.exit_code,
            duration=what.duration,
            host=self._presenter.line(what.host),
            on=piece.on,
            pinned=piece.seq in self._session.pins,
            amended=piece.amended,
        )

    def question(self, question: Question) -> ProgressQuestion:
        """Return a question with its answers."""
        return ProgressQuestion(
            seq=question.seq,
            to=self._presenter.line(question.to.name),
            text=self._presenter.text(question.text),
            by=self._presenter.line(question.by.name),
            at=self._presenter.optional_time(question.at),
            replies=tuple(self._presenter.text(f"{reply.by.name}: {reply.text}") for reply in question.replies),
            pinned=question.seq in self._session.pins,
        )

    def flag(self, flag: Flag) -> ProgressFlag:
        """Return a report of a problem with a node of the tree."""
        return ProgressFlag(
            seq=flag.seq,
            node=self._presenter.line(flag.node),
            text=self._presenter.text(flag.text),
            by=self._presenter.line(flag.by.name),
            at=self._presenter.optional_time(flag.at),
            pinned=flag.seq in self._session.pins,
        )

    def handover(self, entry: OwnershipEntry) -> Handover:
        """Return a change of owner."""
        text = self._presenter.text
        return Handover(
            seq=entry.seq,
            at=self._presenter.time(entry.at),
            by=self._presenter.line(entry.by.name),
            word=entry.word,
            to=self._presenter.line(entry.to.name) if entry.to else None,
            text=text(entry.text),
            warnings=tuple(map(text, entry.warnings)),
            contingencies=plans(entry.contingencies, self._presenter),
        )


def plans(given: Sequence[Contingency], presenter: Presenter) -> tuple[Contingency, ...]:
    """Return contingency plans."""
    line = presenter.line
    return tuple(Contingency(condition=line(plan.condition), action=line(plan.action)) for plan in given)


def waiting(session: Session, view: View, presenter: Presenter) -> tuple[ProgressWaiting, ...]:
    """Return the waits of an open session, the one that is due first at the front."""
    if session.status == "closed":
        return ()
    return tuple(
        ProgressWaiting(
            seq=wait.seq,
            text=presenter.text(wait.waiting_for),
            until=presenter.optional_time(wait.until),
            by=presenter.line(wait.by.name),
            overdue=wait.until is not None and wait.until < view.as_of,
            contingencies=plans(wait.contingencies, presenter),
            short=presenter.line(wait.short),
        )
        for wait in session.waiting
    )
