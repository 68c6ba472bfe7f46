"""Operations for signing a terminal in (the device flow) and out."""

from functools import partial

from rflow.ports.wire.device import DeviceCodes, DeviceForm, DevicePoll, DeviceToken
from rflow.web.api import device
from rflow.web.api.operations.operation import Operation

_operation = partial(Operation, tag="Signing in")

OPERATIONS: tuple[Operation, ...] = (
    _operation(
        name="device_authorization",
        route="POST /device/authorization",
        summary="Request device codes; the person who types the user code signs the terminal in",
        handler=device.authorize,
        body=DeviceForm,
        result=DeviceCodes,
        device_flow=True,
    ),
    _operation(
        name="device_token",
        route="POST /device/token",
        summary="Poll for the token, which is returned once after approval",
        handler=device.poll,
        body=DevicePoll,
        result=DeviceToken,
        device_flow=True,
    ),
    _operation(
        name="end_token",
        route="DELETE /me/token",
        summary="Sign out: revoke the token of this request",
        handler=lambda c: c.team.sign_in.end_token(c.token),
        status=204,
    ),
)
