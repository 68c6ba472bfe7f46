"""Random sessions: several people send commands, some of which the rules refuse."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st

from rflow.core.session.commands import (
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
from rflow.core.session.events import Brief
from rflow.errors import RflowError
from support.core_builders import ANN, BEN, CLEO, NIGHT, PRINTER, SCANNER, TIER2, Scene, output

T = TypeVar("T")
TEXTS = ("It hums", "", "tray 2\nis empty", "\x1b[31mred\x1b[0m", "password=hunter2", "Drück’ 印刷 🖨️", "\u202etxet")


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

    def text(self) -> str:
        """Say something."""
        return self.pick(TEXTS)

    def seq(self, scene: Scene, *likely: int) -> int:
        """Name an event, perhaps one that is not there."""
        seqs: list[int] = [*likely, *likely, *range(scene.session.version + 2)]
        return self.pick(seqs)


def move(scene: Scene, dice: Dice) -> Command:
    """Make a move that fits where the session stands."""
    place = scene.session.place
    if place is None or place.kind == "end":
        return Enter(tree=dice.pick([PRINTER, SCANNER]))
    if place.kind == "action":
        done: list[Command] = [Done(result="It hums"), Skip(reason="Locked room")]
        return dice.pick(done)
    return Choose(choice=dice.pick(["#1", "#2", "#3"]), assume=dice.pick([False, True]), reason="The customer says so")


WISHES: tuple[Callable[[Scene, Dice], Command], ...] = (
    *[move] * 6,
    lambda scene, dice: Back(),
    lambda scene, dice: Enter(tree=dice.pick([PRINTER, SCANNER])),
    lambda scene, dice: AddNote(text=dice.text()),
    lambda scene, dice: AmendNote(note=dice.seq(scene, *scene.session.notes), text=dice.text()),
    lambda scene, dice: AddStep(text="Asked", result=dice.text(), happened_at=dice.pick([None, NIGHT])),
    lambda scene, dice: AddEvidence(evidence=output(dice.text())),
    lambda scene, dice: SetBrief(brief=Brief(ask=dice.text()), title=dice.pick([None, "The printer hums"])),
    lambda scene, dice: MakeChange(text="Set it to DHCP", revert=dice.text()),
    lambda scene, dice: RevertChange(change=dice.seq(scene, *scene.session.changes)),
    lambda scene, dice: SetWaiting(waiting_for=dice.text(), until=dice.pick([None, NIGHT])),
    lambda scene, dice: RecordShared(format="teams", destination="clipboard", through=dice.seq(scene)),
    lambda scene, dice: RedactText(target=dice.seq(scene)),
    *[lambda scene, dice: HandOff(to=dice.pick([BEN, CLEO, ANN, TIER2]), note=dice.text())] * 2,
    lambda scene, dice: Accept(read_back=dice.text()),
    lambda scene, dice: Decline(reason="Not my printer"),
    *[lambda scene, dice: CancelHandoff()] * 2,
    lambda scene, dice: TakeOver(reason="Gone home"),
    lambda scene, dice: Close(outcome=dice.pick(["resolved", "escalated", "abandoned"]), summary=dice.text()),
    *[lambda scene, dice: Reopen()] * 3,
)


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
            scene.do(who, dice.pick(WISHES)(scene, dice))
        except RflowError:
            continue
    return scene


def sessions(size: int = 200) -> st.SearchStrategy[Scene]:
    """Make sessions of up to `size` throws, four or five to a command."""
    return st.binary(min_size=size // 4, max_size=size).map(play)
