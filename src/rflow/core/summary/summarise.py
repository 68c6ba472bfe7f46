"""Computing Progress from a session and its trees: the summary that answers "what have you tried so far?"."""

from collections.abc import Mapping, Sequence, Set
from itertools import islice, takewhile
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from rflow.core.session.events import Brief, EvidenceAdded, NoteAdded
from rflow.core.session.state import Evidence, Note, Session, Step
from rflow.core.session.table import Table
from rflow.core.summary.budget.arrange import arranged
from rflow.core.summary.budget.view import Presenter, View
from rflow.core.summary.progress import Continuing, Header, Progress, ProgressTree
from rflow.core.summary.units import tree_parts
from rflow.core.summary.units.earlier import ask_at, ask_by, impact_before, situation_at, situation_before
from rflow.core.summary.units.entries import EntryReader, waiting
from rflow.core.summary.units.relations import own_steps_since_move
from rflow.core.summary.units.step_numbers import StepNumbers
from rflow.core.text import one_line
from rflow.core.tree.model import Tree

_Kept = TypeVar("_Kept", Note, Evidence)
_BRIEF = tuple(name for name in Brief.__struct_fields__ if name in Header.__struct_fields__)
"""The header facts that are also fields of `Header`."""


def summarise(session: Session, trees: Mapping[str, Tree], view: View, *, tree_changed: bool | None = None) -> Progress:
    """Compute the progress of `session` for `view`.

    `trees` has the known versions of its trees by digest; `tree_changed` says whether there is a newer version of the
    current one, None if that is unknown.
    """
    presenter, tree = Presenter(view), _tree_of(session, trees)
    reader, shown = EntryReader(session, presenter), _shown(session, view)
    progress = Progress(
        session=header_of(session, view, presenter, tree_changed),
        **_brief_fields(session, view, presenter),
        position=tree_parts.position(session, tree, presenter),
        since_position=tuple(sorted(shown.numbers[seq] for seq in own_steps_since_move(session))),
        remaining=tree_parts.steps_remaining(session, tree, presenter),
        tried=tuple(reader.step(step, number) for number, step in shown.steps),
        ruled_out=tuple(tree_parts.answers_that_ruled_out(session, trees, presenter)),
        changes=tuple(reader.change(change, shown.numbers) for change in session.changes.values() if not change.undone),
        waiting=waiting(session, view, presenter),
        ahead=tree_parts.ahead(session, tree, presenter),
        outline=tree_parts.whole_outline(session, tree, presenter) if view.extent.outline and not view.brief else (),
        evidence=tuple(map(reader.evidence, shown.evidence)),
        evidence_more=session.live_evidence - len(shown.evidence),
        notes=tuple(map(reader.note, shown.notes)),
        questions=tuple(reader.question(question) for question in session.questions.values() if not question.undone),
        flags=tuple(reader.flag(flag) for flag in session.flags.values() if not flag.undone),
        handovers=tuple(reader.handover(entry) for entry in session.changes_of_owner),
        since=presenter.optional_time(view.since_at),
        earlier=session.live_steps - sum(not step.undone for _, step in shown.steps),
        earlier_notes=session.live_notes - len(shown.notes),
        unreadable=sum(event.reason != "conflict" for event in session.unreadable),
        resume=_how_to_resume(session, view, presenter),
        redacted=presenter.redacted,  # must be evaluated after all texts
        redacted_kinds=presenter.redacted_kinds,
        brief=view.brief,
    )
    return arranged(progress)


def _brief_fields(session: Session, view: View, presenter: Presenter) -> dict[str, Any]:
    """Return the fields about the ask, the situation, the impact and the hypothesis."""
    brief = session.brief
    return {
        "ask": presenter.optional_text(view.ask if view.ask is not None else brief.ask),
        "ask_by": presenter.optional_line(ask_by(session)) if view.ask is None else None,
        "ask_at": presenter.optional_time(ask_at(session)) if view.ask is None else None,
        "situation": presenter.optional_text(brief.situation),
        "impact": presenter.optional_text(brief.impact),
        "situation_at": presenter.optional_time(situation_at(session)),
        "situation_before": presenter.optional_text(situation_before(session)),
        "impact_before": presenter.optional_text(impact_before(session)),
        "hypothesis": presenter.optional_text(brief.hypothesis),
    }


def _tree_of(session: Session, trees: Mapping[str, Tree]) -> Tree | None:
    return trees.get(session.tree.digest) if session.tree else None


