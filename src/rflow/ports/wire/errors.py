"""Errors over HTTP: problem details as in RFC 9457, with a status and a type for each kind of error."""

from typing import Any

import msgspec

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
"""The HTTP status and the type (`urn:rflow:TYPE`) of each kind of error."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error: what happened (`detail`), what to try, and the exit code of the command line for it.

    If somebody else moved the session, `version` is its new version and `current` its head. `problems` lists everything
    that is wrong with an input.
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
