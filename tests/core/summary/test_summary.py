"""The summary of a session: what it tells, in which order, and what never gets into it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.core.excerpt import excerpt
from rflow.core.people import Person
from rflow.core.session.commands import (
    AddEvidence,
    AddNote,
    AddStep,
    AmendEntry,
    Back,
    Choose,
    Close,
    Enter,
    HandOff,
    MakeChange,
    RevertChange,
    SetBrief,
    SetWaiting,
    Skip,
)
from rflow.core.session.events import (
    Brief,
    ChangeMade,
    ChoiceMade,
    EntryAmended,
    EntryUndone,
    Event,
    EvidenceAdded,
    Fact,
    HandedOff,
    NoteAdded,
    Place,
    QuestionAsked,
    Reassigned,
    SessionClosed,
    StepAdded,
    SteppedBack,
    TreeEntered,
    TreeRef,
    Unreadable,
    WaitingSet,
)
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.summary.budget.arrange import arranged
from rflow.core.summary.budget.view import Extent, Presenter, View, widest
from rflow.core.summary.digest import digest_of
from rflow.core.summary.progress import DigestEntry, Progress, ProgressRemaining
from rflow.core.summary.summarise import summarise
from rflow.core.summary.units.tree_parts import cause_of, path_through
from rflow.core.text import one_line
from rflow.core.tree import graph
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree, digest
from support.core.builders import (
    ANN,
    BEN,
    FACTS,
    NIGHT,
    PRINTER,
    SCANNER,
    TIER2,
    Scene,
    decision,
    filled,
    free,
    looking,
    output,
    printing,
    texts_in,
    tree_of,
)
from support.core.strategies import sessions


def told(scene: Scene, **view: Any) -> Progress:
    """Summarise the session as it stands."""
    return summarise(scene.session, scene.trees, looking(**view))


def shown(scene: Scene) -> list[str]:
    """Give the steps tried, in a line each."""
    return [
        f"{step.number} {step.text} → {step.result}{' (undone)' if step.undone else ''}" for step in told(scene).tried
    ]


def test_the_header_says_who_what_and_since_when() -> None:
    scene = printing("Yes")
    scene.do(ANN, SetBrief(brief=Brief(ticket="LDS-17", customer="Town hall", severity="2")))
    header = told(scene).session
    assert (header.code, header.title, header.status, header.owner) == (
        "K7QM-2F",
        "The printer in Leeds is silent",
        "open",
        "Ann",
    )
    assert (header.ticket, header.customer, header.severity) == ("LDS-17", "Town hall", "2")
    assert header.elapsed == timedelta(hours=2, minutes=46).total_seconds()
    assert header.tree is not None
    assert header.tree.digest == digest(PRINTER)


def test_times_stand_in_the_zone_of_whoever_reads() -> None:
    progress = told(printing("Yes"))
    assert progress.session.as_of.isoformat() == "2026-03-02T06:00:00+01:00"
    assert progress.tried[0].at is not None
    assert progress.tried[0].at.isoformat() == "2026-03-02T03:16:00+01:00"


def test_what_was_not_recorded_is_absent() -> None:
    progress = told(free())
    assert (progress.ask, progress.situation, progress.impact, progress.hypothesis) == (None, None, None, None)
    assert (progress.position, progress.remaining, progress.since) == (None, None, None)
    assert (progress.tried, progress.ruled_out, progress.ahead, progress.changes) == ((), (), (), ())
    assert progress.waiting == ()
    assert (progress.session.ticket, progress.session.severity, progress.session.tree) == (None, None, None)


def test_the_position_is_the_question_with_its_choices_and_what_remains() -> None:
    progress = told(printing("Yes", "No"))
    assert progress.position is not None
    assert (progress.position.text, progress.position.choices) == (
        "Does it answer to ping?",
        ("Yes", "No", "Now and then"),
    )
    assert progress.remaining == ProgressRemaining(
        fewest=1, most=3, loops=False, ends=("Call the network team", "It prints", "Call the vendor")
    )


def test_an_action_shows_the_command_that_is_suggested() -> None:
    progress = told(printing("Yes", "Yes"))
    assert progress.position is not None
    assert (progress.position.kind, progress.position.run) == ("action", "lpstat -p leeds-2")


def test_without_its_tree_a_session_still_says_where_it_stands_and_what_was_tried() -> None:
    scene = printing("Yes", "No")
    scene.trees.clear()
    progress = told(scene)
    assert progress.position is not None
    assert (progress.position.text, progress.position.choices) == ("Does it answer to ping?", ())
    assert (progress.remaining, progress.ahead, progress.ruled_out) == (None, (), ())
    assert [step.result for step in progress.tried] == ["Yes", "No"]


def test_steps_are_numbered_in_the_order_in_which_they_were_tried() -> None:
    scene = printing("Yes")
    scene.do(ANN, AddStep(text="Knocked on it", result="Dust", happened_at=NIGHT - timedelta(hours=1)))
    scene.do(ANN, Choose(choice="No"), AddStep(text="Asked the neighbours"))
    assert shown(scene) == [
        "1 Knocked on it → Dust",
        "2 Is the printer in Leeds on? → Yes",
        "3 Does it show a paper jam? → No",
        "4 Asked the neighbours → ",
    ]


def test_a_step_without_a_known_time_stays_behind_the_one_before_it() -> None:
    scene = printing("Yes", "No")
    undated = scene.events[3]
    scene.events[3] = msgspec.structs.replace(undated, undated=True)
    scene.session = replay(scene.events, Session(id="x", code="K7QM-2F"))
    scene.do(ANN, AddStep(text="Knocked on it", happened_at=NIGHT))
    progress = told(scene)
    assert [step.text for step in progress.tried] == [
        "Knocked on it",
        "Is the printer in Leeds on?",
        "Does it show a paper jam?",
    ]
    assert progress.tried[-1].at is None


def test_an_undone_step_is_still_shown_and_marked() -> None:
    scene = printing("Yes", "Yes")
    scene.do(ANN, Back(), Choose(choice="No"))
    assert shown(scene) == [
        "1 Is the printer in Leeds on? → Yes",
        "2 Does it show a paper jam? → Yes (undone)",
        "3 Does it show a paper jam? → No",
    ]


def test_assumed_and_skipped_steps_say_so_with_their_reasons() -> None:
    scene = printing("No")
    scene.do(ANN, Skip(reason="Locked room"), Choose(choice="Yes", assume=True, reason="The caretaker says so"))
    steps = told(scene).tried
    assert [(step.skipped, step.assumed, step.reason) for step in steps] == [
        (False, False, ""),
        (True, False, "Locked room"),
        (False, True, "The caretaker says so"),
    ]


def test_each_step_says_whose_it_was() -> None:
    scene = printing("Yes")
    scene.do(ANN, HandOff(to=BEN))
    scene.do(BEN, Choose(choice="No"))
    assert [step.by for step in told(scene).tried] == ["Ann", "Ben"]


def ruled_out(scene: Scene) -> list[tuple[str, str, tuple[str, ...], bool]]:
    """Give what is ruled out: (question, answer, causes, unconfirmed)."""
    return [(one.question, one.answer, one.causes, one.unconfirmed) for one in told(scene).ruled_out]


def test_ruled_out_causes_are_shown_with_the_answer() -> None:
    assert ruled_out(printing("Yes", "Yes", "done", "No")) == [
        ("Does it show a paper jam?", "Yes", ("Call the network team",), False),
    ]


def test_what_an_assumed_answer_ruled_out_is_unconfirmed() -> None:
    scene = printing("Yes")
    scene.do(ANN, Choose(choice="Yes", assume=True, reason="The caretaker says so"))
    assert ruled_out(scene) == [("Does it show a paper jam?", "Yes", ("Call the network team",), True)]


def test_an_answer_taken_back_rules_out_nothing() -> None:
    scene = printing("Yes", "Yes")
    scene.do(ANN, Back())
    assert ruled_out(scene) == []


def test_beginning_the_tree_again_brings_everything_back_into_reach() -> None:
    scene = printing("Yes", "Yes")
    scene.do(ANN, Enter(tree=digest(PRINTER)))
    assert ruled_out(scene) == []
    scene.do(ANN, Back())
    assert len(ruled_out(scene)) == 1


def test_what_was_ruled_out_in_an_earlier_tree_stays_so() -> None:
    scene = printing("Yes", "Yes")
    scene.do(ANN, Enter(tree=digest(SCANNER)), Choose(choice="Yes"))
    assert [answer[0] for answer in ruled_out(scene)] == ["Does it show a paper jam?", "Is the lamp on?"]


def test_changes_say_how_to_revert_them_and_whether_they_were() -> None:
    scene = printing()
    scene.do(ANN, MakeChange(text="Set it to DHCP", revert="10.4.0.17"), MakeChange(text="Tray 2", revert="Tray 1"))
    scene.do(ANN, RevertChange(change=3))
    changes = [(change.seq, change.text, change.revert, change.reverted) for change in told(scene).changes]
    assert changes == [(3, "Set it to DHCP", "10.4.0.17", True), (4, "Tray 2", "Tray 1", False)]


def test_it_says_who_it_waits_for() -> None:
    scene = printing()
    scene.do(ANN, SetWaiting(until=NIGHT + timedelta(hours=4), waiting_for="the caretaker"))
    [waiting] = told(scene).waiting
    assert waiting.until is not None
    assert (waiting.text, waiting.until.isoformat()) == ("the caretaker", "2026-03-02T07:14:00+01:00")


def test_the_next_nodes_are_shown_two_levels_deep_unless_it_is_closed() -> None:
    scene = printing("Yes")
    assert {line.depth for line in told(scene).ahead} == {1, 2}
    scene.do(ANN, Close(outcome="resolved", summary="It was off"))
    progress = told(scene)
    assert progress.ahead == ()
    assert (progress.session.outcome, progress.session.closing_summary) == ("resolved", "It was off")


def test_the_time_it_took_ends_with_the_closing() -> None:
    scene = printing("Yes")
    scene.do(ANN, Close(outcome="resolved"))
    assert told(scene).session.elapsed == 180


def test_outputs_are_kept_by_their_last_ten_lines_and_those_not_asked_for_are_counted() -> None:
    scene = printing()
    for number in range(5):
        scene.do(
            ANN, AddEvidence(evidence=output("\n".join(f"line {n}" for n in range(12 + number)), label=f"{number}"))
        )
    progress = summarise(scene.session, scene.trees, msgspec.structs.replace(looking(), extent=Extent(evidence=3)))
    assert [piece.label for piece in progress.evidence] == ["2", "3", "4"]
    assert progress.evidence_more == 2
    assert [len(piece.lines) for piece in progress.evidence] == [10, 10, 10]
    assert [piece.left_out for piece in progress.evidence] == [4, 5, 6]
    assert progress.evidence[0].lines[-1] == "line 13"


def test_lines_that_the_capture_left_out_count_as_well() -> None:
    scene = printing()
    lines = [f"line {number}" for number in range(350)]
    told_of = excerpt("\n".join(lines).encode())
    cut = msgspec.structs.replace(output(told_of.text), left_out=told_of.left_out)
    scene.do(ANN, AddEvidence(evidence=cut), AddEvidence(evidence=output("  \n")))
    long, empty = told(scene).evidence
    assert (long.left_out, long.lines) == (340, tuple(lines[-10:]))
    assert (empty.left_out, empty.lines) == (0, ())


def test_notes_read_as_they_were_amended() -> None:
    scene = printing()
    scene.do(BEN, AddNote(text="It hums"), AmendEntry(target=3, text="It hums\nloudly"))
    (note,) = told(scene).notes
    assert (note.text, note.by, note.amended) == ("It hums\nloudly", "Ben", True)


def test_since_shows_later_entries_and_counts_earlier_ones() -> None:
    scene = printing("Yes")
    scene.do(ANN, AddNote(text="It hums"), AddEvidence(evidence=output("idle", label="before")))
    seen, at = scene.session.version, scene.now
    scene.do(ANN, Choose(choice="No"), AddNote(text="It clicks"), AddEvidence(evidence=output("busy", label="after")))
    progress = told(scene, since=seen, since_at=at)
    assert [(step.number, step.text) for step in progress.tried] == [(2, "Does it show a paper jam?")]
    assert [note.text for note in progress.notes] == ["It clicks"]
    assert [piece.label for piece in progress.evidence] == ["after"]
    assert (progress.earlier, progress.earlier_notes, progress.evidence_more) == (1, 1, 1)
    assert progress.since == at
    assert progress.position is not None


def test_a_long_session_shows_its_last_entries_with_their_numbers_and_counts_the_rest() -> None:
    scene = printing("Yes", "No")
    for number in range(1, 6):
        scene.do(
            ANN, AddStep(text=f"Test page {number}", result="token=abc123"), AddNote(text=f"Label {number} is blank")
        )
    progress = told(scene, entries=2)
    assert [(step.number, step.text) for step in progress.tried] == [(6, "Test page 4"), (7, "Test page 5")]
    assert [note.text for note in progress.notes] == ["Label 4 is blank", "Label 5 is blank"]
    assert (progress.earlier, progress.earlier_notes) == (5, 3)
    assert progress.changes == told(scene).changes
    assert progress.redacted == 2, "only what is shown is looked through"


def test_the_number_of_a_late_step_does_not_depend_on_how_many_are_shown() -> None:
    scene = printing("Yes", "No")
    scene.do(ANN, AddStep(text="Had switched it off", happened_at=NIGHT))
    assert told(scene).tried[0].text == "Had switched it off"
    assert told(scene, entries=2).tried == told(scene).tried[1:]


def test_the_last_entries_are_those_that_came_since_and_none_if_none_are_asked_for() -> None:
    scene = printing("Yes")
    scene.do(ANN, AddNote(text="It hums"))
    seen = scene.session.version
    scene.do(ANN, AddNote(text="It clicks"), AddNote(text="It smells"))
    assert [note.text for note in told(scene, since=seen, entries=5).notes] == ["It clicks", "It smells"]
    assert [note.text for note in told(scene, since=seen, entries=1).notes] == ["It smells"]
    assert told(scene, since=seen, entries=1).earlier_notes == 2
    nothing = told(scene, entries=0)
    assert (nothing.tried, nothing.notes, nothing.earlier, nothing.earlier_notes) == ((), (), 1, 3)


def test_an_ask_given_now_stands_before_the_recorded_one() -> None:
    scene = printing()
    scene.do(ANN, SetBrief(brief=Brief(ask="Can you check the port?")))
    assert told(scene).ask == "Can you check the port?"
    assert told(scene, ask="Can you come over?").ask == "Can you come over?"
    assert told(scene, ask="").ask is None


def test_a_handoff_shows_its_sender_and_note() -> None:
    scene = printing()
    scene.do(ANN, HandOff(to=TIER2, note="Only ping is left"))
    progress = told(scene)
    header, [handover] = progress.session, progress.handovers
    assert (header.status, header.owner, header.handed_off_by) == ("handed_off", "@tier2", "Ann")
    assert (handover.word, handover.to, handover.text) == ("handed off", "@tier2", "Only ping is left")


def test_it_says_how_to_go_on() -> None:
    assert told(printing()).resume.command == "rflow resume K7QM-2F"
    linked = told(printing(), link="https://leeds.example/s/abc", link_expires=NIGHT).resume
    assert (linked.link, linked.link_expires) == ("https://leeds.example/s/abc", NIGHT)
    without_code = Scene(code="")
    without_code.events = printing().events
    without_code.session = replay(without_code.events, without_code.session)
    assert told(without_code).resume.command == "rflow import FILE"


def test_entries_that_can_not_be_read_are_counted() -> None:
    scene = printing()
    scene.session = replay([Unreadable(seq=9, reason="newer", raw=b"{}")], scene.session)
    assert told(scene).unreadable == 1


def test_hidden_values_are_counted_where_they_are_shown_and_not_elsewhere() -> None:
    scene = printing()
    scene.do(ANN, AddStep(text="Set password=hunter2"), AddNote(text="token=abc123"))
    seen = scene.session.version
    scene.do(ANN, AddNote(text="nothing secret"))
    assert told(scene).redacted == 2
    assert told(scene, since=seen).redacted == 0
    assert told(scene, redact=False).redacted == 0


@given(sessions())
def test_every_session_can_be_summarised_with_and_without_its_trees(scene: Scene) -> None:
    for trees in (scene.trees, {}):
        progress = summarise(scene.session, trees, looking())
        assert [step.number for step in progress.tried] == list(range(1, len(scene.session.steps) + 1))
        assert msgspec.json.decode(msgspec.json.encode(progress), type=Progress) == progress
        assert "hunter2" not in repr(progress)
        assert msgspec.json.encode(arranged(msgspec.structs.replace(progress, brief=True)))


@given(sessions(), st.integers(0, 8))
def test_of_every_session_the_last_entries_are_the_end_of_all_of_them(scene: Scene, most: int) -> None:
    """What is pinned or has a short form is there as well, and so are warnings and assumptions."""
    whole, last = (summarise(scene.session, scene.trees, looking(entries=n)) for n in (None, most))
    ends = whole.tried[max(len(whole.tried) - most, 0) :]
    assert last.tried == tuple(step for step in whole.tried if step in ends or step.pinned or step.short)
    valid = [sum(not step.undone for step in progress.tried) for progress in (whole, last)]
    assert last.earlier == valid[0] - valid[1]
    assert last.earlier_notes == len(whole.notes) - len(last.notes)


def test_the_outline_is_shown_only_where_it_is_wanted() -> None:
    scene = printing()
    wide = summarise(scene.session, scene.trees, looking(outline=True))
    assert wide.outline
    assert Extent().limit(wide) == msgspec.structs.replace(wide, outline=())
    assert widest([Extent(entries=3), Extent(entries=None, outline=True)]) == Extent(entries=None, outline=True)


@pytest.mark.parametrize("view", [looking(), looking(entries=1)])
def test_the_same_view_counts_the_hidden_values_anew_for_each_summary(view: View) -> None:
    scene = printing()
    scene.do(ANN, AddStep(text="Set password=hunter2"))
    assert [summarise(scene.session, scene.trees, view).redacted for _ in range(3)] == [1, 1, 1]
    assert digest_of([scene.session], view, None).redacted == 1


def test_a_secret_is_hidden_and_counted_each_time_and_a_name_is_the_same_each_time() -> None:
    presenter = Presenter(looking())
    assert [presenter.line("set password=hunter2") for _ in range(2)] == ["set password=[redacted]"] * 2
    assert [presenter.line(" Ann \u202e Example ") for _ in range(2)] == ["Ann Example"] * 2
    assert [presenter.line(""), presenter.text("")] == ["", ""]
    assert presenter.redacted == 2


def test_a_view_can_not_be_changed_once_it_is_made() -> None:
    view = looking()
    with pytest.raises(AttributeError):
        view.since = 3  # type: ignore[misc]


def test_whether_the_tree_has_a_newer_version_is_passed_on() -> None:
    scene = printing()
    headers = [summarise(scene.session, scene.trees, looking(), tree_changed=it).session for it in (True, False, None)]
    assert [header.tree and header.tree.changed for header in headers] == [True, False, None]


@given(sessions())
def test_what_is_ruled_out_follows_from_the_whole_path(scene: Scene) -> None:
    paths = [
        (tree, path_through(scene.session, key)) for key, tree in scene.trees.items() if key in scene.session.trees
    ]
    wanted = [
        (tree.nodes[answer.node].text, answer.label, answer.unconfirmed)
        for tree, path in paths
        for answer in graph.ruled_out(tree, path)
        if {cause_of(tree.nodes[name]) for name in answer.ends} - _possible(tree, path)
    ]
    found = summarise(scene.session, scene.trees, looking()).ruled_out
    assert sorted((told.question, told.answer, told.unconfirmed) for told in found) == sorted(wanted)
    assert all(told.causes for told in found)


def _possible(tree: Tree, path: list[graph.Turn]) -> set[str]:
    """Return the causes that can still be it, and "" for ends without one."""
    gone = {name for answer in graph.ruled_out(tree, path) for name in answer.ends}
    return {"", *(cause_of(node) for name, node in tree.nodes.items() if name not in gone)}


# Hostile texts in every field, as an imported record may hold them

CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff\ud800-\udfff]"
)
HOSTILE = "\x1b]52;c;aGk=\x07\x9b2J\u202e{path}\u2066\r\x00\ud800\u200f\u061c\x85\u2028 password=hunter2 {path}"


def everything(text: Callable[[str], str]) -> tuple[Session, dict[str, Tree]]:
    """Make a session with all kinds of events, and its tree, with `text` in every field that holds a text."""

    def ask(yes: str, no: str) -> Decision:
        choices = (Choice(label=text("yes"), to=text(yes)), Choice(label=text("no"), to=text(no)))
        return Decision(text=text("question"), choices=choices, help=text("help"), run=text("run"))

    nodes: dict[str, Node] = {
        text("first"): ask("second", "end"),
        text("second"): ask("act", "stuck"),
        text("act"): Action(text=text("action"), to=text("stuck"), help=text("help"), run=text("run")),
        text("end"): End(text=text("an end"), outcome="resolved", cause=text("an end cause")),
        text("stuck"): End(text=text("another end"), outcome="escalate"),
    }
    tree = Tree(id=text("tree id"), title=text("tree title"), start=text("first"), nodes=nodes)
    given: dict[str, Any] = {
        "tree": TreeRef(id=text("tree id"), title=text("tree title"), digest=text("digest")),
        "place": Place(node=text("first"), kind="decision", text=text("place")),
        "node": text("first"),
        "label": text("yes"),
        "to": Place(node=text("second"), kind="decision", text=text("question")),
    }
    facts: list[Fact] = []
    for kind in FACTS:
        if kind in (QuestionAsked, Reassigned):
            facts.append(filled(kind, text))
        elif kind not in (SessionClosed, SteppedBack, HandedOff, EntryUndone):
            facts.append(filled(kind, text, **given, change=99))
    shown = [
        seq for seq, fact in enumerate(facts, 1) if isinstance(fact, NoteAdded | StepAdded | ChangeMade | WaitingSet)
    ]
    forms = {"short": text("short"), "short_revert": text("short revert")}
    facts += [EntryAmended(target=seq, texts=forms) for seq in shown]
    facts += [filled(TreeEntered, text, **given), filled(ChoiceMade, text, **given), filled(HandedOff, text)]
    by = Person(id="eve", name=text("by"))
    events = [Event(seq=n, at=NIGHT, by=by, fact=fact, command_id=text("id")) for n, fact in enumerate(facts, 1)]
    return replay(events, Session(id=text("session id"), code=text("code"))), {text("digest"): tree}


def hostile(path: str) -> str:
    """Make a text that attacks the terminal, the reader's eyes and the line it stands in, and holds a secret."""
    return HOSTILE.format(path=path)


