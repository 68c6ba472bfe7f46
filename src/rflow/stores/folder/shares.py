"""The read-only links of a JSON store: a file per share, named by the hash of its token, and a file of its views."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Literal

import msgspec

from rflow.core.sharing import (
    VIEWS_KEPT,
    Share,
    ShareCount,
    ShareKey,
    ShareView,
    StoredShare,
    read_key,
    read_or_newer,
    read_share,
    read_view,
    stored_share,
    viewed_at,
)
from rflow.errors import StoreProblem
from rflow.ports.paging import WHOLE, Part, cut, link_key
from rflow.stores import derived, failures
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
        self.restore(stored_share(share))

    def stored(self) -> list[StoredShare]:
        """Return all shares as stored; damaged ones are left out."""
        with self._folder.reading():
            shares = self._all()
        return sorted(shares, key=lambda share: (share.key.created_at, share.key.id))

    def stored_views(self, share_id: str) -> list[bytes]:
        """Return the views of a share as stored, oldest first."""
        with self._folder.reading():
            digest = next((share.key.hash for share in self._all() if share.key.id == share_id), None)
            return self._seen(digest)[1] if digest else []

    def restore(self, share: StoredShare, views: Sequence[bytes] = ()) -> None:
        """Store a share and its views as copied from another store; an existing share is not changed."""
        with self._folder.writing():
            if self._files.status(_file(share.key.hash)):
                return
            self._files.replace(_file(share.key.hash), msgspec.json.format(share.data) + b"\n")
            first = [msgspec.json.encode({"dropped": share.dropped})] if share.dropped else []
            if first or views:
                self._files.replace(_views(share.key.hash), _lines([*first, *views]))

    def by_hash(self, digest: str) -> Share | None:
        """Return the share with this hash of its token."""
        with self._folder.reading():
            return self._read(digest) if session_file.is_plain(digest) else None

    def listed(self, session: str | None = None, part: Part = WHOLE) -> list[ShareCount]:
        """List all shares, or those of one session, or a part of the list; newest first."""
        with self._folder.reading():
            viewed = {file.removesuffix(VIEWS_END) for file in self._files.names(FOLDER) if file.endswith(VIEWS_END)}
            read = (read_share(data) for _, data in self._keyed())
            shares = [share for share in read if share and session in (None, share.session)]
            return [self._counted(share, viewed=share.hash in viewed) for share in cut(shares, link_key, part)]

    def find_by_prefix(self, prefix: str) -> list[ShareCount]:
        """Return the shares whose ids begin with `prefix`, by id."""
        found = (count for count in self.listed() if count.share.id.startswith(prefix))
        return sorted(found, key=lambda count: count.share.id)

    def replace(self, share: Share) -> None:
        """Store the new state of a share, unless it has been deleted in the meantime."""
        with self._folder.writing():
            if self._files.status(_file(share.hash)):
                if self._read(share.hash) is None and self._stored(share.hash) is not None:
                    raise failures.newer_link(share.id)
                self._files.replace(_file(share.hash), _text(share))

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Store views by share id. Only the last views of each share are kept; older ones are counted."""
        with self._folder.writing():
            for share in self._all():
                if share.key.id in views:
                    with suppress(OddFile):  # `check` reports it; the views of other links must not be lost by it.
                        self._record(share.key.hash, views[share.key.id])

    def _record(self, digest: str, views: Sequence[ShareView]) -> None:
        file = _views(digest)
        self._files.append(file, _lines(map(msgspec.json.encode, views)))
        first, seen = self._seen(digest)
        if len(seen) > 2 * VIEWS_KEPT:
            dropped = first.get("dropped", 0) + len(seen) - VIEWS_KEPT
            kept = [msgspec.json.encode({**first, "dropped": dropped}), *seen[-VIEWS_KEPT:]]
            self._files.replace(file, _lines(kept))

    def views(self, share_id: str, limit: int) -> list[ShareView]:
        """Return the last views of a share, newest first."""
        with self._folder.reading():
            stored = self.stored_views(share_id)[::-1]
        return list(islice((view for data in stored if (view := read_view(data))), limit))

    def clear(self, session_id: str) -> None:
        """Delete the shares of a session that is being deleted; the caller holds the lock."""
        for digest in list(self._digests()):
            share = self._stored(digest)
            if share is not None and share.key.session == session_id:
                self._files.remove(_file(digest))
                self._files.remove(_views(digest))

    def held(self) -> Iterator[tuple[str, Share | Literal["newer"] | None]]:
        """Yield every share by the hash of its token; None if it is damaged."""
        for digest in self._digests():
            stored = self._stored(digest)
            yield digest, read_or_newer(stored.data) if stored else None

    def _all(self) -> list[StoredShare]:
        return [share for digest in self._digests() if (share := self._stored(digest)) is not None]

    def _digests(self) -> Iterator[str]:
        for file in self._files.names(FOLDER):
            digest = file.removesuffix(END)
            if file.endswith(END) and session_file.is_plain(digest):
                yield digest

    def _keyed(self) -> Iterator[tuple[ShareKey, bytes]]:
        """Yield the key and the data of every share that can be read."""
        return (keyed for digest in self._digests() if (keyed := self._read_file(digest)) is not None)

    def _read_file(self, digest: str) -> tuple[ShareKey, bytes] | None:
        """Read a share's file; None if it is missing, damaged, or does not match its name."""
        try:
            data = self._files.read(_file(digest))
        except (FileNotFoundError, PermissionError, OddFile):
            return None
        key = read_key(data)
        return None if key is None or key.hash != digest else (key, data)

    def _stored(self, digest: str) -> StoredShare | None:
        """Read a share as it is stored."""
        keyed = self._read_file(digest)
        if keyed is None:
            return None
        return StoredShare(key=keyed[0], data=keyed[1], dropped=self._seen(digest)[0].get("dropped", 0))

    def _read(self, digest: str) -> Share | None:
        """Read a share; None if it is missing or unreadable."""
        stored = self._stored(digest)
        return read_share(stored.data) if stored else None

    def _counted(self, share: Share, *, viewed: bool) -> ShareCount:
        first, seen = self._seen(share.hash) if viewed else ({}, [])
        last = viewed_at(seen[-1]) if seen else None
        return ShareCount(share=share, views=first.get("dropped", 0) + len(seen), last_view=last)

    def _seen(self, digest: str) -> tuple[dict[str, Any], list[bytes]]:
        """Read the views of a share: the first line, which has the number of dropped ones, and the last views.

        Torn and damaged lines are ignored.
        """
        try:
            lines = self._files.read(_views(digest)).split(b"\n")
        except (OSError, StoreProblem):
            return {}, []
        return _dropped(lines[0]), [line for line in lines if line and viewed_at(line)]


def _file(digest: str) -> str:
    return f"{FOLDER}/{digest}{END}"


def _views(digest: str) -> str:
    return f"{FOLDER}/{digest}{VIEWS_END}"


def _lines(lines: Iterable[bytes]) -> bytes:
    return b"".join(line.replace(b"\n", b" ") + b"\n" for line in lines)


def _dropped(line: bytes) -> dict[str, Any]:
    """Parse the first line of a file of views, if it says how many were dropped; else return an empty dict."""
    try:
        first = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return first if isinstance(first.get("dropped"), int) else {}


def _text(share: Share) -> bytes:
    return msgspec.json.format(msgspec.json.encode(share)) + b"\n"
