"""Who moves what, and who comes too late: the design's table and its rule of conflicts, cell by cell."""

import msgspec
import pytest

from rflow.core.people import Person
from rflow.core.session.access import ACCESS, ON_CLOSED, STEERING, may
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
    Delete,
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
from rflow.core.session.events import (
    Brief,
    TextRedacted,
    Unreadable,
)
from rflow.core.session.replay import replay
from rflow.errors import Exit, NotAllowed, NotFound, SessionMoved, UsageProblem
from support.core_builders import (
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
    Start: {},
    AddNote: ANYBODY,
    AddEvidence: ANYBODY,
    AmendNote: ANYBODY,
    RedactText: {**ANYBODY, "closed": {ANN, BEN}},
    RecordShared: {**ANYBODY, "closed": {ANN, BEN}},
    Choose: OWNER,
    Done: OWNER,
    Skip: OWNER,
    AddStep: OWNER,
    Back: OWNER,
    Enter: OWNER,
    SetBrief: OWNER,
    MakeChange: OWNER,
    RevertChange: OWNER,
    SetWaiting: OWNER,
    Close: OWNER,
    HandOff: OWNER,
    Reopen: {"closed": {ANN}},
    Delete: {**OWNER, "closed": {ANN}},
    TakeOver: {"open": {BEN}, "offered": {ANN, CLEO}, "queued": {ANN, CLEO}, "closed": {BEN}},
    Accept: {"offered": {BEN}, "queued": {ANN, CLEO}},
    Decline: {"offered": {BEN}, "queued": {ANN, CLEO}},
    CancelHandoff: {"offered": {ANN}, "queued": {ANN}},
}
PEOPLE_IN = {"open": (ANN, BEN), "offered": (ANN, BEN, CLEO), "queued": (ANN, CLEO), "closed": (ANN, BEN)}


def well_worn(state: str, command: type[Command]) -> Scene:
    """Begin a session in which every command has something to work on, and bring it into `state`."""
    at_an_action = command in (Done, Skip)
    scene = printing("No") if at_an_action else printing("Yes")
    scene.do(ANN, MakeChange(text="Set the printer to DHCP", revert="Set 10.4.0.17 again"))
    for somebody in (ANN, BEN, CLEO):
        scene.do(somebody, AddNote(text=f"{somebody.name} was here"))
    match state:
        case "offered":
            scene.do(ANN, HandOff(to=BEN))
        case "queued":
            scene.do(ANN, HandOff(to=TIER2))
        case "closed":
            scene.do(ANN, Close(outcome="resolved"))
    return scene


def apt(command: type[Command], who: Person, scene: Scene) -> Command:
    """Make a command of that kind which has nothing wrong with it but, perhaps, who sends it and when."""
    note = next(note.seq for note in scene.session.notes.values() if note.by == who)
    change = next(iter(scene.session.changes))
    apt_ones: dict[type[Command], Command] = {
        Start: Start(title="The printer in Leeds is silent"),
        AddNote: AddNote(text="It hums"),
        AddEvidence: AddEvidence(evidence=output("printer leeds-2 is idle")),
        AmendNote: AmendNote(note=note, text="It hums loudly"),
        RedactText: RedactText(target=note),
        RecordShared: RecordShared(format="teams", destination="clipboard", through=3),
        Choose: Choose(choice="Yes"),
        Done: Done(result="It hums now"),
        Skip: Skip(reason="The room is locked"),
        AddStep: AddStep(text="Asked the neighbours"),
        Back: Back(),
        Enter: Enter(tree=SCANNER),
        SetBrief: SetBrief(brief=Brief(ask="Can you check the switch port?")),
        MakeChange: MakeChange(text="Set a fixed address", revert="Back to DHCP"),
        RevertChange: RevertChange(change=change),
        SetWaiting: SetWaiting(waiting_for="the caretaker"),
        Close: Close(outcome="resolved"),
        HandOff: HandOff(to=DEV),
        Reopen: Reopen(),
        Delete: Delete(),
        TakeOver: TakeOver(reason="Ann has gone home"),
        Accept: Accept(),
        Decline: Decline(reason="Not my printer"),
        CancelHandoff: CancelHandoff(),
    }
    return apt_ones[command]


def cells() -> list[tuple[type[Command], str, Person]]:
    """Give every cell of the table: each command, in each state, by each of the people."""
    return [(command, state, who) for command in ACCESS for state, people in PEOPLE_IN.items() for who in people]


def test_the_table_knows_every_command() -> None:
    assert set(ACCESS) == set(COMMANDS) == set(WHO_MAY)


@pytest.mark.parametrize(
    ("command", "state", "who"),
    cells(),
    ids=lambda part: part.name if isinstance(part, Person) else getattr(part, "__name__", part),
)
def test_who_moves_what(command: type[Command], state: str, who: Person) -> None:
    scene = well_worn(state, command)
    wanted = apt(command, who, scene)
    if who in WHO_MAY[command].get(state, set()):
        events = scene.decide(who, wanted)
        assert bool(events) == (command is not Delete)
        assert may(scene.session, who, command)
    else:
        error = refusal(scene, who, wanted)
        assert isinstance(error, NotAllowed | UsageProblem)
        assert error.exit_code == (Exit.NOT_ALLOWED if isinstance(error, NotAllowed) else Exit.USAGE)
        assert "K7QM-2F" in error.what
        assert error.try_


