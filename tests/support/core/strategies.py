"""Random sessions: several people send commands; the rules refuse some of them."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st

from rflow.core.session import commands as c
from rflow.core.session.commands import Command
from rflow.core.session.events import Brief, Contingency
from rflow.core.session.rules.entries import assumptions
from rflow.errors import RflowError
from support.core.builders import ANN, BEN, CLEO, NIGHT, PRINTER, SCANNER, TIER2, Scene, output

T = TypeVar("T")
TEXTS = ("It hums", "", "tray 2\nis empty", "\x1b[31mred\x1b[0m", "password=hunter2", "Drück’ 印刷 🖨️", "\u202etxet")


class Dice:
    """Makes random choices from numbers that Hypothesis has drawn, so that it can shrink them."""

    def __init__(self, throws: Sequence[int]) -> None:
        self._throws = list(throws)
        self._next = 0

    @property
    def left(self) -> bool:
        """Whether there are numbers left."""
        return self._next < len(self._throws)

    def pick(self, items: Sequence[T]) -> T:
        """Pick an item by the next number; the first item if there are none left."""
        throw = self._throws[self._next] if self.left else 0
        self._next += 1
        return items[throw % len(items)]

    def flip(self) -> bool:
        """Return True one time in three."""
        return self.pick([False, False, True])

    def text(self) -> str:
        """Pick a text."""
        return self.pick(TEXTS)

    def seq(self, scene: Scene, *likely: int) -> int:
        """Pick the number of an event, perhaps one that does not exist."""
        seqs: list[int] = [*likely, *likely, *range(scene.session.version + 2)]
        return self.pick(seqs)


def move(scene: Scene, dice: Dice) -> Command:
    """Return a move that is possible at the position."""
    place = scene.session.place
    if place is None or place.kind == "end":
        return scene.into(dice.pick([PRINTER, SCANNER]))
    if place.kind == "action":
        done: list[Command] = [c.Done(result="It hums"), c.Skip(reason="Locked room")]
        return dice.pick(done)
    return c.Choose(
        choice=dice.pick(["#1", "#2", "#3"]), assume=dice.pick([False, True]), reason="The customer says so"
    )


WISHES: tuple[Callable[[Scene, Dice], Command], ...] = (
    *[move] * 6,
    lambda scene, dice: c.Back(),
    lambda scene, dice: scene.into(dice.pick([PRINTER, SCANNER])),
    lambda scene, dice: c.AddNote(text=dice.text(), kind=dice.pick(["note", "warning", "assumption"]), pin=dice.flip()),
    *[lambda scene, dice: c.Undo(change=dice.pick([None, None, "never_made", "reverted"]))] * 3,
    lambda scene, dice: c.SettleAssumption(target=dice.seq(scene, *assumptions(scene.session)), text=dice.text()),
    lambda scene, dice: c.Pin(targets=dice.pick([(), (dice.seq(scene, *scene.session.notes),)])),
    lambda scene, dice: c.Unpin(targets=dice.pick([(), (dice.seq(scene, *scene.session.pins),)])),
    lambda scene, dice: c.FlagNode(text=dice.text()),
    lambda scene, dice: c.AskQuestion(to=dice.pick([BEN, TIER2]), text=dice.text()),
    lambda scene, dice: c.ReplyQuestion(target=dice.seq(scene, *scene.session.questions), text=dice.text()),
    lambda scene, dice: c.Shorten(
        forms=(c.ShortForm(target=dice.seq(scene, *scene.session.notes, *scene.session.steps), text=dice.text()),)
    ),
    lambda scene, dice: c.AmendEntry(
        target=dice.seq(scene, *scene.session.notes, *scene.session.steps), text=dice.text()
    ),
    lambda scene, dice: c.AddStep(
        text="Asked",
        result=dice.text(),
        assume=dice.flip(),
        happened_at=dice.pick([None, NIGHT]),
        evidence=dice.pick([None, output("It hums")]),
    ),
    lambda scene, dice: c.AddEvidence(evidence=output(dice.text())),
    lambda scene, dice: c.SetBrief(brief=Brief(ask=dice.text()), title=dice.pick([None, "The printer hums"])),
    lambda scene, dice: c.MakeChange(text="Set it to DHCP", revert=dice.text()),
    lambda scene, dice: c.RevertChange(change=dice.seq(scene, *scene.session.changes)),
    lambda scene, dice: c.SetWaiting(waiting_for=dice.text(), until=dice.pick([None, NIGHT])),
    lambda scene, dice: c.RecordShared(
        format="teams",
        destination=dice.pick(["clipboard", "post:noc"]),
        through=dice.seq(scene),
        state=dice.pick(["sent", "started", "failed"]),
    ),
    lambda scene, dice: c.RedactText(target=dice.seq(scene)),
    *[
        lambda scene, dice: c.HandOff(
            to=dice.pick([BEN, CLEO, ANN, TIER2]),
            note=dice.text(),
            warnings=dice.pick([(), ("Don't open tray 2",)]),
            contingencies=dice.pick([(), (Contingency(condition="No answer by nine", action="Call the vendor"),)]),
        )
    ]
    * 2,
    lambda scene, dice: c.Accept(read_back=dice.text()),
    lambda scene, dice: c.Decline(reason="Not my printer"),
    *[lambda scene, dice: c.CancelHandoff()] * 2,
    lambda scene, dice: c.TakeOver(reason="Gone home"),
    lambda scene, dice: c.Close(outcome=dice.pick(["resolved", "escalated", "abandoned"]), summary=dice.text()),
    *[lambda scene, dice: c.Reopen()] * 3,
)


def play(throws: Sequence[int]) -> Scene:
    """Return a random session; refused commands leave no trace, and clocks differ by up to ten minutes."""
    scene, dice = Scene(), Dice(throws)
    scene.do(ANN, c.Start(title="The printer in Leeds is silent"))
    if dice.pick([True, True, False]):
        scene.do(ANN, scene.into(PRINTER))
    return play_on(scene, dice)


def play_on(scene: Scene, dice: Dice) -> Scene:
    """Continue a session at random."""
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
    """Return a strategy for sessions of up to `size` random numbers, of which a command takes four or five."""
    return st.binary(min_size=size // 4, max_size=size).map(play)
