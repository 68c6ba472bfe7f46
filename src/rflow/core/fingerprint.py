"""SHA-256 without OpenSSL where little is hashed: hashlib loads that first, which takes some 3 ms and 4 MB."""

from functools import cache
from importlib import import_module
from typing import Any

_LITTLE = 1 << 20
"""Bytes from which on OpenSSL, which hashes several times as fast, is worth its loading."""


@cache
def _sha256() -> Any:
    """Find CPython's own: `_sha2` since 3.12, `_sha256` before; elsewhere hashlib's."""
    for name in ("_sha2", "_sha256"):
        try:
            return import_module(name).sha256
        except ImportError:
            continue
    return import_module("hashlib").sha256


def fingerprint(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    if len(data) < _LITTLE:
        return str(_sha256()(data).hexdigest())
    from hashlib import sha256

    return sha256(data).hexdigest()
