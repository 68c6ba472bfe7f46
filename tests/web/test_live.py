"""The page of a link in a real browser: it updates as the engineer works, and says when the link has ended."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.program import Program
from support.web.browser import a_page
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


@pytest.fixture(scope="module")
def page() -> "Iterator[Page]":
    with a_page() as page:
        yield page


def status(page: "Page") -> str:
    return page.inner_text("#live")


def test_a_step_in_the_terminal_shows_within_a_second_without_reload(served: Served, page: "Page") -> None:
    page.goto(served.url + served.link()["path"])
    page.wait_for_selector("#live[data-state=live]")
    page.evaluate("window.untouched = true")
    served.ana.ok("choose", "green")
    done = time.monotonic()
    page.wait_for_selector(".place >> text=Clear the print queue", timeout=5000)
    assert time.monotonic() - done < 1
    assert page.evaluate("window.untouched") is True
    assert status(page).startswith("Live. Updated ")


def test_details_that_the_reader_opened_stay_open(served: Served, page: "Page") -> None:
    page.goto(served.url + served.link()["path"])
    page.click("summary")
    served.ana.ok("note", "Somebody reset the printer on Monday")
    page.wait_for_selector("text=Somebody reset the printer on Monday", timeout=5000)
    assert page.evaluate("document.querySelector('details').open") is True


def test_a_revoked_link_says_so_within_two_seconds_and_keeps_its_content(served: Served, page: "Page") -> None:
    link = served.link()
    page.goto(served.url + link["path"])
    page.wait_for_selector("#live[data-state=live]")
    served.ana.ok("share", "revoke", link["id"])
    done = time.monotonic()
    page.wait_for_selector("text=This link has ended", timeout=5000)
    assert time.monotonic() - done < 2
    assert page.inner_text("h1") == "A label printer prints nothing"
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
        page.wait_for_selector(".place >> text=Clear the print queue", timeout=5000)
