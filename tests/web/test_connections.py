"""Connections that never send a whole request: they are closed, and keep nobody else from being served."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from rflow.web import connections
from support.web.app import running


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def parts(request: Request) -> Response:
    """Send the head at once, and each part of the body only after that."""

    async def body() -> AsyncIterator[bytes]:
        for part in request.query_params.getlist("part"):
            yield part.encode()
        await asyncio.sleep(60)

    return StreamingResponse(body())


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    routes = [Route("/", hello), Route("/echo", echo, methods=["POST"]), Route("/parts", parts)]
    with running(Starlette(routes=routes)) as address:
        yield address


def connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=20)


def is_closed(client: socket.socket) -> bool:
    """Wait until the server closes a connection; fails if it sends something instead."""
    try:
        return client.recv(100) == b""
    except ConnectionError:
        return True


def received_until(client: socket.socket, end: bytes) -> bytes:
    """Read until the server has sent `end`, or closes the connection."""
    received = b""
    while end not in received and (piece := client.recv(4096)):
        received += piece
    return received


def answer(client: socket.socket) -> bytes:
    """Read one whole answer of the application above; it may come in pieces."""
    return received_until(client, b"hello")


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


@pytest.mark.slow
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


def test_a_response_arrives_in_one_piece(url: str) -> None:
    """uvicorn writes its head and its body one after the other: two packets, where one does."""
    with connected(url) as client:
        for _ in range(3):
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(4096).endswith(b"\r\n\r\nhello")


def test_a_head_whose_body_comes_later_is_sent_at_once(url: str) -> None:
    with connected(url) as client:
        client.sendall(b"GET /parts HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).endswith(b"\r\n\r\n")


def test_the_parts_of_a_response_arrive_in_order(url: str) -> None:
    with connected(url) as client:
        client.sendall(b"GET /parts?part=HTTP&part=HTTP/1.&part=end HTTP/1.1\r\nHost: x\r\n\r\n")
        expected = b"4\r\nHTTP\r\n7\r\nHTTP/1.\r\n3\r\nend\r\n"
        assert received_until(client, b"end\r\n").endswith(expected)


def test_a_client_that_asks_before_it_sends_a_body_is_answered(url: str) -> None:
    with connected(url) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        assert answer(client).startswith(b"HTTP/1.1 200 OK")


def test_requests_sent_together_are_answered_one_after_the_other(url: str) -> None:
    with connected(url) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
        received = received_until(client, b"Not Found")
    assert re.findall(rb"HTTP/1.1 (\d+)|(hello)", received) == [(b"200", b""), (b"", b"hello")] * 2 + [(b"404", b"")]


def test_a_connection_that_is_to_be_closed_gets_its_whole_response(url: str) -> None:
    with connected(url) as client:
        client.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = received_until(client, b"nothing")
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert received.endswith(b"connection: close\r\n\r\n")
