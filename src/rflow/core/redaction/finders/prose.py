"""Secrets in people's notes: a user name and a password with a slash between, one-time codes, card numbers."""

import re
from collections.abc import Iterator

from rflow.core.redaction.plausibility import is_unlike_names, looks_chosen
from rflow.core.redaction.spans import Lazy, Span, lowered

_B = r"[^\S\n]"
_PAIR = Lazy(
    rf"\b(?:log(?:ged)?{_B}?(?:in|on|into)?|sign(?:ed)?{_B}?in|creds?|credentials|account|user(?:name)?|zugang\w*|anmeldung)\b"
    rf"[^\n/]{{0,60}}?(?<![\w.@\\:-])[\w.@\\-]{{2,60}}{_B}/{_B}(?P<value>[^\s/,;]{{5,100}})(?=[\s,;.)]|\Z)(?!{_B}?/)"
    rf"|\b(?:creds?|credentials|zugang\w*):?{_B}{{1,4}}[\w.@\\-]{{2,60}}/(?P<close>[^\s/,;]{{5,100}})(?=[\s,;.)]|\Z)",
    re.IGNORECASE,
)
_JOINED = Lazy(
    rf"\b(?:log(?:ged)?{_B}?(?:in|on|into)|sign(?:ed)?{_B}?in|creds?|credentials|basic{_B}auth|zugang\w*|anmeldung)\b"
    rf"[^\n/:]{{0,60}}?(?<![\w.@\\:/-])(?!(?:sha\d*|md5|\w*id|request|trace|session)\b)[\w.@\\-]{{2,60}}"
    rf":(?P<value>[^\s/,;:@]{{5,100}})(?=[\s,;)]|\Z)",
    re.IGNORECASE,
)
_SIGN = re.compile(r"[!#$%^&*?~]")
_CODES = Lazy(
    rf"(?:t?otp|one[- ]time{_B}(?:code|password|pin)|passcode|pin|tan"
    rf"|(?:verification|security|2fa|mfa|sms|recovery|backup|access){_B}code)(?:{_B}code)?{_B}{{0,4}}(?:is|was|ist|:|=)"
    rf"{_B}{{0,4}}((?:\d[ -]?){{3,11}}\d)\b(?![.:]\d)"
)
_SPARE_NAME = rf"(?:recovery|backup|scratch){_B}codes?"
_SPARE = r"[a-z0-9]{4,10}(?:-[a-z0-9]{4,10}){0,7}"
_MORE_SPARE = rf"(?:[\s,]{{1,4}}(?!{_SPARE_NAME}\b){_SPARE}(?![\w:]))*(?![\w:])"
_RECOVERY_CODES = Lazy(
    rf"(?<![^\W_]){_SPARE_NAME}{_B}{{0,4}}[:=]\s{{0,4}}(?P<codes>(?=[a-z -]{{0,40}}\d){_SPARE}{_MORE_SPARE})"
)
_MORE_RECOVERY_CODES = Lazy(
    rf"[\s,;]{{1,4}}(?:and\s)?{_SPARE_NAME}{_B}{{0,4}}(?:(?:[:=]|(?:is|are)\b)\s{{0,4}})?"
    rf"(?P<codes>(?=[a-z-]{{0,40}}\d){_SPARE}{_MORE_SPARE})"
)
"""After the first codes, a name of others needs no separator."""
_CARD = Lazy(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}|3[47]\d\d([ -])\d{6}\2\d{5}")


def find_pairs(text: str) -> Iterator[Span]:
    """Find a user and a password with a slash between, or a colon where the password has a sign."""
    for match in _PAIR.finditer(text):
        group = "value" if match["value"] else "close"
        if looks_chosen(match[group].rstrip(".)!?")):
            yield Span(*match.span(group), "password")
    for match in _JOINED.finditer(text):
        shown = match["value"].rstrip(".)!?")
        if is_unlike_names(shown) and _SIGN.search(shown):
            yield Span(*match.span("value"), "password")


def find_codes(text: str) -> Iterator[Span]:
    """Find one-time codes."""
    low = lowered(text)
    for match in _CODES.finditer(low):
        if not low[match.start() - 1 : match.start()].isalnum():
            yield Span(*match.span(1), "one-time code")
    if "y code" in low or "p code" in low or "h code" in low:
        yield from _recovery_codes(low)


def _recovery_codes(low: str) -> Iterator[Span]:
    match = _RECOVERY_CODES.search(low)
    while match:
        yield Span(*match.span("codes"), "one-time code")
        match = _MORE_RECOVERY_CODES.match(low, match.end()) or _RECOVERY_CODES.search(low, match.end())


def find_cards(text: str) -> Iterator[Span]:
    """Find card numbers in groups of digits."""
    for match in _CARD.finditer(text):
        start, end = match.span()
        alone = not re.match(r"[\w.-]", text[start - 1 : start]) and not re.match(r"[\w-]|\.\d", text[end : end + 2])
        if alone and _luhn(match[0]):
            yield Span(start, end, "card number")


def _luhn(number: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in number if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
