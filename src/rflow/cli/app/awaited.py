"""What a user waits to hear of: answers to their questions, and what became of their handoffs, until it was shown.

It holds only ids and numbers, never a text of a session, and can be deleted at any time without harm.
"""

import json
import os
from contextlib import suppress
from zlib import crc32

_LIMIT = 20
"""So many are kept, the newest: each session is loaded to see whether there is news."""

Entries = list[tuple[str, int]]
"""Ids of sessions, each with the number of a question or a handoff in it."""


class Awaited:
    """The questions and handoffs of a person, at the store at `url`, in a file of its own in the state folder."""

    def __init__(self, state: str, url: str, person_id: str) -> None:
        self._key = f"{url} {person_id}"
        self._file = f"{state}/awaited/{crc32(self._key.encode('utf-8', 'replace')):08x}.json"

    def entries(self) -> Entries:
        """Return what is waited for, the oldest first; nothing where the file can't be read."""
        try:
            with open(self._file, "rb") as file:  # noqa: PTH123 (without pathlib)
                saved = json.load(file)
            if saved["key"] == self._key:
                return [(str(session_id), int(seq)) for session_id, seq in saved["awaited"]]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            pass
        return []

    def add(self, session_id: str, seq: int) -> None:
        """Wait for what becomes of an entry of a session, too."""
        entries = self.entries()
        if (session_id, seq) not in entries:
            self._write([*entries, (session_id, seq)])

    def remove(self, over: Entries) -> None:
        """Wait for these no longer."""
        if over:
            self._write([entry for entry in self.entries() if entry not in over])

    def _write(self, entries: Entries) -> None:
        """Save the entries; where that fails, nothing is waited for (a read-only home must not stop anybody)."""
        from pathlib import Path

        from rflow.whole_files import write_own_file

        with suppress(OSError):
            if entries:
                saved = {"key": self._key, "awaited": entries[-_LIMIT:]}
                write_own_file(Path(self._file), json.dumps(saved).encode())
            else:
                os.unlink(self._file)  # noqa: PTH108
