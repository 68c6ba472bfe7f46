"""A cache of the heads and people in a folder of sessions, so that a list need not read them all.

It is a file of lines, the last one of a session counts. An entry is good only while the session's file has the size
and time noted in it, so that the whole cache may be deleted, and files may be changed by hand or by git.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from rflow.core.people import Person
from rflow.core.session.head import Head
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.stores import derived, files
from rflow.stores.folder import session_file
from rflow.stores.migrations import DRAFT

NAME = ".index.jsonl"
_TIDY = 256 * 1024  # The file is written anew whenever it has grown by this much: superseded lines go.


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the session in `file`; `highest` is the version it once had, to notice a file cut short."""

    file: str
    size: int
    mtime: int
    highest: int
    head: Head
    people: tuple[Person, ...]


_entries = msgspec.json.Decoder(Entry)


Stamp = tuple[int, int]
UNREAD = (-1, -1)


def stamp(status: os.stat_result) -> Stamp:
    """Give what changes whenever a file does: its size and time."""
    return status.st_size, status.st_mtime_ns


def entry(file: str, seen: Stamp, session: Session, highest: int = 0) -> Entry:
    """Describe the state of a session whose file had the stamp `seen`."""
    return Entry(
        file=file,
        size=seen[0],
        mtime=seen[1],
        highest=max(highest, session.version),
        head=derived.row(session),
        people=tuple(session.people.values()),
    )


class Index:
    """The cache of the folder `root`; whoever writes it holds the folder's lock."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / NAME

    def size(self) -> int:
        """Give the size of the cache in bytes."""
        return self._file.stat().st_size if self._file.exists() else 0

    def read(self) -> dict[str, Entry]:
        """Read the entries by file name, good or not; what can't be read is not there."""
        found: dict[str, Entry] = {}
        try:
            lines = self._file.read_bytes().split(b"\n")
        except FileNotFoundError:
            return found
        for line in lines:
            try:
                one = _entries.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            found[one.file] = one
        return found

    def current(self) -> tuple[dict[str, Entry], bool]:
        """Give a good entry for every session, and whether the cache had just these."""
        known = self.read()
        found: dict[str, Entry] = {}
        for file in session_files(self._root):
            with suppress(FileNotFoundError):  # Deleted since the folder was read.
                found[file.name] = _current(file, known.get(file.name))
        return found, len(known) == len(found) and all(one is known.get(name) for name, one in found.items())

    def add(self, one: Entry) -> None:
        """Note the new state of a session. It need not survive a crash, so nothing waits for the disk."""
        fd = os.open(self._file, files.APPEND, 0o600)
        try:
            line = msgspec.json.encode(one) + b"\n"
            files.write_all(fd, line)
            size = os.fstat(fd).st_size
        finally:
            os.close(fd)
        if size // _TIDY != (size - len(line)) // _TIDY:
            self.write(self.read().values())

    def write(self, entries: Iterable[Entry]) -> None:
        """Write the cache anew."""
        data = b"".join(msgspec.json.encode(one) + b"\n" for one in entries)
        files.replace_with(self._file, data, self._root / DRAFT, durable=False)

    def forget(self, name: str) -> None:
        """Leave no trace of the session in file `name`."""
        known = self.read()
        known.pop(name, None)
        self.write(known.values())


def session_files(root: Path) -> list[Path]:
    """Give the files of all sessions."""
    folder = root / "sessions"
    return [file for file in folder.iterdir() if session_file.read_name(file.name)] if folder.is_dir() else []


def _current(file: Path, known: Entry | None) -> Entry:
    """Give the entry of a file: the known one if it is good, else a new one.

    One that can't be read (a bad sector, somebody else's) is listed as such, and takes no other down with it.
    """
    seen = stamp(file.stat())
    if known is not None and (known.size, known.mtime) == seen:
        return known
    code, session_id = session_file.read_name(file.name) or ("", "")
    session = Session(id=session_id, code=code)
    try:
        session = replay(session_file.log(file, session_id, code).events, session)
    except FileNotFoundError:
        raise
    except OSError:
        seen = UNREAD  # So that it is tried again.
    return entry(file.name, seen, session, known.highest if known else 0)
