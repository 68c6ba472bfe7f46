"""Settings of network devices and databases: passwords, keys and communities by the words before them."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rflow.core.redaction.kinds import Kind
from rflow.core.redaction.plausibility import is_secret
from rflow.core.redaction.rules import parts_of, words_in
from rflow.core.redaction.spans import Span, lowered, pattern
from rflow.core.redaction.values import Value, value_at

_B = r"[^\S\n]{1,8}"
_TYPE = (
    r"(?:(?:[0-9]|ENC|encrypted|(?:irreversible-)?cipher|simple|clear|ascii-text|ascii|hexadecimal|hex|md5|hmac-[\w-]+|local|remote|sha\d*)"
    rf"{_B})*+"
)
_ACL = r"(?:on|off|(?:no|all|re|sanitize|skip)[\w-]{2,40}|[~+&%(@-]\S{0,100})"
"""What Redis knows about a user besides a password."""
_ACL_WORD = (
    r"(?:on|off|all(?:keys|commands|channels)|no(?:pass|commands)|reset(?:pass|keys|channels)?|(?:skip-)?sanitize-payload"
    r"|clearselectors)(?![^\s;,])"
)
_COUNT = rf"\d[\d.,]*(?:%|{_B}(?!{_ACL_WORD})[a-z])"
"""An amount in prose: user bob on >50% of nodes, on >3 hosts."""
_ACL_SIGN = rf"(?:>|<(?![^\s<>]*>))(?=[^\s=])(?!{_COUNT})|[#!](?=[0-9a-f]{{16}})"
"""A password is added with > and removed with <, its SHA-256 with # and !."""
_ACL_PASSWORD = rf"(?:{_ACL}{_B}){{0,20}}(?:{_ACL_SIGN})"
_ACL_USER = (
    rf"\b(?:setuser{_B}\S{{1,100}}{_B}{_ACL_PASSWORD}|user{_B}\S{{1,100}}{_B}(?:{_ACL}{_B}){{1,20}}(?:{_ACL_SIGN}))"
)
_ACL_RULE = rf"{_B}(?:{_ACL_WORD}|[~+&%(@><#!-]\S{{1,100}})"
_ACL_BRIEF = (
    rf"\buser{_B}\S{{1,100}}{_B}>(?=[^\s=])(?!{_COUNT})"
    rf"(?=\S{{1,200}}(?:{_ACL_RULE}){{1,20}}[^\S\n]{{0,8}}(?:[;|\"'.]|$)|\S{{1,200}}(?:{_ACL_RULE}){{2}}"
    rf"|(?=\S{{0,60}}\d)(?=\S{{0,60}}[A-Za-z])(?=\S{{0,60}}[!#$^*?])[^\s=]{{6,60}}{_B}o(?:n|ff)\b)"
)
"""A password straight after the user's name: rules follow, or it has a sign as passwords do."""

