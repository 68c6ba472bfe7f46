"""Signing in at a server from a terminal: a real server, and a terminal that waits for a browser."""

import contextlib
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from rflow.cli.server import server_url
from rflow.cli.server.device import Device
from rflow.ports.wire.device import GRANT_TYPE, DeviceCodes
from support.program import SCRIPT, Program
from support.waiting import wait_for_attempts_window
from support.web.server import Served, serving
from support.web.visitor import Visitor

pytestmark = pytest.mark.slow

API = "/api/v1"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with an admin, and Ben who is a member of the default space."""
    home = tmp_path_factory.mktemp("server")
    root = Program(home, user="Root", store=str(home / "team.db"))
    root.ok("user", "add", "Root", "--admin", "--password-stdin", stdin="nine green bottles")
    root.ok("user", "add", "Ben Okafor", "--password-stdin", stdin="nine green bottles")
    root.ok("space", "members", "default", "--add", "Ben Okafor", "--role", "member")
    with serving(root) as server:
        yield server


@pytest.fixture
def ben(tmp_path: Path) -> Program:
    return Program(tmp_path, user="Ben Okafor")


@contextlib.contextmanager
def waiting(ben: Program, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `rflow login` in a process, which waits for a browser."""
    process = subprocess.Popen(
        [SCRIPT, "login", *words], env=ben.variables, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
        assert process.stderr is not None
        process.stderr.close()


def code_shown(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return the code that a waiting terminal shows, and all that it has printed."""
    assert process.stderr is not None
    printed = ""
    while not (found := re.search(r"code: ([B-Z]{4}-[B-Z]{4})\n", printed)):
        line = process.stderr.readline()
        assert line, printed
        printed += line
    return found[1], printed


def decide(served: Served, code: str, *, approve: bool) -> str:
    """Approve or deny in a browser what a terminal asks; return what the page says about the terminal."""
    browser = Visitor(served.url).go(f"/device?code={code.lower()}").sign_in("Ben Okafor")
    asked = browser.text
    assert code in asked
    browser.submit("/device", button="approve" if approve else "deny")
    assert browser.at == "/"
    return asked


def kept(ben: Program) -> Path:
    return ben.home / "state" / "rflow" / "servers.json"


def test_a_terminal_is_signed_in_by_its_code_works_there_and_signs_out(served: Served, ben: Program) -> None:
    with waiting(ben, served.url) as process:
        code, printed = code_shown(process)
        assert f"{served.url}/device" in printed
        page = decide(served, code, approve=True)
        assert f"Sign in {socket.gethostname()}?" in page and "127.0.0.1" in page and "as Ben Okafor" in page
        assert process.stderr is not None
        rest = process.stderr.read()
        assert process.wait(30) == 0, rest
    assert re.search(r"signed in as Ben Okafor, until \w{3} \d{4}-\d\d-\d\d", rest)
    assert f"rflow config set store {served.url}" in rest
    assert stat.S_IMODE(kept(ben).stat().st_mode) == 0o600
    token = re.search(r"rft_\w+", kept(ben).read_text())
    assert token is not None and token[0] not in printed + rest + served.log.read_text()
    there = ben.at(store=served.url)
    assert there.ok("whoami").out.startswith(f"Ben Okafor  ({served.url})\n  default: member\n  this token allows")
    there.ok("start", "--title", "Label printer prints nothing")
    with waiting(ben, served.url) as again:
        decide(served, code_shown(again)[0], approve=True)
        assert again.wait(30) == 0
    old = httpx.get(served.url + API + "/me", headers={"Authorization": f"Bearer {token[0]}"})
    assert old.status_code == 401
    token = re.search(r"rft_\w+", kept(ben).read_text())
    assert token is not None
    assert "signed out; the token is revoked" in ben.ok("logout").err
    assert token[0] not in kept(ben).read_text()
    asked = httpx.get(served.url + API + "/me", headers={"Authorization": f"Bearer {token[0]}"})
    assert asked.status_code == 401
    assert "rflow login" in there.refused(9, "list")


@pytest.mark.parametrize("store", ["alone.db", "folder"])
def test_a_server_without_accounts_says_so_at_once_and_shows_no_path(store: str, tmp_path: Path) -> None:
    if store == "folder":
        (tmp_path / store).mkdir()
    ana = Program(tmp_path, store=str(tmp_path / store))
    ana.ok("start", "--title", "Label printer prints nothing")
    with serving(ana) as alone:
        assert "Nobody has an account at this server." in ana.refused(2, "login", alone.url)
        form = {"name": "Ana Ruiz", "password": "nine green bottles"}
        answer = httpx.post(f"{alone.url}/sign-in", data=form, headers={"Origin": alone.url})
        assert (answer.status_code >= 400, str(tmp_path) in answer.text) == (True, False)


def deny(served: Served, ben: Program) -> str:
    """Deny in a browser what a terminal asks; return what it prints when it asks again, five seconds later."""
    with waiting(ben, served.url, "--scope", "read") as process:
        code, _ = code_shown(process)
        assert "It mayread It stays signed in for" in decide(served, code, approve=False)
        assert process.stderr is not None
        rest = process.stderr.read()
        assert process.wait(30) == 9
    return rest


def test_ctrl_c_while_waiting_ends_it_without_a_trace(served: Served, ben: Program) -> None:
    with waiting(ben, served.url) as process:
        code_shown(process)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        rest = process.stderr.read()
        assert process.wait(10) == 130
    assert "you are not signed in" in rest
    assert "Traceback" not in rest
    assert not kept(ben).exists()


def test_polling_fast_and_a_used_code_are_answered_as_rfc_8628_says_and_a_denied_terminal_is_not_signed_in(
    served: Served, ben: Program
) -> None:
    def post(path: str, **form: str) -> httpx.Response:
        return httpx.post(f"{served.url}{API}/device/{path}", data=form, verify=False)

    codes = post("authorization", client_id="someone", scope="read write", machine="ana-laptop", more="ignored").json()
    assert codes["verification_uri"] == f"{served.url}/device"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    poll = {"grant_type": GRANT_TYPE, "device_code": codes["device_code"], "client_id": "someone"}
    answers = [post("token", **poll) for _ in range(2)]
    assert [(each.status_code, each.json()["error"]) for each in answers] == [
        (400, "authorization_pending"),
        (400, "slow_down"),
    ]
    assert answers[0].headers["content-type"] == "application/json"
    assert answers[0].headers["cache-control"] == "no-store"
    decide(served, codes["user_code"], approve=True)
    assert "denied in the browser" in deny(served, ben)  # it waits for as long as the first one has to
    assert not kept(ben).exists()
    given = post("token", **poll)
    assert given.status_code == 200
    assert (given.json()["token_type"], given.json()["scope"]) == ("Bearer", "read write")
    assert post("token", **poll).json()["error"] == "invalid_grant"
    assert post("token", grant_type="password", device_code="x").json()["error"] == "unsupported_grant_type"
    assert post("token", device_code="x").json()["error"] == "invalid_request"
    assert post("authorization", scope="admin").json()["error"] == "invalid_scope"


def test_an_invalid_server_or_token_is_reported_and_not_stored(served: Served, ben: Program) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert "can't be reached" in ben.refused(10, "login", gone)
    assert "https://" in ben.refused(2, "login", "http://rflow.example.com")
    assert "--with-token" in ben.refused(2, "login", f"{served.url}/elsewhere")
    assert "does not work" in ben.refused(9, "login", served.url, "--with-token", stdin="rft_wrong\n")
    assert "no token" in ben.refused(2, "login", served.url, "--with-token")
    assert 'no scope "admin"' in ben.refused(2, "login", served.url, "--scope", "read,admin")
    assert "signed in at no server" in ben.refused(2, "logout")
    assert not kept(ben).exists()


def test_signing_out_of_a_server_that_is_gone_forgets_the_token_here(served: Served, ben: Program) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{closed.getsockname()[1]}"
        kept(ben).parent.mkdir(parents=True)
        kept(ben).write_text(f'{{"{gone}": "rft_x"}}')
        said = ben.ok("logout", gone).err
    assert "forgotten here" in said
    assert "rft_x" not in kept(ben).read_text()


def test_behind_a_proxy_the_page_names_no_address_that_means_nothing(served: Served) -> None:
    with serving(served.ana, "--public-url", "https://corp.example/rflow", log="second.log") as second:
        form = {"scope": "read", "machine": "<b>ana-laptop</b>"}
        codes = httpx.post(f"{second.url}{API}/device/authorization", data=form).json()
        assert codes["verification_uri"] == "https://corp.example/rflow/device"
        signed_in = httpx.post(
            f"{served.url}/sign-in",
            data={"name": "Ben Okafor", "password": "nine green bottles"},
            headers={"sec-fetch-site": "same-origin"},
        )
        cookie = f"__Host-rflow={next(iter(signed_in.cookies.values()))}"
        page = httpx.get(f"{second.url}/device?code={codes['user_code']}", headers={"cookie": cookie})
    assert "it came through a proxy" in page.text
    assert "127.0.0.1" not in page.text
    assert "&lt;b>ana-laptop" in page.text or "&lt;b&gt;ana-laptop" in page.text


def test_an_unknown_device_code_is_reported_and_guessing_is_limited(served: Served) -> None:
    wait_for_attempts_window()
    browser = Visitor(served.url).sign_in("Root").go("/device").submit("/device", code="BCDF-GHJK")
    for _ in range(10):
        browser.go("/device?code=BCDF-GHJK")
    assert (browser.page.status_code, "retry-after" in browser.page.headers) == (429, True)
    assert "No terminal is waiting" in Visitor(served.url).sign_in("Ben Okafor").go("/device?code=%3Cb%3E").text


def test_a_terminal_polls_as_slowly_as_the_server_asks_and_through_failures() -> None:
    """Attack 27, seen from the terminal: after `slow_down` every poll comes five seconds later."""
    answers = [(400, "authorization_pending"), (400, "slow_down"), (503, ""), (400, "authorization_pending"), (200, "")]
    token = b'{"access_token": "rft_x", "token_type": "Bearer", "expires_in": 60, "scope": "read"}'

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, error = answers.pop(0)
            body = token if status == 200 else f'{{"error": "{error}"}}'.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    waits: list[float] = []
    codes = DeviceCodes(
        device_code="rfd_x",
        user_code="WDJB-MJHT",
        verification_uri="x",
        verification_uri_complete="x",
        expires_in=600,
        interval=5,
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with Device(server_url(f"http://127.0.0.1:{server.server_port}"), wait=waits.append) as device:
            assert device.token(codes).access_token == "rft_x"
        server.shutdown()
    assert waits == [5, 5, 10, 15, 15]
