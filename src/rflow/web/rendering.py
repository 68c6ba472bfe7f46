"""The forms of a link, rendered once per version of its session and cached as complete responses."""

from collections import OrderedDict
from datetime import datetime
from functools import partial

import msgspec
from starlette.responses import Response

from rflow.core.fingerprint import fingerprint
from rflow.core.sharing import ViewForm
from rflow.errors import StoreProblem
from rflow.formats import format_named, render
from rflow.service.local.shared import SharedSessions, as_of_last_change
from rflow.web.link_lookup import Link
from rflow.web.live_page import live_page
from rflow.web.metrics import Metrics
from rflow.web.middleware import not_modified, with_security_headers
from rflow.web.pages import PAGE_POLICY
from rflow.web.workers import SharedWork, WorkerPool

FORMATS: dict[ViewForm, tuple[str, str]] = {
    "page": ("html", "text/html; charset=utf-8"),
    "md": ("markdown", "text/markdown; charset=utf-8"),
    "txt": ("text", "text/plain; charset=utf-8"),
    "json": ("json", "application/json"),
}
"""The format and the media type of each form of a link."""

CACHE_SIZE = 64 * 1024 * 1024
"""Maximum size of the cache in bytes; the least recently used forms are dropped first."""

_Key = tuple[str, str, ViewForm, bool]


class Rendered(msgspec.Struct, frozen=True):
    """A rendered form of a link: its response, and the response for readers who have it cached (304).

    At `stale_at` the same version must be rendered again, because a wait is overdue then or a new day begins.
    """

    size: int
    etag: bytes
    response: Response
    not_modified: Response
    stale_at: datetime | None = None


class Renderer:
    """Renders forms of links in the workers, each version once even if many readers ask at the same time."""

    def __init__(self, workers: WorkerPool[SharedSessions], metrics: Metrics) -> None:
        self._workers = workers
        self._metrics = metrics
        self.clear()

    def clear(self) -> None:
        """Forget everything: another store may have other sessions under the same ids and versions."""
        self._cache = Cache()
        self._rendering = SharedWork[_Key, Rendered]()

    def cached(self, link: Link, form: ViewForm, now: datetime, *, brief: bool) -> Rendered | None:
        """Return a form from the cache; None if it is not there or stale."""
        rendered = self._cache.get((link.share.id, link.version, form, brief))
        return None if rendered is None or (rendered.stale_at is not None and rendered.stale_at <= now) else rendered

    async def render(self, link: Link, form: ViewForm, *, brief: bool) -> Rendered:
        """Render a form, or wait until a render for another reader is done; raise `NotFound` if the session is gone."""
        key = (link.share.id, link.version, form, brief)
        return await self._rendering.run(key, partial(self._render, link, key, self._cache))

    async def _render(self, link: Link, key: _Key, cache: "Cache") -> Rendered:
        *_, form, brief = key
        with self._metrics.rendered.time():
            work = partial(_render, link=link, form=form, brief=brief)
            rendered = await self._workers.run(work)
        cache.put(key, rendered)
        return rendered


class Cache:
    """Rendered forms by link, version and form, up to `limit` bytes."""

    def __init__(self, limit: int = CACHE_SIZE) -> None:
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[_Key, Rendered] = OrderedDict()

    def get(self, key: _Key) -> Rendered | None:
        """Return an entry and mark it as just used."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: _Key, rendered: Rendered) -> None:
        """Add an entry, and drop the least recently used ones if the cache is full."""
        if replaced := self._entries.pop(key, None):
            self._size -= replaced.size
        self._entries[key] = rendered
        self._size += rendered.size
        while self._size > self._limit and len(self._entries) > 1:
            _, dropped = self._entries.popitem(last=False)
            self._size -= dropped.size


def _render(store: SharedSessions, link: Link, form: ViewForm, brief: bool) -> Rendered:
    format_ = format_named(FORMATS[form][0])
    session, progress, stale_at = store.progress(link.share, format_.extent, brief=brief)
    if session.started_at is None:
        raise StoreProblem("The beginning of a session can't be read.", try_="See what is wrong: rflow store check")
    if form == "page":
        page = live_page(progress, link.share, link.version, stale_at, resume=store.has_accounts)
        return _responses(page, form, stale_at)
    if form == "json":
        progress = as_of_last_change(progress)
    return _responses(render(format_, progress), form, stale_at)


def _responses(text: str, form: ViewForm, stale_at: datetime | None) -> Rendered:
    body = text.encode()
    etag = f'"{fingerprint(body)[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    own_policy = {"content-security-policy": PAGE_POLICY} if form == "page" else {}
    response = Response(body, headers=headers | own_policy, media_type=FORMATS[form][1])
    response.raw_headers = with_security_headers(response.raw_headers)
    return Rendered(len(body), etag.encode(), response, not_modified(response), stale_at)
