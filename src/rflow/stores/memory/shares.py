"""The shares of a store in memory."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

import msgspec
from msgspec.structs import replace

from rflow.core.sharing import (
    VIEWS_KEPT,
    Share,
    ShareCount,
    ShareView,
    StoredShare,
    read_share,
    read_view,
    stored_share,
    viewed_at,
)
from rflow.stores import derived, failures


class MemoryShares:
    """Shares that last as long as the process."""

    def __init__(self, holds: Callable[[str], bool]) -> None:
        self._holds = holds
        self._shares: dict[str, StoredShare] = {}
        self._views: dict[str, list[bytes]] = {}
        self._dropped: dict[str, int] = {}

    def add(self, share: Share) -> None:
        """Store a new share; raise `NotFound` if its session is gone."""
        if not self._holds(share.session):
            raise derived.no_session()
        self.restore(stored_share(share))

    def stored(self) -> list[StoredShare]:
        """Return all shares as they are stored."""
        return [replace(share, dropped=self._dropped[name]) for name, share in self._shares.items()]

    def stored_views(self, share_id: str) -> list[bytes]:
        """Return the views of a share as they are stored, the oldest first."""
        return list(self._views.get(share_id, ()))

    def restore(self, share: StoredShare, views: Sequence[bytes] = ()) -> None:
        """Store a share of another store, and its views, as they are there."""
        if share.key.id not in self._shares:
            self._shares[share.key.id] = share
            self._dropped[share.key.id] = share.dropped
            self._views[share.key.id] = list(views)

    def by_hash(self, digest: str) -> Share | None:
        """Return the share with this hash of its token."""
        return next((read_share(share.data) for share in self._shares.values() if share.key.hash == digest), None)

    def listed(self, session: str | None = None) -> list[ShareCount]:
        """Return the shares of a session, or all, the newest first."""
        wanted = [share for share in self._shares.values() if session in (None, share.key.session)]
        counts = [self._counted(share) for stored in wanted if (share := read_share(stored.data)) is not None]
        return sorted(counts, key=lambda count: (-count.share.created_at.timestamp(), count.share.id))

    def replace(self, share: Share) -> None:
        """Store the new state of a share, unless it was deleted in the meantime."""
        if share.id in self._shares:
            if read_share(self._shares[share.id].data) is None:
                raise failures.newer_link(share.id)
            self._shares[share.id] = stored_share(share)

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Store views of shares, by share id: the last ones of each; older ones are only counted."""
        for name in self._shares.keys() & views.keys():
            seen = [*self._views.get(name, ()), *map(msgspec.json.encode, views[name])]
            if len(seen) > 2 * VIEWS_KEPT:
                self._dropped[name] += len(seen) - VIEWS_KEPT
                seen = seen[-VIEWS_KEPT:]
            self._views[name] = seen

    def views(self, share_id: str, limit: int) -> list[ShareView]:
        """Return the last views of a share, the newest first."""
        views = (view for data in self._views.get(share_id, [])[::-1] if (view := read_view(data)))
        return list(islice(views, limit))

    def clear(self, session_id: str) -> None:
        """End the shares of a session that is deleted."""
        for name in [name for name, share in self._shares.items() if share.key.session == session_id]:
            del self._shares[name]
            self._views.pop(name, None)

    def _counted(self, share: Share) -> ShareCount:
        seen = self._views.get(share.id, [])
        return ShareCount(
            share=share, views=self._dropped[share.id] + len(seen), last_view=viewed_at(seen[-1]) if seen else None
        )
