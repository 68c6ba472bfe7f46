"""Progress: the content of a summary, independent of the format. All texts are cleaned and redacted.

Formats show the fields in this order. Empty optional parts are None or ().
"""

from datetime import datetime
from typing import Literal

import msgspec

from rflow.core.session.events import CloseOutcome, Contingency, EvidenceKind, NoteKind
from rflow.core.session.state import Status, StepKind
from rflow.core.tree.model import Kind

SCHEMA_VERSION = 2

Mark = Literal["", "here", "taken", "assumed", "ruled out", "unconfirmed"]
"""The state of a node in the outline of a tree."""


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all parts of a progress; times are aware and in the reader's time zone."""


class ProgressTree(_Part, frozen=True, kw_only=True):
    """The version of the tree that the session is in; `changed` says whether there is a newer one, None if unknown."""

    id: str
    title: str
    digest: str
    changed: bool | None = None


class Header(_Part, frozen=True, kw_only=True):
    """The identity, owner and status of the session.

    `elapsed` is in seconds, until now or until it was closed; `outcome` is set if it is closed; `changed_at` is the
    time of the last entry.
    """

    id: str
    code: str
    title: str
    status: Status
    owner: str
    as_of: datetime
    ticket: str | None = None
    customer: str | None = None
    severity: str | None = None
    outcome: CloseOutcome | None = None
    closing_summary: str | None = None
    started_at: datetime | None = None
    elapsed: float | None = None
    tree: ProgressTree | None = None
    handed_off_by: str | None = None
    source: str | None = None
    changed_at: datetime | None = None


class ProgressPlace(_Part, frozen=True, kw_only=True):
    """The current node: a question with its choices, an action, or an end."""

    node: str
    kind: Kind
    text: str
    choices: tuple[str, ...] = ()
    help: str = ""
    run: str = ""


class ProgressRemaining(_Part, frozen=True, kw_only=True):
    """The number of steps to an end: `most` is None if there are `loops`, both are None if no end can be reached.

    `ends` are the texts of the ends that can be reached.
    """

    fewest: int | None
    most: int | None
    loops: bool
    ends: tuple[str, ...] = ()


class Tried(_Part, frozen=True, kw_only=True):
    """A step, numbered from 1: `text` is the question or action, `result` the answer or outcome.

    `reason` says why it was skipped or assumed, `settled` is the outcome of an assumed step. For an undone step,
    `instead` is the text of the entry `instead_seq`, which says why it was undone or corrects it.
    """

    number: int
    seq: int
    kind: StepKind
    text: str
    result: str
    by: str
    at: datetime | None = None
    assumed: bool = False
    skipped: bool = False
    undone: bool = False
    pinned: bool = False
    short: str = ""
    amended: bool = False
    reason: str = ""
    settled: str | None = None
    instead: str = ""
    instead_seq: int = 0


class ProgressRuledOut(_Part, frozen=True, kw_only=True):
    """The causes that an answer ruled out; `unconfirmed` if the answer was only assumed."""

    question: str
    answer: str
    causes: tuple[str, ...]
    unconfirmed: bool = False


class ProgressChange(_Part, frozen=True, kw_only=True):
    """A change, how to revert it, and whether and when it was reverted.

    `then` is the outcome of the change: the result of the step with the number `then_step`. `later` says by whom or
    what it was reverted, or why: a note, or else the result of the step `later_step`.
    """

    seq: int
    text: str
    revert: str
    by: str
    at: datetime | None = None
    reverted: bool = False
    reverted_at: datetime | None = None
    then: str = ""
    then_step: int = 0
    later: str = ""
    later_step: int = 0
    pinned: bool = False
    amended: bool = False
    revert_amended: bool = False
    short: str = ""
    short_revert: str = ""


