"""Secrets of the web: addresses with a password or signature, webhooks, authorization headers, cookies."""

import re
from collections.abc import Iterator
from functools import partial

from rflow.core.redaction.kinds import Kind
from rflow.core.redaction.plausibility import is_secret, looks_chosen, looks_random
from rflow.core.redaction.spans import Lazy, Run, Span, lowered, values
from rflow.core.redaction.values import Value

_B = r"[^\S\n]"
_USER = r"://[^\s/:@\"'<>]{0,200}(?:@[^\s/:@\"'<>]{1,100})?"
_QUERY = r"[?&;#](?:"
_MADE = r")=(?=[^&#\s\"'<>]{0,100}\d)(?=[^&#\s\"'<>]{0,100}[A-Za-z])([\w%.~+/=-]{16,})"

# (what must be in the text, the pattern, the kind).
ADDRESSES: tuple[tuple[str, str, Kind], ...] = (
    # The password ends at the last @ before a host; what follows "?name=" is the query, and /@ belongs to a path.
    (
        "@",
        rf"{_USER}:(?!\d{{1,5}}[/?#])((?:(?!\?[\w.-]{{1,40}}=|://)[^\s\"'<>]){{1,4000}})(?<!/)@(?=[\w\[%-])",
        "password",
    ),
    ("@", r"://([A-Za-z0-9_.-]{20,200})@(?=[\w\[])", "token"),
    ("(", r"(?<![\w/:.%+-])[\w.%+-]{1,60}:([^\s\"'<>]{1,200})@(?:tcp|udp|unix)\(", "password"),  # Go's MySQL driver
    ("sig", rf"{_QUERY}sig|signature|x-(?:amz|goog)-(?:signature|security-token))=([^\s\"'&<>]+)", "URL signature"),
    ("?", rf"{_QUERY}code|key|ticket|assertion|samlresponse|jwt|sid|sessionid|session_id|auth|hmac{_MADE}", "token"),
    ("samlresponse", r"\bsamlresponse=([\w%+/=-]{16,})", "token"),
    ("oracle:", r"oracle:\w{1,10}:[\w$#.-]{1,60}/([^\s@/\"']{1,100})@", "password"),
    ("jsessionid", r";jsessionid=([\w.!-]{8,})", "cookie"),
    ("hooks.slack", r"(https://hooks\.slack(?:-gov)?\.com/(?=[^\s\"'<>]{0,60}\d)[^\s\"'<>]+)", "webhook address"),
    (
        ".com",
        r"(https://[\w.-]{1,200}\.(?:webhook\.office\.com|logic\.azure\.com|environment\.api\.powerplatform\.com)"
        r"[^\s\"'<>]*)",
        "webhook address",
    ),
    (
        "webhook",
        r"(https://(?:(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks|outlook\.office(?:365)?\.com/webhook)/[^\s\"'<>]+)",
        "webhook address",
    ),
    ("hooks", r"(https?://[\w.:-]{1,200}/hooks/(?:catch/\d|[a-z0-9]{20})[^\s\"'<>]*)", "webhook address"),
    ("chat.google", r"(https://chat\.googleapis\.com/v1/spaces/[^\s\"'<>]+)", "webhook address"),
    ("/with/key/", r"/trigger/[^\s/]{1,80}/(?:json/)?with/key/([\w-]+)", "webhook address"),
)
_HEADER = Lazy(
    rf"authorization(?:\\{{0,3}}[\"']?\]?{_B}{{0,4}}[:=]|(?={_B}[\"']\w)){_B}{{0,4}}(?P<quote>\\{{0,3}}[\"'`])?"
)
_SCHEME = Lazy(rf"(?P<name>[A-Za-z][\w-]{{1,40}}):?{_B}{{1,4}}(?=\S)")
_SCHEMES = frozenset(
    "apikey api-token apitoken aws4-hmac-sha256 basic bearer bot digest geniekey hawk jwt negotiate ntlm oauth "
    "sharedaccesssignature splunk ssws token".split()
)
_BEARER = Lazy(
    rf"bearer:?{_B}{{1,4}}(?=[a-z._~+/=-]{{0,200}}\d|[a-z._~+/=-]{{24}})(?!\w{{1,20}}=\"?[\w\[])"
    r"([a-z0-9._~+/=-]{8,})"
)
_PARAMETER = Lazy(r"[\w-]{1,40}=(?=[^\s=])")
_NEXT_CREDENTIAL = Lazy(
    rf",{_B}{{1,4}}(?:(?P<name>[\w-]{{1,40}}){_B}?={_B}?)?(?P<value>\"[^\"\n]*\"|[^\s,\"]+)(?=[,\s]|\Z)"
)
_COOKIE = Lazy(rf"cookie2?\\{{0,3}}[\"']?{_B}{{0,4}}:{_B}{{0,4}}(?P<quote>\\{{0,3}}[\"'])?(?=[^\n=]{{1,200}}=)")
_WORD = Run(r"\S++")
_AFTER_A_WORD = ",;)}]\"'\\"


