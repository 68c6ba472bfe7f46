"""The shares of a store over mappings."""

from collections.abc import Callable, Container, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
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
from rflow.ports.paging import WHOLE, Part, cut, link_key
from rflow.stores import derived, failures


class SharedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A share and its views, oldest first."""

    share: StoredShare
    views: list[bytes]


class MappedShares:
    """Shares in a mapping, by id."""

    def __init__(
        self,
        links: MutableMapping[str, SharedLink],
        sessions: Container[str],
        changing: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._links, self._sessions, self._changing = links, sessions, changing

    def add(self, share: Share) -> None:
        """Store a new share; raise `NotFound` if its session is gone."""
        with self._changing():
            if share.session not in self._sessions:
                raise derived.no_session()
            self._links[share.id] = SharedLink(share=stored_share(share), views=[])

    def stored(self) -> list[StoredShare]:
        """Return all shares as stored."""
        return [link.share for link in self._links.values()]

    def stored_views(self, share_id: str) -> list[bytes]:
        """Return the views of a share as stored, oldest first."""
        return list(self._views(share_id))

    def restore(self, share: StoredShare, views: Sequence[bytes] = ()) -> None:
        """Store a share and its views as copied from another store."""
        with self._changing():
            if share.key.id not in self._links:
                self._links[share.key.id] = SharedLink(share=share, views=list(views))

    def by_hash(self, digest: str) -> Share | None:
        """Return the share with this hash of its token."""
        return next((read_share(share.data) for share in self.stored() if share.key.hash == digest), None)

    def listed(self, session: str | None = None, part: Part = WHOLE) -> list[ShareCount]:
        """Return all shares, or those of one session, or a part of the list; newest first."""
        wanted = [link for link in self._links.values() if session in (None, link.share.key.session)]
        counts = [_counted(link, share) for link in wanted if (share := read_share(link.share.data)) is not None]
        return cut(counts, lambda count: link_key(count.share), part)

    def find_by_prefix(self, prefix: str) -> list[ShareCount]:
        """Return the shares whose ids begin with `prefix`, by id."""
        found = (count for count in self.listed() if count.share.id.startswith(prefix))
        return sorted(found, key=lambda count: count.share.id)

    def replace(self, share: Share) -> None:
        """Store the new state of a share, unless it has been deleted in the meantime."""
        with self._changing():
            link = self._links.get(share.id)
            if link is not None and read_share(link.share.data) is None:
                raise failures.newer_link(share.id)
            if link is not None:
                new = replace(stored_share(share), dropped=link.share.dropped)
                self._links[share.id] = SharedLink(share=new, views=link.views)

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Store views by share id. Only the last views of each share are kept; older ones are counted."""
        with self._changing():
            for name in self._links.keys() & views.keys():
                share, seen = self._links[name].share, [*self._views(name), *map(msgspec.json.encode, views[name])]
                if len(seen) > 2 * VIEWS_KEPT:
                    share = replace(share, dropped=share.dropped + len(seen) - VIEWS_KEPT)
                    seen = seen[-VIEWS_KEPT:]
                self._links[name] = SharedLink(share=share, views=seen)

    def views(self, share_id: str, limit: int) -> list[ShareView]:
        """Return the last views of a share, newest first."""
        views = (view for data in self._views(share_id)[::-1] if (view := read_view(data)))
        return list(islice(views, limit))

    def clear(self, session_id: str) -> None:
        """Delete the shares of a session that is being deleted."""
        for name in [share.key.id for share in self.stored() if share.key.session == session_id]:
            del self._links[name]

    def _views(self, share_id: str) -> list[bytes]:
        link = self._links.get(share_id)
        return link.views if link else []


def _counted(link: SharedLink, share: Share) -> ShareCount:
    last = viewed_at(link.views[-1]) if link.views else None
    return ShareCount(share=share, views=link.share.dropped + len(link.views), last_view=last)
