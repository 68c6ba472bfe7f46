"""What happened in a session: an envelope (Event) around one fact of a tagged union.

Facts hold the texts they mean, so that a session can be read without its tree. A new fact is one struct here, one
member of `Fact`, one line in `replay.FOLDS` (or `adjust.ADJUST`), one in `texts.TEXTS`: tests name a missing one.

Every struct refuses fields that it does not know: an event that a newer rflow wrote is kept whole and never rewritten.
What is in an event refers to nothing above it, so the garbage collector need not look (`gc=False`).
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


class _Part(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """A value inside a fact."""


class TreeRef(_Part, frozen=True, kw_only=True):
    """One version of a tree: `digest` is the SHA-256 of its canonical JSON."""

    id: str
    title: str
    digest: str


class Place(_Part, frozen=True, kw_only=True):
    """A node as it read when the session came to it."""

    node: str
    kind: Kind
    text: str


class Brief(_Part, frozen=True, kw_only=True):
    """The header facts of a session; None is not recorded."""

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
    """What happened."""


class SessionStarted(_Fact, frozen=True, kw_only=True, tag="session_started"):
    """A session began in a space; `source` names the file it was imported from."""

    title: str
    brief: Brief = Brief()
    source: str = ""
    space: str = DEFAULT_SPACE


class TreeEntered(_Fact, frozen=True, kw_only=True, tag="tree_entered"):
    """The session went on at `place` of a tree: its start, or the position of an imported session."""

    tree: TreeRef
    place: Place


class BriefSet(_Fact, frozen=True, kw_only=True, tag="brief_set"):
    """Header facts were set: None leaves a fact as it was, "" clears it."""

    brief: Brief
    title: str | None = None


class ChoiceMade(_Fact, frozen=True, kw_only=True, tag="choice_made"):
    """A question was answered; `assumed` without having been verified, for `reason`."""

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
    """Something was tried that is not in the tree; `assumed` if its result has not been verified."""

    text: str
    result: str = ""
    assumed: bool = False


class SteppedBack(_Fact, frozen=True, kw_only=True, tag="stepped_back"):
    """The move of event `undone` was taken back; it stays in the record, shown as undone."""

    undone: int


class EntryUndone(_Fact, frozen=True, kw_only=True, tag="entry_undone"):
    """The author of entry `target` took it back; it stays in the record, shown as undone."""

    target: int


class EntryAmended(_Fact, frozen=True, kw_only=True, tag="entry_amended"):
    """The entry of event `target` was corrected: `texts` by the name of the fact's field.

    The short form of an entry is `short`, that of a way to revert a change `short_revert`: "" for none.
    """

    target: int
    texts: dict[str, str]


class NoteAdded(_Fact, frozen=True, kw_only=True, tag="note_added"):
    """An entry of the scratchpad; a warning or an assumption is shown as such. `on` is the entry it refers to."""

    text: str
    kind: NoteKind = "note"
    on: int = 0


class AssumptionSettled(_Fact, frozen=True, kw_only=True, tag="assumption_settled"):
    """The assumption of event `target` (a note, a step or an answer) was settled: `text` says how.

    Of a warning, or of a handoff that came with warnings: these no longer hold; `text` may say why.
    """

    target: int
    text: str = ""


class Pinned(_Fact, frozen=True, kw_only=True, tag="pinned"):
    """The entry of event `target` was marked as a key fact."""

    target: int


class Unpinned(_Fact, frozen=True, kw_only=True, tag="unpinned"):
    """The entry of event `target` is no longer a key fact."""

    target: int


class NodeFlagged(_Fact, frozen=True, kw_only=True, tag="node_flagged"):
    """Something is wrong with a node of the tree whose version is `digest`: `text` says what."""

    node: str
    text: str
    digest: str = ""


class QuestionAsked(_Fact, frozen=True, kw_only=True, tag="question_asked"):
    """Somebody, or a queue, was asked something."""

    to: Person
    text: str


class QuestionReplied(_Fact, frozen=True, kw_only=True, tag="question_replied"):
    """The question of event `target` was answered."""

    target: int
    text: str


class EvidenceAdded(_Fact, frozen=True, kw_only=True, tag="evidence_added"):
    """A command's output, a file or a pasted text.

    `excerpt` is its head and tail as text, `left_out` the lines between them; `digest` (SHA-256) names the blob that
    holds `bytes_kept` of the `bytes_total`. `duration` is in seconds; `exit_code` is -N for a command ended by signal
    N. `origin` is "observed" where rflow itself ran the command. `on` is the entry it belongs to, if somebody said so.
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
    """Something was changed on the customer's system, and how to revert it."""

    text: str
    revert: str


