"""Links as they are asked for: found, rendered once for each version, sent, counted; and followed live."""

import asyncio
import logging
from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol, get_args

from rflow.core.sharing import ViewForm
from rflow.errors import NotFound, RflowError
from rflow.web import live_page, updates
from rflow.web.link_pages import Cache, Found, Pages, Rendered
from rflow.web.logging import Seldom
from rflow.web.metrics import Metrics
from rflow.web.responses import TEXT, Answer, Scope, Sent
from rflow.web.view_log import Visits, agent_of, is_robot, is_view

PREFIX = "/share/"
_SUFFIXES: dict[str, ViewForm] = {"": "page", **{f".{form}": form for form in get_args(ViewForm) if form != "page"}}
_HTML = "text/html; charset=utf-8"
_log = logging.getLogger("rflow")

PREVIEW = Answer(live_page.PREVIEW, _HTML)
ENDED = Answer(live_page.ENDED, _HTML, 404, {"content-security-policy": live_page.policy(live_page.ENDED.decode())})
AWAY = Answer(b"The session can't be read at the moment. Try again.\n", TEXT, 503, {"retry-after": "10"})
READ_ONLY = Answer(b"Links can only be read.\n", TEXT, 405, {"allow": "GET, HEAD"})
BUSY = Answer(b"Too many follow sessions here at the moment.\n", TEXT, 503, {"retry-after": "60"})
_FOLLOWED = Answer(headers=updates.HEADERS)


class Painter(Protocol):
    """Renders a form of a link elsewhere, so that nobody else waits."""

    def __call__(self, found: Found, form: ViewForm) -> Awaitable[Rendered]:
        """Render; raise `NotFound` where the session has gone meanwhile."""


class Links:
    """What the addresses of links answer."""

    def __init__(self, pages: Pages, paint: Painter, visits: Visits, metrics: Metrics) -> None:
        self.hub = updates.Hub(pages)
        self._pages = pages
        self._paint = paint
        self._visits = visits
        self._metrics = metrics
        self._cache = Cache()
        self._drawing: dict[tuple[str, int, ViewForm], asyncio.Task[Rendered]] = {}
        self._seldom = Seldom()
        self._refreshed = False

    async def answer(self, scope: Scope) -> Sent | None:
        """Answer a request for a link; None is a request for something else."""
        path, method = scope["path"], scope["method"]
        if not path.startswith(PREFIX):
            return None
        name, slash, rest = path[len(PREFIX) :].partition("/")
        scope["rflow.route"] = "events" if slash else "share"
        if method not in ("GET", "HEAD"):
            return READ_ONLY
        try:
            if not slash:
                return await self._shown(name, scope)
            return self._followed(name, method) if rest == "events" else ENDED
        except NotFound:
            return ENDED
        except RflowError as error:
            if self._seldom.may_say(error.what):
                _log.error("a link could not be shown", extra={"facts": {"why": error.what}})
            return AWAY

    async def _shown(self, name: str, scope: Scope) -> Sent:
        """Show a link in the form that its suffix names."""
        token, dot, suffix = name.partition(".")
        form = _SUFFIXES.get(dot + suffix)
        now = self._pages.now()
        found = self._find(token, now) if form is not None else None
        if found is None or form is None:
            return ENDED
        headers = dict(scope["headers"])
        agent = agent_of(headers)
        if is_robot(agent):
            return PREVIEW
        rendered = self._cache.get(found, form)
        if rendered is None:
            rendered = await self._render(found, form)
            if self._find(token, self._pages.now()) is None:  # it ended meanwhile: others may have been rendered first
                return ENDED
        if rendered.etag in headers.get(b"if-none-match", b""):  # a list, perhaps, or marked as weak by a proxy
            return rendered.unchanged
        if is_view(scope["method"], headers):
            self._visits.add(found.share.id, now, form, agent)
            self._metrics.views.inc()
        return rendered.answer

    def forget(self) -> None:
        """Forget what was rendered: another store may have other things under the same numbers."""
        self._cache = Cache()

    def _find(self, token: str, now: datetime) -> Found | None:
        """Find a live link, as the store has it now.

        Once in a turn of the event loop the store is asked whether it has changed: whoever else is answered in the
        same turn had asked before that, since what arrives later waits behind the call that ends it.
        """
        if not self._refreshed:
            self._pages.refresh()
            self._refreshed = True
            asyncio.get_running_loop().call_soon(self._turn)
        return self._pages.find(token, now)

    def _turn(self) -> None:
        self._refreshed = False

    async def _render(self, found: Found, form: ViewForm) -> Rendered:
        """Render; whoever asks for the same meanwhile waits for the same, and the last one may leave."""
        key = (found.share.id, found.version, form)
        task = self._drawing.get(key)
        if task is None:
            task = self._drawing[key] = asyncio.get_running_loop().create_task(self._painted(found, form))
            task.add_done_callback(lambda done: (self._drawing.pop(key), done.cancelled() or done.exception()))
        return await asyncio.shield(task)

    async def _painted(self, found: Found, form: ViewForm) -> Rendered:
        with self._metrics.rendered.time():
            rendered = await self._paint(found, form)
        self._cache.put(found, form, rendered)
        return rendered

    def _followed(self, token: str, method: str) -> Sent:
        """Tell of each new version of a link's session, until the link ends."""
        found = self._find(token, self._pages.now())
        if found is None:
            return ENDED
        if not self.hub.takes_more:
            return BUSY
        return _FOLLOWED if method == "HEAD" else updates.Stream(self.hub, token, found.version)
