"""One session as a file of lines: its name, reading it, appending to it so that a crash leaves no half entry."""

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from rflow.core.session.events import Event, Stored, Unreadable
from rflow.ports import Log
from rflow.stores import codec, files

_NAME = re.compile(r"([^.]+)\.([^.]+)\.jsonl")
_ODD = re.compile(rb"[^A-Za-z0-9_-]")
_BLOCK = 8 * 1024


def safe(text: str) -> str:
    """Write an id or a code so that it can be part of a file name (an imported one may hold anything)."""
    return _ODD.sub(lambda odd: b"%%%02x" % odd[0][0], text.encode("utf-8", "replace")).decode()


def _unsafe(text: str) -> str:
    return re.sub(rb"%([0-9a-f]{2})", lambda code: bytes([int(code[1], 16)]), text.encode()).decode("utf-8", "replace")


@lru_cache(maxsize=256)
def file_name(code: str, session_id: str) -> str:
    """Name the file of a session."""
    return f"{safe(code)}.{safe(session_id)}.jsonl"


def read_name(name: str) -> tuple[str, str] | None:
    """Read a file's name as (code, session id); None is no session's."""
    found = _NAME.fullmatch(name)
    return (_unsafe(found[1]), _unsafe(found[2])) if found else None


class Content(NamedTuple):
    """What a session's file holds; `torn` stands behind the last line break and was never acknowledged."""

    header: codec.Header | None
    events: list[Stored]
    torn: bytes

    @property
    def version(self) -> int:
        """The number of the last event."""
        return self.events[-1].seq if self.events else 0


def parse(data: bytes, after: int = 0) -> Content:
    """Read a session's file. A last line without a line break counts where its checksum shows that it is whole.

    Lines up to version `after` are passed over, if they are numbered as they should be.
    """
    first, *lines = data.split(b"\n")
    torn = lines.pop() if lines else b""
    if torn and codec.is_sealed(torn):
        lines, torn = [*lines, torn], b""
    told = codec.read_header(first)
    if after and not (len(lines) >= after and isinstance(codec.decode(lines[after - 1], after), Event)):
        after = 0
    events = codec.from_lines(lines[after:], after + 1)
    if told is not None and told.format > codec.FORMAT:
        events = [_newer(event) for event in events]
    return Content(told, events, torn)


def _newer(event: Stored) -> Unreadable:
    return Unreadable(seq=event.seq, reason="newer", raw=codec.encode(event))


def log(path: Path, session_id: str, code: str, after: int = 0) -> Log:
    """Read a session's events behind version `after`."""
    events = parse(path.read_bytes(), after).events
    return Log(id=session_id, code=code, events=[event for event in events if event.seq > after])


def text(session_id: str, code: str, events: Sequence[Stored]) -> bytes:
    """Give a whole file."""
    lines = [codec.header(session_id, code), *map(codec.encode_line, events)]
    return b"".join(line + b"\n" for line in lines)


class SessionFile:
    """A session's file, opened to be continued: the caller holds the lock.

    `version` is the number of its last event, which is read without reading the rest.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = os.open(path, files.READ_WRITE)
        try:
            self._end = _end(self._fd, path)
        except BaseException:
            os.close(self._fd)
            raise
        self.version = self._end.version

    def __enter__(self) -> "SessionFile":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def append(self, events: Sequence[Stored]) -> os.stat_result:
        """Add events and give the file's new state; what fails half-way is taken back.

        What a crash had left torn is moved to a file beside it (`.torn`).
        """
        end = self._end
        if end.torn:
            set_aside(self._path.with_suffix(".torn"), end.torn)
            os.ftruncate(self._fd, end.size)
        lines = b"".join(codec.encode_line(event) + b"\n" for event in events)
        _write_at(self._fd, end.size, b"\n" + lines if end.line_open else lines)
        return os.fstat(self._fd)


def last_version(path: Path) -> int:
    """Give the number of a file's last event without reading the others."""
    fd = os.open(path, os.O_RDONLY | files.BINARY)
    try:
        return _end(fd, path).version
    finally:
        os.close(fd)


def _write_at(fd: int, size: int, data: bytes) -> None:
    """Write and flush `data` at the end, or leave the file as it was (the disk may be full)."""
    os.lseek(fd, size, os.SEEK_SET)
    try:
        files.write_all(fd, data)
        files.sync(fd)
    except BaseException:
        os.ftruncate(fd, size)
        raise


def set_aside(path: Path, torn: bytes) -> None:
    """Keep what a crash left of a line, in case somebody wants to look at it."""
    files.append_to(path, torn + b"\n")


class _End(NamedTuple):
    """How a file ends: its last event's number, the length of what counts, what is torn behind that."""

    version: int
    size: int
    torn: bytes
    line_open: bool


def _end(fd: int, path: Path) -> _End:
    """Look at the end of a file, which needs no more than its last line."""
    size = os.fstat(fd).st_size
    last, torn = _last_lines(fd, size)
    line_open = bool(torn) and codec.is_sealed(torn)
    last, torn = (torn, b"") if line_open else (last, torn)
    found = codec.decode(last.rstrip(b"\r"), 1, unsealed=True, ahead=1 << 60)
    version = found.seq if isinstance(found, Event) else parse(path.read_bytes()).version
    return _End(version, size - len(torn), torn, line_open)


def _last_lines(fd: int, size: int) -> tuple[bytes, bytes]:
    """Read from the end until a whole line is there; give it, and what stands behind its line break."""
    block = _BLOCK
    while True:
        start = max(0, size - block)
        os.lseek(fd, start, os.SEEK_SET)
        data = _read(fd, size - start)
        end = data.rfind(b"\n")
        before = data.rfind(b"\n", 0, max(end, 0))
        if start == 0 or before >= 0:
            return data[before + 1 : max(end, 0)], data[end + 1 :]
        block *= 4


def _read(fd: int, count: int) -> bytes:
    parts = []
    while count and (part := os.read(fd, count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
