"""A person is erased: no page that was shown before shows their name again, and open pages are told."""

from collections.abc import Iterator

import httpx
import pytest

from support.team import TEAM_KINDS
from support.web.team import API, ServedTeam, events, served_team
from support.web.visitor import Visitor

pytestmark = pytest.mark.slow
FORMS = ("", ".md", ".txt", ".json")


@pytest.fixture(scope="module", params=TEAM_KINDS)
def team(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[ServedTeam]:
    """A team of which each test erases another person."""
    with served_team(tmp_path_factory.mktemp("erasing"), processes=1, kind=request.param) as served:
        yield served


def versions(news: Iterator[str]) -> Iterator[str]:
    """Yield the revisions that the stream of a link names."""
    return (line.removeprefix("data: ") for line in news if line.startswith("data: "))


def shared(team: ServedTeam, name: str) -> tuple[str, str]:
    """Return the id of a session of Cleo's with somebody's name in it, and the path of a link to it."""
    session = team.start("Cleo", title=f"{name}'s till")
    team.send(session, type="add_note", text="It hums")
    link = team.ask("POST", "/links", "Cleo", json={"session": session}).json()
    return session, f"/share/{link['token']}"


def test_pages_that_were_shown_before_have_no_name_of_an_erased_person(team: ServedTeam) -> None:
    (server,), (session, path) = team.servers, shared(team, "Ben Okafor")
    cleo = Visitor(server.url).sign_in("Cleo").go(f"/sessions/{session}")
    pages = [cleo.page, *(server.get(path + form) for form in FORMS)]
    assert [(page.status_code, "Ben Okafor" in page.text) for page in pages] == [(200, True)] * 5
    server.ana.ok("user", "erase", "Ben Okafor", "--yes")
    pages = [cleo.go(f"/sessions/{session}").page, *(server.get(path + form) for form in FORMS)]
    assert [(page.status_code, "ben okafor" in page.text.casefold()) for page in pages] == [(200, False)] * 5


def test_open_pages_are_told_of_an_erased_person(team: ServedTeam) -> None:
    (server,), (session, path) = team.servers, shared(team, "Lena")
    headers = {"Authorization": f"Bearer {team.tokens['Cleo']}"}
    with (
        httpx.stream("GET", f"{server.url}{path}/events", timeout=10) as link,
        httpx.stream("GET", f"{server.url}{API}/sessions/{session}/changes", headers=headers, timeout=10) as member,
    ):
        of_link, of_member = versions(link.iter_lines()), events(member)
        before = next(of_link), next(of_member)
        server.ana.ok("user", "erase", "Lena", "--yes")
        after = next(of_link), next(of_member)
    assert before[0] != after[0]
    assert (before[1][1] != after[1][1], before[1][2]) == (True, after[1][2])
