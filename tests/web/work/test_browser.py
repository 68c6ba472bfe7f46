"""The pages in a real browser: the story of a handover, two people on one session, keyboard."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.program import Program
from support.team import PASSWORD
from support.web.server import Served, serving
from support.web.visitor import BEN, SAME_ORIGIN, team_served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[3]
MAYA = "Maya"
CODE = "V6HJ-VG"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("web-judges")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A team with the session of the examples, which is Maya's."""
    with team_served(tmp_path_factory.mktemp("team")) as server:
        root = server.ana.at(user="Root", terminal="root").with_tree()
        root.ok("user", "add", MAYA, "--password-stdin", stdin=PASSWORD)
        for name in (MAYA, BEN, "Cleo"):
            root.ok("space", "members", "default", "--add", name, "--role", "member")
        maya = server.ana.at(user=MAYA, terminal="maya")
        maya.ok("import", str(ROOT / "examples" / "sessions" / "postgres-refused.jsonl"))
        maya.ok("-s", CODE, "share", "create", "--label", "for the vendor")
        root.ok("token", "create", "--user", MAYA, "--scope", "read", "--label", "nightly report")
        for number, title in enumerate(("Till 3 is slow", "VPN drops every 50 min in Leeds", "Labels print twice")):
            maya.at(terminal=f"more {number}").ok("start", "--title", title, "--ticket", f"INC-33{number}7")
        handed = server.ana.at(terminal="handed")
        handed.ok("start", "--title", "Intermittent 502 on shop.ferrow.example", "--severity", "2")
        handed.ok("handoff", MAYA, "--note", "I leave at 18:00", "--warn", "lb-edge-1 fills its disk at about 21:00")
        yield server


