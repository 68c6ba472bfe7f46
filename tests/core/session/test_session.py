"""The state is a fold over events: laws that hold for every session that people can bring about."""

from copy import deepcopy
from datetime import datetime, timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.session.commands import (
    AddNote,
    AddStep,
    AmendEntry,
    Back,
    Choose,
    Close,
    Enter,
    HandOff,
    SetBrief,
    Start,
)
from rflow.core.session.events import (
    ActionDone,
    Brief,
    ChoiceMade,
    EntryAmended,
    Event,
    Fact,
    HandoffExpired,
    Place,
    Reassigned,
    SessionStarted,
    SteppedBack,
    StepSkipped,
    Stored,
    TextRedacted,
    TreeEntered,
    Unreadable,
)
from rflow.core.session.head import head_of
from rflow.core.session.replay import FOLDS, evolve, replay
from rflow.core.session.rules.steering import MOVES, OWNERSHIP
from rflow.core.session.state import Session
from rflow.core.session.times import EPOCH, micros
from rflow.core.tree.model import digest
from support.core.builders import ANN, BEN, FACTS, NIGHT, PRINTER, SCANNER, Scene, free, printing
from support.core.strategies import play, sessions
from support.nightly import examples

BLANK = Session(id="019a2b3c-7d8e-7f00-8123-456789abcdef", code="K7QM-2F")
LAW = examples(80, nightly=2_500)


def test_every_kind_of_fact_is_folded() -> None:
    assert set(FOLDS) == set(FACTS)


def thrown(number: int) -> Scene:
    """Play the session of this number: always the same one."""
    return play(Random(number).randbytes(300))


def test_random_sessions_show_every_kind_of_event() -> None:
    """Laws tested on what never happens are no laws."""
    seen = {type(event.fact) for number in range(60) for event in thrown(number).events}
    assert seen == set(FACTS) - {HandoffExpired, Reassigned}  # what rflow itself or a lead does


@pytest.mark.slow
@LAW
@given(sessions(), st.data())
def test_reading_a_record_in_two_parts_is_reading_it_in_one(scene: Scene, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(scene.events)))
    first, second = scene.events[:cut], scene.events[cut:]
    assert replay(scene.events, BLANK) == replay(second, replay(first, BLANK)) == scene.session


@LAW
@given(sessions(80))
def test_reading_event_by_event_is_reading_them_all(scene: Scene) -> None:
    session = BLANK
    for event in scene.events:
        session = evolve(session, event)
    assert session == scene.session


@LAW
@given(sessions(), st.data())
def test_reading_on_leaves_the_earlier_state_as_it_was(scene: Scene, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(scene.events)))
    before = replay(scene.events[:cut], BLANK)
    kept = deepcopy(before)
    replay(scene.events[cut:], before)
    assert before == kept


def test_a_blank_session_is_never_written_into() -> None:
    """Its containers are defaults: one shared between sessions would mix customers up."""
    assert thrown(1).session.steps
    assert Session(id="another") == Session(id="another", code="")
    assert not Session(id="another").steps


@LAW
@given(sessions())
def test_events_come_back_from_json_as_they_went(scene: Scene) -> None:
    for event in scene.events:
        line = msgspec.json.encode(event)
        assert msgspec.json.decode(line, type=Event) == event
        assert b"\n" not in line


@LAW
@given(sessions())
def test_the_record_counts_from_one_and_never_runs_backwards(scene: Scene) -> None:
    assert [event.seq for event in scene.events] == list(range(1, len(scene.events) + 1))
    times = [event.at for event in scene.events]
    assert times == sorted(times)
    assert scene.session.version == len(scene.events)
    assert scene.session.updated_at == times[-1]


