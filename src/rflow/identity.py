"""Names for new things: session ids (UUIDv7) and the short codes that people see and type."""

import os
import re
from collections.abc import Iterator
from datetime import datetime

from rflow.core.fingerprint import fingerprint

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a code can be read aloud on the telephone."""


def is_id(text: str) -> bool:
    """Whether a text is a session's id: some stores name files after it, so only a UUID is allowed."""
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None


def is_code(text: str) -> bool:
    """Whether a text is a short code such as "K7QM-2F"."""
    return re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{2}}", text) is not None


def new_id(at: datetime) -> str:
    """Return a new UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then 74 random bits."""
    return _text(int(at.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10)), version=7)


def id_of(name: str) -> str:
    """Return the UUIDv8 (RFC 9562 §5.8) of a name, which is always the same."""
    value = int(fingerprint(name.encode("utf-8", "replace"))[:32], 16)
    return _text(value, version=8)


def _text(value: int, version: int) -> str:
    """Format 128 bits as a UUID of that version, with the variant of RFC 9562."""
    value = value & ~(0xF << 76) | version << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def share_id(random: bytes) -> str:
    """Return a short id for a link from 7 random bytes, for listing and revoking it; it does not open the link."""
    return "".join(ALPHABET[byte & 31] for byte in random)


def new_codes() -> Iterator[str]:
    """Yield random codes such as "K7QM-2F" (30 bits), as long as the caller finds them taken."""
    while True:
        letters = "".join(ALPHABET[byte & 31] for byte in os.urandom(6))
        yield f"{letters[:4]}-{letters[4:]}"
