"""Random sessions: several people send commands, some of which the rules refuse."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st

from core_builders import ANN, BEN, CLEO, NIGHT, PRINTER, SCANNER, TIER2, Scene, output
from rflow.core.commands import (
    Accept,
    AddEvidence,
    AddNote,
    AddStep,
    AmendNote,
    Back,
    CancelHandoff,
    Choose,
    Close,
    Command,
    Decline,
    Done,
    Enter,
    HandOff,
    MakeChange,
    RecordShared,
    RedactText,
    Reopen,
    RevertChange,
    SetBrief,
    SetWaiting,
    Skip,
    Start,
    TakeOver,
)
from rflow.core.events import Brief
from rflow.errors import RflowError

T = TypeVar("T")
TEXTS = ("It hums", "", "tray 2\nis empty", "\x1b[31mred\x1b[0m", "password=hunter2", "Drück’ 印刷 🖨️", "\u202etxet")
MOVES = 8
"""How often, of all kinds of command, one is a move where the session stands: else random sessions stand still."""


class Dice:
    """Picks from what there is by numbers thrown beforehand, so that hypothesis can make them smaller."""

    def __init__(self, throws: Sequence[int]) -> None:
        self._throws = list(throws)
        self._next = 0

    @property
    def left(self) -> bool:
        """Whether there are throws left."""
        return self._next < len(self._throws)

    def pick(self, items: Sequence[T]) -> T:
        """Take the next throw; the first item once there are none left."""
        throw = self._throws[self._next] if self.left else 0
        self._next += 1
        return items[throw % len(items)]


def wish(scene: Scene, dice: Dice) -> Command:
    """Make some command, mostly one that fits where the session stands."""
    session, text = scene.session, dice.pick(TEXTS)
    seqs = range(session.version + 2)
    move = _move(scene, dice)
    wishes: list[Command] = [
        *(move for _ in range(MOVES)),
        Back(),
        AddNote(text=text),
        AddNote(text="Hm"),
        AmendNote(note=dice.pick([*session.notes, *seqs]), text=text),
        AddStep(text="Asked the neighbours", result=text, happened_at=dice.pick([None, NIGHT - timedelta(hours=1)])),
        AddEvidence(evidence=output(text)),
        SetBrief(brief=Brief(ask=text, severity="2"), title=dice.pick([None, "The printer in Leeds hums"])),
        MakeChange(text="Set it to DHCP", revert="10.4.0.17"),
        RevertChange(change=dice.pick([*session.changes, *seqs])),
        SetWaiting(waiting_for=text, until=dice.pick([None, NIGHT])),
        RecordShared(format="teams", destination="clipboard", through=dice.pick(seqs)),
        RedactText(target=dice.pick(seqs)),
        HandOff(to=dice.pick([BEN, CLEO, ANN, TIER2]), note=text),
        Accept(read_back=text),
        Decline(reason="Not my printer"),
        *[CancelHandoff()] * 3,
        TakeOver(reason="Gone home"),
        Close(outcome=dice.pick(["resolved", "escalated", "abandoned"]), summary=text),
        Reopen(),
        Reopen(),
        Enter(tree=dice.pick([PRINTER, SCANNER])),
    ]
    return dice.pick(wishes)


def _move(scene: Scene, dice: Dice) -> Command:
    place = scene.session.place
    if place is None or place.kind == "end":
        return Enter(tree=PRINTER)
    if place.kind == "action":
        return dice.pick([Done(result="It hums"), Skip(reason="Locked room")])
    return Choose(choice=dice.pick(["#1", "#2", "#3"]), assume=dice.pick([False, True]), reason="The customer says so")


def play(throws: Sequence[int]) -> Scene:
    """Play out a session; what the rules refuse leaves no trace, and clocks differ by up to ten minutes."""
    scene, dice = Scene(), Dice(throws)
    scene.do(ANN, Start(title="The printer in Leeds is silent"))
    if dice.pick([True, True, False]):
        scene.do(ANN, Enter(tree=PRINTER))
    while dice.left:
        owner = scene.session.owner
        who = dice.pick([ANN, BEN, CLEO] if owner.is_queue else [owner, owner, owner, ANN, BEN, CLEO])
        scene.now += timedelta(minutes=dice.pick([1, 5, -10]))
        try:
            scene.do(who, wish(scene, dice))
        except RflowError:
            continue
    return scene


def sessions(size: int = 400) -> st.SearchStrategy[Scene]:
    """Make sessions of up to `size` throws, some fifteen to a command."""
    return st.lists(st.integers(0, 2**16), min_size=size // 3, max_size=size).map(play)
