"""Names for new things: session ids (UUIDv7) and the short codes that people see and type."""

import os
from collections.abc import Iterator
from datetime import datetime

from rflow.core.fingerprint import fingerprint

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a code can be read out over the telephone."""


def new_id(at: datetime) -> str:
    """Make a UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then 74 random bits."""
    return _text(int(at.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10)), version=7)


def id_of(name: str) -> str:
    """Make the UUIDv8 (RFC 9562 §5.8) that belongs to a name: always the same one."""
    value = int(fingerprint(name.encode("utf-8", "replace"))[:32], 16)
    return _text(value, version=8)


def _text(value: int, version: int) -> str:
    """Write 128 bits as a UUID of that version, RFC 9562's variant."""
    value = value & ~(0xF << 76) | version << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def new_share_id() -> str:
    """Return a short name for a link (35 bits): to list and revoke it by, not to open it."""
    return "".join(ALPHABET[byte & 31] for byte in os.urandom(7))


def new_codes() -> Iterator[str]:
    """Return random codes such as "K7QM-2F" (30 bits) for as long as they turn out to be taken."""
    while True:
        letters = "".join(ALPHABET[byte & 31] for byte in os.urandom(6))
        yield f"{letters[:4]}-{letters[4:]}"
