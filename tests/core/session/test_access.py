"""Who moves what, and who comes too late: the design's table and its rule of conflicts, cell by cell."""

import msgspec
import pytest

from rflow.core.actors import Actor
from rflow.core.people import Person
from rflow.core.session import commands as c
from rflow.core.session.commands import Command
from rflow.core.session.events import (
    Brief,
    TextRedacted,
    Unreadable,
)
from rflow.core.session.replay import replay
from rflow.core.session.rules.access import ACCESS, ON_CLOSED, STEERING, may
from rflow.core.session.rules.entries import assumptions
from rflow.core.tree.model import digest
from rflow.errors import Exit, NotAllowed, NotFound, SessionMoved, UsageProblem
from support.core.builders import (
    ANN,
    BEN,
    CLEO,
    COMMANDS,
    DEV,
    SCANNER,
    TIER2,
    Scene,
    fact_of,
    output,
    printing,
    refusal,
)

# Who moves what. Ann began the session; the states are:
#   open        Ann owns it; Ben is a member
#   offered     Ann handed it to Ben, who has not accepted; Cleo is a member
#   queued      Ann handed it to the queue @tier2; Cleo is a member
#   closed      Ann closed it; Ben is a member
# A cell names the people who may. The table is written from the design, not from access.py.

ANYBODY = {"open": {ANN, BEN}, "offered": {ANN, BEN, CLEO}, "queued": {ANN, CLEO}}
OWNER = {"open": {ANN}, "offered": {BEN}}
WHO_MAY: dict[type[Command], dict[str, set[Person]]] = {
    c.Start: {},
    c.AddNote: ANYBODY,
    c.AddEvidence: ANYBODY,
    c.AmendEntry: ANYBODY,
    c.Shorten: ANYBODY,
    c.AddStep: ANYBODY,
    c.Undo: {**ANYBODY, "closed": {ANN}},
    c.SettleAssumption: ANYBODY,
    c.Pin: ANYBODY,
    c.Unpin: ANYBODY,
    c.FlagNode: ANYBODY,
    c.AskQuestion: ANYBODY,
    c.ReplyQuestion: ANYBODY,
    c.ExpireHandoff: {},
    c.Reassign: {},
    c.RedactText: {**ANYBODY, "closed": {ANN, BEN}},
    c.RecordShared: {**ANYBODY, "closed": {ANN, BEN}},
    c.Choose: OWNER,
    c.Done: OWNER,
    c.Skip: OWNER,
    c.Back: OWNER,
    c.Enter: OWNER,
    c.SetBrief: {**OWNER, "offered": {ANN, BEN}, "queued": {ANN}},
    c.MakeChange: OWNER,
    c.RevertChange: OWNER,
    c.SetWaiting: OWNER,
    c.Close: OWNER,
    c.HandOff: OWNER,
    c.Reopen: {"closed": {ANN}},
    c.Delete: {**OWNER, "closed": {ANN}},
    c.TakeOver: {"open": {BEN}, "offered": {ANN, CLEO}, "queued": {ANN, CLEO}, "closed": {BEN}},
    c.Accept: {"offered": {BEN}, "queued": {ANN, CLEO}},
    c.Decline: {"offered": {BEN}, "queued": {ANN, CLEO}},
    c.CancelHandoff: {"offered": {ANN}, "queued": {ANN}},
}
PEOPLE_IN = {"open": (ANN, BEN), "offered": (ANN, BEN, CLEO), "queued": (ANN, CLEO), "closed": (ANN, BEN)}


