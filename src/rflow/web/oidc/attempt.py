"""One attempt to sign in: all its secrets derive from a random number that only the browser keeps, in a cookie.

So it can be finished at any process of a server, and nobody else can finish it: who lacks the cookie knows neither
`state` nor the verifier of PKCE.
"""

import base64
import binascii
import secrets
from hashlib import sha256

import msgspec

from rflow.web.work.site import local_path

LIFE = 600
"""Seconds in which an attempt must be finished."""
_BYTES = 32


class Attempt(msgspec.Struct, frozen=True):
    """A random number, and the address to continue at afterwards."""

    seed: bytes
    wanted: str = "/"

    @property
    def state(self) -> str:
        """What the provider sends back: it shows that this browser began."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the ID token must hold: it shows that the token was made for this attempt."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """The PKCE verifier for fetching the tokens: without it, a leaked code is useless."""
        return self._derived("verifier")

    def _derived(self, name: str) -> str:
        return base64.urlsafe_b64encode(sha256(name.encode() + b" " + self.seed).digest()).rstrip(b"=").decode()

    @property
    def cookie(self) -> str:
        """The attempt as the value of a cookie."""
        return base64.urlsafe_b64encode(self.seed + self.wanted.encode()).decode()


def new_attempt(wanted: str) -> Attempt:
    """Begin an attempt to sign in that continues at one of our addresses."""
    local = local_path(wanted)
    return Attempt(secrets.token_bytes(_BYTES), local if len(local) < 1000 else "/")


def attempt_in(cookie: str) -> Attempt | None:
    """Return the attempt that a cookie holds."""
    try:
        data = base64.b64decode(cookie.encode(), altchars=b"-_", validate=True)
        return Attempt(data[:_BYTES], local_path(data[_BYTES:].decode())) if len(data) > _BYTES else None
    except (binascii.Error, UnicodeError, ValueError):
        return None