class _Shown(msgspec.Struct, frozen=True):
    """The entries that a view selects, steps with their numbers, and the numbers of all steps."""

    numbers: StepNumbers
    steps: Sequence[tuple[int, Step]]
    notes: Sequence[Note]
    evidence: Sequence[Evidence]


def _shown(session: Session, view: View) -> _Shown:
    numbers = StepNumbers(session)
    return _Shown(
        numbers=numbers,
        steps=_wanted_steps(session, view, numbers),
        notes=_wanted_notes(session, view),
        evidence=_wanted_evidence(session, view),
    )


def _wanted_steps(session: Session, view: View, numbers: StepNumbers) -> list[tuple[int, Step]]:
    """Return the steps that the view selects, and those that somebody chose; only these are cleaned and redacted."""
    recent = numbers.latest(view.extent.entries)
    shown = {step.seq for step in recent}
    kept = session.pins | session.shortened
    pinned = [session.steps[seq] for seq in kept if seq not in shown and seq in session.steps]
    wanted = sorted((numbers[step.seq], step.seq, step) for step in (*pinned, *recent) if step.seq > view.since)
    return [(number, step) for number, _, step in wanted]


def _wanted_notes(session: Session, view: View) -> Sequence[Note]:
    """Return the valid notes that the view selects: the latest, pinned ones and assumptions; and all valid warnings."""
    kept = session.pins | session.shortened
    more = session.marked | {seq for seq in kept if session.kinds.get(seq) is NoteAdded}
    wanted = _wanted(session.notes, view, view.extent.entries, more)
    if not view.since:
        return wanted
    return [*(note for note in session.unsettled("warning") if note.seq <= view.since), *wanted]


def _wanted_evidence(session: Session, view: View) -> Sequence[Evidence]:
    """Return the valid evidence that the view selects: the latest and the pinned pieces."""
    pinned = {seq for seq in session.pins if session.kinds.get(seq) is EvidenceAdded}
    return _wanted(session.evidence, view, view.extent.evidence, pinned)


def _wanted(table: Table[_Kept], view: View, count: int | None, more: Set[int]) -> Sequence[_Kept]:
    """Return the latest `count` valid entries, and those with numbers in `more`; no others are read."""
    since = takewhile(lambda entry: entry.seq > view.since, table.newest())
    wanted = {entry.seq: entry for entry in islice((entry for entry in since if not entry.undone), count)}
    others = [table[seq] for seq in more if seq > view.since and seq not in wanted]
    wanted |= {entry.seq: entry for entry in others if not entry.undone}
    return [wanted[seq] for seq in sorted(wanted)]


def header_of(session: Session, view: View, presenter: Presenter, tree_changed: bool | None) -> Header:
    """Return the header of a session."""
    closing, pending = session.closing, session.pending
    end = closing.at if closing else view.as_of
    elapsed = (end - session.started_at).total_seconds() if session.started_at else None
    header = Header(
        id=one_line(session.id),
        code=one_line(session.code),
        title=presenter.line(session.title),
        status=session.status,
        owner=presenter.line(session.owner.name),
        as_of=presenter.time(view.as_of),
        outcome=closing.outcome if closing else None,
        closing_summary=presenter.optional_text(closing.summary) if closing else None,
        started_at=presenter.optional_time(session.started_at),
        elapsed=max(elapsed, 0.0) if elapsed is not None else None,
        tree=_tree(session, presenter, tree_changed),
        handed_off_by=presenter.line(pending.sender.name) if pending else None,
        source=presenter.optional_line(session.source),
        changed_at=presenter.optional_time(session.updated_at),
    )
    return replace(header, **{name: presenter.optional_line(getattr(session.brief, name)) for name in _BRIEF})


def _tree(session: Session, presenter: Presenter, changed: bool | None) -> ProgressTree | None:
    tree = session.tree
    if tree is None:
        return None
    return ProgressTree(
        id=presenter.line(tree.id), title=presenter.line(tree.title), digest=one_line(tree.digest), changed=changed
    )


def _how_to_resume(session: Session, view: View, presenter: Presenter) -> Continuing:
    closed = session.status == "closed"
    command = "show" if closed else "resume"
    return Continuing(
        command=f"rflow {command} {one_line(session.code)}" if session.code else "rflow import FILE",
        label="Read" if closed else "Continue",
        link=view.link,
        link_expires=presenter.optional_time(view.link_expires),
    )
