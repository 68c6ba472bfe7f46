"""The server's addresses: a link as a page, as text and as JSON, its live updates; health, metrics."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar, get_args

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from rflow.core.sharing import ViewForm
from rflow.errors import NotFound, RflowError
from rflow.web import metrics, page
from rflow.web.guard import Guard
from rflow.web.live import Hub
from rflow.web.logs import RequestLog
from rflow.web.pages import Cache, Found, Pages, Rendered
from rflow.web.visits import Visits, is_robot, is_view
from rflow.workspace import Workspace

_Result = TypeVar("_Result")
_FLUSH = 1.0
"""Seconds between two times that views are written."""
_SUFFIXES: dict[str, ViewForm] = {"": "page", **{f".{form}": form for form in get_args(ViewForm) if form != "page"}}
_HTML = "text/html; charset=utf-8"
_log = logging.getLogger("rflow")


class Server:
    """Serves the links of one store."""

    def __init__(self, open_workspace: Callable[[], Workspace], templates: Path | None = None) -> None:
        self._open = open_workspace
        self._templates = templates
        self._cache = Cache()
        self._visits = Visits()
        self._drawing: dict[tuple[str, int, ViewForm], asyncio.Task[Rendered]] = {}
        self._metrics = metrics.Metrics()
        self.hub: Hub | None = None

    def app(self) -> Starlette:
        """Give the ASGI application."""
        routes = [
            Route("/share/{name}", self._share),
            Route("/share/{name}/events", self._events),
            Route(page.SCRIPT_PATH, self._script),
            Route("/healthz", self._health),
            Route("/metrics", self._figures),
            Route("/robots.txt", self._robots),
        ]
        app = Starlette(routes=routes, lifespan=self._lifespan)
        app.add_middleware(Guard)
        app.add_middleware(RequestLog, self._metrics)
        return app

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Open the store twice: in this thread to look, in another to render and to write."""
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="render")
        self._pages = Pages(self._open, self._templates)
        self._painter = await self._in_worker(lambda: Pages(self._open, self._templates))
        self.hub = Hub(self._pages)
        flushing = asyncio.get_running_loop().create_task(self._flush_again_and_again())
        try:
            yield
        finally:
            self.hub.close()
            flushing.cancel()
            await self._flush()
            await self._in_worker(self._painter.close)
            self._worker.shutdown()
            self._pages.close()

    async def _in_worker(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    # Links

    async def _share(self, request: Request) -> Response:
        """Show a link in the form that its suffix names."""
        request.scope["rflow.route"] = "share"
        token, dot, suffix = request.path_params["name"].partition(".")
        form = _SUFFIXES.get(dot + suffix)
        found = self._pages.find(token) if form is not None else None
        if found is None or form is None:
            return _ENDED
        if is_robot(request.headers.get("user-agent", "")):
            return _PREVIEW
        try:
            rendered = self._cache.get(found, form) or await self._render(found, form)
        except NotFound:
            return _ENDED
        if request.headers.get("if-none-match") == rendered.etag:
            return rendered.unchanged
        if is_view(request.method, request.headers):
            self._visits.add(found.share.id, self._pages.now(), form, request.headers.get("user-agent", ""))
            self._metrics.views.inc()
        return rendered.answer

    async def _render(self, found: Found, form: ViewForm) -> Rendered:
        """Render in the other thread; whoever asks for the same meanwhile waits for the same."""
        key = (found.share.id, found.version, form)
        if key not in self._drawing:
            task = asyncio.get_running_loop().create_task(self._painted(found, form))
            self._drawing[key] = task
            task.add_done_callback(lambda _: self._drawing.pop(key, None))
        return await asyncio.shield(self._drawing[key])

    async def _painted(self, found: Found, form: ViewForm) -> Rendered:
        with self._metrics.rendered.time():
            rendered = await self._in_worker(lambda: self._painter.render(found, form))
        self._cache.put(found, form, rendered)
        return rendered

    async def _events(self, request: Request) -> Response:
        """Tell of each new version of a link's session, until the link ends."""
        request.scope["rflow.route"] = "events"
        found = self._pages.find(token := request.path_params["name"])
        if found is None or self.hub is None or self.hub.closing:
            return _ENDED
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}  # nginx would keep the events to itself
        stream = self.hub.stream(token, found.version)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def _flush_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH)
            await self._flush()

    async def _flush(self) -> None:
        """Write the views that came since; where the store can't take them now, the next time."""
        views = self._visits.take()
        if not views:
            return
        try:
            await self._in_worker(lambda: self._painter.record(views))
        except RflowError as error:
            self._visits.put_back(views)
            _log.warning("views could not be recorded", extra={"facts": {"why": error.what}})

    # The rest

    async def _script(self, request: Request) -> Response:
        request.scope["rflow.route"] = "script"
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(page.SCRIPT, media_type="text/javascript; charset=utf-8", headers=headers)

    async def _health(self, request: Request) -> Response:
        """Say whether the store can be read."""
        request.scope["rflow.route"] = "health"
        try:
            self._pages.look()
        except RflowError as error:
            _log.error("the store can't be read", extra={"facts": {"why": error.what}})
            return Response("the store can't be read\n", status_code=503, media_type="text/plain")
        return Response("ok\n", media_type="text/plain")

    async def _figures(self, request: Request) -> Response:
        request.scope["rflow.route"] = "metrics"
        streams = self.hub.open if self.hub else 0
        return Response(self._metrics.text(streams), media_type=metrics.MEDIA_TYPE)

    async def _robots(self, request: Request) -> Response:
        request.scope["rflow.route"] = "robots"
        return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")


_PREVIEW = Response(page.PREVIEW, media_type=_HTML)
_ENDED = Response(
    page.ENDED,
    status_code=404,
    media_type=_HTML,
    headers={"content-security-policy": page.policy(page.ENDED.decode())},
)
