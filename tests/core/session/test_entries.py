"""Entries: pins, warnings, assumptions, corrections, questions, and taking back what was entered."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.inspect import StructType, type_info

from rflow.core.actors import Actor
from rflow.core.people import RFLOW, Person, person
from rflow.core.session import commands as c
from rflow.core.session import events as e
from rflow.core.session.decide import decide
from rflow.core.session.events import Event, Fact
from rflow.core.session.head import head_of
from rflow.core.session.replay import replay
from rflow.core.session.rules.steering import MOVES
from rflow.core.session.state import Session
from rflow.core.session.texts import NOT_TEXTS, TEXTS, texts_of
from rflow.errors import Exit, NotAllowed, NotFound, SessionMoved, UsageProblem
from support.core.builders import (
    ANN,
    BEN,
    CLEO,
    FACTS,
    TIER2,
    Scene,
    filled,
    free,
    output,
    printing,
    refusal,
    texts_in,
)
from support.core.strategies import sessions

READER = Actor(person=CLEO, roles={"default": "reader"})
LEAD = Actor(person=CLEO, roles={"default": "lead"})


def facts(scene: Scene, who: Person, command: c.Command) -> list[Fact]:
    """Return the facts that a command would bring now."""
    return [event.fact for event in scene.decide(who, command)]


# The table of texts


@pytest.mark.parametrize("kind", FACTS)
def test_every_text_of_a_fact_is_in_the_table(kind: type[Fact]) -> None:
    fact = filled(kind, lambda path: f"text at {path}")
    named = {value for _, value in texts_of(fact)}
    missing = {
        path
        for path, value in texts_in(fact)
        if value.startswith("text at ") and value not in named and path.split(".")[-1] not in NOT_TEXTS | {"name"}
    }
    assert missing <= {"texts.key"}


def test_the_table_names_no_field_that_a_fact_does_not_have() -> None:
    for kind, texts in TEXTS.items():
        info = type_info(kind)
        assert isinstance(info, StructType)
        assert {text.path.split(".")[0] for text in texts} <= {field.name for field in info.fields}


# Undo


def test_undo_takes_back_the_last_thing_i_entered_and_again_goes_further_back() -> None:
    scene = free()
    scene.do(ANN, c.AddStep(text="Pulled the plug"), c.AddNote(text="It hums"))
    scene.do(BEN, c.AddNote(text="Mine hums too"))
    assert facts(scene, ANN, c.Undo()) == [e.EntryUndone(target=3)]
    scene.do(ANN, c.Undo(), c.Undo())
    assert [entry.undone for entry in (scene.session.steps[2], scene.session.notes[3])] == [True, True]
    assert not scene.session.notes[4].undone
    assert "nothing of yours left" in str(refusal(scene, ANN, c.Undo()))


def test_undo_of_the_last_move_is_back() -> None:
    scene = printing("Yes")
    scene.do(ANN, c.AddNote(text="It hums"))
    scene.do(ANN, c.Undo())
    assert facts(scene, ANN, c.Undo()) == [e.SteppedBack(undone=3)]


def test_undo_of_a_handoff_is_its_cancelling_and_of_a_close_its_reopening() -> None:
    scene = printing("Yes")
    scene.do(ANN, c.HandOff(to=BEN))
    assert facts(scene, ANN, c.Undo()) == [e.HandoffCancelled()]
    scene.do(ANN, c.Undo(), c.Close(outcome="resolved"))
    assert facts(scene, ANN, c.Undo()) == [e.SessionReopened()]
    scene.do(ANN, c.Undo())
    assert scene.session.status == "open"


def test_what_one_command_brought_is_undone_as_one_but_an_acceptance_stands() -> None:
    scene = printing("Yes")
    scene.do(ANN, c.HandOff(to=BEN))
    scene.do(BEN, c.AddStep(text="Asked", result="No", evidence=output("idle"), pin=True))
    assert [type(fact) for fact in facts(scene, BEN, c.Undo())] == [e.EntryUndone] * 3
    scene.do(BEN, c.Undo())
    assert scene.session.owner == BEN
    assert scene.session.status == "open"
    assert (scene.session.pins, scene.session.steps[6].undone, scene.session.evidence[7].undone) == (set(), True, True)


def test_undo_restores_what_stood_there_before() -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=e.Brief(ask="Who has the key?")), c.SetBrief(brief=e.Brief(ask="Where is Ben?")))
    scene.do(ANN, c.SetWaiting(waiting_for="Ben"), c.SetWaiting(waiting_for="the caretaker"))
    scene.do(ANN, c.Undo())
    assert [wait.waiting_for for wait in scene.session.waiting] == ["Ben"]
    scene.do(ANN, c.Undo(), c.Undo())
    assert scene.session.waiting == ()
    assert scene.session.brief.ask == "Who has the key?"


def test_undo_of_a_correction_restores_the_text() -> None:
    scene = free()
    scene.do(ANN, c.AddStep(text="Pinged", result="No answer"), c.AmendEntry(target=2, result="An answer"))
    assert (scene.session.steps[2].result, scene.session.steps[2].amended) == ("An answer", True)
    scene.do(ANN, c.Undo())
    assert (scene.session.steps[2].result, scene.session.steps[2].amended) == ("No answer", False)


def test_undo_of_a_change_asks_whether_it_was_never_made_or_reverted() -> None:
    scene = free()
    scene.do(ANN, c.MakeChange(text="DHCP on", revert="DHCP off"))
    asked = refusal(scene, ANN, c.Undo())
    assert asked.exit_code == Exit.USAGE
    assert "--never-made" in asked.try_
    assert "--reverted" in asked.try_
    assert facts(scene, ANN, c.Undo(change="reverted")) == [e.ChangeReverted(change=2, by_undo=True)]
    scene.do(ANN, c.Undo(change="never_made"))
    assert (scene.session.changes[2].undone, scene.session.changes[2].in_place) == (True, False)


def test_undo_after_an_undo_that_reverted_a_change_goes_further_back() -> None:
    scene = free()
    scene.do(ANN, c.AddNote(text="It hums"), c.MakeChange(text="DHCP on", revert="DHCP off"))
    scene.do(ANN, c.Undo(change="reverted"), c.Undo())
    assert scene.session.changes[3].reverted
    assert scene.session.notes[2].undone


def test_undo_of_a_revert_leaves_the_change_in_place_again() -> None:
    scene = free()
    scene.do(ANN, c.MakeChange(text="DHCP on", revert="DHCP off"), c.RevertChange(change=2))
    reverted = scene.session.changes[2]
    assert reverted.at is not None
    assert reverted.reverted_at == reverted.at + timedelta(minutes=1)
    scene.do(ANN, c.Undo())
    assert scene.session.changes[2].in_place


def test_undo_passes_over_deliveries_redactions_and_takeovers() -> None:
    scene = printing("Yes")
    scene.do(BEN, c.AddNote(text="It hums"), c.TakeOver(reason="Ann went home"))
    scene.do(BEN, c.RecordShared(format="text", destination="clipboard", through=4))
    assert facts(scene, BEN, c.Undo()) == [e.EntryUndone(target=4)]


def test_a_closed_session_takes_only_the_undoing_of_its_close() -> None:
    scene = printing("Yes")
    scene.do(BEN, c.AddNote(text="It hums"))
    scene.do(ANN, c.Close(outcome="resolved"))
    assert isinstance(refusal(scene, BEN, c.Undo()), NotAllowed)


# Pins, assumptions, warnings


def test_pin_marks_the_last_own_entry_or_those_that_are_named() -> None:
    scene = free()
    scene.do(ANN, c.AddNote(text="It hums"), c.AddNote(text="It clicks"))
    scene.do(BEN, c.AddNote(text="Mine too"))
    scene.do(ANN, c.Pin())
    assert scene.session.pins == {3}
    scene.do(ANN, c.Pin(targets=(2, 3)))
    assert scene.session.pins == {2, 3}
    assert "pinned already" in str(refusal(scene, ANN, c.Pin(targets=(2,))))
    scene.do(ANN, c.Unpin())
    assert scene.session.pins == {3}
    assert isinstance(refusal(scene, ANN, c.Pin(targets=(99,))), NotFound)


def test_an_assumption_is_settled_once_somebody_knows() -> None:
    scene = printing()
    scene.do(ANN, c.Choose(choice="Yes", assume=True, reason="Ben says so"), c.AddNote(text="Paper", kind="assumption"))
    scene.do(BEN, c.SettleAssumption(target=3, text="It is on"))
    assert scene.session.steps[3].settled == "It is on"
    assert str(refusal(scene, BEN, c.SettleAssumption(target=2, text="?"))).endswith(
        "no entry 2. See the numbers: rflow show K7QM-2F"
    )
    scene.do(BEN, c.AddNote(text="It hums"))
    assert "Assumptions not settled: 4." in str(refusal(scene, BEN, c.SettleAssumption(target=6, text="?")))


def test_a_warning_has_forty_words_at_most() -> None:
    scene = free()
    fits = " ".join(["word"] * 40)
    assert facts(scene, ANN, c.AddNote(text=fits, kind="warning"))
    assert "41 words; 40 is the most" in str(refusal(scene, ANN, c.AddNote(text=f"{fits} more", kind="warning")))
    assert facts(scene, ANN, c.AddNote(text=f"{fits} more"))
    long = c.HandOff(to=BEN, warnings=(f"{fits} more",))
    assert "40 is the most" in str(refusal(scene, ANN, long))
    scene.do(ANN, c.AddNote(text="STOP", kind="warning"))
    assert "40 is the most" in str(refusal(scene, ANN, c.AmendEntry(target=2, text=f"{fits} more")))


def test_a_member_adds_steps_without_accepting_a_handoff_or_moving() -> None:
    scene = printing("Yes")
    place = scene.session.place
    scene.do(ANN, c.HandOff(to=BEN))
    scene.do(CLEO, c.AddStep(text="Looked at the switch"))
    assert (scene.session.status, scene.session.place) == ("handed_off", place)
    scene.do(BEN, c.AddStep(text="Looked at the cable"))
    assert (scene.session.status, scene.session.owner) == ("open", BEN)


# Evidence


def test_evidence_belongs_to_the_same_persons_next_entry_within_three_minutes() -> None:
    scene = free()
    scene.do(ANN, c.AddEvidence(evidence=output("idle")))
    scene.do(BEN, c.AddNote(text="I see"))
    scene.do(ANN, c.AddNote(text="Don't restart it", kind="warning"), c.AddStep(text="Asked lpstat"))
    assert scene.session.evidence[2].on == 5
    scene.do(ANN, c.AddEvidence(evidence=output("busy")))
    scene.now += timedelta(minutes=3)
    scene.do(ANN, c.AddStep(text="Asked again"))
    assert scene.session.evidence[6].on == 0


def test_evidence_of_a_step_is_recorded_with_it() -> None:
    scene = free()
    step, piece = scene.do(ANN, c.AddStep(text="Asked lpstat", evidence=output("idle")))
    assert (scene.session.evidence[piece.seq].on, piece.part_of, step.part_of) == (step.seq, step.seq, 0)


# Corrections that cross


def test_a_value_that_somebody_else_replaced_meanwhile_is_a_conflict_that_shows_both() -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=e.Brief(ask="Who has the key?")))
    mine = c.SetBrief(brief=e.Brief(ask="Where is Ben?"), replaces=e.Brief(ask=""))
    conflict = refusal(scene, ANN, mine)
    assert isinstance(conflict, SessionMoved)
    assert "Who has the key?" in conflict.what
    assert "Where is Ben?" in conflict.what
    assert facts(scene, ANN, msgspec.structs.replace(mine, replaces=e.Brief(ask="Who has the key?")))
    scene.do(ANN, c.AddNote(text="It hums"), c.AmendEntry(target=3, text="It clicks"))
    amended = refusal(scene, ANN, c.AmendEntry(target=3, text="It sings", replaces="It hums"))
    assert isinstance(amended, SessionMoved)


# Deliveries


def test_what_was_posted_is_not_posted_again_until_something_changes() -> None:
    scene = free()
    start = c.RecordShared(format="slack-blocks", destination="post:noc", through=9, state="started")
    scene.do(ANN, start)
    assert "may have been posted to noc" in str(refusal(scene, BEN, start))
    scene.do(ANN, msgspec.structs.replace(start, state="failed"), start, msgspec.structs.replace(start, state="sent"))
    assert "was posted to noc at 2026-03-02 02:18 UTC by Ann" in str(refusal(scene, ANN, start))
    assert facts(scene, ANN, msgspec.structs.replace(start, again=True))
    assert facts(scene, ANN, msgspec.structs.replace(start, destination="post:web"))
    scene.do(ANN, c.AddNote(text="It hums"))
    assert facts(scene, ANN, start)


# Who acts


def test_a_queue_is_a_kind_of_person_not_a_name_with_a_sign() -> None:
    assert TIER2.kind == "queue"
    assert not Person(id="@odd", name="@odd").is_queue
    assert person("Jose\N{COMBINING ACUTE ACCENT}") == person("José")


def test_a_handoff_that_nobody_accepts_expires_by_rflow_itself() -> None:
    scene = printing("Yes")
    scene.do(ANN, c.HandOff(to=TIER2))
    scene.do(RFLOW, c.ExpireHandoff())
    assert (scene.session.owner, scene.session.status) == (ANN, "open")
    assert isinstance(refusal(scene, BEN, c.ExpireHandoff()), NotAllowed)
    assert isinstance(refusal(scene, RFLOW, c.ExpireHandoff()), UsageProblem)


def test_a_lead_reassigns_and_a_reader_writes_nothing() -> None:
    scene = printing("Yes")
    (event,) = decide(scene.session, scene.trees.get, c.Reassign(to=BEN, reason="Ann is ill"), LEAD, scene.now)
    after = replay([event], scene.session)
    assert (after.owner, after.accepted_by, after.status) == (BEN, BEN, "open")
    with pytest.raises(NotAllowed):
        decide(
            scene.session,
            scene.trees.get,
            c.AddNote(text="?"),
            Actor(person=CLEO, roles={"default": "reader"}),
            scene.now,
        )


def test_what_one_may_not_see_does_not_exist() -> None:
    scene = printing("Yes")
    stranger = Actor(person=CLEO, roles={"elsewhere": "lead"})
    with pytest.raises(NotFound):
        decide(scene.session, scene.trees.get, c.AddNote(text="?"), stranger, scene.now)


def test_an_agent_does_what_its_scopes_allow_and_never_deletes() -> None:
    scene = printing("Yes")
    bot = Actor(person=Person(id="triage-bot", name="triage-bot", kind="agent"), scopes=frozenset({"read", "write"}))
    assert decide(scene.session, scene.trees.get, c.AddNote(text="CPU is fine"), bot, scene.now)
    for command, why in ((c.TakeOver(reason="?"), "token does not allow"), (c.Delete(), "not done with a token")):
        with pytest.raises(NotAllowed, match=why):
            decide(scene.session, scene.trees.get, command, bot, scene.now)


# Laws


@pytest.mark.slow
@given(sessions())
def test_undoing_everything_leaves_no_entry_of_mine_that_is_not_undone(scene: Scene) -> None:
    scene.session = msgspec.structs.replace(scene.session)
    for _ in range(400):
        try:
            scene.do(ANN, c.Undo())
        except UsageProblem as error:
            if "a change" not in str(error):
                break
            scene.do(ANN, c.Undo(change="never_made"))
        except NotAllowed:  # closed by somebody else
            return
    else:
        pytest.fail("undo does not come to an end")
    mine = [entry for table in scene.session.entries for entry in table.values() if entry.by == ANN]
    moved = set(scene.session.moves)
    reverted = {change.seq for change in scene.session.changes.values() if change.reverted}  # by an earlier undo
    left = [entry for entry in mine if not entry.undone and entry.seq not in moved | reverted]
    assert all(getattr(entry, "kind", "") in ("choice", "action", "skipped", "tree") for entry in left)


@given(sessions(120), st.data())
def test_undone_adjustments_are_as_if_they_had_never_been_made(scene: Scene, data: st.DataObject) -> None:
    """The values are those that a session without the undone facts has."""
    undone = scene.session.undone
    kept = [event for event in scene.events if event.seq not in undone or isinstance(event.fact, e.HandedOff)]
    bare: Session = replay([event for event in kept if not _is_move(event)], Session(id="bare"))
    whole = scene.session
    assert (whole.title, whole.brief, whole.waiting, whole.pins) == (bare.title, bare.brief, bare.waiting, bare.pins)


def _is_move(event: Event) -> bool:
    return isinstance(event.fact, MOVES)


# Waits


def wait_texts(scene: Scene) -> list[str]:
    return [wait.waiting_for for wait in scene.session.waiting]


def test_waits_stand_beside_each_other_the_first_due_first_and_are_ended_one_by_one() -> None:
    scene = free()
    until = [scene.now + timedelta(hours=hours) for hours in (6, 2)]
    scene.do(ANN, c.SetWaiting(waiting_for="the audit"), c.SetWaiting(waiting_for="Bogdan", until=until[0]))
    scene.do(ANN, c.SetWaiting(waiting_for="Sef: looks first", until=until[1]))
    assert wait_texts(scene) == ["Sef: looks first", "Bogdan", "the audit"]
    assert head_of(scene.session).waiting_for == "Sef: looks first"
    error = str(refusal(scene, ANN, c.SetWaiting()))
    assert "waits for several. Which is over?\n  4  Sef: looks first\n  3  Bogdan\n  2  the audit" in error
    scene.do(ANN, c.SetWaiting(replaces=3))
    assert wait_texts(scene) == ["Sef: looks first", "the audit"]
    scene.do(ANN, c.Undo())
    assert wait_texts(scene) == ["Sef: looks first", "Bogdan", "the audit"]


def test_a_wait_about_the_same_takes_the_place_of_the_other_and_an_undo_brings_that_back() -> None:
    scene = free()
    plan = (e.Contingency(condition="no answer", action="call Yara"),)
    scene.do(ANN, c.SetWaiting(waiting_for="Sef: looks first", contingencies=plan), c.SetWaiting(waiting_for="Bogdan"))
    scene.do(ANN, c.SetWaiting(waiting_for="SEF: has looked, answers at 07:00"))
    assert wait_texts(scene) == ["Bogdan", "SEF: has looked, answers at 07:00"]
    assert scene.session.waiting[1].contingencies == plan
    scene.do(ANN, c.Undo())
    assert wait_texts(scene) == ["Sef: looks first", "Bogdan"]
    scene.do(ANN, c.RedactText(target=2))
    assert len(wait_texts(scene)) == 2


def test_a_wait_that_is_named_keeps_what_the_command_does_not_say() -> None:
    scene = free()
    until, plan = scene.now + timedelta(hours=2), (e.Contingency(condition="no answer", action="call Yara"),)
    scene.do(ANN, c.SetWaiting(waiting_for="Bob: call", until=until), c.SetWaiting(waiting_for="Bob: mail", replaces=2))
    (wait,) = scene.session.waiting
    assert (wait.waiting_for, wait.until) == ("Bob: mail", until)
    scene.do(ANN, c.SetWaiting(contingencies=plan, replaces=3))
    (wait,) = scene.session.waiting
    assert (wait.waiting_for, wait.until, wait.contingencies) == ("Bob: mail", until, plan)
    assert "What is it waiting for?" in str(refusal(scene, ANN, c.SetWaiting(contingencies=plan)))
    scene.do(ANN, c.SetWaiting(replaces=4))
    assert scene.session.waiting == ()


def test_a_wait_of_an_older_record_takes_the_place_of_all_others() -> None:
    scene = free()
    old = [
        Event(seq=2, at=scene.now, by=ANN, fact=e.WaitingSet(waiting_for="Sef")),
        Event(seq=3, at=scene.now, by=ANN, fact=e.WaitingSet(waiting_for="Bogdan")),
    ]
    both = replay(old, scene.session)
    assert [wait.waiting_for for wait in both.waiting] == ["Bogdan"]
    over = Event(seq=4, at=scene.now, by=ANN, fact=e.WaitingSet())
    assert replay([over], both).waiting == ()
