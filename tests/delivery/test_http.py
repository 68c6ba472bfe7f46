"""The HTTP client against real servers on this machine: several requests, deadlines, and what is certain then."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rflow.delivery.http import Client, Failure, Response
from rflow.delivery.url import HttpUrl, parse_url
from support.needs import need
from support.waiting import PATIENCE, until
from support.web import webhook_server as scenes
from support.web.webhook_server import Scene, Server, Visit, reply

TOKEN = "xK9sECRETt0kenZ7qLm"
NOTE = '{"text": "The printer in Leeds hums 🖨"}'.encode()
SOON = 2.0
"""Seconds after which a test gives up on a server that hangs; a busy machine needs some of them to connect."""


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("openssl")
    return scenes.self_signed(tmp_path_factory.mktemp("tls"), "127.0.0.1", "rflow.leeds.example")


def client(base: str, *, timeout: float = 10, **more: Any) -> Client:
    url = parse_url(base)
    assert isinstance(url, HttpUrl)
    return Client(url, timeout=timeout, **more)


def in_turn(*answers: Callable[[Visit], None]) -> Scene:
    """Answer several requests on one connection, then close it."""

    def scene(visit: Visit) -> None:
        for answer in answers:
            answer(visit)

    return scene


def failed(outcome: Response | Failure) -> Failure:
    assert isinstance(outcome, Failure)
    return outcome


def succeeded(outcome: Response | Failure) -> Response:
    assert isinstance(outcome, Response), outcome
    return outcome


def lines_received(server: Server) -> list[str]:
    """The first line of each request, once the server has got one; "" for a connection that was closed unused."""
    assert until(lambda: server.requests)
    return [request.line for request in server.requests]


# --- several requests


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_several_requests_share_one_connection(
    secure: bool, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    answers = (reply(200, b'{"version": 3}', ETag='"3"'), reply(201), reply(404, b"no such session"))
    with (
        Server(in_turn(*answers), certificate=certificate if secure else None) as server,
        client(server.base) as remote,
    ):
        first = succeeded(remote.request("GET", "/sessions/K7QM", headers={"Authorization": f"Bearer {TOKEN}"}))
        second = succeeded(remote.request("POST", "/sessions/K7QM/events", NOTE, {"Content-Type": "application/json"}))
        third = succeeded(remote.request("DELETE", "/sessions/none"))
    assert (first.status, first.body, first.headers["etag"], first.complete) == (200, b'{"version": 3}', '"3"', True)
    assert (second.status, second.body, third.status, third.body) == (201, b"", 404, b"no such session")
    assert server.visits == 1
    assert [request.line.split()[:2] for request in server.requests] == [
        ["GET", "/sessions/K7QM"],
        ["POST", "/sessions/K7QM/events"],
        ["DELETE", "/sessions/none"],
    ]
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert [request.body for request in server.requests] == [b"", NOTE, b""]


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again() -> None:
    closed = threading.Event()

    def once(visit: Visit) -> None:
        reply(200)(visit)
        visit.sock.shutdown(socket.SHUT_RDWR)
        closed.set()

    with Server(once, reply(201)) as server, client(server.base) as remote:
        assert succeeded(remote.request("GET", "/")).status == 200
        assert closed.wait(PATIENCE)
        assert succeeded(remote.request("POST", "/", NOTE)).status == 201
    assert server.visits == 2


@pytest.mark.parametrize("scene", [scenes.reset, scenes.raw(b"220 mail.example ESMTP\r\n")], ids=["reset", "nonsense"])
def test_after_a_failure_the_next_request_opens_a_new_connection(scene: Scene) -> None:
    with Server(scene, reply(200)) as server, client(server.base) as remote:
        assert failed(remote.request("POST", "/", NOTE)).sent
        assert succeeded(remote.request("POST", "/", NOTE)).status == 200
    assert server.visits == 2


def test_a_tunnel_through_a_proxy_carries_several_requests(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    inner = Server(in_turn(reply(200), reply(201)), certificate=certificate)
    with inner, Server(scenes.tunnel_to(inner.port)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        with client("https://rflow.leeds.example") as remote:
            statuses = [succeeded(remote.request("POST", f"/{TOKEN}", NOTE)).status for _ in range(2)]
    assert statuses == [200, 201]
    assert (proxy.visits, inner.visits) == (1, 1)
    assert TOKEN.encode() not in proxy.passed


# --- bodies


@pytest.mark.parametrize(
    ("answer", "body", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", b"0123456789", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789+", b"0123456789", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123", b"0123", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n0\r\n\r\n", b"0123", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n", b"0123", False),
        (b"HTTP/1.1 200 OK\r\n\r\n0123", b"0123", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
    ],
    ids=["whole", "over the limit", "cut off", "chunked", "chunked and cut off", "until the end", "none"],
)
def test_a_response_says_whether_its_body_is_complete(answer: bytes, body: bytes, complete: bool) -> None:
    with Server(scenes.raw(answer), reply(201)) as server, client(server.base, limit=10) as remote:
        response = succeeded(remote.request("GET", "/"))
        assert (response.body, response.complete) == (body, complete)
        if not complete:
            assert succeeded(remote.request("GET", "/")).status == 201  # nothing is left over from before


@pytest.mark.slow
@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_body_that_the_deadline_cuts_off_is_not_complete(head: bytes) -> None:
    with Server(scenes.drip(b"x" * 500, whole=head)) as server, client(server.base, timeout=SOON) as remote:
        response = succeeded(remote.request("GET", "/"))
    assert (response.status, response.complete) == (200, False)


# --- one deadline for everything


@pytest.mark.slow
def test_a_slow_name_server_blocks_nobody_and_nothing_is_sent_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered, real = threading.Event(), socket.getaddrinfo

    def slow(host: str, *args: Any, **more: Any) -> Any:
        if host == "noc.example":
            answered.wait()
            host = "127.0.0.1"
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with Server(reply(200)) as server:
        before = set(threading.enumerate())
        outcome = failed(client(f"http://noc.example:{server.port}", timeout=SOON).request("POST", "/", NOTE))
        (left,) = set(threading.enumerate()) - before
        answered.set()
        left.join(PATIENCE)
        assert not left.is_alive()
        assert lines_received(server) == [""]
    assert outcome == Failure(what="can't be reached: no answer within 2 s")


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port of 127.0.0.2 that answers nothing: its queue of connections is full."""
    if sys.platform != "linux":
        pytest.skip("other systems refuse, or have no 127.0.0.2")
    with socket.create_server(("127.0.0.2", 0), backlog=0) as listener:
        waiting = []
        for _ in range(3):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
            waiting.append(sock)
        yield listener.getsockname()[1]
        for sock in waiting:
            sock.close()