@LAW
@given(sessions())
def test_a_session_is_never_without_an_owner_and_its_status_says_what_is_true(scene: Scene) -> None:
    session = BLANK
    for event in scene.events:
        session = evolve(session, event)
        assert session.owner.id
        assert session.owner.name
        assert session.accepted_by.id
        assert not session.accepted_by.is_queue
        assert (session.status == "closed") == (session.closing is not None)
        assert (session.status == "handed_off") == (session.pending is not None)
        assert session.owner == (session.pending.to if session.pending else session.accepted_by)


@LAW
@given(sessions())
def test_a_session_stands_where_the_last_move_not_taken_back_led(scene: Scene) -> None:
    """Kept here as a stack of places, without looking at how the state is kept."""
    trail: list[tuple[int, Place | None]] = [(0, None)]
    own_steps = False
    session = BLANK
    for event in scene.events:
        session = evolve(session, event)
        own_steps = own_steps or type(event.fact).__name__ == "StepAdded"
        match event.fact:
            case TreeEntered(place=to) if trail == [(0, None)] and not own_steps and len(session.steps) == 0:
                trail = [(0, to)]
            case TreeEntered(place=to) | ChoiceMade(to=to) | ActionDone(to=to) | StepSkipped(to=to):
                trail.append((event.seq, to))
            case SteppedBack(undone=undone):
                assert trail.pop()[0] == undone
        assert session.place == trail[-1][1]
        assert list(session.moves) == [seq for seq, _ in trail[1:]]
        assert {seq for seq, _ in trail[1:]} == {
            step.seq for step in session.steps.values() if step.kind != "own" and not step.undone
        }


@LAW
@given(sessions())
def test_the_last_event_that_moved_or_changed_hands_is_remembered_with_who_it_was(scene: Scene) -> None:
    steering = [event for event in scene.events if isinstance(event.fact, MOVES + OWNERSHIP)]
    last = steering[-1] if steering else None
    assert scene.session.steered == (last.seq if last else 0)
    assert scene.session.steered_by == (last.by if last else None)


@LAW
@given(sessions())
def test_the_head_counts_what_the_session_holds(scene: Scene) -> None:
    head = head_of(scene.session)
    assert (head.status, head.owner, head.place) == (scene.session.status, scene.session.owner, scene.session.place)
    assert head.steps == sum(not step.undone for step in scene.session.steps.values())
    assert head.notes == sum(not note.undone for note in scene.session.notes.values())
    assert head.evidence == sum(not piece.undone for piece in scene.session.evidence.values())


@LAW
@given(sessions())
def test_everybody_who_acted_or_received_is_known(scene: Scene) -> None:
    acted = {event.by.id for event in scene.events}
    assert acted <= scene.session.people.keys()
    assert {scene.session.owner.id, scene.session.accepted_by.id} <= scene.session.people.keys()
    assert scene.session.authors == {event.seq: event.by.id for event in scene.events}


@LAW
@given(sessions())
def test_back_erases_nothing(scene: Scene) -> None:
    moved = {event.seq for event in scene.events if isinstance(event.fact, ChoiceMade | ActionDone | StepSkipped)}
    assert moved <= scene.session.steps.keys()


# By example


def test_starting_in_a_tree_is_not_a_step() -> None:
    assert printing().session.steps == {}
    assert not printing().session.moves


def test_going_on_in_another_tree_is_one() -> None:
    scene = printing("Yes")
    scene.do(ANN, Enter(tree=digest(SCANNER)))
    assert [(step.kind, step.text) for step in scene.session.steps.values()] == [
        ("choice", "Is the printer in Leeds on?"),
        ("tree", "The scanner in Leeds"),
    ]
    assert set(scene.session.trees) == {digest(PRINTER), digest(SCANNER)}


def test_a_tree_entered_after_own_steps_is_a_move_that_can_be_taken_back() -> None:
    scene = free()
    scene.do(ANN, AddStep(text="Pulled the plug"), Enter(tree=digest(PRINTER)), Back())
    assert scene.session.place is None
    assert [step.undone for step in scene.session.steps.values()] == [False, True]


