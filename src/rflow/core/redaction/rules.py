"""The rules: which finder is worth its time on a text, by the words that the text must hold.

A finder is imported, and its patterns are compiled, when the first text needs it: most sessions need two or three.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rflow.core.redaction import tokens
from rflow.core.redaction.spans import Finder, Span


class Rule(NamedTuple):
    """A finder, and what a text must hold, in small letters, for it to find anything: a word, and a sign if any."""

    find: Finder
    words: tuple[str, ...]
    signs: tuple[str, ...] = ()


def _keys(text: str) -> Iterator[Span]:
    from rflow.core.redaction import keys

    return keys.find(text)


def _addresses(text: str) -> Iterator[Span]:
    from rflow.core.redaction import web

    return web.find_addresses(text)


def _headers(text: str) -> Iterator[Span]:
    from rflow.core.redaction import web

    return web.find_headers(text)


def _named(text: str) -> Iterator[Span]:
    from rflow.core.redaction import named

    return named.find(text)


def _tables(text: str) -> Iterator[Span]:
    from rflow.core.redaction import tables

    return tables.find(text)


def _commands(text: str) -> Iterator[Span]:
    from rflow.core.redaction import commands

    return commands.find(text)


def _devices(text: str) -> Iterator[Span]:
    from rflow.core.redaction import devices

    return devices.find(text)


def _accounts(text: str) -> Iterator[Span]:
    from rflow.core.redaction import accounts

    return accounts.find(text)


def _pgpass(text: str) -> Iterator[Span]:
    from rflow.core.redaction import accounts

    return accounts.find_pgpass(text)


def _manifests(text: str) -> Iterator[Span]:
    from rflow.core.redaction import manifests

    return manifests.find(text)


def _speech(text: str) -> Iterator[Span]:
    from rflow.core.redaction import speech

    return speech.find(text)


_NAMES = (
    *("pass", "pwd", "pw", "psk", "mdp", "secret", "token", "jwt", "key", "cred", "auth", "wort", "contrase", "clave"),
    *("senha", "mot de", "wachtwoord", "senord", "adgangskode", "salasana", "hasło", "heslo", "jelsz", "ifre"),
    *("parol", "κωδ", "парол", "密码", "密碼", "パスワード", "비밀번호", "סיסמה", "كلمة", "schlüssel"),
)
RULES = (
    Rule(_keys, ("private key", "static key", "private-lines")),
    Rule(_addresses, ("://", "@tcp(", "@unix(", "?code=", "?key=", "&code=", "&key=", "sig=", "jsessionid")),
    Rule(_headers, ("authorization", "bearer", "cookie")),
    Rule(_named, _NAMES),
    Rule(_tables, _NAMES, ("\n",)),
    Rule(_commands, (" -", " /", "login", "auth", "set ", "user", "echo", "sqlplus", "rman", "wpa_", "securestring", "credential(")),
    Rule(_devices, ("key", "secret", "passw", "community", "com2sec", "createuser", "identified", "snmp", "auth", "psk")),
    Rule(_accounts, ("$", "{ssha", "{sha", ":::", "ntlm", "machine", "default")),
    Rule(_pgpass, (":",)),
    Rule(_manifests, ("secret", "key-data", "tls.key", "ca.key", "docker", '"auth"', "_auth", "identitytoken")),
    Rule(_speech, ("log", "sign", "cred", "account", "user", "code", "pin", "otp", "tan", "card", "zugang")),
)
_WORDS = tuple(dict.fromkeys(word for rule in RULES for word in (*rule.words, *rule.signs)))
_WORDS_ASCII = tuple(word for word in _WORDS if word.isascii())


def find(text: str) -> Iterator[Span]:
    """Find every secret in the text; the same may be found more than once."""
    yield from tokens.find(text)
    for rule in _worth(text.lower()):
        yield from rule.find(text)


@lru_cache(maxsize=4096)
def _worth(lowered: str) -> tuple[Rule, ...]:
    """Return the rules that can find something; names, questions and labels come again and again."""
    words = {word for word in (_WORDS_ASCII if lowered.isascii() else _WORDS) if word in lowered}
    return tuple(
        rule for rule in RULES if not words.isdisjoint(rule.words) and (not rule.signs or not words.isdisjoint(rule.signs))
    )