@pytest.mark.slow
def test_an_address_that_does_not_answer_leaves_time_for_the_next_one(
    dead_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def both(host: str, port: int, *args: Any, **more: Any) -> Any:
        if host == "noc.example":
            return real("127.0.0.2", port, *args, **more) + real("127.0.0.1", port, *args, **more)
        return real(host, port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with Server(reply(200), port=dead_port), client(f"http://noc.example:{dead_port}", timeout=8) as remote:
        assert succeeded(remote.request("GET", "/")).status == 200


def test_ctrl_c_ends_an_exchange_at_once() -> None:
    code = """
import sys
from rflow.delivery.http import Client
from rflow.delivery.url import parse_url
try:
    Client(parse_url(sys.argv[1]), timeout=600).request("POST", "/", b"{}")
except KeyboardInterrupt:
    print("stopped")
"""
    with Server(scenes.hang) as server:
        process = subprocess.Popen([sys.executable, "-c", code, server.base], stdout=subprocess.PIPE)
        assert until(lambda: server.requests)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=PATIENCE)[0] == b"stopped" + os.linesep.encode()


# --- what is certain


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/a b/{TOKEN}", {}),
        (f"/ü/{TOKEN}", {}),
        ("/", {"X-Token": f"{TOKEN}\r\nX-Evil: 1"}),
        ("/", {"X": "…" + TOKEN}),
    ],
    ids=["blank", "umlaut", "line break in a header", "header outside Latin-1"],
)
def test_what_http_does_not_allow_is_not_sent_and_not_quoted(path: str, headers: dict[str, str]) -> None:
    with Server(reply(200)) as server, client(server.base) as remote:
        outcome = failed(remote.request("POST", path, NOTE, headers))
        assert lines_received(server) == [""]
    assert outcome.what == "was not asked: the request contains characters that HTTP does not allow"
    assert not outcome.sent
    assert TOKEN not in repr(outcome)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        (scenes.hang, Failure(what="did not answer within 2 s", sent=True)),
        (scenes.reset, Failure(what="closed the connection without an answer", sent=True)),
        (scenes.deaf, Failure(what="did not read the whole message within 2 s")),
        (
            scenes.reset_in_the_middle,
            Failure(what="closed the connection before it had read the whole message", retry=True),
        ),
    ],
    ids=["hangs", "resets", "reads nothing", "resets in the middle"],
)
def test_a_failure_says_whether_the_whole_request_was_sent(scene: Scene, expected: Failure) -> None:
    body = NOTE if expected.sent else b" " * 20_000_000
    with Server(scene) as server, client(server.base, timeout=SOON if "within" in expected.what else 10) as remote:
        assert remote.request("POST", "/", body) == expected
