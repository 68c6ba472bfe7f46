"""The read-only links of a JSON store: a file per share, named by the hash of its token, and a file of its views."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec

from rflow.core.sharing import VIEWS_KEPT, Share, ShareCount, ShareView, read_share
from rflow.errors import StoreProblem
from rflow.stores.folder import session_file
from rflow.stores.folder.odd_files import OddFile
from rflow.stores.folder.store_folder import StoreFolder

FOLDER, END, VIEWS_END = "shares", ".json", ".views.jsonl"


class JsonShares:
    """The shares in `folder`."""

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._files = folder.files

    def add(self, share: Share, dropped: int = 0) -> None:
        """Keep a new share of a session that is in the folder, as the caller has made sure of."""
        with self._folder.writing():
            self._files.replace(_file(share.hash), _text(share))
            if dropped:
                self._files.replace(_views(share.hash), _lines([_Dropped(dropped=dropped)]))

    def by_hash(self, digest: str) -> Share | None:
        """Find a share by the hash of its token."""
        with self._folder.reading():
            return self._read(digest) if session_file.is_plain(digest) else None

    def listed(self, session: str | None = None) -> list[ShareCount]:
        """List the shares of a session, or all, the newest first."""
        with self._folder.reading():
            shares = [share for _, share in self.stored() if share and session in (None, share.session)]
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
            for _, share in self.stored():
                if share and share.id == share_id:
                    return self._seen(share.hash)[1][::-1][:limit]
        return []

    def clear(self, session_id: str) -> None:
        """Delete the shares of a session that is being deleted; the caller holds the lock."""
        for digest, share in list(self.stored()):
            if share is not None and share.session == session_id:
                self._files.remove(_file(digest))
                self._files.remove(_views(digest))

    def stored(self) -> Iterator[tuple[str, Share | None]]:
        """Return every share by the hash of its token; None is one that can't be read."""
        for file in self._files.names(FOLDER):
            digest = file.removesuffix(END)
            if file.endswith(END) and session_file.is_plain(digest):
                yield digest, self._read(digest)

    def _read(self, digest: str) -> Share | None:
        """Read a share; None where it is not there, damaged, or not the one that its file is named after."""
        try:
            share = read_share(self._files.read(_file(digest)))
        except (FileNotFoundError, PermissionError, OddFile):
            return None
        return share if share and share.hash == digest else None

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
