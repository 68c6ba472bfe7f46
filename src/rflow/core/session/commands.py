"""The commands that change a session, as one tagged union; the command line, the pages and the API all send these."""

from datetime import datetime
from typing import Literal

import msgspec

from rflow.core.people import Person
from rflow.core.session.events import Brief, CloseOutcome, Contingency, DeliveryState, EvidenceAdded, NoteKind
from rflow.core.spaces import DEFAULT_SPACE

UndoneChange = Literal["never_made", "reverted"]


class _Command(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True, forbid_unknown_fields=True
):
    """The fields that all commands have.

    `command_id` makes a command idempotent: sent again, it changes nothing. `seen` is the session version that the
    sender last saw: a move is refused if the session has moved since. None skips that check.
    """

    command_id: str = ""
    seen: int | None = None


class Start(_Command, frozen=True, kw_only=True, tag="start"):
    """Start a session in a space: at the start of the tree version with the digest `tree`, or without a tree."""

    title: str = ""
    brief: Brief = Brief()
    space: str = DEFAULT_SPACE
    tree: str = ""


class Enter(_Command, frozen=True, kw_only=True, tag="enter"):
    """Continue in another tree: at the start of the version with the digest `tree`."""

    tree: str


class Choose(_Command, frozen=True, kw_only=True, tag="choose"):
    """Answer the question at the position; `assume` records an unverified answer and needs a `reason`."""

    choice: str
    assume: bool = False
    reason: str = ""
    pin: bool = False


class Done(_Command, frozen=True, kw_only=True, tag="done"):
    """Record that the action at the position was done, and its result."""

    result: str = ""
    pin: bool = False


class Skip(_Command, frozen=True, kw_only=True, tag="skip"):
    """Skip the action at the position."""

    reason: str


class AddStep(_Command, frozen=True, kw_only=True, tag="add_step"):
    """Record a step that is not in the tree, optionally with its output as evidence."""

    text: str
    result: str = ""
    assume: bool = False
    happened_at: datetime | None = None
    evidence: EvidenceAdded | None = None
    pin: bool = False


class Back(_Command, frozen=True, kw_only=True, tag="back"):
    """Undo the last move."""


class Undo(_Command, frozen=True, kw_only=True, tag="undo"):
    """Undo the last thing that the actor entered; `change` says whether a change was never made or was reverted."""

    change: UndoneChange | None = None


class AddNote(_Command, frozen=True, kw_only=True, tag="add_note"):
    """Write a note, a warning or an assumption; `on` is the entry it refers to."""

    text: str
    kind: NoteKind = "note"
    on: int = 0
    pin: bool = False


class AmendEntry(_Command, frozen=True, kw_only=True, tag="amend_entry"):
    """Correct one of the actor's own entries: None leaves a text unchanged.

    `replaces` is the main text that the sender saw; if it has changed since, the command is refused.
    """

    target: int
    text: str | None = None
    result: str | None = None
    revert: str | None = None
    replaces: str | None = None


class ShortForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a brief shows of entry `target`, and how to revert a change in short; "" for the full text again."""

    target: int
    text: str
    revert: str | None = None


class Shorten(_Command, frozen=True, kw_only=True, tag="shorten"):
    """Give entries a short form, which a brief shows in place of their texts."""

    forms: tuple[ShortForm, ...]


class SettleAssumption(_Command, frozen=True, kw_only=True, tag="settle_assumption"):
    """Settle an assumption (a note, a step or an answer) with its outcome, or mark a warning as no longer valid."""

    target: int
    text: str = ""


class Pin(_Command, frozen=True, kw_only=True, tag="pin"):
    """Pin entries as key facts; without a number, the last entry."""

    targets: tuple[int, ...] = ()


class Unpin(_Command, frozen=True, kw_only=True, tag="unpin"):
    """Unpin entries; without a number, the one that was pinned last."""

    targets: tuple[int, ...] = ()


class FlagNode(_Command, frozen=True, kw_only=True, tag="flag_node"):
    """Report that something is wrong with the node at the position."""

    text: str


class AskQuestion(_Command, frozen=True, kw_only=True, tag="ask_question"):
    """Ask a person or a queue a question about the session."""

    to: Person
    text: str


class ReplyQuestion(_Command, frozen=True, kw_only=True, tag="reply_question"):
    """Answer a question that was asked in the session."""

    target: int
    text: str


class AddEvidence(_Command, frozen=True, kw_only=True, tag="add_evidence"):
    """Add a command's output, a file or a pasted text as evidence."""

    evidence: EvidenceAdded
    pin: bool = False


