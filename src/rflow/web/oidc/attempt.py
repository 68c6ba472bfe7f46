"""An attempt to sign in. All its secrets derive from a random seed that only the browser has, in a cookie.

So any process of the server can finish it, and nobody without the cookie can: they know neither `state` nor the PKCE
verifier.
"""

import base64
import binascii
import secrets
from hashlib import sha256

import msgspec

from rflow.web.work.site import local_path

LIFE = 600
"""Seconds within which an attempt must be finished."""
_SEED_SIZE = 32


class Attempt(msgspec.Struct, frozen=True):
    """A random seed, and the path to continue at afterwards."""

    seed: bytes
    target: str = "/"

    @property
    def state(self) -> str:
        """Returned by the provider, to prove that this browser started the attempt."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """Contained in the ID token, to prove that it was issued for this attempt."""
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
        return base64.urlsafe_b64encode(self.seed + self.target.encode()).decode()


def new_attempt(target: str) -> Attempt:
    """Start an attempt to sign in; `target` is the path to continue at, "/" if it is not one of this server."""
    local = local_path(target)
    return Attempt(secrets.token_bytes(_SEED_SIZE), local if len(local) < 1000 else "/")


def parse_attempt(cookie: str) -> Attempt | None:
    """Return the attempt in a cookie; None if it is not valid."""
    try:
        data = base64.b64decode(cookie.encode(), altchars=b"-_", validate=True)
        return Attempt(data[:_SEED_SIZE], local_path(data[_SEED_SIZE:].decode())) if len(data) > _SEED_SIZE else None
    except (binascii.Error, UnicodeError, ValueError):
        return None