def views() -> list[Callable[[], View]]:
    """Look at everything, and at what came since."""
    return [
        lambda: looking(outline=True),
        lambda: looking(since=3, since_at=NIGHT, ask=hostile("ask")),
    ]


@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("view", views())
def test_nothing_uncleaned_and_no_secret_gets_into_a_summary(view: Callable[[], View], close: bool) -> None:
    session, trees = everything(hostile)
    if close:
        fact = SessionClosed(outcome="resolved", summary=hostile("summary"))
        session = replay([Event(seq=session.version + 1, at=NIGHT, by=ANN, fact=fact)], session)
    progress = summarise(session, trees, view())
    brief = arranged(msgspec.structs.replace(progress, brief=True))
    for part in (progress, brief, digest_of([session], view(), None)):
        for path, text in texts_in(part):
            assert not CONTROL.search(text), path
            if path not in NEVER_HIDDEN:
                assert "hunter2" not in text.replace(one_line(session.code), ""), path


NEVER_HIDDEN = {
    *("session.id", "session.code", "session.tree.digest", "resume.command"),  # made by rflow; the reader needs them
    *("sessions.0.code",),
}


def test_the_hostile_session_fills_every_field_of_a_summary() -> None:
    """Else the test above proves nothing about the fields that it left empty."""
    session, trees = everything(lambda path: path)
    view = looking(link="https://leeds.example", link_expires=NIGHT, since_at=NIGHT, ask="ask", outline=True)
    progress = summarise(session, trees, view)
    empty = {path for path, value in fields_of(progress) if value in (None, "", ())}
    assert empty <= {
        *("session.outcome", "session.closing_summary", "session.tree.changed", "since_position", "earlier_notes"),
        "redacted_kinds",
        *("sections.entries.below", "notes.about", "notes.settled", "questions.replies"),  # shown in test_sections.py
        *(
            "ask_by",
            "ask_at",
            "situation_at",
            "situation_before",
            "impact_before",
            "changes.later",
            "changes.reverted_at",
            "changes.then",
            "tried.instead",
            "tried.settled",
            "waiting.by",
            "handovers.contingencies",
        ),
    }


