"""What people write in notes: a user's name with a password after a slash, one-time codes, card numbers."""

import re
from collections.abc import Iterator

from rflow.core.redaction.belief import looks_chosen
from rflow.core.redaction.spans import Span, values

_B = r"[^\S\n]"
_PAIR = re.compile(
    rf"\b(?:log(?:ged)?{_B}?(?:in|on|into)?|sign(?:ed)?{_B}?in|creds?|credentials|account|user(?:name)?|zugang|anmeldung)\b[^\n/]{{0,60}}?"
    rf"[\w.@\\-]{{2,60}}{_B}?/{_B}?(?P<value>[^\s/,;]{{5,100}})(?=[\s,;.)]|\Z)(?!{_B}?/)",
    re.IGNORECASE,
)
_CODES = (
    rf"\b(?:(?:your|the|my|an?|new){_B})?(?:otp|totp|one[- ]time{_B}(?:code|password|pin)|(?:verification|security|2fa|mfa|sms"
    rf"|recovery|backup|access){_B}code|passcode|pin|tan)(?:{_B}code)?{_B}{{0,4}}(?:is|was|ist|:|=){_B}{{0,4}}((?:\d[ -]?){{3,11}}\d)\b(?![.:]\d)"
)
_CARD = re.compile(r"(?<![\w.-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|3[47]\d\d([ -])\d{6}\2\d{5})(?![\w-]|\.\d)")


def find(text: str) -> Iterator[Span]:
    """Find pairs of user and password, codes and cards."""
    for match in _PAIR.finditer(text):
        shown = match["value"].rstrip(".)!?")
        if looks_chosen(shown) and any(map(str.isalpha, shown)):
            yield Span(match.start("value"), match.end("value"), "password")
    yield from values(_CODES, text, "one-time code")
    for match in _CARD.finditer(text):
        if _luhn(match[0]):
            yield Span(match.start(), match.end(), "card number")


def _luhn(number: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in number if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
