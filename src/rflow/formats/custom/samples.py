"""Trial sessions for a user's own format: usual, long and empty ones, and one in which every text is hostile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import msgspec
from msgspec.structs import replace

from rflow.core.summary.brief import shorten_progress
from rflow.core.summary.progress import (
    Ahead,
    Continuing,
    Digest,
    DigestEntry,
    Header,
    Progress,
    ProgressChange,
    ProgressEvidence,
    ProgressNote,
    ProgressPlace,
    ProgressRemaining,
    ProgressRuledOut,
    ProgressTree,
    ProgressWaiting,
    Summary,
    Tried,
)

_START = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)


def _after(minutes: int) -> datetime:
    return _START + timedelta(minutes=minutes)


_HEADER = Header(
    id="019e8a3c-7d8e-7f00-8123-456789abcdef",
    code="K7QM-2F",
    title="The till in Leeds is slow",
    status="open",
    owner="Ana Ruiz",
    as_of=_after(190),
    ticket="REQ-20418",
    customer="Northern Parcels",
    severity="2",
    started_at=_START,
    elapsed=11_400.0,
    tree=ProgressTree(id="tills", title="A till is slow", digest="6b122907" + "e4" * 28, changed=True),
)
_STEP = Tried(
    number=1,
    seq=3,
    kind="choice",
    text="Is it slow without the network, too?",
    result="No",
    by="Ana Ruiz",
    at=_after(4),
)
_EVIDENCE = ProgressEvidence(
    seq=8,
    kind="command",
    label="ping of the till",
    command="ping -c 2 10.8.14.52",
    by="Ben Okafor",
    lines=("64 bytes from 10.8.14.52: time=2.11 ms", "64 bytes from 10.8.14.52: time=1.98 ms"),
    left_out=4,
    bytes_total=312,
    at=_after(12),
    exit_code=0,
    duration=1.4,
    host="ar-laptop",
)
_NOTE = ProgressNote(seq=9, text="The cashiers say it began after the update.", by="Ana Ruiz", at=_after(30))
USUAL = Progress(
    session=_HEADER,
    ask="Can somebody look at the switch?\nI have no login there.",
    situation="Each sale takes a minute.",
    impact="Queues at three of five tills.",
    position=ProgressPlace(
        node="switch",
        kind="decision",
        text="Does the switch count errors?",
        choices=("Yes", "No"),
        help="On the port of the till.",
        run="show interfaces counters errors",
    ),
    remaining=ProgressRemaining(fewest=1, most=4, loops=False, ends=("Replace the cable", "Call the vendor")),
    tried=(
        _STEP,
        replace(_STEP, number=2, seq=4, kind="action", text="Restart the till", result="as slow as before", by="Ben"),
        replace(_STEP, number=3, seq=5, kind="skipped", text="Update it", result="", skipped=True, reason="no login"),
        replace(_STEP, number=4, seq=6, text="Is the cable new?", result="Yes", assumed=True, reason="so they say"),
        replace(_STEP, number=6, seq=7, text="Is it the one vendor?", result="No", undone=True, at=None),
    ),
    ruled_out=(
        ProgressRuledOut(question=_STEP.text, answer="No", ends=("Repair the till",)),
        ProgressRuledOut(question="Is the cable new?", answer="Yes", ends=("Replace the cable",), unconfirmed=True),
    ),
    hypothesis="The switch drops packets.",
    changes=(ProgressChange(seq=10, text="Moved it to port 7", revert="Plug it into port 3", by="Ben", at=_after(50)),),
    waiting=ProgressWaiting(text="the network team", until=_after(240)),
    ahead=(
        Ahead(depth=1, label="Yes", kind="end", text="Replace the cable"),
        Ahead(depth=1, label="No", kind="decision", text="Is it the one vendor?", cut=True),
        Ahead(depth=2, label="Yes", kind="end", text="Call the vendor", repeated=True),
    ),
    evidence=(
        _EVIDENCE,
        replace(_EVIDENCE, seq=11, kind="file", label="panel.jpg", command="", lines=(), exit_code=None),
    ),
    evidence_more=2,
    notes=(_NOTE, replace(_NOTE, seq=12, text="Night contact: 0113 496 0000\n  ask for Dave", by="Ben", amended=True)),
    redacted=2,
    unreadable=1,
    resume=Continuing(command="rflow resume K7QM-2F", link="https://rflow.example/s/Vt3k", link_expires=_after(900)),
)
_EMPTY = Progress(
    session=Header(id="019e8a3c", code="", title="", status="open", owner="", as_of=_after(1)),
    resume=Continuing(command="rflow import FILE"),
)
_CLOSED = replace(
    USUAL,
    session=replace(_HEADER, status="closed", outcome="resolved", closing_summary="The cable was broken.\nReplaced."),
    ask=None,
    position=ProgressPlace(node="cable", kind="end", text="Replace the cable"),
    remaining=ProgressRemaining(fewest=0, most=0, loops=False),
    waiting=None,
    ahead=(),
)
_HANDED_OFF = replace(
    USUAL,
    session=replace(_HEADER, status="handed_off", owner="@tier2", handed_off_by="Ana Ruiz", handoff_note="Call Dave."),
    remaining=ProgressRemaining(fewest=None, most=None, loops=True),
    since=_after(100),
    earlier=4,
    tried=(),
    notes=(),
)
_LONG = replace(
    USUAL,
    tried=tuple(replace(_STEP, number=n, seq=n, result="It took a while. " * 40) for n in range(1, 301)),
    notes=tuple(replace(_NOTE, seq=n, text="A line of a long note.\n" * 40) for n in range(301, 501)),
    evidence=(replace(_EVIDENCE, lines=("x" * 5_000,) * 10),) * 3,
)
_FREE = replace(USUAL, position=None, remaining=None, ruled_out=(), ahead=(), session=replace(_HEADER, tree=None))
_ENTRY = DigestEntry(
    code="K7QM-2F",
    title="The till in Leeds is slow",
    status="open",
    owner="Ana Ruiz",
    ask="Can somebody look at the switch?",
    position="Does the switch count errors?",
    last="Restart the till → as slow as before",
    last_at=_after(50),
    steps=6,
    changes=1,
    waiting=ProgressWaiting(text="the network team", until=_after(240)),
)
_DIGEST = Digest(as_of=_after(190), of="Ana Ruiz", sessions=(_ENTRY, replace(_ENTRY, status="handed_off")), redacted=1)

# Each begins with what is markup only at the beginning, and is told from the template's own by the letters `zq`.
_PROBES = (
    "# zqhead *zqbold* `zqcode`",
    "- zqitem [zqlink](javascript:zq)",
    "*zqbold* <zqtag onclick=zq>",
    "<zqtag> | zqcell | @here",
    "{zqmacro} !zqimg! [zqlink|javascript:zq]",
    "h1. zqhead @here {{zqmono}}",
    "`zqcode` ```zqfence",
    "“zq” \"zq\" 'zq' &lt;zqtag&gt; \\*zq\\",
)
# These are rflow's own words.
_NOT_TEXT = frozenset({"status", "kind", "outcome", "digest", "id", "link", "seen", "mark", "since", "of"})
_OF_LINES = frozenset({"ask", "situation", "impact", "hypothesis", "text", "result", "revert", "handoff_note"})


def _hostile() -> Progress:
    """Put all that is hostile into every text, each time with something else at its beginning."""
    turns = cycle(" ".join(_PROBES[at:] + _PROBES[:at]) for at in range(len(_PROBES)))
    told: Progress = _retold(USUAL, "", lambda field: next(turns))
    return told


def _of_lines() -> Progress:
    """Give every text that may have it a second line."""
    told: Progress = _retold(USUAL, "", lambda field: "zqfirst\nzqsecond" if field in _OF_LINES else "zqonly")
    return told


def _retold(value: Any, field: str, text: Callable[[str], str]) -> Any:
    """Give a summary with other texts."""
    if isinstance(value, msgspec.Struct):
        return replace(value, **{name: _retold(getattr(value, name), name, text) for name in value.__struct_fields__})
    if isinstance(value, tuple):
        return tuple(_retold(part, field, text) for part in value)
    return text(field) if isinstance(value, str) and field not in _NOT_TEXT else value


HOSTILE, OF_LINES = "hostile texts", "texts of several lines"
TRIALS: dict[str, Summary] = {
    "a usual session": USUAL,
    "an empty session": _EMPTY,
    "a session without a tree": _FREE,
    "a closed session": _CLOSED,
    "a session handed off, since the last summary": _HANDED_OFF,
    "a long session": _LONG,
    "the brief form": shorten_progress(USUAL),
    "the brief form of an empty session": shorten_progress(_EMPTY),
    "a digest": _DIGEST,
    "a digest without sessions": Digest(as_of=_after(190)),
    HOSTILE: _hostile(),
    OF_LINES: _of_lines(),
}
"""What a format is tried with, by name."""
