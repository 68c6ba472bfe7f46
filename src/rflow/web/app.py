"""The web application of one store: its routes, its worker threads, and its upkeep once a second."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rflow.errors import RflowError
from rflow.service.local.shared import SharedSessions
from rflow.service.opening import file_identity
from rflow.service.team.team import Team
from rflow.web import metrics
from rflow.web.api.changes import ChangeLookup
from rflow.web.api.openapi import PREFIX
from rflow.web.api.problems import http_problem
from rflow.web.api.routes import ApiRoutes
from rflow.web.broadcaster import MAX_STREAMS, Broadcaster
from rflow.web.link_lookup import LinkLookup
from rflow.web.links import LinkRoutes, handle_store_error
from rflow.web.middleware import SECURITY_HEADERS, middleware, unexpected_error
from rflow.web.oidc.config import Oidc
from rflow.web.pages import STATIC_FILES, not_found_page
from rflow.web.protected.opening import Opening
from rflow.web.rendering import Renderer
from rflow.web.repeat import repeating
from rflow.web.view_log import ViewLog, ViewWriter
from rflow.web.work.routes import WorkRoutes
from rflow.web.work.site import Site
from rflow.web.workers import SIZE, Connection, WorkerPool

_UPKEEP = 1.0
"""Seconds between two writes of views."""
_FileId = tuple[int, int]
_log = logging.getLogger("rflow")


class LinkServer:
    """Serves one store: its links and, with `open_team`, the API and the pages for signed-in readers.

    `open_store` and `open_team` are called once per worker thread, since each has its own connection. `url` is the
    public URL, and `proxies` are the networks of trusted proxies (X-Forwarded-For).
    """

    def __init__(
        self,
        open_store: Callable[[], SharedSessions],
        *,
        open_team: Callable[[], Team] | None = None,
        url: str = "",
        oidc: Oidc | None = None,
        log_requests: bool = False,
        max_streams: int = MAX_STREAMS,
        proxies: Sequence[str] = (),
    ) -> None:
        self._metrics = metrics.Metrics()
        self._views = ViewLog()
        self._workers = WorkerPool(open_store)
        self._members = WorkerPool(open_team) if open_team is not None else None
        shared = open_store()
        self._site, self._oidc = replace(site_of(url, shared, oidc), proxies=proxies), oidc
        self._links = LinkLookup(shared, self._workers)
        self._renderer = Renderer(self._workers, self._metrics)
        self._writer = ViewWriter(self._views, self._workers)
        self._file: _FileId | None = None
        self._broadcaster = Broadcaster(self._links, max_streams)
        self._api: ApiRoutes | None = None
        self._work: WorkRoutes | None = None
        if self._members is not None:
            self._api = ApiRoutes(self._members, ChangeLookup(self._links.stamp, self._members), self._site)
            self._work = WorkRoutes(self._members, self._site, self._api)
        self.app = Starlette(
            routes=self._routes(),
            middleware=middleware(self._metrics, log_requests=log_requests),
            exception_handlers={
                RflowError: handle_store_error,
                HTTPException: http_error,
                Exception: unexpected,
            },
            lifespan=self._lifespan,
        )
        self.app.router.redirect_slashes = False  # a redirect would go to the host in the request's Host header

    def _routes(self) -> list[Route]:
        opening = Opening(self._workers, self._site)
        links = LinkRoutes(self._links, self._renderer, self._broadcaster, self._views, opening)
        return [
            *links.routes(),  # first, since nearly all requests are for them
            *(Route(file.path, file.serve) for file in STATIC_FILES),
            *(self._api.routes() if self._api is not None else ()),
            *(self._work.routes() if self._work is not None else ()),
            *self._oidc_routes(),
            Route("/share/{rest:path}", links.unknown_link),
            Route("/healthz", self.health),
            Route("/metrics", self.metrics),
            Route("/robots.txt", robots),
        ]

    def _oidc_routes(self) -> list[Route]:
        if self._oidc is None or self._members is None or self._work is None:
            return []
        from rflow.web.oidc.routes import OidcRoutes

        return OidcRoutes(self._oidc, self._members, self._site, self._work).routes()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Open the store, and write the last views at the end."""
        self._open()
        self._file = await self._workers.run(_file_id)
        listener = await self._listen()
        async with repeating(self._upkeep, _UPKEEP):
            yield
            self.close_streams()
        if listener is not None:
            await asyncio.to_thread(listener.close)
        await self._writer.write()
        await self._workers.close()
        if self._members is not None:
            await self._members.close()
        self._links.close()

    def close_streams(self) -> None:
        """End all event streams, which would otherwise delay the shutdown."""
        self._broadcaster.close()
        if self._api is not None:
            self._api.broadcaster.close()

    async def _listen(self) -> Connection | None:
        """Subscribe to changes of the store, if it can report them, and log its advice to the operator."""
        loop = asyncio.get_running_loop()

        def on_change(session_id: str) -> None:
            with suppress(RuntimeError):  # the loop may have ended
                loop.call_soon_threadsafe(self._notify_streams, session_id)

        try:
            for warning in await self._workers.run(lambda store: store.advice(self._connections)):
                _log.warning(warning)
            return await self._workers.run(lambda store: store.listen(on_change))
        except RflowError:
            return None  # the store can't be read, which has been logged already

    def _notify_streams(self, session_id: str) -> None:
        self._broadcaster.notify(session_id)
        if self._api is not None:
            self._api.broadcaster.notify(session_id)

    @property
    def _connections(self) -> int:
        """Maximum number of connections to the store: one per worker, one for the event loop, two for notices."""
        return SIZE * (1 if self._members is None else 2) + 3

    def _open(self) -> None:
        """Open the event loop's own connection; without it, nothing is cached and each request reads the store."""
        try:
            self._links.open()
        except RflowError as error:
            _log.error("the store can't be read", extra={"facts": {"why": error.what}})

    async def _upkeep(self) -> None:
        """Write pending views, drop old summaries, and reconnect if the store's file was replaced."""
        await self._writer.write()
        if self._work is not None:
            self._work.summaries.drop_old(self._links.now())
        file = await self._workers.run(_file_id)
        if file is not None and file != self._file:
            _log.warning("the store was replaced")
            self._file = file
            self._workers.reconnect()
            if self._members is not None:
                self._members.reconnect()
            self._renderer.clear()
            if self._work is not None:
                self._work.summaries.clear()
            self._links.close()
            self._open()

    async def health(self, _: Request) -> Response:
        """Health check: whether the store can be read."""
        try:
            await self._workers.run(SharedSessions.check_readable)
        except RflowError as error:
            _log.error("the store can't be read", extra={"facts": {"why": error.what}})
            return PlainTextResponse("the store can't be read\n", 503)
        return PlainTextResponse("ok\n")

    def count_notices(self, waiting: int, given_up: int) -> None:
        """Set the metrics of notices: how many wait to be sent, and how many were given up."""
        self._metrics.notices_waiting.set(waiting)
        self._metrics.notices_given_up.set(given_up)

    async def metrics(self, _: Request) -> Response:
        """Return the metrics for Prometheus."""
        streams = self._broadcaster.open_streams + (self._api.broadcaster.open_streams if self._api is not None else 0)
        text = self._metrics.text(streams, self._views.added, self._views.lost)
        return Response(text, media_type=metrics.MEDIA_TYPE)


