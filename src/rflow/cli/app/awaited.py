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
    """The questions and handoffs of a person at the store at `url`, which has its own file in the state folder."""

    def __init__(self, state: str, url: str, person_id: str) -> None:
        self._url, self._person_id = url, person_id
        self._file = f"{state}/awaited/{crc32(url.encode('utf-8', 'replace')):08x}.json"

    def entries(self) -> Entries:
        """Return what is waited for, the oldest first."""
        return self._read().get(self._person_id, [])

    def add(self, session_id: str, seq: int) -> None:
        """Wait for what becomes of an entry of a session, too."""
        before = self._read()
        entries = before.get(self._person_id, [])
        if (session_id, seq) not in entries:
            self._write(before | {self._person_id: [*entries, (session_id, seq)][-_LIMIT:]})

    def remove(self, over: Entries) -> None:
        """Wait for these no longer."""
        before = self._read()
        entries = before.get(self._person_id, [])
        if left := [entry for entry in entries if entry not in over]:
            before[self._person_id] = left
        else:
            before.pop(self._person_id, None)
        if len(left) < len(entries):
            self._write(before)

    def forget(self) -> None:
        """Delete what everybody waits for at this store."""
        with suppress(OSError):
            os.unlink(self._file)  # noqa: PTH108

    def _read(self) -> dict[str, Entries]:
        """Return what each person waits for; nothing where the file can't be read."""
        try:
            with open(self._file, "rb") as file:  # noqa: PTH123 (without pathlib)
                saved = json.load(file)
            if saved["url"] == self._url:
                everybody = saved["awaited"].items()
                return {who: [(str(session), int(seq)) for session, seq in entries] for who, entries in everybody}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        return {}

    def _write(self, awaited: dict[str, Entries]) -> None:
        """Save it; where that fails, nothing is waited for (a read-only home must not stop anybody)."""
        from pathlib import Path

        from rflow.whole_files import write_own_file

        if not awaited:
            return self.forget()
        with suppress(OSError):
            write_own_file(Path(self._file), json.dumps({"url": self._url, "awaited": awaited}).encode())
        return None