def test_a_choice_in_a_record_that_entered_no_tree_is_a_step_all_the_same() -> None:
    """Other tools write such records."""
    to = Place(node="ping", kind="decision", text="Does it answer to ping?")
    made = ChoiceMade(node="paper", question="Does it show a paper jam?", label="No", to=to)
    facts: list[Fact] = [SessionStarted(title="The printer in Leeds is silent"), made]
    session = replay([Event(seq=n, at=NIGHT, by=ANN, fact=fact) for n, fact in enumerate(facts, 1)], BLANK)
    assert [step.result for step in session.steps.values()] == ["No"]
    assert session.place == to


def test_a_later_brief_adds_to_the_earlier_one_and_clears_what_it_names_as_empty() -> None:
    scene = Scene()
    scene.do(ANN, Start(title="The printer in Leeds is silent", brief=Brief(ticket="LDS-17", customer="Town hall")))
    scene.do(ANN, SetBrief(brief=Brief(customer="", ask="Can you check the port?"), title="It hums"))
    assert scene.session.brief == Brief(ticket="LDS-17", ask="Can you check the port?")
    assert scene.session.title == "It hums"


def test_an_amended_note_keeps_its_place_its_time_and_its_author() -> None:
    scene = printing()
    scene.do(ANN, AddNote(text="It hums"), AddNote(text="It clicks"))
    before = scene.session.notes[3]
    scene.do(ANN, AmendEntry(target=3, text="It hums loudly"))
    assert list(scene.session.notes) == [3, 4]
    assert scene.session.notes[3] == msgspec.structs.replace(before, text="It hums loudly", amended=True)


def test_the_ownership_history_is_complete() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN, note="Only ping is left"))
    scene.do(BEN, Choose(choice="Yes"), Close(outcome="resolved", summary="It was off"))
    told = [(entry.by.name, entry.word, entry.to and entry.to.name, entry.text) for entry in scene.session.ownership]
    assert told == [
        ("Ann", "handed off", "Ben", "Only ping is left"),
        ("Ben", "accepted", None, ""),
        ("Ben", "closed as resolved", None, "It was off"),
    ]


def test_what_this_version_can_not_read_is_kept_and_counted_but_does_not_stop_the_reading() -> None:
    scene = printing("Yes")
    odd = Unreadable(seq=3, reason="newer", raw=b'{"type": "printer_blessed"}')
    record: list[Stored] = [*scene.events[:2], odd, msgspec.structs.replace(scene.events[2], seq=4)]
    session = replay(record, BLANK)
    assert (session.unreadable, session.version) == ([odd], 4)
    assert session.place is not None
    assert session.place.node == "paper"
    assert replay([odd], session).version == 4


def test_a_record_that_contradicts_itself_is_read_without_an_error() -> None:
    """It may have been written by hand: what points at nothing changes nothing."""
    odd: list[Fact] = [SteppedBack(undone=99), EntryAmended(target=99, texts={"text": "?"}), TextRedacted(target=99)]
    scene = printing("Yes")
    events = [Event(seq=4 + n, at=NIGHT, by=ANN, fact=fact) for n, fact in enumerate(odd)]
    after = replay(events, scene.session)
    assert (after.place, after.steps, dict(after.notes)) == (scene.session.place, scene.session.steps, {})


def test_imported_times_are_those_at_which_it_happened() -> None:
    earlier = NIGHT.replace(hour=1)
    started = Event(seq=1, at=NIGHT, by=ANN, fact=SessionStarted(title="Silent"), happened_at=earlier)
    undated = Event(seq=2, at=NIGHT, by=ANN, fact=scene_step(), undated=True)
    session = replay([started, undated], BLANK)
    assert session.started_at == earlier
    assert session.steps[2].at is None


def scene_step() -> ActionDone:
    """Make the fact of an action done."""
    return ActionDone(node="switch-on", text="Switch it on", to=Place(node="power", kind="decision", text="On?"))


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_as_microseconds_is_exact(at: datetime) -> None:
    assert micros(at) == (at - EPOCH) // timedelta(microseconds=1)
