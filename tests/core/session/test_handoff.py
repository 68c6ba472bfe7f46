"""Handing a session to somebody else, and all that may become of it."""

import pytest

from rflow.core.people import Person
from rflow.core.session.commands import (
    Accept,
    AddEvidence,
    AddNote,
    AddStep,
    Back,
    CancelHandoff,
    Choose,
    Close,
    Command,
    Decline,
    Enter,
    HandOff,
    MakeChange,
    RecordShared,
    Reopen,
    SetBrief,
    SetWaiting,
    TakeOver,
)
from rflow.core.session.events import (
    Brief,
    Event,
    HandedOff,
    HandoffAccepted,
    SessionClosed,
)
from rflow.core.session.replay import replay
from rflow.core.tree.model import digest
from rflow.errors import NotAllowed, SessionMoved, UsageProblem
from support.core.builders import (
    ANN,
    BEN,
    CLEO,
    SCANNER,
    TIER2,
    Scene,
    fact_of,
    output,
    printing,
    refusal,
)


def test_a_handoff_changes_the_owner_at_once_and_waits() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN, note="The jam is cleared; only ping is left."))
    session = scene.session
    assert (session.status, session.owner, session.accepted_by) == ("handed_off", BEN, ANN)
    assert session.pending is not None
    assert (session.pending.sender, session.pending.note) == (ANN, "The jam is cleared; only ping is left.")


def test_accepting_says_back_what_was_understood() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    scene.do(BEN, Accept(read_back="I ping the printer and call the network team."))
    assert (scene.session.status, scene.session.owner, scene.session.accepted_by) == ("open", BEN, BEN)
    assert scene.session.ownership[-1].text == "I ping the printer and call the network team."


FIRST_MOVES: list[Command] = [
    Choose(choice="Yes"),
    AddStep(text="Asked the neighbours"),
    Back(),
    Enter(tree=digest(SCANNER)),
    SetBrief(brief=Brief(severity="2")),
    MakeChange(text="Fixed address", revert="DHCP"),
    SetWaiting(waiting_for="the caretaker"),
    Close(outcome="resolved"),
]


@pytest.mark.parametrize("command", FIRST_MOVES, ids=lambda command: type(command).__name__)
def test_the_first_move_of_the_receiver_accepts(command: Command) -> None:
    scene = printing("Yes")
    scene.do(ANN, HandOff(to=BEN))
    events = scene.do(BEN, command)
    assert [event.fact for event in events[:-1]] == [HandoffAccepted()]
    assert (scene.session.owner, scene.session.accepted_by, scene.session.pending) == (BEN, BEN, None)


@pytest.mark.parametrize(
    "command",
    [
        AddNote(text="Seen"),
        AddEvidence(evidence=output("idle")),
        RecordShared(format="text", destination="file", through=2),
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_any_member_may_do_does_not_accept(command: Command) -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    scene.do(BEN, command)
    assert scene.session.status == "handed_off"


def test_a_first_move_that_is_refused_accepts_nothing() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    refusal(scene, BEN, Choose(choice="Purple"))
    refusal(scene, BEN, Reopen())
    assert scene.session.status == "handed_off"


def test_declining_returns_it_with_the_reason() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    scene.do(BEN, Decline(reason="I am on the train"))
    assert (scene.session.status, scene.session.owner, scene.session.pending) == ("open", ANN, None)
    last = scene.session.ownership[-1]
    assert (last.word, last.by, last.to, last.text) == ("declined", BEN, ANN, "I am on the train")


def test_cancelling_takes_it_back() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN), CancelHandoff())
    assert (scene.session.status, scene.session.owner) == ("open", ANN)
    assert isinstance(refusal(scene, BEN, Accept()), NotAllowed)


def passed_on() -> Scene:
    """Ann hands to Ben, who passes it on to Cleo without having accepted."""
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    scene.do(BEN, HandOff(to=CLEO, note="Cleo knows this printer"))
    return scene


def test_passing_on_accepts_nothing() -> None:
    scene = passed_on()
    assert not any(isinstance(event.fact, HandoffAccepted) for event in scene.events)
    assert (scene.session.owner, scene.session.accepted_by) == (CLEO, ANN)


def test_what_was_passed_on_and_declined_returns_to_the_last_owner_who_had_accepted() -> None:
    scene = passed_on()
    scene.do(CLEO, Decline(reason="Nor mine"))
    assert (scene.session.owner, scene.session.status) == (ANN, "open")


@pytest.mark.parametrize("who", [ANN, BEN], ids=lambda who: who.name)
def test_what_was_passed_on_may_be_taken_back_by_both_who_sent_it_and_returns_to_the_first(who: Person) -> None:
    scene = passed_on()
    scene.do(who, CancelHandoff())
    assert (scene.session.owner, scene.session.status) == (ANN, "open")


