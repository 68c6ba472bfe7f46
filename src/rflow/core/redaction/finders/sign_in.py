"""Passwords piped into programs, printed by them, or given to functions that sign in."""

from collections.abc import Iterator

from rflow.core.redaction.spans import Span, lowered, values

_READERS = (
    r"chpasswd|passwd[^\n|]{0,60}--stdin|sudo[^\n|]{0,40}-S\b|kinit|cryptsetup|realm join|adcli join"
    r"|smbpasswd|wg pubkey|[^\n|]{0,200}--(?:(?:password|token|with)[\w-]*-(?:stdin|token)|passphrase-fd)"
    r"|[\w-]{2,20} (?:[\w-]{2,20} )?secrets? (?:create|put|set|update|versions add)\b"
)
"""Programs that read a secret from their input."""
_PIPED = (
    r"\b(?:echo|printf)[^\S\n]{1,4}(?:-\w{1,3}[^\S\n])?(?:[\"']?%s(?:\\n)?[\"']?[^\S\n])?"
    r"(?:\"(?:[\w.-]{1,60}:)?([^\"\n|]{1,200})\"|'(?:[\w.-]{1,60}:)?([^'\n|]{1,200})'|(?:[\w.-]{1,60}:)?([^\s\"'|:]{1,200}))"
    rf"[^\S\n]{{0,4}}\|[^\S\n]{{0,4}}(?:sudo[^\S\n])?(?:{_READERS})"
)
_HERE = (
    r"\b(?:kinit|chpasswd|passwd[^\n<]{0,60}--stdin|sudo[^\n<]{0,40}-S\b|--[\w-]{0,20}(?:password|token)-stdin)[^\n<]{0,100}"
    r"<<<[^\S\n]{0,4}[\"']?([^\s\"']{1,200})"
)
_SECURE_STRING = r"\bConvertTo-SecureString(?:\s{1,4}-(?:String|AsPlainText|Force)){0,3}\s{1,4}"
_TEXT = r"[\"']([^\"'\n]+)[\"']"
_ARGUMENT = r"[\"'][^\"'\n]{0,300}[\"']\s?,\s?"
# (what must be in the text, the pattern)
_PLACES: tuple[tuple[str, str], ...] = (
    ("echo ", _PIPED),
    ("printf ", _PIPED),
    ("<<<", _HERE),
    # What a program prints or waits for.
    (
        "send ",  # expect
        r"(?:assword|assphrase)[^\n]{0,40}\n[^\n]{0,40}\bsend[^\S\n]{1,4}(?:--[^\S\n])?"
        r"\"([^\"\n\\]+(?:\\[^rn][^\"\n\\]*)*)(?:\\[rn])*\"",
    ),
    ("334 ugfz", r"\b334 UGFzc3dvcmQ6\s{1,4}(?:[CS<>~:-]{1,4}[^\S\n])?([\w+/=]{2,200})$"),  # SMTP
    ("new value", r"\bsuccessfully reset\.?\s{1,4}New value: (\S+)"),  # Elasticsearch
    ("temporary password", r"\btemporary password is generated for [^\s:]{1,80}: (\S+)"),  # MySQL
    ("following password", r"\bfollowing password [^\n]{0,80}:\s{1,4}([0-9a-f]{32})$"),  # Jenkins
    ("base64 -", r"\bget secrets?\b[^\n]{0,300}\bbase64 (?:-d|-D|--decode)\b[^\n]{0,40}\n([^\s:]{4,400})%?$"),
    # What a function is given.
    ("securestring", rf"{_SECURE_STRING}(?:\"([^\"\n]+)\"|'([^'\n]+)')"),
    ("securestring", rf"{_SECURE_STRING}(?=\S*\d)([\w!#%&*+.:=@^~]{{5,}})"),
    *(
        (sign, rf"(?:Credential|login|authenticate|auth|auth=)\(\s?{_ARGUMENT}(?=[^\n]?[^\"'\n]*\d){_TEXT}")
        for sign in ("credential(", "login(", "authenticate(", "auth(", "auth=(")
    ),
    ("credentials(", rf"\bCredentials\(\s?(?:{_ARGUMENT}){{3}}{_TEXT}\s?\)"),  # sbt
    *(
        (sign, rf"\b(?:getConnection|connect)\(\s?(?=.(?:jdbc|dbi):)(?:{_ARGUMENT}){{2}}{_TEXT}")
        for sign in ("connect(", "connection(")
    ),
    ("connect(", rf"\bconnect\(\s?{_ARGUMENT}{_TEXT}\s?,\s?[\"']t3s?:"),  # WebLogic
    ("srvlogin", r"\bsp_addlinkedsrvlogin\b[^\n]{1,300}?,\s?N?'([^'\n]+)'\s?(?:;|$)"),
    ("sp_addlogin", rf"\bsp_addlogin\s{{1,4}}N?{_ARGUMENT}N?{_TEXT}"),
)


def find(text: str) -> Iterator[Span]:
    """Find passwords that are piped into a program, printed by it, or given to a function that signs in."""
    low = lowered(text)
    for sign, source in _PLACES:
        if sign in low:
            yield from values(source, text, "password")
