"""The shares of a store in memory."""

from collections.abc import Mapping, Sequence

from rflow.core.sharing import VIEWS_KEPT, Share, ShareCount, ShareView


class MemoryShares:
    """Shares that are gone with the process."""

    def __init__(self) -> None:
        self._shares: dict[str, Share] = {}
        self._views: dict[str, list[ShareView]] = {}
        self._dropped: dict[str, int] = {}

    def add(self, share: Share, dropped: int = 0) -> None:
        """Keep a new share."""
        self._shares[share.id], self._dropped[share.id] = share, dropped

    def by_hash(self, digest: str) -> Share | None:
        """Find a share by the hash of its token."""
        return next((share for share in self._shares.values() if share.hash == digest), None)

    def listed(self, session: str | None = None) -> list[ShareCount]:
        """List the shares of a session, or all, the newest first."""
        wanted = [share for share in self._shares.values() if session in (None, share.session)]
        counted = [self._counted(share) for share in wanted]
        return sorted(counted, key=lambda one: (-one.share.created_at.timestamp(), one.share.id))

    def replace(self, share: Share) -> None:
        """Keep the new state of a share; one that is gone by now stays gone."""
        if share.id in self._shares:
            self._shares[share.id] = share

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Keep views of shares, by the shares' ids; of each the last ones, the others are counted."""
        for name in self._shares.keys() & views.keys():
            seen = [*self._views.get(name, ()), *views[name]]
            if len(seen) > 2 * VIEWS_KEPT:
                self._dropped[name] += len(seen) - VIEWS_KEPT
                seen = seen[-VIEWS_KEPT:]
            self._views[name] = seen

    def views(self, share_id: str, limit: int) -> list[ShareView]:
        """Give the last views of a share, the newest first."""
        return self._views.get(share_id, [])[::-1][:limit]

    def clear(self, session_id: str) -> None:
        """End the shares of a session that goes."""
        for one in self.listed(session_id):
            del self._shares[one.share.id]
            self._views.pop(one.share.id, None)

    def _counted(self, share: Share) -> ShareCount:
        seen = self._views.get(share.id, [])
        return ShareCount(
            share=share, views=self._dropped[share.id] + len(seen), last_view=seen[-1].at if seen else None
        )
