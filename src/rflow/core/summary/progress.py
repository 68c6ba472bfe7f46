"""Progress: all that a summary shows, for any format. Every text in it is cleaned and redacted.

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
"""What happened to a part of the tree."""


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a progress; times are aware and in the reader's time zone."""


class ProgressTree(_Part, frozen=True, kw_only=True):
    """The version of the tree that the session is in; `changed`: there is a newer one (None: not known)."""

    id: str
    title: str
    digest: str
    changed: bool | None = None


class Header(_Part, frozen=True, kw_only=True):
    """Whose session it is and what about: `elapsed` is in seconds, up to now or to the closing; `outcome` if closed.

    `changed_at` is the time of the last entry.
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
    """Where the session stands: a question with its choices, an action, or an end."""

    node: str
    kind: Kind
    text: str
    choices: tuple[str, ...] = ()
    help: str = ""
    run: str = ""


class ProgressRemaining(_Part, frozen=True, kw_only=True):
    """Steps to an end: `most` is None if there are `loops`, both if no end can be reached. `ends` are their texts."""

    fewest: int | None
    most: int | None
    loops: bool
    ends: tuple[str, ...] = ()


class Tried(_Part, frozen=True, kw_only=True):
    """A step tried, numbered from 1: `text` is the question or action, `result` the answer or outcome.

    `reason` says why it was skipped or assumed, `settled` what came of an assumed one. Of one that was taken back,
    `instead` is why, or what corrects it: the text of the entry `instead_seq`.
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
    """A change, and how to revert it; `reverted_at` is when it was reverted, `reverted` whether it was.

    `then` is what came of it: the result of the step with the number `then_step`; `later` by whom or
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
    """Something that the session waits for, until when, and who said so; `overdue` if that time has passed.

    `contingencies` say what to do if something happens meanwhile; `seq` is the entry that it was said in.
    """

    seq: int = 0
    text: str
    until: datetime | None = None
    by: str = ""
    overdue: bool = False
    contingencies: tuple[Contingency, ...] = ()
    short: str = ""


class Ahead(_Part, frozen=True, kw_only=True):
    """A line of the outline of what lies ahead; `depth` is from 1, `label` the choice that leads there."""

    depth: int
    label: str
    kind: Kind
    text: str
    repeated: bool = False
    cut: bool = False


class OutlineEntry(_Part, frozen=True, kw_only=True):
    """A line of the outline of the whole tree; `depth` is from 1, what follows an action is as deep, without `label`.

    `mark` says what happened to it: a node is "assumed" where its answer was, and "unconfirmed" where only such an
    answer rules it out. `repeated`: its exits are shown elsewhere; `cut`: they are not shown.
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
    """An entry of the scratchpad: a note, a warning or an assumption.

    `on` is the entry it refers to, `about` the text of that entry, `about_undone` whether that was taken back;
    `settled` says what came of an assumption, or why a warning no longer holds.
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
    """Something that somebody was asked, and what they answered."""

    seq: int
    to: str
    text: str
    by: str
    at: datetime | None = None
    replies: tuple[str, ...] = ()
    pinned: bool = False


class ProgressFlag(_Part, frozen=True, kw_only=True):
    """A report that something is wrong with a node of the tree."""

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
    """A line of a section: `number` is that of a step (0 for none), `below` what belongs to it, such as its output.

    `seq` is the entry of the session that it shows or belongs to (0 for none). `command` is what its text ends in, if
    that is to be typed: how to revert a change.
    """

    text: str
    number: int = 0
    below: tuple[str, ...] = ()
    seq: int = 0
    command: str = ""


class Section(_Part, frozen=True, kw_only=True):
    """A part of the summary as it is shown: `detail` stands behind its label ("until 09:00", "(2 of 3)").

    `key` names the part for programs. Where it is `single`, its only entry stands on the line of the label.
    """

    key: str
    label: str
    detail: str = ""
    entries: tuple[SectionEntry, ...]
    single: bool = False


class Continuing(_Part, frozen=True, kw_only=True):
    """How to go on: the command to type, what it does ("Continue"; of a closed session "Read"), and the link if any."""

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

    `waiting` is what it waits for, what is due first before the others.
    `sections` is what every format shows, in this order, after the title and the line of `header`; the other fields
    are what they were made from, for programs. `earlier` and `earlier_notes` count the steps and notes left out because
    they came before `since` or because only the latest were asked for, `evidence_more` the pieces of evidence left
    out; `ask_by` is who asks, if that is not the owner, `ask_at` when; `situation_at` is when situation or impact was
    last said, if results have come since; `since_position` are the numbers of the steps since the last move in the
    tree; `unreadable` counts the entries that this version can't read, `redacted` the values that were hidden when it
    was computed, `redacted_kinds` how many of each kind.
    The `outline` of the whole tree is there only if the view asks for it.
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
    """One session of a digest; `lines` are what is shown of it, the other fields are for programs."""

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
    """Every open session in a few lines each: the shift handover. `of` is whose they are, None for everybody's."""

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
    """A digest cut to a format's limit; `more` sessions follow that are not shown."""

    more: int