class Signed:
    """Somebody in front of a browser; `problems` are what its console says."""

    def __init__(self, page: "Page", url: str) -> None:
        self.page, self.url, self.problems = page, url, list[str]()
        page.on("console", lambda said: self.problems.append(said.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def sign_in(self, name: str) -> None:
        if "/sign-in" not in self.page.url:
            self.page.goto(f"{self.url}/sign-in")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button:has-text('Sign in')")

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)


@contextmanager
def somebody(browser: "Browser", served: Served, name: str = "", **options: Any) -> Iterator[Signed]:
    """Open a window of somebody who is signed in, with their work in it; without a name, an empty one of nobody."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
    try:
        signed = Signed(context.new_page(), served.url)
        if name:
            form = {"name": name, "password": PASSWORD}
            cookies = served.get("/sign-in", "POST", data=form, headers=SAME_ORIGIN).cookies
            context.add_cookies([{"name": key, "value": value, "url": served.url} for key, value in cookies.items()])
            signed.go("/")
        yield signed
    finally:
        context.close()


def started(served: Served, terminal: str) -> tuple[Program, str]:
    """Start a session in Ben's terminal; return it with the session's path."""
    ben = served.ana.at(terminal=terminal)
    ben.start()
    return ben, f"/sessions/{ben.json('show', '--json')['code']}"


def shared(ben: Signed, path: str) -> tuple[str, str, str]:
    """Share progress: return what is pasted into an editor and into a text area, and the link that was made."""
    page = ben.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ben.go(path)
    page.click("text=Share progress")
    page.click("dialog [data-copy-summary]")
    page.wait_for_selector("dialog >> text=Copied. Paste it now.")
    page.click("dialog #new-link button")
    page.wait_for_selector("dialog >> text=The link is made")
    link = re.search(r"/share/rfs_\w+", page.content())
    assert link is not None
    page.click("dialog [data-close]")
    page.evaluate("document.body.innerHTML = '<div id=rich contenteditable></div><textarea id=plain></textarea>'")
    for field in ("#rich", "#plain"):
        page.focus(field)
        page.keyboard.press("Control+V")
    return page.inner_html("#rich"), page.input_value("#plain"), link[0]


def test_who_is_stuck_shares_and_a_colleague_goes_on_at_another_process(served: Served, browser: "Browser") -> None:
    """From Ben's terminal over his browser and the link to Cleo's, and back to his terminal."""
    ben, path = started(served, "story")
    ben.ok("choose", "green")
    with somebody(browser, served, BEN) as sharing:
        rich, plain, link = shared(sharing, path)
        assert sharing.problems == []
    assert "Clear the print queue" in plain and "<" not in plain
    assert "Clear the print queue" in rich and "<strong" in rich
    with serving(served.ana, log="second.log") as second, somebody(browser, second) as cleo:
        cleo.go(link)
        assert "Clear the print queue" in cleo.page.inner_text("main")
        button, below = (cleo.page.locator("#continue > .row").nth(number).bounding_box() for number in (0, 1))
        assert button and below and below["y"] - (button["y"] + button["height"]) >= 8, "they don't touch"
        cleo.page.click("text=Sign in to resume")
        cleo.sign_in("Cleo")
        assert cleo.page.url == second.url + path
        assert "Clear the print queue" in cleo.page.inner_text("#at")
        cleo.page.click("#take-over summary")
        cleo.page.fill("[name=take_reason]", "Ben is off shift")
        cleo.page.click("button:has-text('Take over')")
        cleo.page.fill("[name=result]", "Two jobs from Monday were stuck")
        cleo.page.click("#at button:has-text('Done')")
        cleo.page.click("#at .answer:has-text('Yes')")
        cleo.page.fill("[name=summary]", "Old jobs blocked the queue")
        cleo.page.click("button:has-text('Close the session')")
        assert "Closed as resolved" in cleo.page.inner_text("main")
        assert cleo.problems == []
    shown = ben.ok("show").out
    assert "resolved" in shown and "Two jobs from Monday were stuck" in shown and "Cleo" in shown


def test_a_step_of_one_shows_in_the_others_browser_and_what_is_typed_stays(served: Served, browser: "Browser") -> None:
    _, path = started(served, "two people")
    with somebody(browser, served, BEN) as ben, somebody(browser, served, "Cleo") as cleo:
        for each in (ben, cleo):
            each.go(path)
            each.page.wait_for_selector("#live[data-state=live]")
        ben.page.wait_for_selector("#here >> text=Also here: Cleo", timeout=5000)
        cleo.page.evaluate("window.untouched = true")
        cleo.page.click("#add [value=note] + *, #add label:has([value=note])")
        cleo.page.type("#add [name=text]", "Seen in York too, on the")
        ben.page.click("#at .answer:has-text('Green')")
        cleo.page.wait_for_selector("#at >> text=Clear the print queue", timeout=5000)
        cleo.page.keyboard.type(" same printer")
        assert cleo.page.input_value("#add [name=text]") == "Seen in York too, on the same printer"
        assert cleo.page.evaluate("window.untouched") is True
        cleo.page.click("#add button:has-text('Add')")
        ben.page.wait_for_selector("text=Seen in York too, on the same printer", timeout=5000)
        assert cleo.page.input_value("#add [name=text]") == ""
        assert ben.problems == cleo.problems == []
        cleo.go("/")
        ben.page.wait_for_selector("#here:empty", state="attached", timeout=5000)


def test_the_focus_stays_where_it_is_when_the_page_changes_by_itself(served: Served, browser: "Browser") -> None:
    """Who works by keyboard would begin at the top of the page again with each step of somebody else."""
    terminal, path = started(served, "focus")
    terminal.ok("step", "Read the log")
    terminal.ok("step", "Read it again")
    with somebody(browser, served, BEN) as ben:
        ben.go(path)
        ben.page.wait_for_selector("#live[data-state=live]")
        folded = ("#step-2 summary", "#edit-brief > summary")
        controls = (*folded, "#at .answer >> nth=1", "#add [value=warning]", "text=Delete the session")
        for number, focused in enumerate(controls):
            ben.page.locator(focused).focus()
            name = ben.page.evaluate("document.activeElement.textContent")
            terminal.ok("note", f"Reading {number} of the counter")
            ben.page.wait_for_selector(f"text=Reading {number} of the counter", timeout=5000)
            assert ben.page.evaluate("document.activeElement.textContent") == name
            assert ben.page.locator(focused).evaluate("(each) => each === document.activeElement")


def test_of_two_answers_at_once_one_wins_and_the_other_loses_no_text(served: Served, browser: "Browser") -> None:
    terminal, path = started(served, "at once")
    terminal.ok("choose", "green")
    with somebody(browser, served, BEN) as first, somebody(browser, served, BEN, java_script_enabled=False) as second:
        for each, text in ((first, "Emptied it"), (second, "Two jobs from Monday\nwere stuck")):
            each.go(path)
            each.page.fill("[name=result]", text)
        first.page.click("#at button:has-text('Done')")
        second.page.click("#at button:has-text('Done')")
        assert "Somebody was faster" in second.page.inner_text("#refused")
        assert second.page.input_value("#refused [name=came]") == "Two jobs from Monday\nwere stuck"
        second.page.click("#refused button")
        assert "Step added." in second.page.inner_text("main")


def test_a_result_that_was_being_typed_when_the_session_moved_on_is_kept(served: Served, browser: "Browser") -> None:
    terminal, path = started(served, "moved on")
    terminal.ok("choose", "green")
    with somebody(browser, served, BEN) as ben:
        ben.go(path)
        ben.page.wait_for_selector("#live[data-state=live]")
        ben.page.type("[name=result]", "Two jobs from Mon")
        terminal.ok("done", "Emptied it")
        ben.page.wait_for_selector("#unsent", timeout=5000)
        assert ben.page.input_value("#unsent textarea") == "Two jobs from Mon"
        ben.page.click("#unsent button")
        assert ben.page.locator("#unsent").count() == 0


def test_what_was_typed_survives_a_reload_and_signing_out_reaches_other_tabs(
    served: Served, browser: "Browser"
) -> None:
    _, path = started(served, "drafts")
    with somebody(browser, served, BEN) as ben:
        ben.go(path)
        other = ben.page.context.new_page()
        other.goto(served.url + path)
        ben.page.type("#add [name=text]", "It hums")
        ben.page.reload()
        assert ben.page.input_value("#add [name=text]") == "It hums"
        other.click("text=Sign out")
        ben.page.wait_for_url("**/sign-in?next=*", timeout=5000)
        ben.sign_in(BEN)
        assert ben.page.input_value("#add [name=text]") == "It hums"


def test_a_draft_of_the_brief_does_not_overwrite_what_somebody_wrote_meanwhile(
    served: Served, browser: "Browser"
) -> None:
    terminal, path = started(served, "brief")
    terminal.ok("brief", "--impact", "No labels")
    with somebody(browser, served, BEN) as ben:
        ben.go(path)
        ben.page.wait_for_selector("#live[data-state=live]")
        ben.page.click("#edit-brief > summary")
        ben.page.fill("#edit-brief [name=impact]", "No labels in Leeds")
        terminal.ok("brief", "--impact", "No labels anywhere")
        ben.page.wait_for_selector("#brief >> text=No labels anywhere", timeout=5000)
        assert ben.page.input_value("#edit-brief [name=impact]") == "No labels in Leeds"
        ben.page.click("#edit-brief button")
        assert "No labels anywhere" in ben.page.inner_text("#refused")
        assert ben.page.input_value("#edit-brief [name=impact]") == "No labels in Leeds"
        terminal.ok("note", "It hums")
        ben.page.wait_for_selector("#live >> text=It has changed since", timeout=5000)
        ben.page.click("#edit-brief button")
        assert "Saved." in ben.page.inner_text("main")
    assert terminal.json("progress", "-f", "json")["impact"] == "No labels in Leeds"


def test_a_session_is_worked_on_by_keyboard_alone(served: Served, browser: "Browser") -> None:
    _, path = started(served, "keyboard")
    with somebody(browser, served, BEN) as ben:
        ben.go(path)
        press = ben.page.keyboard.press
        press("?")
        assert ben.page.is_visible("#shortcuts")
        press("Escape")
        ben.page.click("#assume > summary")
        ben.page.fill("[name=why]", "The customer says so")
        press("Enter")  # answers nothing
        ben.page.click("#assume > summary")
        press("Escape")
        ben.page.evaluate("document.activeElement.blur()")
        press("3")
        assert "Green" in ben.page.evaluate("document.activeElement.textContent")
        assert ben.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        press("Enter")
        ben.page.wait_for_selector("#at >> text=Clear the print queue")
        press("n")
        ben.page.keyboard.type("It hums")
        for _ in range(12):
            press("Tab")
            if ben.page.evaluate("document.activeElement.textContent") == "Add":
                break
        press("Enter")
        ben.page.wait_for_selector("text=Note added.")
        press("g")
        press("w")
        ben.page.wait_for_selector("h1:has-text('My work')")


def test_files_are_dropped_and_times_are_the_readers(served: Served, browser: "Browser") -> None:
    _, path = started(served, "drop")
    with somebody(browser, served, BEN, timezone_id="Asia/Tokyo") as ben:
        ben.go(path)
        ben.page.evaluate(
            """() => {
                const data = new DataTransfer();
                data.items.add(new File(["E42 paper jam"], "print.log"));
                const how = { dataTransfer: data, bubbles: true };
                for (const type of ["dragover", "drop"])
                    document.querySelector("main").dispatchEvent(new DragEvent(type, how));
            }"""
        )
        ben.page.click("#add button:has-text('Add')")
        assert "1 output added." in ben.page.inner_text("main")
        assert "E42 paper jam" in (ben.page.text_content("main") or "")
        time_ = ben.page.locator("figcaption time")
        assert (time_.get_attribute("datetime") or "").endswith("+00:00")
        shown = ben.page.evaluate("new Date(document.querySelector('.ev time').dateTime).toLocaleTimeString('en-GB')")
        assert time_.text_content() == shown[:5]
        assert ben.page.inner_text(".meta time") in ("just now", "1 min ago")


def test_the_list_of_my_work_changes_by_itself(served: Served, browser: "Browser") -> None:
    with somebody(browser, served, "Cleo") as cleo:
        cleo.page.wait_for_selector("h1:has-text('My work')")
        terminal = served.ana.at(terminal="hands over")
        terminal.ok("start", "--title", "Badge reader blinks red")
        terminal.ok("handoff", "Cleo")
        cleo.page.wait_for_selector("main >> text=Badge reader blinks red", timeout=5000)
        end = time.monotonic() + 5
        while not cleo.page.title().startswith("(1)") and time.monotonic() < end:
            time.sleep(0.05)
        assert cleo.page.title() == "(1) My work – rflow"


def test_what_was_tried_stands_below_the_forms(served: Served, browser: "Browser") -> None:
    with somebody(browser, served, MAYA) as maya:
        maya.go(f"/sessions/{CODE}")
        forms, side, tried = (maya.page.locator(f".cols > :nth-child({number})").bounding_box() for number in (1, 2, 3))
        assert forms and tried and side
        assert (tried["x"], tried["y"] >= forms["y"] + forms["height"]) == (forms["x"], True)
        assert (side["x"] > forms["x"] + forms["width"], side["y"]) == (True, forms["y"])
        bottom = max(each["y"] + each["height"] for each in (tried, side))
        assert maya.page.evaluate("document.documentElement.scrollHeight") < bottom + 100
