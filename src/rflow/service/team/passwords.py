"""Passwords: hashed with Argon2id. The library comes with `rflow[server]` and is imported when it is first needed."""

from functools import cache
from typing import TYPE_CHECKING

from rflow.errors import UsageProblem

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY, ROUNDS, LANES = 19 * 1024, 2, 1
"""OWASP's parameters for Argon2id (19 MiB, 2 rounds, 1 lane): about 20 ms."""


@cache
def _hasher() -> "PasswordHasher":
    try:
        from argon2 import PasswordHasher
    except ImportError as missing:
        raise UsageProblem(
            "rflow was installed without what hashes passwords (argon2-cffi is missing).",
            try_='Install it: pip install "rflow[server]"',
        ) from missing
    return PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY, parallelism=LANES)


def hashed(password: str) -> str:
    """Return the hash of a password, with its salt and parameters."""
    return _hasher().hash(_normal(password))


def verifies(password: str, stored: str) -> bool:
    """Whether a password is the one that was hashed.

    Without a stored hash it takes as long, so that the time does not show which accounts there are.
    """
    hasher = _hasher()
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        hasher.verify(stored or _nobodys(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than those used now."""
    return _hasher().check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return hashed("nobody has this password")


def _normal(password: str) -> str:
    """Return a password as it is hashed: the same letters typed on another system are the same password."""
    from unicodedata import normalize

    return normalize("NFKC", password).encode("utf-8", "replace").decode()
