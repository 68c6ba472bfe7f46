"""The shares of a JSON store: a file per share, named by the hash of its token, and its views a line each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from rflow.core.sharing import VIEWS_KEPT, Share, ShareCount, ShareView, read_share
from rflow.stores import files
from rflow.stores.folder import session_file
from rflow.stores.folder.folder import Folder

_END = ".views.jsonl"


class JsonShares:
    """The shares in `folder`."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._place = folder.root / "shares"

    def add(self, share: Share, dropped: int = 0) -> None:
        """Keep a new share of a session that is in the folder, as the caller has made sure of."""
        with self._folder.writing():
            self._folder.put(self._file(share.hash), _text(share))
            if dropped:
                self._folder.put(self._views(share.hash), _lines([_Dropped(dropped=dropped)]))

    def by_hash(self, digest: str) -> Share | None:
        """Find a share by the hash of its token."""
        with self._folder.reading():
            try:
                return read_share(self._file(digest).read_bytes())
            except FileNotFoundError:
                return None

    def listed(self, session: str | None = None) -> list[ShareCount]:
        """List the shares of a session, or all, the newest first."""
        with self._folder.reading():
            wanted = [share for _, share in self.stored() if share and session in (None, share.session)]
            counted = [self._counted(share) for share in wanted]
        return sorted(counted, key=lambda one: (-one.share.created_at.timestamp(), one.share.id))

    def replace(self, share: Share) -> None:
        """Keep the new state of a share; one that is gone by now stays gone."""
        with self._folder.writing():
            if self._file(share.hash).exists():
                self._folder.put(self._file(share.hash), _text(share))

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Keep views of shares, by the shares' ids; of each the last ones, the others are counted."""
        with self._folder.writing():
            for one in [one for one in self.listed() if one.share.id in views]:
                file = self._views(one.share.hash)
                files.append_to(file, _lines(views[one.share.id]))
                seen = self._seen(one.share.hash)
                if len(seen) > 2 * VIEWS_KEPT:
                    gone = _Dropped(dropped=one.views + len(views[one.share.id]) - VIEWS_KEPT)
                    self._folder.put(file, _lines([gone, *seen[-VIEWS_KEPT:]]))

    def views(self, share_id: str, limit: int) -> list[ShareView]:
        """Give the last views of a share, the newest first."""
        with self._folder.reading():
            for one in self.listed():
                if one.share.id == share_id:
                    return self._seen(one.share.hash)[::-1][:limit]
        return []

    def clear(self, session_id: str) -> None:
        """End the shares of a session that goes; the caller holds the lock."""
        for digest, share in list(self.stored()):
            if share is not None and share.session == session_id:
                self._folder.remove(self._file(digest))
                self._folder.remove(self._views(digest))

    def stored(self) -> Iterator[tuple[str, Share | None]]:
        """Give every share by the hash of its token; None is damaged."""
        for file in sorted(self._place.glob("*.json")):
            yield file.stem, read_share(file.read_bytes())

    def _counted(self, share: Share) -> ShareCount:
        seen = self._seen(share.hash)
        dropped = _dropped(self._views(share.hash))
        return ShareCount(share=share, views=dropped + len(seen), last_view=seen[-1].at if seen else None)

    def _seen(self, digest: str) -> list[ShareView]:
        return list(_read_views(self._views(digest)))

    def _file(self, digest: str) -> Path:
        return self._place / f"{session_file.safe(digest)}.json"

    def _views(self, digest: str) -> Path:
        return self._place / f"{session_file.safe(digest)}{_END}"


class _Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a file of views from which the oldest were taken: how many they were."""

    dropped: int


def _lines(entries: Iterable[ShareView | _Dropped]) -> bytes:
    return b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)


def _dropped(file: Path) -> int:
    try:
        with file.open("rb") as opened:
            return msgspec.json.decode(opened.readline(), type=_Dropped).dropped
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return 0


def _text(share: Share) -> bytes:
    return msgspec.json.format(msgspec.json.encode(share)) + b"\n"


def _read_views(file: Path) -> Iterator[ShareView]:
    """Read views; a line that a crash left torn is passed over."""
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in filter(None, lines):
        try:
            yield msgspec.json.decode(line, type=ShareView)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