class ChangeReverted(_Fact, frozen=True, kw_only=True, tag="change_reverted"):
    """The change of event `change` was reverted; `by_undo` if an `undo` recorded that, which is not undone itself.

    `note` says who or what reverted it, or why ("Argo CD put it back").
    """

    change: int
    by_undo: bool = False
    note: str = ""


class WaitingSet(_Fact, frozen=True, kw_only=True, tag="waiting_set"):
    """The session waits for somebody or something; without `until` and `waiting_for` a wait is over.

    `replaces` are the waits that this ends, by the numbers of their events; without it, all that there are.
    `contingencies` say what to do if something happens meanwhile.
    """

    until: Moment | None = None
    waiting_for: str = ""
    contingencies: tuple[Contingency, ...] = ()
    replaces: tuple[int, ...] | None = None


class ProgressShared(_Fact, frozen=True, kw_only=True, tag="progress_shared"):
    """A summary of the events up to `through` was delivered: to "clipboard", "file", or "post:TARGET".

    A post is two facts: "started" before it is sent, then "sent" or "failed". Without the second it may have arrived.
    """

    format: str
    destination: str
    through: int
    state: DeliveryState = "sent"


class HandedOff(_Fact, frozen=True, kw_only=True, tag="handed_off"):
    """The owner gave the session to somebody, who has not accepted it yet."""

    to: Person
    note: str = ""
    warnings: tuple[str, ...] = ()
    contingencies: tuple[Contingency, ...] = ()


class HandoffAccepted(_Fact, frozen=True, kw_only=True, tag="handoff_accepted"):
    """The receiver accepted the session, saying in their own words what they understood."""

    read_back: str = ""


class HandoffDeclined(_Fact, frozen=True, kw_only=True, tag="handoff_declined"):
    """The receiver gave the session back to the last owner who had accepted it."""

    reason: str


class HandoffCancelled(_Fact, frozen=True, kw_only=True, tag="handoff_cancelled"):
    """The sender took the session back before it was accepted."""


class HandoffExpired(_Fact, frozen=True, kw_only=True, tag="handoff_expired"):
    """Nobody accepted the session in time: it went back to the last owner who had accepted it."""


class TakenOver(_Fact, frozen=True, kw_only=True, tag="taken_over"):
    """A member took the session over, for a reason that the former owner is shown."""

    reason: str


class Reassigned(_Fact, frozen=True, kw_only=True, tag="reassigned"):
    """A lead, or rflow, gave the session to somebody else."""

    to: Person
    reason: str


class SessionClosed(_Fact, frozen=True, kw_only=True, tag="session_closed"):
    """The work ended; `escalated` means that it left rflow."""

    outcome: CloseOutcome
    summary: str = ""


class SessionReopened(_Fact, frozen=True, kw_only=True, tag="session_reopened"):
    """A closed session was opened again."""


class TextRedacted(_Fact, frozen=True, kw_only=True, tag="text_redacted"):
    """The texts of event `target` were removed for good."""

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

    `seq` counts from 1 within the session and gives the order; `at` (UTC, milliseconds) never runs backwards;
    `happened_at` is set where the engineer recorded later what they had done before; `undated` marks an imported
    fact whose time is not known. `command_id` is that of the command that brought it, so that one sent again after a
    lost answer changes nothing; where one command brought several facts, the others name the first in `part_of`.
    """

    seq: int
    at: Moment
    by: Person
    fact: Fact
    command_id: str = ""
    part_of: int = 0
    happened_at: Moment | None = None
    undated: bool = False


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event that this version can't read: kept as it stands (`raw`), and its session is not written to.

    A "conflict" comes after the events of both sides of a merge that git left to the user: `raw` is git's marker.
    """

    seq: int
    reason: Literal["newer", "damaged", "conflict"]
    raw: bytes


Stored = Event | Unreadable
