"""The endpoints by which a terminal is signed in from a browser (RFC 8628): forms in, JSON out, no token needed."""

from typing import TYPE_CHECKING, Any

from rflow.core.accounts import DEVICE_INTERVAL, DEVICE_LIFE, LOGIN_LIFE
from rflow.errors import RflowError, UsageProblem
from rflow.ports import wire
from rflow.ports.team import NewToken

if TYPE_CHECKING:
    from rflow.web.api.operations import Call

PAGE = "/device"
"""Where a person types the code that their terminal shows."""
_WHY = {
    "authorization_pending": "Nobody has approved it yet.",
    "slow_down": f"Ask again in {DEVICE_INTERVAL.seconds + 5} seconds, and each time five seconds later than before.",
    "access_denied": "It was denied.",
    "expired_token": "The code has expired.",
    "invalid_grant": "There is no such code, or it has been used.",
}


def ask(call: "Call") -> wire.DeviceCodes | wire.GrantError:
    """Give a terminal its codes."""
    form: wire.DeviceForm = call.body
    scopes: Any = form.scope.split() or ["read", "write"]
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


def poll(call: "Call") -> wire.DeviceToken | wire.GrantError:
    """Give a terminal its token, once its request was approved."""
    form: wire.DevicePoll = call.body
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


def invalid(error: RflowError) -> wire.GrantError:
    """Return the error for a form that can't be read."""
    return wire.GrantError(error="invalid_request", error_description=error.what)
