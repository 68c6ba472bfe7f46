"""Sessions for the tests of stores: one with every kind of fact, and smaller ones."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from rflow.core.people import RFLOW, Person, person
from rflow.core.session import events as e
from rflow.core.session.events import (
    Brief,
    Contingency,
    Event,
    EvidenceAdded,
    Fact,
    NoteAdded,
    Place,
    SessionStarted,
    Stored,
    TreeRef,
)
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.tree.model import Action, Choice, Decision, End, Tree, digest

ANA, BEN, CHLOE = person("Ana Ruiz"), person("Ben Okafor"), person("Chloé Martin")
TIER2 = person("@tier2")
MORNING = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)

PRINTER = Tree(
    id="label-printer",
    title="A label printer prints nothing",
    start="lamp",
    nodes={
        "lamp": Decision(
            text="Which lamp is lit?",
            choices=(Choice(label="Red", to="ribbon"), Choice(label="Green", to="queue")),
            help="On the front, left of the display.",
        ),
        "ribbon": Action(text="Reseat the ribbon", to="works"),
        "queue": Action(text="Clear the print queue", run="cancel -a leeds-labels", to="works"),
        "works": Decision(
            text="Does a test label print?", choices=(Choice(label="Yes", to="fixed"), Choice(label="No", to="vendor"))
        ),
        "fixed": End(text="The printer works", outcome="resolved"),
        "vendor": End(text="Call the vendor", outcome="escalate"),
    },
)
PRINTER_REF = TreeRef(id=PRINTER.id, title=PRINTER.title, digest=digest(PRINTER))
LAMP = Place(node="lamp", kind="decision", text="Which lamp is lit?")
QUEUE = Place(node="queue", kind="action", text="Clear the print queue")
WORKS = Place(node="works", kind="decision", text="Does a test label print?")

LPSTAT = b"printer leeds-labels disabled since Tue 03 Nov 2026 01:52:10 UTC -\n\tPaused\n" * 40
LPSTAT_DIGEST = sha256(LPSTAT).hexdigest()


def evidence(content: bytes, command: str = "lpstat -p leeds-labels") -> EvidenceAdded:
    """Return `content` as evidence of a command's output."""
    return EvidenceAdded(
        kind="command",
        label=command,
        command=command,
        excerpt=content[:200].decode(errors="replace"),
        bytes_total=len(content),
        bytes_kept=len(content),
        digest=sha256(content).hexdigest(),
        exit_code=0,
        duration=0.04,
        host="leeds-print-01",
        started_at=MORNING,
        origin="observed",
    )


def events(facts: Iterable[Fact | tuple[Person, Fact]], by: Person = ANA, start: datetime = MORNING) -> list[Event]:
    """Return events with these facts, a minute apart; a tuple names another author."""
    by_whom = [fact if isinstance(fact, tuple) else (by, fact) for fact in facts]
    return [
        Event(seq=seq, at=start + timedelta(minutes=seq), by=who, fact=fact, command_id=f"cmd-{seq}")
        for seq, (who, fact) in enumerate(by_whom, 1)
    ]


def session(session_id: str, code: str, story: Iterable[Stored]) -> Session:
    """Return the state after `story`."""
    return replay(story, Session(id=session_id, code=code))


def night_story() -> list[Event]:
    """Return the events of the sample stores of version 2, as they are after the upgrade."""
    return events(_night())


def whole_story() -> list[Event]:
    """Return the events of a session with every kind of fact."""
    return events(_whole_story())


def _night() -> Iterator[Fact | tuple[Person, Fact]]:
    yield SessionStarted(
        title="Label printer in Leeds prints nothing",
        brief=Brief(customer="Harrow Foods", ticket="INC-4711"),
    )
    yield e.TreeEntered(tree=PRINTER_REF, place=LAMP)
    yield e.BriefSet(brief=Brief(severity="2", impact="No pallets leave the dock"))
    yield e.ChoiceMade(node="lamp", question=LAMP.text, label="Green", to=QUEUE, assumed=True, reason="told by phone")
    yield evidence(LPSTAT)
    yield e.ActionDone(node="queue", text=QUEUE.text, result="12 jobs gone", to=WORKS)
    yield e.SteppedBack(undone=6)
    yield e.StepSkipped(node="queue", text=QUEUE.text, reason="done before", to=WORKS)
    yield e.StepAdded(text="Printed from the web page of the printer", result="blank label")
    yield NoteAdded(text="Line one\n“Ünïcode”, a tab\t, <b>markup</b> & a | pipe")
    yield e.EntryAmended(target=10, texts={"text": "The night shift changed the label roll at 01:30"})
    yield e.ChangeMade(text="Paused the queue", revert="cupsenable leeds-labels")
    yield e.ChangeReverted(change=12)
    yield e.WaitingSet(until=MORNING + timedelta(hours=4), waiting_for="the vendor to call back")
    yield e.ProgressShared(format="teams", destination="clipboard", through=14)
    yield e.HandedOff(to=BEN, note="The ribbon looks fine")
    yield BEN, e.HandoffDeclined(reason="on another incident")
    yield e.HandedOff(to=TIER2)
    yield e.HandoffCancelled()
    yield e.HandedOff(to=BEN)
    yield BEN, e.HandoffAccepted(read_back="Blank labels, queue cleared, vendor called")
    yield BEN, e.SessionClosed(outcome="resolved", summary="New label roll was the wrong type")
    yield BEN, e.SessionReopened()
    yield CHLOE, e.TakenOver(reason="Ben went off shift")
    yield CHLOE, e.TextRedacted(target=9)


def _whole_story() -> Iterator[Fact | tuple[Person, Fact]]:
    _, *night = _night()
    yield SessionStarted(
        title="Label printer in Leeds prints nothing",
        brief=Brief(customer="Harrow Foods", ticket="INC-4711"),
        space="harrow",
    )
    yield from night
    yield CHLOE, NoteAdded(text="The roll is of the right type", kind="assumption", on=22)
    yield CHLOE, e.AssumptionSettled(target=26, text="It is not: the box says 102 mm")
    yield CHLOE, e.Pinned(target=26)
    yield CHLOE, e.Pinned(target=12)
    yield CHLOE, e.Unpinned(target=12)
    yield CHLOE, e.EntryUndone(target=12)
    yield CHLOE, e.NodeFlagged(node="works", text="There is a third lamp", digest=PRINTER_REF.digest)
    yield CHLOE, e.QuestionAsked(to=TIER2, text="Who orders the rolls?")
    yield BEN, e.QuestionReplied(target=33, text="The warehouse")
    yield CHLOE, e.ProgressShared(format="slack-blocks", destination="post:noc", through=34, state="started")
    yield (
        CHLOE,
        e.HandedOff(
            to=BEN,
            warnings=("Don't open the print head while it is hot",),
            contingencies=(Contingency(condition="the vendor calls before 06:00", action="ask for a new roll"),),
        ),
    )
    yield RFLOW, e.HandoffExpired()
    yield RFLOW, e.Reassigned(to=ANA, reason="Chloé is on leave")


def short_story(title: str = "VPN drops every hour", *notes: str, by: Person = ANA) -> list[Event]:
    """Return the events of a session without a tree: its start and its notes."""
    return events([SessionStarted(title=title), *(NoteAdded(text=note) for note in notes)], by=by)


def more(story: list[Event], *facts: Fact | tuple[Person, Fact]) -> list[Event]:
    """Return the events that continue `story` by `facts`."""
    longer = events([*(event.fact for event in story), *facts], by=story[-1].by)
    return longer[len(story) :]
