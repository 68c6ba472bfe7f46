"""The kinds of secrets, as people read them, and how to count them in words."""

from collections.abc import Mapping
from typing import Literal

Kind = Literal[
    "password",
    "password hash",
    "token",
    "key",
    "AWS key",
    "private key",
    "authorization header",
    "cookie",
    "webhook address",
    "URL signature",
    "SNMP community",
    "one-time code",
    "card number",
    "value of your own patterns",
]

_PLURALS = {
    "password hash": "password hashes",
    "SNMP community": "SNMP communities",
    "webhook address": "webhook addresses",
    "value of your own patterns": "values of your own patterns",
}


def in_words(kinds: Mapping[str, int]) -> str:
    """Return the counts for people, the most frequent kind first: "2 passwords, 1 AWS key"."""
    ranked = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {kind if count == 1 else _PLURALS.get(kind, f'{kind}s')}" for kind, count in ranked)