class SetBrief(_Command, frozen=True, kw_only=True, tag="set_brief"):
    """Set header facts: None leaves a fact unchanged, "" clears it.

    `replaces` holds the values that the sender saw ("" for none); if one has changed since, the command is refused.
    """

    brief: Brief
    title: str | None = None
    replaces: Brief | None = None


class MakeChange(_Command, frozen=True, kw_only=True, tag="make_change"):
    """Record a change made on the customer's system, and how to revert it."""

    text: str
    revert: str


class RevertChange(_Command, frozen=True, kw_only=True, tag="revert_change"):
    """Record that the change of event `change` was reverted; `note` may say by whom or what, or why."""

    change: int
    note: str = ""


class SetWaiting(_Command, frozen=True, kw_only=True, tag="set_waiting"):
    """Start, replace or end a wait, with what to do if something happens meanwhile.

    A wait replaces the one of event `replaces`, or one about the same subject, and keeps the values it leaves out.
    Without `until`, `waiting_for` and `contingencies`, the command ends a wait: that of `replaces`, or the only one.
    """

    until: datetime | None = None
    waiting_for: str = ""
    contingencies: tuple[Contingency, ...] = ()
    replaces: int | None = None


class RecordShared(_Command, frozen=True, kw_only=True, tag="record_shared"):
    """Record that a summary is being delivered, was delivered, or could not be delivered.

    An unchanged session is not posted twice to the same place, unless `again` is set.
    """

    format: str
    destination: str
    through: int
    state: DeliveryState = "sent"
    again: bool = False


class HandOff(_Command, frozen=True, kw_only=True, tag="hand_off"):
    """Hand the session off to a person or a queue, with warnings and contingencies."""

    to: Person
    note: str = ""
    warnings: tuple[str, ...] = ()
    contingencies: tuple[Contingency, ...] = ()


class Accept(_Command, frozen=True, kw_only=True, tag="accept"):
    """Accept a handoff, or claim one from a queue."""

    read_back: str = ""


class Decline(_Command, frozen=True, kw_only=True, tag="decline"):
    """Decline a handoff."""

    reason: str


class CancelHandoff(_Command, frozen=True, kw_only=True, tag="cancel_handoff"):
    """Cancel a handoff that has not been accepted yet."""


class ExpireHandoff(_Command, frozen=True, kw_only=True, tag="expire_handoff"):
    """Return a handoff that was not accepted in time; sent by rflow itself."""


class TakeOver(_Command, frozen=True, kw_only=True, tag="take_over"):
    """Take over somebody else's session."""

    reason: str


class Reassign(_Command, frozen=True, kw_only=True, tag="reassign"):
    """Give the session to another owner; sent by a lead or by rflow itself."""

    to: Person
    reason: str


class Close(_Command, frozen=True, kw_only=True, tag="close"):
    """Close the session."""

    outcome: CloseOutcome
    summary: str = ""


class Reopen(_Command, frozen=True, kw_only=True, tag="reopen"):
    """Reopen a closed session."""


class RedactText(_Command, frozen=True, kw_only=True, tag="redact_text"):
    """Erase the texts of event `target` permanently."""

    target: int


class Delete(_Command, frozen=True, kw_only=True, tag="delete"):
    """Delete the session permanently. This appends no event: the store does it."""


Command = (
    Start
    | Enter
    | Choose
    | Done
    | Skip
    | AddStep
    | Back
    | Undo
    | AddNote
    | AmendEntry
    | Shorten
    | SettleAssumption
    | Pin
    | Unpin
    | FlagNode
    | AskQuestion
    | ReplyQuestion
    | AddEvidence
    | SetBrief
    | MakeChange
    | RevertChange
    | SetWaiting
    | RecordShared
    | HandOff
    | Accept
    | Decline
    | CancelHandoff
    | ExpireHandoff
    | TakeOver
    | Reassign
    | Close
    | Reopen
    | RedactText
    | Delete
)
