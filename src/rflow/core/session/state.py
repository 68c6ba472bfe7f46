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
    """A step: `text` is the question or action, `result` the answer or outcome, `to` the node it led to.

    `settled` is the outcome of an assumed step, None until it is settled; `short` is its short form for a brief.
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
    short: str = ""
    amended: bool = False
    undone: bool = False


class Note(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A note, warning or assumption with its current text; `on` is the entry it refers to, 0 for none.

    `settled` is the outcome of an assumption, or why a warning is no longer valid; None until then.
    """

    seq: int
    text: str
    at: datetime | None
    by: Person
    kind: NoteKind = "note"
    on: int = 0
    settled: str | None = None
    short: str = ""
    amended: bool = False
    undone: bool = False


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A piece of evidence; `on` is the entry it belongs to, 0 for none."""

    seq: int
    at: datetime | None
    by: Person
    what: EvidenceAdded
    on: int = 0
    amended: bool = False
    undone: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A change made on the customer's system; `reverted_note` says by whom or why it was reverted.

    `amended` says that its text was corrected, `revert_amended` that how to revert it was.
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
    short: str = ""
    short_revert: str = ""
    amended: bool = False
    revert_amended: bool = False
    undone: bool = False

    @property
    def reverted(self) -> bool:
        """Whether the change was reverted."""
        return self.reverted_seq > 0

    @property
    def in_place(self) -> bool:
        """Whether the change is still in effect on the customer's system."""
        return not (self.reverted or self.undone)