def fields_of(value: object, path: str = "") -> list[tuple[str, object]]:
    """Walk the fields of a struct; of a tuple, a field counts as filled where it is in one of the entries."""
    if isinstance(value, msgspec.Struct):
        names = value.__struct_fields__
        return [pair for name in names for pair in fields_of(getattr(value, name), f"{path}.{name}".strip("."))]
    if isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
        merged: dict[str, object] = {}
        for item in value:
            for name, inner in fields_of(item, path):
                merged[name] = merged.get(name) or inner
        return list(merged.items())
    return [(path, value)]


def test_a_text_of_one_line_stays_on_one_line() -> None:
    session, trees = everything(lambda path: f"{path}\nand a second line")
    progress = summarise(session, trees, looking())
    several = {
        *("text", "result", "reason", "revert", "help", "run", "ask", "situation", "impact", "hypothesis"),
        *("lines", "settled", "then", "0", "1"),
    }
    for path, text in texts_in(progress):
        if "\n" in text:
            assert path.rpartition(".")[2] in several, path
    for path, text in texts_in(digest_of([session], looking(), None)):
        if "\n" in text:
            assert path.rpartition(".")[2] in {"ask", "text"} or ".lines." in path, path
    assert progress.position is not None
    assert "\n" not in progress.position.text


