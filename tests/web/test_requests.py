"""Requests that reach a route behind the server's middleware: bodies of every kind, their limits, errors."""

import asyncio
import hashlib
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from rflow.web.metrics import Metrics
from rflow.web.middleware import BODY_LIMIT, BodyLimit, middleware, unexpected_error
from rflow.web.work.cookies import cookies_of
from support.web.app import running

MIB = 1024 * 1024
METRICS = Metrics()


async def step(request: Request) -> Response:
    return JSONResponse({"received": await request.json()})


async def evidence(request: Request) -> Response:
    digest, size = hashlib.sha256(), 0
    async for part in request.stream():
        digest.update(part)
        size += len(part)
    return JSONResponse({"size": size, "sha256": digest.hexdigest()})


async def unread(_: Request) -> Response:
    return PlainTextResponse("not read")


async def broken(_: Request) -> Response:
    raise RuntimeError("the printer in Leeds")


async def cookies(request: Request) -> Response:
    return JSONResponse(cookies_of(request))


ROUTES = [
    Route("/cookies", cookies),
    Route("/step", step, methods=["POST"]),
    Route("/evidence", evidence, methods=["POST"], middleware=[Middleware(BodyLimit, limit=8 * MIB)]),
    Route("/unread", unread, methods=["POST"]),
    Route("/broken", broken),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    handlers = {Exception: unexpected_error}
    app = Starlette(routes=ROUTES, middleware=middleware(METRICS), exception_handlers=handlers)
    with running(app) as address:
        yield address


def chunks(size: int) -> Iterator[bytes]:
    """A body of unknown length: httpx sends it chunked."""
    for start in range(0, size, 10_000):
        yield b"x" * min(10_000, size - start)


def test_a_json_body_arrives_at_its_route(url: str) -> None:
    sent = {"text": "Clear the print queue", "result": "Two jobs from Monday were stuck"}
    assert httpx.post(f"{url}/step", json=sent, verify=False).json() == {"received": sent}


def test_a_chunked_body_arrives_at_its_route(url: str) -> None:
    parts = iter([b'{"text": ', b'"Clear the ', b'print queue"}'])
    response = httpx.post(f"{url}/step", content=parts, verify=False)
    assert response.request.headers["transfer-encoding"] == "chunked"
    assert response.json() == {"received": {"text": "Clear the print queue"}}


def test_a_body_of_exactly_the_limit_arrives(url: str) -> None:
    text = "x" * (BODY_LIMIT - 2)
    assert httpx.post(f"{url}/step", content=json.dumps(text), verify=False).json() == {"received": text}


@pytest.mark.parametrize("path", ["/step", "/unread", "/nowhere", "/broken"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_413_whatever_the_route_does_with_it(url: str, path: str, chunked: bool) -> None:
    size = BODY_LIMIT + 1
    response = httpx.post(url + path, content=chunks(size) if chunked else b"x" * size, verify=False)
    assert (response.status_code, response.text) == (413, "The request is too large.\n")
    assert response.headers["connection"] == "close"
    assert response.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_route_may_take_larger_bodies(url: str, chunked: bool) -> None:
    size = 3 * MIB
    response = httpx.post(f"{url}/evidence", content=chunks(size) if chunked else b"x" * size, verify=False)
    assert response.json() == {"size": size, "sha256": hashlib.sha256(b"x" * size).hexdigest()}


def test_a_route_with_a_limit_of_its_own_keeps_to_it(url: str) -> None:
    for body in (b"x" * (8 * MIB + 1), chunks(8 * MIB + 1)):
        assert httpx.post(f"{url}/evidence", content=body, timeout=30, verify=False).status_code == 413


def test_a_connection_can_be_used_again_after_a_body_that_was_not_read(url: str) -> None:
    with httpx.Client(base_url=url, verify=False) as client:
        streams: list[Any] = []
        for _ in range(3):
            response = client.post("/unread", content=chunks(100_000))
            assert response.text == "not read"
            streams.append(response.extensions["network_stream"].get_extra_info("client_addr"))
    assert len(set(streams)) == 1


@pytest.mark.parametrize("path", ["/step", "/unread"])
def test_a_body_that_does_not_arrive_in_time_is_408(url: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rflow.web.middleware.BODY_TIMEOUT", 0.3)
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=20) as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        received = b""
        while part := client.recv(4096):
            received += part
    assert received.startswith(b"HTTP/1.1 408 ")


def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(url: str) -> None:
    for path in ("/step", "/unread"):
        with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=20) as client:
            client.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
    assert httpx.post(f"{url}/step", json=1).json() == {"received": 1}


def test_an_unexpected_error_is_a_500_and_the_server_keeps_serving(url: str) -> None:
    with httpx.Client(base_url=url, verify=False) as client:
        for _ in range(2):
            response = client.get("/broken")
            assert (response.status_code, "Leeds" in response.text) == (500, False)
            assert response.headers["x-frame-options"] == "DENY"
        assert client.post("/step", json=1).status_code == 200
    assert 'rflow_requests_total{route="broken",status="500"}' in METRICS.text(0, 0, 0).decode()


def answered(query: bytes, cookie: bytes) -> tuple[int, bytes]:
    """Answer a request that is longer than any that the server's protocol lets through."""
    app = Starlette(routes=ROUTES, middleware=middleware(Metrics()))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"cookie", cookie)]
    scope = {"type": "http", "method": "GET", "path": "/cookies", "query_string": query, "headers": headers}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], sent[1]["body"]


@pytest.mark.slow
@pytest.mark.parametrize("query", [b"password", b"password&", b"&=password", b"PASSWORD%"])
def test_a_long_query_is_read_in_a_time_that_grows_only_with_its_length(query: bytes) -> None:
    """One that grows with the square would end this test's process by the limit for every test."""
    assert answered(query * 500_000, b"") == (200, b'{"":""}')
    assert answered(query * 500_000 + b"&old-Password=1", b"")[0] == 400


@pytest.mark.parametrize("value", [b"\\1", b'\\"', b"\\141", b'"', b"a=;", b";"])
def test_a_long_cookie_is_read_in_a_time_that_grows_only_with_its_length(value: bytes) -> None:
    """Python's own way of reading cookies takes hours for some of these before 3.12.6 (CVE-2024-7592)."""
    status, body = answered(b"", b'rflow=abc; long="' + value * 500_000 + b'"; last="abc=="')
    read = json.loads(body)
    assert (status, read["rflow"], read["last"]) == (200, "abc", "abc==")
