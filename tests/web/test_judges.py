"""The pages of links, checked by axe-core and the Nu HTML checker; nightly by pa11y, Lighthouse and wapiti.

The nightly tools need: `npm install --prefix tests/node/nightly --no-package-lock --ignore-scripts`, and wapiti in
an environment of its own, on the path or named by `RFLOW_WAPITI`.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from judges.nightly import lighthouse, pa11y, wapiti
from judges.node_tools import node_file
from support.needs import need
from support.nightly import NIGHTLY
from support.program import Program
from support.web.server import Served, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "images"
PICTURED = [
    ("desktop", "light", "desktop", ""),
    ("dark", "dark", "desktop", ""),
    ("phone", "light", "phone", ""),
    ("brief-phone", "dark", "phone", "?brief"),
]
SIZES = {"desktop": (1280, 900), "phone": (360, 780)}
ROBOT = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("web-judges")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the session of the examples."""
    home = tmp_path_factory.mktemp("judges")
    maya = Program(home, user="Maya Okonkwo", store=str(home / "shift.db"))
    maya.ok("import", str(ROOT / "examples" / "sessions" / "postgres-refused.jsonl"))
    with serving(maya) as server:
        yield server


@pytest.fixture(scope="module")
def path(served: Served) -> str:
    """The path of the session's page."""
    return str(served.link("-s", "V6HJ-VG")["path"])


