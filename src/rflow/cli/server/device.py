"""Signing this terminal in at a server with a code that the user types in a browser (RFC 8628)."""

import socket
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec

from rflow.cli.server import base_of
from rflow.delivery.http import Client, Failure
from rflow.delivery.url import HttpUrl
from rflow.errors import NotSignedIn, TooManyAttempts, Unreachable, UsageProblem
from rflow.ports.wire.device import GRANT_TYPE, DeviceCodes, DeviceToken, GrantError
from rflow.ports.wire.errors import Problem

_Answer = TypeVar("_Answer")
_TIMEOUT = 30.0
_SLOWER = 5
"""Seconds by which the polling interval grows after `slow_down` (RFC 8628 §3.5)."""


class _Reply(NamedTuple):
    status: int
    body: bytes


class Device:
    """The client of the device authorization flow."""

    def __init__(self, url: HttpUrl, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._url = url
        self._client = Client(url, timeout=_TIMEOUT)
        self._wait = wait

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.__exit__()

    def ask(self, scopes: str) -> DeviceCodes:
        """Request the codes: one to show, one to poll with."""
        scope = " ".join(scopes.casefold().replace(",", " ").split())
        form = {"client_id": "rflow", "scope": scope, "machine": _machine()[:200]}
        reply = self._post("authorization", form)
        if isinstance(reply, Failure):
            raise Unreachable(f"{self._url.host} {reply.what}.", try_=reply.try_ or "Check the address, and try again.")
        if reply.status in (404, 405):
            raise UsageProblem(
                f"{self._url.host} can't sign a terminal in from a browser.",
                try_=f"Is it the address of an rflow server? Else: … | rflow login {base_of(self._url)} --with-token",
            )
        if reply.status == 429:
            problem = self._read(reply, Problem)
            raise TooManyAttempts(problem.detail, try_=problem.try_)
        if reply.status == 400:
            refused = self._read(reply, GrantError)
            raise UsageProblem(refused.error_description or refused.error, try_="See what it takes: rflow login --help")
        return self._read(reply, DeviceCodes)

    def token(self, codes: DeviceCodes) -> DeviceToken:
        """Poll until the request is approved, no faster than the server allows; return the token."""
        interval, left = max(codes.interval, 1), float(codes.expires_in)
        form = {"client_id": "rflow", "grant_type": GRANT_TYPE, "device_code": codes.device_code}
        while left > 0:
            self._wait(interval)
            left -= interval
            reply = self._post("token", form)
            if isinstance(reply, Failure) or reply.status >= 500:
                interval += _SLOWER  # as after a time-out (RFC 8628 §3.5)
            elif reply.status == 200:
                return self._read(reply, DeviceToken)
            elif (error := self._read(reply, GrantError).error) == "slow_down":
                interval += _SLOWER
            elif error != "authorization_pending":
                raise self._refused(error)
        raise self._refused("expired_token")

    def _refused(self, error: str) -> NotSignedIn:
        again = f"Get a new code: rflow login {base_of(self._url)}"
        match error:
            case "access_denied":
                return NotSignedIn("It was denied in the browser.", try_=f"If that was a mistake: {again}")
            case "expired_token":
                return NotSignedIn("Nobody approved it in time; the code has expired.", try_=again)
            case _:
                return NotSignedIn("The server no longer knows this code.", try_=again)

    def _post(self, path: str, form: dict[str, str]) -> _Reply | Failure:
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        address = f"{self._url.path.rstrip('/')}/api/v1/device/{path}"
        outcome = self._client.request("POST", address, urlencode(form).encode(), headers)
        return outcome if isinstance(outcome, Failure) else _Reply(outcome.status, outcome.body)

    def _read(self, reply: _Reply, kind: type[_Answer]) -> _Answer:
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unreachable(
                f"{self._url.host} answered {reply.status}, with something that this rflow does not understand.",
                try_="Is it an rflow server? If so, upgrade the older of the two: the server, or rflow here.",
            ) from None


def _machine() -> str:
    """Return the host name, by which the person who approves recognises the machine."""
    try:
        return socket.gethostname()
    except OSError:
        return ""


def stdin_token(data: bytes) -> str:
    """Return the token from standard input; raise `UsageProblem` if it can't be one."""
    token = data.decode("utf-8", "replace").strip()
    if not token or len(token.split()) != 1 or not token.isascii():
        raise UsageProblem("There is no token on standard input.", try_="Pipe one in, on a line of its own.")
    return token
