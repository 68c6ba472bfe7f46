"""SHA-256, without OpenSSL for small data: importing hashlib loads OpenSSL, which takes about 3 ms and 4 MB."""

from functools import cache
from importlib import import_module
from typing import Any

_SMALL = 1 << 20
"""Below this size in bytes, loading OpenSSL takes longer than its faster hashing saves."""


@cache
def _sha256() -> Any:
    """Return CPython's own SHA-256 (`_sha2` since 3.12, `_sha256` before), elsewhere hashlib's."""
    for name in ("_sha2", "_sha256"):
        try:
            return import_module(name).sha256
        except ImportError:
            continue
    return import_module("hashlib").sha256


def fingerprint(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    if len(data) < _SMALL:
        return str(_sha256()(data).hexdigest())
    from hashlib import sha256

    return sha256(data).hexdigest()
