"""The OAuth device flow (RFC 8628), by which a terminal gets a token from a browser that is signed in.

Unlike everywhere else in the API, unknown parameters are ignored, as the RFC requires (section 3.1).
"""

from typing import Annotated

import msgspec

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"


class DeviceForm(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal's request to be signed in: the scopes it wants, separated by spaces, and its machine's name."""

    client_id: Annotated[str, msgspec.Meta(max_length=200)] = ""
    scope: Annotated[str, msgspec.Meta(pattern="^[a-z ]{0,100}$")] = ""
    machine: Annotated[str, msgspec.Meta(max_length=300)] = ""


class DeviceCodes(msgspec.Struct, frozen=True, kw_only=True):
    """The code to poll with, and the code to type at `verification_uri`; `expires_in` and `interval` in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class DevicePoll(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal polls for its token; `grant_type` must be `GRANT_TYPE`."""

    grant_type: str
    device_code: Annotated[str, msgspec.Meta(max_length=200)]
    client_id: Annotated[str, msgspec.Meta(max_length=200)] = ""


class DeviceToken(msgspec.Struct, frozen=True, kw_only=True):
    """The API token of a terminal whose request was approved, shown only here; `expires_in` in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class GrantError(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no token (yet): `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, …"""

    error: str
    error_description: str = ""
