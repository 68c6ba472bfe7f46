"""Changes as server-sent events, over HTTP, with a second process that writes."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.web.team import API, ServedTeam, events, served_team

pytestmark = pytest.mark.slow
Event = tuple[str, str, Any]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedTeam]:
    with served_team(tmp_path_factory.mktemp("changes")) as team:
        yield team


@contextmanager
def stream(team: ServedTeam, path: str, who: str = "Ben Okafor", **headers: str) -> Iterator[Iterator[Event]]:
    """Open a stream of the first server; a stream that has no news for ten seconds is a failure."""
    headers |= {"Authorization": f"Bearer {team.tokens.get(who, who)}"}
    with httpx.stream("GET", team.servers[0].url + API + path, headers=headers, timeout=10, verify=False) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield events(response)


def test_a_change_by_another_process_arrives_with_its_version(team: ServedTeam) -> None:
    session = team.start()
    with stream(team, f"/sessions/{session}/changes") as news:
        assert next(news) == ("change", "1", [{"session": session, "version": 1}])
        team.send(session, "Cleo", server=1, type="add_note", text="It hums")
        assert next(news) == ("change", "2", [{"session": session, "version": 2}])


def test_a_reader_who_comes_back_gets_only_what_is_new(team: ServedTeam) -> None:
    session = team.start()
    with stream(team, f"/sessions/{session}/changes", **{"Last-Event-ID": "1"}) as news:
        team.send(session, server=1, type="add_note", text="It hums")
        assert next(news)[1] == "2"
    with stream(team, f"/sessions/{session}/changes", **{"Last-Event-ID": "1"}) as news:
        assert next(news)[1] == "2"


def test_the_stream_of_all_sessions_names_what_one_may_see_and_nothing_else(team: ServedTeam) -> None:
    mine = team.start(title="Till 4 is slow")
    with stream(team, "/changes") as news, stream(team, "/changes", "Dev") as nothing:
        assert next(news)[2][0] == {"session": mine, "version": 1}
        assert next(nothing)[2] == []
        team.send(mine, "Cleo", server=1, type="add_note", text="It hums")
        assert next(news)[2][0] == {"session": mine, "version": 2}


ENDINGS: dict[str, tuple[str, str, Any]] = {
    "the token is revoked": ("DELETE", "/tokens/{token}", None),
    "the account is disabled": ("PATCH", "/users/{name}", {"active": False}),
    "the membership is removed": ("DELETE", "/spaces/leeds/members/{name}", None),
}
"""What an admin asks the other process for."""


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_stream_ends_when_its_reader_may_no_longer_see_it(team: ServedTeam, ending: str) -> None:
    method, path, body = ENDINGS[ending]
    name, session, root = f"Somebody of whom {ending}", team.start(), team.web_session("Root")
    team.accounts.add(name)
    team.spaces.set_role("Leeds", name, "reader")
    made = team.office.create(name, ["read"])
    with stream(team, f"/sessions/{session}/changes", made.secret) as news:
        assert next(news)[1] == "1"
        assert team.ask(method, path.format(name=name, token=made.token.id), root, 1, json=body).status_code < 300
        assert list(news) == [("ended", "1", {})]
    refused = team.ask("GET", f"/sessions/{session}/changes", made.secret)
    assert refused.status_code == (404 if "membership" in ending else 401)


def test_a_deleted_session_ends_its_stream_and_leaves_the_list(team: ServedTeam) -> None:
    session = team.start("Lena")
    with stream(team, f"/sessions/{session}/changes") as news, stream(team, "/changes") as every:
        assert (next(news)[0], next(every)[2][0]["session"]) == ("change", session)
        assert team.ask("DELETE", f"/sessions/{session}", team.web_session("Lena"), 1).status_code == 204
        assert list(news) == [("ended", "1", {})]
        assert session not in [changed["session"] for changed in next(every)[2]]


@pytest.mark.parametrize(("who", "status"), [("", 401), ("rft_wrong", 401), ("Dev", 404)])
def test_nobody_waits_for_what_they_may_not_see(team: ServedTeam, who: str, status: int) -> None:
    session = team.start()
    assert team.ask("GET", f"/sessions/{session}/changes", who).status_code == status


def test_one_token_has_a_limited_number_of_streams_and_others_still_get_theirs(team: ServedTeam) -> None:
    session, token = team.start(), team.token("Cleo", "read")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=team.servers[0].url + API, timeout=10, limits=httpx.Limits(max_connections=60)
    ) as client:
        path = f"/sessions/{session}/changes"
        kept = [client.send(client.build_request("GET", path, headers=headers), stream=True) for _ in range(51)]
        assert [each.status_code for each in kept] == [200] * 50 + [503]
        assert team.ask("HEAD", path, "Eva").status_code == 200
        for each in kept:
            each.close()


def test_waiting_is_no_use_of_a_web_session(team: ServedTeam) -> None:
    """A page that is open in a forgotten tab must not keep its reader signed in."""
    session, token = team.start(), team.web_session("Cleo")
    before = [each.used_at for each in team.store.accounts.credentials("cleo", "session")]
    with stream(team, f"/sessions/{session}/changes", token) as news:
        next(news)
    assert [each.used_at for each in team.store.accounts.credentials("cleo", "session")] == before


def test_a_server_that_stops_ends_its_streams(tmp_path: Path) -> None:
    with served_team(tmp_path, processes=1) as team:
        session, ended = team.start(), threading.Event()

        def wait() -> None:
            with stream(team, f"/sessions/{session}/changes") as news:
                kinds = [kind for kind, *_ in news]
            assert kinds == ["change"]
            ended.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.5)
        team.servers[0].process.terminate()
        assert ended.wait(10)
        waiting.join()
