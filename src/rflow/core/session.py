"""The state of a session: a fold over its events (`evolve`, `replay`)."""

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Literal, assert_never

import msgspec
from msgspec.structs import replace

from rflow.core.events import (
    ActionDone,
    Brief,
    BriefSet,
    ChangeMade,
    ChangeReverted,
    ChoiceMade,
    CloseOutcome,
    Event,
    EvidenceAdded,
    HandedOff,
    HandoffAccepted,
    HandoffCancelled,
    HandoffDeclined,
    NoteAdded,
    NoteAmended,
    Place,
    ProgressShared,
    SessionClosed,
    SessionReopened,
    SessionStarted,
    StepAdded,
    SteppedBack,
    StepSkipped,
    Stored,
    TakenOver,
    TextRedacted,
    TreeEntered,
    TreeRef,
    Unreadable,
    WaitingSet,
    is_steering,
)
from rflow.core.people import Person

Status = Literal["open", "handed_off", "closed"]
StepKind = Literal["choice", "action", "skipped", "own", "tree"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing tried: `text` is the question or action, `result` the answer or outcome, `to` the node it led to."""

    seq: int
    kind: StepKind
    text: str
    result: str
    at: datetime | None
    by: Person
    node: str = ""
    to: str = ""
    tree: str = ""
    assumed: bool = False
    reason: str = ""
    undone: bool = False


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the scratchpad, as it reads now."""

    seq: int
    text: str
    at: datetime | None
    by: Person
    amended: bool = False


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence and who added it."""

    seq: int
    at: datetime | None
    by: Person
    what: EvidenceAdded


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change made on the customer's system; `reverted` once it was taken back."""

    seq: int
    text: str
    revert: str
    at: datetime | None
    by: Person
    reverted: bool = False


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A handoff that nobody has acknowledged yet."""

    seq: int
    sender: Person
    to: Person
    note: str
    at: datetime


class OwnershipEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history of who owned the session: `word` says what happened, `text` why."""

    seq: int
    at: datetime
    by: Person
    word: str
    to: Person | None = None
    text: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A summary that was delivered, up to event `through`."""

    by: Person
    destination: str
    through: int
    at: datetime


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """How and when a session was closed."""

    outcome: CloseOutcome
    summary: str
    at: datetime
    by: Person


class _Before(msgspec.Struct, frozen=True, kw_only=True):
    """Where the session stood before the move of event `seq`: what `back` returns to."""

    seq: int
    tree: TreeRef | None
    place: Place | None


class Session(msgspec.Struct, kw_only=True):
    """A session as it stands after event `version`. Entries are kept by the `seq` of the event that brought them.

    `steered` is the last event that moved the session or changed who owns it, by `steered_by`. `accepted_by` is the
    last owner who had accepted it: where it returns to when a handoff is declined.
    """

    id: str
    code: str = ""
    version: int = 0
    steered: int = 0
    steered_by: Person | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    title: str = ""
    source: str = ""
    brief: Brief = Brief()
    status: Status = "open"
    owner: Person = Person(id="", name="")
    accepted_by: Person = Person(id="", name="")
    pending: Pending | None = None
    ownership: list[OwnershipEntry] = []
    tree: TreeRef | None = None
    place: Place | None = None
    trees: dict[str, TreeRef] = {}
    steps: dict[int, Step] = {}
    moves: list[_Before] = []
    notes: dict[int, Note] = {}
    evidence: dict[int, Evidence] = {}
    changes: dict[int, Change] = {}
    waiting: WaitingSet | None = None
    deliveries: list[Delivery] = []
    closing: Closing | None = None
    people: dict[str, Person] = {}
    authors: dict[int, str] = {}
    commands: dict[str, int] = {}
    redacted: set[int] = set()
    unreadable: list[Unreadable] = []


def evolve(session: Session, event: Stored) -> Session:
    """Give the state after `event`; `session` itself stays as it was."""
    return replay([event], session)


def replay(events: Iterable[Stored], session: Session) -> Session:
    """Fold `events` over `session`, which stays as it was; `replay(a + b, s)` is `replay(b, replay(a, s))`."""
    after = _copy(session)
    for event in events:
        if isinstance(event, Unreadable):
            after.unreadable.append(event)
            after.version = max(after.version, event.seq)
        else:
            _apply(after, event)
    return after


def _copy(session: Session) -> Session:
    """Copy the containers; what they hold is frozen."""
    after = copy(session)
    for name in after.__struct_fields__:
        value = getattr(after, name)
        if isinstance(value, dict | list | set):
            setattr(after, name, value.copy())
    return after


def _apply(session: Session, event: Event) -> None:
    """Fold one event in place."""
    session.version = event.seq
    session.updated_at = event.at
    session.people[event.by.id] = event.by
    session.authors[event.seq] = event.by.id
    if event.command_id:
        session.commands[event.command_id] = event.seq
    if is_steering(event.fact):
        session.steered, session.steered_by = event.seq, event.by
    _apply_fact(session, event)


def _apply_fact(session: Session, event: Event) -> None:
    match event.fact:
        case SessionStarted() as fact:
            _started(session, event, fact)
        case TreeEntered() | ChoiceMade() | ActionDone() | StepSkipped() as fact:
            _moved(session, event, fact)
        case StepAdded(text=text, result=result):
            session.steps[event.seq] = Step(
                seq=event.seq, kind="own", text=text, result=result, at=when(event), by=event.by
            )
        case SteppedBack(undone=undone):
            _stepped_back(session, undone)
        case BriefSet(brief=brief, title=title):
            session.brief = _merged(session.brief, brief)
            session.title = session.title if title is None else title
        case NoteAdded(text=text):
            session.notes[event.seq] = Note(seq=event.seq, text=text, at=when(event), by=event.by)
        case NoteAmended(note=seq, text=text):
            if seq in session.notes:
                session.notes[seq] = replace(session.notes[seq], text=text, amended=True)
        case EvidenceAdded() as fact:
            session.evidence[event.seq] = Evidence(seq=event.seq, at=when(event), by=event.by, what=fact)
        case ChangeMade(text=text, revert=revert):
            change = Change(seq=event.seq, text=text, revert=revert, at=when(event), by=event.by)
            session.changes[event.seq] = change
        case ChangeReverted(change=seq):
            if seq in session.changes:
                session.changes[seq] = replace(session.changes[seq], reverted=True)
        case WaitingSet() as fact:
            session.waiting = fact if fact.until or fact.waiting_for else None
        case ProgressShared(destination=destination, through=through):
            delivery = Delivery(by=event.by, destination=destination, through=through, at=event.at)
            session.deliveries.append(delivery)
        case TextRedacted(target=target):
            session.redacted.add(target)
        case (
            HandedOff()
            | HandoffAccepted()
            | HandoffDeclined()
            | HandoffCancelled()
            | TakenOver()
            | SessionClosed()
            | SessionReopened()
        ) as fact:
            _owned(session, event, fact)
        case _ as unexpected:
            assert_never(unexpected)


def when(event: Event) -> datetime | None:
    """Give the time to show for an event: when it happened, not when it was written down; None is not known."""
    return None if event.undated else event.happened_at or event.at


def _started(session: Session, event: Event, fact: SessionStarted) -> None:
    session.title, session.source = fact.title, fact.source
    session.brief = _merged(Brief(), fact.brief)
    session.started_at = event.happened_at or event.at
    session.owner = session.accepted_by = event.by


def _moved(session: Session, event: Event, fact: TreeEntered | ChoiceMade | ActionDone | StepSkipped) -> None:
    """Fold a move: remember where it began for `back`, and go on to where it led."""
    before = _Before(seq=event.seq, tree=session.tree, place=session.place)
    begins = isinstance(fact, TreeEntered) and session.tree is None and not session.steps
    if isinstance(fact, TreeEntered):
        session.tree, session.trees[fact.tree.digest] = fact.tree, fact.tree
        session.place = fact.place
    else:
        session.place = fact.to
    if not begins:
        session.moves.append(before)
        session.steps[event.seq] = _step(event, fact, session.tree.digest if session.tree else "")


def _step(event: Event, fact: TreeEntered | ChoiceMade | ActionDone | StepSkipped, tree: str) -> Step:
    seq, at, by = event.seq, when(event), event.by
    match fact:
        case TreeEntered():
            text, to = fact.tree.title, fact.place.node
            return Step(seq=seq, at=at, by=by, kind="tree", text=text, result="", to=to, tree=tree)
        case ChoiceMade():
            return Step(
                seq=seq,
                at=at,
                by=by,
                kind="choice",
                text=fact.question,
                result=fact.label,
                tree=tree,
                node=fact.node,
                to=fact.to.node,
                assumed=fact.assumed,
                reason=fact.reason,
            )
        case ActionDone():
            return Step(
                seq=seq,
                at=at,
                by=by,
                kind="action",
                text=fact.text,
                result=fact.result,
                tree=tree,
                node=fact.node,
                to=fact.to.node,
            )
        case StepSkipped():
            told = Step(seq=seq, at=at, by=by, kind="skipped", text=fact.text, result="", tree=tree)
            return replace(told, node=fact.node, to=fact.to.node, reason=fact.reason)


def _stepped_back(session: Session, undone: int) -> None:
    if not session.moves or session.moves[-1].seq != undone:
        return
    before = session.moves.pop()
    session.tree, session.place = before.tree, before.place
    session.steps[undone] = replace(session.steps[undone], undone=True)


def _merged(old: Brief, new: Brief) -> Brief:
    """Lay `new` over `old`: None leaves a fact, "" clears it."""
    fields = {name: getattr(new, name) for name in new.__struct_fields__}
    return replace(old, **{name: text or None for name, text in fields.items() if text is not None})


def _owned(
    session: Session,
    event: Event,
    fact: HandedOff
    | HandoffAccepted
    | HandoffDeclined
    | HandoffCancelled
    | TakenOver
    | SessionClosed
    | SessionReopened,
) -> None:
    """Fold what changes who owns the session or whether it is open, and write it into the history."""
    to: Person | None = None
    word = text = ""
    match fact:
        case HandedOff():
            word, to, text = "handed off", fact.to, fact.note
            session.pending = Pending(seq=event.seq, sender=event.by, to=to, note=text, at=event.at)
            session.owner, session.status = to, "handed_off"
            session.people[to.id] = to
        case HandoffAccepted(read_back=text):
            word = "accepted"
            _settle(session, event.by)
            session.accepted_by = event.by
        case HandoffDeclined(reason=text):
            word, to = "declined", session.accepted_by
            _settle(session, session.accepted_by)
        case HandoffCancelled():
            word, to = "took back", session.accepted_by
            _settle(session, session.accepted_by)
        case TakenOver(reason=text):
            word = "took over"
            session.pending, session.owner, session.accepted_by = None, event.by, event.by
            session.status = "closed" if session.closing else "open"
        case SessionClosed(outcome=outcome, summary=text):
            word = f"closed as {outcome}"
            session.status, session.pending = "closed", None
            session.closing = Closing(outcome=outcome, summary=text, at=event.at, by=event.by)
        case SessionReopened():
            word = "reopened"
            session.status, session.closing = "open", None
        case _ as unexpected:
            assert_never(unexpected)
    entry = OwnershipEntry(seq=event.seq, at=event.at, by=event.by, word=word, to=to, text=text)
    session.ownership.append(entry)


def _settle(session: Session, owner: Person) -> None:
    """End a pending handoff: `owner` has the session."""
    session.owner, session.pending, session.status = owner, None, "open"
