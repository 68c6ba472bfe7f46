"""Links with a password, a limit of views, or for people who are signed in, opened over HTTP at two processes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from support.waiting import wait_for_attempts_window
from support.web.team import ServedTeam, served_team

pytestmark = pytest.mark.slow
SAME = {"sec-fetch-site": "same-origin"}
SLACK = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedTeam]:
    with served_team(tmp_path_factory.mktemp("protected")) as team:
        yield team


class Reader:
    """A browser that has a link; its cookies are for both processes."""

    def __init__(self, team: ServedTeam, path: str, agent: str = "Mozilla/5.0", **cookies: str) -> None:
        self._urls = [served.url for served in team.servers]
        how = {"headers": {"user-agent": agent}, "timeout": 30, "follow_redirects": True, "verify": False}
        self._how: dict[str, Any] = how
        self._cookies = httpx.Cookies(cookies)
        self.path = path

    def get(self, server: int = 0, suffix: str = "", **headers: str) -> httpx.Response:
        return self._ask("GET", server, suffix, headers=headers)

    def post(self, server: int = 0, headers: dict[str, str] = SAME, **form: str) -> httpx.Response:
        return self._ask("POST", server, headers=headers, data=form)

    def _ask(self, method: str, server: int, suffix: str = "", **options: Any) -> httpx.Response:
        with httpx.Client(cookies=self._cookies, **self._how) as client:
            answer = client.request(method, self._urls[server] + self.path + suffix, **options)
            self._cookies = client.cookies
        return answer

    @contextmanager
    def events(self) -> Iterator[httpx.Response]:
        """Open the stream of live updates."""
        address = f"{self._urls[0]}{self.path}/events"
        with httpx.Client(cookies=self._cookies, **self._how) as client, client.stream("GET", address) as stream:
            yield stream


def link(team: ServedTeam, **wish: Any) -> tuple[str, str]:
    """Create a link to a session with a note; return its address and its id."""
    session = team.start()
    team.send(session, type="add_note", text="It hums")
    made = team.ask("POST", "/links", json={"session": session, **wish}).json()
    return f"/share/{made['token']}", made["link"]["id"]


def test_a_link_with_a_password_shows_nothing_until_it_is_entered(team: ServedTeam) -> None:
    path, _ = link(team, password="open sesame")
    reader = Reader(team, path)
    asked = reader.get()
    assert (asked.status_code, "It hums" in asked.text, 'type="password"' in asked.text) == (401, False, True)
    assert "Till 3" not in asked.text
    assert "set-cookie" not in asked.headers
    for suffix in (".txt", ".json", ".md"):
        assert (reader.get(suffix=suffix).status_code, reader.get(suffix="/events").status_code) == (401, 404)
    wrong = reader.post(password="open barley")
    assert (wrong.status_code, "not the password" in wrong.text) == (401, True)
    opened = reader.post(1, password="open sesame")
    assert (opened.status_code, "It hums" in opened.text) == (200, True)
    assert "It hums" in reader.get(0).text
    assert "It hums" in reader.get(1, ".txt").text


def test_the_cookie_is_for_that_link_alone_and_not_for_scripts(team: ServedTeam) -> None:
    path, _ = link(team, password="open sesame")
    other, _ = link(team, password="open sesame")
    opened = httpx.post(team.servers[0].url + path, data={"password": "open sesame"}, headers=SAME)
    cookies = opened.headers.get_list("set-cookie")
    assert len(cookies) == 4
    for cookie in cookies:
        assert f"Path={path}" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    stolen = opened.cookies.get("rflow-opened", path=path)
    assert stolen
    assert Reader(team, other, **{"rflow-opened": stolen}).get().status_code == 401
    assert Reader(team, path, **{"rflow-opened": stolen}).get(1).status_code == 200


def test_with_another_password_those_who_had_opened_it_must_open_it_again(team: ServedTeam) -> None:
    path, name = link(team, password="open sesame")
    reader = Reader(team, path)
    etag = reader.post(password="open sesame").headers["etag"]
    assert reader.get(1, **{"if-none-match": etag}).status_code == 304
    with reader.events() as stream:
        assert stream.status_code == 200
        changed = team.ask("PUT", f"/links/{name}/password", server=1, json={"password": "close sesame"})
        assert changed.status_code == 200
        assert [line for line in stream.iter_lines() if line.startswith("event")][-1] == "event: ended"
    for server in (0, 1):
        assert reader.get(server, **{"if-none-match": etag}).status_code == 401
    assert reader.post(password="open sesame").status_code == 401
    assert reader.post(password="close sesame").status_code == 200
    assert team.ask("POST", f"/links/{name}/revocation", server=1).status_code == 200
    assert (reader.get().status_code, reader.post(password="close sesame").status_code) == (404, 404)


def test_ten_wrong_passwords_over_two_processes_are_all_that_a_link_takes(team: ServedTeam) -> None:
    path, _ = link(team, password="open sesame")
    wait_for_attempts_window()
    statuses = [Reader(team, path).post(number % 2, password="wrong").status_code for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert Reader(team, path).post(1, password="open sesame").status_code == 429


def test_a_limited_link_is_opened_by_a_click_so_often_and_never_by_a_preview(team: ServedTeam) -> None:
    path, _ = link(team, max_views=2)
    for _ in range(3):
        preview = Reader(team, path, SLACK).get()
        assert "It hums" not in preview.text
        assert Reader(team, path).get().status_code == 200
    first, second, third = (Reader(team, path) for _ in range(3))
    assert "It hums" not in first.get().text
    assert "It hums" in first.post(0).text
    for _ in range(3):
        assert "It hums" in first.get(1).text
    assert "It hums" in second.post(1).text
    assert third.post(0).status_code == 404


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}])
def test_another_site_opens_nothing(team: ServedTeam, headers: dict[str, str]) -> None:
    path, name = link(team, max_views=1)
    assert Reader(team, path).post(headers=headers).status_code == 403
    assert "It hums" in Reader(team, path).post().text
    audit = team.ask("GET", "/audit", team.web_session("Root"), params={"limit": "1000"}).json()
    assert len([each for each in audit if each["action"] == "link_opened" and each["subject"] == name]) == 1


def test_a_link_for_people_with_an_account_asks_to_sign_in(team: ServedTeam) -> None:
    path, _ = link(team, audience="signed_in")
    stranger = Reader(team, path).get()
    assert (stranger.status_code, f"../sign-in?next={path}" in stranger.text) == (401, True)
    cookies = {f"rflow-{served.port}": team.web_session("Dev") for served in team.servers}
    reader = Reader(team, path, **cookies)
    assert "It hums" in reader.get(1).text
    assert team.ask("GET", "/sessions", "Dev").json()["heads"] == []  # a link makes nobody a member
    wrong = {name: value[:-1] + ("y" if value[-1] == "x" else "x") for name, value in cookies.items()}
    dead = Reader(team, path, **wrong)
    assert dead.get().status_code == 401


def test_the_api_token_of_somebody_opens_no_link_that_needs_signing_in(team: ServedTeam) -> None:
    path, _ = link(team, audience="signed_in")
    cookies = {f"rflow-{served.port}": team.tokens["Ben Okafor"] for served in team.servers}
    assert Reader(team, path, **cookies).get().status_code == 401


def test_no_password_of_a_link_is_in_the_log(team: ServedTeam) -> None:
    path, _ = link(team, password="seven red herrings")
    Reader(team, path).post(password="seven red herrings")
    logged = "".join(served.log.read_text("utf-8") for served in team.servers)
    assert "seven red herrings" not in logged
    assert path not in logged
    assert json.dumps(path) not in logged
