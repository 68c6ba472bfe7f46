"""Errors of the API: one shape for all, problem details as RFC 9457 describes them."""

from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rflow.errors import (
    BadInput,
    NotAllowed,
    NotDelivered,
    NotFound,
    NotSignedIn,
    RflowError,
    SessionMoved,
    StoreProblem,
    TooManyAttempts,
    UsageProblem,
)

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[RflowError], tuple[int, str]] = {
    UsageProblem: (400, "usage"),
    NotSignedIn: (401, "not-signed-in"),
    NotAllowed: (403, "not-allowed"),
    NotFound: (404, "not-found"),
    SessionMoved: (409, "moved"),
    BadInput: (422, "bad-input"),
    TooManyAttempts: (429, "too-many-attempts"),
    NotDelivered: (502, "not-delivered"),
    StoreProblem: (503, "store"),
}
"""The HTTP status and the type of each error."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong (`detail`), what to try, and the exit code of the command line for it.

    `version` is that of a session that somebody else has moved, `current` how it stands now; `problems` lists
    everything that is wrong with an input.
    """

    type: str
    title: str
    status: int
    detail: str
    exit_code: int
    try_: str = msgspec.field(name="try", default="")
    version: int = 0
    current: Any = None
    problems: tuple[str, ...] = ()


def problem(error: RflowError, current: bytes = b"") -> Problem:
    """Return an error as problem details; `current` is the head of the session that has moved, as JSON."""
    status, name = next((known for kind, known in STATUS.items() if isinstance(error, kind)), (500, "unexpected"))
    return Problem(
        type=f"urn:rflow:{name}",
        title=name.replace("-", " ").capitalize(),
        status=status,
        detail=error.what,
        exit_code=int(error.exit_code),
        try_=error.try_,
        version=getattr(error, "version", 0),
        current=msgspec.Raw(current) if current else None,
        problems=getattr(error, "problems", ()),
    )


def response(error: RflowError, current: bytes = b"") -> Response:
    """Return the response for an error."""
    details = problem(error, current)
    headers = {}
    if details.status == 401:
        headers["www-authenticate"] = 'Bearer realm="rflow"'
    if isinstance(error, TooManyAttempts):
        headers["retry-after"] = str(error.retry_after)
    return Response(msgspec.json.encode(details), details.status, headers, media_type=MEDIA_TYPE)


async def http_problem(_: Request, error: Exception) -> Response:
    """Answer what the server itself refuses (an unknown address, another method, a large body) in the same shape."""
    assert isinstance(error, HTTPException)
    name = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 408: "timeout"}.get(
        error.status_code, "http"
    )
    details = Problem(
        type=f"urn:rflow:{name}",
        title=name.replace("-", " ").capitalize(),
        status=error.status_code,
        detail=error.detail.strip(),
        exit_code=1,
    )
    return Response(msgspec.json.encode(details), error.status_code, dict(error.headers or {}), media_type=MEDIA_TYPE)
