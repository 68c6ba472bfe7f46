"""Every page of the workspace before judges that others wrote: axe-core and the Nu HTML checker; nightly pa11y,
Lighthouse and wapiti, which tests/web/test_judges.py says how to install. `RFLOW_UPDATE_GOLDEN=1` takes the pictures
of docs/web.md.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from judges.axe import violations
from judges.nightly import cookie_header, lighthouse, pa11y, wapiti
from judges.node_tools import node_file
from rflow.web.work.pages import PAGES
from support.needs import need
from support.nightly import NIGHTLY
from support.web.visitor import SAME_ORIGIN
from support.web.workspace import ANSWERS, MAYA, PLACES, ROOT, SIZES, Workspace, a_reader

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = Path(__file__).parents[3] / "docs" / "images"
TABLE_ROLES = (
    "The “(table|rowgroup|row|columnheader|rowheader|cell)” role is unnecessary.*|The “role” attribute must not.*"
)
"""What the Nu HTML checker says of tables with roles, which they need on a phone, where their cells are blocks."""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("web-judges")]


PICTURED = [
    (name, scheme, size)
    for name in (
        *("sign-in", "home", "session", "missing", "start", "inbox", "search", "account", "device-asking"),
        *("share", "hand-off", "redact", "delete", "shares", "share-one", "tokens", "spaces", "space"),
        *("admin", "admin-account", "admin-audit"),
    )
    for scheme, size in (("light", "desktop"), ("dark", "desktop"), ("light", "phone"))
]
DOWNLOADS = {"/sessions/{session}/share/file", "/sessions/{session}/evidence/{seq}", "/admin/audit/file"}


def test_no_page_is_left_out(team: Workspace) -> None:
    """Each page of the table of pages is among the places, and each picture is of one."""
    from starlette.routing import compile_path

    paths = [team.at(name).partition("?")[0] for name in PLACES]
    shown = {page.path for page in PAGES if page.get and any(compile_path(page.path)[0].match(path) for path in paths)}
    assert {page.path for page in PAGES if page.get} - DOWNLOADS - shown == set()
    assert {name for name, _, _ in PICTURED} <= set(PLACES)


def test_the_docs_have_pictures_of_the_pages(
    team: Workspace, browser: "Browser", cookies: Mapping[str, dict[str, str]]
) -> None:
    for name, scheme, size in PICTURED:
        picture = PICTURES / f"web-{name}{'-phone' if size == 'phone' else '-dark' if scheme == 'dark' else ''}.png"
        if os.environ.get("RFLOW_UPDATE_GOLDEN"):
            with a_reader(browser, team, cookies[PLACES[name][0]], size, scheme) as page:
                page.goto(team.served.url + team.at(name))
                if name == "session":
                    page.wait_for_selector("#live[data-state=live]")
                page.screenshot(path=picture)
        assert picture.stat().st_size < 200_000, picture


def test_every_page_is_valid_html(team: Workspace, cookies: Mapping[str, dict[str, str]], tmp_path: Path) -> None:
    """By the Nu HTML checker, style sheets included: what is shown, and what answers a form."""
    checker = node_file("vnu-jar/build/dist/vnu.jar")
    need("java")
    statuses = {}
    with httpx.Client(base_url=team.served.url, timeout=30) as client:
        for name, (who, _) in PLACES.items():
            headers = {"cookie": cookie_header(cookies[who])}
            shown = client.get(team.at(name), headers=headers)
            statuses[name] = shown.status_code
            (tmp_path / f"{name}.html").write_bytes(shown.content)
        for name, (who, path, form) in ANSWERS.items():
            headers = {"cookie": cookie_header(cookies[who])}
            headers |= {"origin": form["origin"]} if "origin" in form else SAME_ORIGIN
            answer = client.post(path, data=dict(form), headers=headers)
            statuses[name] = answer.status_code
            (tmp_path / f"answer-{name}.html").write_bytes(answer.content)
    assert [(name, status) for name, status in statuses.items() if status in (301, 302, 303, 500)] == []
    files = [str(file) for file in tmp_path.glob("*.html")]
    assert len(files) == len(PLACES) + len(ANSWERS)
    words = ["java", "-jar", str(checker), "--filterpattern", TABLE_ROLES, *files]
    found = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert (found.returncode, found.stderr) == (0, "")


LOOKS = [("phone", "dark"), ("desktop", "light")]
"""How pages are looked at; in `make test` only the first way, which has every part that the second one has."""


@pytest.mark.parametrize(("size", "scheme"), LOOKS if NIGHTLY else LOOKS[:1])
def test_every_page_is_accessible(
    team: Workspace, browser: "Browser", cookies: Mapping[str, dict[str, str]], size: str, scheme: str
) -> None:
    """By the rules of axe-core, with everything unfolded; nothing is scrolled sideways."""
    for who in dict.fromkeys(who for who, _ in PLACES.values()):
        with a_reader(browser, team, cookies[who], size, scheme, bypass_csp=True) as page:
            for name in (name for name, (reads, _) in PLACES.items() if reads == who):
                page.goto(team.served.url + team.at(name))
                assert (name, violations(page)) == (name, [])
                assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], name


CONTROLS = "a.btn, a.go, a.pill, a.logo, .seg > *, button, summary, label.check, input, select, textarea"
TOO_SMALL = """(controls, fewest) => {
    document.querySelectorAll("main details").forEach((element) => { element.open = true; });
    return [...document.querySelectorAll(controls)].filter((element) => {
        if (!element.checkVisibility() || element.closest(".vh, label.check > *")) return false;
        const around = getComputedStyle(element, "::after");
        const more = around.position === "absolute" ? -2 * parseFloat(around.top) : 0;
        return element.getBoundingClientRect().height + more < fewest;
    }).map((element) => element.outerHTML.slice(0, 120));
}"""


def test_every_control_is_large_enough_for_a_finger(
    team: Workspace, browser: "Browser", cookies: Mapping[str, dict[str, str]]
) -> None:
    """44 px, as the look of the pages asks for where the pointer is coarse."""
    for who in dict.fromkeys(who for who, _ in PLACES.values()):
        with a_reader(browser, team, cookies[who], "phone", "light", has_touch=True, is_mobile=True) as page:
            for name in (name for name, (reads, _) in PLACES.items() if reads == who):
                page.goto(team.served.url + team.at(name))
                assert (name, page.evaluate(f"({TOO_SMALL})({CONTROLS!r}, 44)")) == (name, [])
            page.goto(f"{team.served.url}/share/{team.names['token']}")
            assert page.evaluate(f"({TOO_SMALL})({CONTROLS!r}, 44)") == []


SHOWN = "(selector) => [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility())"


def test_on_paper_a_session_has_all_its_steps_and_nothing_to_press(
    team: Workspace, browser: "Browser", cookies: Mapping[str, dict[str, str]]
) -> None:
    with a_reader(browser, team, cookies[MAYA], "desktop", "dark") as page:
        for address in (team.at("session"), f"/share/{team.names['token']}"):
            page.goto(team.served.url + address)
            page.emulate_media(media="print")
            steps = page.locator(".steps > li")
            assert [each.is_visible() for each in steps.all()] == [True] * 10
            controls = "form, button, input, textarea, .btn, .go, .seg"
            assert page.evaluate(f"({SHOWN})({controls!r}).map((each) => each.outerHTML)") == []


# Nightly

JUDGED = ("home", "session", "session-action", "share", "hand-off", "redact", "shares", "admin")
"""The pages that Lighthouse looks at: each kind of page once, since it takes long."""

if NIGHTLY:

    @pytest.mark.parametrize("name", PLACES)
    def test_pa11y_finds_nothing(
        team: Workspace, cookies: Mapping[str, dict[str, str]], tmp_path: Path, name: str
    ) -> None:
        """The form that records a copy has no button: only the script sends it; without one, nothing is copied."""
        found = pa11y(team.served.url + team.at(name), tmp_path, cookies[PLACES[name][0]])
        assert [each for each in found if 'id="copied"' not in each["context"] or "H32" not in each["code"]] == []

    @pytest.mark.parametrize(
        "name", ["home", "session", "session-action", "share", "hand-off", "redact", "shares", "admin"]
    )
    def test_lighthouse_scores_are_high(
        team: Workspace, cookies: Mapping[str, dict[str, str]], tmp_path: Path, name: str
    ) -> None:
        """The best of two runs, since it gives up now and then. Performance is a matter of the benchmarks."""
        address, cookie = team.served.url + team.at(name), cookies[PLACES[name][0]]
        judged = ("accessibility", "best-practices")
        runs = (lighthouse(address, tmp_path, "mobile", judged, cookie) for _ in range(2))
        assert any(len(scores) == 2 and min(scores.values()) >= 0.95 for scores in runs)

    @pytest.mark.parametrize("who", [MAYA, ROOT])
    def test_wapiti_finds_no_hole(
        team: Workspace, cookies: Mapping[str, dict[str, str]], tmp_path: Path, who: str
    ) -> None:
        """Signed in, with the header by which a browser says that a form is of this server; signing out is left out.

        Forms have no token against those of other sites: where they come from is checked, as test_pages.py shows for
        each. Cookies are not `Secure` here, without TLS on this machine; test_sign_in.py shows them behind it.
        """
        urls = [team.served.url + team.at(name) for name, (reads, _) in PLACES.items() if reads == who]
        more = [
            word for path in ("/sign-out", "/sign-out-everywhere") for word in ("--exclude", team.served.url + path)
        ]
        more += ["--cookie-value", cookie_header(cookies[who]), "--header", "sec-fetch-site: same-origin"]
        more += ["--max-attack-time", "10"]  # of each module: there are hundreds of forms
        found, visited = wapiti(urls, tmp_path, *more, seconds=100)
        assert set(found) <= {"Cross Site Request Forgery", "Secure Flag cookie"}, found
        assert visited >= len(urls)
        assert team.served.get("/inbox", headers={"cookie": cookie_header(cookies[who])}).status_code == 200
