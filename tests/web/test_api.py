"""The API over HTTP: who may ask, how errors read, and that its document says what there is."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import jsonschema
import pytest

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.service.local.shared import SharedSessions
from rflow.service.team.accounts import LocalAccounts
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.team import Team
from rflow.service.team.tokens import LocalTokens
from rflow.stores import open_store
from rflow.web.api.operations import OPERATIONS
from rflow.web.app import LinkServer
from support.program import Program
from support.web.app import running

pytestmark = pytest.mark.slow

PASSWORD = "nine green bottles"
API = "/api/v1"
TAKE = {"command": {"type": "take_over", "reason": "Ben is in a call"}}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a team: Root is an admin, Ben a member of Leeds, Eva may only read there, Dev is in no space."""
    store = f"sqlite://{tmp_path_factory.mktemp('team')}/team.db"
    shell = Actor(person=person("shell"))
    with closing(open_store(store)) as opened:
        accounts, spaces = LocalAccounts(opened, shell, clock=now), LocalSpaces(opened, shell, clock=now)
        accounts.add("Root", password=PASSWORD, admin=True)
        for name in ("Ben", "Eva", "Dev"):
            accounts.add(name, password=PASSWORD)
        spaces.add("Leeds")
        spaces.set_role("Leeds", "Ben", "member")
        spaces.set_role("Leeds", "Eva", "reader")

        def links() -> SharedSessions:
            return SharedSessions(open_store(store), clock=now, zone=lambda at: at, patterns=())

        tokens = LocalTokens(opened, shell, clock=now)
        for name in ("Root", "Ben", "Eva", "Dev"):
            TOKENS[name] = tokens.create(name, ["read", "write", "move", "own", "share"]).secret
        TOKENS["reading"] = tokens.create("Ben", ["read"]).secret
        server = LinkServer(links, open_team=lambda: Team(open_store(store), clock=now))
        with running(server.app) as address:
            yield address


TOKENS: dict[str, str] = {}


def ask(url: str, method: str, path: str, who: str = "Ben", **options: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {TOKENS[who]}"} if who else {}
    return httpx.request(method, url + API + path, headers=headers, timeout=30, verify=False, **options)  # type: ignore[arg-type]


@pytest.fixture
def session(url: str) -> str:
    made = ask(url, "POST", "/sessions", json={"title": "Till 3 is slow", "space": "leeds"})
    assert made.status_code == 201
    return str(made.json()["session"])


def test_commands_go_in_and_events_come_out(url: str, session: str) -> None:
    sent = ask(url, "POST", f"/sessions/{session}/commands", json={"command": {"type": "add_note", "text": "It hums"}})
    assert [event["fact"]["text"] for event in sent.json()["events"]] == ["It hums"]
    log = ask(url, "GET", f"/sessions/{session}/events", params={"after": 1}).json()
    assert [event["seq"] for event in log["events"]] == [2]


def test_a_command_sent_again_is_carried_out_once(url: str, session: str) -> None:
    command = {"command": {"type": "add_note", "text": "It hums", "command_id": "note-1"}}
    first, again = (ask(url, "POST", f"/sessions/{session}/commands", json=command).json() for _ in range(2))
    assert (first["entry"], len(first["events"]), again["entry"], again["events"]) == (2, 1, 2, [])


def test_a_conflict_is_409_with_the_session_as_it_stands(url: str, session: str) -> None:
    for who in ("Root", "Ben"):
        assert ask(url, "POST", f"/sessions/{session}/commands", who, json=TAKE).status_code == 200
    closed = {"command": {"type": "close", "outcome": "resolved", "seen": 1}}
    refused = ask(url, "POST", f"/sessions/{session}/commands", json=closed)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:rflow:moved")
    assert (refused.json()["current"]["id"], refused.json()["current"]["version"]) == (session, 3)


def test_a_session_is_named_by_its_code_or_ticket_in_every_address(url: str) -> None:
    wish = {"title": "Till 3 is slow", "space": "leeds", "brief": {"ticket": "INC-4711"}}
    started = ask(url, "POST", "/sessions", json=wish).json()
    for name in (started["code"], "INC-4711"):
        assert ask(url, "GET", f"/sessions/{name}").json()["id"] == started["session"]
        assert ask(url, "GET", f"/sessions/{name}/version").json() == {"version": 1}
    assert ask(url, "POST", "/sessions/INC-4711/commands", "Root", json=TAKE).status_code == 200
    refused = ask(url, "POST", "/sessions/INC-4711/commands", json={"command": {**TAKE["command"], "seen": 1}})
    assert (refused.status_code, refused.json()["current"]["owner"]["name"]) == (409, "Root")


def test_a_page_of_a_list_is_asked_for_as_it_was_named(url: str) -> None:
    for number in range(3):
        assert ask(url, "POST", "/sessions", json={"title": f"Till {number}", "space": "leeds"}).status_code == 201
    first = ask(url, "GET", "/sessions?limit=2").json()
    second = ask(url, "GET", f"/sessions?limit=2&after={first['after']}")  # not encoded
    assert second.status_code == 200
    assert not {head["id"] for head in first["heads"]} & {head["id"] for head in second.json()["heads"]}


def test_an_unexpected_error_has_the_shape_of_the_api(tmp_path: Path) -> None:
    def links() -> SharedSessions:
        return SharedSessions(open_store(f"sqlite://{tmp_path}/team.db"), clock=now, zone=lambda at: at, patterns=())

    def no_team() -> Team:
        raise RuntimeError("the team is not there")

    with running(LinkServer(links, open_team=no_team).app) as address:
        failed = ask(address, "GET", "/me", "Ben")
    assert (failed.status_code, failed.headers["content-type"]) == (500, "application/problem+json")
    assert (failed.json()["type"], failed.headers["cache-control"]) == ("urn:rflow:unexpected", "no-store")
    assert "not there" not in failed.text


@pytest.mark.parametrize("who", ["", "Dev"])
def test_what_one_may_not_see_does_not_exist(url: str, session: str, who: str) -> None:
    real, other = (ask(url, "GET", f"/sessions/{name}/events", who) for name in (session, f"{session[:-1]}0"))
    assert real.status_code == other.status_code == (404 if who else 401)
    if who:
        assert ask(url, "GET", "/sessions", who).json()["heads"] == []
        assert ask(url, "GET", "/people", who).json() == {"items": [], "after": None}


def test_a_token_does_what_its_scopes_say_and_a_reader_reads(url: str, session: str) -> None:
    note = {"command": {"type": "add_note", "text": "It hums"}}
    assert ask(url, "POST", f"/sessions/{session}/commands", "reading", json=note).status_code == 403
    assert ask(url, "POST", f"/sessions/{session}/commands", "Eva", json=note).status_code == 403
    assert ask(url, "GET", f"/sessions/{session}", "Eva").status_code == 200


def test_a_token_raises_neither_its_own_scopes_nor_anybody_elses(url: str) -> None:
    wish = {"user": "Ben", "scopes": ["read", "write", "own"]}
    assert ask(url, "POST", "/tokens", "reading", json=wish).status_code == 403
    assert ask(url, "POST", "/tokens", "Root", json=wish).status_code == 403


@pytest.mark.parametrize("path", ["/sessions?token=x", "/sessions?password=x", "/me?x=1", "/sessions?limit=1&limit=2"])
def test_a_parameter_that_is_not_known_is_refused(url: str, path: str) -> None:
    refused = ask(url, "GET", path)
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:rflow:usage")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/me", 405), ("GET", "/sessions/ZZZZ-ZZ", 404), ("POST", "/sessions", 422)],
)
def test_every_error_has_the_same_shape(url: str, method: str, path: str, status: int) -> None:
    refused = ask(url, method, path)
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "exit_code"} <= set(refused.json())


