"""What each command brings: moves, texts, notes, changes, times."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from rflow.core.actors import Actor
from rflow.core.session.commands import (
    AddEvidence,
    AddNote,
    AddStep,
    AmendEntry,
    Back,
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
    RevertChange,
    SetBrief,
    SetWaiting,
    Skip,
    Start,
    TakeOver,
)
from rflow.core.session.decide import decide
from rflow.core.session.events import (
    ActionDone,
    Brief,
    BriefSet,
    ChangeMade,
    ChoiceMade,
    EntryAmended,
    EvidenceAdded,
    HandoffAccepted,
    HandoffDeclined,
    NoteAdded,
    ProgressShared,
    SessionClosed,
    SessionStarted,
    StepAdded,
    SteppedBack,
    StepSkipped,
    TakenOver,
    TreeEntered,
    WaitingSet,
)
from rflow.core.session.texts import NOTE_LIMIT, TITLE_LIMIT
from rflow.core.tree.model import digest
from rflow.errors import Exit, NotFound, UsageProblem
from support.core.builders import (
    ANN,
    BEN,
    NIGHT,
    PRINTER,
    SCANNER,
    Scene,
    decision,
    fact_of,
    free,
    output,
    printing,
    refusal,
    tree_of,
)

# Moving


def test_a_choice_holds_the_question_the_answer_and_where_it_led() -> None:
    fact = fact_of(printing("Yes"), ANN, Choose(choice="No"))
    assert isinstance(fact, ChoiceMade)
    assert (fact.question, fact.label, fact.to.text) == ("Does it show a paper jam?", "No", "Does it answer to ping?")
    assert not fact.assumed


def test_an_answer_may_be_assumed_but_not_without_a_reason() -> None:
    scene = printing()
    fact = fact_of(scene, ANN, Choose(choice="Yes", assume=True, reason="The customer says so"))
    assert isinstance(fact, ChoiceMade)
    assert (fact.assumed, fact.reason) == (True, "The customer says so")
    assert "The reason is empty." in str(refusal(scene, ANN, Choose(choice="Yes", assume=True)))


def test_an_action_is_done_or_skipped_and_not_chosen() -> None:
    scene = printing("No")
    done, skipped = fact_of(scene, ANN, Done(result="It hums")), fact_of(scene, ANN, Skip(reason="Locked room"))
    assert isinstance(done, ActionDone)
    assert isinstance(skipped, StepSkipped)
    assert (done.text, done.result, done.to.node) == ("Switch it on", "It hums", "power")
    assert (skipped.text, skipped.reason, skipped.to.node) == ("Switch it on", "Locked room", "power")
    error = refusal(scene, ANN, Choose(choice="Yes"))
    assert '"Switch it on" is something to do, not a question.' in error.what
    assert "rflow done" in error.try_


def test_a_question_is_answered_and_neither_done_nor_skipped() -> None:
    scene = printing("Yes", "No")
    assert "Answer it with rflow choose: 1 Yes; 2 No; 3 Now and then." in str(refusal(scene, ANN, Done()))
    assert '--assume --reason "…"' in str(refusal(scene, ANN, Skip(reason="No time")))


def test_a_question_with_one_answer_is_an_action() -> None:
    scene = printing("Yes", "No", "No")
    done, skipped = fact_of(scene, ANN, Done(result="It was loose")), fact_of(scene, ANN, Skip(reason="No key"))
    assert isinstance(done, ActionDone)
    assert isinstance(skipped, StepSkipped)
    assert (done.text, done.to.node, skipped.to.node) == ("Is the cable in?", "prints", "prints")
    assert isinstance(fact_of(scene, ANN, Choose(choice="yes")), ChoiceMade)


def test_skipping_wants_a_reason() -> None:
    assert "The reason is empty." in str(refusal(printing("No"), ANN, Skip(reason="")))


@pytest.mark.parametrize(
    "command", [Choose(choice="Yes"), Done(), Skip(reason="No time")], ids=lambda c: type(c).__name__
)
def test_an_end_offers_to_close_or_to_hand_off(command: Command) -> None:
    wifi = printing("Yes", "No", "Now and then")
    solved = printing("Yes", "Yes", "done", "Yes")
    assert "rflow handoff USER" in refusal(wifi, ANN, command).try_
    assert "rflow close" in refusal(solved, ANN, command).try_
    assert solved.session.status == "open"


@pytest.mark.parametrize(
    "command", [Choose(choice="Yes"), Done(), Skip(reason="No time")], ids=lambda c: type(c).__name__
)
def test_without_a_tree_there_is_nothing_to_choose_but_steps_notes_and_evidence(command: Command) -> None:
    scene = free()
    assert "rflow enter TREE" in refusal(scene, ANN, command).try_
    scene.do(ANN, AddStep(text="Pulled the plug", result="Silence"), AddNote(text="Hm"))
    scene.do(ANN, AddEvidence(evidence=output("idle")), SetBrief(brief=Brief(ticket="LDS-17")))
    assert scene.session.place is None
    assert [step.text for step in scene.session.steps.values()] == ["Pulled the plug"]


def test_a_free_session_goes_into_a_tree_and_back_out_of_it() -> None:
    scene = free()
    scene.do(ANN, AddStep(text="Pulled the plug"), Enter(tree=digest(PRINTER)), Choose(choice="Yes"), Back(), Back())
    assert scene.session.place is None
    assert scene.session.tree is None


def test_a_missing_tree_is_reported() -> None:
    scene = printing()
    scene.trees.clear()
    assert isinstance(refusal(scene, ANN, Choose(choice="Yes")), NotFound)
    assert scene.decide(ANN, AddStep(text="Went on without it"))


def test_a_faulty_tree_is_an_error_and_no_crash() -> None:
    nowhere = tree_of({"ask": decision("Which tray?", One="gone", Two="also gone")})
    assert isinstance(refusal(printing(tree=nowhere), ANN, Choose(choice="One")), NotFound)
    no_start = tree_of({"ask": decision("Which tray?", One="ask")}, start="gone")
    assert isinstance(refusal(free(), ANN, Enter(tree=digest(no_start))), NotFound)


def test_back_takes_back_one_move_after_the_other_whatever_it_was() -> None:
    scene = printing("No", "done: It hums", "Yes", "No", "No")
    scene.do(ANN, Skip(reason="No key"), Enter(tree=digest(SCANNER)))
    stood = []
    while scene.session.moves:
        scene.do(ANN, Back())
        stood.append(scene.session.place.node if scene.session.place else None)
    assert stood == ["prints", "cable", "ping", "paper", "power", "switch-on", "power"]
    assert all(step.undone for step in scene.session.steps.values())
    assert scene.session.tree is not None
    assert scene.session.tree.id == "printer"


def test_back_names_the_move_that_it_takes_back_and_passes_over_own_steps_and_notes() -> None:
    scene = printing("Yes")
    scene.do(ANN, AddStep(text="Asked the neighbours"), AddNote(text="Hm"))
    assert fact_of(scene, ANN, Back()) == SteppedBack(undone=3)
    scene.do(ANN, Back())
    assert {step.seq: step.undone for step in scene.session.steps.values()} == {3: True, 4: False}


def test_one_cannot_go_back_before_the_start() -> None:
    assert "this is where the session began" in str(refusal(printing(), ANN, Back()))
    assert "this is where the session began" in str(refusal(free(), ANN, Back()))


# Texts

EMPTY = ["", "   ", "\n\n", "\t", "\u202e\u200f", "\ufeff"]
NEED_A_TEXT: list[Command] = [
    AddNote(text="?"),
    AddStep(text="?"),
    MakeChange(text="?", revert="DHCP"),
]


@pytest.mark.parametrize("text", EMPTY, ids=ascii)
@pytest.mark.parametrize("command", NEED_A_TEXT, ids=lambda command: type(command).__name__)
def test_an_empty_text_is_refused(command: Command, text: str) -> None:
    error = refusal(printing(), ANN, msgspec.structs.replace(command, text=text))
    assert error.exit_code == Exit.USAGE
    assert "is empty" in error.what


@pytest.mark.parametrize("text", EMPTY, ids=ascii)
def test_what_else_may_not_be_empty(text: str) -> None:
    scene = printing()
    scene.do(ANN, AddNote(text="Hm"))
    assert "revert it is empty" in str(refusal(scene, ANN, MakeChange(text="DHCP", revert=text)))
    assert "is empty" in str(refusal(scene, ANN, AmendEntry(target=3, text=text)))
    assert "is empty" in str(refusal(scene, BEN, TakeOver(reason=text)))
    assert "The title is empty" in str(refusal(Scene(), ANN, Start(title=text)))
    assert "The title is empty" in str(refusal(scene, ANN, SetBrief(brief=Brief(), title=text)))
    assert "is empty" in str(refusal(scene, ANN, AddEvidence(evidence=output("idle", label=text))))


def test_a_note_of_64_kib_is_kept_and_one_byte_more_is_refused_with_the_way_to_attach_it() -> None:
    scene = printing()
    assert fact_of(scene, ANN, AddNote(text="x" * NOTE_LIMIT)) == NoteAdded(text="x" * 65_536)
    for too_long in ("x" * (NOTE_LIMIT + 1), "é" * (NOTE_LIMIT // 2 + 1), "x" * 1_000_000):
        error = refusal(scene, ANN, AddNote(text=too_long))
        assert error.exit_code == Exit.USAGE
        assert "rflow attach FILE" in error.try_


@pytest.mark.parametrize(
    "command",
    [
        AddStep(text="x" * 4097),
        AddStep(text="Asked", result="x" * 4097),
        MakeChange(text="DHCP", revert="x" * 4097),
        SetBrief(brief=Brief(ask="x" * 4097)),
        SetWaiting(waiting_for="x" * 4097),
        Choose(choice="Yes", assume=True, reason="x" * 4097),
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_line_is_at_most_4_kib(command: Command) -> None:
    assert "longer than 4 KiB" in str(refusal(printing(), ANN, command))


def test_a_title_is_cut_rather_than_refused_and_so_is_the_label_of_evidence() -> None:
    (event,) = Scene().decide(ANN, Start(title="printer " * 50))
    assert isinstance(event.fact, SessionStarted)
    assert len(event.fact.title) <= TITLE_LIMIT
    assert event.fact.title.endswith("…")
    fact = fact_of(printing(), ANN, AddEvidence(evidence=output("idle", label="lpstat " * 1_000)))
    assert isinstance(fact, EvidenceAdded)
    assert len(fact.label) <= TITLE_LIMIT


HOSTILE = "\x1b]52;c;aGk=\x07 \u202eevil\u2066 \x00 \x9b31m \ud800 bell"
CLEANED = "\ufffd]52;c;aGk=\ufffd evil \ufffd \ufffd31m \ufffd bell"


@pytest.mark.parametrize(
    "command",
    [
        AddNote(text=HOSTILE),
        AddStep(text=HOSTILE, result=HOSTILE),
        MakeChange(text=HOSTILE, revert=HOSTILE),
        SetBrief(brief=Brief(ask=HOSTILE, customer=HOSTILE), title=HOSTILE),
        SetWaiting(waiting_for=HOSTILE),
        Choose(choice="Yes", assume=True, reason=HOSTILE),
        HandOff(to=BEN, note=HOSTILE),
        Close(outcome="resolved", summary=HOSTILE),
    ],
    ids=lambda command: type(command).__name__,
)
def test_control_and_bidi_characters_are_not_recorded(command: Command) -> None:
    told = msgspec.json.encode([event.fact for event in printing().decide(ANN, command)]).decode()
    assert CLEANED in told
    assert "\\u001b" not in told
    assert "\u202e" not in told


def test_control_and_bidi_characters_of_evidence_are_not_recorded() -> None:
    evidence = msgspec.structs.replace(output(HOSTILE, label=HOSTILE, command=HOSTILE), host=HOSTILE, cwd=HOSTILE)
    fact = fact_of(printing(), ANN, AddEvidence(evidence=evidence))
    assert isinstance(fact, EvidenceAdded)
    assert {fact.excerpt, fact.label, fact.command, fact.host, fact.cwd} == {CLEANED}


def test_a_note_keeps_its_lines_and_their_indentation() -> None:
    fact = fact_of(printing(), ANN, AddNote(text="\n\r\n  first\r\n\r\n    second  \n\n"))
    assert fact == NoteAdded(text="  first\n\n    second")


def test_a_brief_with_nothing_in_it_is_refused_but_clearing_a_fact_is_not() -> None:
    scene = printing()
    assert "Nothing to record." in str(refusal(scene, ANN, SetBrief(brief=Brief())))
    scene.do(ANN, SetBrief(brief=Brief(ask="Can you check the port?", severity="2")), SetBrief(brief=Brief(ask="")))
    assert scene.session.brief == Brief(severity="2")


# Notes, changes, waiting, redaction


def test_an_amendment_keeps_to_the_texts_that_the_entry_has() -> None:
    scene = printing("Yes")
    scene.do(ANN, AddNote(text="It hums"))
    assert fact_of(scene, ANN, AmendEntry(target=4, text="It hums loudly")) == EntryAmended(
        target=4, texts={"text": "It hums loudly"}
    )
    assert fact_of(scene, ANN, AmendEntry(target=3, text="Ben says so")) == EntryAmended(
        target=3, texts={"reason": "Ben says so"}
    )
    assert str(refusal(scene, ANN, AmendEntry(target=4, result="?"))) == "Entry 4 has no result. It has: text."
    assert isinstance(refusal(scene, ANN, AmendEntry(target=1, text="?")), NotFound)


def test_a_change_is_reverted_once() -> None:
    scene = printing()
    scene.do(ANN, MakeChange(text="DHCP", revert="10.4.0.17"), MakeChange(text="Tray 2", revert="Tray 1"))
    scene.do(ANN, RevertChange(change=3))
    assert str(refusal(scene, ANN, RevertChange(change=3))) == (
        "Entry 3 is not a change left in place. Left in place: 4."
    )
    assert [change.text for change in scene.session.changes.values() if not change.reverted] == ["Tray 2"]


def test_waiting_ends_with_neither_a_time_nor_a_text() -> None:
    scene = printing()
    scene.do(ANN, SetWaiting(until=NIGHT + timedelta(hours=4), waiting_for="the caretaker"))
    [wait] = scene.session.waiting
    assert (wait.until, wait.waiting_for) == (NIGHT + timedelta(hours=4), "the caretaker")
    scene.do(ANN, SetWaiting())
    assert scene.session.waiting == ()


def test_waiting_until_is_recorded_in_utc() -> None:
    until = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=5)))
    fact = fact_of(printing(), ANN, SetWaiting(until=until))
    assert isinstance(fact, WaitingSet)
    assert fact.until is not None
    assert fact.until.isoformat() == "2026-03-02T04:00:00+00:00"
    assert isinstance(refusal(printing(), ANN, SetWaiting(until=until.replace(tzinfo=None))), UsageProblem)


def test_an_entry_that_is_not_there_can_not_be_removed() -> None:
    assert str(refusal(printing(), ANN, RedactText(target=99))) == (
        "K7QM-2F has no entry 99. See the numbers: rflow show K7QM-2F"
    )


def test_a_summary_is_recorded_as_delivered_up_to_what_there_was() -> None:
    scene = printing("Yes")
    scene.do(BEN, RecordShared(format="teams", destination="clipboard", through=99))
    assert scene.events[-1].fact == ProgressShared(format="teams", destination="clipboard", through=3)
    assert scene.session.steered == 3


# Time and the envelope


def test_times_are_utc_to_the_millisecond() -> None:
    scene = printing()
    scene.now = datetime(2026, 3, 2, 4, 30, 0, 123_999, tzinfo=timezone(timedelta(hours=1)))
    (event,) = scene.decide(ANN, AddNote(text="Hm"))
    assert event.at == datetime(2026, 3, 2, 3, 30, 0, 123_000, tzinfo=UTC)
    assert event.at.tzinfo is UTC


def test_a_clock_that_runs_backwards_does_not_take_the_record_along() -> None:
    scene = printing()
    last = scene.events[-1].at
    scene.now = last - timedelta(days=3)
    (event,) = scene.do(ANN, AddNote(text="Is it Friday again?"))
    assert (event.at, event.seq) == (last, 3)


def test_a_step_may_have_happened_earlier_and_only_the_step() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=BEN))
    earlier = NIGHT - timedelta(minutes=4)
    accepted, step = scene.do(BEN, AddStep(text="Had tried it before", happened_at=earlier))
    assert (accepted.fact, accepted.happened_at) == (HandoffAccepted(), None)
    assert (step.happened_at, step.at) == (earlier, scene.now - timedelta(minutes=1))
    assert scene.session.steps[step.seq].at == earlier


def test_a_step_that_is_still_to_come_is_refused() -> None:
    scene = printing()
    assert scene.decide(ANN, AddStep(text="Just now", happened_at=scene.now))
    error = refusal(scene, ANN, AddStep(text="Tomorrow", happened_at=scene.now + timedelta(minutes=1)))
    assert "That time is in the future." in error.what


def test_a_step_of_this_very_moment_is_not_still_to_come() -> None:
    scene = printing()
    scene.now += timedelta(microseconds=900)
    assert scene.decide(ANN, AddStep(text="Just now", happened_at=scene.now))


@pytest.mark.parametrize("at", [datetime(2026, 3, 2), datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))])
def test_a_time_that_can_not_be_placed_is_refused(at: datetime) -> None:
    assert "offset from UTC" in str(refusal(printing(), ANN, AddStep(text="Then", happened_at=at)))


def test_all_events_of_a_command_carry_its_id_and_its_author_and_follow_the_last() -> None:
    scene = printing("Yes")
    scene.do(ANN, HandOff(to=BEN))
    events = scene.do(BEN, Choose(choice="No", command_id="c-1"))
    assert [type(event.fact) for event in events] == [HandoffAccepted, ChoiceMade]
    assert [event.seq for event in events] == [5, 6]
    assert {event.command_id for event in events} == {"c-1"}
    assert {event.by for event in events} == {BEN}
    assert scene.session.commands == {("ben", "c-1"): 6}


def test_a_command_id_of_one_person_stays_theirs_when_another_uses_it() -> None:
    scene = printing()
    scene.do(ANN, AddNote(text="The lamp is green.", command_id="c-1"))
    scene.do(BEN, AddNote(text="It was red at noon.", command_id="c-1"))
    entries = [scene.session.event_of_command("c-1", by) for by in (ANN, BEN)]
    assert [scene.session.notes[entry or 0].text for entry in entries] == ["The lamp is green.", "It was red at noon."]


def test_deciding_changes_nothing_and_twice_gives_the_same() -> None:
    scene = printing("Yes")
    before = deepcopy(scene.session)
    first = scene.decide(ANN, Choose(choice="No"))
    assert scene.decide(ANN, Choose(choice="No")) == first
    assert scene.session == before


def test_entering_a_tree_names_its_version_and_where_it_begins() -> None:
    fact = fact_of(free(), ANN, Enter(tree=digest(SCANNER)))
    assert isinstance(fact, TreeEntered)
    assert (fact.tree.id, len(fact.tree.digest), fact.place.text) == ("scanner", 64, "Is the lamp on?")


def test_deleting_brings_no_event() -> None:
    assert printing().decide(ANN, Delete()) == []


FACT_OF_EACH = {
    MakeChange(text=" DHCP ", revert=" Fixed "): ChangeMade(text="DHCP", revert="Fixed"),
    AddStep(text=" Asked ", result=" No "): StepAdded(text="Asked", result="No"),
    SetBrief(brief=Brief(ask=" Why? ")): BriefSet(brief=Brief(ask="Why?")),
    Close(outcome="abandoned", summary="Gone\n"): SessionClosed(outcome="abandoned", summary="Gone"),
}


@pytest.mark.parametrize("command", FACT_OF_EACH, ids=lambda command: type(command).__name__)
def test_texts_are_recorded_without_outer_blanks(command: Command) -> None:
    assert fact_of(printing(), ANN, command) == FACT_OF_EACH[command]


def test_reasons_are_recorded_without_outer_blanks() -> None:
    scene = printing()
    assert fact_of(scene, BEN, TakeOver(reason=" Ill ")) == TakenOver(reason="Ill")
    scene.do(ANN, HandOff(to=BEN))
    assert fact_of(scene, BEN, Decline(reason=" No ")) == HandoffDeclined(reason="No")


def test_decide_takes_the_state_and_nothing_else() -> None:
    scene = printing()
    command = Choose(choice="Yes")
    events = decide(scene.session, {digest(PRINTER): PRINTER}.get, command, Actor(person=ANN), scene.now)
    assert events == scene.decide(ANN, Choose(choice="1"))
