"""The rules that select which finders to run on a text, by the words that it must contain.

A finder is imported, and its patterns are compiled, on first use: most sessions need two or three finders.
"""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from rflow.core.redaction.finders import tokens
from rflow.core.redaction.spans import Finder, Span, lowered


class Rule(msgspec.Struct, frozen=True):
    """A finder, and what a lowercase text must contain for it to find anything: a word, and a sign if there are any."""

    find: Finder
    words: frozenset[str]
    signs: frozenset[str] = frozenset()


def _keys(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import keys

    return keys.find(text)


def _addresses(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import web

    return web.find_addresses(text)


def _headers(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import web

    return web.find_headers(text)


def _named(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import named

    return named.find(text)


def _tables(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import tables

    return tables.find(text)


def _inserts(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import tables

    return tables.find_inserts(text)


def _commands(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import commands

    return commands.find(text)


def _devices(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import devices

    return devices.find(text)


def _accounts(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import accounts

    return accounts.find(text)


def _pgpass(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import accounts

    return accounts.find_pgpass(text)


def _manifests(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import manifests

    return manifests.find(text)


def _sign_in(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import sign_in

    return sign_in.find(text)


def _pairs(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import prose

    return prose.find_pairs(text)


def _codes(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import prose

    return prose.find_codes(text)


def _cards(text: str) -> Iterator[Span]:
    from rflow.core.redaction.finders import prose

    return prose.find_cards(text)


def _any(words: str) -> frozenset[str]:
    return frozenset(words.split("|"))


_NAMES = _any(
    "pass|pwd|pw|psk|mdp|secret|token|jwt|key|sessionid|sessid|cred|auth|wort|contrase|clave|senha|mot de|wachtwoord"
    "|senord|adgangskode|salasana|hasło|heslo|jelsz|ifre|parol|κωδ|парол|密码|密碼|パスワード|비밀번호|סיסמה|كلمة|schlüssel"
)
# Every word costs time on every text, so rules share words: a general word with signs is faster than many rare words.
RULES = (
    Rule(_keys, _any('private key|static key|private-lines|"kty"')),
    Rule(_addresses, _any("://"), _any("@|hook|logic.azure|powerplatform|chat.google|/key/")),
    Rule(
        _addresses,
        _any("@tcp(|@unix(|?code=|?key=|&code=|&key=|samlresponse=|sig=|signature=|jsessionid|oracle:"),
    ),
    Rule(_headers, _any("authorization|bearer|cookie")),
    Rule(_named, _NAMES),
    Rule(_tables, _NAMES, _any("\n")),
    Rule(_inserts, _any("insert into")),
    Rule(
        _commands,
        _any(
            ' -| /|login|auth | set | use | user |_user | put |sqlplus |pdp |radtest |cloudflared |"-|_password |nmcli '
            "|rman |wpa_"
        ),
    ),
    Rule(
        _sign_in,
        _any("echo |printf |pass|secret|cred|auth|login|connect(|connection(|334 ugfz|securestring|assword|<<<"),
    ),
    Rule(
        _devices,
        _any(
            "key|secret|pass|auth|psk|priv|login|communit|com2sec|createuser|identified|$9$|$8$|snmp|tacacs|tacplus|radius"
            "|aaa-server|ppp |standby|vrrp|glbp|neighbor|username|hmac-|sql>|: eap|nickserv| on >| on #| +@|~*|setuser"
        ),
    ),
    Rule(_devices, _any("user "), _any(" >")),
    Rule(_accounts, _any('$|{|:::|ntlm|machine|default|]:|"md5|auth|pass')),
    Rule(_pgpass, _any(":")),
    Rule(_manifests, _any('secret|key-data|tls.key|ca.key|docker|"auth"|_auth|identitytoken')),
    Rule(_pairs, _any(" / |cred|zugang")),
    Rule(_pairs, _any("login|log in|logged in|sign in|signed in|basic auth|anmeldung"), _any(":")),
    Rule(
        _codes,
        _any("otp|one-time|one time|ion code|ity code|fa code|sms code|ery code|up code|passcode|ess code|pin|tan"),
    ),
    Rule(_cards, _any("card|karte|visa|amex|iban|payment|refund|charge|declin")),
)
_WORDS = sorted({word for rule in RULES for word in (*rule.words, *rule.signs)})
_WORDS_ASCII = [word for word in _WORDS if word.isascii()]


def find(text: str) -> Iterator[Span]:
    """Find every secret in a text; the same one may be found more than once."""
    yield from tokens.find(text)
    for rule in rules_for(lowered(text)):
        yield from rule.find(text)


@lru_cache(maxsize=2)
def words_in(low: str) -> frozenset[str]:
    """Return the words of the rules that a lowercase text contains."""
    return frozenset(word for word in (_WORDS_ASCII if low.isascii() else _WORDS) if word in low)


def parts_of(sign: str) -> frozenset[str]:
    """Return the words of the rules that a longer sign contains: a text without them doesn't contain the sign."""
    return frozenset(word for word in _WORDS if word in sign)


@lru_cache(maxsize=4096)
def rules_for(low: str) -> tuple[Rule, ...]:
    """Return the rules that can find something in a lowercase text; cached, because names and labels occur often."""
    return _rules_with(words_in(low))


@lru_cache(maxsize=256)
def _rules_with(words: frozenset[str]) -> tuple[Rule, ...]:
    return tuple(
        rule
        for rule in RULES
        if not words.isdisjoint(rule.words) and (not rule.signs or not words.isdisjoint(rule.signs))
    )
