"""The formats of the Windows clipboard: "HTML Format", and lines that end in CR LF, as Microsoft documents them."""

_HEADER = "".join(
    f"{line}\r\n"
    for line in (
        "Version:0.9",
        "StartHTML:{:010d}",
        "EndHTML:{:010d}",
        "StartFragment:{:010d}",
        "EndFragment:{:010d}",
    )
)
_BEFORE, _AFTER = b"<html><body>\r\n<!--StartFragment-->", b"<!--EndFragment-->\r\n</body></html>"


def html_format(fragment: bytes) -> bytes:
    """Return a fragment in UTF-8 as "HTML Format": a header with the byte offsets of the document and the fragment.

    A NUL follows the document: Windows rounds sizes up, and some programs read until a NUL.
    """
    start = len(_HEADER.format(0, 0, 0, 0))
    first = start + len(_BEFORE)
    last = first + len(fragment)
    header = _HEADER.format(start, last + len(_AFTER), first, last)
    return header.encode() + _BEFORE + fragment + _AFTER + b"\0"


def windows_lines(text: str) -> str:
    """Return the text with lines that end in CR LF, as CF_UNICODETEXT requires."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
