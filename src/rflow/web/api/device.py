"""The endpoints by which a terminal is signed in from a browser (RFC 8628): forms in, JSON out, no token needed."""

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from rflow.core.accounts import DEVICE_INTERVAL, DEVICE_LIFE, LOGIN_LIFE
from rflow.errors import RflowError, UsageProblem
from rflow.ports import wire
from rflow.ports.team import NewToken
from rflow.service.team.team import Team
from rflow.web.api import problems
from rflow.web.work.client import client_address
from rflow.web.work.site import Site
from rflow.web.workers import WorkerPool

if TYPE_CHECKING:
    from rflow.web.api.operations import Operation

PAGE = "/device"
"""Where a person types the code that their terminal shows."""
_WHY = {
    "authorization_pending": "Nobody has approved it yet.",
    "slow_down": f"Ask again in {DEVICE_INTERVAL.seconds + 5} seconds, and each time five seconds later than before.",
    "access_denied": "It was denied.",
    "expired_token": "The code has expired.",
    "invalid_grant": "There is no such code, or it has been used.",
}
_SCOPES = "read write"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request of somebody who is not signed in yet: its form, the client's address, and the server's base URL."""

    team: Team
    form: Any
    address: str
    base: str


async def answer(workers: WorkerPool[Team], operation: "Operation", request: Request, site: Site) -> Response:
    """Read a form, and answer it from a worker thread."""
    form = _read(operation, await request.body())
    if isinstance(form, wire.GrantError):
        return _response(form)
    address = client_address(request, site)
    try:
        return await workers.run(partial(_carried_out, operation=operation, form=form, address=address, base=site.url))
    except RflowError as error:
        return problems.response(error)


def _carried_out(team: Team, *, operation: "Operation", form: object, address: str, base: str) -> Response:
    return _response(operation.call(Call(team=team, form=form, address=address, base=base)))


def _response(result: object) -> Response:
    status = 400 if isinstance(result, wire.GrantError) else 200
    return Response(msgspec.json.encode(result), status, media_type="application/json")


def _read(operation: "Operation", raw: bytes) -> Any:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=20)
        if len(dict(pairs)) == len(pairs):
            return msgspec.convert(dict(pairs), operation.body)
    except (ValueError, msgspec.ValidationError):
        pass
    return wire.GrantError(error="invalid_request", error_description="The form can't be read.")


def ask(call: Call) -> wire.DeviceCodes | wire.GrantError:
    """Give a terminal its codes."""
    form: wire.DeviceForm = call.form
    if not call.team.accounts_exist():
        return wire.GrantError(error="access_denied", error_description="Nobody has an account at this server.")
    scopes: Any = (form.scope or _SCOPES).split()
    try:
        asked = call.team.devices.ask(form.machine, tuple(scopes), call.address)
    except UsageProblem as problem:
        return wire.GrantError(error="invalid_scope", error_description=str(problem))
    page = call.base + PAGE
    return wire.DeviceCodes(
        device_code=asked.device_code,
        user_code=asked.user_code,
        verification_uri=page,
        verification_uri_complete=f"{page}?code={asked.user_code}",
        expires_in=int(DEVICE_LIFE.total_seconds()),
        interval=DEVICE_INTERVAL.seconds,
    )


def poll(call: Call) -> wire.DeviceToken | wire.GrantError:
    """Give a terminal its token, once its request was approved."""
    form: wire.DevicePoll = call.form
    if form.grant_type != wire.GRANT_TYPE:
        return wire.GrantError(error="unsupported_grant_type", error_description=f"It must be {wire.GRANT_TYPE}.")
    result = call.team.devices.poll(form.device_code)
    if not isinstance(result, NewToken):
        return wire.GrantError(error=result, error_description=_WHY[result])
    return wire.DeviceToken(
        access_token=result.secret,
        token_type="Bearer",  # noqa: S106 (no secret)
        expires_in=int(LOGIN_LIFE.total_seconds()),
        scope=" ".join(result.token.scopes),
    )
