"""Keeping secrets in: values hidden in everything that leaves."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from rflow.errors import UsageProblem

MARK = "[redacted]"

# Pieces of the patterns. Blanks (_B) never cross a line: what stands below "Password:" is not the password.
_B = r"[^\S\n]"
_NAMES = (
    r"(?:passwor[dt]|passwd|pass[ _-]?phrase|secret|(?<!unexpected )token|api[_-]?key|credentials?|key content"
    r"|(?:access|account|auth|client|encryption|master|pre[_-]?shared|private|secret|service|shared|signing|storage)"
    r"[_-]?key(?:[_-]?base)?"
    # These are also parts of other words (bypass), test results ("PASS: dns", "pass: 12") and a folder (PWD=/home).
    r"|(?:(?<![A-Za-z0-9])|(?-i:(?<=[a-z0-9])(?=[A-Z])))(?:passcode|psk|pwd(?![:=]\s?(?:[/~]|[A-Za-z]:[\\/]))"
    r"|(?!(?:(?<![^\n])|(?<=--- ))(?-i:PASS:))pass(?!\s?[:=]\s?\d{1,3}(?![^\s,;|)]))))"
)
_SHOWN = r"(?!\\{0,3}[\"']?\[redacted\])"
_PLAIN = (
    r"(?!\\{0,3}[\"']?(?:true|false|yes|no|null|none|nil|undefined|required|optional|missing|expired|invalid|incorrect"
    r"|wrong|failed|ok)(?![^\s\"'\\,;&|)\]}.<]))"
)
_QUOTED = r"""\\{1,3}"[^"\\\n]++|\\{1,3}'[^'\\\n]++|"(?:[^"\\\n]|\\[^\n])++"?|'(?:[^'\\\n]|\\[^\n])++'?"""
# A value without quotes ends at a blank or at a delimiter; one in its middle is part of it, unless a next name follows.
_C = r"""[^\s"'&,;|)\]}]"""
_BARE = rf"""(?:{_C}|[,|)\]}}"'&](?={_C})(?![\w.-]{{1,30}}["']?[=:])|;(?={_C})(?![\w .-]{{1,30}}=))++"""
_VALUE = rf"{_SHOWN}(?:(?:{_QUOTED})(?:(?=\w){_C}++)?|{_BARE})"
_ARGUMENTS = rf"(?:{_B}++[^\s|;]++){{0,20}}?{_B}++"
_KEY_LINE = r"[A-Z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1) ?-{4,5}"
_KEY_END = rf"(?P<end>-{{4,5}} ?END {_KEY_LINE})?"
_KEY_WORDS = ("private key", "static key")
_NAME_WORDS = ("pass", "pwd", "psk", "secret", "token", "key", "credential")

