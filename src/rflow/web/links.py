"""The routes of links: the page, the other forms, and live updates."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import get_args

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from rflow.core.sharing import ViewForm
from rflow.core.tokens import is_token
from rflow.errors import NotFound, RflowError
from rflow.web.broadcaster import Broadcaster, EventStream
from rflow.web.link_lookup import Link, LinkLookup
from rflow.web.logging import LogRateLimit
from rflow.web.pages import LINK_ENDED, PREVIEW, unavailable
from rflow.web.protected.opening import Opening
from rflow.web.rendering import Renderer
from rflow.web.view_log import MAX_AGENT, ViewLog, is_preview_bot, is_view

_FORMS: dict[str, ViewForm] = {"": "page", **{f".{form}": form for form in get_args(ViewForm) if form != "page"}}
"""The forms of a link, by the suffix of its path."""

TOO_MANY_STREAMS = PlainTextResponse("Too many open live updates. Try again later.\n", 503, {"retry-after": "60"})

_log = logging.getLogger("rflow")
_log_rate = LogRateLimit()


class _Direct:
    """An endpoint without Starlette's error handling per route; that of the application is enough.

    The endpoint gets the scope: making a `Request` takes longer than looking the link up.
    """

    def __init__(self, endpoint: Callable[[Scope], Awaitable[Response]]) -> None:
        self._endpoint, self.__name__ = endpoint, getattr(endpoint, "__name__", "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        response = await self._endpoint(scope)
        await response(scope, receive, send)


class LinkRoutes:
    """The endpoints below /share/."""

    def __init__(
        self,
        links: LinkLookup,
        renderer: Renderer,
        broadcaster: Broadcaster[str, Link],
        views: ViewLog,
        opening: Opening | None = None,
    ) -> None:
        self._links = links
        self._renderer = renderer
        self._broadcaster = broadcaster
        self._views = views
        self._opening = opening

    def routes(self) -> Sequence[Route]:
        """Return the routes of links; all other paths below /share/ go to `unknown_link`."""
        return [
            Route("/share/{name}", _Direct(self.share), methods=["GET"]),
            Route("/share/{name}", self.open_share, methods=["POST"]),
            Route("/share/{token}/events", self.events),
        ]

    async def share(self, scope: Scope) -> Response:
        """Show a link in the form that the suffix of its path selects."""
        token, dot, suffix = scope["path_params"]["name"].partition(".")
        form = _FORMS.get(dot + suffix)
        if form is None:
            return LINK_ENDED
        headers, query = dict(scope["headers"]), scope["query_string"]
        link = await self._links.find(token)
        if link is None:
            link, _ = await self._find_opened(Request(scope), token)
        is_bot = is_preview_bot(agent := headers.get(b"user-agent", b"")[:MAX_AGENT])
        if link is None:
            return await self._opening_page(Request(scope), token, is_page=form == "page" and not is_bot)
        if query and _has_parameter(query, b"resume"):
            return RedirectResponse(f"{token}/resume", 303)
        if is_bot:
            return PREVIEW
        brief = link.share.brief or (bool(query) and _has_parameter(query, b"brief"))
        rendered = self._renderer.cached(link, form, self._links.now(), brief=brief)
        if rendered is None:
            rendered = await self._renderer.render(link, form, brief=brief)
            if (await self._find(Request(scope), token))[0] is None:  # it ended while its page was rendered
                return LINK_ENDED
        if rendered.etag in headers.get(b"if-none-match", b""):  # may be a list; proxies mark tags as weak
            return rendered.not_modified
        if is_view(scope["method"], headers):
            self._views.add(link.share.id, self._links.now(), form, agent)
        return rendered.response

    async def events(self, request: Request) -> Response:
        """Stream the version of a link's session whenever it changes, until the link ends."""
        token = request.path_params["token"]
        link, key = await self._find(request, token)
        if link is None:
            return LINK_ENDED
        if self._broadcaster.is_full:
            return TOO_MANY_STREAMS
        return EventStream(self._broadcaster, key, link, head_only=request.method == "HEAD")

    async def _find(self, request: Request, token: str) -> tuple[Link | None, str]:
        """Return a link if this reader may see it, and the key for further look-ups."""
        link = await self._links.find(token)
        return (link, token) if link is not None else await self._find_opened(request, token)

    async def _find_opened(self, request: Request, token: str) -> tuple[Link | None, str]:
        """Return a protected link if this reader has opened it, and the key for further look-ups."""
        key = self._opening.key(request, token) if self._opening is not None else None
        if key is None or not is_token(token):
            return None, token
        return await self._links.find_opened(key), key

    async def _opening_page(self, request: Request, token: str, *, is_page: bool) -> Response:
        """Return the page for opening a protected link, or that the link has ended."""
        return LINK_ENDED if self._opening is None else await self._opening.page(request, token, is_page=is_page)

    async def open_share(self, request: Request) -> Response:
        """Open a protected link."""
        token = request.path_params["name"]
        return LINK_ENDED if self._opening is None else await self._opening.open(request, token)

    async def unknown_link(self, _: Request) -> Response:
        """Respond to other paths below /share/ as to a link that has ended."""
        return LINK_ENDED


def _has_parameter(query: bytes, name: bytes) -> bool:
    """Whether a query has a parameter, possibly beside ones that a chat added: `?brief`, `?utm_source=x&resume=`."""
    return bool(query) and any(part.partition(b"=")[0] == name for part in query.split(b"&"))


async def handle_store_error(request: Request, error: Exception) -> Response:
    """Handle an error of the store: 404 for a session that is gone, else 503."""
    if isinstance(error, NotFound):
        return LINK_ENDED
    what = error.what if isinstance(error, RflowError) else repr(error)
    if _log_rate.allows(what):
        _log.error("a link could not be shown", extra={"facts": {"why": what}})
    return unavailable(request)
