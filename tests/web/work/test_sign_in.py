"""Signing in and out at the pages over real HTTP: cookies, one-time links, rate limits, where one goes on."""

import re
from collections.abc import Iterator

import httpx
import pytest

from support.team import PASSWORD
from support.waiting import wait_for_attempts_window
from support.web.server import Served, serving
from support.web.visitor import BEN, SAME_ORIGIN, Visitor, team_served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with team_served(tmp_path_factory.mktemp("team")) as server:
        yield server


@pytest.fixture(scope="module")
def second(served: Served) -> Iterator[Served]:
    """A second process on the same store, behind a proxy with TLS."""
    with serving(served.ana, "--public-url", "https://corp.example/rflow", log="second.log") as server:
        yield server


def answer(served: Served, path: str, token: str = "", **form: str) -> httpx.Response:
    """Send a form without following where it leads."""
    cookies = {f"rflow-{served.port}": token} if token else {}
    return httpx.post(served.url + path, data=form, headers=SAME_ORIGIN, cookies=cookies, timeout=30, verify=False)


def one_time_token(served: Served, *words: str) -> str:
    found = re.search(r"rf[ir]_\w+", "".join(served.ana.ok(*words)[1:]))
    assert found is not None
    return found[0]


def test_who_signs_in_goes_on_where_they_wanted_to(served: Served) -> None:
    visitor = Visitor(served.url).go("/search?q=label+printer")
    assert visitor.at == "/sign-in?next=%2Fsearch%3Fq%3Dlabel%2Bprinter"
    visitor.sign_in(BEN)
    assert visitor.at == "/search?q=label+printer"
    assert visitor.go("/sign-in?next=/inbox").at == "/inbox"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("/share/rfs_abc/resume", "You then go on where the session stands, if you are a member of its space."),
        ("/share/rfs_abc", "You then return to the page you were on."),
        ("/inbox", "You then return to the page you were on."),
        ("/", ""),
    ],
)
def test_the_form_says_where_one_goes_on(served: Served, wanted: str, says: str) -> None:
    """A link for people with an account only shows the session, whoever is a member of its space."""
    page = httpx.get(served.url + "/sign-in", params={"next": wanted}).text
    assert re.findall(r"<p>(You then .*)</p>", page) == ([says] if says else [])


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "/\t/evil.example",
        "evil.example",
        "/%0d%0aX: y\r\n",
    ],
)
def test_signing_in_leads_nowhere_else(served: Served, wanted: str) -> None:
    """Attack 20."""
    signed_in = answer(served, "/sign-in", name=BEN, password=PASSWORD, next=wanted)
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")


def test_an_unknown_name_and_a_wrong_password_look_the_same_and_the_name_is_kept(served: Served) -> None:
    pages = [answer(served, "/sign-in", name=name, password="wrong password") for name in ("Cleo", "Nobody")]
    assert [page.status_code for page in pages] == [401, 401]
    first, other = (page.text.replace(name, "NAME") for page, name in zip(pages, ("Cleo", "Nobody"), strict=True))
    assert first == other
    assert 'value="NAME"' in first
    assert "The name or the password is wrong." in first


