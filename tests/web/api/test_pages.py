"""Pages of every list of the API, over HTTP: no entry twice, none left out, and no cursor but one's own."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from rflow.core.sharing import ShareWish
from rflow.core.tree.model import Action, End, Node, Tree, canonical
from rflow.service.local.workspace import LocalWorkspace
from rflow.web.api.operations import OPERATIONS
from support.team import SHELL
from support.web.team import ServedTeam, now, served_team

pytestmark = pytest.mark.slow

LISTS = {
    "/links?everybody=true": "Ben Okafor",
    "/people": "Ben Okafor",
    "/sessions": "Ben Okafor",
    "/search?words=till": "Ben Okafor",
    "/spaces": "admin",
    "/spaces/leeds/members": "Ben Okafor",
    "/tokens": "admin",
    "/tree-proposals?space=leeds": "Ben Okafor",
    "/trees/till/flags?space=leeds": "Ben Okafor",
    "/trees?space=leeds": "Ben Okafor",
    "/users": "admin",
}
"""Each list that comes in pages, and who asks for it."""
WHOLE = {"audit", "link_views", "clean_spaces", "changes", "session_changes"}
"""What answers with a list, but not with pages: the audit goes by numbers, a link has 50 views at most."""


def tree(name: str) -> bytes:
    nodes: dict[str, Node] = {
        "look": Action(text="Look at it", to="end"),
        "end": End(text="It prints", outcome="resolved"),
    }
    return canonical(Tree(id=name, title=f"The {name}", start="look", nodes=nodes))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def team(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedTeam]:
    """A team with a few of everything, in Leeds and in York, where Ben is not."""
    with served_team(tmp_path_factory.mktemp("pages"), processes=1, kind=request.param) as team:
        team.spaces.add("York")
        for number in range(4):
            for space in ("leeds", "york"):
                session = team.start("Root", f"Till {number} in {space}", space)
                made = team.ask("POST", "/links", "Root", json={"session": session, "label": space})
                assert made.status_code == 201, made.text
            assert team.ask("POST", "/trees?space=leeds", "Root", content=tree(f"printer-{number}")).status_code == 200
            proposed = team.ask("POST", "/tree-proposals?space=leeds", content=tree(f"scanner-{number}"))
            assert proposed.status_code == 201, proposed.text
        flagged_till(team)
        yield team


def flagged_till(team: ServedTeam) -> None:
    """Add a tree whose node was flagged several times."""
    assert team.ask("POST", "/trees?space=leeds", "Root", content=tree("till")).status_code == 200
    trees = team.ask("GET", "/trees?space=leeds").json()["items"]
    (till,) = (each["digest"] for each in trees if each["id"] == "till")
    wish = {"title": "Till 9 is slow", "space": "leeds", "tree": till}
    session = team.ask("POST", "/sessions", json=wish).json()["session"]
    for number in range(4):
        assert team.send(session, type="flag_node", text=f"Look where? {number}").status_code == 200


def who(team: ServedTeam, name: str) -> str:
    return team.web_session("Root") if name == "admin" else team.tokens[name]


def fetch(team: ServedTeam, path: str, token: str, **more: Any) -> dict[str, Any]:
    """Return a page; whatever its entries are called, they are in `items`."""
    answer = team.ask("GET", path, token, params={**dict(pair.split("=") for pair in query(path)), **more})
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    page["items"] = page.get("items", page.get("heads", page.get("hits")))
    return page


def query(path: str) -> list[str]:
    return path.partition("?")[2].split("&") if "?" in path else []


def all_pages(team: ServedTeam, path: str, token: str, limit: int) -> list[Any]:
    found, page = [], fetch(team, path, token, limit=limit)
    while True:
        assert len(page["items"]) == limit or page["after"] is None
        found += page["items"]
        if page["after"] is None:
            return found
        page = fetch(team, path, token, limit=limit, after=page["after"])


def test_every_operation_that_answers_with_a_list_has_pages() -> None:
    bare = {each.name for each in OPERATIONS if str(each.result).startswith("list[")}
    assert bare == WHOLE
    paged = {each.path for each in OPERATIONS if each.query and "after" in each.query.__struct_fields__}
    listed = {path.partition("?")[0].replace("/till/", "/{tree}/").replace("/leeds/", "/{space}/") for path in LISTS}
    assert paged - {"/audit", "/sessions/{session}/events"} == listed


@pytest.mark.parametrize("path", LISTS)
def test_the_pages_of_a_list_are_the_whole_list(team: ServedTeam, path: str) -> None:
    token = who(team, LISTS[path])
    whole = fetch(team, path, token, limit=200)
    assert (whole["after"], len(whole["items"]) > 1) == (None, True)
    for limit in (1, 2, 3):
        assert all_pages(team, path, token, limit) == whole["items"]
    assert fetch(team, path, token, limit=0)["items"] == whole["items"][:1]


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_is_broken_or_of_another_question_is_refused(team: ServedTeam, path: str) -> None:
    token = who(team, LISTS[path])
    own = fetch(team, path, token, limit=1)["after"]
    raw = urlsafe_b64decode(own + "==")
    others = [other for other in LISTS if other != path and LISTS[other] == LISTS[path]]
    somebody_else = "admin" if LISTS[path] != "admin" else ""
    cursors = [
        "x",
        "%",
        "ä",
        own[:-3],
        "A" * 2000,
        urlsafe_b64encode(raw[:-1]).decode(),
        urlsafe_b64encode(raw.replace(b",", b',"1",', 1)).decode(),
        urlsafe_b64encode(b"[" * 5000).decode(),
        *(fetch(team, other, token, limit=1)["after"] for other in others),
        *([fetch(team, path, who(team, somebody_else), limit=1)["after"]] if somebody_else else []),
    ]
    for cursor in cursors:
        asked = dict(pair.split("=") for pair in query(path)) | {"after": cursor}
        refused = team.ask("GET", path.partition("?")[0], token, params=asked)
        assert (refused.status_code, refused.json()["type"]) == (400, "urn:rflow:usage"), cursor
        assert refused.json()["detail"] == "That page does not exist."
    assert fetch(team, path, token, limit=1, after=own)["items"]


def test_a_cursor_belongs_to_its_filters(team: ServedTeam) -> None:
    token = team.tokens["Root"]
    for path, filters in (("/links", {"everybody": "true"}), ("/sessions", {"status": "open"}), ("/trees", {})):
        first = fetch(team, path, token, limit=1, **filters, **({"space": "leeds"} if path == "/trees" else {}))
        assert team.ask("GET", path, token, params={"after": first["after"]}).status_code == 400


def test_entries_added_and_removed_between_pages_neither_repeat_nor_hide_others(team: ServedTeam) -> None:
    root = team.tokens["Root"]
    before = all_pages(team, "/links?everybody=true", root, 200)
    first = fetch(team, "/links?everybody=true", root, limit=3)
    assert first["items"] == before[:3]
    added = team.ask("POST", "/links", "Root", json={"session": team.start("Root", "Till 7")}).json()["link"]["id"]
    for link in (before[2], before[4]):  # the last one shown, and one that was not shown yet
        team.store.delete(link["session"])
    rest = fetch(team, "/links?everybody=true", root, limit=200, after=first["after"])
    assert rest["items"] == [before[3], *before[5:]]
    assert fetch(team, "/links?everybody=true", root, limit=1)["items"][0]["id"] == added


def test_accounts_added_and_erased_between_pages(team: ServedTeam) -> None:
    admin = who(team, "admin")
    for name in ("Mia", "Noor"):
        team.accounts.add(name)
    before = [user["id"] for user in all_pages(team, "/users", admin, 200)]
    place = before.index("mia")
    first = fetch(team, "/users", admin, limit=place + 1)
    team.accounts.erase("Mia")
    team.accounts.add("Nils")
    team.accounts.add("Abe")
    rest = [user["id"] for user in fetch(team, "/users", admin, limit=200, after=first["after"])["items"]]
    assert rest == sorted([*before[place + 1 :], "nils"])


def test_what_one_may_not_see_takes_no_room_in_a_page(team: ServedTeam) -> None:
    ben = team.tokens["Ben Okafor"]
    page = fetch(team, "/links?everybody=true", ben, limit=2)
    assert [link["space"] for link in page["items"]] == ["leeds"] * 2
    assert {link["space"] for link in all_pages(team, "/links?everybody=true", ben, 1)} == {"leeds"}
    assert all_pages(team, "/links?everybody=true", team.tokens["Dev"], 1) == []
    assert all_pages(team, "/people", team.tokens["Dev"], 1) == []
    for path in ("/users", "/tokens"):
        assert team.ask("GET", path, ben, params={"limit": 1}).status_code == 403
    assert team.ask("GET", "/spaces/york/members", ben, params={"limit": 1}).status_code == 404


def test_a_page_has_at_most_1000_entries_and_the_command_line_reads_them_all(team: ServedTeam) -> None:
    workspace = LocalWorkspace(team.store, SHELL, clock=now)
    session = team.start("Root", "Till 8")
    for _ in range(1003):
        workspace.create_share(ShareWish(session=session))
    page = fetch(team, f"/links?session={session}", team.tokens["Root"], limit=10_000)
    assert (len(page["items"]), page["after"] is None) == (1000, False)
    served = team.servers[0]
    root = served.ana.at(store=served.url, user="Root", environ={"RFLOW_TOKEN": team.tokens["Root"]})
    assert len(root.json("-s", session, "share", "list", "--json")) == 1003
