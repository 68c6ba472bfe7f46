"""One try at posting, without redirects, and without exceptions for what a network does.

Those come back as `Broken`: an exception from down here would carry the URL along in its frames and its chain.
"""

import contextlib
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse

from rflow.delivery.webhooks.connecting import connected
from rflow.delivery.webhooks.outcomes import Answer, Broken
from rflow.delivery.webhooks.targets import Address
from rflow.delivery.webhooks.wire import Deadline, Wire

ANSWER_LIMIT = 64 * 1024
"""Bytes of an answer's body that are read; the rest is left."""


def send(address: Address, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer | Broken:
    """Try once. Connecting gets `timeout` seconds in all, sending and reading together as much again."""
    sock = connected(address, timeout)
    if isinstance(sock, Broken):
        return sock
    with contextlib.closing(sock):
        return _exchanged(Wire(sock, Deadline(timeout)), address, body, headers, timeout)


def _exchanged(
    wire: Wire, address: Address, body: bytes, headers: Mapping[str, str], timeout: float
) -> Answer | Broken:
    connection = wire.connection(address.host, address.port)
    whole = True
    try:
        connection.request("POST", address.path, body, {"Host": address.shown, "Connection": "close", **headers})
    except TimeoutError:
        return Broken(what=f"had not read the message within {timeout:g} s")
    except OSError:
        whole = False  # it may have answered before it had read everything, as with 413
    try:
        return _answer(connection.getresponse())
    except (OSError, HTTPException) as error:
        if whole:
            return Broken(what=_unanswered(error, timeout), sent=True)
        return Broken(what="broke the connection off before it had read the message", again=True)


def _answer(response: HTTPResponse) -> Answer:
    return Answer(
        status=response.status,
        retry_after=response.getheader("Retry-After", ""),
        date=response.getheader("Date", ""),
        location=response.getheader("Location", ""),
        body=_read(response),
    )


def _read(response: HTTPResponse) -> bytes:
    """Read the body as far as it comes: the status has already told what happened."""
    body = bytearray()
    with contextlib.suppress(OSError, HTTPException):
        while len(body) < ANSWER_LIMIT and (piece := response.read1(ANSWER_LIMIT - len(body))):
            body += piece
    return bytes(body)


def _unanswered(error: Exception, timeout: float) -> str:
    match error:
        case TimeoutError():
            return f"did not answer within {timeout:g} s"
        case OSError():
            return "broke the connection off without an answer"
        case _:
            return "answered with something that is not HTTP"
