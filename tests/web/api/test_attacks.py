"""Attacks on the API of a server, over HTTP, against two processes on one store; each has its right answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.program import Program
from support.team import PASSWORD
from support.waiting import wait_for_attempts_window
from support.web.team import ServedTeam, served_team

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedTeam]:
    with served_team(tmp_path_factory.mktemp("attacks")) as team:
        yield team


def made_link(team: ServedTeam, who: str = "Ben Okafor", **wish: object) -> dict[str, Any]:
    """Create a link to a new session of somebody's: `link` and `token`."""
    made = team.ask("POST", "/links", who, json={"session": team.start(who), **wish})
    assert made.status_code == 201, made.text
    return dict(made.json())


def test_a_link_token_revokes_nothing_and_does_nothing_else(team: ServedTeam) -> None:
    made = made_link(team)
    path = f"/links/{made['link']['id']}/revocation"
    assert team.ask("POST", path, made["token"]).status_code == 401
    assert team.ask("POST", "/links/find", made["token"], json={"link": made["token"]}).status_code == 401
    take = {"command": {"type": "take_over", "reason": "I want it"}}
    resumed = team.ask("POST", f"/sessions/{made['link']['session']}/commands", made["token"], json=take)
    assert resumed.status_code == 401
    assert httpx.get(f"{team.servers[1].url}/share/{made['token']}").status_code == 200


def test_a_link_of_somebody_elses_space_is_not_there(team: ServedTeam) -> None:
    link = made_link(team)["link"]["id"]
    real, unknown = (team.ask("POST", f"/links/{each}/revocation", "Dev") for each in (link, "0000000"))
    assert (real.status_code, real.text.replace(link, "")) == (404, unknown.text.replace("0000000", ""))
    assert team.ask("GET", f"/links/{link}").json()["revoked_at"] is None


def test_a_member_revokes_no_link_to_the_session_of_another(team: ServedTeam) -> None:
    link = made_link(team)["link"]["id"]
    refused = team.ask("POST", f"/links/{link}/revocation", "Cleo")
    assert refused.status_code in (403, 404)
    assert team.ask("GET", f"/links/{link}").json()["revoked_at"] is None


@pytest.mark.parametrize("two", [True, False])
def test_a_link_is_to_one_session(team: ServedTeam, two: bool) -> None:
    mine, other = team.start(), team.start()
    wish: dict[str, object] = {"session": [mine, other]} if two else {"session": mine, "sessions": [mine, other]}
    assert team.ask("POST", "/links", json=wish).status_code == 422


def test_a_link_whose_time_is_over_is_not_made(team: ServedTeam) -> None:
    refused = team.ask("POST", "/links", json={"session": team.start(), "expires_at": "2026-01-01T00:00:00Z"})
    assert (refused.status_code, refused.json()["detail"]) == (400, "The link would expire at once.")


def test_every_link_is_listed_and_none_with_its_token(team: ServedTeam) -> None:
    made = made_link(team, password="seven red herrings")
    listed = team.ask("GET", "/links", server=1, params={"session": made["link"]["session"]})
    assert [link["id"] for link in listed.json()["items"]] == [made["link"]["id"]]
    audit = team.ask("GET", "/audit", team.web_session("Root"), params={"limit": "1000"})
    assert made["link"]["id"] in audit.text
    for text in (listed.text, audit.text):
        assert made["token"] not in text
        assert "seven red herrings" not in text


@pytest.mark.parametrize("path", ["/links?password=x", "/users?password=x", "/me/password?new=x", "/sessions?token=x"])
def test_a_secret_in_an_address_is_refused_and_not_logged(team: ServedTeam, path: str) -> None:
    secret = "nine-blue-whales"
    refused = team.ask("POST", path.replace("=x", f"={secret}"), json={})
    assert refused.status_code == 400
    assert secret not in refused.text
    assert secret not in "".join(served.log.read_text("utf-8") for served in team.servers)


