"""The encodings of captured output: UTF-8, UTF-16 with or without its mark, or what somebody named."""

from codecs import lookup
from collections import Counter

from rflow.errors import UsageProblem

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SAMPLE = 4096
_FEWEST = 4  # pairs of bytes, to tell anything from them
_NO_ENCODINGS = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape")


def encoding_named(name: str) -> str:
    """Return the encoding of that name; raise `UsageProblem` for what is none. "850" is code page 850."""
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
    """Return output as UTF-8, so that lines can be found by their bytes.

    Without an `encoding` it is UTF-16 if it looks like that, else UTF-8, else `fallback`: what programs of this machine
    use. Bytes that can't be read become U+FFFD, or stay where nothing better is known.
    """
    if encoding:
        return data.decode(encoding, "replace").encode("utf-8", "replace")
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    if order := _utf16_order(data):
        return data.decode(order, "replace").encode("utf-8", "replace")
    return data if not fallback or _is_utf8(data) else data.decode(fallback, "replace").encode("utf-8", "replace")


def _utf16_order(data: bytes) -> str:
    """Return the encoding of UTF-16 without its mark (wmic, reg export); empty if it does not look like that.

    Of each pair of bytes the same one is zero in many, the other one hardly ever, and it reads as text. In other
    scripts than ours the first are of few kinds; Chinese, of many, has to be named.
    """
    sample = data[:_SAMPLE] if len(data) > _SAMPLE else data[: len(data) & ~1]
    for order, high, low in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        pairs, zeros = len(high), high.count(0)
        few = zeros > pairs / 2 or (zeros > pairs / 10 and _of_three_kinds(high))
        if pairs >= _FEWEST and few and low.count(0) <= pairs / 50 and _reads_as_text(sample, order):
            return order
    return ""


def _of_three_kinds(data: bytes) -> bool:
    """Whether nearly all bytes have one of three values."""
    return sum(count for _, count in Counter(data).most_common(3)) > 0.9 * len(data)


def _reads_as_text(sample: bytes, encoding: str) -> bool:
    text = sample.decode(encoding, "replace")
    odd = sum(not letter.isprintable() and letter not in "\t\n\r\x1b\ufeff" for letter in text)
    return odd <= len(text) / 50


def _is_utf8(data: bytes) -> bool:
    """Whether data is UTF-8; a character may be cut at its end."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
