"""What somebody wants done to a session: a tagged union, sent by every way in."""

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
    """What all commands carry.

    `command_id` makes sending one again harmless. `seen` is the version last displayed to the sender: a move
    on something that has moved since is refused; None asks for no such check.
    """

    command_id: str = ""
    seen: int | None = None


class Start(_Command, frozen=True, kw_only=True, tag="start"):
    """Start a session in a space, in the tree whose version is `tree` from its start, or free."""

    title: str = ""
    brief: Brief = Brief()
    space: str = DEFAULT_SPACE
    tree: str = ""


class Enter(_Command, frozen=True, kw_only=True, tag="enter"):
    """Go on in another tree, the version with the digest `tree`, from its start."""

    tree: str


class Choose(_Command, frozen=True, kw_only=True, tag="choose"):
    """Answer the question at the position; `assume` moves on unverified and needs a `reason`."""

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
    """Record something tried that is not in the tree, with the output that shows it, if any."""

    text: str
    result: str = ""
    assume: bool = False
    happened_at: datetime | None = None
    evidence: EvidenceAdded | None = None
    pin: bool = False


class Back(_Command, frozen=True, kw_only=True, tag="back"):
    """Take back the last move."""


class Undo(_Command, frozen=True, kw_only=True, tag="undo"):
    """Take back the last thing that the actor entered; of a change, say whether it was never made or reverted."""

    change: UndoneChange | None = None


class AddNote(_Command, frozen=True, kw_only=True, tag="add_note"):
    """Write a note, a warning or an assumption; `on` is the entry it refers to."""

    text: str
    kind: NoteKind = "note"
    on: int = 0
    pin: bool = False


class AmendEntry(_Command, frozen=True, kw_only=True, tag="amend_entry"):
    """Correct an entry of the actor: None leaves a text as it is.

    `replaces` is the main text that the sender saw; another one there now is a conflict.
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
    """Say what became of an assumption (a note, a step or an answer), or that a warning no longer holds."""

    target: int
    text: str = ""


class Pin(_Command, frozen=True, kw_only=True, tag="pin"):
    """Mark entries as key facts; without a number, the last entry."""

    targets: tuple[int, ...] = ()


class Unpin(_Command, frozen=True, kw_only=True, tag="unpin"):
    """Take the mark of a key fact from entries; without a number, from the last one that was pinned."""

    targets: tuple[int, ...] = ()


class FlagNode(_Command, frozen=True, kw_only=True, tag="flag_node"):
    """Report that something is wrong with the node at the position."""

    text: str


class AskQuestion(_Command, frozen=True, kw_only=True, tag="ask_question"):
    """Ask somebody, or a queue, something about the session."""

    to: Person
    text: str


class ReplyQuestion(_Command, frozen=True, kw_only=True, tag="reply_question"):
    """Answer a question that was asked in the session."""

    target: int
    text: str


class AddEvidence(_Command, frozen=True, kw_only=True, tag="add_evidence"):
    """Keep a command's output, a file or a pasted text."""

    evidence: EvidenceAdded
    pin: bool = False


class SetBrief(_Command, frozen=True, kw_only=True, tag="set_brief"):
    """Set header facts: None leaves a fact as it is, "" clears it.

    `replaces` holds the values that the sender saw ("" for none); another value there now is a conflict.
    """

    brief: Brief
    title: str | None = None
    replaces: Brief | None = None


class MakeChange(_Command, frozen=True, kw_only=True, tag="make_change"):
    """Record a change made on the customer's system, and how to revert it."""

    text: str
    revert: str


class RevertChange(_Command, frozen=True, kw_only=True, tag="revert_change"):
    """Record that the change of event `change` was reverted; `note` says who or what reverted it, or why."""

    change: int
    note: str = ""


class SetWaiting(_Command, frozen=True, kw_only=True, tag="set_waiting"):
    """Say what else the session waits for, and what to do if something happens meanwhile.

    It takes the place of the wait of event `replaces`, without one of a wait about the same; what it does not say then
    stays. Alone, or with `replaces` only, it says that a wait is over: the one of `replaces`, or the only one.
    """

    until: datetime | None = None
    waiting_for: str = ""
    contingencies: tuple[Contingency, ...] = ()
    replaces: int | None = None


class RecordShared(_Command, frozen=True, kw_only=True, tag="record_shared"):
    """Record that a summary is being delivered, was delivered, or could not be.

    What was posted is not posted again while nothing has changed, unless `again` insists.
    """

    format: str
    destination: str
    through: int
    state: DeliveryState = "sent"
    again: bool = False


class HandOff(_Command, frozen=True, kw_only=True, tag="hand_off"):
    """Give the session to somebody, with warnings and what to do if something happens."""

    to: Person
    note: str = ""
    warnings: tuple[str, ...] = ()
    contingencies: tuple[Contingency, ...] = ()


class Accept(_Command, frozen=True, kw_only=True, tag="accept"):
    """Accept a handoff, or claim one from a queue."""

    read_back: str = ""


class Decline(_Command, frozen=True, kw_only=True, tag="decline"):
    """Give a handoff back."""

    reason: str


class CancelHandoff(_Command, frozen=True, kw_only=True, tag="cancel_handoff"):
    """Take a handoff back before it is accepted."""


class ExpireHandoff(_Command, frozen=True, kw_only=True, tag="expire_handoff"):
    """Give a handoff back that nobody accepted in time (rflow itself does)."""


class TakeOver(_Command, frozen=True, kw_only=True, tag="take_over"):
    """Take over somebody else's session."""

    reason: str


class Reassign(_Command, frozen=True, kw_only=True, tag="reassign"):
    """Give somebody's session to somebody else, as a lead, or as rflow itself."""

    to: Person
    reason: str


class Close(_Command, frozen=True, kw_only=True, tag="close"):
    """End the work."""

    outcome: CloseOutcome
    summary: str = ""


class Reopen(_Command, frozen=True, kw_only=True, tag="reopen"):
    """Open a closed session again."""


class RedactText(_Command, frozen=True, kw_only=True, tag="redact_text"):
    """Remove the texts of event `target` for good."""

    target: int


class Delete(_Command, frozen=True, kw_only=True, tag="delete"):
    """Remove the session for good. It leaves no event: the store carries it out."""


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
