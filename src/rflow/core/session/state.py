"""The state of a session, as `rflow.core.session.replay` folds it from its events."""

from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.events import (
    AssumptionSettled,
    Brief,
    CloseOutcome,
    Contingency,
    DeliveryState,
    Event,
    EvidenceAdded,
    Fact,
    NoteKind,
    Place,
    TreeRef,
    Unreadable,
)
from rflow.core.session.table import Table
from rflow.core.spaces import DEFAULT_SPACE

Status = Literal["open", "handed_off", "closed"]
StepKind = Literal["choice", "action", "skipped", "own", "tree"]


class Step(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing tried: `text` is the question or action, `result` the answer or outcome, `to` the node it led to.

    `settled` says what became of an assumed one.
    """

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
    settled: str | None = None
    amended: bool = False
    undone: bool = False


class Note(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry of the scratchpad, as it reads now; `on` is the entry it refers to.

    `settled` says what became of an assumption, or why a warning no longer holds.
    """

    seq: int
    text: str
    at: datetime | None
    by: Person
    kind: NoteKind = "note"
    on: int = 0
    settled: str | None = None
    amended: bool = False
    undone: bool = False


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A piece of evidence, who added it, and the entry it belongs to (0 for none)."""

    seq: int
    at: datetime | None
    by: Person
    what: EvidenceAdded
    on: int = 0
    amended: bool = False
    undone: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A change made on the customer's system; `reverted_at` is when it was reverted, `reverted_note` how or why.

    `amended` says that its text was corrected, `revert_amended` the way to revert it.
    """

    seq: int
    text: str
    revert: str
    at: datetime | None
    by: Person
    reverted_at: datetime | None = None
    reverted_by: Person | None = None
    reverted_seq: int = 0
    reverted_note: str = ""
    amended: bool = False
    revert_amended: bool = False
    undone: bool = False

    @property
    def reverted(self) -> bool:
        """Whether it was reverted."""
        return self.reverted_seq > 0

    @property
    def in_place(self) -> bool:
        """Whether the customer's system still has it."""
        return not (self.reverted or self.undone)


class Wait(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that the session waits for, until when, and what to do if something happens meanwhile.

    One that is over has the event that ended it: `over_seq`, which may be the wait that took its place.
    """

    seq: int
    waiting_for: str
    until: datetime | None
    contingencies: tuple[Contingency, ...]
    at: datetime | None
    by: Person
    over_seq: int = 0
    over_at: datetime | None = None
    over_by: Person | None = None
    undone: bool = False


class Reply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An answer to a question."""

    seq: int
    text: str
    at: datetime | None
    by: Person


class Question(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that somebody was asked, and their answers."""

    seq: int
    to: Person
    text: str
    at: datetime | None
    by: Person
    replies: tuple[Reply, ...] = ()
    amended: bool = False
    undone: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it yet."""
        return not self.undone and not self.replies

    def is_for(self, person_id: str) -> bool:
        """Whether somebody may be meant by it: they are named, or a queue is."""
        return self.to.id == person_id or self.to.is_queue


class Flag(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A report that something is wrong with a node of a tree."""

    seq: int
    node: str
    digest: str
    text: str
    at: datetime | None
    by: Person
    amended: bool = False
    undone: bool = False


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A handoff that nobody has accepted yet."""

    seq: int
    sender: Person
    to: Person
    note: str
    at: datetime


class OwnershipEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the history of who owned the session: `word` says what happened, `text` why."""

    seq: int
    at: datetime
    by: Person
    word: str
    to: Person | None = None
    text: str = ""
    warnings: tuple[str, ...] = ()
    contingencies: tuple[Contingency, ...] = ()


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A summary that was delivered up to event `through`, is being delivered, or could not be."""

    seq: int
    by: Person
    destination: str
    through: int
    at: datetime
    state: DeliveryState = "sent"


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """How and when a session was closed."""

    seq: int
    outcome: CloseOutcome
    summary: str
    at: datetime
    by: Person


class Before(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the session stood before a move: what `back` returns to."""

    tree: TreeRef | None
    place: Place | None


Entry = Step | Note | Evidence | Change | Question | Flag
"""What a session keeps by the number of the event that brought it."""
_CONTAINERS = (dict, list, set, Table)


class Session(msgspec.Struct, kw_only=True):
    """A session as it stands after event `version`. Entries are kept by the `seq` of the event that brought them.

    `content_version` is the last event that was no delivery: what a summary through it shows is all there is.
    `steered` is the last event that moved the session or changed who owns it, by `steered_by`. `accepted_by` is the
    last owner who had accepted it: where it returns to when a handoff is declined. `adjustments` are the facts that
    set or changed a value (header facts, waiting, pins, corrections …) and were not undone; `originals` are the
    entries as they were before the first of these. `marked` are the notes that are more than a note. `in_order` says
    whether no step was recorded after one that happened later, `last_step_at` when the last one with a time happened.
    `live_steps` and the like count the entries that were not undone, for lists. `undecoded` decodes the tables that a
    checkpoint has left unset: they are set when they are first used, so that a command on a long session decodes only
    what it needs.
    """

    id: str
    code: str = ""
    space: str = DEFAULT_SPACE
    version: int = 0
    content_version: int = 0
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
    steps: Table[Step] = msgspec.field(default_factory=Table)
    moves: Table[Before] = msgspec.field(default_factory=Table)
    notes: Table[Note] = msgspec.field(default_factory=Table)
    evidence: Table[Evidence] = msgspec.field(default_factory=Table)
    loose_evidence: list[int] = []
    changes: dict[int, Change] = {}
    questions: dict[int, Question] = {}
    flags: dict[int, Flag] = {}
    pins: set[int] = set()
    waits: dict[int, Wait] = {}
    past_waits: dict[int, Wait] = {}  # those that are over, and those that were taken back
    deliveries: list[Delivery] = []
    closing: Closing | None = None
    people: dict[str, Person] = {}
    authors: Table[str] = msgspec.field(default_factory=Table)
    kinds: Table[type[Fact]] = msgspec.field(default_factory=Table)
    units: dict[int, int] = {}
    commands: dict[tuple[str, str], int] = {}
    undone: set[int] = set()
    adjustments: dict[int, Event] = {}
    originals: dict[int, Entry] = {}
    redacted: set[int] = set()
    marked: set[int] = set()
    in_order: bool = True
    last_step_at: datetime | None = None
    live_steps: int = 0
    live_notes: int = 0
    live_evidence: int = 0
    unreadable: list[Unreadable] = []
    undecoded: dict[str, Callable[[], Any]] = {}

    if not TYPE_CHECKING:  # A type checker would take every name for a field.

        def __getattr__(self, name: str) -> Any:
            """Set a field that was left unset, and return it."""
            if name not in self.undecoded:
                raise AttributeError(name)
            value = self.undecoded.pop(name)().copy()
            setattr(self, name, value)
            return value

    def leave_undecoded(self, name: str, decode: Callable[[], Any]) -> None:
        """Leave a table unset; `decode` returns it when it is first used, of the copies of this session too."""
        self.undecoded[name] = decode
        delattr(self, name)

    def copy(self) -> "Session":
        """Return a copy with containers of its own; what they hold is frozen."""
        after = Session(id=self.id)
        for name in self.__struct_fields__:
            if name not in self.undecoded:
                value = getattr(self, name)
                setattr(after, name, value.copy() if type(value) in _CONTAINERS else value)
            else:
                delattr(after, name)
        return after

    def whole(self) -> "Session":
        """Return this session with all of its fields set, and its tables read."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Table):
                value.whole()
        return self

    @property
    def arrived(self) -> datetime | None:
        """When the session came to where it stands."""
        move = self.moves.last
        if move is None:
            return self.started_at
        step = self.steps.get(move)
        return step.at if step else None

    def unsettled(self, kind: NoteKind) -> list[Note]:
        """Return the warnings that hold, or the notes of assumptions that are not settled, in order."""
        notes = (self.notes[seq] for seq in sorted(self.marked))
        return [note for note in notes if note.kind == kind and note.settled is None and not note.undone]

    @property
    def changes_of_owner(self) -> list[OwnershipEntry]:
        """The changes of owner but for handoffs that came to nothing, without warnings that no longer hold."""
        over = self.warnings_over
        valid = (entry for entry in self.ownership if entry.seq not in self.undone)
        return [replace(entry, warnings=()) if entry.seq in over else entry for entry in valid]

    @property
    def handoffs(self) -> list[OwnershipEntry]:
        """What was said with each handoff, but for those that were taken back, declined or not accepted in time."""
        return [entry for entry in self.changes_of_owner if entry.word == "handed off"]

    @property
    def warnings_over(self) -> dict[int, str]:
        """Why the warnings of handoffs no longer hold, by the numbers of these."""
        warned = {entry.seq for entry in self.ownership if entry.warnings}
        facts = (event.fact for event in self.adjustments.values()) if warned else ()
        return {
            fact.target: fact.text for fact in facts if isinstance(fact, AssumptionSettled) and fact.target in warned
        }

    @property
    def last_handoff(self) -> OwnershipEntry | None:
        """What was said with the last handoff that stands."""
        return next(reversed(self.handoffs), None)

    @property
    def waiting(self) -> tuple[Wait, ...]:
        """What the session waits for, what is due first before the others."""
        return tuple(sorted(self.waits.values(), key=_due))

    @property
    def entries(self) -> tuple[MutableMapping[int, Any], ...]:
        """The tables of entries: steps, notes, evidence, changes, questions, flags."""
        return self.steps, self.notes, self.evidence, self.changes, self.questions, self.flags

    def entry(self, seq: int) -> Entry | None:
        """Return the entry of event `seq`; None where that brought none."""
        for table in self.entries:
            if seq in table:
                entry: Entry = table[seq]
                return entry
        return None

    def put(self, entry: Entry) -> None:
        """Put an entry in place of the one with its number."""
        for table in self.entries:
            if entry.seq in table:
                table[entry.seq] = entry

    def carried_out(self, command_id: str, by: Person) -> int | None:
        """Return the entry that a command of that id brought. Another person's of the same id is another command."""
        return self.commands.get((by.id, command_id)) if command_id else None


def _due(wait: Wait) -> tuple[bool, float, int]:
    return wait.until is None, wait.until.timestamp() if wait.until else 0.0, wait.seq
