"""Settings of network devices and databases: passwords, keys and communities by the words before them."""

from collections.abc import Iterator

from rflow.core.redaction.belief import is_secret
from rflow.core.redaction.kinds import Kind
from rflow.core.redaction.spans import Span, compiled
from rflow.core.redaction.values import Value

_B = r"[^\S\n]{1,8}"
_TYPE = rf"(?:(?:[0-9]|ENC|encrypted|cipher|simple|clear|ascii-text|ascii|hexadecimal|hex|md5|hmac-[\w-]+|local|remote|sha\d*){_B})*+"
_VALUE = r"\"?(?P<value>[^\s\";]+(?:(?<=\S) [^\s\";]+(?=\"))*)"

# (what must be in the text, what stands before the value, the kind). The names that any program uses (password,
# secret) are found in `layouts`.
_LINES: tuple[tuple[str, str, Kind], ...] = (
    ("enable", rf"\benable{_B}(?:secret|password){_B}(?:level{_B}\d+{_B})?{_TYPE}", "password"),
    ("community", rf"\bsnmp-server{_B}community{_B}{_TYPE}", "SNMP community"),
    ("snmp", rf"\bsnmp-server{_B}host{_B}\S+{_B}(?:(?:traps|informs){_B})?(?:version{_B}(?:1|2c){_B})?", "SNMP community"),
    ("community", rf"\b(?:r[ow]community6?|snmp-agent{_B}community{_B}(?:read|write)|snmp{_B}(?:set{_B})?community|set{_B}snmp{_B}community){_B}{_TYPE}", "SNMP community"),
    ("com2sec", rf"\bcom2sec6?{_B}(?:-Cn{_B}\S+{_B})?\S+{_B}\S+{_B}", "SNMP community"),
    ("v3", rf"\b(?:auth|priv){_B}(?:md5|sha\d*|des|3des|aes)(?:{_B}(?:128|192|256))?{_B}{_TYPE}", "password"),
    ("createuser", rf"\bcreateUser{_B}\S+{_B}(?:MD5|SHA\S*){_B}", "password"),
    ("createuser", rf"\bcreateUser{_B}\S+{_B}(?:MD5|SHA\S*){_B}\S+{_B}(?:DES|AES\S*){_B}", "password"),
    ("key", rf"\b(?:(?:tacacs|radius)(?:-server)?[^\n]{{0,120}}?|server-|aaa-server[^\n]{{0,120}}?|isakmp{_B}|ikev\d{_B})key{_B}{_TYPE}(?!chain)", "key"),
    ("key", rf"\b(?:key-string|authentication-key|auth-key|(?:pre-?)?shared-key|server-key){_B}{_TYPE}", "key"),
    ("key", rf"^{_B}?(?:set{_B})?key{_B}[0-9]{_B}", "key"),
    ("message-digest-key", rf"\bmessage-digest-key{_B}\d+{_B}md5{_B}{_TYPE}", "key"),
    ("ntp", rf"\bntp{_B}authentication-key{_B}\d+{_B}(?:md5|sha\S*){_B}{_TYPE}", "key"),
    ("authentication", rf"\b(?:standby|vrrp|glbp){_B}\d+{_B}authentication{_B}(?:text{_B}|md5{_B}key-string{_B})?{_TYPE}", "key"),
    ("psk", rf"\bwpa-psk{_B}(?:ascii|hex){_B}(?:\d{_B})?|\bset{_B}(?:psksecret|passphrase){_B}(?:ENC{_B})?", "key"),
    ("neighbor", rf"\bneighbor{_B}\S+{_B}password{_B}{_TYPE}", "password"),
    ("username", rf"\busername{_B}\S+{_B}[^\n]{{0,120}}?\b(?:password|secret){_B}{_TYPE}", "password"),
    ("passw", rf"\b(?:set{_B}(?:password|passwd)|(?:encrypted|plain-text|ppp{_B}(?:chap|pap))[- ]{_B}?password(?:-value)?){_B}{_TYPE}", "password"),
    ("secret", rf"\b(?:secret|password|key){_B}[0-9]{_B}", "password"),
    ("$9$", r"(?=\"?\$9\$)", "password"),  # Junos
    ("$8$", r"(?=\"?\$8\$)", "password"),
    ("identified", rf"\bidentified{_B}(?:with{_B}\S+{_B})?(?:by|as){_B}(?:password{_B})?['\"]?", "password"),
    ("auth", r"\"AUTH\"[^\S\n]+(?:\"[\w-]+\"[^\S\n]+(?=\"))?\"|^AUTH[^\S\n]+(?:\w+[^\S\n]+(?=\S+$))?(?=\S+$)", "password"),
)


def find(text: str) -> Iterator[Span]:
    """Find the values of such settings."""
    lowered = text.lower()
    for sign, before, kind in _LINES:
        if sign in lowered:
            for match in compiled(rf"(?:{before}){_VALUE}").finditer(text):
                start, end = match.span("value")
                if is_secret(text, Value(start, end, end, quoted=False), "sure"):
                    yield Span(start, end, kind)
