"""What a link shows: found, checked and rendered, once for each version of a session."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.sharing import Share, ShareView, ViewForm, state_of
from rflow.errors import StoreProblem
from rflow.formats import format_named, render
from rflow.service.shared import SharedSessions
from rflow.web.live_page import live_page, policy
from rflow.web.responses import Answer

FORMATS: dict[ViewForm, tuple[str, str]] = {
    "page": ("html", "text/html; charset=utf-8"),
    "md": ("markdown", "text/markdown; charset=utf-8"),
    "txt": ("text", "text/plain; charset=utf-8"),
    "json": ("json", "application/json"),
}
"""The format and the media type of each form of a link; the suffix of its address is the form's name."""

_CACHED = 64 * 1024 * 1024
"""Bytes of rendered pages that are kept at the most, the last used ones."""


class Rendered(msgspec.Struct, frozen=True):
    """A form of a link, ready to be sent: the answer, and the one for who has it already."""

    size: int
    etag: bytes
    answer: Answer
    unchanged: Answer


def _rendered(text: str, form: ViewForm) -> Rendered:
    body = text.encode()
    etag = f'"{fingerprint(body)[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    policy_ = {"content-security-policy": policy(text)} if form == "page" else {}
    answer = Answer(body, FORMATS[form][1], headers=headers | policy_)
    return Rendered(len(body), etag.encode(), answer, Answer(status=304, headers=headers))


class Found(msgspec.Struct, frozen=True):
    """A link that can be looked at now, and the version that its session stands at.

    A snapshot, too, is rendered anew for each version: what was redacted since must go from it.
    """

    share: Share
    version: int


class Pages:
    """What one thread reads of a store. Each thread has its own, since connections don't go across threads."""

    def __init__(self, shared: SharedSessions, cache: Path | None = None) -> None:
        self._shared = shared
        self._templates = cache
        self._stamp: int | None = None
        self._file = _identity(shared.url)
        self._known: dict[str, Found] = {}

    def replaced(self) -> bool:
        """Whether the store is another file than it was, put in its place: a backup, perhaps."""
        now = _identity(self._shared.url)
        return now is not None and now != self._file

    def reopen(self) -> None:
        """Let go of a file that was replaced; the next look opens the new one."""
        self._file = _identity(self._shared.url)
        self._known.clear()
        self._stamp = None
        self.close()

    def refresh(self) -> None:
        """Forget what was found, unless the store can tell at once that nobody has written since."""
        stamp = self._shared.stamp()
        if stamp is None or stamp != self._stamp:
            self._known.clear()
            self._stamp = stamp

    def find(self, token: str, now: datetime) -> Found | None:
        """Find a link that is live now, as of the last `refresh`; None is any other, and nobody learns why."""
        found = self._known.get(token)
        if found is None:
            found = self._looked_up(token)
            if found is not None:
                self._known[token] = found
        return found if found is not None and state_of(found.share, now) == "live" else None

    def _looked_up(self, token: str) -> Found | None:
        share = self._shared.live(token)
        version = None if share is None else self._shared.version(share.session)
        if share is None or version is None:
            return None
        return Found(share, version)

    def now(self) -> datetime:
        """Give the aware time now."""
        return self._shared.now()

    def look(self) -> None:
        """Read something of the store; raise `StoreProblem` where it can't be read."""
        self._shared.version("")

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Write views down."""
        self._shared.record(views)

    def render(self, found: Found, form: ViewForm) -> Rendered:
        """Render a form of a link; raise `NotFound` where the session has gone."""
        share = found.share
        format_ = format_named(FORMATS[form][0])
        session, progress = self._shared.progress(share, format_.extent)
        if session.started_at is None:
            raise StoreProblem("The beginning of a session can't be read.", try_="See what is wrong: rflow store check")
        if form == "page":
            return _rendered(live_page(progress, share, found.version, self._templates), form)
        return _rendered(render(format_, progress, self._templates), form)

    def close(self) -> None:
        """Let go of the store."""
        self._shared.close()


def _identity(url: str) -> tuple[int, int] | None:
    """Tell which file a SQLite store is; an open connection would stay with the old one when it is replaced."""
    kind, _, path = url.partition("://")
    try:
        status = Path(path).stat() if kind == "sqlite" else None
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status else None


class Cache:
    """Rendered forms by link, version and form."""

    def __init__(self, limit: int = _CACHED) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[tuple[str, int, str], Rendered] = OrderedDict()

    def get(self, found: Found, form: ViewForm) -> Rendered | None:
        """Give what was rendered, if it was."""
        key = (found.share.id, found.version, form)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def put(self, found: Found, form: ViewForm, rendered: Rendered) -> None:
        """Keep what was rendered, and let the least used go."""
        key = (found.share.id, found.version, form)
        if before := self._kept.pop(key, None):
            self._size -= before.size
        self._kept[key] = rendered
        self._size += rendered.size
        while self._size > self._limit and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._size -= gone.size
