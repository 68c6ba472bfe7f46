"""The read-only links of a JSON store: a file per share, named by the hash of its token, and a file of its views."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec

from rflow.core.sharing import VIEWS_KEPT, Share, ShareCount, ShareView, StoredShare, read_key, read_share
from rflow.errors import StoreProblem
from rflow.stores import derived
from rflow.stores.folder import session_file
from rflow.stores.folder.odd_files import OddFile
from rflow.stores.folder.store_folder import StoreFolder

FOLDER, END, VIEWS_END = "shares", ".json", ".views.jsonl"


class JsonShares:
    """The shares in `folder`."""

    def __init__(self, folder: StoreFolder, holds: Callable[[str], bool] = lambda session_id: True) -> None:
        self._folder = folder
        self._holds = holds
        self._files = folder.files

    def add(self, share: Share) -> None:
        """Store a new share; raise `NotFound` if its session is gone."""
        if not self._holds(share.session):
            raise derived.no_session()
        self.restore(derived.stored_share(share))

    def stored(self) -> list[StoredShare]:
        """Return all shares as they are stored; damaged ones are left out."""
        with self._folder.reading():
            shares = [share for digest in self._digests() if (share := self._stored(digest)) is not None]
        return sorted(shares, key=lambda share: (share.key.created_at, share.key.id))

    def restore(self, share: StoredShare) -> None:
        """Store a share of another store as it is there; one that is here already stays as it is."""
        with self._folder.writing():
            if self._files.status(_file(share.key.hash)):
                return
            self._files.replace(_file(share.key.hash), msgspec.json.format(share.data) + b"\n")
            if share.dropped:
                self._files.replace(_views(share.key.hash), _lines([_Dropped(dropped=share.dropped)]))

    def by_hash(self, digest: str) -> Share | None:
        """Find a share by the hash of its token."""
        with self._folder.reading():
            return self._read(digest) if session_file.is_plain(digest) else None

    def listed(self, session: str | None = None) -> list[ShareCount]:
        """List the shares of a session, or all, the newest first."""
        with self._folder.reading():
            shares = [share for _, share in self.held() if share and session in (None, share.session)]
            counted = [self._counted(share) for share in shares]
        return sorted(counted, key=lambda count: (-count.share.created_at.timestamp(), count.share.id))

    def replace(self, share: Share) -> None:
        """Keep the new state of a share; one that was deleted meanwhile stays deleted."""
        with self._folder.writing():
            if self._files.status(_file(share.hash)):
                self._files.replace(_file(share.hash), _text(share))

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Keep views of shares, by the shares' ids: the last ones of each, the others are counted."""
        with self._folder.writing():
            for count in self.listed():
                if count.share.id in views:
                    with suppress(OddFile):  # `check` reports it; the views of other links must not be lost by it.
                        self._record(count, views[count.share.id])

    def _record(self, before: ShareCount, views: Sequence[ShareView]) -> None:
        file = _views(before.share.hash)
        self._files.append(file, _lines(views))
        _, seen = self._seen(before.share.hash)
        if len(seen) > 2 * VIEWS_KEPT:
            dropped = _Dropped(dropped=before.views + len(views) - VIEWS_KEPT)
            self._files.replace(file, _lines([dropped, *seen[-VIEWS_KEPT:]]))

    def views(self, share_id: str, limit: int) -> list[ShareView]:
        """Return the last views of a share, the newest first."""
        with self._folder.reading():
            for _, share in self.held():
                if share and share.id == share_id:
                    return self._seen(share.hash)[1][::-1][:limit]
        return []

    def clear(self, session_id: str) -> None:
        """Delete the shares of a session that is being deleted; the caller holds the lock."""
        for digest in list(self._digests()):
            share = self._stored(digest)
            if share is not None and share.key.session == session_id:
                self._files.remove(_file(digest))
                self._files.remove(_views(digest))

    def held(self) -> Iterator[tuple[str, Share | None]]:
        """Yield every share by the hash of its token; None is one that can't be read."""
        for digest in self._digests():
            yield digest, self._read(digest)

    def _digests(self) -> Iterator[str]:
        for file in self._files.names(FOLDER):
            digest = file.removesuffix(END)
            if file.endswith(END) and session_file.is_plain(digest):
                yield digest

    def _stored(self, digest: str) -> StoredShare | None:
        """Read a share as it is stored; None where it is not there, damaged, or not the one its file is named after."""
        try:
            data = self._files.read(_file(digest))
        except (FileNotFoundError, PermissionError, OddFile):
            return None
        key = read_key(data)
        if key is None or key.hash != digest:
            return None
        return StoredShare(key=key, data=data, dropped=self._seen(digest)[0])

    def _read(self, digest: str) -> Share | None:
        """Read a share; None where it is not there, or can't be read."""
        stored = self._stored(digest)
        return read_share(stored.data) if stored else None

    def _counted(self, share: Share) -> ShareCount:
        dropped, seen = self._seen(share.hash)
        return ShareCount(share=share, views=dropped + len(seen), last_view=seen[-1].at if seen else None)

    def _seen(self, digest: str) -> tuple[int, list[ShareView]]:
        """Read the views of a share: how many were dropped, and the last ones. Torn and damaged lines are ignored."""
        try:
            lines = self._files.read(_views(digest)).split(b"\n")
        except (OSError, StoreProblem):
            return 0, []
        return _dropped(lines[0]), [view for line in lines if line and (view := _view(line))]


class _Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a file of views whose oldest were dropped: how many they were."""

    dropped: int


def _file(digest: str) -> str:
    return f"{FOLDER}/{digest}{END}"


def _views(digest: str) -> str:
    return f"{FOLDER}/{digest}{VIEWS_END}"


def _lines(entries: Iterable[ShareView | _Dropped]) -> bytes:
    return b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)


def _dropped(line: bytes) -> int:
    try:
        return msgspec.json.decode(line, type=_Dropped).dropped
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0


def _view(line: bytes) -> ShareView | None:
    try:
        return msgspec.json.decode(line, type=ShareView)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _text(share: Share) -> bytes:
    return msgspec.json.format(msgspec.json.encode(share)) + b"\n"
