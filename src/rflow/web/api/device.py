"""The OAuth device flow (RFC 8628), which signs a terminal in from a browser: forms in, JSON out, no token needed."""

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from rflow.core.accounts import DEVICE_INTERVAL, DEVICE_LIFE, LOGIN_LIFE
from rflow.errors import RflowError, UsageProblem
from rflow.ports.team import NewToken
from rflow.ports.wire.device import GRANT_TYPE, DeviceCodes, DeviceForm, DevicePoll, DeviceToken, GrantError
from rflow.service.team.team import Team
from rflow.web.api import problems
from rflow.web.work.client import client_address
from rflow.web.work.site import Site
from rflow.web.workers import WorkerPool

if TYPE_CHECKING:
    from rflow.web.api.operations.operation import Operation

PAGE = "/device"
"""The page on which a person types the code that their terminal shows."""
_DESCRIPTIONS = {
    "authorization_pending": "Nobody has approved it yet.",
    "slow_down": f"Poll every {DEVICE_INTERVAL.seconds + 5} seconds; each slow_down adds five seconds.",
    "access_denied": "It was denied.",
    "expired_token": "The code has expired.",
    "invalid_grant": "There is no such code, or it has been used.",
}
_DEFAULT_SCOPES = "read write"


class DeviceCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of the device flow: its form, the client's IP address, and the server's base URL."""

    team: Team
    form: Any
    address: str
    base: str


async def handle(workers: WorkerPool[Team], operation: "Operation", request: Request, site: Site) -> Response:
    """Parse the form of a request and run its operation in a worker thread."""
    form = _parse(operation, await request.body())
    if isinstance(form, GrantError):
        return _response(form)
    address = client_address(request, site)
    try:
        return await workers.run(partial(_run, operation=operation, form=form, address=address, base=site.url))
    except RflowError as error:
        return problems.response(error)


def _run(team: Team, *, operation: "Operation", form: object, address: str, base: str) -> Response:
    return _response(operation.handler(DeviceCall(team=team, form=form, address=address, base=base)))


def _response(result: object) -> Response:
    status = 400 if isinstance(result, GrantError) else 200
    return Response(msgspec.json.encode(result), status, media_type="application/json")


def _parse(operation: "Operation", raw: bytes) -> Any:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=20)
        if len(dict(pairs)) == len(pairs):
            return msgspec.convert(dict(pairs), operation.body)
    except (ValueError, msgspec.ValidationError):
        pass
    return GrantError(error="invalid_request", error_description="The form can't be read.")


def authorize(call: DeviceCall) -> DeviceCodes | GrantError:
    """Issue the codes for a terminal."""
    form: DeviceForm = call.form
    if not call.team.accounts_exist():
        return GrantError(error="access_denied", error_description="Nobody has an account at this server.")
    scopes: Any = (form.scope or _DEFAULT_SCOPES).split()
    try:
        codes = call.team.devices.ask(form.machine, tuple(scopes), call.address)
    except UsageProblem as problem:
        return GrantError(error="invalid_scope", error_description=str(problem))
    page = call.base + PAGE
    return DeviceCodes(
        device_code=codes.device_code,
        user_code=codes.user_code,
        verification_uri=page,
        verification_uri_complete=f"{page}?code={codes.user_code}",
        expires_in=int(DEVICE_LIFE.total_seconds()),
        interval=DEVICE_INTERVAL.seconds,
    )


def poll(call: DeviceCall) -> DeviceToken | GrantError:
    """Return the token of a terminal whose request was approved, or why there is none yet."""
    form: DevicePoll = call.form
    if form.grant_type != GRANT_TYPE:
        return GrantError(error="unsupported_grant_type", error_description=f"It must be {GRANT_TYPE}.")
    result = call.team.devices.poll(form.device_code)
    if not isinstance(result, NewToken):
        return GrantError(error=result, error_description=_DESCRIPTIONS[result])
    return DeviceToken(
        access_token=result.secret,
        token_type="Bearer",  # noqa: S106 (no secret)
        expires_in=int(LOGIN_LIFE.total_seconds()),
        scope=" ".join(result.token.scopes),
    )
