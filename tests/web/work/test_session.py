"""The page of a session over HTTP, as a browser without script sends its forms."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from rflow.web.work.pages.session_forms import FORMS
from support.program import Program
from support.web.server import Served
from support.web.visitor import BEN, Visitor, team_served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with team_served(tmp_path_factory.mktemp("team")) as server:
        root = server.ana.at(user="Root", terminal="root").with_tree()
        root.ok("space", "members", "default", "--add", BEN, "--role", "member")
        root.ok("space", "members", "default", "--add", "Cleo", "--role", "member")
        yield server


@pytest.fixture
def terminal(served: Served, request: pytest.FixtureRequest) -> Program:
    """Ben's terminal, in which he has started a session in the tree."""
    terminal = served.ana.at(terminal=request.node.name)
    terminal.start()
    return terminal


@pytest.fixture
def path(terminal: Program) -> str:
    return f"/sessions/{terminal.json('show', '--json')['code']}"


def shown(terminal: Program) -> dict[str, Any]:
    return dict(terminal.json("show", "--json"))


def test_a_session_is_worked_through_to_its_end_and_closed(ben: Visitor, terminal: Program, path: str) -> None:
    ben.go(path)
    assert "Which lamp is lit?" in ben.text
    ben.submit(f"{path}/choose", button="#3 Green")
    assert (ben.at, "Answered: Green" in ben.text, "Clear the print queue" in ben.text) == (path, True, True)
    assert "Answered" not in ben.go(path).text  # said once
    ben.submit(f"{path}/done", result="Two jobs from Monday\nwere stuck")
    assert "Does a test label print?" in ben.text and "Two jobs from Monday" in ben.text
    ben.submit(f"{path}/choose", button="#1 Yes", assume="1", why="The customer says so")
    assert "End of the tree" in ben.text and "assumed" in ben.text
    ben.submit(f"{path}/back").submit(f"{path}/choose", button="#1 Yes")
    assert "taken back" in ben.text
    ben.submit(f"{path}/close", summary="Old jobs blocked the queue")
    assert "Closed as resolved" in ben.text
    assert shown(terminal)["status"] == "closed"
    ben.submit(f"{path}/reopen")
    assert shown(terminal)["status"] == "open"


def test_skipping_needs_a_reason_and_the_page_says_so(ben: Visitor, path: str) -> None:
    ben.go(path).submit(f"{path}/choose", button="#3 Green").submit(f"{path}/skip")
    assert (ben.page.status_code, "The reason is empty." in ben.text) == (422, True)
    assert "rflow " not in ben.text.partition("That was not done")[2].partition("Question")[0].partition("To do")[0]
    ben.submit(f"{path}/skip", skip_reason="No access to the print server")
    assert "skipped No access to the print server" in ben.text


def test_steps_notes_and_warnings_come_with_files_and_pasted_output(ben: Visitor, terminal: Program, path: str) -> None:
    ben.go(path).submit(
        f"{path}/add", text="Read the log", came="It hums", output="E42 paper jam", command="dmesg", pin="1"
    )
    assert "Step added." in ben.text and "E42 paper jam" in ben.text and "dmesg" in ben.text
    log = b"first line\n" + b"x" * 70 + b"\nlast line \xff\n"
    ben.submit(f"{path}/add", kind="warning", text="Don't power it off", files={"evidence": ("print.log", log)})
    assert "Warning added." in ben.text and "Caution" in ben.text
    ben.submit(f"{path}/add", kind="step", files=[("evidence", ("a.txt", b"one")), ("evidence", ("b.txt", b"two"))])
    assert "2 outputs added." in ben.text
    found = terminal.json("show", "--json")
    assert [each["label"] for each in found["evidence"]] == ["dmesg", "print.log", "a.txt", "b.txt"]
    assert found["evidence"][0]["on"] == found["steps"][0]["seq"]
    number = found["evidence"][1]["seq"]
    assert f'<a href="{path}/evidence/{number}">download</a>' in ben.go(path).page.text
    file = ben.send(f"{path}/evidence/{number}")
    assert (file.content, file.headers["content-disposition"]) == (log, "attachment; filename*=UTF-8''print.log")
    assert file.headers["content-security-policy"].startswith("sandbox")


def test_a_form_that_is_sent_twice_does_its_work_once(ben: Visitor, terminal: Program, path: str) -> None:
    sent = ben.go(path).filled_in(f"{path}/add") | {"text": "It hums", "kind": "note"}
    answer = ben.filled_in(f"{path}/choose", "#3 Green")
    for form, data in (("add", sent), ("add", sent), ("choose", answer), ("choose", answer)):
        assert ben.send(f"{path}/{form}", data).status_code == 303
    found = terminal.json("show", "--json")
    assert (len(found["notes"]), len(found["steps"])) == (1, 1)


