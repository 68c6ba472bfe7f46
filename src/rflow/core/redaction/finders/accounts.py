"""Files in which systems keep accounts: shadow, htpasswd, .netrc, .pgpass."""

from collections.abc import Iterator

from rflow.core.redaction.kinds import Kind
from rflow.core.redaction.spans import Lazy, Span, lowered, pattern
from rflow.core.redaction.values import line_before

_ACCOUNTS: tuple[tuple[str, str, Kind], ...] = (
    # crypt(3): $6$…, bcrypt, Argon2, and what databases and htpasswd write.
    (
        "$",
        r"(?P<value>\$(?:1a?|2[abxy]?|5|6|7|8|9|y|gy|apr1|md5|sha1|argon2\w{0,2}|pbkdf2[\w-]*|scrypt|P|H|S)\$[^\s:\"',;|)\]}]{8,})",
        "password hash",
    ),
    ("{s", r"(?P<value>\{S?SHA\d{0,3}(?:-CRYPT)?\}[\w+/$.=]{20,})", "password hash"),
    (
        "$",
        r"(?P<value>(?:pbkdf2|bcrypt|argon2|scrypt)[\w:]*\$[^\s\"',]{20,}|SCRAM-SHA-256\$\d+:[^\s\"']{20,})",
        "password hash",
    ),
    ("*", r"(?<![\w*])(?P<value>\*(?-i:[0-9A-F]{40}))(?!\w)", "password hash"),  # MySQL
    ('"md5', r"\"(?P<value>md5[0-9a-f]{32})\"", "password hash"),  # PgBouncer
    ("{", r"\{(?:PLAIN|CLEAR(?:TEXT)?)\}(?P<value>[^\s:\"']{3,200})", "password"),  # Dovecot
    ("resp=", r"\bservice=\w{2,20}[^\n]{0,200}?\bresp=(?P<value>[\w+/=]{8,})", "password"),
    ("ntlm", r"\bNTLM\s{0,20}:\s{0,4}(?P<value>[0-9a-f]{32})\b", "password hash"),
    (
        "]:",
        r"^\[[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\]:\d{2,5}\s{1,20}[^\s:]{1,200}:(?P<value>\S+)$",
        "password",
    ),  # Postfix
    (":::", r"^[^\s:]{1,80}:\d{1,10}:(?P<value>[0-9a-f]{32}:[0-9a-f]{32}):::", "password hash"),
    ("netntlm", r"(?P<value>\b[0-9a-f]{16,32}:[0-9a-f]{32}:[0-9a-f]{40,})", "password hash"),
    (
        "machine",
        r"\b(?:machine\s{1,20}\S{1,200}|default)\s{1,20}login\s{1,20}\S{1,200}\s{1,20}password\s{1,20}(?P<value>\S+)",
        "password",
    ),
)
# host:port:database:user:password
_PGPASS = Lazy(r":(?:\d{4,5}|\*):[\w.*-]{1,100}:[\w.*@-]{1,100}:((?![\s:])[^\n:]{3,200})(?=\n|\Z)")
_PGPASS_COLONS = 4
_HOST = Lazy(r"(?!\d\d?\Z)(?=.*[g-z*.])[\w.*-]{1,200}\Z")


def find(text: str) -> Iterator[Span]:
    """Find hashes of passwords, and passwords in .netrc."""
    low = lowered(text)
    for sign, source, kind in _ACCOUNTS:
        if sign in low:
            for match in pattern(source).finditer(text):
                yield Span(*match.span("value"), kind)


def find_pgpass(text: str) -> Iterator[Span]:
    """Find passwords in lines of .pgpass; a host is a name that is no hexadecimal number, an address or any (*)."""
    if text.count(":") < _PGPASS_COLONS:
        return
    for match in _PGPASS.finditer(text):
        if _HOST.match(line_before(text, match.start())):
            yield Span(*match.span(1), "password")