@pytest.mark.parametrize("path", ["/share/TOKEN", "/sign-in", "/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_password_in_the_address_of_a_page_is_refused_too(team: ServedTeam, method: str, path: str) -> None:
    token, url = made_link(team, password="seven red herrings")["token"], team.servers[0].url
    address = url + path.replace("TOKEN", token)
    answer = httpx.request(
        method, address, params={"password": "seven red herrings"}, headers={"Origin": url}, verify=False
    )
    assert (answer.status_code, "password" in answer.text) == (400, True)
    assert "herrings" not in answer.text
    assert (
        httpx.get(address, params={"q": "password=x"}, verify=False).status_code != 400
    )  # a word that somebody searches for


def test_two_who_take_over_at_once_get_it_one_after_the_other_never_both(team: ServedTeam) -> None:
    """Each says which version they saw: one wins, the other is told who has it now."""
    session = team.start("Lena")
    take = {"type": "take_over", "reason": "Lena is in a call", "seen": 1}
    with ThreadPoolExecutor(2) as pool:
        people = ("Ben Okafor", "Cleo")
        sent = [pool.submit(team.send, session, who, server, **take) for server, who in enumerate(people)]
        answers = sorted((each.result() for each in sent), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [200, 409]
    winner = answers[0].json()["events"][-1]["by"]["name"]
    assert answers[1].json()["current"]["owner"]["name"] == winner


@pytest.mark.parametrize("scopes", [("read",), ("read", "write", "move", "own", "share")])
def test_a_token_makes_no_token_and_looks_after_nothing(team: ServedTeam, scopes: tuple[str, ...]) -> None:
    token = team.token("Root", *scopes)
    wish = {"user": "Root", "scopes": ["read", "write", "own"]}
    for method, path, body in (
        ("POST", "/tokens", wish),
        ("GET", "/users", None),
        ("GET", "/audit", None),
        ("GET", "/store", None),
        ("POST", "/spaces", {"name": "York"}),
        ("POST", "/spaces/cleaning", None),
    ):
        assert team.ask(method, path, token, json=body).status_code == 403, path


def test_an_admin_looks_after_the_server_over_http(team: ServedTeam) -> None:
    root = team.web_session("Root")
    assert team.ask("POST", "/users", root, json={"name": "Nora", "password": PASSWORD}).status_code == 201
    assert team.ask("PUT", "/spaces/leeds/members/Nora", root, json={"role": "member"}).status_code == 204
    made = team.ask("POST", "/tokens", root, json={"user": "Nora", "scopes": ["read"]}).json()
    assert team.ask("GET", "/me", made["secret"], 1).json()["roles"] == {"leeds": "member"}
    assert team.ask("GET", "/store", root).json()["kind"] == "sqlite"
    assert team.ask("POST", "/spaces/cleaning", root).json() == []
    assert team.ask("PATCH", "/users/Nora", root, 1, json={"active": False}).status_code == 200
    assert team.ask("GET", "/me", made["secret"]).status_code == 401
    for path in ("/store", "/users", "/audit"):
        assert team.ask("GET", path, team.web_session("Ben Okafor")).status_code == 403


def test_tokens_and_passwords_are_nowhere_in_the_store_or_the_logs(team: ServedTeam) -> None:
    made = made_link(team, password="seven red herrings")
    session = team.web_session("Cleo")
    team.ask("GET", "/me", session, 1)
    secrets = [made["token"], session, PASSWORD, "seven red herrings", *team.tokens.values()]
    kept = [path for path in team.servers[0].ana.home.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} >= {".db", ".log"}
    for path in kept:
        data = path.read_bytes()
        assert [secret[:8] for secret in secrets if secret.encode() in data] == [], path


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Nobody", '"Nobody" is no member of this space.'),
        ("Dev", '"Dev" is no member of this space.'),
        ("Eva", '"Eva" may only read in this space.'),
        ("Ben Okafr", '"Ben Okafr" is no member here.\n       Did you mean Ben Okafor?'),
    ],
)
def test_a_handoff_at_a_server_goes_to_its_members_only(team: ServedTeam, tmp_path: Path, name: str, what: str) -> None:
    """An account that is in none of one's spaces is as unknown as a name that nobody has."""
    session, environ = team.start("Cleo"), {"RFLOW_TOKEN": team.tokens["Cleo"]}
    cleo = Program(tmp_path, store=team.servers[0].url, user="Cleo", environ=environ)
    refused = cleo.run("-s", session, "handoff", name)
    assert refused.code == 3
    assert what in refused.err
    handed = cleo.ok("-s", session, "handoff", "Root")
    assert "has used this store" not in handed.err


# With a browser's cookie


def sign_in(team: ServedTeam, name: str, password: str, server: int = 0, **options: Any) -> httpx.Response:
    """Send the form of the sign-in page."""
    headers = {"sec-fetch-site": "same-origin", **options.pop("headers", {})}
    data = {"name": name, "password": password, **options}
    return httpx.post(f"{team.servers[server].url}/sign-in", data=data, headers=headers, timeout=30, verify=False)


def cookie_of(team: ServedTeam, name: str) -> str:
    """Sign somebody in at the first server; return the token in their cookie."""
    answer = sign_in(team, name, PASSWORD)
    assert answer.status_code == 303, answer.text
    (token,) = answer.cookies.values()
    return token


def with_cookie(team: ServedTeam, token: str, server: int = 0, **headers: str) -> dict[str, str]:
    """Return the headers of a browser that has a web session at one of the servers."""
    return {"cookie": f"rflow-{team.servers[server].port}={token}", **headers}


def test_twenty_wrong_passwords_over_two_processes_from_many_addresses_are_too_many(team: ServedTeam) -> None:
    team.accounts.add("Wrong Way", password=PASSWORD)
    wait_for_attempts_window()
    statuses = []
    for number in range(20):
        spoofed = {"x-forwarded-for": f"192.0.2.{number}", "forwarded": f"for=192.0.2.{number}"}
        statuses.append(sign_in(team, "Wrong Way", "a wrong password", number % 2, headers=spoofed).status_code)
    assert statuses == [401] * 10 + [429] * 10
    for server in (0, 1):
        refused = sign_in(team, "Wrong Way", PASSWORD, server)
        assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert sign_in(team, "Cleo", PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {},
    ],
)
def test_a_form_of_another_site_takes_nothing_over(team: ServedTeam, headers: dict[str, str]) -> None:
    session, token = team.start("Lena"), cookie_of(team, "Ben Okafor")
    take = {"command": {"type": "take_over", "reason": "click here"}}
    path = f"/sessions/{session}/commands"
    refused = team.ask("POST", path, "", json=take, headers=with_cookie(team, token, 0, **headers))
    assert refused.status_code == 403
    own = with_cookie(team, token, 0, **{"sec-fetch-site": "same-origin"})
    assert team.ask("GET", f"/sessions/{session}", "", headers=own).json()["owner"]["name"] == "Lena"
    assert team.ask("POST", path, "", json=take, headers=own).status_code == 200