def test_a_sender_can_no_longer_move_the_session() -> None:
    scene = passed_on()
    assert isinstance(refusal(scene, BEN, Choose(choice="Yes")), NotAllowed)
    scene.do(CLEO, Choose(choice="Yes"))
    assert scene.session.accepted_by == CLEO


def test_a_later_decline_returns_it_to_the_last_who_accepted() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    scene.do(BEN, Accept(), HandOff(to=CLEO))
    scene.do(CLEO, Decline(reason="No"))
    assert scene.session.owner == BEN


def test_handing_straight_back_waits_for_the_first_owner_again() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    scene.do(BEN, HandOff(to=ANN))
    assert (scene.session.owner, scene.session.status) == (ANN, "handed_off")
    scene.do(ANN, Choose(choice="Yes"))
    assert (scene.session.owner, scene.session.status) == (ANN, "open")


def test_any_member_claims_from_a_queue_and_nobody_after_them() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=TIER2))
    scene.do(CLEO, Accept(read_back="Mine"))
    assert (scene.session.owner, scene.session.status) == (CLEO, "open")
    assert isinstance(refusal(scene, BEN, Accept()), NotAllowed)


def test_two_who_claim_at_once_get_it_once() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=TIER2))
    seen = scene.session.version
    scene.do(CLEO, Accept(seen=seen))
    assert isinstance(refusal(scene, BEN, Accept(seen=seen)), SessionMoved)


def test_a_queue_declined_on_behalf_of_returns_it() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=TIER2))
    scene.do(CLEO, Decline(reason="Tier 2 does not do printers"))
    assert (scene.session.owner, scene.session.status) == (ANN, "open")


def test_a_session_cannot_be_handed_to_its_owner() -> None:
    assert "Ann owns K7QM-2F already" in str(refusal(printing(), ANN, HandOff(to=ANN)))


@pytest.mark.parametrize(
    "nobody", [Person(id="", name=""), Person(id="@", name="@"), Person(id="\u202e", name="\u202e")]
)
def test_a_handoff_needs_a_receiver(nobody: Person) -> None:
    assert isinstance(refusal(printing(), ANN, HandOff(to=nobody)), UsageProblem)


def test_the_name_of_a_receiver_carries_no_control_characters_into_the_record() -> None:
    fact = fact_of(printing(), ANN, HandOff(to=Person(id="ben", name="Ben\x1b[2J")))
    assert fact == HandedOff(to=Person(id="ben", name="Ben\N{REPLACEMENT CHARACTER}[2J"))


def test_taking_over_shows_the_reason_and_ends_a_handoff() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    scene.do(CLEO, TakeOver(reason="Ben is ill"))
    session = scene.session
    assert (session.owner, session.accepted_by, session.pending, session.status) == (CLEO, CLEO, None, "open")
    assert session.ownership[-1].text == "Ben is ill"
    assert isinstance(refusal(scene, BEN, Accept()), NotAllowed)
    assert isinstance(refusal(scene, ANN, CancelHandoff()), NotAllowed)


def test_taking_over_without_a_reason_is_refused() -> None:
    assert "The reason is empty." in str(refusal(printing(), BEN, TakeOver(reason="  ")))


def test_a_closed_session_that_is_taken_over_stays_closed_until_it_is_reopened() -> None:
    scene = printing()
    scene.do(ANN, Close(outcome="abandoned"))
    scene.do(BEN, TakeOver(reason="It is back"))
    assert (scene.session.owner, scene.session.status) == (BEN, "closed")
    scene.do(BEN, Reopen(), Choose(choice="Yes"))
    assert scene.session.status == "open"


def test_closing_by_the_receiver_accepts_first_so_that_it_reopens_with_them() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    scene.do(BEN, Close(outcome="resolved", summary="It printed all along"), Reopen())
    assert (scene.session.owner, scene.session.accepted_by, scene.session.status) == (BEN, BEN, "open")
    assert scene.session.closing is None


def test_reopening_what_is_open_is_refused() -> None:
    assert "K7QM-2F is not closed." in str(refusal(printing(), ANN, Reopen()))


def test_a_record_that_was_closed_over_a_handoff_waits_for_nobody() -> None:
    """Rules before this version's may have let that happen."""
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    closed = Event(seq=4, at=scene.now, by=ANN, fact=SessionClosed(outcome="abandoned"))
    session = replay([closed], scene.session)
    assert (session.status, session.pending, session.owner) == ("closed", None, BEN)
