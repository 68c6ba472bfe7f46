"""The plain JSON document of a session, which other tools can write, and the events that it describes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from rflow.core.excerpt import excerpt
from rflow.core.fingerprint import fingerprint
from rflow.core.people import Person, person
from rflow.core.session.events import (
    ActionDone,
    Brief,
    ChangeMade,
    ChoiceMade,
    Event,
    EvidenceAdded,
    Fact,
    NoteAdded,
    Place,
    SessionStarted,
    StepAdded,
    StepSkipped,
    TreeEntered,
    TreeRef,
)
from rflow.core.session.rules.moves import place_of
from rflow.core.session.times import Moment, utc
from rflow.core.text import clean, one_line
from rflow.core.tree.model import Action, Decision, Tree, digest
from rflow.errors import BadInput

VERSION = 1


class _Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Common fields: when it happened (RFC 3339 with the offset from UTC; left out if unknown), and who did it."""

    at: Moment | None = None
    by: str = ""


class DocumentStep(_Entry, frozen=True, kw_only=True, omit_defaults=True):
    """A step that was tried: `text` is the question or the action, `result` the answer or the outcome.

    `skipped` says why the step was skipped; `assumed` why the answer was assumed without being verified.
    """

    text: str
    result: str = ""
    skipped: str = ""
    assumed: str = ""


class DocumentNote(_Entry, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of the scratchpad."""

    text: str


class DocumentEvidence(_Entry, frozen=True, kw_only=True, omit_defaults=True):
    """A command's output, or other text to keep; `duration` is in seconds."""

    label: str
    output: str = ""
    command: str = ""
    exit_code: int | None = None
    duration: float | None = None
    host: str = ""


class DocumentChange(_Entry, frozen=True, kw_only=True, omit_defaults=True):
    """A change left in place on the customer's system, and how to revert it."""

    text: str
    revert: str


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A session as another tool recorded it.

    `tree` is a whole decision tree, in the form of a tree file; steps that answer its questions in order become the
    path through it. `position` is the current node, if the steps don't lead there.
    """

    title: str
    version: int = VERSION
    brief: Brief = Brief()
    owner: str = ""
    started_at: Moment | None = None
    steps: tuple[DocumentStep, ...] = ()
    notes: tuple[DocumentNote, ...] = ()
    evidence: tuple[DocumentEvidence, ...] = ()
    changes: tuple[DocumentChange, ...] = ()
    tree: dict[str, Any] | None = None
    position: str = ""


class DatedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact of a document with its entry, which says when it happened and who did it."""

    fact: Fact
    entry: _Entry


def document_events(
    document: Document, tree: Tree | None, source: str, reader: Person, at: datetime
) -> tuple[list[Event], dict[str, bytes]]:
    """Return the events that `document` describes, and the contents of its evidence by digest.

    `tree` is its tree, read and checked; `source` names the file. `reader` owns the session; everything is
    recorded `at` the time of reading, and happened when the document says.
    """
    blobs: dict[str, bytes] = {}
    start = _Entry(at=document.started_at)
    started = SessionStarted(title=one_line(document.title), brief=_brief(document.brief), source=one_line(source))
    facts = [DatedFact(fact=started, entry=start), *_path(document, tree), *_rest(document, blobs)]
    author = document.owner or reader.name
    return [_event(number, item, author, reader, at) for number, item in enumerate(facts, 1)], blobs


def _brief(brief: Brief) -> Brief:
    facts = {name: getattr(brief, name) for name in brief.__struct_fields__}
    return Brief(**{name: clean(text).strip() for name, text in facts.items() if text})


def _event(seq: int, dated: DatedFact, author: str, reader: Person, at: datetime) -> Event:
    known = dated.entry.at is not None
    return Event(
        seq=seq,
        at=utc(at),
        by=reader if seq == 1 else person(one_line(dated.entry.by or author)),
        fact=dated.fact,
        happened_at=_aware(dated.entry.at) if dated.entry.at else None,
        undated=not known and not isinstance(dated.fact, SessionStarted),
    )


def _aware(at: datetime) -> datetime:
    """Return a time in UTC; one without an offset is taken as UTC."""
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise BadInput(f"{at.isoformat()} can't be converted to UTC.", try_="Correct it in the file.") from None


def _path(document: Document, tree: Tree | None) -> Iterator[DatedFact]:
    """Return the steps: as moves in the tree as far as they answer its questions, then as own steps."""
    here = None
    if tree is not None:
        here = tree.start
        yield _entered(tree, here)
    for step in document.steps:
        fact = _move(step, tree, here) if tree is not None and here is not None else None
        if fact is None:
            result = step.result or (f"skipped: {step.skipped}" if step.skipped else "")
            yield DatedFact(fact=StepAdded(text=clean(step.text), result=clean(result)), entry=step)
        else:
            here = fact.to.node
            yield DatedFact(fact=fact, entry=step)
    if tree is not None and document.position in tree.nodes and document.position != here:
        yield _entered(tree, document.position)


def _entered(tree: Tree, node: str) -> DatedFact:
    ref = TreeRef(id=tree.id, title=one_line(tree.title), digest=digest(tree))
    return DatedFact(fact=TreeEntered(tree=ref, place=place_of(tree, node)), entry=_Entry())


def _move(step: DocumentStep, tree: Tree, here: str) -> ChoiceMade | ActionDone | StepSkipped | None:
    """Return a step as a move in the tree; None unless its text is that of the node and its result is a choice."""
    node = tree.nodes[here]
    if one_line(step.text) != one_line(node.text):
        return None
    if isinstance(node, Action):
        to = place_of(tree, node.to)
        if step.skipped:
            return StepSkipped(node=here, text=node.text, reason=clean(step.skipped), to=to)
        return ActionDone(node=here, text=node.text, result=clean(step.result), to=to)
    if isinstance(node, Decision):
        for choice in node.choices:
            if choice.label.casefold() == one_line(step.result).casefold():
                return _chosen(here, node, choice.label, place_of(tree, choice.to), step.assumed)
    return None


def _chosen(here: str, node: Decision, label: str, to: Place, assumed: str) -> ChoiceMade:
    return ChoiceMade(node=here, question=node.text, label=label, to=to, assumed=bool(assumed), reason=clean(assumed))


def _rest(document: Document, blobs: dict[str, bytes]) -> Iterator[DatedFact]:
    """Return changes, evidence and notes; the contents of evidence are added to `blobs`."""
    for change in document.changes:
        yield DatedFact(fact=ChangeMade(text=clean(change.text), revert=clean(change.revert)), entry=change)
    for piece in document.evidence:
        yield DatedFact(fact=_evidence(piece, blobs), entry=piece)
    for note in document.notes:
        yield DatedFact(fact=NoteAdded(text=clean(note.text)), entry=note)


def _evidence(piece: DocumentEvidence, blobs: dict[str, bytes]) -> EvidenceAdded:
    data = piece.output.encode("utf-8", "replace")
    name = fingerprint(data)
    blobs[name] = data
    shown = excerpt(data)
    return EvidenceAdded(
        kind="command" if piece.command else "text",
        label=one_line(piece.label),
        command=one_line(piece.command),
        excerpt=shown.text,
        left_out=shown.left_out,
        bytes_total=len(data),
        bytes_kept=len(data),
        digest=name,
        exit_code=piece.exit_code,
        duration=piece.duration,
        host=one_line(piece.host),
    )
