"""The server of one store: its addresses beside those of links, its threads, what it does once a second."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from rflow.core.sharing import ViewForm
from rflow.errors import RflowError
from rflow.service.shared import SharedSessions
from rflow.web import live_page, metrics
from rflow.web.link_pages import Found, Pages, Rendered
from rflow.web.link_routes import Links
from rflow.web.middleware import Door
from rflow.web.responses import TEXT, Answer, Scope, Sent
from rflow.web.updates import Hub
from rflow.web.view_log import Seen, Visits, views_of

_Result = TypeVar("_Result")
_FLUSH = 1.0
"""Seconds between two times that views are written."""
_log = logging.getLogger("rflow")


class Server:
    """Serves the links of one store."""

    def __init__(self, open_shared: Callable[[], SharedSessions], templates: Path | None = None) -> None:
        self._open_shared = open_shared
        self._templates = templates
        self._visits = Visits()
        self._metrics = metrics.Metrics()
        self._failing = False
        self._links: Links | None = None

    def app(self) -> Door:
        """Give the ASGI application."""
        routes = [
            Route(live_page.SCRIPT_PATH, self._script),
            Route("/healthz", self._health),
            Route("/metrics", self._figures),
            Route("/robots.txt", self._robots),
            Route("/", self._home),
        ]
        starlette = Starlette(routes=routes, lifespan=self._lifespan)
        starlette.router.redirect_slashes = False  # a redirect would go to the host that the request names
        return Door(self._answer, starlette, self._metrics)

    @property
    def hub(self) -> Hub | None:
        """The open streams, once it serves."""
        return self._links.hub if self._links else None

    def _open(self) -> Pages:
        return Pages(self._open_shared(), self._templates)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Open the store three times: here to look, in one thread to render, in another to write.

        Connections don't go across threads, and who writes may have to wait for others who write.
        """
        self._painter, self._scribe = _Thread("render"), _Thread("views")
        self._pages = self._open()
        self._painting, self._writing = await self._painter.run(self._open), await self._scribe.run(self._open)
        self._links = Links(self._pages, self._paint, self._visits, self._metrics)
        stop = asyncio.Event()
        flushing = asyncio.get_running_loop().create_task(self._flush_until(stop))
        try:
            yield
        finally:
            self._links.hub.close()
            stop.set()
            await flushing
            for thread, pages in ((self._painter, self._painting), (self._scribe, self._writing)):
                await thread.run(pages.close)
                thread.close()
            self._pages.close()

    def _paint(self, found: Found, form: ViewForm) -> "asyncio.Future[Rendered]":
        return self._painter.run(lambda: self._painting.render(found, form))

    async def _answer(self, scope: Scope) -> Sent | None:
        return await self._links.answer(scope) if self._links else None

    async def _flush_until(self, stop: asyncio.Event) -> None:
        """Write the views that came, once a second, and the last ones when the server stops."""
        while not stop.is_set():
            try:
                async with asyncio.timeout(_FLUSH):
                    await stop.wait()
            except TimeoutError:
                pass
            await self._flush()
            if self._pages.replaced():
                await self._reopen()

    async def _reopen(self) -> None:
        """Go on with the file that stands in the place of the store's now."""
        _log.warning("the store was replaced")
        try:
            self._pages.reopen()
            await self._painter.run(self._painting.reopen)
            await self._scribe.run(self._writing.reopen)
        except Exception:  # noqa: BLE001 (told in the log; else no view would be written again)
            _log.exception("unexpected")
        if self._links:
            self._links.forget()

    async def _flush(self) -> None:
        """Write the views that came since; where the store can't take them now, the next time."""
        seen = self._visits.take()
        if not seen:
            return
        try:
            await self._scribe.run(lambda: self._writing.record(views_of(seen)))
        except RflowError as error:
            self._keep(seen, error.what)
        except Exception as error:  # noqa: BLE001 (told in the log; else no view would be written again)
            self._keep(seen, repr(error))
        else:
            self._failing = False

    def _keep(self, seen: dict[str, list[Seen]], why: str) -> None:
        """Take back views that could not be written, and say so the first time that it happens."""
        self._visits.put_back(seen)
        if not self._failing:
            _log.warning("views can't be recorded", extra={"facts": {"why": why, "waiting": self._visits.count}})
        self._failing = True

    # The rest

    async def _script(self, request: Request) -> Answer:
        request.scope["rflow.route"] = "script"
        return _SCRIPT

    async def _health(self, request: Request) -> Answer:
        """Say whether the store can be read."""
        request.scope["rflow.route"] = "health"
        try:
            self._pages.look()
        except RflowError as error:
            _log.error("the store can't be read", extra={"facts": {"why": error.what}})
            return _UNHEALTHY
        return _HEALTHY

    async def _figures(self, request: Request) -> Answer:
        request.scope["rflow.route"] = "metrics"
        return Answer(self._metrics.text(self.hub.open if self.hub else 0, self._visits.lost), metrics.MEDIA_TYPE)

    async def _home(self, request: Request) -> Answer:
        request.scope["rflow.route"] = "home"
        return _HOME

    async def _robots(self, request: Request) -> Answer:
        request.scope["rflow.route"] = "robots"
        return _ROBOTS


class _Thread:
    """One thread beside the event loop."""

    def __init__(self, name: str) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self.close = self._worker.shutdown

    def run(self, work: Callable[[], _Result]) -> "asyncio.Future[_Result]":
        """Have something done there."""
        return asyncio.get_running_loop().run_in_executor(self._worker, work)


_IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
_SCRIPT = Answer(live_page.SCRIPT, "text/javascript; charset=utf-8", headers=_IMMUTABLE)
_HOME = Answer(b"rflow serves read-only links here. Ask for one: rflow share create\n", TEXT)
_ROBOTS = Answer(b"User-agent: *\nDisallow: /\n", TEXT)
_HEALTHY = Answer(b"ok\n", TEXT)
_UNHEALTHY = Answer(b"the store can't be read\n", TEXT, 503)
