"""Errors as pages: what happened, what to try, and everything that was typed, so that none of it is lost."""

import logging
import re
import secrets

from starlette.exceptions import HTTPException

from rflow.errors import NotFound, RflowError, TooManyAttempts, UsageProblem
from rflow.ports.wire.errors import STATUS
from rflow.web.work.call import Call, Shown
from rflow.web.work.texts import ERRORS, FIELDS, NOT_FOUND, ON_PAGE, REFUSED

_log = logging.getLogger("rflow")
_TO_TYPE = re.compile(r"\brflow |(?:^|[\s`])--[a-z]")
"""What a hint has that is for a terminal: a command, or an option."""


def status_of(error: RflowError) -> int:
    """Return the HTTP status of an error; what is wrong with a form is 422."""
    if isinstance(error, UsageProblem):
        return 422
    return next((status for kind, (status, _) in STATUS.items() if isinstance(error, kind)), 500)


def on_page(error: RflowError) -> tuple[str, str]:
    """Return what happened and what to try, for a page: what to type in a terminal is no use there."""
    if not _TO_TYPE.search(error.try_):
        return error.what, error.try_
    kind = next((kind for kind in ON_PAGE if isinstance(error, kind)), None)
    return error.what, ON_PAGE[kind] if kind is not None else ""


def failed(call: Call, error: RflowError) -> Shown:
    """Return the page for an error of rflow. All that one may not see, or that is not there, looks the same."""
    status = status_of(error)
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooManyAttempts) else {}
    what, try_ = NOT_FOUND if isinstance(error, NotFound) and not call.form.texts else on_page(error)
    return _page(call, status, what, try_, headers)


def refused(call: Call, error: HTTPException) -> Shown:
    """Return the page for a request that the server itself refuses: too large, too slow, another method."""
    what, try_ = REFUSED.get(error.status_code, (error.detail.strip(), ""))
    return _page(call, error.status_code, what, try_, dict(error.headers or {}))


def broken(call: Call, error: Exception) -> Shown:
    """Return the page for an unexpected error; the log has the whole of it under the number that the page shows."""
    number = secrets.token_hex(4)
    facts = {"number": number, "page": call.asked.method}
    _log.error("a page failed", exc_info=error, extra={"facts": facts})
    return _page(call, 500, *REFUSED[500], {}, number)


def _page(call: Call, status: int, what: str, try_: str, headers: dict[str, str], number: str = "") -> Shown:
    typed = [(FIELDS.get(name, name.replace("_", " ").capitalize()), text) for name, text in call.form.typed.items()]
    values = {
        "status": status,
        "heading": ERRORS.get(status, ERRORS[500]),
        "what": what,
        "try_": try_,
        "lost": typed,
        "number": number,
        "again": call.asked.address,
    }
    return Shown(template="error.html.j2", values=values, status=status, headers=headers)