# The digest


def listed(scene: Scene) -> DigestEntry:
    """Return a session's entry in a digest."""
    return digest_of([scene.session], looking(), None).sessions[0]


def test_a_digest_shows_each_session_in_a_few_lines() -> None:
    scene = printing("Yes")
    scene.do(ANN, Choose(choice="Yes"), Skip(reason="Locked room"))
    scene.do(ANN, MakeChange(text="DHCP", revert="Fixed"), SetWaiting(waiting_for="the caretaker"))
    entry = listed(scene)
    assert (entry.code, entry.position, entry.steps, entry.changes) == ("K7QM-2F", "Does it print now?", 3, 1)
    assert entry.last == "Clear the jam: skipped, Locked room"
    assert entry.waiting is not None
    assert "In place: DHCP (03:19). Revert: Fixed" in entry.lines
    assert "Waiting: the caretaker" in entry.lines
    assert digest_of([scene.session], looking(), "Ann").of == "Ann"


def test_a_digest_passes_over_what_was_taken_back_and_copes_with_nothing_tried() -> None:
    scene = printing("Yes", "Yes")
    scene.do(ANN, Back())
    assert listed(scene).last == "Is the printer in Leeds on? Yes"
    assert listed(free()).last is None


def test_a_digest_hides_secrets_before_it_cuts() -> None:
    scene = free()
    scene.do(ANN, AddStep(text="x" * 140 + " password=hunter2-and-a-long-tail-that-is-cut"))
    shift = digest_of([scene.session], looking(), None)
    assert "hunter2" not in repr(shift)
    assert shift.redacted == 1