def test_a_stale_page_shows_what_moved_and_keeps_what_was_typed(ben: Visitor, terminal: Program, path: str) -> None:
    ben.go(path).submit(f"{path}/choose", button="#3 Green")
    terminal.ok("show")
    terminal.ok("done", "Emptied it from the terminal")
    ben.submit(f"{path}/done", result="Two jobs\nfrom Monday")
    assert ben.page.status_code == 409
    assert "Somebody was faster" in ben.text and "You were at “Clear the print queue”" in ben.text
    assert "Does a test label print?" in ben.text  # where it stands now
    assert ben.filled_in(f"{path}/add")["came"] == "\nTwo jobs\nfrom Monday".removeprefix("\n")
    ben.submit(f"{path}/add")
    assert [step["text"] for step in terminal.json("show", "--json")["steps"]][-1] == "Clear the print queue"


def test_of_two_answers_at_once_one_wins_and_the_other_is_told(ben: Visitor, terminal: Program, path: str) -> None:
    forms = [ben.go(path).filled_in(f"{path}/choose", button) for button in ("#3 Green", "#1 Red, steady")]
    first, second = (ben.send(f"{path}/choose", form) for form in forms)
    assert (first.status_code, second.status_code) == (303, 409)
    assert "answered “Red, steady”" in second.text
    assert len(shown(terminal)["steps"]) == 1


def test_a_brief_that_somebody_changed_meanwhile_is_not_overwritten(ben: Visitor, terminal: Program, path: str) -> None:
    ben.go(path).submit(f"{path}/brief", ask="Who has the key?")
    assert "Who has the key?" in ben.text
    before = ben.filled_in(f"{path}/brief")
    terminal.ok("brief", "--ask", "Who is on call?")
    ben.page = ben.send(f"{path}/brief", before | {"ask": "Who has both keys?", "impact": "No labels"})
    assert ben.page.status_code == 409
    assert "Who is on call?" in ben.text and ben.filled_in(f"{path}/brief")["ask"] == "Who has both keys?"
    ben.submit(f"{path}/brief")  # seen and sent again
    assert (ben.at, "Who has both keys?" in ben.text, "No labels" in ben.text) == (path, True, True)


def test_changes_waiting_pins_corrections_and_undo(ben: Visitor, terminal: Program, path: str) -> None:
    ben.go(path).submit(f"{path}/change", change_text="Ribbon replaced", change_revert="Put the old one in")
    assert "Changes in place: 1" in ben.text
    assert ben.submit(f"{path}/change", change_text="Only what").page.status_code == 422
    ben.go(path).submit(f"{path}/reverted", reverted_note="By the vendor")
    assert "No changes in place" in ben.text and "By the vendor" in ben.text
    ben.submit(f"{path}/waiting", waiting_for="The vendor", until="2031-01-02T03:04", offset="-60")
    assert terminal.json("progress", "-f", "json")["waiting"][0]["until"].startswith("2031-01-02T02:04:00")
    ben.submit(f"{path}/waiting", waiting_for="Dave with the key", until="2030-01-02T03:04")
    assert "Waiting for several" in ben.text and "The vendor" in ben.text
    ben.submit(f"{path}/waiting", button="1")
    assert "Dave with the key" not in ben.text.partition("Waiting until")[2], "the first due stands first, and is over"
    ben.submit(f"{path}/waiting", button="1")
    assert "Not waiting for anybody" in ben.text
    ended = ben.send(f"{path}/waiting", {"clear": "1", "target": "3"})  # a page that is not up to date
    assert (ended.status_code, "waits for nothing." in ended.text) == (422, True)
    assert ben.submit(f"{path}/waiting", until="soon").page.status_code == 422
    ben.go(path).submit(f"{path}/add", text="Looked at the lamp", came="green")
    ben.submit(f"{path}/pin").submit(f"{path}/amend", outcome="red")
    step = terminal.json("progress", "-f", "json")["tried"][-1]
    assert (step["result"], step["pinned"]) == ("red", True)
    ben.submit(f"{path}/undo")
    assert "Taken back." in ben.text
    ben.submit(f"{path}/add", kind="assumption", text="The cable is fine").submit(
        f"{path}/settle", settled="It was not"
    )
    assert "It was not" in ben.text


