"""The questions and handoffs whose outcome a user has not seen yet, in a file in the state folder.

The file contains only ids and numbers, never a text of a session, and can be deleted at any time.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from zlib import crc32

_LIMIT = 200
"""How many entries are kept, newest first: looking for news loads their sessions."""


class Entry(NamedTuple):
    """A question or a handoff: the id of its session, and its event number."""

    session_id: str
    seq: int


LastShown = dict[Entry, int]
"""For each entry, the number of the last event about it that the user was shown; 0 for none."""


class Awaited:
    """The awaited entries of a person in the store at `url`; each store has its own file."""

    def __init__(self, state: str, url: str, person_id: str) -> None:
        self._url, self._person_id = url, person_id
        self._file = f"{state}/awaited/{crc32(url.encode('utf-8', 'replace')):08x}.json"

    def entries(self) -> LastShown:
        """Return the awaited entries, oldest first."""
        return self._read().get(self._person_id, {})

    def add(self, session_id: str, seq: int) -> None:
        """Add an entry."""
        before = self._read()
        entries = before.get(self._person_id, {})
        entry = Entry(session_id, seq)
        if entry not in entries:
            kept = dict([*entries.items(), (entry, 0)][-_LIMIT:])
            with suppress(OSError):  # a read-only home must not stop the command
                self._write(before | {self._person_id: kept})

    def settle(self, changes: Mapping[Entry, int | None]) -> None:
        """Save the last event that the user was shown, by entry; entries with None are removed.

        Raises `OSError` if the file can't be written.
        """
        before = self._read()
        entries = before.get(self._person_id, {})
        after = {entry: changes.get(entry, shown) for entry, shown in entries.items()}
        left = {entry: shown for entry, shown in after.items() if shown is not None}
        if left != entries:
            self._write({who: mine for who, mine in (before | {self._person_id: left}).items() if mine})

    def forget(self) -> None:
        """Delete the awaited entries of all users of this store."""
        with suppress(OSError):
            os.unlink(self._file)

    def _read(self) -> dict[str, LastShown]:
        """Return the awaited entries of each person; none if the file can't be read."""
        try:
            with open(self._file, "rb") as file:
                saved = json.load(file)
            if saved["url"] == self._url:
                return {who: _last_shown(entries) for who, entries in saved["awaited"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            pass
        return {}

    def _write(self, awaited: dict[str, LastShown]) -> None:
        from rflow.whole_files import write_own_file

        if not awaited:
            with suppress(FileNotFoundError):
                os.unlink(self._file)
            return
        rows = {who: [[*entry, shown] for entry, shown in entries.items()] for who, entries in awaited.items()}
        write_own_file(self._file, json.dumps({"url": self._url, "awaited": rows}).encode())


def _last_shown(rows: list[tuple[str, int, int]]) -> LastShown:
    return {Entry(str(session), int(seq)): int(shown) for session, seq, shown in rows}
