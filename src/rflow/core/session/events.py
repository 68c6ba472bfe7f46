"""What happened in a session: an envelope (Event) around one fact of a tagged union.

Facts hold the texts they mean, so that a session can be read without its tree. A new fact is one struct here, one
member of `Fact`, one line in `replay.FOLDS` and one arm in `removal.blank`: a test and the type checker name them.

What is in an event refers to nothing above it, so the garbage collector need not look (`gc=False`).
"""

from datetime import datetime
from typing import Literal

import msgspec

from rflow.core.people import Person
from rflow.core.tree.model import Kind

CloseOutcome = Literal["resolved", "escalated", "abandoned"]
EvidenceKind = Literal["command", "file", "text"]


class TreeRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of a tree: `digest` is the SHA-256 of its canonical JSON."""

    id: str
    title: str
    digest: str


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A node as it read when the session came to it."""

    node: str
    kind: Kind
    text: str


class Brief(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The header facts of a session; None is not recorded."""

    ticket: str | None = None
    customer: str | None = None
    severity: str | None = None
    situation: str | None = None
    impact: str | None = None
    ask: str | None = None
    hypothesis: str | None = None


class _Fact(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    tag_field="type",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """A fact with a field that this version does not know counts as unknown: it is kept whole and never rewritten."""


class SessionStarted(_Fact, frozen=True, kw_only=True, tag="session_started"):
    """A session began; `source` names the file it was imported from."""

    title: str
    brief: Brief = Brief()
    source: str = ""


class TreeEntered(_Fact, frozen=True, kw_only=True, tag="tree_entered"):
    """The session went on at `place` of a tree (its start, or a position taken over with an import)."""

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
    """An action of the tree was done, with what came of it."""

    node: str
    text: str
    to: Place
    result: str = ""


class StepSkipped(_Fact, frozen=True, kw_only=True, tag="step_skipped"):
    """An action of the tree was left out, for `reason`."""

    node: str
    text: str
    reason: str
    to: Place


class StepAdded(_Fact, frozen=True, kw_only=True, tag="step_added"):
    """Something was tried that is not in the tree."""

    text: str
    result: str = ""


class SteppedBack(_Fact, frozen=True, kw_only=True, tag="stepped_back"):
    """The move of event `undone` was taken back; it stays in the record, shown as undone."""

    undone: int


class NoteAdded(_Fact, frozen=True, kw_only=True, tag="note_added"):
    """An entry of the scratchpad."""

    text: str


class NoteAmended(_Fact, frozen=True, kw_only=True, tag="note_amended"):
    """The note of event `note` now reads `text`."""

    note: int
    text: str


class EvidenceAdded(_Fact, frozen=True, kw_only=True, tag="evidence_added"):
    """A command's output, a file or a pasted text.

    `excerpt` is its head and tail as text, `left_out` the lines between them; `digest` (SHA-256) names the blob that
    holds `bytes_kept` of the `bytes_total`. `duration` is in seconds; `exit_code` is
    -N for a command ended by signal N.
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
    started_at: datetime | None = None


class ChangeMade(_Fact, frozen=True, kw_only=True, tag="change_made"):
    """Something was changed on the customer's system, and how to take it back."""

    text: str
    revert: str


class ChangeReverted(_Fact, frozen=True, kw_only=True, tag="change_reverted"):
    """The change of event `change` was taken back."""

    change: int


class WaitingSet(_Fact, frozen=True, kw_only=True, tag="waiting_set"):
    """The session waits for somebody or something; with neither field, it waits no longer."""

    until: datetime | None = None
    waiting_for: str = ""


class ProgressShared(_Fact, frozen=True, kw_only=True, tag="progress_shared"):
    """A summary of the events up to `through` was delivered: to "clipboard", "file", or "post:TARGET".

    A post begins with "posting:TARGET"; without its end, or "not-posted:TARGET", it may have arrived.
    """

    format: str
    destination: str
    through: int


class HandedOff(_Fact, frozen=True, kw_only=True, tag="handed_off"):
    """The owner gave the session to somebody, who has not acknowledged it yet."""

    to: Person
    note: str = ""


class HandoffAccepted(_Fact, frozen=True, kw_only=True, tag="handoff_accepted"):
    """The receiver acknowledged the session, saying in their own words what they understood."""

    read_back: str = ""


class HandoffDeclined(_Fact, frozen=True, kw_only=True, tag="handoff_declined"):
    """The receiver gave the session back to the last owner who had accepted it."""

    reason: str


class HandoffCancelled(_Fact, frozen=True, kw_only=True, tag="handoff_cancelled"):
    """The sender took the session back before it was acknowledged."""


class TakenOver(_Fact, frozen=True, kw_only=True, tag="taken_over"):
    """A member made the session their own, for a reason that the former owner is told."""

    reason: str


class SessionClosed(_Fact, frozen=True, kw_only=True, tag="session_closed"):
    """The work ended; `escalated` means that it left rflow."""

    outcome: CloseOutcome
    summary: str = ""


class SessionReopened(_Fact, frozen=True, kw_only=True, tag="session_reopened"):
    """The work goes on after all."""


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
    | NoteAdded
    | NoteAmended
    | EvidenceAdded
    | ChangeMade
    | ChangeReverted
    | WaitingSet
    | ProgressShared
    | HandedOff
    | HandoffAccepted
    | HandoffDeclined
    | HandoffCancelled
    | TakenOver
    | SessionClosed
    | SessionReopened
    | TextRedacted
)

MOVES = (TreeEntered, ChoiceMade, ActionDone, StepSkipped, SteppedBack)
OWNERSHIP = (
    HandedOff,
    HandoffAccepted,
    HandoffDeclined,
    HandoffCancelled,
    TakenOver,
    SessionClosed,
    SessionReopened,
)


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A fact with its envelope.

    `seq` counts from 1 within the session and gives the order; `at` (UTC, milliseconds) never runs backwards;
    `happened_at` is set where the engineer wrote down later what they had done before; `undated` marks an imported
    fact whose time is not known; `command_id` is that of the command that brought it, so that one sent again after a
    lost answer changes nothing.
    """

    seq: int
    at: datetime
    by: Person
    fact: Fact
    command_id: str = ""
    happened_at: datetime | None = None
    undated: bool = False


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event that this version can't read: kept as it stands (`raw`), and its session is not written to."""

    seq: int
    reason: Literal["newer", "damaged"]
    raw: bytes


Stored = Event | Unreadable


_STEERING = frozenset(MOVES + OWNERSHIP)


def is_steering(fact: Fact) -> bool:
    """Whether `fact` moved the session or changed who owns it: what a stale reader must not miss."""
    return type(fact) in _STEERING