def test_somebody_elses_session_is_read_noted_on_and_taken_over(
    ben: Visitor, cleo: Visitor, terminal: Program, path: str
) -> None:
    cleo.go(path)
    assert f"{path}/choose" not in cleo.actions()
    cleo.submit(f"{path}/add", kind="note", text="Seen in York too")
    assert "Seen in York too" in ben.go(path).text
    forced = cleo.send(f"{path}/choose", {"choice": "#3 Green", "node": "lamp", "at": "Which lamp is lit?"})
    assert (forced.status_code, "belongs to Ben Okafor" in forced.text) == (403, True)
    cleo.go(path).submit(f"{path}/take-over", take_reason="Ben is off shift")
    assert "It is yours now." in cleo.text
    stale = ben.submit(f"{path}/choose", button="#3 Green")
    assert stale.page.status_code == 409
    ben.go(path).submit(f"{path}/take-over", take_reason="Back again").submit(f"{path}/choose", button="#3 Green")
    assert shown(terminal)["owner"]["name"] == BEN


def test_who_gets_a_session_sees_what_is_asked_and_what_to_do_if_something_happens(
    cleo: Visitor, terminal: Program, path: str
) -> None:
    plan = ("--if", "Halcyon has not answered by 09:00", "--then", "call them, case 00418833")
    terminal.ok("brief", "--ask", "May we reboot the gateway before eight?")
    terminal.ok("change", "gateway drained", "--revert", "lbctl enable gw-1")
    terminal.ok("handoff", "Cleo", "--note", "I leave at six", "--warn", "lb-edge-1 fills its disk", *plan)
    said = ("I leave at six", "May we reboot the gateway before eight?", "lb-edge-1 fills its disk")
    what = "If Halcyon has not answered by 09:00 then call them, case 00418833"
    for place in ("/", "/inbox", path):
        text = cleo.go(place).text
        assert [each for each in (*said, what) if each not in text] == [], place
        assert "1 change" in text
    assert cleo.text.index("May we reboot") < cleo.text.index("What did you do")
    accepted = cleo.submit(f"{path}/accept").text
    assert what in accepted and "May we reboot" in accepted
    cleo.submit(f"{path}/close", outcome="resolved")
    assert what not in cleo.text


def test_what_is_in_place_and_waited_for_stands_before_what_was_tried(
    ben: Visitor, terminal: Program, path: str
) -> None:
    """In the order of a summary, which a phone and a screen reader follow."""
    terminal.ok("change", "queue paused", "--revert", "cupsenable leeds")
    terminal.ok("wait", "The vendor", "--until", "2031-01-02 03:04")
    terminal.ok("step", "Swapped the cable")
    text = ben.go(path).text
    side = text[text.index("cupsenable") : text.index("Tried 1 step")]
    assert "Waiting until 2 Jan" in side
    terminal.ok("wait", "Dave", "--until", "2030-01-02 03:04")
    assert "Until 2 Jan 2030" in ben.go(path).text and "Until 2 Jan 2031" in ben.text


def test_a_note_whose_text_was_removed_is_not_the_last_note(ben: Visitor, terminal: Program, path: str) -> None:
    terminal.ok("note", "Seen in York too")
    terminal.ok("note", "The password is hunter2")
    terminal.ok("redact", str(terminal.show()["notes"][-1]["seq"]), "--yes")
    assert "Last note Seen in York too" in ben.go(path).text


def test_a_long_session_says_how_many_steps_there_are_and_where_they_are(
    ben: Visitor, terminal: Program, path: str
) -> None:
    for number in range(203):
        terminal.ok("step", f"Look number {number}")
    code = path.rpartition("/")[2]
    said = f"Tried 203 steps, 3 earlier ones not shown All of them, in a terminal: rflow show {code}"
    assert said in ben.go(path).text


def test_the_page_says_whose_ask_it_is_after_a_handoff(cleo: Visitor, terminal: Program, path: str) -> None:
    terminal.ok("brief", "--ask", "Should I restart it?")
    terminal.ok("handoff", "Cleo")
    cleo.go(path).submit(f"{path}/accept")
    assert f"Ask by {BEN}" in cleo.go(path).text


def test_the_warnings_of_a_handoff_are_ended_on_the_page(cleo: Visitor, terminal: Program, path: str) -> None:
    terminal.ok("handoff", "Cleo", "--warn", "no restart before nine")
    cleo.go(path).submit(f"{path}/accept").submit(f"{path}/settle", settled="it was restarted at eight")
    assert "Settled." in cleo.text
    assert f"{path}/settle" not in cleo.go(path).actions()
    assert "no restart" not in terminal.ok("progress", path.rpartition("/")[2], "-f", "text").out


