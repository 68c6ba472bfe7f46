"""The file of a session: its name, reading it, and appending so that a crash never leaves half an entry."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple, TypeGuard

from rflow.core.session.events import Event, Stored, Unreadable
from rflow.errors import StoreProblem
from rflow.identity import is_id
from rflow.stores import codec, files
from rflow.stores.folder.odd_files import LIMIT, OddFile, printable, too_large
from rflow.stores.folder.safe_files import SafeFiles, read_all

FOLDER = "sessions"
PLAIN = r"[0-9A-Za-z_-]{1,64}"
_PLAIN = re.compile(PLAIN)
_NAME = re.compile(rf"({PLAIN})\.({PLAIN})\.(jsonl|torn)")
_BLOCK = 8 * 1024
_ID_LENGTH = 36
_SHORTEST = 64  # bytes: no event is shorter, so a file with more lines than its size allows is not a session


Header = codec.Header | Literal["newer"] | None
"""The first line of a file, as `codec.read_header` reads it."""


class Name(NamedTuple):
    """The parts of a session file's name."""

    code: str
    session_id: str

    @property
    def file(self) -> str:
        """The file's name in the store."""
        return f"{FOLDER}/{self.code}.{self.session_id}.jsonl"

    @property
    def torn(self) -> str:
        """The name of the file that keeps torn lines: what a crash left of them."""
        return f"{FOLDER}/{self.code}.{self.session_id}.torn"


def is_plain(text: str) -> bool:
    """Whether an id or a code can be used in a file's name, as all that rflow creates or imports can."""
    return _PLAIN.fullmatch(text) is not None


def name_of(code: str, session_id: str) -> Name:
    """Return the name of a session's file; raise `StoreProblem` if its code or id can't be used in one."""
    if not (is_plain(code) and is_plain(session_id)):
        what = f"A file can't be named after the session {printable(code)} ({printable(session_id)})."
        raise StoreProblem(what, try_="Export it and import it again: it gets a new id and code.")
    return Name(code, session_id)


def read_name(file: str) -> Name | None:
    """Parse the name of a file in the folder of sessions; None if it is not a session."""
    match = _NAME.fullmatch(file)
    if match is None or match[3] != "jsonl" or (len(match[2]) > _ID_LENGTH and is_id(match[2][:_ID_LENGTH])):
        return None  # After an id, OneDrive adds the computer's name to a second copy.
    return Name(match[1], match[2])


def is_torn(file: str) -> bool:
    """Whether a file in the folder of sessions keeps torn lines."""
    return _NAME.fullmatch(file) is not None and file.endswith(".torn")


class Content(NamedTuple):
    """The content of a session's file. `torn` is what follows the last line break: it was never acknowledged.

    `newer_header` is the raw first line if a newer rflow wrote it.
    """

    header: Header
    events: list[Stored]
    torn: bytes
    newer_header: bytes = b""


def read(store_files: SafeFiles, name: Name, after: int = 0) -> Content:
    """Read a session's file."""
    data = store_files.read(name.file)
    if data.count(b"\n") > 1000 + len(data) // _SHORTEST:
        raise OddFile(f"{name.file} has more lines than its size allows: it holds no session.")
    return parse(data, after)


def parse(data: bytes, after: int = 0) -> Content:
    """Parse the bytes of a session's file. A last line without a line break counts if its checksum is right.

    Events up to version `after` are not decoded, provided the lines are numbered correctly.
    """
    if codec.in_conflict(data):
        from rflow.stores.folder.conflicts import both_sides

        return both_sides(data)
    first, *lines = data.split(b"\n")
    torn = lines.pop() if lines else b""
    if torn and codec.is_sealed(torn):
        lines, torn = [*lines, torn], b""
    header = codec.read_header(first)
    if _is_older(header):
        from rflow.stores.upgrades import upgraded

        lines = [upgraded(line, header.records) for line in lines]
    if after and not (len(lines) >= after and isinstance(codec.decode(lines[after - 1], after), Event)):
        after = 0
    events = codec.from_lines(lines[after:], after + 1)
    if header == "newer":
        events = [Unreadable(seq=event.seq, reason="newer", raw=codec.encode(event)) for event in events]
    return Content(header, events, torn, first if header == "newer" else b"")


