"""Private keys in text form: whole, cut at either end, or on one line."""

from collections.abc import Iterator

from rflow.core.redaction.spans import Span, pattern

_B = r"[^\S\n]"
_LINE = r"[A-Z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1) ?-{4,5}"
_END = rf"(?P<end>-{{4,5}} ?END {_LINE})?"

_PATTERNS = (
    rf"-{{4,5}} ?BEGIN {_LINE}(?:(?!-{{4,5}} ?END )[\s\S])*+(?:-{{4,5}} ?END {_LINE})?",
    rf"^(?:{_B}{{0,8}}[A-Za-z0-9+/=]{{1,100}}{_B}{{0,8}}\n)++{_B}{{0,8}}{_END}",
    rf"(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{{16,}}+(?:{_B}|\\[nr]){{1,4}}+)++"
    rf"(?:[A-Za-z0-9+/=]{{1,100}}+(?:{_B}|\\[nr]){{1,4}}+)?{_END}",
)
"""Time stays linear: a repeat is bounded, possessive, or followed by something that it can't match."""
_JWK = r"[{,]\s{0,8}\"(?:d|k|p|q|dp|dq|qi)\"\s?:\s?\"(?P<end>[\w-]{20,})\""
_PUTTY = r"\bPrivate-Lines: \d{1,4}\s{1,2}(?P<end>[A-Za-z0-9+/=]{1,100}+(?:\s{1,2}[A-Za-z0-9+/=]{1,100}+(?!\S))*+)"


def find(text: str) -> Iterator[Span]:
    """Find private keys; what is left of one without its first line is known by its last."""
    whole, *cut = _PATTERNS
    for match in pattern(whole).finditer(text):
        yield Span(match.start(), match.end(), "private key")
    for source in cut:
        for match in pattern(source).finditer(text):
            if match["end"]:
                yield Span(match.start(), match.end(), "private key")
    for source in (_PUTTY, *([_JWK] if '"kty"' in text else ())):
        for match in pattern(source).finditer(text):
            yield Span(*match.span("end"), "private key")
