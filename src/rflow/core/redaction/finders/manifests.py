"""Kubernetes: every value below `data` of a Secret, and the keys of a kubeconfig and of a container registry."""

import re
from collections.abc import Iterator

from rflow.core.redaction.spans import Lazy, Span, lowered, values

_SECRET = Lazy(r"^[ \t-]{0,40}kind: *[\"']?Secret\b|\"kind\": *\"Secret\"", re.MULTILINE)
_DOCUMENT = Lazy(r"^---[^\n]*\n|\Z", re.MULTILINE)
_YAML_DATA = Lazy(
    r"^(?P<indent>[ \t]*)(?:- )?(?:data|stringData):[ \t]*\n(?P<lines>(?:(?P=indent)[ \t]+[^\n]*(?:\n|\Z)|[ \t]*\n)*)",
    re.MULTILINE,
)
_YAML_ENTRY = Lazy(
    r"^(?P<indent>[ \t]+)[\w.\"'/-]+:[ \t]+(?P<block>[|>][+-]?\n)?(?P<value>\S[^\n]*(?:\n(?P=indent)[ \t]+[^\n]*)*)",
    re.MULTILINE,
)
_JSON_DATA = Lazy(r"\"(?:data|stringData)\": *\{(?P<lines>[^{}]*)\}")
_JSON_ENTRY = Lazy(r"\"[^\"\n]+\": *\"(?P<value>(?:[^\"\\\n]|\\.)+)\"")
# (what must be in the text, the pattern)
_SIMPLE = (
    (
        ("key-data", "tls.key", "ca.key", ".docker"),
        r"\b(?:client-key-data|tls\.key|ca\.key|\.dockerconfigjson|\.dockercfg)\\{0,3}[\"']?:[^\S\n]*\\{0,3}[\"']?([\w+/=-]{16,})",
    ),
    (
        ('"auth"', "identitytoken", "registrytoken"),
        r"\"(?:auth|identitytoken|registrytoken)\"\s{0,4}:\s{0,4}\"([\w+/=.-]{8,})\"",
    ),
    (("_auth",), r"(?<!\w)_auth(?:Token)?[^\S\n]{0,4}=[^\S\n]{0,4}\"?([\w+/.=-]{8,})"),
)


def find(text: str) -> Iterator[Span]:
    """Find the values of Secret manifests, wherever `kind` stands, and keys in kubeconfig and registry files."""
    low = lowered(text)
    for signs, source in _SIMPLE:
        if any(sign in low for sign in signs):
            yield from values(source, text, "key")
    if "kind" not in low or "secret" not in low:
        return
    start = 0
    for border in _DOCUMENT.finditer(text):
        if _SECRET.search(text, start, border.start()):
            yield from _entries(text, _YAML_DATA, _YAML_ENTRY, start, border.start())
            yield from _entries(text, _JSON_DATA, _JSON_ENTRY, start, border.start())
        start = border.end()


def _entries(text: str, block: Lazy, entry: Lazy, start: int, end: int) -> Iterator[Span]:
    for data in block.finditer(text, start, end):
        for match in entry.finditer(text, *data.span("lines")):
            yield Span(*match.span("value"), "password")
