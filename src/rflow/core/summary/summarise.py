"""Computing Progress from a session and its trees: the summary that answers "what have you tried so far?"."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from operator import le

from rflow.core.session.state import Change, Evidence, Note, Session, Step
from rflow.core.summary import tree_parts
from rflow.core.summary.progress import (
    Continuing,
    Header,
    Progress,
    ProgressChange,
    ProgressEvidence,
    ProgressNote,
    ProgressTree,
    ProgressWaiting,
    Tried,
)
from rflow.core.summary.view import Presenter, View, latest
from rflow.core.text import one_line
from rflow.core.tree.model import Tree

EVIDENCE_LINES = 10


def summarise(session: Session, trees: Mapping[str, Tree], view: View, *, tree_changed: bool | None = None) -> Progress:
    """Compute the progress of `session`, as `view` asks for it.

    `trees` holds the versions it went through by digest, as far as known; `tree_changed` says whether its tree has a
    newer version by now (None: not known).
    """
    presenter, brief = Presenter(view), session.brief
    tree = trees.get(session.tree.digest) if session.tree else None
    tried, notes, evidence = _entries(session, view, presenter)
    return Progress(
        session=_header(session, view, presenter, tree_changed),
        ask=presenter.optional_text(view.ask if view.ask is not None else brief.ask),
        situation=presenter.optional_text(brief.situation),
        impact=presenter.optional_text(brief.impact),
        position=tree_parts.position(session, tree, presenter),
        remaining=tree_parts.steps_remaining(session, tree, presenter),
        tried=tried,
        ruled_out=tuple(tree_parts.answers_that_ruled_out(session, trees, presenter)),
        hypothesis=presenter.optional_text(brief.hypothesis),
        changes=tuple(_change(change, presenter) for change in session.changes.values() if change.in_place),
        waiting=waiting(session, presenter),
        ahead=tree_parts.ahead(session, tree, presenter),
        outline=tree_parts.whole_outline(session, tree, presenter) if view.extent.outline else (),
        evidence=evidence,
        evidence_more=len(session.evidence) - len(evidence),
        notes=notes,
        since=presenter.optional_time(view.since_at),
        earlier=len(session.steps) - len(tried) + sum(not n.undone for n in session.notes.values()) - len(notes),
        unreadable=len(session.unreadable),
        resume=_how_to_resume(session, view, presenter),
        redacted=presenter.redacted,  # last, when every text has been through the presenter
        redacted_kinds=presenter.redacted_kinds,
    )


def _entries(
    session: Session, view: View, presenter: Presenter
) -> tuple[tuple[Tried, ...], tuple[ProgressNote, ...], tuple[ProgressEvidence, ...]]:
    """Return the steps, notes and pieces of evidence that the view asks for; only these are cleaned and redacted."""
    steps = [(number, step) for number, step in enumerate(steps_in_order(session), 1) if step.seq > view.since]
    notes = [note for note in session.notes.values() if note.seq > view.since and not note.undone]
    evidence = [piece for piece in session.evidence.values() if piece.seq > view.since and not piece.undone]
    return (
        tuple(_tried(step, number, presenter) for number, step in latest(steps, view.extent.entries)),
        tuple(_note(note, presenter) for note in latest(notes, view.extent.entries)),
        tuple(_evidence(piece, presenter) for piece in latest(evidence, view.extent.evidence)),
    )


def steps_in_order(session: Session) -> list[Step]:
    """Return the steps in the order in which they were tried: a step recorded later is placed where it happened."""
    steps = list(session.steps.values())
    if not any(step.kind == "own" for step in steps) or _in_order(steps):
        return steps
    last: datetime | None = None
    keys = []
    for step in steps:
        last = step.at or last
        keys.append((last is not None, last.timestamp() if last else 0.0, step.seq))
    return [step for _, step in sorted(zip(keys, steps, strict=True), key=lambda pair: pair[0])]


def _in_order(steps: list[Step]) -> bool:
    times = [step.at for step in steps if step.at is not None]
    try:
        return all(map(le, times, islice(times, 1, None)))
    except TypeError:  # a time without its zone, in a line written by hand
        return False


def _header(session: Session, view: View, presenter: Presenter, tree_changed: bool | None) -> Header:
    brief, closing, pending = session.brief, session.closing, session.pending
    end = closing.at if closing else view.as_of
    elapsed = (end - session.started_at).total_seconds() if session.started_at else None
    return Header(
        id=one_line(session.id),
        code=one_line(session.code),
        title=presenter.line(session.title),
        status=session.status,
        owner=presenter.line(session.owner.name),
        as_of=presenter.time(view.as_of),
        ticket=presenter.optional_line(brief.ticket),
        customer=presenter.optional_line(brief.customer),
        severity=presenter.optional_line(brief.severity),
        outcome=closing.outcome if closing else None,
        closing_summary=presenter.optional_text(closing.summary) if closing else None,
        started_at=presenter.optional_time(session.started_at),
        elapsed=max(elapsed, 0.0) if elapsed is not None else None,
        tree=_tree(session, presenter, tree_changed),
        handed_off_by=presenter.line(pending.sender.name) if pending else None,
        handoff_note=presenter.optional_text(pending.note) if pending else None,
        source=presenter.optional_line(session.source),
    )


def _tree(session: Session, presenter: Presenter, changed: bool | None) -> ProgressTree | None:
    tree = session.tree
    if tree is None:
        return None
    return ProgressTree(
        id=presenter.line(tree.id), title=presenter.line(tree.title), digest=one_line(tree.digest), changed=changed
    )


def _tried(step: Step, number: int, presenter: Presenter) -> Tried:
    return Tried(
        number=number,
        seq=step.seq,
        kind=step.kind,
        text=presenter.text(step.text),
        result=presenter.text(step.result),
        by=presenter.line(step.by.name),
        at=presenter.optional_time(step.at),
        assumed=step.assumed,
        skipped=step.kind == "skipped",
        undone=step.undone,
        reason=presenter.text(step.reason),
    )


def _change(change: Change, presenter: Presenter) -> ProgressChange:
    return ProgressChange(
        seq=change.seq,
        text=presenter.text(change.text),
        revert=presenter.text(change.revert),
        by=presenter.line(change.by.name),
        at=presenter.optional_time(change.at),
    )


def waiting(session: Session, presenter: Presenter) -> ProgressWaiting | None:
    """Return what the session waits for; None for nothing."""
    if session.waiting is None:
        return None
    text, until = session.waiting.waiting_for, session.waiting.until
    return ProgressWaiting(text=presenter.text(text), until=presenter.optional_time(until))


def _how_to_resume(session: Session, view: View, presenter: Presenter) -> Continuing:
    return Continuing(
        command=f"rflow resume {one_line(session.code)}" if session.code else "rflow import FILE",
        link=view.link,
        link_expires=presenter.optional_time(view.link_expires),
    )


def _evidence(piece: Evidence, presenter: Presenter) -> ProgressEvidence:
    what = piece.what
    lines = presenter.text(what.excerpt).split("\n") if what.excerpt.strip() else []
    shown = lines[-EVIDENCE_LINES:]
    return ProgressEvidence(
        seq=piece.seq,
        kind=what.kind,
        label=presenter.line(what.label),
        command=presenter.line(what.command),
        by=presenter.line(piece.by.name),
        lines=tuple(shown),
        left_out=len(lines) - len(shown) + max(what.left_out - 1, 0),  # the excerpt has a line for its gap
        bytes_total=what.bytes_total,
        at=presenter.optional_time(piece.at),
        exit_code=what.exit_code,
        duration=what.duration,
        host=presenter.line(what.host),
    )


def _note(note: Note, presenter: Presenter) -> ProgressNote:
    return ProgressNote(
        seq=note.seq,
        text=presenter.text(note.text),
        by=presenter.line(note.by.name),
        at=presenter.optional_time(note.at),
        amended=note.amended,
    )