def find_addresses(text: str) -> Iterator[Span]:
    """Find passwords, tokens and signatures in addresses, and addresses that are secrets themselves."""
    low = lowered(text)
    for sign, source, kind in ADDRESSES:
        if sign in low:
            yield from values(source, text, kind)


def find_headers(text: str) -> Iterator[Span]:
    """Find what follows Authorization, Bearer and Cookie."""
    low = lowered(text)
    headers = [*_HEADER.finditer(low)]
    nexts = [*(header.start() for header in headers[1:]), len(text)]
    yield from filter(None, map(partial(_credentials, text), headers, nexts))
    for bearer in _BEARER.finditer(low):
        yield Span(*bearer.span(1), "authorization header")
    done = 0
    for header in _COOKIE.finditer(low):
        if header.start() >= done:
            done = _cookies_end(text, header)
            yield Span(header.end(), done, "cookie")


def _cookies_end(text: str, header: re.Match[str]) -> int:
    """Return where cookies end: with their header, but for words after a comma, which no cookie holds."""
    end = _end(text, header)
    last = text.rfind("=", header.end(), end)
    comma = text.find(", ", last, end)
    if comma < 0 or text[max(last - 7, 0) : last].lower() == "expires":
        return end
    rest = text[comma:end]
    return end if ";" in rest or any(map(looks_random, rest.split())) else comma


def _credentials(text: str, header: re.Match[str], following: int) -> Span | None:
    """Return the credentials of a header: words with commas between, or all to its end where parameters are quoted.

    Prose after a comma is none of them: "Authorization: Basic …, upstream answered 401". A word ends where the next
    header begins (`following`), also where no blank stands between.
    """
    start, end, scheme = header.end(), _end(text, header), ""
    limit = min(end, following)
    while (match := _SCHEME.match(text, start, limit)) and (not scheme or match["name"].lower() in _SCHEMES):
        start, scheme = match.end(), match["name"].lower()
    whole = min(_WORD.end(text, start), limit)
    shown = text[start:whole].rstrip(_AFTER_A_WORD) or text[start : start + 1]
    word_end = start + len(shown)
    if (
        start >= whole
        or text.startswith(("$(", "`"), start)
        or not is_secret(text, Value(start, word_end, word_end, quoted=False), "sure")
    ):
        return None
    if scheme not in _SCHEMES and not (looks_random(shown) or "=" in shown or len(shown) > 30):
        return None
    parameters = '="' in shown or scheme in ("digest", "aws4-hmac-sha256")
    return Span(start, end if parameters else _listed(text, start, word_end, limit), "authorization header")


def _listed(text: str, start: int, word_end: int, limit: int) -> int:
    """Return where a list of credentials ends: parameters where the first word is one, else what looks random."""
    named = _PARAMETER.match(text, start, word_end) is not None
    while match := _NEXT_CREDENTIAL.match(text, word_end, limit):
        value = match["value"].strip('"')
        scheme = (match["name"] or value).lower() in _SCHEMES
        if not (scheme or (named and match["name"]) or looks_random(value) or looks_chosen(value)):
            break
        word_end = match.end()
        if scheme and not match["name"]:
            word_end = _WORD.end(text, min(word_end + 1, limit))
            word_end -= text[word_end - 1 : word_end] == ","
    return min(word_end, limit)


def _end(text: str, header: re.Match[str]) -> int:
    """Return where a header ends: at the quote that closes the one before it, else with its line."""
    line_end = text.find("\n", header.end())
    line_end = len(text) if line_end < 0 else line_end
    quote = header["quote"] or text[max(header.start() - 1, 0) : header.start()]
    closing = text.find(quote, header.end(), line_end) if quote[-1:] in ("'", '"', "`") and quote else -1
    return closing if closing > header.end() else line_end