def test_a_web_session_ends_on_the_server_when_one_signs_out(served: Served) -> None:
    """Attack 22: the cookie is sent again later."""
    signed_in = answer(served, "/sign-in", name=BEN, password=PASSWORD)
    cookie = signed_in.headers["set-cookie"]
    token = signed_in.cookies[f"rflow-{served.port}"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    assert httpx.get(served.url + "/inbox", cookies={f"rflow-{served.port}": token}).status_code == 200
    out = answer(served, "/sign-out", token)
    assert (out.status_code, "Max-Age=0" in out.headers["set-cookie"]) == (303, True)
    assert httpx.get(served.url + "/inbox", cookies={f"rflow-{served.port}": token}).status_code == 303


def test_each_sign_in_has_a_new_session_and_ends_the_one_before(served: Served) -> None:
    first = answer(served, "/sign-in", name=BEN, password=PASSWORD).cookies[f"rflow-{served.port}"]
    second = answer(served, "/sign-in", first, name=BEN, password=PASSWORD).cookies[f"rflow-{served.port}"]
    assert first != second
    known = [
        httpx.get(served.url + "/inbox", cookies={f"rflow-{served.port}": each}).status_code for each in (first, second)
    ]
    assert known == [303, 200]


def test_behind_tls_the_cookie_is_bound_to_the_host_and_addresses_stay_below_its_path(second: Served) -> None:
    signed_in = answer(second, "/sign-in", name="Cleo", password=PASSWORD, next="/inbox")
    assert signed_in.headers["location"] == "/rflow/inbox"
    cookie = signed_in.headers["set-cookie"]
    assert cookie.startswith("__Host-rflow=rfw_")
    assert "Secure" in cookie and "Domain" not in cookie
    assert 'href="/rflow/static/work-' in second.get("/sign-in").text


def test_without_tls_nobody_signs_in_from_another_machine(served: Served) -> None:
    with serving(served.ana, "--public-url", "http://corp.example", log="plain.log") as plain:
        page = plain.get("/sign-in").text
        assert "This server has no HTTPS" in page
        assert 'name="password"' not in page
        assert answer(plain, "/sign-in", name=BEN, password=PASSWORD).status_code == 422


def test_twenty_wrong_passwords_over_two_processes_are_limited(served: Served, second: Served) -> None:
    """Attack 13: with a rotating X-Forwarded-For."""
    wait_for_attempts_window()
    tried = []
    for number in range(20):
        server = (served, second)[number % 2]
        headers = SAME_ORIGIN | {"x-forwarded-for": f"10.0.0.{number}"}
        form = {"name": "Dev", "password": f"wrong password {number}"}
        tried.append(server.get("/sign-in", "POST", data=form, headers=headers))
    assert {page.status_code for page in tried[-10:]} == {429}
    assert tried[-1].headers["retry-after"].isdigit()
    assert "There were too many wrong passwords." in tried[-1].text
    assert answer(served, "/sign-in", name="Dev", password=PASSWORD).status_code == 429


def test_an_invitation_sets_a_password_once(served: Served) -> None:
    token = one_time_token(served, "user", "add", "Dora")
    visitor = Visitor(served.url).go(f"/set-password/{token}")
    assert "For the account Dora." in visitor.text
    visitor.submit(visitor.at, new="a long enough one", again="another one")
    assert (visitor.page.status_code, "The two passwords are not the same." in visitor.text) == (422, True)
    visitor.submit(f"/set-password/{token}", new="short", again="short")
    assert "A password has 10 to 200 characters." in visitor.text
    visitor.submit(f"/set-password/{token}", new="a long enough one", again="a long enough one")
    assert visitor.at == "/"
    assert "Your password is set. You are signed in." in visitor.text
    assert Visitor(served.url).go(f"/set-password/{token}").page.status_code == 404
    assert Visitor(served.url).sign_in("Dora", "a long enough one").at == "/"


def test_who_changes_the_password_stays_signed_in_here_only(served: Served) -> None:
    here, elsewhere = (Visitor(served.url).sign_in("Eva") for _ in range(2))
    here.go("/account").submit("/account/password", old="not it at all", new="x" * 12, again="x" * 12)
    assert (here.page.status_code, "That is not your password." in here.text) == (401, True)
    here.submit("/account/password", old=PASSWORD, new="ten green bottles", again="ten green bottles")
    assert "Your password is changed." in here.text
    assert elsewhere.go("/inbox").at.startswith("/sign-in")
    third = Visitor(served.url).sign_in("Eva", "ten green bottles")
    here.go("/account").submit("/sign-out-everywhere")
    assert "You are signed out here and in every other browser." in here.text
    assert third.go("/inbox").at.startswith("/sign-in")


def test_everybody_sets_where_notices_go_and_switches_them_off(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("Cleo").go("/account")
    assert visitor.filled_in("/account/notices")["notices"] == "1"
    visitor.submit("/account/notices", email="cleo@example.com")
    assert visitor.go("/account").filled_in("/account/notices")["email"] == "cleo@example.com"
    visitor.submit("/account/notices", notices="")
    assert served.ana.ok("user", "mail", "Cleo").out == "Cleo: no notices (the address is cleo@example.com)\n"
    visitor.go("/account").submit("/account/notices", email="cleo")
    assert (visitor.page.status_code, "That is not an e-mail address." in visitor.text) == (422, True)