@pytest.mark.parametrize("kind", ["cookie", "bearer"])
def test_a_link_token_in_any_place_signs_nobody_in(team: ServedTeam, kind: str) -> None:
    made = made_link(team, "Lena")
    headers = {"sec-fetch-site": "same-origin", "authorization": f"Bearer {made['token']}"}
    if kind == "cookie":
        headers = with_cookie(team, made["token"], 0, **{"sec-fetch-site": "same-origin"})
    take = {"command": {"type": "take_over", "reason": "I have the link"}}
    path = f"/sessions/{made['link']['session']}/commands"
    assert team.ask("POST", path, "", json=take, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "\\"]
)
def test_after_signing_in_one_stays_on_this_server(team: ServedTeam, wanted: str) -> None:
    answer = sign_in(team, "Ben Okafor", PASSWORD, next=wanted)
    assert answer.status_code == 303
    assert httpx.URL(team.servers[0].url).join(answer.headers["location"]).host == "127.0.0.1"
    assert "evil" not in httpx.URL(team.servers[0].url).join(answer.headers["location"]).netloc.decode()


def test_a_cookie_that_was_kept_works_no_longer_after_signing_out(team: ServedTeam) -> None:
    token = cookie_of(team, "Ben Okafor")
    for server in (0, 1):
        assert team.ask("GET", "/me", "", server, headers=with_cookie(team, token, server)).status_code == 200
    headers = with_cookie(team, token, 0, **{"sec-fetch-site": "same-origin"})
    out = httpx.post(f"{team.servers[0].url}/sign-out", headers=headers)
    assert out.status_code == 303
    for server in (0, 1):
        assert team.ask("GET", "/me", "", server, headers=with_cookie(team, token, server)).status_code == 401
        assert team.ask("GET", "/me", token, server).status_code == 401


def test_a_wait_is_not_over_where_nothing_is_waited_for(team: ServedTeam) -> None:
    path = f"/sessions/{team.start()}/commands"
    for command in ({"type": "set_waiting"}, {"type": "set_waiting", "replaces": 1}):
        refused = team.ask("POST", path, json={"command": command})
        assert (refused.status_code, "waits for nothing." in refused.text) == (400, True), refused.text