def well_worn(state: str, command: type[Command]) -> Scene:
    """Begin a session in which every command has something to work on, and bring it into `state`."""
    at_an_action = command in (c.Done, c.Skip)
    scene = printing("No") if at_an_action else printing("Yes")
    scene.do(ANN, c.MakeChange(text="Set the printer to DHCP", revert="Set 10.4.0.17 again"))
    for somebody in (ANN, BEN, CLEO):
        scene.do(somebody, c.AddNote(text=f"{somebody.name} was here"))
    scene.do(ANN, c.AskQuestion(to=DEV, text="Who has the key?"), c.Pin(targets=(3,)))
    scene.do(ANN, c.AddNote(text="It is plugged in", kind="assumption"))
    match state:
        case "offered":
            scene.do(ANN, c.HandOff(to=BEN))
        case "queued":
            scene.do(ANN, c.HandOff(to=TIER2))
        case "closed":
            scene.do(ANN, c.Close(outcome="resolved"))
    return scene


def apt(command: type[Command], who: Person, scene: Scene) -> Command:
    """Make a command of that kind which has nothing wrong with it but, perhaps, who sends it and when."""
    note = next(note.seq for note in scene.session.notes.values() if note.by == who)
    change = next(iter(scene.session.changes))
    apt_ones: dict[type[Command], Command] = {
        c.Start: c.Start(title="The printer in Leeds is silent"),
        c.AddNote: c.AddNote(text="It hums"),
        c.AddEvidence: c.AddEvidence(evidence=output("printer leeds-2 is idle")),
        c.AmendEntry: c.AmendEntry(target=note, text="It hums loudly"),
        c.Shorten: c.Shorten(forms=(c.ShortForm(target=note, text="hums"),)),
        c.RedactText: c.RedactText(target=note),
        c.RecordShared: c.RecordShared(format="teams", destination="clipboard", through=3),
        c.Choose: c.Choose(choice="Yes"),
        c.Done: c.Done(result="It hums now"),
        c.Skip: c.Skip(reason="The room is locked"),
        c.AddStep: c.AddStep(text="Asked the neighbours"),
        c.Back: c.Back(),
        c.Enter: c.Enter(tree=digest(SCANNER)),
        c.SetBrief: c.SetBrief(brief=Brief(ask="Can you check the switch port?")),
        c.MakeChange: c.MakeChange(text="Set a fixed address", revert="Back to DHCP"),
        c.RevertChange: c.RevertChange(change=change),
        c.SetWaiting: c.SetWaiting(waiting_for="the caretaker"),
        c.Close: c.Close(outcome="resolved"),
        c.HandOff: c.HandOff(to=DEV),
        c.Reopen: c.Reopen(),
        c.Delete: c.Delete(),
        c.TakeOver: c.TakeOver(reason="Ann has gone home"),
        c.Accept: c.Accept(),
        c.Decline: c.Decline(reason="Not my printer"),
        c.CancelHandoff: c.CancelHandoff(),
        c.Undo: c.Undo(),
        c.SettleAssumption: c.SettleAssumption(target=assumptions(scene.session)[0], text="It is"),
        c.Pin: c.Pin(targets=(note,)),
        c.Unpin: c.Unpin(),
        c.FlagNode: c.FlagNode(text="Ask about the cable first"),
        c.AskQuestion: c.AskQuestion(to=DEV, text="Is the caretaker in?"),
        c.ReplyQuestion: c.ReplyQuestion(target=next(iter(scene.session.questions)), text="The caretaker"),
        c.ExpireHandoff: c.ExpireHandoff(),
        c.Reassign: c.Reassign(to=DEV, reason="Ann is ill"),
    }
    return apt_ones[command]


def test_the_table_knows_every_command() -> None:
    assert set(ACCESS) == set(COMMANDS) == set(WHO_MAY)


@pytest.mark.parametrize("command", ACCESS, ids=lambda command: command.__name__)
def test_the_access_table_is_as_designed(command: type[Command]) -> None:
    """Every cell of the table: the command in each state, by each of the people."""
    for state, people in PEOPLE_IN.items():
        for who in people:
            check_cell(command, state, who)