def pages(path: str) -> dict[str, tuple[str, str | None]]:
    """Return the pages that the server can show: path and `User-Agent`."""
    return {
        "page": (path, None),
        "brief": (f"{path}?brief", None),
        "ended": ("/share/x", None),
        "preview": (path, ROBOT),
        "home": ("/", None),
        "nothing": ("/nowhere", None),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_a_link_is_accessible(
    served: Served, path: str, browser: "Browser", size: str, scheme: Any
) -> None:
    """By the rules of axe-core, which the page's own content policy would keep out; nothing is scrolled sideways."""
    axe = node_file("axe-core/axe.min.js").read_text("utf-8")
    width, height = SIZES[size]
    for name, (place, agent) in pages(path).items():
        context = browser.new_context(
            bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": height}, user_agent=agent
        )
        page = context.new_page()
        page.goto(served.url + place)
        if name in ("page", "brief"):
            page.wait_for_selector("#live[data-state=live]")
            page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        page.evaluate(axe)
        found = page.evaluate("(rules) => axe.run(document, { runOnly: rules })", RULES)
        assert (name, found["violations"]) == (name, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()


def test_every_page_of_a_link_is_valid_html(served: Served, path: str, tmp_path: Path) -> None:
    """By the Nu HTML checker, style sheets included."""
    checker = node_file("vnu-jar/build/dist/vnu.jar")
    need("java")
    for name, (place, agent) in pages(path).items():
        response = served.get(place, headers={"user-agent": agent or "Firefox/150"})
        (tmp_path / f"{name}.html").write_bytes(response.content)
    files = [str(file) for file in tmp_path.glob("*.html")]
    found = subprocess.run(["java", "-jar", str(checker), *files], capture_output=True, text=True, timeout=120)
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize(("name", "scheme", "size", "query"), PICTURED)
def test_the_docs_have_pictures_of_the_page(
    served: Served, path: str, browser: "Browser", name: str, scheme: Any, size: str, query: str
) -> None:
    """`RFLOW_UPDATE_GOLDEN=1` takes them."""
    picture = PICTURES / f"share-{name}.png"
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        width, height = SIZES[size]
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": height})
        page.goto(served.url + path + query)
        page.wait_for_selector("#live[data-state=live]")
        page.screenshot(path=picture)
        page.close()
    assert picture.stat().st_size < 200_000


def test_the_docs_have_a_picture_of_a_page_whose_link_has_ended(served: Served, browser: "Browser") -> None:
    """`RFLOW_UPDATE_GOLDEN=1` takes it."""
    picture = PICTURES / "share-ended.png"
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        link = served.link("-s", "V6HJ-VG")
        page = browser.new_page(color_scheme="light", viewport={"width": 820, "height": 420})
        page.goto(served.url + link["path"])
        page.wait_for_selector("#live[data-state=live]")
        served.ana.ok("share", "revoke", link["id"])
        page.wait_for_selector("#live[data-state=ended]")
        page.screenshot(path=picture)
        page.close()
    assert picture.stat().st_size < 200_000


@pytest.mark.parametrize(("name", "path_"), [("home", "/"), ("not-working", "/share/x")])
def test_the_docs_have_pictures_of_the_pages_that_say_one_thing(
    served: Served, browser: "Browser", name: str, path_: str
) -> None:
    """`RFLOW_UPDATE_GOLDEN=1` takes them."""
    picture = PICTURES / f"serve-{name}.png"
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        page = browser.new_page(color_scheme="light", viewport={"width": 820, "height": 460})
        page.goto(served.url + path_)
        page.screenshot(path=picture)
        page.close()
    assert picture.stat().st_size < 200_000


def test_without_script_the_whole_page_is_there_and_folds_open(served: Served, path: str, browser: "Browser") -> None:
    page = browser.new_page(java_script_enabled=False, viewport={"width": 360, "height": 780})
    page.goto(served.url + path)
    assert not page.locator("#step-1").is_visible()
    page.click("#fold-steps-1 > summary")
    assert page.locator("#step-1").is_visible()
    page.click("text=Brief")
    assert page.locator(".steps").count() == 0
    page.click("text=Full")
    assert page.locator("#step-10").is_visible()
    page.close()


def test_on_paper_all_is_unfolded_and_times_have_their_dates(served: Served, path: str, browser: "Browser") -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(served.url + path)
    page.wait_for_selector("#live[data-state=live]")
    page.emulate_media(media="print")
    assert page.evaluate("document.querySelector('#step-1').getBoundingClientRect().height") > 0
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    dated = page.evaluate("getComputedStyle(document.querySelector('.meta time'), '::after').content")
    assert "29 Nov 2026, 07:" in dated
    assert page.locator("nav").is_visible() is False
    assert page.pdf()[:5] == b"%PDF-"
    page.close()


def test_an_update_that_could_not_be_fetched_is_fetched_again(served: Served, path: str, browser: "Browser") -> None:
    """The stream stays open meanwhile and does not announce it a second time."""
    page = browser.new_page()
    page.goto(served.url + path)
    page.wait_for_selector("#live[data-state=live]")
    page.route("**/share/*", lambda route: route.abort())
    served.ana.ok("-s", "V6HJ-VG", "note", "The DBA responses at four")
    page.wait_for_selector("#live[data-state=lost]")
    page.unroute("**/share/*")
    page.wait_for_selector("main >> text=The DBA responses at four", timeout=8000)
    assert page.get_attribute("#live", "data-state") == "live"
    page.close()


def test_a_snapshot_does_not_claim_to_be_live(served: Served, browser: "Browser") -> None:
    page = browser.new_page()
    page.goto(served.url + served.link("-s", "V6HJ-VG", "--snapshot")["path"])
    page.wait_for_selector("#live[data-state=live]", state="attached")
    assert page.inner_text("#live") == ""
    assert page.evaluate("getComputedStyle(document.querySelector('#live'), '::before').content") == "none"
    page.close()


# Nightly

if NIGHTLY:

    @pytest.mark.parametrize("name", ["page", "brief", "ended", "home"])
    def test_pa11y_finds_nothing(served: Served, path: str, tmp_path: Path, name: str) -> None:
        assert pa11y(served.url + pages(path)[name][0], tmp_path) == []

    @pytest.mark.parametrize("device", ["mobile", "desktop"])
    def test_lighthouse_scores_are_high(served: Served, path: str, tmp_path: Path, device: str) -> None:
        """The best of three runs, since it also measures the machine; without its score for search engines."""
        judged = ("performance", "accessibility", "best-practices")
        runs = (lighthouse(served.url + path, tmp_path, device, judged) for _ in range(3))
        assert any(len(scores) == 3 and min(scores.values()) >= 0.95 for scores in runs)

    def test_wapiti_finds_no_hole(served: Served, path: str, tmp_path: Path) -> None:
        places = [
            path,
            f"{path}.json?view=x",
            f"{path}?next=/x&file=notes.txt",
            "/share/x?q=1",
            "/healthz?name=x",
            "/nowhere?id=1",
        ]
        found, visited = wapiti([served.url + place for place in places], tmp_path)
        assert found == {}
        assert visited >= len(places) - 1
