"""The contract of `Workspace` and `Administration`: every method, its effects, its errors.

Only the ports' methods, ids and plain values are used, so that a workspace over a network passes the same tests.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.session import commands as c
from rflow.core.session import events as e
from rflow.core.session.commands import Command
from rflow.core.session.events import Brief, Contingency, Event, NoteAdded, SessionStarted, Stored, Unreadable
from rflow.core.session.head import Query
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.sharing import Share, ShareWish
from rflow.core.tokens import is_token
from rflow.core.tree.model import End, Tree, canonical, digest
from rflow.errors import BadInput, NotAllowed, NotFound, RflowError, SessionMoved, UsageProblem
from rflow.ports.values import Incoming, Sent
from rflow.ports.workspace import Workspace
from support.stores.faults import quick_folder
from support.stores.stories import ANA, BEN, CHLOE, LPSTAT, LPSTAT_DIGEST, PRINTER, events, evidence, whole_story
from support.workspaces import LEEDS, PARAMETERS, WORKSPACES, YORK, Office

TREE, TREE_DATA = digest(PRINTER), canonical(PRINTER)
SCANNER = Tree(id="scanner", title="A scanner", start="end", nodes={"end": End(text="Replace it", outcome="escalate")})
ID = "019a4711-0000-7000-8000-000000000001"


@pytest.fixture(params=PARAMETERS)
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """People in Leeds and York at a new store, behind every implementation of the ports."""
    for folder in quick_folder(tmp_path_factory):
        yield from WORKSPACES[str(request.param)](folder)


@pytest.fixture
def ana(office: Office) -> Workspace:
    """What Ana, a member in Leeds, can do; a lead has published a tree there."""
    office.at("chloe").add_tree(TREE_DATA, LEEDS)
    return office.at("ana")


def started(workspace: Workspace, title: str = "Label printer in Leeds prints nothing", **more: Any) -> Sent:
    """Start a session in Leeds."""
    return workspace.start(c.Start(title=title, space=more.pop("space", LEEDS), **more))


def state(workspace: Workspace, session_id: str) -> Session:
    """Return a session as the workspace has it now."""
    return workspace.load(session_id).session


def facts(events: tuple[Stored, ...]) -> list[str]:
    """Return the kinds of the facts in events."""
    return [type(event.fact).__name__ for event in events if isinstance(event, Event)]


def error_of(workspace: Workspace, session_id: str, command: Command) -> str:
    """Return the error of a command, which a check raises too, and which writes nothing."""
    before = workspace.version(session_id)
    said = [refusal(attempt, session_id, command) for attempt in (workspace.check, workspace.send)]
    assert [(type(error), str(error)) for error in said] == [(type(said[0]), str(said[0]))] * 2
    assert workspace.version(session_id) == before
    return str(said[0])


def refusal(call: Callable[..., object], *arguments: object) -> RflowError:
    """Return the error that a call raises."""
    with pytest.raises(RflowError) as caught:
        call(*arguments)
    return caught.value


# What a workspace is


def test_a_workspace_says_who_acts_at_which_store_and_what_time_it_is(ana: Workspace) -> None:
    assert ana.actor.person == ANA
    assert ana.about.url
    assert ana.about.kind
    assert ana.now().tzinfo is not None


# Starting


def test_a_session_that_was_started_is_found_listed_and_loaded_by_everybody_in_its_space(
    ana: Workspace, office: Office
) -> None:
    sent = started(ana, brief=Brief(customer="Harrow Foods"), tree=TREE)
    assert facts(sent.events) == ["SessionStarted", "TreeEntered"]
    assert (sent.entry, sent.tail, sent.reload) == (1, sent.events, False)
    ben = office.at("ben")
    assert ben.find(sent.code).id == ben.find(sent.session[:-4]).id == sent.session
    assert [head.customer for head in ben.heads(Query()).heads] == ["Harrow Foods"]
    assert ben.version(sent.session) == 2
    assert tuple(ben.load(sent.session).events) == sent.events
    session = state(ben, sent.session)
    assert (session.space, session.owner, session.place and session.place.node) == (LEEDS, ANA, "lamp")


def test_starting_again_after_a_lost_answer_starts_nothing(ana: Workspace, office: Office) -> None:
    first = started(ana, command_id="start-1")
    ana.send(first.session, c.AddNote(text="It hums"))
    again = started(office.at("ana"), command_id="start-1")
    assert (again.session, again.code, again.events, again.entry) == (first.session, first.code, (), 1)
    assert facts(again.tail) == ["SessionStarted", "NoteAdded"]
    assert started(office.at("ben"), command_id="start-1").session != first.session
    assert len(ana.heads(Query()).heads) == 2


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (c.Start(title=" ", space=LEEDS), UsageProblem),
        (c.Start(title="Printer", space="hull"), NotFound),
        (c.Start(title="Printer", space=LEEDS, tree="0" * 64), NotFound),
        (c.Start(title="Printer", space=YORK, tree=TREE), NotFound),
    ],
    ids=["no title", "unknown space", "unknown tree", "tree of another space"],
)
def test_a_session_that_can_not_start_leaves_nothing(command: c.Start, error: type[RflowError], ana: Workspace) -> None:
    with pytest.raises(error):
        ana.start(command)
    assert ana.heads(Query()).heads == ()


# Finding, listing, loading


@pytest.mark.parametrize("reference", ["ZZZZ-ZZ", "", "-", " ", "019", "%", "\ud800"])
def test_a_reference_that_means_no_session_is_not_found(reference: str, ana: Workspace) -> None:
    with pytest.raises(NotFound):
        ana.find(reference)


def test_a_reference_that_means_several_sessions_names_them(ana: Workspace) -> None:
    codes = [started(ana, title).code for title in ("Printer", "Scanner")]
    beginning = ana.find(codes[0]).id[:3]
    with pytest.raises(UsageProblem) as caught:
        ana.find(beginning)
    assert all(code in str(caught.value) for code in codes)


def test_lists_are_narrowed_down_and_come_in_pages(ana: Workspace, office: Office) -> None:
    sessions = [started(ana, f"Printer {number}", tree=TREE if number else "").session for number in range(3)]
    started(office.at("ben"), "Scanner")
    mine = Query(owner=ANA.id, limit=2)
    page = ana.heads(mine)
    rest = ana.heads(replace(mine, after=page.after))
    assert [head.id for head in (*page.heads, *rest.heads)] == sessions[::-1]
    assert rest.after is None
    assert [head.id for head in ana.heads(Query(tree=PRINTER.id)).heads] == [sessions[2], sessions[1]]
    assert ana.heads(Query(spaces=(YORK,))).heads == ()
    with pytest.raises(UsageProblem):
        ana.heads(Query(after="page 2"))


def test_what_came_after_a_version_is_loaded_alone(ana: Workspace) -> None:
    session = started(ana, tree=TREE).session
    note = ana.send(session, c.AddNote(text="It hums"))
    log = ana.load(session, after=2)
    assert (tuple(log.events), log.after, log.space) == (note.events, 2, LEEDS)
    assert tuple(ana.load(session, after=3).events) == ()


def test_a_session_that_is_not_there_has_no_version_and_is_not_found(ana: Workspace) -> None:
    assert ana.version(ID) is None
    with pytest.raises(NotFound):
        ana.load(ID)
    with pytest.raises(NotFound):
        ana.content(ID, LPSTAT_DIGEST)
    assert "no such session" in error_of(ana, ID, c.AddNote(text="It hums"))
    with pytest.raises(NotFound):
        ana.delete(ID)


# Commands

STORY: tuple[tuple[str, Command, str], ...] = (
    ("ana", c.Choose(choice="Green"), "ChoiceMade"),
    ("ana", c.Done(result="12 jobs gone"), "ActionDone"),
    ("ana", c.Back(), "SteppedBack"),
    ("ana", c.Skip(reason="done before"), "StepSkipped"),
    ("ben", c.AddStep(text="Printed from its web page"), "StepAdded"),
    ("ben", c.AddNote(text="It hums"), "NoteAdded"),
    ("ben", c.AmendEntry(target=8, text="It hums loudly"), "EntryAmended"),
    ("ben", c.Pin(targets=(8,)), "Pinned"),
    ("ben", c.Unpin(targets=(8,)), "Unpinned"),
    ("ben", c.Undo(), "EntryUndone"),
    ("ana", c.AddNote(text="The roll is right", kind="assumption"), "NoteAdded"),
    ("ben", c.SettleAssumption(target=13, text="It is 102 mm"), "AssumptionSettled"),
    ("ben", c.FlagNode(text="There is a third lamp"), "NodeFlagged"),
    ("ben", c.AskQuestion(to=CHLOE, text="Who orders rolls?"), "QuestionAsked"),
    ("chloe", c.ReplyQuestion(target=16, text="The warehouse"), "QuestionReplied"),
    ("ben", c.AddEvidence(evidence=replace(evidence(LPSTAT), digest="", bytes_kept=0)), "EvidenceAdded"),
    ("ana", c.SetBrief(brief=Brief(severity="2")), "BriefSet"),
    ("ana", c.MakeChange(text="Paused the queue", revert="cupsenable leeds"), "ChangeMade"),
    ("ana", c.RevertChange(change=20), "ChangeReverted"),
    ("ana", c.SetWaiting(waiting_for="the vendor"), "WaitingSet"),
    ("ben", c.RecordShared(format="teams", destination="clipboard", through=22), "ProgressShared"),
    ("ana", c.HandOff(to=BEN, contingencies=(Contingency(condition="a call", action="ask"),)), "HandedOff"),
    ("ben", c.Decline(reason="on another incident"), "HandoffDeclined"),
    ("ana", c.HandOff(to=BEN), "HandedOff"),
    ("ana", c.CancelHandoff(), "HandoffCancelled"),
    ("ana", c.HandOff(to=BEN), "HandedOff"),
    ("ben", c.Accept(read_back="Blank labels"), "HandoffAccepted"),
    ("ana", c.TakeOver(reason="Ben went off shift"), "TakenOver"),
    ("chloe", c.Reassign(to=BEN, reason="Ana is on leave"), "Reassigned"),
    ("ben", c.Enter(tree=digest(SCANNER)), "TreeEntered"),
    ("ben", c.Close(outcome="resolved"), "SessionClosed"),
    ("ben", c.Reopen(), "SessionReopened"),
    ("ben", c.RedactText(target=7), "TextRedacted"),
    ("ben", c.Shorten(forms=(c.ShortForm(target=8, text="hums"),)), "EntryAmended"),
)
"""A night in which everybody sends a command of every kind, with the fact that it brings."""
NOT_SENT = {c.Start, c.Delete, c.ExpireHandoff}


def test_a_command_of_every_kind_is_carried_out_and_everybody_sees_it(ana: Workspace, office: Office) -> None:
    assert {type(command) for _, command, _ in STORY} | NOT_SENT == set(get_args(Command))
    office.at("chloe").add_tree(canonical(SCANNER), LEEDS)
    sent = started(ana, tree=TREE)
    session = sent.session
    known = {name: Session(id=session, code=sent.code) for name in ("ana", "ben", "chloe")}
    for name, command, fact in STORY:
        workspace = office.at(name)
        workspace.check(session, command)
        sent = workspace.send(session, command, None, known[name].version)
        assert facts(sent.events) == [fact], command
        assert sent.events[-1].by == workspace.actor.person
        assert sent.entry == sent.events[-1].seq
        whole = state(workspace, session)
        known[name] = whole if sent.reload else replay(sent.tail, known[name])
        assert known[name] == whole
    assert [head.version for head in ana.heads(Query()).heads] == [len(STORY) + 2]


def test_a_command_sent_again_changes_nothing_and_returns_what_it_brought(ana: Workspace, office: Office) -> None:
    session = started(ana).session
    command = c.AddNote(text="It hums", command_id="note-1", pin=True)
    first = ana.send(session, command)
    office.at("ben").send(session, c.AddNote(text="It stopped"))
    again = office.at("ana").send(session, command, None, known=3)
    assert facts(first.events) == ["NoteAdded", "Pinned"]
    assert (again.events, again.entry, facts(again.tail)) == ((), first.entry, ["NoteAdded"])
    assert ana.version(session) == 4


def test_a_move_on_what_somebody_else_moved_is_a_conflict(ana: Workspace) -> None:
    session = started(ana, tree=TREE).session
    ana.send(session, c.Choose(choice="Green", seen=2))
    ana.send(session, c.AddNote(text="It hums"))
    assert "has moved" in error_of(ana, session, c.Done(seen=2))
    with pytest.raises(SessionMoved):
        ana.send(session, c.Close(outcome="resolved", seen=2))
    assert ana.send(session, c.Done(seen=3)).steered == 3


def test_a_value_that_somebody_else_replaced_is_a_conflict_that_shows_it(ana: Workspace) -> None:
    session = started(ana).session
    ana.send(session, c.SetBrief(brief=Brief(ask="Check the port")))
    said = error_of(ana, session, c.SetBrief(brief=Brief(ask="Send a roll"), replaces=Brief(ask="")))
    assert "Check the port" in said


def test_two_who_saw_the_same_both_get_their_notes_in(ana: Workspace, office: Office) -> None:
    session = started(ana).session
    ben = office.at("ben")
    ana.load(session)
    ben.load(session)
    ana.send(session, c.AddNote(text="It hums"), None, known=1)
    sent = ben.send(session, c.AddNote(text="It blinks"), None, known=1)
    assert [event.seq for event in sent.tail] == [2, 3]
    assert [event.seq for event in sent.events] == [3]


@pytest.mark.parametrize("fresh", [True, False], ids=["loaded before", "loaded now"])
def test_who_knows_a_text_that_was_removed_is_asked_to_load_again(fresh: bool, ana: Workspace, office: Office) -> None:
    session = started(ana).session
    ana.send(session, c.AddNote(text="The password is sesame"))
    ben = office.at("ben")
    ben.load(session)
    ana.send(session, c.RedactText(target=2))
    if not fresh:
        ben.load(session)
    assert ben.send(session, c.AddNote(text="It hums"), None, known=2).reload
    assert not ben.send(session, c.AddNote(text="It hums"), None, known=4).reload


def test_a_text_that_was_removed_is_gone_with_its_content(ana: Workspace) -> None:
    session = started(ana).session
    ana.send(session, c.AddEvidence(evidence=evidence(LPSTAT)), {LPSTAT_DIGEST: LPSTAT})
    ana.send(session, c.RedactText(target=2, command_id="redact-1"))
    assert ana.send(session, c.RedactText(target=2, command_id="redact-1")).events == ()
    assert "leeds-labels" not in str(ana.load(session).events)
    with pytest.raises(NotFound):
        ana.content(session, LPSTAT_DIGEST)


def test_a_text_that_somebody_else_s_wait_brought_is_not_removed_from_both(ana: Workspace, office: Office) -> None:
    session = started(ana).session
    plan = (Contingency(condition="the password is sesame", action="log in"),)
    ana.send(session, c.SetWaiting(waiting_for="Bob: x", contingencies=plan))
    ben, chloe = office.at("ben"), office.at("chloe")
    ben.send(session, c.TakeOver(reason="Ana is off"))
    ben.send(session, c.SetWaiting(waiting_for="Bob: y"))
    chloe.send(session, c.TakeOver(reason="Ben is off"))
    chloe.send(session, c.SetWaiting(waiting_for="Bob: z"))
    ben.send(session, c.RedactText(target=4))
    left = {event.seq: str(event) for event in ana.load(session).events}
    assert "Bob: y" not in str(left), "one's own text goes, with the copy of the other"
    assert [seq for seq, event in left.items() if "sesame" in event] == [2, 6], "what the other said stays theirs"
    ana.send(session, c.RedactText(target=2))
    assert "sesame" not in str(ana.load(session).events)
    ben.send(session, c.RedactText(target=4))


def test_a_wait_that_only_repeats_somebody_else_s_is_not_removed(ana: Workspace, office: Office) -> None:
    session = started(ana).session
    ana.send(session, c.SetWaiting(waiting_for="Bob: x"))
    ben, chloe = office.at("ben"), office.at("chloe")
    ben.send(session, c.TakeOver(reason="Ana is off"))
    ben.send(session, c.SetWaiting(waiting_for="Bob: x"))
    chloe.send(session, c.TakeOver(reason="Ben is off"))
    with pytest.raises(NotAllowed, match="Entry 4 only repeats texts of entry 2, which is not yours"):
        ben.send(session, c.RedactText(target=4))
    chloe.send(session, c.RedactText(target=4))
    assert "Bob: x" not in str(ana.load(session).events)


@pytest.mark.parametrize(
    "command",
    [
        c.AddNote(text=""),
        c.AddNote(text="x" * 65 * 1024),
        c.Done(),
        c.Pin(targets=(99,)),
        c.HandOff(to=person("@")),
        c.Start(title="Another", space=LEEDS),
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_command_that_makes_no_sense_is_refused_and_writes_nothing(command: Command, ana: Workspace) -> None:
    assert error_of(ana, started(ana, tree=TREE).session, command)


# Contents


def test_the_content_of_evidence_comes_back_byte_for_byte(ana: Workspace, office: Office) -> None:
    session = started(ana).session
    content = bytes(range(256)) * 500
    name = sha256(content).hexdigest()
    ana.send(session, c.AddEvidence(evidence=evidence(content)), {name: content})
    assert office.at("ben").content(session, name) == content
    with pytest.raises(NotFound):
        ana.content(session, LPSTAT_DIGEST)


@pytest.mark.parametrize(
    ("command", "contents"),
    [
        (c.AddEvidence(evidence=evidence(LPSTAT)), {LPSTAT_DIGEST: b"something else"}),
        (c.AddEvidence(evidence=evidence(b"other")), {LPSTAT_DIGEST: LPSTAT}),
        (c.AddNote(text="It hums"), {LPSTAT_DIGEST: LPSTAT}),
    ],
    ids=["not what its digest says", "of no evidence", "with a note"],
)
def test_a_content_that_does_not_belong_to_the_command_is_refused(
    command: Command, contents: dict[str, bytes], ana: Workspace
) -> None:
    session = started(ana).session
    with pytest.raises(BadInput):
        ana.send(session, command, contents)
    assert ana.version(session) == 1


# Deleting


def test_a_deleted_session_is_gone_with_its_links(ana: Workspace) -> None:
    sent = started(ana)
    share = ana.create_share(ShareWish(session=sent.session)).share
    ana.delete(sent.session)
    assert ana.version(sent.session) is None
    assert ana.heads(Query()).heads == ()
    with pytest.raises(NotFound):
        ana.find(sent.code)
    with pytest.raises(NotFound):
        ana.share(share.id)


def test_a_session_is_deleted_by_its_owner_or_a_lead_and_by_no_command(ana: Workspace, office: Office) -> None:
    first, second = started(ana).session, started(ana).session
    with pytest.raises(NotAllowed):
        office.at("ben").delete(first)
    with pytest.raises(UsageProblem):
        ana.send(first, c.Delete())
    assert ana.version(first) == 1
    ana.delete(first)
    office.at("chloe").delete(second)


# Importing


def incoming(story: list[Event], session_id: str = ID, **more: Any) -> Incoming:
    """Return a session that was read from a file, with what it needs."""
    trees = {TREE: TREE_DATA} if any(isinstance(event.fact, e.TreeEntered) for event in story) else {}
    contents = {LPSTAT_DIGEST: LPSTAT} if any(isinstance(event.fact, e.EvidenceAdded) for event in story) else {}
    parts: dict[str, Any] = {"code": "K7QM-2F", "events": tuple(story), "trees": trees, "contents": contents}
    return Incoming(id=session_id, **{**parts, **more})


def leeds_story() -> list[Event]:
    """Return the story of every kind of fact, as one of Leeds."""
    first, *rest = whole_story()
    assert isinstance(first.fact, SessionStarted)
    return [replace(first, fact=replace(first.fact, space=LEEDS)), *rest]


def test_an_import_keeps_every_event_tree_and_content(ana: Workspace) -> None:
    planned = ana.plan_import(incoming(leeds_story()))
    assert (planned.outcome, ana.heads(Query()).heads) == ("new", ())
    done = ana.import_session(incoming(leeds_story()))
    assert done.outcome == "new"
    assert list(ana.load(done.session).events) == leeds_story()
    assert ana.tree(TREE) == TREE_DATA
    assert ana.content(done.session, LPSTAT_DIGEST) == LPSTAT


def test_who_sees_every_session_keeps_id_and_code_of_an_import(office: Office) -> None:
    admin = office.at("admin")
    done = admin.import_session(incoming(leeds_story()))
    assert (done.session, done.code) == (ID, "K7QM-2F")
    diverged = admin.import_session(incoming(events([leeds_story()[0].fact, NoteAdded(text="It hums")])))
    assert diverged.outcome == "diverged"
    assert diverged.session != ID
    assert diverged.code != "K7QM-2F"


def test_an_import_of_the_same_file_changes_nothing_and_a_longer_one_extends(ana: Workspace) -> None:
    story = leeds_story()
    done = ana.import_session(incoming(story[:10]))
    again = ana.import_session(incoming(story[:8]))
    assert (again.outcome, again.session, again.code) == ("unchanged", done.session, done.code)
    planned = ana.plan_import(incoming(story[:15]))
    longer = ana.import_session(incoming(story[:15]))
    assert (longer.outcome, longer.session, list(longer.events)) == ("extended", done.session, story[10:15])
    assert planned == longer
    assert list(ana.load(done.session).events) == story[:15]


def test_an_import_that_changes_the_owner_needs_a_yes(ana: Workspace) -> None:
    story = leeds_story()
    done = ana.import_session(incoming(story[:14]))
    assert facts(ana.plan_import(incoming(story[:16])).ownership) == ["HandedOff"]
    with pytest.raises(NotAllowed):
        ana.import_session(incoming(story[:16]))
    assert ana.version(done.session) == 14
    ana.import_session(incoming(story[:16]), accept_ownership=True)
    assert state(ana, done.session).owner == BEN


def test_a_session_that_went_on_differently_becomes_a_new_one(ana: Workspace) -> None:
    done = ana.import_session(incoming(leeds_story()[:10]))
    other = ana.import_session(incoming([*leeds_story()[:9], events([NoteAdded(text="x")] * 10)[9]]))
    assert (other.outcome, other.session != done.session) == ("diverged", True)
    assert ana.version(done.session) == ana.version(other.session) == 10


def test_a_member_may_not_add_to_the_session_of_another_from_a_file(ana: Workspace, office: Office) -> None:
    done = ana.import_session(incoming(leeds_story()[:10]))
    for workspace in (office.at("ben"),):
        with pytest.raises(NotAllowed):
            workspace.import_session(incoming(leeds_story()), accept_ownership=True)
    assert ana.version(done.session) == 10
    assert office.at("chloe").import_session(incoming(leeds_story()), accept_ownership=True).outcome == "extended"


@pytest.mark.parametrize(
    "damaged",
    [
        incoming([]),
        incoming(leeds_story()[1:]),
        incoming([*leeds_story()[:3], *leeds_story()[4:]]),
        incoming([*leeds_story()[:3], replace(leeds_story()[0], seq=4)]),
        incoming(leeds_story(), "../../etc"),
        incoming(leeds_story(), events=(*leeds_story()[:3], Unreadable(seq=4, reason="newer", raw=b"{}"))),
        incoming(leeds_story(), trees={TREE: b"{}"}),
        incoming(leeds_story(), trees={digest(SCANNER): canonical(SCANNER)}),
        incoming(leeds_story(), contents={LPSTAT_DIGEST: b"something else"}),
        incoming(leeds_story(), contents={sha256(b"x").hexdigest(): b"x"}),
    ],
    ids=["empty", "no start", "a gap", "two starts", "id", "newer", "tree", "other tree", "content", "other content"],
)
def test_a_session_that_is_not_whole_is_not_imported(damaged: Incoming, ana: Workspace) -> None:
    for attempt in (ana.plan_import, ana.import_session):
        with pytest.raises(BadInput):
            attempt(damaged)
    assert ana.heads(Query()).heads == ()


# People


def test_people_are_all_who_acted_or_received_by_name(ana: Workspace, office: Office) -> None:
    members = ana.people()  # a server knows them; elsewhere nobody has acted yet
    session = started(ana).session
    ana.send(session, c.AskQuestion(to=person("@tier2"), text="Who orders rolls?"))
    office.at("ben").send(session, c.AddNote(text="It hums"))
    names = [(who.name, who.kind) for who in ana.people() if who not in members or who in (ANA, BEN)]
    assert names == [("@tier2", "queue"), ("Ana Ruiz", "person"), ("Ben Okafor", "person")]


# Trees


def test_a_lead_publishes_and_removes_trees_and_old_versions_stay(office: Office) -> None:
    chloe, ana = office.at("chloe"), office.at("ana")
    newer = replace(PRINTER, title="A label printer prints blank labels")
    assert chloe.add_tree(TREE_DATA, LEEDS)
    assert not chloe.add_tree(TREE_DATA, LEEDS)
    assert chloe.add_tree(canonical(newer), LEEDS)
    (name,) = ana.tree_names(LEEDS)
    assert (name.id, name.title, name.digest, name.nodes) == (PRINTER.id, newer.title, digest(newer), 6)
    assert [ana.tree(version) for version in (TREE, digest(newer))] == [TREE_DATA, canonical(newer)]
    chloe.remove_tree(PRINTER.id, LEEDS)
    assert ana.tree_names(LEEDS) == []
    assert ana.tree(TREE) == TREE_DATA
    with pytest.raises(NotFound):
        chloe.remove_tree(PRINTER.id, LEEDS)


def test_each_space_has_its_own_trees_also_of_the_same_name(office: Office) -> None:
    ana, other = office.at("ana"), replace(PRINTER, title="York's printers")
    office.at("chloe").add_tree(TREE_DATA, LEEDS)
    office.at("dev").add_tree(canonical(other), YORK)
    assert [name.digest for name in ana.tree_names(LEEDS)] == [TREE]
    assert [name.digest for name in ana.tree_names(YORK)] == [digest(other)]
    session = started(ana, tree=TREE).session
    assert "not in this store" in error_of(ana, session, c.Enter(tree=digest(other)))
    office.at("dev").remove_tree(PRINTER.id, YORK)
    assert [name.digest for name in ana.tree_names(LEEDS)] == [TREE]


def test_saving_names_the_version_that_was_edited_and_another_is_a_conflict_with_the_difference(
    office: Office,
) -> None:
    chloe = office.at("chloe")
    first, second = (replace(PRINTER, title=title) for title in ("A printer prints nothing", "A printer is silent"))
    assert chloe.add_tree(TREE_DATA, LEEDS, "")
    assert chloe.add_tree(canonical(first), LEEDS, TREE)
    assert not chloe.add_tree(canonical(first), LEEDS, TREE)  # it is this version already
    for edited in (TREE, ""):
        with pytest.raises(SessionMoved) as caught:
            chloe.add_tree(canonical(second), LEEDS, edited)
        assert "changed label-printer" in caught.value.what
    assert [name.digest for name in chloe.tree_names(LEEDS)] == [digest(first)]
    with pytest.raises(SessionMoved) as caught:
        chloe.add_tree(canonical(second), LEEDS, TREE)
    assert caught.value.problems == ('title "A label printer prints nothing" is now "A printer prints nothing"',)


def test_members_propose_and_leads_accept_or_decline(ana: Workspace, office: Office) -> None:
    chloe, ben = office.at("chloe"), office.at("ben")
    newer = replace(PRINTER, title="A label printer is silent")
    with pytest.raises(NotAllowed):
        ana.add_tree(canonical(newer), LEEDS, TREE)
    proposed = ana.propose_tree(canonical(replace(newer, title="First try")), LEEDS, TREE)
    proposed = ana.propose_tree(canonical(newer), LEEDS, TREE)  # in the place of the first
    ben.propose_tree(canonical(SCANNER), LEEDS)
    assert (proposed.tree, proposed.edited, proposed.by) == (PRINTER.id, TREE, ANA)
    listed = [(each.tree, each.by.id) for each in chloe.proposals(LEEDS)]
    assert listed == [(PRINTER.id, ANA.id), ("scanner", BEN.id)]
    assert [name.id for name in ben.tree_names(LEEDS)] == [PRINTER.id]
    assert ben.tree(proposed.digest) == canonical(newer)
    with pytest.raises(NotAllowed):
        ana.decide_proposal(proposed.digest, "accept", LEEDS)
    assert chloe.decide_proposal(proposed.digest[:8], "accept", LEEDS).by.id == ANA.id
    assert [name.digest for name in ben.tree_names(LEEDS)] == [proposed.digest]
    chloe.decide_proposal(digest(SCANNER), "decline", LEEDS)
    assert chloe.proposals(LEEDS) == []
    assert [name.id for name in ben.tree_names(LEEDS)] == [PRINTER.id]
    with pytest.raises(NotFound):
        chloe.decide_proposal(digest(SCANNER), "accept", LEEDS)
    with pytest.raises(UsageProblem):
        ana.propose_tree(canonical(newer), LEEDS, TREE)


def test_a_proposal_for_a_version_that_is_no_longer_current_is_a_conflict(ana: Workspace, office: Office) -> None:
    chloe = office.at("chloe")
    proposed = ana.propose_tree(canonical(replace(PRINTER, title="A label printer is silent")), LEEDS, TREE)
    chloe.add_tree(canonical(replace(PRINTER, description="For Leeds")), LEEDS, TREE)
    with pytest.raises(SessionMoved):
        chloe.decide_proposal(proposed.digest, "accept", LEEDS)
    assert [each.digest for each in ana.proposals(LEEDS)] == [proposed.digest]


# What sessions teach


def test_a_flag_is_shown_until_a_new_version_or_until_it_is_taken_back(ana: Workspace, office: Office) -> None:
    ben, chloe = office.at("ben"), office.at("chloe")
    first, second = (started(ana, f"Printer {number}", tree=TREE).session for number in (1, 2))
    ana.send(first, c.FlagNode(text="There is a third lamp"))
    ana.send(second, c.Choose(choice="Green"))
    entry = ana.send(second, c.FlagNode(text="cancel needs sudo")).entry
    assert [(flag.node, flag.text, flag.by, flag.digest) for flag in ben.flags(PRINTER.id, LEEDS)] == [
        ("lamp", "There is a third lamp", ANA, TREE),
        ("queue", "cancel needs sudo", ANA, TREE),
    ]
    ana.send(second, c.Undo())
    assert [flag.text for flag in ben.flags(PRINTER.id, LEEDS)] == ["There is a third lamp"]
    assert entry not in [flag.seq for flag in ben.flags(PRINTER.id, LEEDS) if flag.text == "cancel needs sudo"]
    assert [flag.text for flag in chloe.tree_stats(PRINTER.id, LEEDS).flags] == ["There is a third lamp"]
    chloe.add_tree(canonical(replace(PRINTER, description="With three lamps")), LEEDS)
    assert ben.flags(PRINTER.id, LEEDS) == []
    chloe.add_tree(TREE_DATA, LEEDS)
    assert len(ben.flags(PRINTER.id, LEEDS)) == 1
    ana.delete(first)
    assert ben.flags(PRINTER.id, LEEDS) == []


def test_hints_are_counts_of_the_other_sessions_and_too_few_below_five(ana: Workspace, office: Office) -> None:
    ben = office.at("ben")
    mine = started(ben, "Mine", tree=TREE).session
    for number in range(7):
        if number == 4:
            assert (ben.hints(mine).sessions, ben.hints(mine).enough, ben.hints(mine).answers) == (4, False, ())
        session = started(ana, f"Printer {number}", tree=TREE).session
        ana.send(session, c.Choose(choice="Red" if number < 5 else "Green"))
        if number < 3:
            ana.send(session, c.Close(outcome="resolved" if number else "escalated"))
    hints = ben.hints(mine)
    assert (hints.tree, hints.node, hints.question, hints.sessions) == (PRINTER.id, "lamp", "Which lamp is lit?", 7)
    assert [(answer.label, answer.sessions, answer.ended) for answer in hints.answers] == [
        ("Red", 5, {"escalated": 1, "resolved": 2, "open": 2}),
        ("Green", 2, None),
    ]
    ben.send(mine, c.Choose(choice="Red"))
    with pytest.raises(UsageProblem):
        ben.hints(mine)


def test_statistics_count_each_node_and_never_cross_spaces(ana: Workspace, office: Office) -> None:
    office.at("dev").add_tree(TREE_DATA, YORK)
    office.at("dev").start(c.Start(title="In York", space=YORK, tree=TREE))
    session = started(ana, tree=TREE).session
    ana.send(session, c.Choose(choice="Green"))
    ana.send(session, c.Back())
    ana.send(session, c.Choose(choice="Red"))
    ana.send(session, c.Close(outcome="abandoned"))
    started(ana, "Another", tree=TREE)
    stats = office.at("chloe").tree_stats(PRINTER.id, LEEDS)
    nodes = {node.node: node for node in stats.nodes}
    assert (stats.sessions, next(iter(nodes)), set(nodes)) == (2, "lamp", set(PRINTER.nodes))
    assert [(nodes[name].entered, nodes[name].abandoned, nodes[name].open) for name in ("lamp", "ribbon", "queue")] == [
        (2, 0, 1),
        (1, 1, 0),
        (0, 0, 0),
    ]
    assert nodes["lamp"].seconds is not None and nodes["lamp"].seconds >= 0
    assert office.at("chloe").tree_stats(PRINTER.id, LEEDS, ana.now()).sessions == 0
    with pytest.raises(NotFound):
        ana.tree_stats("scanner", LEEDS)


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", TREE_DATA + b" ", b'{"id":"x","mood":1}'])
def test_what_is_no_tree_is_not_added(data: bytes, office: Office) -> None:
    with pytest.raises(BadInput):
        office.at("chloe").add_tree(data, LEEDS)
    assert office.at("chloe").tree_names(LEEDS) == []


def test_members_do_not_publish_and_unknown_versions_are_none(ana: Workspace) -> None:
    for attempt in (lambda: ana.add_tree(TREE_DATA, LEEDS), lambda: ana.remove_tree(PRINTER.id, LEEDS)):
        with pytest.raises(NotAllowed):
            attempt()
    assert ana.tree("0" * 64) is None
    assert ana.tree("../names") is None


# Links


def link(workspace: Workspace, session: str, **more: Any) -> Share:
    """Create a link and return it."""
    return workspace.create_share(ShareWish(session=session, **more)).share


def test_a_link_is_created_listed_and_found_by_id_or_token(ana: Workspace) -> None:
    session = started(ana).session
    ana.send(session, c.AddNote(text="It hums"))
    minted = ana.create_share(ShareWish(session=session, label="for the vendor", snapshot=True, patterns=("sesame",)))
    share = minted.share
    assert is_token(minted.token)
    assert (share.space, share.by, share.until_seq, share.patterns) == (LEEDS, ANA, 2, ("sesame",))
    assert minted.token not in str(share)
    for reference in (share.id, share.id[:5].lower(), minted.token):
        assert ana.share(reference).share == share
    assert [count.share for count in ana.shares(session)] == [share]
    assert list(ana.share_views(share.id)) == []


def test_my_links_are_those_i_created_and_those_to_my_sessions(ana: Workspace, office: Office) -> None:
    ben = office.at("ben")
    mine, his = started(ana).session, started(ben).session
    sessions = {"mine": mine, "his": his}
    links = [(who, whose) for who in ("ana", "ben") for whose in sessions]
    names = {link(office.at(who), sessions[whose]).id: f"{who}→{whose}" for who, whose in links}

    def listed(session: str | None = None, **more: bool) -> set[str]:
        return {names[count.share.id] for count in ana.shares(session, **more)}

    assert listed() == {"ana→mine", "ben→mine", "ana→his"}
    assert listed(his) == {"ana→his", "ben→his"}
    assert listed(everybody=True) == set(names.values())


def test_a_link_is_revoked_once_by_its_creator_the_owner_or_a_lead(ana: Workspace, office: Office) -> None:
    session = started(ana).session
    first, second, third = (link(office.at(name), session) for name in ("ana", "ben", "ana"))
    with pytest.raises(NotAllowed):
        office.at("ben").revoke_share(first.id)
    ended = ana.revoke_share(second.id)
    assert (ended.revoked_by, ended.revoked_at is not None) == (ANA, True)
    assert office.at("ben").revoke_share(second.id) == ended
    assert office.at("chloe").revoke_share(third.id).revoked_by == CHLOE
    assert ana.share(first.id).share == first


def test_a_reference_that_means_no_link_or_several_says_so(ana: Workspace) -> None:
    session = started(ana).session
    shares = [link(ana, session) for _ in range(40)]
    beginnings = sorted(share.id[0] for share in shares)
    twice = next(one for one, two in pairwise(beginnings) if one == two)
    with pytest.raises(UsageProblem):
        ana.share(twice)
    for reference in ("", "UUUUUUU", "rfs_" + "0" * 39):
        with pytest.raises(NotFound):
            ana.share(reference)
        with pytest.raises(NotFound):
            ana.revoke_share(reference)
        with pytest.raises(NotFound):
            ana.share_views(reference)


def test_a_link_to_a_session_that_is_not_there_is_not_created(ana: Workspace) -> None:
    with pytest.raises(NotFound):
        ana.create_share(ShareWish(session=ID))
    assert ana.shares(ID) == []


# Administration


def test_an_admin_reads_checks_and_backs_up_the_store(ana: Workspace, office: Office, tmp_path: Path) -> None:
    session = started(ana, tree=TREE).session
    ana.send(session, c.AddEvidence(evidence=evidence(LPSTAT)), {LPSTAT_DIGEST: LPSTAT})
    admin = office.administration(Actor(person=CHLOE, roles={}, admin=True))
    info = admin.info()
    assert (info.sessions, info.events, info.trees, info.blobs) == (1, 3, 1, 1)
    assert info.url == ana.about.url or ana.about.kind == "server"
    assert admin.check() == []
    admin.backup(tmp_path / "copy")
    with pytest.raises(UsageProblem):
        admin.backup(tmp_path / "copy")
