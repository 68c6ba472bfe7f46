"""The events of a session: an envelope (`Event`) around one fact of a tagged union.

Facts contain the texts of their nodes, so a session can be read without its tree. A new kind of fact needs a struct
here, a member of `Fact`, and a line in `replay.FOLDS` (or `adjust.ADJUST`) and in `texts.TEXTS`; tests name what is
missing.

Every struct rejects unknown fields, so an event written by a newer rflow is kept as it is and never rewritten.
Events contain no reference cycles, so they opt out of garbage collection (`gc=False`).
"""

from typing import Literal

import msgspec

from rflow.core.people import Person
from rflow.core.session.times import Moment
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.tree.model import Kind

CloseOutcome = Literal["resolved", "escalated", "abandoned"]
EvidenceKind = Literal["command", "file", "text"]
NoteKind = Literal["note", "warning", "assumption"]
Origin = Literal["observed", "reported"]
DeliveryState = Literal["started", "sent", "failed"]

SHORT_FORMS = frozenset({"short", "short_revert"})
"""The short forms of an entry, among its texts: of what it says, and of how it is reverted."""
LONGEST_REVERT = 30
"""A summary has no room for a way to revert a change that has more words."""
_MAX_DIGITS = 9


def covered_by(short: str) -> int:
    """Return the number of the entry that the short form of another one leaves it to ("#28"); 0 for none."""
    number = short[1:]
    valid = short.startswith("#") and number.isascii() and number.isdecimal() and len(number) <= _MAX_DIGITS
    return int(number) if valid else 0