def test_a_body_that_is_too_large_is_413_in_that_shape_too(url: str, session: str) -> None:
    refused = ask(url, "POST", "/sessions", content=b"x" * (300 * 1024))
    assert (refused.status_code, refused.json()["type"]) == (413, "urn:rflow:too-large")


def test_without_a_token_or_with_a_wrong_one_nothing_is_said(url: str) -> None:
    for headers in ({}, {"Authorization": "Bearer rft_wrong"}, {"Authorization": "Basic cm9vdDpyb290"}):
        refused = httpx.get(f"{url}{API}/sessions", headers=headers)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="rflow"')


def test_links_have_no_hash_and_their_token_is_shown_once(url: str, session: str) -> None:
    made = ask(url, "POST", "/links", json={"session": session, "label": "for the vendor"}).json()
    listed = ask(url, "GET", "/links", params={"session": session})
    assert made["token"] not in listed.text
    assert "hash" not in listed.text
    revoked = ask(url, "POST", f"/links/{made['link']['id']}/revocation").json()
    assert revoked["revoked_at"]
    assert httpx.get(f"{url}/share/{made['token']}").status_code == 404


def test_the_document_names_every_operation_and_is_valid(url: str) -> None:
    document = httpx.get(f"{url}{API}/openapi.json").json()
    named = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    assert named == {operation.name for operation in OPERATIONS}
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert json.dumps(document).count(TOKENS["Ben"]) == 0


def test_nothing_of_a_token_is_in_the_log(url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ask(url, "GET", "/me")
    assert TOKENS["Ben"] not in "".join(capfd.readouterr())


def test_the_command_line_makes_a_link_at_a_server_that_opens_there(url: str, session: str, tmp_path: Path) -> None:
    ben = Program(tmp_path, store=url, user="Ben", environ={"RFLOW_TOKEN": TOKENS["Ben"]})
    ben.ok("-s", session, "note", "It hums")
    made = ben.ok("-s", session, "share", "create")
    link = made.out.strip()
    assert link.startswith(f"{url}/share/rfs_")
    assert "Anyone with it can read 1 note" in made.err
    assert "It hums" in httpx.get(link).text
