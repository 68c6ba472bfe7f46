"""Tokens that can be recognised by a known prefix, by their shape, or by a prefix with a word such as "live"."""

import re
from collections.abc import Iterator

from rflow.core.redaction.kinds import Kind
from rflow.core.redaction.prefixes import PREFIXES, SERVICES
from rflow.core.redaction.spans import Lazy, Span, exact

_PREFIXES = frozenset(prefix for prefixes in PREFIXES.values() for prefix in prefixes.split())
_LENGTHS = sorted({len(prefix) for prefix in _PREFIXES}, reverse=True)
_HEADS = frozenset(prefix[:2] for prefix in _PREFIXES)
_IDS = frozenset(
    (
        "acct asst batch build call card ch chatcmpl chunk commit conv cus digest etag event evt file form hash id "
        "image img in index inv invoice ip item job key log message msg node order org page pi pid pm pod price "
        "prod product proj project ref req request resp resource response room run session sha si snap span step "
        "sub task thread tmp trace tx txn user usr uuid v version volume "
    ).split()
)
"""Words before a random part that mean an identifier, not a secret, unless one of `_TOKEN_WORDS` is there too."""
_TOKEN_WORDS = frozenset("access apikey auth live oauth pat pk priv refresh rk sec secret sk tkn tok token".split())