def test_a_handoff_is_accepted_declined_or_taken_back_on_the_page(
    ben: Visitor, cleo: Visitor, terminal: Program, path: str
) -> None:
    terminal.ok("handoff", "Cleo", "--note", "The vendor calls back at nine")
    code = path.rpartition("/")[2]
    assert "Handed to you" in cleo.go(path).text and "The vendor calls back at nine" in cleo.text
    cleo.submit(f"{path}/decline", decline_reason="In a call")
    terminal.ok("show", code)
    terminal.ok("-s", code, "handoff", "Cleo")
    ben.go(path).submit(f"{path}/cancel")
    assert "The handoff is taken back." in ben.text
    terminal.ok("show", code)
    terminal.ok("-s", code, "handoff", "Cleo")
    cleo.go("/inbox")
    assert "label printer" in cleo.text
    cleo.go(path).submit(f"{path}/accept", read_back="Wait for the vendor")
    assert "It is yours now." in cleo.text
    assert terminal.json("-s", code, "show", "--json")["owner"]["name"] == "Cleo"


def test_a_session_is_started_once_in_a_tree_of_its_space(ben: Visitor, served: Served) -> None:
    ben.go("/sessions/new")
    trees = re.findall(r'<option value="([0-9a-f]{64})">', ben.page.text)
    sent = ben.filled_in("/sessions/new") | {"title": "Label printer in York", "space": "default", "tree": trees[0]}
    first, again = (ben.send("/sessions/new", sent) for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    assert "Which lamp is lit?" in ben.go(first.headers["location"]).text
    wrong = ben.go("/sessions/new").submit("/sessions/new", title="X", space="leeds", tree=trees[0])
    assert (wrong.page.status_code, wrong.filled_in("/sessions/new")["title"]) == (422, "X")


def test_a_link_leads_after_signing_in_to_the_session_or_says_whom_to_ask(
    served: Served, terminal: Program, path: str
) -> None:
    token = terminal.json("share", "create", "--json")["token"]
    assert '<a class="go" href="?resume">Sign in to resume</a>' in served.get(f"/share/{token}").text
    reader = Visitor(served.url).go(f"/share/{token}?resume").sign_in("Cleo")
    assert reader.at == path
    stranger = Visitor(served.url).go(f"/share/{token}?resume").sign_in("Dev")
    assert (stranger.page.status_code, "Ask Ben Okafor, who shared it" in stranger.text) == (403, True)
    assert stranger.go(path).page.status_code == stranger.go("/sessions/ZZZZ-ZZ").page.status_code == 404
    assert served.get(f"/share/{token}").status_code == 200
    terminal.ok("share", "revoke", terminal.json("share", "list", "--json")[0]["id"])
    assert Visitor(served.url).go(f"/share/{token}?resume").page.status_code == 404


def test_who_may_only_read_or_not_even_that_can_do_nothing(served: Served) -> None:
    """For every form of the page."""
    leeds = served.ana.at(terminal="leeds")
    code = leeds.json("start", "--title", "Till 3 is slow", "--space", "Leeds", "--json")["code"]
    names = (
        "text",
        "ask",
        "change_text",
        "change_revert",
        "waiting_for",
        "skip_reason",
        "decline_reason",
        "take_reason",
    )
    form = dict.fromkeys((*names, "settled", "reply", "entry", "tree"), "x")
    form |= {"choice": "#1 x", "target": "1", "outcome": "resolved"}
    eva, dev = (Visitor(served.url).sign_in(name) for name in ("Eva", "Dev"))
    for name in FORMS:
        path = f"/sessions/{code}/{name}"
        assert (name, eva.send(path, form).status_code, dev.send(path, form).status_code) == (name, 403, 404)
    assert leeds.json("show", "--json")["version"] == 1
    assert eva.go(f"/sessions/{code}").actions() == ["/sign-out"]


def test_texts_of_people_are_texts_on_every_page(ben: Visitor, terminal: Program, path: str) -> None:
    """Attacks 14 and 15."""
    hostile = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7*7 }}"
    ben.go(path).submit(f"{path}/brief", title=hostile, ask=hostile, situation=hostile, customer=hostile)
    ben.submit(f"{path}/add", text=hostile, came=hostile, output=hostile, command=hostile)
    ben.submit(f"{path}/add", kind="note", text=hostile, files={"evidence": (hostile, b"x")})
    ben.submit(f"{path}/change", change_text=hostile, change_revert=hostile)
    for page in (path, "/", f"/search?q={hostile}", f"/sign-in?next={hostile}", "/search?q=alert"):
        text = ben.go(page).page.text
        assert "<script>" not in text and "<img" not in text
