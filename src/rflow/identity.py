"""Names for new things: session ids (UUIDv7) and the short codes that people see and type."""

import os
from collections.abc import Iterator
from datetime import datetime

from rflow.core.fingerprint import fingerprint

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a code can be read aloud on the telephone."""


def new_id(at: datetime) -> str:
    """Return a new UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then 74 random bits."""
    return _text(int(at.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10)), version=7)


def id_of(name: str) -> str:
    """Return the UUIDv8 (RFC 9562 §5.8) for a name, always the same."""
    value = int(fingerprint(name.encode("utf-8", "replace"))[:32], 16)
    return _text(value, version=8)


def _text(value: int, version: int) -> str:
    """Return 128 bits as the text of a UUID of that version (RFC 9562)."""
    value = value & ~(0xF << 76) | version << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def new_share_id() -> str:
    """Return a new short id for a link (35 bits), to list and revoke it, not to open it."""
    return "".join(ALPHABET[byte & 31] for byte in os.urandom(7))


def new_codes() -> Iterator[str]:
    """Yield random codes such as "K7QM-2F" (30 bits), so that callers can take the first that is free."""
    while True:
        letters = "".join(ALPHABET[byte & 31] for byte in os.urandom(6))
        yield f"{letters[:4]}-{letters[4:]}"