def site_of(url: str, shared: SharedSessions, oidc: Oidc | None) -> Site:
    """Return the public URL of the pages, and how people sign in."""
    site = Site(url=url, zone=shared.zone, patterns=shared.patterns)
    if oidc is None:
        return site
    name = f"Sign in with {oidc.name}"
    return replace(site, oidc=name, passwords=oidc.passwords, break_glass=oidc.break_glass)


async def http_error(request: Request, error: Exception) -> Response:
    """Handle an HTTP error: as problem details below /api, elsewhere as a page or a text."""
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(PREFIX):
        return await http_problem(request, error)
    if error.status_code == 404:
        return await not_found(request, error)
    return PlainTextResponse(error.detail, error.status_code, dict(error.headers or {}))


async def unexpected(request: Request, error: Exception) -> Response:
    """Handle an unexpected error: respond with 500, below /api as problem details."""
    response = await unexpected_error(request, error)
    if not request.url.path.startswith(PREFIX):
        return response
    http_exception = HTTPException(
        500, bytes(response.body).decode(), headers={**SECURITY_HEADERS, "connection": "close"}
    )
    return await http_problem(request, http_exception)


async def not_found(request: Request, _: Exception) -> Response:
    """Return the 404 page."""
    return not_found_page(request.url.path)


async def robots(_: Request) -> Response:
    """Serve a robots.txt that keeps search engines out."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


def _file_id(store: SharedSessions) -> _FileId | None:
    """Return the identity of the store's file; None if it has none."""
    return file_identity(store.url)
