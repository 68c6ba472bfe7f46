"""Summaries to write down: a night with a label printer in Leeds, as it looks at different moments."""

from datetime import datetime, timedelta, timezone
from typing import Any

from msgspec.structs import replace

from rflow.core.session.events import Contingency
from rflow.core.summary.budget.arrange import arranged
from rflow.core.summary.progress import (
    Ahead,
    Continuing,
    Digest,
    DigestEntry,
    Handover,
    Header,
    OutlineEntry,
    Progress,
    ProgressChange,
    ProgressEvidence,
    ProgressFlag,
    ProgressNote,
    ProgressPlace,
    ProgressQuestion,
    ProgressRemaining,
    ProgressRuledOut,
    ProgressTree,
    ProgressWaiting,
    Redacted,
    Tried,
)


def changed(story: Progress, **fields: Any) -> Progress:
    """Return a story with other facts, arranged anew."""
    return arranged(replace(story, **fields))


BST = timezone(timedelta(hours=1))


def at(clock: str, day: int = 2) -> datetime:
    """Give a time of the night that began on the first of June 2026."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 6, day, hour, minute, tzinfo=BST)


HEADER = Header(
    id="019e8a3c-7d8e-7f00-8123-456789abcdef",
    code="K7QM-2F",
    title="Label printer in Leeds prints nothing",
    status="open",
    owner="Priya Nair",
    as_of=at("02:41"),
    ticket="REQ-20418",
    customer="Northern Parcels",
    severity="2",
    started_at=at("23:52", day=1),
    elapsed=10_140.0,
    tree=ProgressTree(id="printer-leeds", title="A printer in Leeds", digest="6b122907" + "e4" * 28, changed=True),
    source="night-shift.json",
    changed_at=at("02:40"),
)
STEPS = (
    Tried(
        number=1,
        seq=3,
        kind="own",
        text="Asked the warehouse:\n- which printers are silent?\n- since when?",
        result="only WH-LAB-02, since the shift began",
        by="Dave (warehouse)",
        at=at("23:55", day=1),
    ),
    Tried(
        number=2,
        seq=4,
        kind="choice",
        text="Can anybody print on it?",
        result="Nobody",
        by="Priya Nair",
        at=at("00:07"),
    ),
    Tried(
        number=3,
        seq=5,
        kind="choice",
        text="Does it answer a ping?",
        result="No",
        by="Priya Nair",
        at=at("00:10"),
        undone=True,
    ),
    Tried(number=4, seq=7, kind="choice", text="Does it answer a ping?", result="Yes", by="Priya Nair", at=at("00:14")),
    Tried(
        number=5,
        seq=8,
        kind="skipped",
        text="Restart the print server",
        result="",
        by="Priya Nair",
        at=at("00:20"),
        skipped=True,
        reason="two other warehouses print over it",
    ),
    Tried(
        number=6,
        seq=9,
        kind="choice",
        text="Is the driver the one the vendor names?",
        result="Yes",
        by="Priya Nair",
        at=at("00:31"),
        assumed=True,
        reason="no login on the print server",
    ),
    Tried(number=7, seq=10, kind="tree", text="Windows print queues", result="", by="Priya Nair", at=at("01:02")),
    Tried(
        number=8, seq=11, kind="action", text="Print a page from the server itself", result="", by="Sam", at=at("01:15")
    ),
    Tried(
        number=9,
        seq=12,
        kind="action",
        text="Empty the queue and print once more",
        result="The job leaves the queue, nothing is printed.\n\nNo entry in the event log (Event ID 307 is missing).",
        by="Priya Nair",
        at=at("01:40"),
    ),
    Tried(
        number=10,
        seq=13,
        kind="own",
        text="Changed the port from WSD to TCP/IP",
        result="no difference",
        by="Priya Nair",
    ),
)
"""Every kind of step."""

PLACE = ProgressPlace(
    node="port-monitor",
    kind="decision",
    text="Does a packet reach port 9100 of the printer while a job is sent?",
    choices=("Yes", "No", "The capture shows resets"),
    help="Capture on the switch, **not** on the print server.",
    run="tshark -i span0 -f 'tcp port 9100'",
)
PING = ProgressEvidence(
    seq=6,
    kind="command",
    label="ping of the printer",
    command="ping -n 2 10.8.14.52",
    by="Priya Nair",
    lines=("Pinging 10.8.14.52 with 32 bytes of data:", "Reply from 10.8.14.52: bytes=32 time=2ms TTL=63"),
    left_out=4,
    bytes_total=312,
    telling="Reply from 10.8.14.52: bytes=32 time=2ms TTL=63",
    at=at("00:12"),
    exit_code=0,
    duration=1.4,
    host="pn-laptop",
)
TELNET = ProgressEvidence(
    seq=14,
    kind="command",
    label="Test-NetConnection 10.8.14.52 -Port 9100",
    command="Test-NetConnection 10.8.14.52 -Port 9100",
    by="Sam",
    lines=(
        "ComputerName     : 10.8.14.52",
        "RemotePort       : 9100",
        "",
        "TcpTestSucceeded : False   # after three attempts, each of them timing out on the server's side",
    ),
    left_out=0,
    bytes_total=180,
    telling="TcpTestSucceeded : False   # after three attempts, each of them timing out on the server's side",
    at=at("02:20"),
    exit_code=-2,
    duration=63.0,
    host="print-01",
)
PHOTO = ProgressEvidence(
    seq=15,
    kind="file",
    label="panel.jpg",
    command="",
    by="Priya Nair",
    lines=(),
    left_out=0,
    bytes_total=812_340,
    at=at("02:31"),
)

OUTLINE = (
    OutlineEntry(depth=1, label="", kind="decision", text="Can anybody print on it?", mark="taken"),
    OutlineEntry(depth=2, label="Nobody", kind="decision", text="Does it answer a ping?", mark="taken"),
    OutlineEntry(depth=3, label="Yes", kind="action", text="Restart the print server", mark="taken"),
    OutlineEntry(depth=3, label="", kind="decision", text="Is the driver the one the vendor names?", mark="taken"),
    OutlineEntry(depth=4, label="Yes", kind="decision", text=PLACE.text, mark="here"),
    OutlineEntry(depth=5, label="Yes", kind="action", text="Update the printer's firmware"),
    OutlineEntry(depth=5, label="", kind="decision", text="Does it print now?", cut=True),
    OutlineEntry(depth=5, label="No", kind="end", text="Free the port"),
    OutlineEntry(depth=5, label="The capture shows resets", kind="decision", text="Does it print now?", repeated=True),
    OutlineEntry(depth=4, label="No", kind="end", text="Install the driver 7.2.1", mark="ruled out"),
    OutlineEntry(depth=3, label="No", kind="end", text="Check its cable, Wi-Fi and switch port", mark="ruled out"),
    OutlineEntry(depth=2, label="Some can", kind="action", text="Compare their drivers", mark="ruled out", cut=True),
)
"""Every mark that an outline has."""

FULL = Progress(
    session=HEADER,
    ask="Can second level look at print-01?\nThe queue there empties without printing, and I have no login.",
    situation="Since the night shift began, no labels come out of WH-LAB-02. The printer's own status page prints.",
    impact="Labels are printed in the office and carried over: 20 minutes a batch, 14 batches wait.",
    position=PLACE,
    remaining=ProgressRemaining(fewest=1, most=4, loops=False, ends=("Call the vendor", "Free the port", "It prints")),
    tried=STEPS,
    ruled_out=(
        ProgressRuledOut(
            question="Can anybody print on it?",
            answer="Nobody",
            causes=("Choose it as default printer", "Renew the user's profile"),
        ),
        ProgressRuledOut(
            question="Does it answer a ping?", answer="Yes", causes=("Check its cable, Wi-Fi and switch port",)
        ),
        ProgressRuledOut(
            question="Is the driver the one the vendor names?",
            answer="Yes",
            causes=("Install the driver 7.2.1",),
            unconfirmed=True,
        ),
    ),
    hypothesis="Yesterday's firewall change closed port 9100 between the server and the warehouse.",
    changes=(
        ProgressChange(
            seq=25,
            text="Spooler of print-01 set to manual",
            revert="sc config spooler start= auto",
            by="Sam",
            at=at("01:20"),
            reverted=True,
            reverted_at=at("01:30"),
            then="no difference",
            then_step=8,
        ),
        ProgressChange(
            seq=16,
            text="Port of WH-LAB-02 on print-01 set to TCP/IP",
            revert="printui /s /t1, then choose the WSD port again",
            by="Sam",
            at=at("02:02"),
        ),
    ),
    waiting=(ProgressWaiting(text="the network team to read the firewall's log", until=at("03:30")),),
    ahead=(
        Ahead(depth=1, label="Yes", kind="action", text="Update the printer's firmware"),
        Ahead(depth=2, label="", kind="decision", text="Does it print now?", cut=True),
        Ahead(depth=1, label="No", kind="end", text="Free the port"),
        Ahead(depth=1, label="The capture shows resets", kind="decision", text="Which side sends them?", repeated=True),
    ),
    outline=OUTLINE,
    evidence=(PING, TELNET, PHOTO),
    evidence_more=2,
    notes=(
        ProgressNote(
            seq=19, text="WH-LAB-02 holds the only 4-inch roll.", by="Dave (warehouse)", at=at("00:40"), kind="warning"
        ),
        ProgressNote(
            seq=23,
            text="The firewall was changed for all warehouses.",
            by="Priya Nair",
            at=at("02:35"),
            kind="assumption",
        ),
        ProgressNote(seq=24, text="Port 9100 was open last week.", by="Priya Nair", at=at("02:36"), pinned=True),
        ProgressNote(
            seq=17,
            text="The vendor changed the label layout yesterday at 17:40.",
            by="Dave (warehouse)",
            at=at("23:58", day=1),
        ),
        ProgressNote(
            seq=18,
            text="Night contact: 0113 496 0000\n  ask for Dave, not for the desk",
            by="Priya Nair",
            at=at("01:05"),
            amended=True,
        ),
    ),
    questions=(
        ProgressQuestion(
            seq=20, to="Cleo", text="Did the firewall change?", by="Priya Nair", replies=("Cleo: at 17:40",)
        ),
        ProgressQuestion(seq=21, to="@network", text="Is port 9100 open?", by="Priya Nair", at=at("02:30")),
    ),
    flags=(ProgressFlag(seq=22, node="driver", text="The driver page has moved.", by="Sam"),),
    handovers=(
        Handover(
            seq=2,
            at=at("23:53", day=1),
            by="Dave (warehouse)",
            word="handed off",
            to="Priya Nair",
            text="Please call me first.\n\nI leave at 06:00.",
            warnings=("Don't restart print-01: it prints for two other warehouses.",),
            contingencies=(Contingency(condition="no labels by 05:00", action="call the driver, 0113 496 0001"),),
        ),
        Handover(
            seq=3, at=at("23:54", day=1), by="Priya Nair", word="accepted", text="no labels since the shift began"
        ),
    ),
    redacted=2,
    redacted_kinds=(Redacted(kind="password", count=2),),
    unreadable=1,
    resume=Continuing(
        command="rflow resume K7QM-2F", link="https://rflow.example/s/Vt3_k9-Qm", link_expires=at("02:41", day=9)
    ),
)
"""Everything that a summary of the whole session can hold."""

FRESH = Progress(
    session=replace(
        HEADER,
        as_of=at("23:52", day=1),
        changed_at=at("23:52", day=1),
        elapsed=0.0,
        ticket=None,
        customer=None,
        severity=None,
        source=None,
    ),
    position=replace(
        PLACE, node="scope", text="Can anybody print on it?", choices=("Nobody", "Some can"), help="", run=""
    ),
    remaining=ProgressRemaining(fewest=2, most=None, loops=True, ends=("It prints",)),
    ahead=(Ahead(depth=1, label="Nobody", kind="decision", text="Does it answer a ping?", cut=True),),
    resume=Continuing(command="rflow resume K7QM-2F"),
)
"""Just begun, nothing told yet, loops ahead: it says what it is stuck at."""

FREE = Progress(
    session=replace(HEADER, tree=None, ticket=None, source=None, elapsed=1_260.0, as_of=at("00:13")),
    ask="Who knows this printer?",
    tried=(STEPS[0], replace(STEPS[9], number=2)),
    waiting=(ProgressWaiting(text="", until=at("06:00")),),
    resume=Continuing(command="rflow resume K7QM-2F"),
)
"""Without a tree."""

EMPTY = Progress(
    session=Header(id="019e8a3c", code="", title="", status="open", owner="", as_of=at("00:13")),
    unreadable=2,
    resume=Continuing(command="rflow import FILE"),
)
"""Nothing but what can't be missing: the beginning of the session can't be read."""

CLOSED = replace(
    FULL,
    session=replace(
        HEADER,
        status="closed",
        outcome="escalated",
        closing_summary="Handed to the vendor as case 77-1043.\nParts arrive at 9.",
    ),
    ask=None,
    position=ProgressPlace(node="vendor", kind="end", text="Call the vendor"),
    remaining=ProgressRemaining(fewest=0, most=0, loops=False, ends=("Call the vendor",)),
    changes=(),
    waiting=(),
    ahead=(),
    evidence=(),
    evidence_more=5,
    notes=(),
    redacted=0,
    unreadable=0,
    resume=Continuing(command="rflow show K7QM-2F", label="Read"),
)
"""Closed at an end of its tree."""

HANDED_OFF = replace(
    FULL,
    session=replace(
        HEADER,
        status="handed_off",
        owner="@tier2",
        handed_off_by="Priya Nair",
    ),
    handovers=(
        Handover(
            seq=30,
            at=at("02:40"),
            by="Priya Nair",
            word="handed off",
            to="@tier2",
            text="Please call Dave first.\n\nHe leaves at 06:00.",
        ),
    ),
    position=ProgressPlace(node="firmware", kind="action", text="Update the printer's firmware", run="fwupd 7.4"),
    remaining=ProgressRemaining(fewest=None, most=None, loops=True),
    tried=STEPS[7:],
    ruled_out=(replace(FULL.ruled_out[0], question="Is it one printer or all?"),),
    evidence=(replace(PHOTO, bytes_total=0, label="", command="lpq -P wh-lab-02", exit_code=0),),
    evidence_more=0,
    changes=(replace(FULL.changes[0], revert=""),),
    notes=(),
    ahead=(),
    redacted=0,
    unreadable=0,
)
"""Handed to a queue, nobody has taken it yet."""

SINCE = replace(
    FRESH,
    session=replace(HEADER, source=None),
    ask="Anything new from the network team?",
    tried=(STEPS[0], STEPS[8], STEPS[9]),
    since=at("01:30"),
    earlier=8,
    notes=FULL.notes[:1],
)
"""Only what is new; one step was written down later than it happened, so the numbers have a gap."""

NOTHING_NEW = replace(SINCE, tried=(), notes=(), earlier=12)

STORIES = {
    name: arranged(story)
    for name, story in {
        "full": FULL,
        "fresh": FRESH,
        "free": FREE,
        "empty": EMPTY,
        "closed": CLOSED,
        "handed-off": HANDED_OFF,
        "since": SINCE,
        "nothing-new": NOTHING_NEW,
    }.items()
}
FULL = STORIES["full"]

DIGEST = Digest(
    as_of=at("06:00"),
    of="Priya Nair",
    sessions=(
        DigestEntry(
            code="K7QM-2F",
            title="Label printer in Leeds prints nothing",
            status="open",
            owner="Priya Nair",
            ticket="REQ-20418",
            customer="Northern Parcels",
            severity="2",
            lines=(
                "Ask: Can second level look at print-01?\nThe queue there empties without printing: no login.",
                f"Stuck at: {PLACE.text}",
                "Changes in place: Port of WH-LAB-02 set to TCP/IP (02:02). Revert: choose the WSD port again",
                "Waiting until 07:30: the network team to read the firewall's log",
            ),
            ask="Can second level look at print-01?\nThe queue there empties without printing, and I have no login.",
            position=PLACE.text,
            last="Changed the port from WSD to TCP/IP → no difference",
            last_at=at("02:02"),
            steps=9,
            changes=1,
            waiting=(ProgressWaiting(text="the network team to read the firewall's log", until=at("07:30")),),
        ),
        DigestEntry(code="P3XW-9T", title="VPN drops every hour", status="open", owner="Priya Nair"),
        DigestEntry(
            code="H4RD-77",
            title="Checkout fails for one customer",
            status="handed_off",
            owner="@tier2",
            handed_off_by="Priya Nair",
            severity="1",
            last="Restarted the cart service",
            steps=1,
            changes=2,
        ),
    ),
    redacted=1,
    redacted_kinds=(Redacted(kind="token", count=1),),
)
NO_SESSIONS = Digest(as_of=at("06:00"))

TOLD: dict[str, Progress | Digest] = {
    **STORIES,
    **{f"{name}-brief": changed(STORIES[name], brief=True) for name in ("full", "fresh", "empty", "closed", "since")},
    "digest": DIGEST,
    "no-sessions": NO_SESSIONS,
}
"""What the formats are asked to write down, by the name of its golden file."""
