"""The outbox of a store in memory."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import RLock

from msgspec.structs import replace

from rflow.core.notices import Notice, names


class MemoryOutbox:
    """Notices that last as long as the process."""

    def __init__(self) -> None:
        self._notices: dict[str, Notice] = {}
        self._lock = RLock()

    def put(self, notices: Sequence[Notice]) -> int:
        """Store notices, except for those that exist already."""
        with self._lock:
            new = {notice.id: notice for notice in notices if notice.id not in self._notices}
            self._notices |= new
            return len(new)

    def claim(self, at: datetime, until: datetime, limit: int) -> list[Notice]:
        """Claim notices that are due."""
        with self._lock:
            due = [notice for notice in self.notices() if notice.waiting and notice.due <= at]
            claimed = [replace(each, due=until, attempts=each.attempts + 1) for each in _by_due(due)[:limit]]
            self._notices |= {notice.id: notice for notice in claimed}
            return claimed

    def replace(self, notice: Notice, claimed: Notice, added: Sequence[Notice] = ()) -> bool:
        """Store the new state of a claimed notice."""
        with self._lock:
            if self._notices.get(notice.id) != claimed:
                return False
            self._notices[notice.id] = notice
            self.put(added)
            return True

    def notices(self) -> list[Notice]:
        """Return all notices."""
        return sorted(self._notices.copy().values(), key=lambda notice: (notice.at, notice.id))

    def forget(self, person_id: str) -> None:
        """Remove the notices that name a person."""
        self._keep(lambda notice: not names(notice, person_id))

    def clear(self, session_id: str) -> None:
        """Remove the notices of a session."""
        self._keep(lambda notice: notice.session != session_id)

    def sweep(self, before: datetime) -> None:
        """Remove notices that were settled before a time."""
        self._keep(lambda notice: notice.settled_at is None or notice.settled_at >= before)

    def _keep(self, wanted: Callable[[Notice], bool]) -> None:
        with self._lock:
            self._notices = {key: notice for key, notice in self._notices.items() if wanted(notice)}


def _by_due(notices: Sequence[Notice]) -> list[Notice]:
    return sorted(notices, key=lambda notice: (notice.due, notice.id))