class _Part(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the values in a fact."""


class TreeRef(_Part, frozen=True, kw_only=True):
    """One version of a tree: `digest` is the SHA-256 of its canonical JSON."""

    id: str
    title: str
    digest: str


class Place(_Part, frozen=True, kw_only=True):
    """A node, with its text at the time the session reached it."""

    node: str
    kind: Kind
    text: str


class Brief(_Part, frozen=True, kw_only=True):
    """The header facts of a session; None means not recorded."""

    ticket: str | None = None
    customer: str | None = None
    severity: str | None = None
    situation: str | None = None
    impact: str | None = None
    ask: str | None = None
    hypothesis: str | None = None


class Contingency(_Part, frozen=True, kw_only=True):
    """What to do if something happens: "no answer by 09:30" → "call the vendor"."""

    condition: str
    action: str


class _Fact(_Part, frozen=True, kw_only=True, tag_field="type"):
    """Base of all facts."""


class SessionStarted(_Fact, frozen=True, kw_only=True, tag="session_started"):
    """A session was started in a space; `source` names the file it was imported from."""

    title: str
    brief: Brief = Brief()
    source: str = ""
    space: str = DEFAULT_SPACE


class TreeEntered(_Fact, frozen=True, kw_only=True, tag="tree_entered"):
    """The session entered a tree at `place`: its start, or the position of an imported session."""

    tree: TreeRef
    place: Place


class BriefSet(_Fact, frozen=True, kw_only=True, tag="brief_set"):
    """Header facts were set: None leaves a fact unchanged, "" clears it."""

    brief: Brief
    title: str | None = None


class ChoiceMade(_Fact, frozen=True, kw_only=True, tag="choice_made"):
    """A question was answered; `assumed` means that the answer was not verified, for `reason`."""

    node: str
    question: str
    label: str
    to: Place
    assumed: bool = False
    reason: str = ""


class ActionDone(_Fact, frozen=True, kw_only=True, tag="action_done"):
    """An action of the tree was done, with its result."""

    node: str
    text: str
    to: Place
    result: str = ""


class StepSkipped(_Fact, frozen=True, kw_only=True, tag="step_skipped"):
    """An action of the tree was skipped, for `reason`."""

    node: str
    text: str
    reason: str
    to: Place


class StepAdded(_Fact, frozen=True, kw_only=True, tag="step_added"):
    """A step outside the tree was recorded; `assumed` means that its result was not verified."""

    text: str
    result: str = ""
    assumed: bool = False


class SteppedBack(_Fact, frozen=True, kw_only=True, tag="stepped_back"):
    """The move of event `undone` was undone; it stays in the record, marked as undone."""

    undone: int


class EntryUndone(_Fact, frozen=True, kw_only=True, tag="entry_undone"):
    """Entry `target` was undone by its author; it stays in the record, marked as undone."""

    target: int


class EntryAmended(_Fact, frozen=True, kw_only=True, tag="entry_amended"):
    """The entry of event `target` was corrected: `texts` are the new texts by field name.

    `short` is the short form of an entry, `short_revert` that of how to revert a change; "" for none.
    """

    target: int
    texts: dict[str, str]

    @property
    def shortens(self) -> bool:
        """Whether only short forms were given: the texts of the entry stay."""
        return self.texts.keys() <= SHORT_FORMS


class NoteAdded(_Fact, frozen=True, kw_only=True, tag="note_added"):
    """A note, a warning or an assumption was added; `on` is the entry it refers to, 0 for none."""

    text: str
    kind: NoteKind = "note"
    on: int = 0


class AssumptionSettled(_Fact, frozen=True, kw_only=True, tag="assumption_settled"):
    """The assumption of event `target` (a note, a step or an answer) was settled: `text` says how.

    If `target` is a warning, or a handoff with warnings, those are no longer valid; `text` may say why.
    """

    target: int
    text: str = ""


class Pinned(_Fact, frozen=True, kw_only=True, tag="pinned"):
    """The entry of event `target` was pinned as a key fact."""

    target: int


class Unpinned(_Fact, frozen=True, kw_only=True, tag="unpinned"):
    """The entry of event `target` was unpinned."""

    target: int


class NodeFlagged(_Fact, frozen=True, kw_only=True, tag="node_flagged"):
    """A problem with a node was reported, in the tree version with that `digest`; `text` describes it."""

    node: str
    text: str
    digest: str = ""


class QuestionAsked(_Fact, frozen=True, kw_only=True, tag="question_asked"):
    """A person or a queue was asked a question."""

    to: Person
    text: str


class QuestionReplied(_Fact, frozen=True, kw_only=True, tag="question_replied"):
    """The question of event `target` was answered."""

    target: int
    text: str


class EvidenceAdded(_Fact, frozen=True, kw_only=True, tag="evidence_added"):
    """A command's output, a file or a pasted text was added.

    `excerpt` is its head and tail as text, `left_out` the number of lines between them; `digest` (SHA-256) names the
    blob that holds the first `bytes_kept` of `bytes_total` bytes. `duration` is in seconds; `exit_code` is -N if signal
    N ended the command. `origin` is "observed" if rflow ran the command itself. `on` is the entry it was explicitly
    attached to, 0 for none.
    """

    kind: EvidenceKind
    label: str
    excerpt: str
    bytes_total: int
    bytes_kept: int
    digest: str
    left_out: int = 0
    media_type: str = "text/plain"
    command: str = ""
    exit_code: int | None = None
    duration: float | None = None
    host: str = ""
    cwd: str = ""
    started_at: Moment | None = None
    origin: Origin = "reported"
    on: int = 0


class ChangeMade(_Fact, frozen=True, kw_only=True, tag="change_made"):
    """A change was made on the customer's system; `revert` says how to revert it."""

    text: str
    revert: str


class ChangeReverted(_Fact, frozen=True, kw_only=True, tag="change_reverted"):
    """The change of event `change` was reverted.

    `by_undo` marks a revert that `undo` recorded: another `undo` skips it. `note` says who or what reverted it, or why
    ("Argo CD put it back").
    """

    change: int
    by_undo: bool = False
    note: str = ""


class WaitingSet(_Fact, frozen=True, kw_only=True, tag="waiting_set"):
    """The session began to wait for somebody or something; without `until` and `waiting_for`, a wait ended.

    `replaces` lists the event numbers of the waits that this one ends; None ends all of them. `contingencies` say what
    to do if something happens meanwhile.
    """

    until: Moment | None = None
    waiting_for: str = ""
    contingencies: tuple[Contingency, ...] = ()
    replaces: tuple[int, ...] | None = None


class ProgressShared(_Fact, frozen=True, kw_only=True, tag="progress_shared"):
    """A summary of the events up to `through` was delivered to "clipboard", "file", or "post:TARGET".

    A post is recorded twice: as "started" before it is sent, then as "sent" or "failed". If the second is missing, it
    is unknown whether the post arrived.
    """

    format: str
    destination: str
    through: int
    state: DeliveryState = "sent"


class HandedOff(_Fact, frozen=True, kw_only=True, tag="handed_off"):
    """The owner handed the session off; the receiver has not accepted it yet."""

    to: Person
    note: str = ""
    warnings: tuple[str, ...] = ()
    contingencies: tuple[Contingency, ...] = ()


class HandoffAccepted(_Fact, frozen=True, kw_only=True, tag="handoff_accepted"):
    """The receiver accepted the handoff; `read_back` is their understanding in their own words."""

    read_back: str = ""


class HandoffDeclined(_Fact, frozen=True, kw_only=True, tag="handoff_declined"):
    """The receiver declined the handoff: the session returned to the last owner who had accepted it."""

    reason: str


class HandoffCancelled(_Fact, frozen=True, kw_only=True, tag="handoff_cancelled"):
    """The sender cancelled the handoff before it was accepted."""


class HandoffExpired(_Fact, frozen=True, kw_only=True, tag="handoff_expired"):
    """The handoff was not accepted in time: the session returned to the last owner who had accepted it."""


class TakenOver(_Fact, frozen=True, kw_only=True, tag="taken_over"):
    """A member took the session over; the previous owner is shown the reason."""

    reason: str


class Reassigned(_Fact, frozen=True, kw_only=True, tag="reassigned"):
    """A lead or rflow itself gave the session to another owner."""

    to: Person
    reason: str


class SessionClosed(_Fact, frozen=True, kw_only=True, tag="session_closed"):
    """The session was closed; the outcome "escalated" means that the work continues outside rflow."""

    outcome: CloseOutcome
    summary: str = ""


class SessionReopened(_Fact, frozen=True, kw_only=True, tag="session_reopened"):
    """A closed session was reopened."""


class TextRedacted(_Fact, frozen=True, kw_only=True, tag="text_redacted"):
    """The texts of event `target` were erased permanently."""

    target: int


Fact = (
    SessionStarted
    | TreeEntered
    | BriefSet
    | ChoiceMade
    | ActionDone
    | StepSkipped
    | StepAdded
    | SteppedBack
    | EntryUndone
    | EntryAmended
    | NoteAdded
    | AssumptionSettled
    | Pinned
    | Unpinned
    | NodeFlagged
    | QuestionAsked
    | QuestionReplied
    | EvidenceAdded
    | ChangeMade
    | ChangeReverted
    | WaitingSet
    | ProgressShared
    | HandedOff
    | HandoffAccepted
    | HandoffDeclined
    | HandoffCancelled
    | HandoffExpired
    | TakenOver
    | Reassigned
    | SessionClosed
    | SessionReopened
    | TextRedacted
)


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A fact with its envelope.

    `seq` counts from 1 within the session and defines the order; `at` (UTC, milliseconds) never decreases.
    `happened_at` is set if the fact was recorded after it happened; `undated` marks an imported fact of unknown time.
    `command_id` is that of the command that caused the event, so a command sent again after a lost response changes
    nothing; if it caused several events, all but the first have the number of the first in `part_of`.
    """

    seq: int
    at: Moment
    by: Person
    fact: Fact
    command_id: str = ""
    part_of: int = 0
    happened_at: Moment | None = None
    undated: bool = False

    @property
    def effective_at(self) -> Moment | None:
        """When the fact happened, rather than when it was recorded; None if that is unknown."""
        return None if self.undated else self.happened_at or self.at


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event that this version can't read. Its bytes are kept (`raw`), and its session is read-only.

    A "conflict" follows the events of both sides of an unresolved git merge: `raw` is git's conflict marker.
    """

    seq: int
    reason: Literal["newer", "damaged", "conflict"]
    raw: bytes


Stored = Event | Unreadable
