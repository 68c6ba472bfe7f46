"""Excerpts: the first and last lines of captured bytes, as text."""

import re

import msgspec

from rflow.core.encodings import as_utf8
from rflow.core.text import GONE, byte_size, counted, terminal_text

HEAD, TAIL = 10, 40
"""How many lines are kept from the start and from the end."""
WIDTH = 400
"""How many characters are kept of a line."""
_HEAD_BYTES, _TAIL_BYTES = 4 * 1024, 12 * 1024 - 128  # UTF-8; with the line between them below 16 KiB
_RAW = 16 * 1024  # how many bytes of a raw line are examined
_SAMPLE = 64 * 1024

_FULL_SCREEN = re.compile(rb"\x1b\[\?(?:1049|1047|47)h.*?(?:\x1b\[\?(?:1049|1047|47)l|\Z)", re.DOTALL)
_CONTROL = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")  # without those that terminals interpret


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """The text, with a line in place of the missing part, and how many lines are missing."""

    text: str
    left_out: int


def excerpt(data: bytes, *, cut: int = 0, cut_lines: int = 0, encoding: str = "", fallback: str = "") -> Excerpt:
    """Return the first and last lines of `data` as a terminal shows them, at most 16 KiB.

    If `cut` bytes are missing in the middle, `data` has `cut_line(cut)` there; `cut_lines` is how many lines they were.
    The screens of full-screen programs are left out, and binary data is replaced by its size. For `encoding` and
    `fallback` see `as_utf8`.
    """
    head, tail = (_on_screen(as_utf8(half, encoding, fallback)) for half in _halves(data, cut))
    if _is_binary(head) or _is_binary(tail):
        return Excerpt(text=f"(binary, {byte_size(len(head) + cut + len(tail))})", left_out=0)
    head, tail = _without_screens(head), _without_screens(tail).rstrip()
    if cut:
        first, between = _split_after(head, HEAD)
    else:
        (first, tail), between = _split_after(head.rstrip(), HEAD), b""
    before, last = _split_before(tail, TAIL)
    heads, tails = _lines(first), _lines(last)
    shown = _fitting(heads[:HEAD], _HEAD_BYTES), _fitting(tails[: -TAIL - 1 : -1], _TAIL_BYTES)[::-1]
    left_out = cut_lines + _count(between) + _count(before) + len(heads) + len(tails) - len(shown[0]) - len(shown[1])
    return Excerpt(text="\n".join([*shown[0], *_gap(left_out, 0 if cut_lines else cut), *shown[1]]), left_out=left_out)


def cut_line(cut: int) -> str:
    """Return the line in place of `cut` missing bytes."""
    return f"… {byte_size(cut)} left out …"


def _on_screen(data: bytes) -> bytes:
    """Return output that overwrites its own lines as the screen showed it at the end."""
    if b"\x1b[" not in data:
        return data
    from rflow.core.redraws import draws_over, redrawn

    text = _without_screens(data).decode("utf-8", "replace")
    return redrawn(text).encode("utf-8", "replace") if draws_over(text) else data


def _halves(data: bytes, cut: int) -> tuple[bytes, bytes]:
    if not cut:
        return data, b""
    head, marker, tail = data.partition(f"{cut_line(cut)}\n".encode())
    if not marker:
        head, tail = data[: len(data) // 2], data[len(data) // 2 :]
    return head, tail


def _is_binary(data: bytes) -> bool:
    """Whether more than a tenth is control characters, such as NUL, or three tenths can't be decoded.

    Compressed data has a tenth and more than four tenths, programs a third and three tenths. Text has less:
    `find -print0`, /proc/PID/environ, Latin-1.
    """
    sample = data if len(data) <= 2 * _SAMPLE else data[:_SAMPLE] + data[-_SAMPLE:]
    text = sample.decode("utf-8", "replace")
    return 3 * len(_CONTROL.findall(text)) + text.count(GONE) > 0.3 * len(text)


def _without_screens(data: bytes) -> bytes:
    """Replace the content of the alternate screen (vim, less, top), whose single lines make no sense."""
    return _FULL_SCREEN.sub(b"(full screen)\n", data) if b"\x1b[?" in data else data


def _split_after(data: bytes, lines: int) -> tuple[bytes, bytes]:
    """Split after the first `lines` lines, without splitting all of them: there may be millions."""
    at = 0
    for _ in range(lines):
        at = data.find(b"\n", at) + 1
        if not at:
            return data, b""
    return data[:at], data[at:]


def _split_before(data: bytes, lines: int) -> tuple[bytes, bytes]:
    """Split before the last `lines` lines."""
    at = len(data)
    for _ in range(lines):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return b"", data
    return data[: at + 1], data[at + 1 :]


def _count(data: bytes) -> int:
    return data.count(b"\n") + (data[-1:] not in (b"", b"\n"))


def _lines(data: bytes) -> list[str]:
    raw = b"\n".join(_squeezed(line) for line in data.split(b"\n")).replace(b"\x00", b" ")
    text = terminal_text(raw.decode("utf-8", "replace")).removesuffix("\n")
    lines = [line.rstrip() for line in text.split("\n")] if data else []
    return [line if len(line) <= WIDTH else line[: WIDTH - 1] + "…" for line in lines]


def _squeezed(line: bytes) -> bytes:
    """Keep both ends of a raw line: a long text matters at its start, a progress bar at its end."""
    return line if len(line) <= _RAW else line[: _RAW // 2] + line[-_RAW // 2 :]


def _fitting(lines: list[str], limit: int) -> list[str]:
    fitting = []
    for line in lines:
        limit -= len(line.encode()) + 1
        if limit < 0:
            break
        fitting.append(line)
    return fitting


def _gap(lines: int, cut: int) -> list[str]:
    """Return the line in place of the missing part; none if nothing is missing."""
    if not lines:
        return [cut_line(cut)] if cut else []
    count = counted(lines, "line")
    return [f"… {count} and {byte_size(cut)} left out …" if cut else f"… {count} left out …"]
