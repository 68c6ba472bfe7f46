"""Approving a terminal that wants to sign in: `rflow login` shows a code to type here."""

from collections.abc import Mapping

from rflow.core.actors import Scope
from rflow.errors import NotFound, RflowError, TooManyAttempts
from rflow.web.api.device import PAGE
from rflow.web.work import texts
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import retry_headers, status_of

SCOPES: Mapping[Scope, str] = {
    "read": "read",
    "write": "add notes, steps and evidence",
    "move": "move through the tree",
    "own": "hand over, take over, close",
    "share": "create links, and record what was sent where",
}
"""What each scope allows a terminal to do as its owner."""


def device(call: Call) -> Result:
    """Show the form for the code, or the terminal that has it."""
    code = call.query.get("code", "").strip()
    return (
        _device_page(call, code)
        if code
        else HtmlPage(template="device.html.j2", values={"device": None, "error": None, "code": ""})
    )


def _device_page(call: Call, code: str) -> HtmlPage:
    try:
        request = call.team.devices.asking(call.me, code)
    except (NotFound, TooManyAttempts) as error:
        return _error_page(code, error)
    values = {
        "device": request,
        "address": request.address,
        "may": [words for scope, words in SCOPES.items() if scope in request.scopes],
        "error": None,
        "me": call.me.person,
    }
    return HtmlPage(template="device.html.j2", values=values)


def _error_page(code: str, error: RflowError) -> HtmlPage:
    if isinstance(error, NotFound):
        error = NotFound(error.what, try_="Check the code, or get a new one in the terminal.")
    values = {"device": None, "error": error, "code": code}
    return HtmlPage(template="device.html.j2", values=values, status=status_of(error), headers=retry_headers(error))


def decide_device(call: Call) -> Result:
    """Approve or deny the request of a terminal."""
    code, approve = call.form.line("code"), call.form.text("do") == "approve"
    try:
        machine = call.team.devices.asking(call.me, code).machine
        call.team.devices.decide(call.me, code, approve=approve)
    except (NotFound, TooManyAttempts) as error:
        return _error_page(code, error)
    notice = texts.DEVICE_APPROVED if approve else texts.DEVICE_DENIED
    return Redirect(to="/", notice=notice.format(machine=machine))


PAGES = (Page(path=PAGE, get=device, post=decide_device),)
