"""Decoding captured output: UTF-8, UTF-16 with or without a byte order mark, or a given encoding."""

from codecs import lookup
from collections import Counter

from rflow.errors import UsageProblem

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SAMPLE = 4096
_FEWEST = 4  # the fewest pairs of bytes that allow a guess
_NO_ENCODINGS = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape")


def encoding_named(name: str) -> str:
    """Return the encoding with this name; raise `UsageProblem` if there is none. "850" means code page 850."""
    name = name.strip()
    try:
        found = lookup(f"cp{name}" if name.isdigit() else name).name
        found.encode().decode(found, "replace")
    except (LookupError, UnicodeError):
        found = ""
    if not found or found.replace("-", "_") in _NO_ENCODINGS:
        raise UsageProblem(
            f'"{name}" is not an encoding of text.',
            try_="Common ones: utf-16, cp850, cp1252, shift_jis, gb18030, latin-1.",
        )
    return found


def as_utf8(data: bytes, encoding: str = "", fallback: str = "") -> bytes:
    """Return output converted to UTF-8, so that it can be split into lines as bytes.

    Without an `encoding`, it is decoded as UTF-16 if it looks like that, else as UTF-8 if it is valid, else as
    `fallback`, the encoding of this machine's programs. Invalid bytes become U+FFFD, or are kept without a `fallback`.
    """
    if encoding:
        return data.decode(encoding, "replace").encode("utf-8", "replace")
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    if order := _utf16_order(data):
        return data.decode(order, "replace").encode("utf-8", "replace")
    return data if not fallback or _is_utf8(data) else data.decode(fallback, "replace").encode("utf-8", "replace")


def _utf16_order(data: bytes) -> str:
    """Return the encoding of UTF-16 without a byte order mark (wmic, reg export); "" if it does not look like that.

    In UTF-16, the high bytes are often zero, or in other scripts have few distinct values, while the low bytes are
    hardly ever zero. Chinese has many distinct high bytes, so its encoding has to be given.
    """
    sample = data[:_SAMPLE] if len(data) > _SAMPLE else data[: len(data) & ~1]
    for order, high, low in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        pairs, zeros = len(high), high.count(0)
        few = zeros > pairs / 2 or (zeros > pairs / 10 and _of_three_kinds(high))
        if pairs >= _FEWEST and few and low.count(0) <= pairs / 50 and _reads_as_text(sample, order):
            return order
    return ""


def _of_three_kinds(data: bytes) -> bool:
    """Whether nearly all bytes have one of the three most common values."""
    return sum(count for _, count in Counter(data).most_common(3)) > 0.9 * len(data)


def _reads_as_text(sample: bytes, encoding: str) -> bool:
    text = sample.decode(encoding, "replace")
    odd = sum(not letter.isprintable() and letter not in "\t\n\r\x1b\ufeff" for letter in text)
    return odd <= len(text) / 50


def _is_utf8(data: bytes) -> bool:
    """Whether data is valid UTF-8, apart from a character cut at its end."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
