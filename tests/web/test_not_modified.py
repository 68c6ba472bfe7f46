"""A reader who has a page already: the 304 of every address has the headers of its 200, and the page works."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import httpx
import pytest

from rflow.web.middleware import SECURITY_HEADERS
from rflow.web.pages import STATIC_FILES
from support.web.visitor import SAME_ORIGIN
from support.web.workspace import CODE, MAYA, PLACES, ROOT, Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

FORMS = ("", "?brief", ".md", ".md?brief", ".txt", ".txt?brief", ".json", ".json?brief")
UNSTYLED = "32px"
"""The size of a heading in a page without its style."""
KEPT = {*SECURITY_HEADERS, "etag", "expires", "vary", "content-location", "last-modified"}


def again(client: httpx.Client, path: str) -> tuple[httpx.Response, list[httpx.Response]]:
    """Ask for an address, then in each way in which a reader asks whether it is still the same."""
    first = client.get(path)
    tag, at = first.headers.get("etag", '"x"'), first.headers.get("last-modified", "Fri, 01 Jan 2100 00:00:00 GMT")
    asked = ({"if-none-match": tag}, {"if-none-match": f'"other", W/{tag}'}, {"if-modified-since": at})
    return first, [client.get(path, headers=headers) for headers in asked]


def kept(response: httpx.Response) -> dict[str, str]:
    return {name: text for name, text in response.headers.items() if name in KEPT}


def not_modified(client: httpx.Client, path: str) -> bool:
    """Whether an address answers 304 to whom has it already; with the headers of its 200, then."""
    first, later = again(client, path)
    unchanged = [response for response in later if response.status_code == 304]
    for response in unchanged:
        assert kept(response) == kept(first), path
        assert not response.content, path
    return bool(unchanged)


def api_paths(client: httpx.Client) -> list[str]:
    """The addresses of the API that are read, of Maya's session where they name one."""
    described = client.get("/api/v1/openapi.json").json()["paths"]
    read = [path for path, item in described.items() if "get" in item and not path.endswith("/changes")]
    named = (path.replace("{session}", CODE).replace("{session_id}", CODE) for path in read)
    return [f"/api/v1{path.removeprefix('/api/v1')}".replace("{", "").replace("}", "") for path in named]


def test_every_304_has_the_headers_of_its_200(team: Workspace, cookies: Mapping[str, dict[str, str]]) -> None:
    link, unchanged = f"/share/{team.names['token']}", set[str]()
    maya = team.served.ana.at(user=ROOT, terminal="root")
    token = maya.json("token", "create", "--user", MAYA, "--scope", "read", "--json")["token"]
    public = [*(link + form for form in FORMS), *(file.path for file in STATIC_FILES)]
    public += ["/healthz", "/metrics", "/robots.txt", "/share/nothing", "/nothing"]
    with httpx.Client(base_url=team.served.url, timeout=30) as client:
        unchanged |= {path for path in public if not_modified(client, path)}
        client.headers["authorization"] = f"Bearer {token}"
        paths = api_paths(client)
        assert len(paths) > 10
        unchanged |= {path for path in paths if not_modified(client, path)}
    for name, cookie in cookies.items():
        with httpx.Client(base_url=team.served.url, timeout=30, cookies=cookie) as client:
            places = [team.at(place) for place, (who, _) in PLACES.items() if who == name]
            unchanged |= {path for path in places if not_modified(client, path)}
    assert unchanged == {link + form for form in FORMS}


def test_the_304_of_an_opened_link_has_the_headers_of_its_200(team: Workspace) -> None:
    words = ("share", "create", "-s", CODE, "--password-stdin", "--json")
    made = team.served.ana.at(user=MAYA, terminal="maya").ok(*words, stdin="open sesame").json
    with httpx.Client(base_url=team.served.url, timeout=30, headers=SAME_ORIGIN) as client:
        path = f"/share/{made['token']}"
        assert client.get(path).status_code == 401
        assert client.post(path, data={"password": "open sesame"}).status_code in (200, 303)
        assert [form for form in FORMS if not not_modified(client, path + form)] == []


def test_a_link_that_is_opened_again_has_its_style_and_its_script(team: Workspace, page: "Page") -> None:
    problems, before = list[str](), len(team.served.logged())
    page.on("console", lambda said: problems.append(said.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    for path in (f"/share/{team.names['token']}", f"/share/{team.names['token']}?brief"):
        looks = []
        for _ in range(2):
            page.goto(team.served.url + path)
            page.wait_for_selector("#live[data-state=live]")
            looks.append(page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize"))
            page.goto("about:blank")
        assert looks[0] == looks[1] != UNSTYLED
    assert [line["status"] for line in team.served.logged()[before:] if line.get("route") == "share"] == [200, 304] * 2
    assert problems == []