WIDE = tree_of(
    {
        "ask": decision("Which?", A="a", B="b"),
        "a": End(text="A", outcome="resolved"),
        "b": End(text="B", outcome="resolved"),
    }
)


def test_a_position_missing_from_its_tree_is_still_shown() -> None:
    scene = printing("Yes")
    scene.trees = dict.fromkeys(scene.trees, WIDE)
    progress = told(scene)
    assert progress.position is not None
    assert progress.position.text == "Does it show a paper jam?"
    assert (progress.remaining, progress.ahead, progress.ruled_out) == (None, (), ())


def test_evidence_keeps_how_it_ended_and_how_long_it_took() -> None:
    scene = printing()
    piece = msgspec.structs.replace(output("timeout"), exit_code=-9, duration=12.5, host="print-01")
    scene.do(ANN, AddEvidence(evidence=piece))
    (shown_piece,) = told(scene).evidence
    assert isinstance(piece, EvidenceAdded)
    assert (shown_piece.exit_code, shown_piece.duration, shown_piece.host) == (-9, 12.5, "print-01")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Escalate to second-level support", ""),
        ("An den Second Level eskalieren", ""),
        ("Escalate: the network cards of the server", "Escalate: the network cards of the server"),
        ("A firewall rejects", "A firewall rejects"),
    ],
)
def test_an_end_that_only_escalates_names_no_cause(text: str, cause: str) -> None:
    assert cause_of(End(text=text, outcome="escalate")) == cause
