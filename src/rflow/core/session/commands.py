"""What somebody wants done to a session: a tagged union, sent by every way in."""

from datetime import datetime

import msgspec

from rflow.core.people import Person
from rflow.core.session.events import Brief, CloseOutcome, EvidenceAdded
from rflow.core.tree.model import Tree


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all commands carry.

    `command_id` makes sending one again harmless. `seen` is the version last displayed to whoever sends it: a move
    on something that has moved since is refused; None asks for no such check.
    """

    command_id: str = ""
    seen: int | None = None


class Start(_Command, frozen=True, kw_only=True, tag="start"):
    """Begin a session, in a tree or free."""

    title: str = ""
    brief: Brief = Brief()


class Enter(_Command, frozen=True, kw_only=True, tag="enter"):
    """Go on in another tree, from its start."""

    tree: Tree


class Choose(_Command, frozen=True, kw_only=True, tag="choose"):
    """Answer the question at the position; `assume` moves on unverified and wants a `reason`."""

    choice: str
    assume: bool = False
    reason: str = ""


class Done(_Command, frozen=True, kw_only=True, tag="done"):
    """Say that the action at the position was done, and what came of it."""

    result: str = ""


class Skip(_Command, frozen=True, kw_only=True, tag="skip"):
    """Leave out the action at the position."""

    reason: str


class AddStep(_Command, frozen=True, kw_only=True, tag="add_step"):
    """Record something tried that is not in the tree."""

    text: str
    result: str = ""
    happened_at: datetime | None = None


class Back(_Command, frozen=True, kw_only=True, tag="back"):
    """Take back the last move."""


class AddNote(_Command, frozen=True, kw_only=True, tag="add_note"):
    """Write into the scratchpad."""

    text: str


class AmendNote(_Command, frozen=True, kw_only=True, tag="amend_note"):
    """Let the own note of event `note` read otherwise."""

    note: int
    text: str


class AddEvidence(_Command, frozen=True, kw_only=True, tag="add_evidence"):
    """Keep a command's output, a file or a pasted text."""

    evidence: EvidenceAdded


class SetBrief(_Command, frozen=True, kw_only=True, tag="set_brief"):
    """Set header facts: None leaves a fact as it is, "" clears it."""

    brief: Brief
    title: str | None = None


class MakeChange(_Command, frozen=True, kw_only=True, tag="make_change"):
    """Record a change made on the customer's system, and how to take it back."""

    text: str
    revert: str


class RevertChange(_Command, frozen=True, kw_only=True, tag="revert_change"):
    """Record that the change of event `change` was taken back."""

    change: int


class SetWaiting(_Command, frozen=True, kw_only=True, tag="set_waiting"):
    """Say what the session waits for; with neither field, that it waits no longer."""

    until: datetime | None = None
    waiting_for: str = ""


class RecordShared(_Command, frozen=True, kw_only=True, tag="record_shared"):
    """Record that a summary was delivered."""

    format: str
    destination: str
    through: int


class HandOff(_Command, frozen=True, kw_only=True, tag="hand_off"):
    """Give the session to somebody."""

    to: Person
    note: str = ""


class Accept(_Command, frozen=True, kw_only=True, tag="accept"):
    """Acknowledge a handoff, or claim one from a queue."""

    read_back: str = ""


class Decline(_Command, frozen=True, kw_only=True, tag="decline"):
    """Give a handoff back."""

    reason: str


class CancelHandoff(_Command, frozen=True, kw_only=True, tag="cancel_handoff"):
    """Take a handoff back before it is acknowledged."""


class TakeOver(_Command, frozen=True, kw_only=True, tag="take_over"):
    """Make somebody else's session one's own."""

    reason: str


class Close(_Command, frozen=True, kw_only=True, tag="close"):
    """End the work."""

    outcome: CloseOutcome
    summary: str = ""


class Reopen(_Command, frozen=True, kw_only=True, tag="reopen"):
    """Go on with closed work."""


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
    | AddNote
    | AmendNote
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
    | TakeOver
    | Close
    | Reopen
    | RedactText
    | Delete
)