# Shapes of words without such a prefix: (what must be in the word, its least length, the shape, the kind).
_WORD_SHAPES: tuple[tuple[str, int, str, Kind], ...] = (
    ("eyJ", 20, r"[\w-]{0,40}?(?P<token>eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3})", "token"),  # JSON web tokens
    ("KIA", 20, r"(?:\w*_)?(?P<token>AKIA[A-Z0-9]{16})\Z", "AWS key"),
    ("SIA", 20, r"(?P<token>ASIA[A-Z0-9]{16})\Z", "AWS key"),
    ("BIA", 20, r"(?P<token>ABIA[A-Z0-9]{16})\Z", "AWS key"),
    ("CCA", 20, r"(?P<token>ACCA[A-Z0-9]{16})\Z", "AWS key"),
    ("bedrock-api-key-", 40, r"(?P<token>.+)", "AWS key"),
    (".atlasv1.", 60, r"(?P<token>\w{10,20}\.atlasv1\.[\w-]{40,})", "token"),  # Terraform Cloud
    ("Q~", 36, r"(?P<token>[\w.~-]{3}\dQ~[\w.~-]{30,36})", "token"),  # Microsoft Entra
    ("AZDO", 76, r"(?P<token>[A-Za-z0-9]{70,80}AZDO\w{4})", "token"),  # Azure DevOps
    (".", 58, r"(?P<token>[MNO][A-Za-z\d]{22,26}\.[\w-]{6}\.[\w-]{27,})", "token"),  # Discord bots
    ("-us", 34, r"(?P<token>[0-9a-f]{32}-us\d{1,2})\Z", "token"),  # Mailchimp
    ("EAA", 60, r"(?P<token>EAA[A-Za-z0-9]{56,})\Z", "token"),  # Facebook, Square
    ("A3-", 34, r"(?P<token>A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3})", "key"),
    ("SK", 34, r"(?P<token>SK[0-9a-fA-F]{32})\Z", "key"),  # Twilio
    (
        "s.",
        26,
        r"(?P<token>s\.(?=[A-Za-z]*\d)(?=[A-Za-z]*\d?\w*[A-Z])[A-Za-z0-9]{24})\Z",
        "token",
    ),  # Vault before 1.10
    ("oy2", 46, r"(?P<token>oy2[a-z0-9]{43})\Z", "key"),  # NuGet
    ("cio", 35, r"(?P<token>cio[A-Za-z0-9]{32})\Z", "token"),  # crates.io
    ("dapi", 36, r"(?P<token>dapi[0-9a-f]{32}(?:-\d)?)\Z", "token"),  # Databricks
    ("API-", 30, r"(?P<token>API-[A-Z0-9]{26,32})\Z", "key"),  # Octopus Deploy
    ("pat", 80, r"(?P<token>pat[A-Za-z0-9]{14}\.[0-9a-f]{64})\Z", "token"),  # Airtable
    ("key-", 36, r"(?P<token>key-[0-9a-f]{32})\Z", "key"),  # Mailgun
    ("access-", 40, r"(?P<token>access-(?:sandbox|development|production)-[0-9a-f-]{36})\Z", "token"),  # Plaid
    ("api-", 40, r"(?P<token>api-[0-9a-f]{8}-[0-9a-f-]{27})\Z", "key"),  # LaunchDarkly
    ("sdk-", 40, r"(?P<token>sdk-[0-9a-f]{8}-[0-9a-f-]{27})\Z", "key"),
    ("mob-", 40, r"(?P<token>mob-[0-9a-f]{8}-[0-9a-f-]{27})\Z", "key"),
    ("k-lf-", 40, r"(?P<token>[ps]k-lf-[0-9a-f-]{36})\Z", "key"),  # Langfuse
    ("at.", 68, r"(?P<token>[ps]at\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20})", "token"),  # Harness
    ("_mmk", 40, r"(?P<token>\w{6}_\w{29}_mmk)\Z", "key"),  # MaxMind
    ("sk-", 35, r"(?P<token>sk-[A-Za-z0-9]{32,})\Z", "key"),  # OpenAI's older keys, DeepSeek
    ("sl.", 80, r"(?P<token>sl\.[\w-]{77,})", "token"),  # Dropbox
)
_AWS_ID = (
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b[^\n]{0,60}?(?<![\w+/])"
    r"((?=[\w+/]*\d)(?=[\w+/]*[a-z])(?=[\w+/]*[A-Z])[\w+/]{40})(?![\w+/=])"
)
"""An access key's id, and behind it on the line the secret."""
# Shapes with characters that no word has: (what must be in the text, the pattern, the kind). Capitals matter.
_TEXT_SHAPES: tuple[tuple[str, str, Kind], ...] = (
    (":AA", r"(?<!\d)(\d{8,10}:AA[\w-]{30,})", "token"),  # Telegram
    ("1//0", r"(?<![\w/])(1//0[\w-]{30,})", "token"),  # Google's refresh tokens
    ("ABSK", r"\b(ABSK[\w+/]{90,}={0,2})", "AWS key"),
    ("JQQJ9", r"\b([\w+/]{30,80}JQQJ9[\w+/]{10,50}={0,2})", "key"),  # Azure's keys since 2024
    ("+ASt", r"(?<![\w+/])([\w+/]{76}\+ASt[\w+/]{6}==)", "key"),  # Azure's storage keys
    ("FULL ", r"\bFULL\s{1,20}([\w+/]{86}==)", "key"),
    ("SWM", r"\b(SWM(?:TKN|KEY)-1-[\w-]{20,})", "token"),  # Docker Swarm
    ("AQ", r"(?<![\w+/])(AQ[\w+/]{36,38}==)(?!=)", "key"),  # Ceph
    ("AKIA", _AWS_ID, "AWS key"),
    ("ASIA", rf"{_AWS_ID}(?:\s{{1,4}}([\w+/]{{100,}}={{0,2}}))?", "AWS key"),
    (
        "code=",
        r"(?<![\w-])code=[\"']?(?!(?:[A-Za-z]*\d{0,4}[_-])++[A-Za-z]*\d{0,4}(?![\w-]))((?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[\w-]{20,})",
        "token",
    ),
    ("routing_key", r"\brouting_key[\"']?\s?[:=]\s?[\"']?((?=\w*\d)\w{32})\b", "key"),  # PagerDuty
    ("K10", r"\b(K10[0-9a-f]{64}::\w+:[0-9a-f]{32})\b", "token"),  # K3s
    ("=\t", r"(?m:^)[\w.-]{1,15}\t([\w+/]{43}=)\t[\w+/]{43}=\t", "private key"),  # wg show all dump
    ("AstraCS:", r"\b(AstraCS:\w+:[0-9a-f]{20,})", "token"),
)