def _is_older(header: Header) -> TypeGuard[codec.Header]:
    """Whether a file has records of an older version, because it was copied into the store by hand."""
    return isinstance(header, codec.Header) and header.records < codec.RECORD


def text(session_id: str, code: str, events: Sequence[Stored]) -> bytes:
    """Return the bytes of a whole file."""
    lines = [codec.header(session_id, code), *map(codec.encode_line, events)]
    return b"".join(line + b"\n" for line in lines)


class End(NamedTuple):
    """The end of a file: its last event, the size of its valid part, and the torn bytes after that.

    With `line_open`, the last line has no line break yet.
    """

    last: Stored | None
    size: int
    torn: bytes
    line_open: bool

    @property
    def version(self) -> int:
        """The number of the last event."""
        return self.last.seq if self.last else 0


class SessionFile:
    """A session's file, open for appending; the caller holds the lock."""

    def __init__(self, store_files: SafeFiles, name: Name, fd: int, header: Header) -> None:
        self._files, self._name, self._fd = store_files, name, fd
        self._end = _end(store_files, name, fd, header)
        self.version = self._end.version

    def append(self, events: Sequence[Stored]) -> None:
        """Add events, or leave the file unchanged. Bytes torn by a crash are moved to a file of their own."""
        end = self._end
        lines = b"".join(codec.encode_line(event) + b"\n" for event in events)
        if end.size + len(lines) > LIMIT:
            raise too_large(self._files.root / self._name.file)
        if end.torn:
            self._files.append(self._name.torn, end.torn + b"\n")
            os.ftruncate(self._fd, end.size)
        _write_at(self._fd, end.size, b"\n" + lines if end.line_open else lines)


@contextmanager
def opened(store_files: SafeFiles, name: Name) -> Iterator[SessionFile]:
    """Open a session's file for appending; records of an older version are upgraded first."""
    fd = store_files.open_to_write(name.file, os.O_RDWR)
    if _is_older(header := _header(fd)):
        os.close(fd)
        content = read(store_files, name)
        store_files.replace(name.file, text(name.session_id, name.code, content.events) + content.torn)
        fd = store_files.open_to_write(name.file, os.O_RDWR)
        header = _header(fd)
    try:
        yield SessionFile(store_files, name, fd, header)
    finally:
        os.close(fd)


def read_end(store_files: SafeFiles, name: Name) -> End:
    """Read the end of a session's file without reading the rest."""
    fd = store_files.open(name.file, os.O_RDONLY)
    try:
        return _end(store_files, name, fd, _header(fd))
    finally:
        os.close(fd)


def _write_at(fd: int, size: int, data: bytes) -> None:
    """Write and flush `data` at offset `size`; if that fails, as on a full disk, leave the file unchanged."""
    os.lseek(fd, size, os.SEEK_SET)
    try:
        files.write_all(fd, data)
        files.sync(fd)
    except BaseException:
        os.ftruncate(fd, size)
        raise


def _end(store_files: SafeFiles, name: Name, fd: int, header: Header) -> End:
    size = os.fstat(fd).st_size
    line, torn = _last_lines(fd, size)
    line_open = bool(torn) and codec.is_sealed(torn)
    line, torn = (torn, b"") if line_open else (line, torn)
    last: Stored | None = codec.decode(line.rstrip(b"\r"), 1, unsealed=True, ahead=1 << 60)
    if header == "newer" or _is_older(header) or not isinstance(last, Event):
        events = read(store_files, name).events
        last = events[-1] if events else None
    return End(last, size - len(torn), torn, line_open)


def _header(fd: int) -> Header:
    os.lseek(fd, 0, os.SEEK_SET)
    return codec.read_header(read_all(fd, _BLOCK).partition(b"\n")[0])


def _last_lines(fd: int, size: int) -> tuple[bytes, bytes]:
    """Return the last complete line and the bytes after its line break, reading backwards from the end."""
    block = _BLOCK
    while True:
        start = max(0, size - block)
        os.lseek(fd, start, os.SEEK_SET)
        data = read_all(fd, size - start)
        end = data.rfind(b"\n")
        before = data.rfind(b"\n", 0, max(end, 0))
        if start == 0 or before >= 0:
            return data[before + 1 : max(end, 0)], data[end + 1 :]
        block *= 4
