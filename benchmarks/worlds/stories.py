"""Made-up sessions to measure with: trees of any size, sessions of any length, the same for the same numbers."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import cycle

from rflow.core.people import Person, person
from rflow.core.session.events import (
    ActionDone,
    Brief,
    ChangeMade,
    ChoiceMade,
    Event,
    EvidenceAdded,
    Fact,
    NoteAdded,
    Place,
    SessionStarted,
    StepAdded,
    TreeEntered,
    TreeRef,
)
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree, digest, kind_of

MAYA = person("Maya Okonkwo")
NIGHT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
_OUTPUT = "eth0: carrier lost, 14 packets dropped in the last interval (leeds-print-01)\n"
_KINDS = "move note move step move evidence move move note move own move note move own note evidence move note own"


def tree(size: int) -> Tree:
    """Return a tree of about `size` nodes: a chain of questions, each with an action and an end."""
    groups = max(size // 3, 1)
    nodes: dict[str, Node] = {}
    for number in range(groups):
        nodes |= _group(number, f"question-{number + 1}" if number + 1 < groups else "solved-0")
    return Tree(id=f"printer-{size}", title="A label printer in Leeds prints nothing", start="question-0", nodes=nodes)


def _group(number: int, following: str) -> dict[str, Node]:
    act, solved = f"action-{number}", f"solved-{number}"
    choices = (Choice(label="No, it does not", to=act), Choice(label="Yes, since an hour ago", to=solved))
    return {
        f"question-{number}": Decision(
            text=f"Does segment {number} of the line answer within a second?",
            help="Ask for a second printer on the same segment.",
            choices=choices,
        ),
        act: Action(text=f"Restart the switch of segment {number}", run=f"switchctl restart {number}", to=following),
        solved: End(text=f"Segment {number} answers: the printer prints", outcome="resolved"),
    }


def place(through: Tree, name: str) -> Place:
    """Return a node as the position of a session."""
    node = through.nodes[name]
    return Place(node=name, kind=kind_of(node), text=node.text)


def moves(through: Tree) -> Iterator[Fact]:
    """Yield moves down the tree, and enter it again at its end, forever."""
    reference = TreeRef(id=through.id, title=through.title, digest=digest(through))
    while True:
        yield TreeEntered(tree=reference, place=place(through, through.start))
        name = through.start
        while not isinstance(node := through.nodes[name], End):
            to = place(through, node.to if isinstance(node, Action) else node.choices[0].to)
            yield _move(name, node, to)
            name = to.node


def _move(name: str, node: Decision | Action, to: Place) -> Fact:
    if isinstance(node, Action):
        return ActionDone(node=name, text=node.text, to=to, result="no change")
    return ChoiceMade(node=name, question=node.text, label=node.choices[0].label, to=to)


def evidence(number: int, content: bytes) -> EvidenceAdded:
    """Return the evidence of a command's output."""
    command = f"ip -s link show eth{number}"
    return EvidenceAdded(
        kind="command",
        label=command,
        command=command,
        excerpt=_OUTPUT * 12,
        bytes_total=len(content),
        bytes_kept=len(content),
        digest=sha256(content).hexdigest(),
        exit_code=0,
        duration=0.04,
        host="leeds-print-01",
        started_at=NIGHT,
    )


def content(number: int, size: int = 0) -> bytes:
    """Return the content of the evidence of fact `number`, at least `size` bytes."""
    head = f"{number}\n{_OUTPUT * 12}".encode()
    return head + b"x" * (size - len(head))


def facts(through: Tree | None, count: int, size: int = 0) -> Iterator[Fact]:
    """Yield `count` facts of a session; `size` is that of each piece of evidence."""
    brief = Brief(customer="Harrow Foods", ticket="INC-4711", severity="2", ask="Can the network team look at eth0?")
    yield SessionStarted(title="Label printer in Leeds prints nothing", brief=brief)
    walk = moves(through) if through else None
    kinds = cycle(_KINDS.split())
    if walk:
        yield next(walk)
        yield ChangeMade(text="Paused the queue", revert="cupsenable leeds-labels")
    for number in range(3 if walk else 1, count):
        kind = next(kinds)
        yield next(walk) if kind == "move" and walk else _fact(kind, number, size)


def _fact(kind: str, number: int, size: int) -> Fact:
    match kind:
        case "evidence":
            return evidence(number, content(number, size))
        case "note" if number % 20 == 4:  # As in real sessions: words that redaction looks at more closely.
            return NoteAdded(text=f"{number}: the queue has its key and the same password as before")
        case "note":
            return NoteAdded(text=f"{number}: the night shift changed the label roll at 01:30, *not* the ribbon")
        case _:
            return StepAdded(text=f"Printed test page {number} from the web page", result="blank label")


def events(facts: Iterable[Fact], by: Person = MAYA, start: datetime = NIGHT) -> list[Event]:
    """Return facts as events, ten seconds apart."""
    return [
        Event(seq=seq, at=start + timedelta(seconds=10 * seq), by=by, fact=fact) for seq, fact in enumerate(facts, 1)
    ]


def session(session_id: str, code: str, events: Iterable[Event]) -> Session:
    """Return the state after `events`."""
    return replay(events, Session(id=session_id, code=code))


def blobs(events: Iterable[Event], size: int = 0) -> Mapping[str, bytes]:
    """Return the contents of the evidence in `events`."""
    made = (content(event.seq - 1, size) for event in events if isinstance(event.fact, EvidenceAdded))
    return {sha256(data).hexdigest(): data for data in made}
