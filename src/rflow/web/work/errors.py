"""Error pages: what happened, what to try, and the texts that were typed, so that none is lost."""

import logging
import re
import secrets

from starlette.exceptions import HTTPException

from rflow.errors import NotFound, RflowError, TooManyAttempts, UsageProblem
from rflow.ports.wire.errors import STATUS
from rflow.web.work.call import Call, HtmlPage
from rflow.web.work.texts import FIELD_LABELS, HEADINGS, HTTP_ERRORS, NOT_FOUND, PAGE_HINTS

_log = logging.getLogger("rflow")
_COMMAND = re.compile(r"\brflow |(?:^|[\s`])--[a-z]")
"""Matches a hint that is for a terminal: it has a command or an option."""


def status_of(error: RflowError | None) -> int:
    """Return the HTTP status of an error: 200 for None, 422 for mistakes in a form."""
    if error is None:
        return 200
    if isinstance(error, UsageProblem):
        return 422
    return next((status for kind, (status, _) in STATUS.items() if isinstance(error, kind)), 500)


def retry_headers(error: RflowError | None) -> dict[str, str]:
    """Return the header that says when to try again, for an error that has one."""
    return {"retry-after": str(error.retry_after)} if isinstance(error, TooManyAttempts) else {}


def on_page(error: RflowError) -> tuple[str, str]:
    """Return what happened and what to try, with a hint for the page in place of a command to type."""
    if not _COMMAND.search(error.try_):
        return error.what, error.try_
    kind = next((kind for kind in PAGE_HINTS if isinstance(error, kind)), None)
    return error.what, PAGE_HINTS[kind] if kind is not None else ""


def error_page(call: Call, error: RflowError) -> HtmlPage:
    """Return the page for an error of rflow. What does not exist and what the reader may not see look the same."""
    status = status_of(error)
    what, try_ = NOT_FOUND if isinstance(error, NotFound) and not call.form.texts else on_page(error)
    return _page(call, status, what, try_, retry_headers(error))


def http_error_page(call: Call, error: HTTPException) -> HtmlPage:
    """Return the page for an HTTP error: a request that is too large or too slow, or a wrong method."""
    what, try_ = HTTP_ERRORS.get(error.status_code, (error.detail.strip(), ""))
    return _page(call, error.status_code, what, try_, dict(error.headers or {}))


def unexpected_error_page(call: Call, error: Exception) -> HtmlPage:
    """Return the page for an unexpected error, which is logged under the number that the page shows."""
    number = secrets.token_hex(4)
    facts = {"number": number, "page": call.request.method}
    _log.error("a page failed", exc_info=error, extra={"facts": facts})
    return _page(call, 500, *HTTP_ERRORS[500], {}, number)


def _page(call: Call, status: int, what: str, try_: str, headers: dict[str, str], number: str = "") -> HtmlPage:
    labels = {name: FIELD_LABELS.get(name, name.replace("_", " ").capitalize()) for name in call.form.typed}
    values = {
        "status": status,
        "heading": HEADINGS.get(status, HEADINGS[500]),
        "what": what,
        "try_": try_,
        "lost": [(labels[name], text) for name, text in call.form.typed.items()],
        "number": number,
        "again": call.request.url,
    }
    return HtmlPage(template="error.html.j2", values=values, status=status, headers=headers)
