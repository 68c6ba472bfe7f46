"""Searching, behind every implementation of `Workspace`: what is found, in which order, and what is shown of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from rflow.core.session import commands as c
from rflow.core.session.events import Brief
from rflow.core.session.head import Query
from rflow.core.session.search.query import Hit, Search, SearchPage
from rflow.core.tree.model import canonical, digest
from rflow.errors import UsageProblem
from rflow.ports.workspace import Workspace
from rflow.remote import RemoteWorkspace
from support.stores.faults import quick_folder
from support.stores.stories import BEN, LPSTAT, LPSTAT_DIGEST, PRINTER, evidence
from support.workspaces import LEEDS, PARAMETERS, WORKSPACES, YORK, Office


@pytest.fixture(params=PARAMETERS)
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """People in Leeds and York at a new store, behind every implementation of the ports."""
    for folder in quick_folder(tmp_path_factory):
        yield from WORKSPACES[str(request.param)](folder)


@pytest.fixture
def ana(office: Office) -> Workspace:
    """What Ana, a member in Leeds, can do."""
    return office.at("ana")


def searched(workspace: Workspace, words: str, **filters: Any) -> SearchPage:
    """Search, and wait for the index."""
    search = Search(words=words, filters=Query(**filters))
    while (found := workspace.search(search)).building is not None:
        pass
    return found


def titles(workspace: Workspace, words: str, **filters: Any) -> list[str]:
    """Return the titles of the sessions that match."""
    return [hit.head.title for hit in searched(workspace, words, **filters).hits]


def only(workspace: Workspace, words: str) -> Hit:
    """Return the one session that matches."""
    (hit,) = searched(workspace, words).hits
    return hit


def started(workspace: Workspace, title: str = "Printer", *notes: str, space: str = LEEDS, **brief: str) -> str:
    """Start a session with these notes, and return its id."""
    session_id = workspace.start(c.Start(title=title, space=space, brief=Brief(**brief))).session
    for note in notes:
        workspace.send(session_id, c.AddNote(text=note))
    return session_id


# What is found


def test_all_that_people_wrote_is_searched_and_a_match_names_its_entry(office: Office) -> None:
    office.at("chloe").add_tree(canonical(PRINTER), LEEDS)
    ana = office.at("ana")
    sent = ana.start(c.Start(title="Labels are blank", space=LEEDS, tree=digest(PRINTER), brief=Brief(impact="Dock 4")))
    for command in (
        c.Choose(choice="Green"),
        c.AddStep(text="Printed from its web page", result="faded"),
        c.AddNote(text="The roll was changed", kind="warning"),
        c.AskQuestion(to=BEN, text="Who ordered it?"),
        c.MakeChange(text="Paused the queue", revert="cupsenable leeds"),
    ):
        ana.send(sent.session, command)
    ana.send(sent.session, c.AddEvidence(evidence=evidence(LPSTAT)), {LPSTAT_DIGEST: LPSTAT})
    ana.send(sent.session, c.Close(outcome="resolved", summary="Wrong type of roll, heat too low"))
    expected = {
        "blank": [(0, "title")],
        "dock": [(0, "impact")],
        "lamp": [(3, "step")],
        "faded": [(4, "step")],
        "changed": [(5, "warning")],
        "ordered": [(6, "question")],
        "cupsenable": [(7, "change")],
        "lpstat": [(8, "evidence")],
        "paused": [(7, "change")],
        "heat": [(9, "outcome")],
        sent.code: [(0, "code")],
    }
    found = {words: [(match.entry, match.what) for match in only(ana, words).matches] for words in expected}
    assert found == expected
    assert (only(ana, "blank").outcome, only(ana, "blank").summary) == ("resolved", "Wrong type of roll, heat too low")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Connection refused", "CONNECTION"),
        ("Die Größe der Straße", "grosse strasse"),
        ("Cafe\N{COMBINING ACUTE ACCENT} Zoë", "café zoe"),
        ("ＥＲＲＯＲ ① ﬁle", '"error 1 file"'),
        ("プリンタが印刷できない", "印刷"),
        ("ﾌﾟﾘﾝﾀが動かない", "プリンタ"),
        ("프린터가 인쇄되지 않습니다", "프린터"),
        ("打印机无法连接到网络", "无法连接"),
        ("เครื่องพิมพ์ไม่ทำงาน", "ไม่ทำงาน"),
        ("ORA-01555: snapshot too old", "ora-01555"),
        ("failed with 0x80070005", "0X80070005"),
        ("at 10.0.0.12:443", "10.0.0.12"),
        ("at fe80::1ff:fe23:4567:890a", "fe80::1ff"),
        (r"\\leeds-print-01\labels", "leeds-print-01"),
        ("kernel: oom_kill_process", "oom_kill"),
        ("It can\N{RIGHT SINGLE QUOTATION MARK}t connect", "can't"),
        ("Windows版のVPN", "windows版"),
    ],
)
def test_case_accents_forms_and_scripts_make_no_difference(ana: Workspace, text: str, words: str) -> None:
    started(ana, "A session", text)
    started(ana, "Another session", "The fax hums")
    assert titles(ana, words) == ["A session"]


@pytest.mark.parametrize(
    ("words", "matches"),
    [
        ('"connection refused"', True),
        ('"refused connection"', False),
        ("refused connection", True),
        ('"refused by the"', False),
        ("conn*", True),
        ("conn refused", False),
        ("refused conn", True),
        ('"conn"', False),
        ('"connection ref*"', True),
        ("10.0.0.1", False),
        ("10.0.0.1*", True),
        ("10.0.0.12", True),
        ("refused nowhere", False),
        ("nect", False),
    ],
)
def test_words_phrases_and_beginnings(ana: Workspace, words: str, matches: bool) -> None:
    started(ana, "VPN", "Connection refused", "by the server 10.0.0.12")
    assert titles(ana, words) == ["VPN"] * matches


@pytest.mark.parametrize("words", ['"', '""', "* * *", "-", "", " \t", "\N{COMBINING ACUTE ACCENT}", "\x00"])
def test_a_search_without_a_word_is_refused(ana: Workspace, words: str) -> None:
    with pytest.raises(UsageProblem, match="no word to search for"):
        ana.search(Search(words=words))


@pytest.mark.parametrize("words", ["x" * 1001, " ".join(f"w{number}" for number in range(40))])
def test_a_search_that_is_too_long_is_refused(ana: Workspace, words: str) -> None:
    with pytest.raises(UsageProblem, match=r"longer than|more than"):
        ana.search(Search(words=words))


@pytest.mark.parametrize(
    "words",
    ["x OR printer", "NOT printer", "title:printer", "NEAR(printer x)", "printer)", "^printer", "{printer", "'"],
)
def test_words_are_never_read_as_a_query(ana: Workspace, words: str) -> None:
    started(ana, "Printer")
    try:
        assert titles(ana, words) in ([], ["Printer"])
    except UsageProblem as problem:
        assert words == "'", problem


def test_what_was_amended_replaced_redacted_or_deleted_is_not_found(ana: Workspace) -> None:
    session_id = started(ana, "Old title", "The ribbonn is torn", "hunter2", customer="Harrow Foods")
    assert all(titles(ana, words) for words in ("ribbonn", "hunter2", "harrow", '"old title"'))
    ana.send(session_id, c.AmendEntry(target=2, text="The ribbon is torn"))
    ana.send(session_id, c.SetBrief(title="New title", brief=Brief(customer="")))
    ana.send(session_id, c.RedactText(target=3))
    assert [titles(ana, words) for words in ("ribbonn", "hunter2", "harrow", '"old title"', "removed")] == [[]] * 5
    assert [titles(ana, words) for words in ("ribbon", '"new title"')] == [["New title"]] * 2
    ana.delete(session_id)
    assert (titles(ana, "ribbon"), searched(ana, "ribbon").total) == ([], 0)


def test_what_somebody_else_just_wrote_is_found(office: Office) -> None:
    ana, ben = office.at("ana"), office.at("ben")
    session_id = started(ana, "Label printer")
    assert titles(ben, "hums") == []
    for number, word in enumerate(("hums", "rattles", "smokes")):
        ana.send(session_id, c.AddNote(text=f"It {word}"))
        assert titles(ben, word) == ["Label printer"]
        started(ana, f"Another that {word}")
        assert len(titles(ben, word)) == 2, number


# The order, pages, filters


def test_the_best_match_comes_first(ana: Workspace) -> None:
    for title, notes in (
        ("Nothing of it", ["It hums"]),
        ("Named in a note", ["The ribbon and much else that fills this note with words"]),
        ("Ribbon", ["It hums"]),
        ("Named in many notes", ["The ribbon is torn", "A ribbon", "Ribbon again", "ribbon, ribbon"]),
    ):
        started(ana, title, *notes)
    assert titles(ana, "ribbon") == ["Ribbon", "Named in many notes", "Named in a note"]


def test_of_equal_matches_the_last_updated_comes_first(ana: Workspace) -> None:
    ids = [started(ana, "Printer", ticket=f"INC-{number}") for number in range(3)]
    assert [hit.head.id for hit in searched(ana, "printer").hits] == ids[::-1]


def test_pages_hold_every_session_once_and_say_how_many_there_are(ana: Workspace) -> None:
    ids = {started(ana, f"Printer {number}") for number in range(7)}
    seen: list[str] = []
    after: str | None = None
    while True:
        page = searched(ana, "printer", limit=3, after=after)
        assert page.total == 7
        seen += [hit.head.id for hit in page.hits]
        if (after := page.after) is None:
            break
    assert (len(seen), set(seen)) == (7, ids)
    if not isinstance(ana, RemoteWorkspace):  # a server takes only cursors that it has given
        assert searched(ana, "printer", limit=3, after="30").hits == ()
    for nonsense in ("x", "-3", "1.5", "٣"):
        with pytest.raises(UsageProblem):
            searched(ana, "printer", after=nonsense)


def test_filters_narrow_a_search_down_as_they_do_a_list(office: Office) -> None:
    office.at("chloe").add_tree(canonical(PRINTER), LEEDS)
    ana, ben = office.at("ana"), office.at("ben")
    closed = started(ana, "Printer closed", customer="Harrow Foods", ticket="INC-1")
    ana.send(closed, c.Close(outcome="abandoned"))
    started(ben, "Printer of Ben's", customer="harrow foods")
    ana.start(c.Start(title="Printer in a tree", space=LEEDS, tree=digest(PRINTER)))
    given = started(ana, "Printer handed off")
    ana.send(given, c.HandOff(to=BEN))
    for query in (
        Query(status=("open", "handed_off")),
        Query(status=("closed",)),
        Query(owner=BEN.id),
        Query(inbox=BEN.id),
        Query(customer="HARROW foods"),
        Query(ticket="inc-1"),
        Query(tree=PRINTER.id),
        Query(stale_before=ana.now()),
        Query(stale_before=ana.now(), customer="Harrow Foods", status=("closed",)),
    ):
        listed = {head.id for head in ana.heads(query).heads}
        found = ana.search(Search(words="printer", filters=query))
        assert ({hit.head.id for hit in found.hits}, found.total) == (listed, len(listed)), query
        assert listed


# What is shown


def test_a_match_shows_the_line_around_the_words_and_where_they_are(ana: Workspace) -> None:
    started(ana, "VPN", f"{'before ' * 40}the\nCONNECTION\twas  refused, {'after ' * 40}connection")
    (match,) = only(ana, "connection refused").matches
    assert "…before" in match.text
    assert "the CONNECTION was refused, after" in match.text
    assert [match.text[first:last] for first, last in match.marks] == ["CONNECTION", "refused"]
    assert len(match.text) < 180
    assert "\n" not in match.text


def test_of_a_long_text_the_line_is_shown_that_holds_the_most_words(ana: Workspace) -> None:
    lines = [f"Nov 03 02:{minute}:11 upstream prematurely closed, client: 10.1.2.{minute}" for minute in range(10, 60)]
    started(ana, "Webshop", "\n".join(lines))
    (match,) = only(ana, "prematurely client 10.1.2.44").matches
    assert "prematurely closed, client: 10.1.2.44" in match.text
    assert [match.text[first:last] for first, last in match.marks][:3] == ["prematurely", "client", "10.1.2.44"]


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("Die STRAẞE ist gesperrt", "strasse", "STRAẞE"),
        ("①②③ Schritte", "schritte", "Schritte"),
        ("das Cafe\N{COMBINING ACUTE ACCENT} Zoë", "cafe", "Café"),
        ("プリンタが印刷できない", "印刷", "印刷"),
        ("ﾌﾟﾘﾝﾀが動かない", "プリンタ", "ﾌﾟﾘﾝﾀ"),
        ("error 0x80070005 again", "0x8007*", "0x80070005"),
        ("\x1b[31mred\x1b[0m alert", "alert", "alert"),
    ],
)
def test_what_is_marked_is_what_was_written(ana: Workspace, text: str, words: str, marked: str) -> None:
    started(ana, "A session", text)
    (match,) = only(ana, words).matches
    assert [match.text[first:last] for first, last in match.marks] == [marked]
    assert "\x1b" not in match.text


def test_the_texts_that_are_shown_hold_all_words_and_the_others_are_counted(ana: Workspace) -> None:
    started(ana, "Printer", *["The ribbon hums"] * 4, "The lamp is red")
    hit = only(ana, "ribbon lamp")
    assert [(match.entry, match.text) for match in hit.matches] == [(2, "The ribbon hums"), (6, "The lamp is red")]
    assert hit.more == 3


# Spaces


def test_another_space_does_not_exist(office: Office) -> None:
    ana, dev, admin = office.at("ana"), office.at("dev"), office.at("admin")
    started(ana, "Printer in Leeds", "ribbon ribbon ribbon", space=LEEDS)
    started(ana, "Printer in York", "ribbon", space=YORK)
    assert titles(dev, "ribbon") == ["Printer in York"]
    assert searched(dev, "ribbon").total == 1
    assert searched(dev, "ribbon", spaces=(LEEDS,)).hits == ()
    assert (searched(dev, "leeds").total, searched(dev, "leeds").hits) == (0, ())
    assert searched(ana, "ribbon").total == searched(admin, "ribbon").total == 2


def test_what_is_written_in_another_space_does_not_change_the_order(office: Office) -> None:
    ana, dev = office.at("ana"), office.at("dev")
    started(ana, "First", "lamp lamp lamp ribbon", space=YORK)
    started(ana, "Second", "ribbon ribbon ribbon lamp", space=YORK)
    for number in range(6):
        started(ana, f"Other {number}", "torn", space=YORK)
    before = titles(dev, "lamp ribbon")
    for _ in range(20):
        started(ana, "Elsewhere", f"{'ribbon' if before[0] == 'Second' else 'lamp'} torn", space=LEEDS)
    assert titles(dev, "lamp ribbon") == before


def test_what_people_are_called_is_no_word_of_a_session(ana: Workspace) -> None:
    session_id = started(ana, "Printer")
    ana.send(session_id, c.AskQuestion(to=BEN, text="Who is it?"))
    assert titles(ana, "okafor") == []


def test_a_search_can_be_sent_again_as_it_is(ana: Workspace) -> None:
    started(ana, "Printer")
    search = Search(words="printer")
    assert ana.search(search) == ana.search(replace(search)) != SearchPage()


def test_open_questions_are_no_filter_of_a_search(ana: Workspace) -> None:
    """The index does not hold them; every kind of store says so."""
    with pytest.raises(UsageProblem, match="does not ask for open questions"):
        searched(ana, "printer", asked="ben okafor")