class ProgressWaiting(_Part, frozen=True, kw_only=True):
    """Something that the session waits for, until when, and who recorded it; `overdue` if that time has passed.

    `contingencies` say what to do if something happens meanwhile; `seq` is the entry that recorded the wait.
    """

    seq: int = 0
    text: str
    until: datetime | None = None
    by: str = ""
    overdue: bool = False
    contingencies: tuple[Contingency, ...] = ()
    short: str = ""


class Ahead(_Part, frozen=True, kw_only=True):
    """A line of the outline of the next nodes; `depth` starts at 1, `label` is the choice that leads there."""

    depth: int
    label: str
    kind: Kind
    text: str
    repeated: bool = False
    cut: bool = False


class OutlineEntry(_Part, frozen=True, kw_only=True):
    """A line of the outline of the whole tree.

    `depth` starts at 1; a node that follows an action has the depth of the action, and no `label`. `mark` is "assumed"
    if the answer was assumed, and "unconfirmed" if only an assumed answer rules the node out. With `repeated`, its
    exits are shown elsewhere; with `cut`, they are not shown at all.
    """

    depth: int
    label: str
    kind: Kind
    text: str
    mark: Mark = ""
    repeated: bool = False
    cut: bool = False


class ProgressEvidence(_Part, frozen=True, kw_only=True):
    """A piece of evidence: `lines` is the end of its output, `left_out` the number of lines not shown.

    `telling` is its line that says most: the last, but for the frames of a stack and the like.
    """

    seq: int
    kind: EvidenceKind
    label: str
    command: str
    by: str
    lines: tuple[str, ...]
    left_out: int
    bytes_total: int
    telling: str = ""
    at: datetime | None = None
    exit_code: int | None = None
    duration: float | None = None
    host: str = ""
    on: int = 0
    pinned: bool = False
    amended: bool = False


class ProgressNote(_Part, frozen=True, kw_only=True):
    """A note, a warning or an assumption.

    `on` is the entry it refers to, `about` the text of that entry, `about_undone` whether that entry was undone;
    `settled` is the outcome of an assumption, or why a warning is no longer valid.
    """

    seq: int
    text: str
    by: str
    at: datetime | None = None
    kind: NoteKind = "note"
    on: int = 0
    about: str = ""
    about_undone: bool = False
    pinned: bool = False
    amended: bool = False
    short: str = ""
    settled: str | None = None


class ProgressQuestion(_Part, frozen=True, kw_only=True):
    """A question to a person or a queue, with the answers."""

    seq: int
    to: str
    text: str
    by: str
    at: datetime | None = None
    replies: tuple[str, ...] = ()
    pinned: bool = False


class ProgressFlag(_Part, frozen=True, kw_only=True):
    """A report of a problem with a node of the tree."""

    seq: int
    node: str
    text: str
    by: str
    at: datetime | None = None
    pinned: bool = False


class Handover(_Part, frozen=True, kw_only=True):
    """A change of owner: `word` says what happened, `text` why."""

    seq: int
    at: datetime
    by: str
    word: str
    to: str | None = None
    text: str = ""
    warnings: tuple[str, ...] = ()
    contingencies: tuple[Contingency, ...] = ()


class SectionEntry(_Part, frozen=True, kw_only=True):
    """An entry of a section: `number` is the step number, `below` has texts that belong to it, such as its output.

    `seq` is the entry of the session that it shows or belongs to. `number` and `seq` are 0 for none.
    `command` is the command that its text ends in: how to revert a change; "" if there is none to copy.
    """

    text: str
    number: int = 0
    below: tuple[str, ...] = ()
    seq: int = 0
    command: str = ""


class Section(_Part, frozen=True, kw_only=True):
    """A section of the summary: `detail` is shown after its label ("until 09:00", "(2 of 3)").

    `key` identifies the section for programs. If it is `single`, its only entry is shown on the line of the label.
    """

    key: str
    label: str
    detail: str = ""
    entries: tuple[SectionEntry, ...]
    single: bool = False


