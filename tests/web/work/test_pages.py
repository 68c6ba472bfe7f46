"""What holds for every page, from the table of pages: who gets in, forms of other sites, headers, errors."""

import re
from collections.abc import Iterator

import httpx
import pytest

from rflow.web.work.call import Page
from rflow.web.work.pages import PAGES
from support.team import PASSWORD
from support.web.server import Served
from support.web.visitor import BEN, SAME_ORIGIN, Visitor, team_served

pytestmark = pytest.mark.slow

FORMS = [page for page in PAGES if page.post]
READ = [page for page in PAGES if page.get]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with team_served(tmp_path_factory.mktemp("team")) as server:
        yield server


@pytest.fixture(scope="module")
def client(served: Served, session: dict[str, str]) -> Iterator[httpx.Client]:
    """A browser of Ben's that says nothing about where its requests come from."""
    with httpx.Client(base_url=served.url, cookies=session, timeout=30, verify=False) as client:
        yield client


@pytest.fixture(scope="module")
def session(served: Served) -> dict[str, str]:
    """The cookie of Ben."""
    form = {"name": BEN, "password": PASSWORD}
    signed_in = httpx.post(served.url + "/sign-in", data=form, headers=SAME_ORIGIN, timeout=30, verify=False)
    return dict(signed_in.cookies)


def filled(path: str) -> str:
    return re.sub(r"\{\w+(:path)?\}", "nothing", path)


FOREIGN: tuple[dict[str, str], ...] = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {},
)


@pytest.mark.parametrize("page", FORMS, ids=lambda page: page.path)
def test_a_form_of_another_site_does_nothing(client: httpx.Client, page: Page) -> None:
    """Attack 17, for every form there is."""
    form = {"name": "Cleo", "password": PASSWORD, "old": PASSWORD, "new": "x" * 12, "again": "x" * 12}
    for headers in FOREIGN:
        sent = client.post(filled(page.path), data=form, headers=headers)
        assert (sent.status_code, "location" in sent.headers) == (403, False), headers
        assert "was not sent from a page of this server" in sent.text
    assert client.get("/inbox").status_code == 200


def test_older_browsers_say_their_origin(served: Served) -> None:
    form = {"name": BEN, "password": "wrong password"}
    sent = httpx.post(served.url + "/sign-in", data=form, headers={"origin": served.url}, timeout=30)
    assert sent.status_code == 401


@pytest.mark.parametrize("page", [page for page in PAGES if not page.public], ids=lambda page: page.path)
def test_who_is_not_signed_in_gets_nothing(served: Served, page: Page) -> None:
    path = filled(page.path)
    with httpx.Client(base_url=served.url, headers=SAME_ORIGIN, timeout=30, verify=False) as nobody:
        if page.get:
            shown = nobody.get(path)
            assert (shown.status_code, shown.headers["location"][:14]) == (303, "/sign-in?next=")
        if page.post:
            sent = nobody.post(path, data={"text": "The tunnel is down"})
            assert sent.status_code == 401
            assert "The tunnel is down" in sent.text  # what was typed is not lost


@pytest.mark.parametrize("page", READ, ids=lambda page: page.path)
def test_pages_are_not_stored_and_load_only_what_is_ours(client: httpx.Client, page: Page) -> None:
    shown = client.get(filled(page.path))
    assert shown.status_code < 500
    policy = shown.headers["content-security-policy"]
    if shown.status_code != 303:
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy and "form-action 'self'" in policy and "frame-ancestors 'none'" in policy
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", shown.text)
    assert shown.headers["cache-control"] == "no-store"


def test_another_method_and_a_large_form_are_answered_with_a_page(served: Served, session: dict[str, str]) -> None:
    for path in ("/inbox", "/account"):
        sent = httpx.post(served.url + path, headers=SAME_ORIGIN, cookies=session, verify=False)
        assert (sent.status_code, "That can’t be done here" in sent.text) == (405, True)
    form = {"old": "x" * 300_000}
    sent = httpx.post(served.url + "/account/password", data=form, headers=SAME_ORIGIN, cookies=session, timeout=30)
    assert (sent.status_code, "That is too large" in sent.text) == (413, True)


