"""The state of a session, as `rflow.core.session.replay` folds it from its events."""

from datetime import datetime
from typing import Literal

import msgspec

from rflow.core.people import Person
from rflow.core.session.events import Brief, CloseOutcome, EvidenceAdded, Place, TreeRef, Unreadable, WaitingSet

Status = Literal["open", "handed_off", "closed"]
StepKind = Literal["choice", "action", "skipped", "own", "tree"]


class Step(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class Note(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry of the scratchpad, as it reads now."""

    seq: int
    text: str
    at: datetime | None
    by: Person
    amended: bool = False


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A piece of evidence and who added it."""

    seq: int
    at: datetime | None
    by: Person
    what: EvidenceAdded


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class Before(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
    moves: list[Before] = []
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
