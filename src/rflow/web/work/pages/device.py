"""Approving a terminal that asks to be signed in: `rflow login` shows a code, which is typed here."""

from collections.abc import Mapping

from rflow.core.actors import Scope
from rflow.errors import NotFound, RflowError, TooManyAttempts
from rflow.web.api.device import PAGE
from rflow.web.work import texts
from rflow.web.work.call import Answer, Call, Page, Redirect, Shown
from rflow.web.work.errors import status_of

SCOPES: Mapping[Scope, str] = {
    "read": "read",
    "write": "add notes, steps and evidence",
    "move": "go on in the tree",
    "own": "hand over, take over, close",
    "share": "create links, and record what was sent where",
}
"""What a terminal may do as its owner, in words."""


def device(call: Call) -> Answer:
    """Ask for the code, or show which terminal has it."""
    code = call.query.get("code", "").strip()
    return (
        _shown(call, code)
        if code
        else Shown(template="device.html.j2", values={"device": None, "error": None, "code": ""})
    )


def _shown(call: Call, code: str) -> Shown:
    try:
        asking = call.team.devices.asking(call.me, code)
    except (NotFound, TooManyAttempts) as error:
        return _failed(code, error)
    values = {
        "device": asking,
        "address": asking.address,
        "may": [words for scope, words in SCOPES.items() if scope in asking.scopes],
        "error": None,
        "me": call.me.person,
    }
    return Shown(template="device.html.j2", values=values)


def _failed(code: str, error: RflowError) -> Shown:
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooManyAttempts) else {}
    if isinstance(error, NotFound):
        error = NotFound(error.what, try_="Check the code, or get a new one in the terminal.")
    values = {"device": None, "error": error, "code": code}
    return Shown(template="device.html.j2", values=values, status=status_of(error), headers=headers)


def decide_device(call: Call) -> Answer:
    """Approve or deny what a terminal asks."""
    code, approve = call.form.line("code"), call.form.text("do") == "approve"
    try:
        machine = call.team.devices.asking(call.me, code).machine
        call.team.devices.decide(call.me, code, approve=approve)
    except (NotFound, TooManyAttempts) as error:
        return _failed(code, error)
    said = texts.DEVICE_APPROVED if approve else texts.DEVICE_DENIED
    return Redirect(to="/", say=said.format(machine=machine))


PAGES = (Page(path=PAGE, get=device, post=decide_device),)