# (what it finds, one of these must be in the text, the pattern). Each takes time linear in the text: a repeat is
# bounded, possessive, or followed by something it can't match, and never begins inside what the last attempt read.
# The group "keep" (before) stays, the rest of the match is hidden; where there is a group "end", it must have matched.
_PATTERNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("private key", _KEY_WORDS, rf"-{{4,5}} ?BEGIN {_KEY_LINE}.*?(?:-{{4,5}} ?END {_KEY_LINE}|\Z)"),
    (
        "private key without its head, in lines",
        _KEY_WORDS,
        rf"^(?:{_B}{{0,8}}[A-Za-z0-9+/=]{{1,100}}{_B}{{0,8}}\n)++{_B}{{0,8}}{_KEY_END}",
    ),
    (
        "private key without its head, on one line",
        _KEY_WORDS,
        rf"(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{{16,}}+(?:{_B}|\\[nr]){{1,4}}+)++"
        rf"(?:[A-Za-z0-9+/=]{{1,100}}+(?:{_B}|\\[nr]){{1,4}}+)?{_KEY_END}",
    ),
    (
        "PuTTY key",
        ("private-lines",),
        r"(?P<keep>\bPrivate-Lines: \d{1,4}\s{1,2})[A-Za-z0-9+/=]{1,100}+"
        r"(?:\s{1,2}[A-Za-z0-9+/=]{1,100}+(?!\S))*+",
    ),
    ("json web token", ("eyj",), r"(?<![\w-])(?-i:eyJ)[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+){0,3}"),
    ("webhook", ("hooks.slack",), r"https://hooks\.slack(?:-gov)?\.com/[^\s\"'<>]+"),
    (
        "webhook",
        ("office.com", "azure.com", "powerplatform.com"),
        r"https://[\w.-]{1,200}\.(?:webhook\.office\.com|logic\.azure\.com|environment\.api\.powerplatform\.com)"
        r"[^\s\"'<>]*",
    ),
    ("webhook", ("/api/webhooks/",), r"https://(?:discord|discordapp)\.com/api/webhooks/[^\s\"'<>]+"),
    (
        "authorization",
        ("authorization",),
        rf"(?P<keep>(?>\b(?:Proxy-)?Authorization\\{{0,3}}[\"']?\]?{_B}{{0,4}}[:=]{_B}{{0,4}}\\{{0,3}}[\"']?"
        rf"(?:(?:Bearer|Basic|Token|Negotiate|NTLM|ApiKey)\b{_B}{{0,4}})?)){_SHOWN}{_PLAIN}"
        r"(?:(?:AWS4-HMAC-SHA256|Digest)\b[^\n]*|[^\s\"'\\,]+)",
    ),
    (
        "bearer",
        ("bearer",),
        r"(?P<keep>\bBearer\s{1,4}+)(?=[A-Za-z._~+/=-]{0,200}\d|[A-Za-z._~+/=-]{24})(?!\w{1,20}=\"?[\w\[])"
        r"[A-Za-z0-9._~+/=-]{8,}",
    ),
    (
        "cookie",
        ("cookie",),
        rf"(?P<keep>(?>\b(?:Set-)?Cookie\\{{0,3}}[\"']?{_B}{{0,4}}:{_B}{{0,4}}))(?=[^\n=]{{1,200}}=)[^\n]+",
    ),
    (
        "url password",
        ("://",),
        r"(?P<keep>\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,200}:)(?!\[redacted\]@|\d{1,5}[/?#])"
        r"[^\s/\"'<>]{1,400}(?=@)",
    ),
    (
        "signed url",
        ("sig=", "signature="),
        r"(?P<keep>[?&;](?:sig|signature|x-(?:amz|goog)-signature)=)(?!\[redacted\])[^\s\"'&<>]+",
    ),
    (
        "known token",
        (
            *("akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "xapp-"),
            *("shpat_", "shpss_", "shpca_", "shppa_", "hf_", "dckr_pat_", "npm_", "pypi-", "dop_v1_", "rfs_"),
        ),
        r"\b(?-i:(?:AKIA|ASIA)[A-Z0-9]{16}\b|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{16,}"
        r"|xox[abeoprs]-[\w.-]{10,}|xapp-[\w-]{20,}|shp(?:at|ss|ca|pa)_[0-9a-f]{24,}|hf_[A-Za-z0-9]{30,}"
        r"|dckr_pat_[\w-]{20,}|npm_[A-Za-z0-9]{30,}|pypi-AgE[\w-]{20,}|dop_v1_[0-9a-f]{40,}|rfs_[A-Za-z0-9_-]{20,})",
    ),
    (
        "known token",
        (
            *("sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "whsec_", "aiza", "ya29.", "hvs.", "sg.", "atatt", "tskey-"),
            "age-secret",
        ),
        r"\b(?-i:(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)[-_][\w-]{12,}|sk-[A-Za-z0-9]{32,}|whsec_[\w+/=]{20,}"
        r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|hvs\.[\w-]{20,}|SG\.[\w-]{16,}+\.[\w-]{16,}|ATATT[\w=-]{20,}"
        r"|tskey-[\w-]{20,}|AGE-SECRET-KEY-1[0-9A-Z]{20,})",
    ),
    (
        "option",
        _NAME_WORDS,
        rf"(?P<keep>(?<![\w-])--?(?!no-)[\w-]{{0,60}}?{_NAMES}{_B}{{1,4}}+)"
        r"(?!-|(?:and|argument|flag|for|if|in|instead|is|option|or|parameter|to|was)\b)"
        rf"{_VALUE}",
    ),
    (
        "key",
        _NAME_WORDS,
        rf"(?P<keep>(?>{_NAMES}(?:[_-]?\d{{1,2}})?(?:\\{{0,3}}[\"']|[*_`]{{1,3}})?\]?{_B}{{0,40}}"
        rf"(?::=|=>|={{1,3}}|:(?!:|//)){_B}{{0,40}}(?:[*_`]{{1,3}}{_B}{{1,4}})?)){_PLAIN}{_VALUE}",
    ),
    (
        "element",
        _NAME_WORDS,
        rf"(?P<keep><[\w.:-]{{0,40}}?{_NAMES}(?:\s[^<>\n]{{0,200}})?>)(?!\[redacted\]<)[^<\n]{{1,4096}}(?=</)",
    ),
    (
        "netrc",
        ("login",),
        r"(?P<keep>\b(?:machine\s{1,20}+\S{1,200}+|default)\s{1,20}+login\s{1,20}+\S{1,200}+\s{1,20}+password"
        r"\s{1,20}+)(?!\[redacted\])\S+",
    ),
    (
        "command",
        ("curl", "sshpass", "mysql", "mariadb", "securestring"),
        rf"(?P<keep>(?>\bcurl{_ARGUMENTS}(?-i:-[A-Za-z]{{0,8}}[uU]|--(?:proxy-)?user)(?:{_B}|=){{0,4}}"
        rf"[\"']?[^\s:\"']{{1,100}}:|\bsshpass{_B}{{1,4}}-p{_B}{{0,4}}"
        rf"|\b(?:mysql|mysqldump|mysqladmin|mariadb){_ARGUMENTS}(?-i:-p)"
        rf"|\bConvertTo-SecureString{_B}{{1,4}}(?:-String{_B}{{1,4}})?(?=[\"']))){_VALUE}",
    ),
    ("device", ("password", "secret"), rf"(?P<keep>\b(?:password|secret){_B}\d{_B})(?:\$\S+|[0-9A-F]{{6,}}\b)"),
    (
        "sentence",
        ("pass", "secret"),
        rf"(?P<keep>(?>\b(?:password|passphrase|passcode|secret){_B}{{1,4}}(?:is now|is|was|(?:re)?set to|changed to)"
        rf"{_B}{{0,4}}:?{_B}{{1,4}})){_SHOWN}"
        rf"(?:{_QUOTED}|(?:(?<=:\s)|(?=\S{{0,60}}(?:\d|[!@#$%^&*+=]\w))(?=\S{{0,60}}[A-Za-z])(?=\S{{5}})){_BARE})",
    ),
)
# What a text must hold besides one of the words: signs that the pattern can't do without. Compiling a pattern costs
# more than looking, and "password authentication failed" stands in half of all sessions.
_SIGNS: dict[str, tuple[str, ...]] = {
    "option": ("-",),
    "key": (":", "="),
    "element": ("<",),
    "device": tuple("0123456789"),
    "sentence": ("is", "was", "to"),
    "netrc": ("machine", "default"),
}
_WORDS = tuple(dict.fromkeys(word for _, words, _ in _PATTERNS for word in words))


@lru_cache(maxsize=4096)
def _found(lowered: str) -> frozenset[str]:
    """Find the words; names, questions and labels come again and again."""
    return frozenset(word for word in _WORDS if word in lowered)


class Redactor:
    """Hides secret values in texts and counts what it hid.

    `patterns` are the user's own regular expressions; where one has a group named "secret", only that is hidden.
    """

    def __init__(self, patterns: Iterable[str] = (), *, on: bool = True) -> None:
        self.count = 0
        self._on = on
        self._own = [_compiled(pattern) for pattern in patterns]

    def __call__(self, text: str) -> str:
        """Return `text` with its secrets replaced by "[redacted]"."""
        if not self._on or not text:
            return text
        lowered = text.lower()
        found = _found(lowered)
        for name, words, pattern in _PATTERNS if found else ():
            signs = _SIGNS.get(name)
            if not found.isdisjoint(words) and (signs is None or any(sign in lowered for sign in signs)):
                text = _built_in(pattern).sub(self._hide, text)
        for own in self._own:
            text = MARK.join(own.sub(self._hide_own, part) for part in text.split(MARK))
        return text

    def _hide(self, match: re.Match[str]) -> str:
        groups = match.groupdict("")
        if groups.get("end") == "":
            return match[0]
        self.count += 1
        return groups.get("keep", "") + MARK

    def _hide_own(self, match: re.Match[str]) -> str:
        hidden = "secret" if match.groupdict().get("secret") else 0
        if not match[hidden]:
            return match[0]
        self.count += 1
        start, whole = match.start(), match[0]
        return whole[: match.start(hidden) - start] + MARK + whole[match.end(hidden) - start :]


@cache
def _built_in(pattern: str) -> re.Pattern[str]:
    """Compile a built-in pattern when it is first needed: most sessions hold nothing that most of them look for."""
    return re.compile(pattern, re.IGNORECASE | re.DOTALL | re.MULTILINE)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageProblem(
            f"The redaction pattern {pattern!r} is not a regular expression: {error}.",
            try_="Mend it with `rflow config set redact.patterns …`.",
        ) from error
