"""The page of a link in a real browser: it updates as the engineer works, in the reader's zone, until the link ends."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.program import Program
from support.web.prefix_proxy import below
from support.web.server import Served, free_port, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("live")
    ana = Program(home, store=str(home / "shift.db")).with_tree()
    ana.start()
    with serving(ana) as server:
        yield server


def status(page: "Page") -> str:
    return page.inner_text("#live")


def test_a_step_in_the_terminal_shows_without_reload(served: Served, page: "Page") -> None:
    page.goto(served.url + served.link()["path"])
    page.wait_for_selector("#live[data-state=live]")
    page.evaluate("window.untouched = true")
    served.ana.ok("choose", "green")
    page.wait_for_selector(".facts .strong >> text=Clear the print queue", timeout=5000)
    assert page.evaluate("window.untouched") is True
    assert status(page).startswith("Live, updated ")


def test_details_that_the_reader_opened_stay_open(served: Served, page: "Page") -> None:
    page.goto(served.url + served.link()["path"])
    page.click("#fold-tree > summary")
    for number in range(9):
        served.ana.ok("step", f"Look number {number}")
    page.wait_for_selector("text=Look number 8", timeout=5000)
    assert page.locator("#fold-steps-1").count() == 1
    assert page.evaluate("document.querySelector('#fold-tree').open") is True
    assert page.evaluate("document.querySelector('#fold-steps-1').open") is False
    assert page.evaluate("document.activeElement === document.querySelector('#fold-tree > summary')") is True


def test_a_revoked_link_says_so_and_keeps_its_content(served: Served, page: "Page") -> None:
    link = served.link()
    page.goto(served.url + link["path"])
    page.wait_for_selector("#live[data-state=live]")
    served.ana.ok("share", "revoke", link["id"])
    page.wait_for_selector("text=This link ended at ", timeout=5000)
    assert re.fullmatch(r"This link ended at \d\d:\d\d\. The page shows how things stood then\.", status(page))
    assert page.inner_text("h1") == "A label printer prints nothing"
    assert page.title() == "Ended: A label printer prints nothing"
    assert page.locator(".bar a, [href='?resume']").count() == 0
    page.reload()
    assert page.inner_text("h1") == "This link does not work"


def test_the_page_loads_nothing_from_elsewhere_and_runs_no_foreign_script(served: Served, page: "Page") -> None:
    served.ana.ok("note", "<script>document.title='owned'</script><img src=//evil.example/x onerror=alert(1)>")
    requested: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(served.url + served.link()["path"])
    page.wait_for_selector("#live[data-state=live]")
    assert [url for url in requested if not url.startswith((served.url, "data:"))] == []
    assert problems == []
    assert page.title() == "A label printer prints nothing"


def test_a_page_that_stays_open_is_one_view(served: Served, page: "Page") -> None:
    link = served.link()
    page.goto(served.url + link["path"])
    for number in range(3):
        served.ana.ok("note", f"Look number {number}")
        page.wait_for_selector(f"text=Look number {number}", timeout=5000)
    assert served.views(link, 1) == 1


def test_the_reader_changes_between_the_whole_and_the_short_form_with_one_click(served: Served, page: "Page") -> None:
    served.ana.ok("step", "Held the ribbon against the light")
    link = served.link()
    page.goto(served.url + link["path"])
    page.click("nav >> text=Brief")
    page.wait_for_selector("#live[data-state=live]")
    assert page.locator(".steps").count() == 0
    served.ana.ok("brief", "--ask", "Who has the key to the print room?")
    page.wait_for_selector("#ask >> text=Who has the key", timeout=5000)
    assert page.locator("[aria-current]").inner_text() == "Brief"
    page.click("nav >> text=Full")
    page.wait_for_selector(".steps", state="attached")
    assert page.locator("[aria-current]").inner_text() == "Full"
    assert served.views(link, 1) == 1


def test_a_brief_link_offers_no_whole_form(served: Served, page: "Page") -> None:
    page.goto(served.url + served.link("--brief")["path"])
    assert page.locator("nav").count() == 0


def test_times_are_in_the_zone_of_the_reader(served: Served, page: "Page") -> None:
    browser = page.context.browser
    assert browser is not None
    served.ana.ok("step", "Looked at the clock of the print server")
    path = served.link()["path"]
    plain, east = (browser.new_page(java_script_enabled=on, timezone_id="Pacific/Kiritimati") for on in (False, True))
    for each in (plain, east):
        each.goto(served.url + path)
    east.wait_for_selector("#live[data-state=live]")
    for selector in ("ol.steps .by > time", ".meta time"):
        at = datetime.fromisoformat(str(plain.locator(selector).first.get_attribute("datetime")))
        there = at.astimezone(timezone(timedelta(hours=14)))
        assert f"{at:%H:%M}" in str(plain.locator(selector).first.text_content())
        assert f"{there.day} {there:%b %Y}, {there:%H:%M}" == east.locator(selector).first.get_attribute("title")
    assert re.fullmatch(r"just now|\d+ min ago", east.locator(".meta b time").inner_text())
    assert "Times are in UTC." in plain.inner_text("main")
    assert "Times are in your time zone (Pacific/Kiritimati)." in east.inner_text("main")
    plain.close()
    east.close()


def test_the_page_reconnects_when_the_server_is_back(served: Served, page: "Page") -> None:
    ana = served.ana.at(terminal="second")
    ana.start()
    with serving(ana, log="first.log") as first:
        link = first.link()
        page.goto(first.url + link["path"])
        page.wait_for_selector("#live[data-state=live]")
        first.process.terminate()
        first.process.wait(10)
        page.wait_for_selector("text=No connection", timeout=5000)
        ana.ok("note", "Written while the server was away")
        with serving(ana, log="again.log", port=first.port):
            page.wait_for_selector("text=Written while the server was away", timeout=15_000)


def test_an_open_page_says_by_itself_that_a_wait_is_overdue(served: Served, page: "Page") -> None:
    ana = served.ana.at(terminal="waiting")
    code = ana.start()
    due = datetime.now(UTC) + timedelta(seconds=3)
    ana.ok("wait", "The vendor calls back", "--until", due.isoformat(timespec="seconds"))
    browser = page.context.browser
    assert browser is not None
    reader = browser.new_page()
    reader.clock.install()
    reader.goto(served.url + served.link("-s", code)["path"])
    assert "Waiting until" in reader.inner_text("#waiting")
    reader.wait_for_timeout(5000)
    reader.clock.fast_forward(31_000)
    reader.wait_for_selector("#waiting >> text=overdue since", timeout=5000)
    reader.close()


def test_a_reader_whose_clock_is_ahead_asks_once_and_then_goes_by_the_clock_of_the_server(
    served: Served, page: "Page"
) -> None:
    ana = served.ana.at(terminal="ahead")
    code = ana.start()
    now = datetime.now(UTC)
    ana.ok("wait", "The vendor calls back", "--until", (now + timedelta(minutes=30)).isoformat(timespec="seconds"))
    browser = page.context.browser
    assert browser is not None
    reader = browser.new_page()
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None)
    reader.clock.install(time=now + timedelta(hours=1))
    reader.goto(served.url + served.link("-s", code)["path"])
    reader.wait_for_selector("#live[data-state=live]")
    for _ in range(3):
        reader.clock.fast_forward(31_000)
        reader.wait_for_timeout(700)
    assert len(asked) == 1
    reader.close()


def test_a_page_that_was_offline_when_its_link_ended_says_between_which_times(served: Served, page: "Page") -> None:
    """As on a computer that was asleep: the clock of the page moves on, and no event comes."""
    link = served.link()
    page.clock.install()
    page.goto(served.url + link["path"])
    page.wait_for_selector("#live[data-state=live]")
    page.route("**/share/**", lambda route: route.abort())
    served.ana.ok("share", "revoke", link["id"])
    page.evaluate("document.body.dataset.test = 'asleep'")
    page.unroute("**/share/**")
    page.clock.fast_forward("02:00:00")
    page.wait_for_selector("#live[data-state=ended]", timeout=10_000)
    assert re.fullmatch(r"This link ended (at|between) .*\. The page shows how things stood then\.", status(page))


def test_without_scripts_the_page_reloads_itself(served: Served, page: "Page") -> None:
    browser = page.context.browser
    assert browser is not None
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(served.url + served.link()["path"])
    assert plain.inner_text("h1") == "A label printer prints nothing"
    assert status(plain) == "Reload the page to see what is new."
    assert plain.locator("meta[http-equiv=refresh]").get_attribute("content") == "20"
    plain.close()


def test_below_a_path_of_a_proxy_the_page_updates_too(tmp_path: Path, page: "Page") -> None:
    ana = Program(tmp_path, store=str(tmp_path / "shift.db")).with_tree()
    ana.start()
    port = free_port()
    with below("/tools/rflow", port) as url, serving(ana, "--public-url", url, port=port) as server:
        link = server.link()["url"]
        assert link.startswith(f"{url}/share/")
        page.goto(link)
        page.wait_for_selector("#live[data-state=live]", timeout=5000)
        ana.ok("choose", "green")
        page.wait_for_selector(".facts .strong >> text=Clear the print queue", timeout=5000)
