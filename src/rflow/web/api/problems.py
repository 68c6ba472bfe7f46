"""Errors of the API as problem details (RFC 9457)."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rflow.errors import RflowError, TooManyAttempts
from rflow.ports.wire.errors import MEDIA_TYPE, STATUS, Problem

_TYPES = {404: "not-found", 405: "method-not-allowed", 408: "timeout", 413: "too-large", 500: "unexpected"}
"""The types of errors that are not `RflowError`s, by status."""


def problem(error: RflowError, current: bytes = b"") -> Problem:
    """Convert an error; `current` is the head of the session that has moved, as JSON."""
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
    """Handle an HTTP error, such as an unknown path, a wrong method or a body that is too large."""
    assert isinstance(error, HTTPException)
    name = _TYPES.get(error.status_code, "http")
    details = Problem(
        type=f"urn:rflow:{name}",
        title=name.replace("-", " ").capitalize(),
        status=error.status_code,
        detail=error.detail.strip(),
        exit_code=1,
    )
    return Response(msgspec.json.encode(details), error.status_code, dict(error.headers or {}), media_type=MEDIA_TYPE)