_WORD = re.compile(r"[A-Za-z0-9_][\w.~-]{15,}+", re.ASCII)
_SHORTEST = 16
_SHORTEST_SHAPE = 20
_SHORTEST_TEXT = 25
_MORE = Lazy(r"(?:[+/=%]++[\w.~-]*+)*+", re.ASCII)
_LONG_RUN = Lazy(r"[A-Za-z0-9]{12,}+")
_RANDOM = Lazy(
    r"(?=[^0-9]*[0-9])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9]{20,}+\Z"
    r"|(?=(?:[^0-9]*[0-9]){4})(?=[^g-zG-Z]*[g-zG-Z])[A-Za-z0-9]{32,}+\Z"
)
_TOKEN_PREFIX = Lazy(r"[a-z][a-z0-9]{1,11}(?:_[a-z0-9]{1,12}){0,3}\Z|[A-Z][A-Z0-9]{1,7}(?:_[A-Z0-9]{1,8}){0,2}\Z")
_SERVICE = Lazy(
    r"(?P<name>[\w.-]{3,80})\\{0,3}[\"'\]]{0,3}[^\S\n]{0,8}(?:[:?.|]{0,3}[=>:,|]{1,3})[^\S\n]{0,8}\\{0,3}[\"'`]?\Z"
)
_NO_SECRET = Lazy(
    r"(?:id|name|url|uri|host|domain|region|zone|account|user|username|sha|commit|digest|ref|version)\Z", re.IGNORECASE
)


def find(text: str) -> Iterator[Span]:
    """Find tokens, whatever stands around them."""
    if len(text) < _SHORTEST:
        return
    for start, word in _words(text):
        if span := _span(text, start, word):
            yield span
    if len(text) < _SHORTEST_TEXT:
        return
    for sign, source, kind in _TEXT_SHAPES:
        if sign in text:
            for match in exact(source).finditer(text):
                yield from (Span(start, end, kind) for start, end in match.regs[1:] if start < end)


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Return the long words of the text and where they stand."""
    place = 0
    for chunk in text.split():
        if len(chunk) >= _SHORTEST:
            start = text.index(chunk, place)
            place = start + len(chunk)
            for match in _WORD.finditer(text, start, place):
                skipped = _escape(text, match.start(), match[0])
                yield match.start() + skipped, match[0][skipped:]


def _escape(text: str, start: int, word: str) -> int:
    """Return how much of the word belongs to an escaped character before it (a line break in JSON, %3D)."""
    if start and text[start - 1] == "\\" and word[0] in "nrt":
        return 1
    return 2 if start and text[start - 1] == "%" else 0


def _span(text: str, start: int, word: str) -> Span | None:
    shaped = _shaped(word.rstrip(".-")) if len(word) >= _SHORTEST_SHAPE and not word.isalpha() else None
    if (
        shaped
        or (word[:2] in _HEADS and _has_prefix(word))
        or _looks_like_a_token(word)
        or _is_of_a_service(text, start, word)
    ):
        more = _MORE.match(text, start + len(word))
        end = start + len(text[start : more.end() if more else start + len(word)].rstrip(".-"))
        return Span(start + (shaped[0] if shaped else 0), end, shaped[1] if shaped else "token")
    return None


def _shaped(word: str) -> tuple[int, Kind] | None:
    """Return where in the word a token of a known shape begins, and its kind."""
    for sign, least, shape, kind in _WORD_SHAPES:
        if sign in word and len(word) >= least and (match := exact(shape).match(word)):
            return match.start("token"), kind
    return None


def _has_prefix(word: str) -> bool:
    for length in _LENGTHS:
        if word[:length] in _PREFIXES:
            return any(
                not run[0].islower() or len(run[0]) > 24 or not run[0].isalpha()
                for run in _LONG_RUN.finditer(word, length)
            )
    return False


def _looks_like_a_token(word: str) -> bool:
    """Whether a word is a short prefix with a long random rest (acme_live_…), as services write tokens now."""
    border = max(word.rfind("_"), word.rfind("-"), word.rfind("."), word.rfind("~"))
    if border < 1 or len(word) - border <= 20 or not _RANDOM.match(word[border + 1 :]):
        return False
    prefix = [part.rstrip("0123456789") for part in re.split(r"[_.~-]", word[:border])]
    if not _TOKEN_PREFIX.match("_".join(prefix)):
        return False
    return not _TOKEN_WORDS.isdisjoint(prefix) or _IDS.isdisjoint(prefix)


def _is_of_a_service(text: str, start: int, word: str) -> bool:
    """Whether a long random word is the value of a name that names a service (datadog_key=…)."""
    if (
        text[max(start - 4, 0) : start].rstrip(" \t\"'`\\")[-1:] not in tuple("=:>|,")
        or sum(map(str.isdigit, word)) < 3
    ):
        return False
    before = _SERVICE.search(text[max(start - 120, 0) : start])
    if not before or _NO_SECRET.search(before["name"]):
        return False
    from rflow.core.redaction.plausibility import looks_random

    name = before["name"].lower()
    return any(service in name for service in SERVICES) and looks_random(word)