def check_cell(command: type[Command], state: str, who: Person) -> None:
    """Check that somebody may send a command in a state if the table says so, and is told why if not."""
    cell = (state, who.name)
    scene = well_worn(state, command)
    wanted = apt(command, who, scene)
    if who in WHO_MAY[command].get(state, set()):
        events = scene.decide(who, wanted)
        assert bool(events) == (command is not c.Delete), cell
        assert may(scene.session, Actor(person=who), command), cell
    else:
        error = refusal(scene, who, wanted)
        assert isinstance(error, NotAllowed | UsageProblem), cell
        assert error.exit_code == (Exit.NOT_ALLOWED if isinstance(error, NotAllowed) else Exit.USAGE), cell
        assert "K7QM-2F" in error.what, cell
        assert error.try_, cell


def test_a_member_who_is_not_the_owner_learns_who_is_and_how_to_take_over() -> None:
    error = refusal(printing(), BEN, c.Choose(choice="Yes"))
    assert str(error) == 'K7QM-2F belongs to Ann. Take it over first: rflow resume K7QM-2F --take --reason "…"'


@pytest.mark.parametrize(
    "wanted", [c.MakeChange(text="Drained web-3", revert="enable it"), c.SetWaiting(waiting_for="the vendor")]
)
def test_a_colleague_learns_how_to_record_a_step_without_taking_over(wanted: c.Command) -> None:
    error = refusal(printing(), BEN, wanted)
    assert error.what == "Only Ann, who owns K7QM-2F, can enter that."
    assert error.try_.startswith('Tell Ann, or record it as a step: rflow -s K7QM-2F step "…" --result "…".')


def test_a_sender_who_moves_learns_how_to_cancel_the_handoff() -> None:
    scene = well_worn("offered", c.Choose)
    error = refusal(scene, ANN, c.Choose(choice="Yes"))
    assert str(error) == (
        "You handed K7QM-2F to Ben, who has not accepted it yet. Take it back first: rflow -s K7QM-2F handoff --cancel"
    )


def test_a_session_in_a_queue_must_be_claimed_first() -> None:
    assert "rflow accept K7QM-2F" in str(refusal(well_worn("queued", c.Choose), CLEO, c.Choose(choice="Yes")))


def test_a_closed_session_says_how_it_was_closed_and_how_to_go_on() -> None:
    error = refusal(well_worn("closed", c.AddNote), ANN, c.AddNote(text="One more thing"))
    assert str(error) == "K7QM-2F is closed (resolved). Reopen it first: rflow reopen K7QM-2F"


def test_nobody_amends_the_note_of_another() -> None:
    scene = printing()
    scene.do(BEN, c.AddNote(text="It hums"))
    assert isinstance(refusal(scene, ANN, c.AmendEntry(target=3, text="It does not")), NotAllowed)


def test_the_owner_may_remove_what_another_wrote_into_the_session_and_the_author_too_but_nobody_else() -> None:
    scene = printing()
    scene.do(BEN, c.AddNote(text="the password is hunter2"))
    assert fact_of(scene, BEN, c.RedactText(target=3)) == TextRedacted(target=3)
    assert fact_of(scene, ANN, c.RedactText(target=3)) == TextRedacted(target=3)
    assert isinstance(refusal(scene, CLEO, c.RedactText(target=3)), NotAllowed)


def test_a_session_begins_once() -> None:
    scene = printing()
    error = refusal(scene, ANN, c.Start(title="Again"))
    assert isinstance(error, UsageProblem)
    assert isinstance(refusal(Scene(), ANN, c.AddNote(text="Too early")), NotFound)