def test_a_form_that_is_no_form_is_refused_with_a_page(client: httpx.Client) -> None:
    kinds = {"multipart/form-data; boundary=x": b"--x\r\nnonsense", "multipart/form-data": b"x", "text/plain": b"x=1"}
    for kind, body in kinds.items():
        headers = SAME_ORIGIN | {"content-type": kind}
        sent = client.post("/account/password", content=body, headers=headers)
        assert sent.status_code in (400, 401, 422), kind
        assert "<!doctype html>" in sent.text
    many = client.post("/account/password", data={f"field{number}": "x" for number in range(400)}, headers=SAME_ORIGIN)
    assert many.status_code == 400


def test_a_large_form_is_read_only_for_who_is_signed_in(served: Served, client: httpx.Client) -> None:
    files = {"evidence": ("big.log", b"x" * 1_000_000)}
    path = served.url + "/sessions/nothing/add"
    nobody = httpx.post(path, files=files, headers=SAME_ORIGIN, timeout=30)
    assert (nobody.status_code, client.post(path, files=files, headers=SAME_ORIGIN).status_code) == (401, 404)
    files = {"evidence": ("huge.log", b"x" * 10_000_000)}
    assert client.post(path, files=files, headers=SAME_ORIGIN).status_code == 413


def test_the_first_page_says_what_this_is(served: Served) -> None:
    visitor = Visitor(served.url).go("/")
    assert "This is an rflow server." in visitor.text
    assert "Sign in" in visitor.text


# My work


def test_my_work_is_mine_the_inbox_the_teams_and_no_others(served: Served) -> None:
    ben = served.ana
    mine = ben.json("start", "--title", "Label printer prints blank pages", "--space", "Leeds", "--json")["code"]
    handed = ben.at(terminal="two")
    handed.ok("start", "--title", "Till 3 is slow", "--space", "Leeds")
    handed.ok("handoff", "Cleo")
    ben.at(terminal="three").ok("start", "--title", "Payroll is down")  # in a space that Cleo is not in
    work = Visitor(served.url).sign_in(BEN)
    assert "Label printer prints blank pages" in work.text
    cleo = Visitor(served.url).sign_in("Cleo")
    assert "Inbox 1 handed to you" in cleo.text
    assert "Till 3 is slow" in cleo.text and "Label printer" in cleo.text and "Payroll" not in cleo.text
    assert "<title>(1) My work – rflow</title>" in cleo.page.text
    assert "Payroll" not in cleo.go("/search?q=payroll").text
    assert "Label printer prints blank pages" in cleo.go("/search?q=blank").text
    assert cleo.go(f"/search?q={mine.lower()}").at.startswith("/sessions/")
    dev = Visitor(served.url).sign_in("Dev")
    assert "Till 3" not in dev.text and "Label" not in dev.text


def test_a_hundred_sessions_are_a_page_of_less_than_100_kb(served: Served) -> None:
    for number in range(120):
        ben = served.ana.at(terminal=f"shift {number}")
        ben.ok(
            "start",
            "--title",
            f"Tunnel {number} to the Leeds office drops",
            "--ticket",
            f"INC-{number}",
            "--space",
            "Leeds",
        )
    work = Visitor(served.url).sign_in(BEN)
    work.go("/?list=mine")
    assert work.page.text.count('<li><p><a href="/sessions/') >= 100
    assert len(work.page.content) < 100_000
    older = re.search(r'href="([^"]*after=[^"]*)"', work.page.text)
    assert older is not None
    work.go(older[1].replace("&amp;", "&"))
    assert "Tunnel 0 to the Leeds office drops" in work.text
