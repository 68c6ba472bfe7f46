"""Decides whether a value is a secret, or something else next to the name of one, such as a status or placeholder."""

import re

from rflow.core.redaction.names import Confidence
from rflow.core.redaction.spans import MARK, Lazy
from rflow.core.redaction.values import BLANK, Value

_EXAMINED = 300
"""How many characters of a value are examined."""

_STATUS = frozenset(
    (
        "accepted absent argument ask authentication bool boolean bytes can can't cannot change changed check "
        "compat configured could default denied describe did differs disabled does doesn't empty enabled enter "
        "error expired expires failed failure false file files found given had has hidden if incorrect int "
        "invalid is isn't ldap likely managed masked may mismatch missing must na never nil no none nonexistent "
        "not null object off ok on only option optional parameter permission permitted please policy present "
        "prohibited prompt raise rejected removed required reset restricted retrieved return rotated same see set "
        "should shown sss stale still str string sudo systemd throw too true unauthorized unavailable undefined "
        "unexpected unknown unset until update updated valid varchar wait was weak were when will with won't "
        "wrong yes ja nein nie leer fehlt falsch oui non faux falso vacío vide "
    ).split()
)
_SAYING = frozenset(
    "can't cannot does doesn't expired failed has incorrect invalid is isn't missing mismatch must not required should "
    "too unexpected was won't wrong".split()
)
"""First words of a message in quotes ("is too short"). Any other first word may begin a passphrase."""
_BEFORE_PROSE = frozenset(
    "and as at been before being by did everybody for from in instead it its keep nobody of or strong that there these "
    "this those to via who whoever".split()
)
"""First words of a bare value that begin a sentence about it."""
_SAYS_WHO = Lazy(
    r"(?:he|she|they|we|you)\s(?:[a-z]{3,}ed|are|can|cannot|could|did|do|does|don't|forgot|get|gets|got|had|has|have|is|may"
    r"|might|must|need|needs|said|say|says|should|use|want|wants|was|were|will|would)\b",
    re.IGNORECASE,
)
"""Words that begin a sentence about a password. Others ("you shall not pass", "I need 3 beers") may be passphrases."""
_FIRST_WORD = Lazy(r"(?:[^\W\d_]+(?:['’][^\W\d_]+)?|n/a)(?=[\s,;&|)\]}.<!:(]|[\"'\\]*(?:\s|\Z))")
_PLACEHOLDER = Lazy(
    "|".join(
        (
            r"\$\([^)\n]*\)",  # $(command)
            r"\$[A-Z]+(?:_[A-Z0-9]+)+|\$(?:env:)?[A-Z]*(?:PASS|PWD|PW|SECRET|TOKEN|KEY)[A-Z]*|\$\w+(?:::\w+)+",  # $NAME
            r"\([A-Za-z][A-Za-z -]*\)?|\[[^\]\n]*[ =][^\]\n]*\]?|\[[A-Z_ -]*\]?",  # (known after apply), [MASKED]
            r"%[A-Z_]+%|%\w|%?\(\w+\)s|\{[\w.]*\}|:[a-z_]{3,}",  # what programs fill in
            r"[*•●xX.…#_?-]{3,}|\W",  # ********
            r"(?:amd64|arm64|armhf|armel|i386|ppc64el|s390x|riscv64|x86_64|aarch64|noarch)",  # libsecret-1:amd64
            r"scram-sha-\d+(?:-plus)?",
            r"\d+/(?:tcp|udp|sctp)",
            # Code: a function's result, a member of an object, an element.
            r"(?:process\.env|os\.environ|os\.getenv|var|local|data|secrets|each|config|self|this|args|settings|request)"
            r"[.\[(][\w.\[\]\"'()-]*",
            r"(?:[a-zA-Z_]{3,}|\w+(?:\.\w+)+)\([^()\n]*\)?;?",
            r"[a-z_]\w*(?:\[[\"']?\w+[\"']?\]?)+",
            r"[a-z_]+(?:\.[a-z_]+)*\.\w*(?:password|passwd|secret|token|key)",
        )
    )
)
_BOLD = Lazy(r"\*\*(?P<word>[A-Za-z]+)\*\*")
_NOT_SHOWN = frozenset(
    "censored classified concealed confidential filtered obscured omitted private redacted sanitized scrubbed secret "
    "stripped withheld".split()
)
"""What people write in bold in a password's place; the words of `_STATUS` as well."""
_BRACKETED = Lazy(
    r"(?:\$\{[^}\n]*\}|\{\{[^}\n]*\}\}|<[A-Za-z][^<>\n]{0,100}>|<%[^\n]{0,200}?%>|\$\([^)\n]{1,200}\))(?=[\s,;\"')\]}]|\Z)"
    r"|!(?:Base64|Cidr|Env|FindInMap|GetAtt|If|ImportValue|Join|KeyOf|Ref|Select|Split|Sub|Transform|env|env_var|file|include"
    r"|reference|secret|vault)(?=\s)"  # tags of YAML: !vault |
)
_PLACE = Lazy(
    r"arn:|op://|vault:|https?://|file:|env:|ssm:|secret/|kv/|projects/|~/|\.{1,2}/|[A-Za-z]:[\\/]"
    r"|/(?:bin|data|dev|etc|home|media|mnt|opt|proc|root|run|secrets|srv|tmp|usr|var|vault|Users)/"
)
_ABOUT = Lazy(r"[A-Za-z' -]{0,60} \b(?:password|passphrase|secret|token|credentials?)\b", re.IGNORECASE)
_SPEAKS_OF = Lazy(
    rf"(?:password|passphrase|secret|token){BLANK}(?:[\"']|(?:(?:[a-z]{{2,}}{BLANK}){{0,2}}(?:[a-z]{{2,}}ed|are|can|cannot|does|error"
    r"|failure|had|has|is|may|must|not|reset|set|should|was|were|will)|at|by|for|from|in|of|on|to|with)\b(?![^\s.,:]))"
)
"""password updated successfully; but "secret agent man" is a passphrase"""
_AMOUNT = Lazy(
    rf"\d{{1,5}}{BLANK}{{1,4}}(?:attempts?|bytes?|char|characters?|chars|days?|entries|errors?|fail|failed|hours?"
    r"|items?|keys?|left|min|minutes?|more|ms|of|passed|remaining|s|seconds?|times?|tokens?|tries|users?|weeks?)\b"
    r"|\d{1,2}(?![^\s,;)\]|])"
)
_DATE = Lazy(r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4})(?:[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)?")
_PLAIN_NAME = Lazy(r"[a-z]+(?:[-_./:](?:[a-z]+|v?\d{1,3}))+|[\w-]+\.[a-z]{2,5}")
_RECOVERY_KEY = Lazy(r"\d{6}(?:-\d{6}){7}")
"""BitLocker's."""
_PART = Lazy(r"[-_./:@~]")
_PLAIN_PART = Lazy(r"[A-Za-z]*|\d{1,4}|[vV]?\d{1,4}|[A-Za-z]{1,6}\d{1,2}|\d{1,4}[a-zA-Z]{1,2}")


def is_secret(text: str, value: Value, confidence: Confidence) -> bool:
    """Whether a value is a secret, given how much confidence its name justifies."""
    shown = text[value.start : min(value.end, value.start + _EXAMINED)]
    if MARK[:-1] in shown or _PLACEHOLDER.fullmatch(shown) or _PLACE.match(shown) or _DATE.fullmatch(shown):
        return False
    if _BRACKETED.match(text, value.start, value.start + _EXAMINED):
        return False
    if (bold := _BOLD.fullmatch(shown)) and bold["word"].lower() in _STATUS | _NOT_SHOWN:
        return False
    if is_status(shown if value.quoted else text[value.start : value.start + _EXAMINED], quoted=value.quoted):
        return False
    if confidence == "weak":
        return looks_random(shown) and not re.match(r"[A-Za-z_.]{3,40}\(", shown)
    return confidence == "sure" or not _PLAIN_NAME.fullmatch(shown)


def is_status(shown: str, *, quoted: bool) -> bool:
    """Whether a text starts with a statement about a secret: "expired", "3 attempts left"."""
    first = _FIRST_WORD.match(shown)
    word = first[0].lower().replace("’", "'") if first else ""
    if quoted:
        return word in (_SAYING if " " in shown else _STATUS)
    if word in ("a", "an", "the", "your", "this") and _ABOUT.match(shown):
        return True
    if _SPEAKS_OF.match(shown) or _SAYS_WHO.match(shown):
        return True
    return word in _STATUS or word in _BEFORE_PROSE or _AMOUNT.match(shown) is not None


def says_status(word: str) -> bool:
    """Whether a single word states something about a secret, and doesn't introduce it ("was", "set", "changed")."""
    return word.lower() in _STATUS and word.lower() not in ("is", "was", "set", "reset", "changed", "on")


def looks_random(shown: str) -> bool:
    """Whether a value is no word, name, version, place or amount, judged by its letters and digits."""
    letters, digits = sum(map(str.isalpha, shown)), sum(map(str.isdigit, shown))
    if len(shown) < 6 or not letters or " " in shown:
        return False
    if not digits:
        return len(shown) >= 16 and shown != shown.lower() and shown != shown.upper() and not _PART.search(shown)
    return not all(map(_PLAIN_PART.fullmatch, _PART.split(shown)))


def is_unlike_names(shown: str) -> bool:
    """Whether a value looks like a password even where a user or a host is expected: not bob42, db01.leeds."""
    return looks_chosen(shown) and not all(map(_PLAIN_PART.fullmatch, _PART.split(shown)))


def looks_chosen(shown: str) -> bool:
    """Whether a word looks like a password: letters with digits, or a sign among letters or digits."""
    if len(shown) < 5 or _PLACEHOLDER.fullmatch(shown) or _PLACE.match(shown) or _DATE.match(shown):
        return False
    if _RECOVERY_KEY.fullmatch(shown):
        return True
    letters, digits = any(map(str.isalpha, shown)), any(map(str.isdigit, shown))
    sign = any(letter in "!@#$%^&*+=~" for letter in shown[:-1])
    ticket = re.fullmatch(r"[A-Z]{2,10}-\d+|[A-Za-z]?\d[\d.:_-]*\w?|#\d+", shown)
    return letters and (digits or sign) and not ticket