class Wait(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that the session waits for, until when, and what to do if something happens meanwhile.

    `over_seq` is the event that ended the wait, which may be the wait that replaced it; 0 until then.
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
    short: str = ""
    undone: bool = False


class Short(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The short forms given to an entry and to how it is reverted, with the events that gave them; "" and 0: none."""

    seq: int = 0
    text: str = ""
    revert_seq: int = 0
    revert: str = ""


class Reply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An answer to a question."""

    seq: int
    text: str
    at: datetime | None
    by: Person


class Question(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A question to a person or a queue, with its answers."""

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
        """Whether the question is still unanswered."""
        return not self.undone and not self.replies

    def is_for(self, person_id: str) -> bool:
        """Whether the question is addressed to this person, or to a queue."""
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
    """A handoff that has not been accepted yet."""

    seq: int
    sender: Person
    to: Person
    note: str
    at: datetime


class OwnershipEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of the ownership history: `word` names what happened, `text` says why."""

    seq: int
    at: datetime
    by: Person
    word: str
    to: Person | None = None
    text: str = ""
    warnings: tuple[str, ...] = ()
    contingencies: tuple[Contingency, ...] = ()


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery of a summary of the events up to `through`, with its state."""

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
"""What a session stores under the number of the event that added it."""
_CONTAINERS = (dict, list, set, Table)


class Session(msgspec.Struct, kw_only=True):
    """The state of a session after event `version`. Entries are keyed by the `seq` of the event that added them.

    - `content_version`: the last event that was not a delivery; a summary through it is up to date.
    - `steered`, `steered_by`: the last event that moved the session or changed its owner, and its author.
    - `accepted_by`: the last owner who accepted the session, to whom a declined handoff returns.
    - `loose_evidence`: evidence that does not belong to an entry yet.
    - `past_waits`: waits that have ended or were undone.
    - `units`: for each further event of a command, the first one.
    - `commands`: the first event of each command, by (author id, command id).
    - `adjustments`: events that set or changed a value (header facts, waits, pins, corrections …) and were not undone.
    - `originals`: the adjusted entries as they were before their first adjustment.
    - `shorts`: the short forms as they were given; an entry has its own only while it holds.
    - `touched`: for each entry that was corrected, settled, reverted, ended, undone or redacted, the last such event.
    - `marked`: the warnings and assumptions among the notes.
    - `in_order`: whether the steps were recorded in the order in which they happened.
    - `last_step_at`: when the last step with a known time happened.
    - `live_steps`, `live_notes`, `live_evidence`: the number of entries that were not undone.
    - `undecoded`: decoders of tables not loaded from the checkpoint yet. A table is decoded on first use, so a command
      on a long session decodes only what it needs.
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
    past_waits: dict[int, Wait] = {}
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
    shorts: dict[int, Short] = {}
    touched: dict[int, int] = {}
    redacted: set[int] = set()
    marked: set[int] = set()
    in_order: bool = True
    last_step_at: datetime | None = None
    live_steps: int = 0
    live_notes: int = 0
    live_evidence: int = 0
    unreadable: list[Unreadable] = []
    undecoded: dict[str, Callable[[], Any]] = {}

    if not TYPE_CHECKING:  # A type checker would accept any attribute name.

        def __getattr__(self, name: str) -> Any:
            """Decode and return a table on its first use."""
            if name not in self.undecoded:
                raise AttributeError(name)
            value = self.undecoded.pop(name)().copy()
            setattr(self, name, value)
            return value

    def leave_undecoded(self, name: str, decode: Callable[[], Any]) -> None:
        """Unset a table; `decode` returns it on first use, also in copies of this session."""
        self.undecoded[name] = decode
        delattr(self, name)

    def copy(self) -> "Session":
        """Return an independent copy; it shares only the entries, which are immutable."""
        after = Session(id=self.id)
        for name in self.__struct_fields__:
            if name not in self.undecoded:
                value = getattr(self, name)
                setattr(after, name, value.copy() if type(value) in _CONTAINERS else value)
            else:
                delattr(after, name)
        return after

    def load_all(self) -> "Session":
        """Load all tables, and return this session."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Table):
                value.load_all()
        return self

    @property
    def arrived(self) -> datetime | None:
        """When the session reached its current position."""
        move = self.moves.last
        if move is None:
            return self.started_at
        step = self.steps.get(move)
        return step.at if step else None

    @property
    def shortened(self) -> set[int]:
        """The entries with a short form, except for waits."""
        return {seq for seq in self.shorts if getattr(self.entry(seq), "short", "")}

    def unsettled(self, kind: NoteKind) -> list[Note]:
        """Return the notes of this kind (warning or assumption) that are neither settled nor undone, in order."""
        notes = (self.notes[seq] for seq in sorted(self.marked))
        return [note for note in notes if note.kind == kind and note.settled is None and not note.undone]

    @property
    def changes_of_owner(self) -> list[OwnershipEntry]:
        """The ownership history, except for handoffs that did not take effect and warnings no longer valid."""
        over = self.warnings_over
        valid = (entry for entry in self.ownership if entry.seq not in self.undone)
        return [replace(entry, warnings=()) if entry.seq in over else entry for entry in valid]

    @property
    def handoffs(self) -> list[OwnershipEntry]:
        """The handoffs, except for those that were cancelled, declined or not accepted in time."""
        return [entry for entry in self.changes_of_owner if entry.word == "handed off"]

    @property
    def warnings_over(self) -> dict[int, str]:
        """Why the warnings of a handoff are no longer valid, by the event number of the handoff."""
        warned = {entry.seq for entry in self.ownership if entry.warnings}
        facts = (event.fact for event in self.adjustments.values()) if warned else ()
        return {
            fact.target: fact.text for fact in facts if isinstance(fact, AssumptionSettled) and fact.target in warned
        }

    @property
    def last_handoff(self) -> OwnershipEntry | None:
        """The last handoff that was not cancelled, declined or expired."""
        return next(reversed(self.handoffs), None)

    @property
    def waiting(self) -> tuple[Wait, ...]:
        """The current waits, the one that is due first at the front."""
        return tuple(sorted(self.waits.values(), key=_due))

    @property
    def entries(self) -> tuple[MutableMapping[int, Any], ...]:
        """The tables of entries: steps, notes, evidence, changes, questions, flags."""
        return self.steps, self.notes, self.evidence, self.changes, self.questions, self.flags

    def entry(self, seq: int) -> Entry | None:
        """Return the entry of event `seq`, or None if there is none."""
        for table in self.entries:
            if seq in table:
                entry: Entry = table[seq]
                return entry
        return None

    def replace_entry(self, entry: Entry) -> None:
        """Replace the entry that has the same number."""
        for table in self.entries:
            if entry.seq in table:
                table[entry.seq] = entry

    def event_of_command(self, command_id: str, by: Person) -> int | None:
        """Return the number of the first event of a person's command, or None if it has not been executed."""
        return self.commands.get((by.id, command_id)) if command_id else None


def _due(wait: Wait) -> tuple[bool, float, int]:
    return wait.until is None, wait.until.timestamp() if wait.until else 0.0, wait.seq
