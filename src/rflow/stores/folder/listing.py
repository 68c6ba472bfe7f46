"""Listing the sessions of a folder without a cache on the disk, reading as few whole files as possible.

Lists are sorted by the time of the last update, which is in the last line of a file. That line is read from each file;
then sessions are read whole, most recently updated first, until enough of them match.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from itertools import islice

import msgspec

from rflow.core.people import Person
from rflow.core.session.events import Event, SessionClosed
from rflow.core.session.head import Head, Page, Query, matches, read_cursor
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.session.times import EPOCH
from rflow.errors import StoreProblem
from rflow.stores import derived
from rflow.stores.failures import other_owner
from rflow.stores.folder import session_file
from rflow.stores.folder.safe_files import SafeFiles
from rflow.stores.folder.session_file import Name

Stamp = tuple[int, int, int, int]
_Place = tuple[datetime, str, Name, Stamp]
"""The sort key of lists (the time of the last update, the id), and the file."""


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The data of a session for lists."""

    head: Head
    people: tuple[Person, ...]


class Listing:
    """The sessions of a store, with a cache in memory that is valid until a session's file changes."""

    def __init__(self, files: SafeFiles) -> None:
        self._files = files
        self._entry = cache(self._read)
        self._last = cache(self._read_last)
        self._was_handed_off = cache(self._look_for_handoff)

    def names(self) -> list[Name]:
        """List the names of all sessions."""
        return [name for file in self._files.names(session_file.FOLDER) if (name := session_file.read_name(file))]

    def page(self, query: Query) -> Page:
        """Return the page of `query`."""
        start = read_cursor(query.after) if query.after else None
        places = [place for name, stamp in self.stamped() if (place := self._place(name, stamp, query))]
        wanted = sorted((place for place in places if start is None or place[:2] < start), reverse=True)
        found = (entry.head for *_, name, stamp in wanted if (entry := self._entry(name, stamp)))
        matching = (head for head in found if matches(head, query))
        return derived.first_page(list(islice(matching, max(query.limit, 1) + 1)), query.limit)

    def entry(self, name: Name) -> Entry | None:
        """Return the list entry of one session; None if it does not exist."""
        status = self._files.status(name.file)
        return self._entry(name, _stamp(status)) if status else None

    def stamp(self, name: Name) -> str:
        """Return a text that changes whenever the file of a session is changed or replaced."""
        status = self._files.status(name.file)
        return "-".join(f"{part:x}" for part in _stamp(status)) if status else ""

    def entries(self, wanted: Callable[[Name], bool] = lambda name: True) -> list[Entry]:
        """Return the list entries of sessions."""
        found = (self._entry(name, stamp) for name, stamp in self.stamped() if wanted(name))
        return [entry for entry in found if entry]

    def newest(self) -> Iterator[Entry]:
        """Yield the list entries of all sessions, most recently changed files first."""
        stamped = sorted(self.stamped(), key=lambda each: each[1][1], reverse=True)
        return (entry for name, stamp in stamped if (entry := self._entry(name, stamp)))

    def stamped(self) -> Iterator[tuple[Name, Stamp]]:
        """Yield all sessions with their stamps: the size, times and inode of the file."""
        for file, status in self._files.statuses(session_file.FOLDER).items():
            if name := session_file.read_name(file):
                yield name, _stamp(status)

    def _place(self, name: Name, stamp: Stamp, query: Query) -> _Place | None:
        """Return the place of a session in a list; None if its last line already shows that it does not match."""
        last = self._last(name, stamp)
        if last is None:
            entry = self._entry(name, stamp)
            return (*derived.sort_key(entry.head), name, stamp) if entry else None
        if query.status and "closed" not in query.status and isinstance(last.fact, SessionClosed):
            return None
        if query.inbox is not None and not self._was_handed_off(name, stamp):
            return None
        return last.at, name.session_id, name, stamp

    def _read_last(self, name: Name, _: Stamp) -> Event | None:
        """Read the last event of a session; None if it can't be read."""
        with suppress(OSError, StoreProblem):
            last = session_file.read_end(self._files, name).last
            return last if isinstance(last, Event) else None
        return None

    def _look_for_handoff(self, name: Name, _: Stamp) -> bool:
        """Whether a session may have been handed off, by a text search that is faster than parsing."""
        with suppress(OSError, StoreProblem):
            return b"handed_off" in self._files.read(name.file)
        return False

    def _read(self, name: Name, stamp: Stamp) -> Entry | None:
        """Read a session; None if it was deleted in the meantime.

        A session that can't be read is listed as unreadable, so that the list still works.
        """
        at = EPOCH + timedelta(microseconds=stamp[1] // 1000)
        session = Session(id=name.session_id, code=name.code, updated_at=at)
        try:
            session = replay(session_file.read(self._files, name).events, session)
        except FileNotFoundError:
            return None
        except OSError:
            owner = other_owner(self._files.root / name.file)
            session.title = f"(unreadable: it belongs to {owner})" if owner else ""
        except StoreProblem:
            pass
        return Entry(
            head=derived.stored_head(session),
            people=tuple(person for person in session.people.values() if person.kind != "rflow"),
        )