def test_a_stranger_to_a_session_is_told_whose_it_is_and_how_to_take_it_over() -> None:
    error = refusal(printing(), BEN, Choose(choice="Yes"))
    assert str(error) == 'K7QM-2F belongs to Ann. Take it over first: rflow resume K7QM-2F --take --reason "…"'


def test_a_sender_who_moves_on_is_told_how_to_take_the_handoff_back() -> None:
    scene = well_worn("offered", Choose)
    error = refusal(scene, ANN, Choose(choice="Yes"))
    assert str(error) == (
        "You handed K7QM-2F to Ben, who has not accepted it yet. Take it back first: rflow -s K7QM-2F handoff --cancel"
    )


def test_who_finds_it_in_a_queue_is_told_to_claim_it() -> None:
    assert "rflow accept K7QM-2F" in str(refusal(well_worn("queued", Choose), CLEO, Choose(choice="Yes")))


def test_a_closed_session_says_how_it_was_closed_and_how_to_go_on() -> None:
    error = refusal(well_worn("closed", AddNote), ANN, AddNote(text="One more thing"))
    assert str(error) == "K7QM-2F is closed (resolved). Reopen it first: rflow -s K7QM-2F reopen"


def test_nobody_amends_the_note_of_another() -> None:
    scene = printing()
    scene.do(BEN, AddNote(text="It hums"))
    assert isinstance(refusal(scene, ANN, AmendNote(note=3, text="It does not")), NotAllowed)


def test_the_owner_may_remove_what_another_wrote_into_the_session_and_the_author_too_but_nobody_else() -> None:
    scene = printing()
    scene.do(BEN, AddNote(text="the password is hunter2"))
    assert fact_of(scene, BEN, RedactText(target=3)) == TextRedacted(target=3)
    assert fact_of(scene, ANN, RedactText(target=3)) == TextRedacted(target=3)
    assert isinstance(refusal(scene, CLEO, RedactText(target=3)), NotAllowed)


def test_a_session_begins_once() -> None:
    scene = printing()
    error = refusal(scene, ANN, Start(title="Again"))
    assert isinstance(error, UsageProblem)
    assert isinstance(refusal(Scene(), ANN, AddNote(text="Too early")), NotFound)


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
    *(Choose, Done, Skip, Back, Enter),
    *(HandOff, Accept, Decline, CancelHandoff, TakeOver, Close, Reopen),
}


def named(kinds: set[type[Command]]) -> list[type[Command]]:
    """Put commands in the order of their names, so that each run tests in the same order."""
    return sorted(kinds, key=lambda kind: kind.__name__)


def test_moving_and_owning_commands_are_the_ones_that_can_come_too_late() -> None:
    assert set(STEERING) == MOVING_OR_OWNING
    assert set(ON_CLOSED) == {Reopen, Delete, RedactText, RecordShared, TakeOver}


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


@pytest.mark.parametrize("command", named(set(COMMANDS) - MOVING_OR_OWNING - {Start}))
def test_everything_else_never_comes_too_late(command: type[Command]) -> None:
    scene = well_worn("open", command)
    wanted = msgspec.structs.replace(apt(command, ANN, scene), seen=1)
    assert [type(event.fact) for event in scene.decide(ANN, wanted)] == [
        type(event.fact) for event in scene.decide(ANN, msgspec.structs.replace(wanted, seen=None))
    ]


def test_notes_and_evidence_since_then_do_not_stand_in_the_way_of_a_move() -> None:
    scene = printing()
    seen = scene.session.version
    scene.do(BEN, AddNote(text="It hums"), AddEvidence(evidence=output("idle")))
    scene.do(ANN, SetBrief(brief=Brief(severity="2")), AddStep(text="Asked the neighbours"))
    assert scene.decide(ANN, Choose(choice="Yes", seen=seen))


def test_the_loser_of_a_race_hears_who_moved_it_and_where_it_stands() -> None:
    scene = printing()
    seen = scene.session.version
    scene.do(ANN, Choose(choice="Yes", seen=seen))
    error = refusal(scene, ANN, Choose(choice="Yes", seen=seen))
    assert error.what == (
        "K7QM-2F has moved since you last looked: Ann was there. "
        'It stands at "Does it show a paper jam?" and belongs to Ann.'
    )
    assert "Nothing was written" in error.try_


def test_the_former_owner_hears_that_it_was_taken_over_not_merely_that_they_may_not() -> None:
    scene = printing()
    seen = scene.session.version
    scene.do(BEN, TakeOver(reason="Ann has gone home"))
    error = refusal(scene, ANN, Choose(choice="Yes", seen=seen))
    assert isinstance(error, SessionMoved)
    assert "Ben was there" in error.what
    assert "belongs to Ben" in error.what


def test_who_moves_on_what_was_closed_meanwhile_hears_that() -> None:
    scene = printing()
    seen = scene.session.version
    scene.do(ANN, Close(outcome="escalated"))
    error = refusal(scene, ANN, Choose(choice="Yes", seen=seen))
    assert isinstance(error, SessionMoved)
    assert "It is closed now (escalated)." in error.what


def test_without_a_word_about_what_was_seen_there_is_no_such_check() -> None:
    scene = printing("Yes", "No")
    assert scene.decide(ANN, Choose(choice="Yes", seen=None))
