"""Connections that never send a whole request: they are closed, and keep nobody else from being served."""

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rflow.web import connections
from support.web.app import running


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(Starlette(routes=[Route("/", hello)])) as address:
        yield address


def connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=20)


def is_closed(client: socket.socket) -> bool:
    """Wait until the server closes a connection; fails if it sends something instead."""
    try:
        return client.recv(100) == b""
    except ConnectionError:
        return True


def answer(client: socket.socket) -> bytes:
    """Read one whole answer of the application above; it may come in pieces."""
    received = b""
    while not received.endswith(b"hello") and (piece := client.recv(4096)):
        received += piece
    return received


@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_without_a_whole_request_is_closed(url: str, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_TIMEOUT", 0.3)
    with connected(url) as client:
        client.sendall(sent)
        assert is_closed(client)


def test_the_second_request_of_a_connection_has_the_same_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_TIMEOUT", 0.3)
    with connected(url) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(client).endswith(b"hello")
        client.sendall(b"GET / HTTP/1.1\r\n")
        assert is_closed(client)


def test_a_request_in_pieces_is_answered(url: str) -> None:
    with connected(url) as client:
        for piece in (b"G", b"ET / HT", b"TP/1.1\r\nHost:", b" x\r\n\r", b"\n"):
            client.sendall(piece)
        assert answer(client).endswith(b"hello")


def test_many_idle_connections_keep_nobody_from_being_served(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections.LimitedProtocol, "max_unfinished", 20)
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connected(url)) for _ in range(60)]
        for _ in range(3):
            assert httpx.get(url, timeout=20).text == "hello"
        assert all(is_closed(client) for client in idle[:40])
        idle[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(idle[-1]).endswith(b"hello")


def test_connections_that_were_served_are_forgotten(url: str) -> None:
    for _ in range(30):
        with connected(url) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert answer(client).endswith(b"hello")
    with connected(url) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(client).endswith(b"hello")
        assert connections.LimitedProtocol._unfinished == {}
