"""Passwords piped into programs, or given to functions that sign in."""

from collections.abc import Iterator

from rflow.core.redaction.spans import Span, values

_PIPED = (
    r"\becho[^\S\n]{1,4}(?:-n[^\S\n])?[\"']?(?:[\w.-]{1,60}:)?([^\s\"'|:]{1,200})[\"']?[^\S\n]{0,4}\|[^\S\n]{0,4}(?:sudo[^\S\n])?"
    r"(?:chpasswd|passwd[^\n|]{0,60}--stdin|sudo[^\n|]{0,40}-S\b|kinit|[^\n|]{0,200}--(?:password|token|with)[\w-]*-(?:stdin|token))"
)
_HERE = (
    r"\b(?:kinit|chpasswd|passwd[^\n<]{0,60}--stdin|sudo[^\n<]{0,40}-S\b|--[\w-]{0,20}(?:password|token)-stdin)[^\n<]{0,100}"
    r"<<<[^\S\n]{0,4}[\"']?([^\s\"']{1,200})"
)
_SECURE_STRING = r"\bConvertTo-SecureString(?:\s{1,4}-(?:String|AsPlainText|Force)){0,3}\s{1,4}"
_CALLED = (
    rf"{_SECURE_STRING}(?:\"([^\"\n]+)\"|'([^'\n]+)')",
    rf"{_SECURE_STRING}(?=\S*\d)([\w!#%&*+.:=@^~]{{5,}})",
    r"(?:Credential|login|authenticate|auth|auth=)\(\s?[\"'][^\"'\n]{0,100}[\"']\s?,\s?[\"'](?=[^\"'\n]*\d)([^\"'\n]+)[\"']",
)


def find(text: str) -> Iterator[Span]:
    """Find passwords that are piped into a program or given to a function that signs in."""
    for source in (_PIPED, _HERE, *_CALLED):
        yield from values(source, text, "password")
