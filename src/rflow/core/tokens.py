"""Tokens: random secrets with a prefix for their purpose, and a checksum that detects typos."""

import re
from functools import cache
from typing import Literal
from zlib import crc32

from rflow.core.fingerprint import fingerprint

TokenKind = Literal["link", "token", "session", "invitation", "reset", "opened", "device"]
PREFIXES: dict[TokenKind, str] = {
    "link": "rfs_",
    "token": "rft_",
    "session": "rfw_",
    "invitation": "rfi_",
    "reset": "rfr_",
    "opened": "rfo_",
    "device": "rfd_",
}
"""The prefixes by which secret scanners and rflow's own redaction recognise tokens."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET, _CHECK = 33, 6
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""The letters that RFC 8628 suggests for typed codes: no vowels, so no words, and no similar-looking letters."""


def token_of(random: bytes, kind: TokenKind = "link") -> str:
    """Return a token made of 32 random bytes: 33 digits in base 62 (196 bits), and six that detect typos."""
    secret = _base62(int.from_bytes(random) % 62**_SECRET, _SECRET)
    return PREFIXES[kind] + secret + _checksum(secret)


def is_token(text: str, kind: TokenKind = "link") -> bool:
    """Whether a text can be a token of this kind, and is worth looking up in a store."""
    if not _pattern(kind).fullmatch(text):
        return False
    secret = text[len(PREFIXES[kind]) : -_CHECK]
    return text[-_CHECK:] == _checksum(secret)


def user_code(random: bytes) -> str:
    """Return a code for people to type, from 16 random bytes: 8 letters (34 bits), such as "WDJB-MJHT"."""
    value, letters = int.from_bytes(random[:16]), ""
    for _ in range(8):
        value, letter = divmod(value, len(_LETTERS))
        letters += _LETTERS[letter]
    return f"{letters[:4]}-{letters[4:]}"


def read_user_code(typed: str) -> str:
    """Return a typed code in its normal form, ignoring case and dashes; "" if it is not a valid code."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    return f"{letters[:4]}-{letters[4:]}" if re.fullmatch(f"[{_LETTERS}]{{8}}", letters) else ""


def token_hash(token: str) -> str:
    """Return the hash that a store keeps of a token: with so many random bits, SHA-256 can't be reversed."""
    return fingerprint(token.encode("utf-8", "replace"))


@cache
def _pattern(kind: TokenKind) -> re.Pattern[str]:
    return re.compile(f"{PREFIXES[kind]}[0-9A-Za-z]{{{_SECRET + _CHECK}}}")


def _checksum(secret: str) -> str:
    return _base62(crc32(secret.encode()), _CHECK)


def _base62(value: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        value, digit = divmod(value, 62)
        digits = _DIGITS[digit] + digits
    return digits