# (what must be in the text, what stands before the value, the kind). The names that any program uses (password,
# secret) are found in `layouts`.
SETTINGS: tuple[tuple[tuple[str, ...], str, Kind], ...] = (
    (
        ("enable secret", "enable password"),
        rf"\benable{_B}(?:secret|password){_B}(?:level{_B}\d+{_B})?{_TYPE}",
        "password",
    ),
    (("snmp-server community",), rf"\bsnmp-server{_B}community{_B}{_TYPE}", "SNMP community"),
    (
        ("snmp-server host",),
        rf"\bsnmp-server{_B}host{_B}\S+{_B}(?:(?:traps|informs){_B})?(?:version{_B}(?:1|2c){_B})?(?!version)",
        "SNMP community",
    ),
    (
        ("community",),
        rf"\b(?:r[ow]community6?|snmp-agent{_B}community{_B}(?:read|write)|snmp{_B}(?:set{_B})?community){_B}{_TYPE}",
        "SNMP community",
    ),
    (("com2sec",), rf"\bcom2sec6?{_B}(?:-Cn{_B}\S+{_B})?\S+{_B}\S+{_B}", "SNMP community"),
    (
        ("auth md5", "auth sha", "priv aes", "priv des", "priv 3des"),
        rf"\b(?:auth|priv){_B}(?:md5|sha\d*|des|3des|aes)(?:{_B}(?:128|192|256))?{_B}{_TYPE}",
        "password",
    ),
    (("createuser",), rf"\bcreateUser{_B}\S+{_B}(?:MD5|SHA\S*){_B}", "password"),
    (("createuser",), rf"\bcreateUser{_B}\S+{_B}(?:MD5|SHA\S*){_B}\S+{_B}(?:DES|AES\S*){_B}", "password"),
    (
        ("tacacs", "radius", "aaa-server", "isakmp key", "server-key"),
        rf"\b(?:(?:tacacs|radius|aaa-server)[^\n]{{0,120}}?|server-|isakmp{_B})key{_B}{_TYPE}(?!chain)",
        "key",
    ),
    (
        ("tacacs server", "radius server"),
        rf"\b(?:tacacs|radius){_B}server{_B}\S+\n(?:[^\n]{{0,120}}\n){{0,4}}?[^\S\n]*key{_B}{_TYPE}",
        "key",
    ),
    (
        ("key-string", "authentication-key", "auth-key", "shared-key"),
        rf"\b(?:key-string|authentication-key|auth-key|(?:pre-?)?shared-key){_B}(?:\d+{_B}(?:md5|sha\S*){_B})?{_TYPE}",
        "key",
    ),
    (("message-digest-key",), rf"\bmessage-digest-key{_B}\d+{_B}md5{_B}{_TYPE}", "key"),
    (
        ("standby ", "vrrp ", "glbp "),
        rf"\b(?:standby|vrrp|glbp){_B}\d+{_B}authentication{_B}(?:text{_B}|md5{_B}key-string{_B})?{_TYPE}",
        "key",
    ),
    (
        ("wpa-psk", "psksecret"),
        rf"\b(?:wpa-psk{_B}(?:ascii|hex){_B}(?:\d{_B})?|set{_B}psksecret{_B}(?:ENC{_B})?)",
        "key",
    ),
    (("set-key ",), rf"\bset-key{_B}(?:ascii|hex){_B}{_TYPE}", "key"),
    (
        ("password manager", "password operator"),
        rf"\bpassword{_B}(?:manager|operator){_B}(?:user-name{_B}\S+{_B})?(?:plaintext|sha\d*){_B}",
        "password",
    ),
    (("psk ",), rf"\bpsk{_B}\S+{_B}secret{_B}", "key"),
    (("key=", "key0=", "key1="), r"\bwireless\.[\w@\[\]-]+\.key\d?=", "key"),  # OpenWrt
    (("option key",), rf"\boption{_B}key\d?{_B}(?=['\"])", "key"),
    (("stats auth",), rf"\bstats{_B}auth{_B}[^\s:]+:", "password"),  # HAProxy
    (("cachemgr_passwd",), rf"\bcachemgr_passwd{_B}", "password"),
    (("community =", "community="), r"\bcommunity[\"']?[^\S\n]*=[^\S\n]*(?=[\"'])", "SNMP community"),
    (
        ("community: ", 'community "'),
        r"^[^\S\n]*(?-i:(?<=[^\S\n])(?:- )?community:[^\S\n]+(?=\S+$)|Community[^\S\n]+(?=\"[^\"\n]+\"$))"
        r"(?![\d:]+$|\[|no-|local-)",
        "SNMP community",
    ),
    ((": xauth", ": eap"), rf"^[^\n:]{{0,120}}:{_B}(?-i:XAUTH|EAP){_B}(?=\")", "password"),
    (("hmac-",), r"\bhmac-(?:md5|sha\d+):[\w.-]{1,60}[: ](?=[\w+/]{16})", "key"),  # TSIG
    (("addauth digest",), rf"\baddauth{_B}digest{_B}[^\s:]+:", "password"),  # ZooKeeper
    (("password_maps",), r"_maps?\s?=\s?static:[^\s:]{1,80}:", "password"),  # Postfix
    (("_auth",), rf"\bconfig{_B}set{_B}\S{{1,200}}_auth(?:Token)?{_B}", "token"),  # npm
    (("nickserv",), rf"\bnickserv{_B}:?(?:identify|register){_B}(?:\S+{_B}(?=\S+$))?(?=\S+$)", "password"),
    (("isis password", "-password "), rf"\b(?:isis{_B}password|(?:area|domain)-password){_B}{_TYPE}", "password"),
    (("\n key ",), rf"\bisakmp{_B}client{_B}[^\n]{{1,80}}\n[^\S\n]+key{_B}{_TYPE}", "key"),
    (
        ("radius auth", "radius acct", "tacacs auth", "tacacs acct"),
        rf"\b(?:radius|tacacs){_B}(?:auth|acct){_B}add{_B}\d+{_B}\S+{_B}\d+{_B}(?:ascii|hex){_B}",
        "key",
    ),
    (("tacplus-server", "radius-server"), rf"\b(?:tacplus|radius)-server{_B}\S+{_B}secret{_B}{_TYPE}", "key"),
    (("auth-pass ",), rf"\bsentinel{_B}auth-pass{_B}\S+{_B}", "password"),
    (("sql> conn",), rf"\bSQL>{_B}conn(?:ect)?{_B}[\w$#]+/(?=\S)", "password"),
    (("neighbor ",), rf"\bneighbor{_B}\S+{_B}password{_B}{_TYPE}", "password"),
    (("username ",), rf"\busername{_B}\S+{_B}[^\n]{{0,120}}?\b(?:password|secret){_B}{_TYPE}", "password"),
    (
        ("encrypted-password", "plain-text-password", "ppp chap", "ppp pap"),
        rf"\b(?:(?:encrypted|plain-text)-password(?:-value)?|ppp{_B}(?:chap|pap){_B}[^\n]{{0,80}}?password){_B}{_TYPE}",
        "password",
    ),
    (
        tuple(f"{name} {digit}" for name in ("secret", "password", "key") for digit in "056789"),
        rf"\b(?:secret|password|key){_B}[05-9]{_B}(?=\S{{6}})(?!\S*[-:])",
        "password",
    ),
    (("$9$", "$8$"), r"(?<=[\"\s])(?=\$[89]\$)", "password"),  # Junos
    (("identified",), rf"\bidentified{_B}(?:with{_B}\S+{_B})?(?:by|as){_B}(?:password{_B})?", "password"),
    (
        ('"auth"', "auth "),
        r"\"AUTH\"[^\S\n]+(?:\"[\w-]+\"[^\S\n]+(?=\"))?(?=\")"
        r"|(?:^|> )(?-i:AUTH)[^\S\n]+(?:\w+[^\S\n]+(?=\S+$))?(?!(?:[A-Z]+|CRAM-MD5|DIGEST-MD5|XOAUTH2)$)(?=\S+$)",
        "password",
    ),
    (("requirepass", "masterauth"), r"\"(?:requirepass|masterauth)\"\s{1,40}\d\)[^\S\n]", "password"),
    (
        (" on >", " on #", " +@", "~*", "allkeys", "setuser "),
        _ACL_USER,
        "password",
    ),  # Redis
    ((" >",), _ACL_BRIEF, "password"),
    (("login ",), r"^[a-z]{0,4}\d{1,6} (?-i:LOGIN) \S{1,100} (?=\S*\d)(?=\S+$)", "password"),  # IMAP
)
_MORE = {_ACL_USER: _B + _ACL_PASSWORD, _ACL_BRIEF: _B + _ACL_PASSWORD}
"""What stands between a value and a further one, where what stands before the first is not repeated."""
_PARTS = tuple(tuple(map(parts_of, signs)) for signs, _, _ in SETTINGS)


def find(text: str) -> Iterator[Span]:
    """Find the values of such settings."""
    low = lowered(text)
    for signs, before, kind in _settings_in(words_in(low)):
        if any(sign in low for sign in signs):
            yield from (Span(value.start, value.end, kind) for value in _behind(text, before))


@lru_cache(maxsize=256)
def _settings_in(words: frozenset[str]) -> list[tuple[tuple[str, ...], str, Kind]]:
    """Return the settings that a text with those words can hold, each with the signs that it can hold of them."""
    each = (
        (tuple(sign for sign, part in zip(signs, parts, strict=True) if part <= words), before, kind)
        for (signs, before, kind), parts in zip(SETTINGS, _PARTS, strict=True)
    )
    return [setting for setting in each if setting[0]]


def _behind(text: str, before: str) -> Iterator[Value]:
    """Return the secrets behind a pattern; one within another is part of that."""
    done = 0
    for first in pattern(before).finditer(text):
        match: re.Match[str] | None = first
        while match and match.end() >= done:
            value = value_at(text, match.end())
            if value is None or not is_secret(text, value, "sure"):
                break
            done = value.end
            yield value
            match = pattern(_MORE[before]).match(text, done) if before in _MORE else None
