"""The server of read-only links over real HTTP: what a link shows, when it ends, and how attacks are answered."""

import contextlib
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import html5lib
import httpx
import pytest

from support.program import SCRIPT, Program, ago
from support.web.server import Served, free_port, serving

pytestmark = pytest.mark.slow

HOSTILE = (
    '0;url=//evil" http-equiv="refresh',
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "<svg/onload=alert(1)>",
    "</pre><img src=x onerror=alert(1)>",
)


def prepared(home: Path, store: str) -> Program:
    home.mkdir(parents=True)
    ana = Program(home, store=store).with_tree()
    ana.start()
    ana.ok("choose", "green")
    return ana


@pytest.fixture(scope="module", params=["sqlite", "json"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp(request.param)
    store = str(folder / ("shift.db" if request.param == "sqlite" else "shift"))
    with serving(prepared(folder / "home", store)) as server:
        yield server


@pytest.fixture(scope="module")
def other(served: Served) -> Iterator[Served]:
    """A second process on the same store."""
    with serving(served.ana, log="other.log") as server:
        yield server


@pytest.fixture(scope="module")
def gone(served: Served) -> bytes:
    """The response for every link that does not work."""
    return served.get("/share/rfs_nothing").content


# What a link shows


def test_a_link_is_a_page_and_text_and_markdown_and_json(served: Served) -> None:
    link = served.link()
    kinds = {"": "text/html", ".md": "text/markdown", ".txt": "text/plain", ".json": "application/json"}
    for suffix, kind in kinds.items():
        response = served.get(link["path"] + suffix)
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(kind)
        assert "Clear the print queue" in response.text
    assert served.get(link["path"] + ".json").json()["position"]["text"] == "Clear the print queue"


def test_later_entries_show_on_a_live_link_but_not_on_a_snapshot(served: Served) -> None:
    live, snapshot = served.link(), served.link("--snapshot")
    before = served.get(snapshot["path"] + ".txt").text
    served.ana.ok("note", "Two jobs from Monday were stuck")
    assert "Two jobs from Monday" in served.get(live["path"] + ".txt").text
    assert served.get(snapshot["path"] + ".txt").text == before


def test_a_brief_link_shows_the_thirty_second_form(served: Served) -> None:
    link = served.link("--brief")
    assert served.get(link["path"] + ".json").json()["brief"] is True
    assert "Whole tree" not in served.get(link["path"]).text


def test_a_whole_link_also_has_the_short_form_in_every_format(served: Served) -> None:
    path = served.link()["path"]
    assert served.get(path + ".json?brief").json()["brief"] is True
    assert served.get(path + ".json?utm_source=chat&brief=").json()["brief"] is True
    assert served.get(path + ".json?").json()["brief"] is False
    assert served.get(path + ".json?briefly").json()["brief"] is False
    assert served.get(path + ".json?brief").json()["tried"] == []
    whole, brief = (served.get(path + query).headers["etag"] for query in ("", "?brief"))
    assert whole != brief


def test_secrets_are_hidden_also_by_the_patterns_of_who_made_the_link(served: Served) -> None:
    served.ana.ok("note", "badge BX-1234 opens it, password=hunter2")
    pattern = served.ana.at(environ={"RFLOW_REDACT_PATTERNS": r"BX-\d+"})
    link = pattern.json("share", "create", "--json")
    for suffix in ("", ".md", ".txt", ".json"):
        text = served.get(f"/share/{link['token']}{suffix}").text
        assert "hunter2" not in text
        assert "BX-1234" not in text


def test_a_page_that_has_not_changed_is_not_sent_again(served: Served) -> None:
    link = served.link()
    first = served.get(link["path"])
    assert served.get(link["path"], headers={"if-none-match": first.headers["etag"]}).status_code == 304
    served.ana.ok("note", "The queue is empty now")
    assert served.get(link["path"], headers={"if-none-match": first.headers["etag"]}).status_code == 200


def test_a_wait_whose_time_has_passed_is_overdue_though_nothing_was_added(served: Served) -> None:
    ana = served.ana.at(terminal="waiting")
    code = ana.start()
    due = datetime.now(UTC) + timedelta(seconds=3)
    ana.ok("wait", "The vendor calls back", "--until", due.isoformat(timespec="seconds"))
    path = served.link("-s", code)["path"]
    before = {form: served.get(path + form) for form in ("", "?brief", ".txt")}
    assert all("verdue" not in response.text for response in before.values())
    assert served.get(path, headers={"if-none-match": before[""].headers["etag"]}).status_code == 304
    time.sleep(max(0, (due - datetime.now(UTC)).total_seconds()) + 2)
    for form, response in before.items():
        now = served.get(path + form, headers={"if-none-match": response.headers["etag"]})
        assert (now.status_code, "verdue since" in now.text) == (200, True), form


def test_times_of_another_day_say_which(served: Served) -> None:
    at = ago(days=2)
    ana = served.ana.at(terminal="earlier", clock=at)
    code = ana.start()
    ana.ok("change", "queue paused", "--revert", "cupsenable leeds")
    path = served.link("-s", code)["path"]
    assert f"{at.day} {at:%b}, {at:%H:%M}" in served.get(path).text.partition('id="changes"')[2]
    assert f"({at:%Y-%m-%d %H:%M})" in served.get(path + ".txt?brief").text
    for form in (".txt", ".txt?brief"):
        header = served.get(path + form).text.partition("\n\n")[0]
        assert f"{at:%Y-%m-%d %H:%M}" in header, "a link is as old as what was added last"
    as_data = served.get(path + ".json").json()
    head = as_data["session"]
    assert f"as of {at:%Y-%m-%d %H:%M}" in as_data["header"]
    assert head["as_of"] == head["changed_at"]
    assert head["elapsed"] < timedelta(hours=1).total_seconds()
    snapshot = served.link("-s", code, "--snapshot")["path"]
    assert "cupsenable" in served.get(snapshot).text


def test_views_are_counted_in_every_form_and_shown(served: Served) -> None:
    link = served.link()
    for suffix in ("", ".txt", ".json", ".md"):
        served.get(link["path"] + suffix, headers={"user-agent": "Firefox/150"})
    assert served.views(link, 4) == 4
    shown = served.ana.ok("share", "show", link["id"]).out
    assert "viewed 4 times" in shown
    assert shown.count("Firefox/150") == 4


# When it ends


def test_a_revoked_link_is_gone_at_once_for_a_reader_who_saw_it(served: Served, other: Served, gone: bytes) -> None:
    """Attack 1: the reader's browser still has the page, and asks whether it is the same."""
    link = served.link()
    tags = [server.get(link["path"]).headers["etag"] for server in (served, other)]
    served.ana.ok("share", "revoke", link["id"])
    for server, tag in zip((served, other), tags, strict=True):
        response = server.get(link["path"], headers={"if-none-match": tag})
        assert (response.status_code, response.content) == (404, gone)


@pytest.mark.parametrize("how", ["revoke", "delete"])
def test_an_open_stream_ends_within_two_seconds_in_another_process_too(how: str, served: Served, other: Served) -> None:
    """Attacks 2 and 30."""
    code = served.ana.at(terminal="other").start()
    link = served.link("-s", code)
    ended: dict[str, float] = {}

    def listen(server: Served) -> None:
        with (
            httpx.Client(base_url=server.url, timeout=20) as client,
            client.stream("GET", link["path"] + "/events") as stream,
        ):
            ready.release()
            for line in stream.iter_lines():
                if line == "event: ended":
                    ended[server.url] = time.monotonic()

    ready = threading.Semaphore(0)
    threads = [threading.Thread(target=listen, args=(server,)) for server in (served, other)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert ready.acquire(timeout=10)
    words = ("share", "revoke", link["id"]) if how == "revoke" else ("delete", code, "--yes")
    served.ana.ok(*words)
    done = time.monotonic()
    for thread in threads:
        thread.join(10)
    assert {url for url in ended if ended[url] - done < 2} == {served.url, other.url}


def test_every_link_that_does_not_work_gets_the_same_response(served: Served, gone: bytes) -> None:
    """Attack 3: nobody learns whether there ever was such a link."""
    revoked, deleted = served.link(), None
    served.ana.ok("share", "revoke", revoked["id"])
    code = served.ana.at(terminal="third").start()
    deleted = served.link("-s", code)
    served.ana.ok("delete", code, "--yes")
    expired = served.link("--expires", "1m")
    assert served.get(expired["path"]).status_code == 200
    never = "rfs_" + "A" * 33
    for path in (revoked["path"], deleted["path"], f"/share/{never}", "/share/x", revoked["path"] + ".json"):
        response = served.get(path)
        assert (response.status_code, response.content) == (404, gone)
        assert response.headers["cache-control"] == "no-store"


def test_what_can_not_be_a_token_is_404(served: Served, gone: bytes) -> None:
    """Attack 4 (CVE-2021-39226)."""
    token = served.link()["token"]
    mistyped = [token + "%0a", token + "%00", "%20" + token, token[:-1], token[:-1] + "-", ":token", token.upper()]
    for odd in (*mistyped, token + ".exe", token + ".", "..%2f" + token, token + "%2e%2e", "%ff"):
        assert served.get(f"/share/{odd}").status_code == 404
    assert served.get("/share/:token").content == gone
    assert served.get("/share/").status_code == 404


# What is kept secret


def test_no_log_store_or_list_has_a_token(served: Served) -> None:
    """Attacks 8 to 10."""
    link = served.link()
    served.get(link["path"])
    served.get(link["path"] + "/nonsense")
    served.get(f"/{link['token']}")
    served.get(f"/healthz?{link['token']}")
    served.ana.ok("share", "revoke", link["id"])
    served.get(link["path"])
    assert link["id"] in {share["id"] for share in served.ana.json("share", "list", "--json")}
    store = Path(served.ana.store)
    files = [file for file in (*store.parent.rglob("*"),) if file.is_file()]
    assert served.log in files
    everything = b"".join(file.read_bytes() for file in files)
    assert everything.count(link["token"].encode()) == 0
    assert link["token"] not in served.get("/metrics").text
    assert {line["route"] for line in served.logged() if line["event"] == "request"} >= {"share", "health"}


def test_preview_bots_get_no_content_and_are_not_counted(served: Served) -> None:
    """Attack 16."""
    link = served.link()
    agents = (
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
        "facebookexternalhit/1.1",
        "WhatsApp/2.23.20.0",
        "TelegramBot (like TwitterBot)",
    )
    for agent in agents:
        response = served.get(link["path"], headers={"user-agent": agent})
        assert response.status_code == 200
        assert "og:title" in response.text
        assert "print" not in response.text.casefold()
    served.get(link["path"], method="HEAD")
    served.get(link["path"], headers={"range": "bytes=0-10"})
    served.get(link["path"], headers={"sec-purpose": "prefetch;prerender"})
    served.get(link["path"], headers={"x-rflow-live": "1"})
    served.get(link["path"])
    assert served.views(link, 1) == 1
    time.sleep(1.5)
    assert served.views(link, 1) == 1


def test_every_response_has_security_headers_and_sets_no_cookie(served: Served) -> None:
    """Attack 29."""
    link = served.link()
    for path in (link["path"], link["path"] + ".txt", "/share/x", "/healthz", "/metrics", "/nowhere", "/robots.txt"):
        headers = served.get(path).headers
        assert "set-cookie" not in headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "noindex" in headers["x-robots-tag"]
        assert headers["content-security-policy"].startswith("default-src 'none'; ")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] in ("private, no-cache", "no-store")
        assert "server" not in headers


# Texts in a session


def test_hostile_texts_are_shown_literally(served: Served) -> None:
    """Attacks 14 and 15."""
    ana = served.ana.at(terminal="hostile")
    code = ana.start("--title", HOSTILE[0], "--customer", HOSTILE[1])
    for text in HOSTILE:
        ana.ok("-s", code, "note", text)
        ana.ok("-s", code, "step", text, "--result", text)
    evidence = ana.home / "<img src=x onerror=alert(1)>.log"
    evidence.write_text("\n".join(HOSTILE), "utf-8")
    ana.ok("-s", code, "attach", str(evidence))
    page = served.get(served.link("-s", code, "--label", HOSTILE[1])["path"])
    tree = html5lib.parse(page.text, namespaceHTMLElements=False)
    assert {element.tag for element in tree.iter()} & {"img", "iframe", "object"} == set()
    drawings = [element for element in tree.iter() if str(element.tag).endswith("svg")]
    assert {element.get("aria-hidden") for element in drawings} == {"true"}
    assert {element.get("href", "")[:1] for element in tree.iter("a")} == {"#", "?"}
    scripts = [element.attrib for element in tree.iter("script")]
    assert len(scripts) == 1
    assert scripts[0]["src"].startswith("../static/live-")
    refresh = [element.attrib for element in tree.iter("meta") if "http-equiv" in element.attrib]
    assert refresh == [{"http-equiv": "refresh", "content": "20"}]
    handlers = [name for element in tree.iter() for name in element.attrib if name.startswith("on")]
    assert handlers == []
    text = " ".join("".join(tree.itertext()).split())
    assert [hostile for hostile in HOSTILE if " ".join(hostile.split()) not in text] == []


# Unusual requests


def test_links_do_not_follow_a_forged_host(served: Served) -> None:
    """Attack 23."""
    link = served.link()
    page = served.get(link["path"], headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert page.status_code == 200
    assert "evil" not in page.text + str(page.headers)


def test_ranges_are_ignored(served: Served) -> None:
    """Attack 24 (CVE-2025-62727)."""
    path = re.findall(r'src="\.\.(/static/[^"]+)"', served.get(served.link()["path"]).text)[0]
    ranges = "bytes=" + ",".join(f"{number}-{number}" for number in range(5000))
    response = served.get(path, headers={"range": ranges})
    assert (response.status_code, response.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("how", ["length", "chunks"])
def test_a_large_body_is_refused(how: str, served: Served) -> None:
    """Attack 28."""
    body: Any = b"x" * 5_000_000 if how == "length" else (b"x" * 65_536 for _ in range(80))
    try:
        assert served.get(served.link()["path"], method="POST", content=body).status_code == 413
    except httpx.WriteError:  # the server closed the connection while we were still sending
        assert served.get("/healthz").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_a_link_can_only_be_read(method: str, served: Served) -> None:
    assert served.get(served.link()["path"], method=method).status_code == 405


def test_invalid_requests_harm_nobody_and_do_not_fill_the_log(served: Served) -> None:
    long = b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n"
    for data in (b"\x00\xff\xfe\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"no request\r\n\r\n", long):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as client:
            client.sendall(data)
            client.settimeout(2)
            with contextlib.suppress(TimeoutError, ConnectionError):
                client.recv(100)
    assert served.get("/healthz").status_code == 200
    assert [line["event"] for line in served.logged()].count("Invalid HTTP request received.") == 1


# Running it


def test_it_reports_its_health_and_metrics(served: Served) -> None:
    assert served.get("/healthz").text == "ok\n"
    figures = served.get("/metrics").text
    assert 'rflow_requests_total{route="health",status="200"}' in figures
    assert served.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_the_root_address_says_what_this_is(served: Served) -> None:
    response = served.get("/")
    assert response.status_code == 200
    page = html5lib.parse(response.text, namespaceHTMLElements=False)
    text = " ".join("".join(page.itertext()).split())
    assert "Troubleshooting sessions" in text
    assert "open the link you were sent" in text
    assert "rflow share create" in text


def test_an_unknown_address_is_a_page_that_says_what_to_try(served: Served) -> None:
    response = served.get("/nowhere")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.text
    assert "nowhere" not in response.text


@pytest.mark.parametrize("path", ["/nowhere", "/a/b/c", "/share/"])
def test_an_unknown_address_has_its_style_below_a_path_of_a_proxy_too(served: Served, path: str) -> None:
    style = re.search(r'<link rel="stylesheet" href="([^"]*)"', served.get(path).text)
    assert style
    assert urljoin(f"https://proxy.example/tools{path}", style[1]).startswith("https://proxy.example/tools/static/")


def test_the_style_of_a_page_is_kept_by_browsers_and_its_address_changes_with_it(served: Served) -> None:
    [address] = re.findall(r'href="\.\.(/static/page-[0-9a-f]{16}\.css)"', served.get(served.link()["path"]).text)
    response = served.get(address)
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in response.headers["cache-control"]
    assert served.get("/").text.count(address) == 1
    assert served.get("/static/page-0000000000000000.css").status_code == 404


def test_links_begin_with_the_address_of_the_running_server(served: Served) -> None:
    assert served.link()["url"].split("/share/")[0].startswith("http://127.0.0.1:")
    assert "8765" not in served.link()["url"]


def test_it_stops_at_once_with_streams_open(tmp_path: Path) -> None:
    ana = prepared(tmp_path / "home", str(tmp_path / "shift.db"))
    with serving(ana, "--public-url", "https://rflow.example.com") as server:
        link = server.link()
        assert link["url"].startswith("https://rflow.example.com/share/")
        with httpx.Client(base_url=server.url) as client, client.stream("GET", link["path"] + "/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            server.process.terminate()
            assert server.process.wait(4) == 0
            assert [line for line in lines if "ended" in line] == []
    assert [line for line in server.logged() if line["level"] != "info"] == []
    assert ana.json("share", "create", "--json")["url"].startswith("http://127.0.0.1:8765/")


def test_a_port_in_use_is_reported(tmp_path: Path) -> None:
    ana = prepared(tmp_path / "home", str(tmp_path / "shift.db"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        run = subprocess.run([SCRIPT, "serve", "--port", port], env=ana.variables, capture_output=True, timeout=30)
    assert run.returncode == 2
    assert f"port {port}" in run.stderr.decode()
    assert "Traceback" not in run.stderr.decode()


def test_a_store_that_is_missing_for_a_moment_is_served_again(tmp_path: Path) -> None:
    ana = prepared(tmp_path / "home", str(tmp_path / "shift"))
    with serving(ana) as server:
        link = server.link()
        (tmp_path / "shift").rename(tmp_path / "away")
        assert server.get("/healthz").status_code in (200, 503)
        assert server.get(link["path"]).status_code in (404, 503)
        (tmp_path / "away").rename(tmp_path / "shift")
        assert server.get(link["path"]).status_code == 200
    assert free_port()


def test_an_ipv6_address_may_have_its_brackets(tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    ana = prepared(tmp_path / "home", str(tmp_path / "shift.db"))
    with serving(ana, "--host", "[::1]") as server:
        url = server.link()["url"]
        assert url.startswith(f"http://[::1]:{server.port}/share/")
        assert httpx.get(url, timeout=20).status_code == 200


def test_a_telephone_called_cubot_is_no_robot(served: Served) -> None:
    link = served.link()
    phone = "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0 Mobile"
    bot = f"{phone} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    assert "Clear the print queue" in served.get(link["path"], headers={"User-Agent": phone}).text
    assert "Clear the print queue" not in served.get(link["path"], headers={"User-Agent": bot}).text
    assert served.views(link, 1) == 1


def test_requests_that_are_none_cannot_fill_the_log(served: Served) -> None:
    before = len(served.logged())
    for number in range(50):
        with socket.create_connection(("127.0.0.1", served.port)) as client:
            client.sendall(b"\x16\x03 no request %d\r\n\r\n" % number)
            client.recv(100)
    assert len(served.logged()) <= before + 1
