"""The summaries that pages show: made once for all who look at the same version of a session."""

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
_MOST = 32

_Key = tuple[str, datetime | None, bool | None, tuple[str, ...]]


class _Kept(msgspec.Struct, frozen=True):
    """A summary, when it was made, and what of."""

    key: _Key
    at: datetime
    progress: Progress


class Summaries:
    """The latest summaries of at most `_MOST` sessions, each for a minute; used by all workers.

    Nothing in a summary depends on who asks, except which trees they can read, which is part of its key. It is only
    found with a session that was just read for its reader: what they may not see, or what was redacted, is not found.
    """

    def __init__(self, zone: Zone) -> None:
        self._zone, self._lock = zone, Lock()
        self._kept: dict[str, _Kept] = {}

    def of(self, workspace: Workspace, session: Session, revision: str, now: datetime) -> Progress:
        """Return the summary of a session that was just read, at this revision; it may be as of a minute ago."""
        trees, changed = trees_of(workspace, session), tree_changed(workspace, session)
        key = (revision, session.updated_at, changed, tuple(trees))
        kept = self._kept.get(session.id)
        if kept is None or kept.key != key or _is_old(kept, now):
            view = View(as_of=now, zone=self._zone, redact=False, extent=_EXTENT)
            kept = _Kept(key, now, summarise(session, trees, view, tree_changed=changed))
            self._keep(session.id, kept)
        return kept.progress

    def _keep(self, session_id: str, kept: _Kept) -> None:
        with self._lock:
            self._kept.pop(session_id, None)
            self._kept[session_id] = kept
            while len(self._kept) > _MOST:
                del self._kept[next(iter(self._kept))]

    def forget(self, now: datetime) -> None:
        """Drop what is older than a minute: what was redacted or deleted stays in memory no longer than that."""
        with self._lock:
            self._kept = {name: kept for name, kept in self._kept.items() if not _is_old(kept, now)}

    def clear(self) -> None:
        """Drop everything: another store may have other sessions under the same ids and versions."""
        with self._lock:
            self._kept = {}


def _is_old(kept: _Kept, now: datetime) -> bool:
    return not timedelta() <= now - kept.at < _LIFE
