"""A cache of the summaries that pages show: one for all readers of the same version of a session."""

from datetime import datetime, timedelta
from threading import Lock

import msgspec

from rflow.core.session.state import Session
from rflow.core.summary.budget.view import Extent, View, Zone
from rflow.core.summary.progress import Progress
from rflow.core.summary.summarise import summarise
from rflow.ports.workspace import Workspace
from rflow.service.trees import tree_changed, trees_of

_EXTENT = Extent(entries=200, evidence=60, outline=True)
_LIFE = timedelta(minutes=1)
_MAX_SESSIONS = 32

_Key = tuple[str, datetime | None, bool | None, tuple[str, ...]]


class _Entry(msgspec.Struct, frozen=True):
    """A summary, its key, and when it was made."""

    key: _Key
    at: datetime
    progress: Progress


class Summaries:
    """The latest summaries of at most `_MAX_SESSIONS` sessions, each for a minute; used by all workers.

    A summary depends on its reader only by the trees that they can read, which are part of its key. `of` takes a
    session that was just read for the reader, so nobody gets what they may not see or what was redacted.
    """

    def __init__(self, zone: Zone) -> None:
        self._zone, self._lock = zone, Lock()
        self._entries: dict[str, _Entry] = {}

    def of(self, workspace: Workspace, session: Session, revision: str, now: datetime) -> Progress:
        """Return the summary of a session that was just read, at this revision; it may be as of a minute ago."""
        trees, changed = trees_of(workspace, session), tree_changed(workspace, session)
        key = (revision, session.updated_at, changed, tuple(trees))
        entry = self._entries.get(session.id)
        if entry is None or entry.key != key or _is_old(entry, now):
            view = View(as_of=now, zone=self._zone, redact=False, extent=_EXTENT)
            entry = _Entry(key, now, summarise(session, trees, view, tree_changed=changed))
            self._put(session.id, entry)
        return entry.progress

    def _put(self, session_id: str, entry: _Entry) -> None:
        with self._lock:
            self._entries.pop(session_id, None)
            self._entries[session_id] = entry
            while len(self._entries) > _MAX_SESSIONS:
                del self._entries[next(iter(self._entries))]

    def drop_old(self, now: datetime) -> None:
        """Drop entries older than a minute, so that redacted or deleted texts do not stay in memory longer."""
        with self._lock:
            self._entries = {name: entry for name, entry in self._entries.items() if not _is_old(entry, now)}

    def clear(self) -> None:
        """Drop everything: another store may have other sessions under the same ids and versions."""
        with self._lock:
            self._entries = {}


def _is_old(entry: _Entry, now: datetime) -> bool:
    return not timedelta() <= now - entry.at < _LIFE