@pytest.mark.parametrize("reason", ["newer", "damaged"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_what_can_not_be_read_whole_is_not_written_to(command: type[Command], reason: str) -> None:
    scene = well_worn("open", command)
    wanted = apt(command, ANN, scene)
    entry = msgspec.convert({"seq": 99, "reason": reason, "raw": ""}, Unreadable)
    scene.session = replay([entry], scene.session)
    error = refusal(scene, ANN, wanted)
    assert isinstance(error, NotAllowed)
    assert "it can be read here, but not written" in error.what


# Conflicts


MOVING_OR_OWNING: set[type[Command]] = {
    *(c.Choose, c.Done, c.Skip, c.Back, c.Enter),
    *(c.HandOff, c.Accept, c.Decline, c.CancelHandoff, c.TakeOver, c.Reassign, c.ExpireHandoff, c.Close, c.Reopen),
}


def named(kinds: set[type[Command]]) -> list[type[Command]]:
    """Put commands in the order of their names, so that each run tests in the same order."""
    return sorted(kinds, key=lambda kind: kind.__name__)


def test_moving_and_owning_commands_are_the_ones_that_can_come_too_late() -> None:
    assert set(STEERING) == MOVING_OR_OWNING
    assert set(ON_CLOSED) == {c.Reopen, c.Delete, c.RedactText, c.RecordShared, c.TakeOver, c.Undo, c.Reassign}


@pytest.mark.parametrize("command", named(MOVING_OR_OWNING))
@pytest.mark.parametrize("state", PEOPLE_IN)
def test_a_move_on_what_has_moved_since_it_was_displayed_is_refused(command: type[Command], state: str) -> None:
    scene = well_worn(state, command)
    for who in sorted(WHO_MAY[command].get(state, set()), key=lambda person: person.id):
        wanted = msgspec.structs.replace(apt(command, who, scene), seen=scene.session.steered - 1)
        error = refusal(scene, who, wanted)
        assert isinstance(error, SessionMoved)
        assert error.exit_code == Exit.MOVED
        current = msgspec.structs.replace(wanted, seen=scene.session.steered)
        assert scene.decide(who, current)


@pytest.mark.parametrize("command", named(set(COMMANDS) - MOVING_OR_OWNING - {c.Start}))
def test_everything_else_never_comes_too_late(command: type[Command]) -> None:
    scene = well_worn("open", command)
    wanted = msgspec.structs.replace(apt(command, ANN, scene), seen=1)
    assert [type(event.fact) for event in scene.decide(ANN, wanted)] == [
        type(event.fact) for event in scene.decide(ANN, msgspec.structs.replace(wanted, seen=None))
    ]


def test_notes_and_evidence_since_then_do_not_stand_in_the_way_of_a_move() -> None:
    scene = printing()
    seen = scene.session.version
    scene.do(BEN, c.AddNote(text="It hums"), c.AddEvidence(evidence=output("idle")))
    scene.do(ANN, c.SetBrief(brief=Brief(severity="2")), c.AddStep(text="Asked the neighbours"))
    assert scene.decide(ANN, c.Choose(choice="Yes", seen=seen))


def test_the_loser_of_a_race_gets_the_author_of_the_move_and_the_position() -> None:
    scene = printing()
    seen = scene.session.version
    scene.do(ANN, c.Choose(choice="Yes", seen=seen))
    error = refusal(scene, ANN, c.Choose(choice="Yes", seen=seen))
    assert error.what == (
        "K7QM-2F has moved since you last looked: Ann was there. "
        'It stands at "Does it show a paper jam?" and belongs to Ann.'
    )
    assert "Nothing was written" in error.try_


def test_the_previous_owner_learns_of_the_takeover_in_the_refusal() -> None:
    scene = printing()
    seen = scene.session.version
    scene.do(BEN, c.TakeOver(reason="Ann has gone home"))
    error = refusal(scene, ANN, c.Choose(choice="Yes", seen=seen))
    assert isinstance(error, SessionMoved)
    assert "Ben took it over (Ann has gone home)" in error.what
    assert "belongs to Ben" in error.what


def test_a_move_in_a_session_closed_meanwhile_is_refused_with_that_reason() -> None:
    scene = printing()
    seen = scene.session.version
    scene.do(ANN, c.Close(outcome="escalated"))
    error = refusal(scene, ANN, c.Choose(choice="Yes", seen=seen))
    assert isinstance(error, SessionMoved)
    assert "It is closed now (escalated)." in error.what


def test_without_a_word_about_what_was_seen_there_is_no_such_check() -> None:
    scene = printing("Yes", "No")
    assert scene.decide(ANN, c.Choose(choice="Yes", seen=None))
