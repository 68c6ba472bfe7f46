"""Listing the sessions of a folder without a cache on the disk: files are read whole only until the list is full.

The last line of a file says when its session was updated, which is what lists are sorted by. Only that line of each
file is read; then sessions are read one after another, the last updated first, until enough of them match.
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
"""What lists are sorted by (the time of the last update, the id), and the file."""


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What lists show of a session."""

    head: Head
    people: tuple[Person, ...]


class Listing:
    """The sessions of a store; what was read of a session stays in memory until its file changes."""

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
        """Read what lists show of one session; None where it is not there."""
        status = self._files.status(name.file)
        return self._entry(name, _stamp(status)) if status else None

    def stamp(self, name: Name) -> str:
        """Return a text that changes whenever the file of a session does, or is replaced by another."""
        status = self._files.status(name.file)
        return "-".join(f"{part:x}" for part in _stamp(status)) if status else ""

    def entries(self, wanted: Callable[[Name], bool] = lambda name: True) -> list[Entry]:
        """Read what lists show of sessions."""
        found = (self._entry(name, stamp) for name, stamp in self.stamped() if wanted(name))
        return [entry for entry in found if entry]

    def newest(self) -> Iterator[Entry]:
        """Read what lists show of all sessions, one by one, those first whose files were changed last."""
        stamped = sorted(self.stamped(), key=lambda each: each[1][1], reverse=True)
        return (entry for name, stamp in stamped if (entry := self._entry(name, stamp)))

    def stamped(self) -> Iterator[tuple[Name, Stamp]]:
        """List all sessions with what changes whenever their file does: its size, times and number."""
        for file, status in self._files.statuses(session_file.FOLDER).items():
            if name := session_file.read_name(file):
                yield name, _stamp(status)

    def _place(self, name: Name, stamp: Stamp, query: Query) -> _Place | None:
        """Return the place of a session in a list; None where a look at its file shows that it does not match."""
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
        """Read the last event of a session; None where it can't be read."""
        with suppress(OSError, StoreProblem):
            last = session_file.read_end(self._files, name).last
            return last if isinstance(last, Event) else None
        return None

    def _look_for_handoff(self, name: Name, _: Stamp) -> bool:
        """Whether a session can have been handed off, which is quicker to see than to read."""
        with suppress(OSError, StoreProblem):
            return b"handed_off" in self._files.read(name.file)
        return False

    def _read(self, name: Name, stamp: Stamp) -> Entry | None:
        """Read a session; None where it was deleted meanwhile.

        One that can't be read is listed as such and keeps no other from being listed.
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