class Continuing(_Part, frozen=True, kw_only=True):
    """How to continue: the command, what it does ("Continue", or "Read" for a closed session), and the link if any."""

    command: str
    label: Literal["Continue", "Read"] = "Continue"
    link: str | None = None
    link_expires: datetime | None = None


class Redacted(_Part, frozen=True, kw_only=True):
    """How many values of a kind were hidden; `kind` is for people ("password", "AWS key")."""

    kind: str
    count: int


class Progress(_Part, frozen=True, kw_only=True):
    """The summary of one session.

    Every format shows `sections`, in this order, after the title and the line `header`. The other fields are the data
    behind them, for programs:

    - `ask_by`: who asks, if that is not the owner; `ask_at`: when the ask was recorded.
    - `situation_at`: when the situation or the impact was last recorded, if there are newer results.
    - `since_position`: the numbers of the steps since the last move in the tree.
    - `waiting`: what the session waits for, the one that is due first at the front.
    - `outline`: the whole tree, if the view asks for it.
    - `earlier`, `earlier_notes`: how many steps and notes are left out because they are older than `since`, or
      because only the latest were requested.
    - `evidence_more`: how many pieces of evidence are left out.
    - `unreadable`: how many entries this version can't read.
    - `redacted`, `redacted_kinds`: how many values were hidden, in total and by kind.
    """

    schema_version: int = SCHEMA_VERSION
    session: Header
    header: str = ""
    sections: tuple[Section, ...] = ()
    ask: str | None = None
    ask_by: str | None = None
    ask_at: datetime | None = None
    situation: str | None = None
    impact: str | None = None
    situation_at: datetime | None = None
    situation_before: str | None = None
    impact_before: str | None = None
    position: ProgressPlace | None = None
    since_position: tuple[int, ...] = ()
    remaining: ProgressRemaining | None = None
    tried: tuple[Tried, ...] = ()
    ruled_out: tuple[ProgressRuledOut, ...] = ()
    hypothesis: str | None = None
    changes: tuple[ProgressChange, ...] = ()
    waiting: tuple[ProgressWaiting, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    outline: tuple[OutlineEntry, ...] = ()
    evidence: tuple[ProgressEvidence, ...] = ()
    evidence_more: int = 0
    notes: tuple[ProgressNote, ...] = ()
    questions: tuple[ProgressQuestion, ...] = ()
    flags: tuple[ProgressFlag, ...] = ()
    handovers: tuple[Handover, ...] = ()
    redacted: int = 0
    redacted_kinds: tuple[Redacted, ...] = ()
    since: datetime | None = None
    earlier: int = 0
    earlier_notes: int = 0
    unreadable: int = 0
    resume: Continuing
    brief: bool = False


class DigestEntry(_Part, frozen=True, kw_only=True):
    """One session of a digest; formats show `lines`, the other fields are for programs."""

    code: str
    title: str
    status: Status
    owner: str
    lines: tuple[str, ...] = ()
    ticket: str | None = None
    customer: str | None = None
    severity: str | None = None
    ask: str | None = None
    position: str | None = None
    last: str | None = None
    last_at: datetime | None = None
    steps: int = 0
    changes: int = 0
    waiting: tuple[ProgressWaiting, ...] = ()
    handed_off_by: str | None = None


class Digest(_Part, frozen=True, kw_only=True):
    """The open sessions in a few lines each, for a shift handover; `of` names their owner, None for all owners."""

    schema_version: int = SCHEMA_VERSION
    kind: Literal["digest"] = "digest"
    as_of: datetime
    of: str | None = None
    sessions: tuple[DigestEntry, ...] = ()
    redacted: int = 0
    redacted_kinds: tuple[Redacted, ...] = ()


Summary = Progress | Digest
"""What formats render: the progress of one session, or the digest of several."""


class FittedDigest(Digest, frozen=True, kw_only=True):
    """A digest shortened to a format's limit; `more` is the number of sessions left out."""

    more: int
