"""The routes of the pages: each request calls its handler in a worker thread; the result becomes a response."""

import re
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from rflow.errors import NotSignedIn, RflowError, StoreProblem
from rflow.service.team.team import Team
from rflow.web.api.routes import ApiRoutes
from rflow.web.middleware import BODY_LIMIT, BodyLimit
from rflow.web.pages import WORK_POLICY
from rflow.web.work.call import Call, Download, Handler, Page, PageRequest, Redirect, Result
from rflow.web.work.client import client_address
from rflow.web.work.cookies import Notice, cookies_of, read_notice, session_cookie, set_notice, set_session
from rflow.web.work.errors import error_page, http_error_page, unexpected_error_page
from rflow.web.work.forms import Form, read_form
from rflow.web.work.frame import with_frame
from rflow.web.work.pages import PAGES
from rflow.web.work.presence import Presence, PresentStream
from rflow.web.work.same_origin import SAFE, check_same_origin
from rflow.web.work.site import Site
from rflow.web.work.summaries import Summaries
from rflow.web.work.templates import Templates
from rflow.web.workers import WorkerPool

_HEADERS = {
    "content-security-policy": WORK_POLICY,
    "cache-control": "no-store",
    "referrer-policy": "same-origin",  # with "no-referrer", browsers send forms with `Origin: null`
}
_SANDBOX = {"content-security-policy": "sandbox; default-src 'none'", "cache-control": "no-store"}


_PATH_PARAM = re.compile(r"\{(\w+)(?::path)?\}")
"""A path parameter in the table of pages."""


class WorkRoutes:
    """The endpoints of the pages in `PAGES`."""

    def __init__(self, workers: WorkerPool[Team], site: Site, api: ApiRoutes, pages: Sequence[Page] = PAGES) -> None:
        self._workers, self._site, self._api, self._pages = workers, site, api, pages
        self._templates, self._presence = Templates(site), Presence()
        self.summaries = Summaries(site.zone)
        self._paths = frozenset(page.path for page in pages)
        self._shown = frozenset(page.path for page in pages if page.get is not None)

    def routes(self) -> list[Route]:
        """Return a route for each page, and the routes of the event streams."""
        streams = [Route("/events", self.events), Route("/events/{session}", self.events)]
        return [*(self._route(page) for page in self._pages), *streams]

    async def events(self, request: Request) -> Response:
        """Stream the changes of a session, or of all that the reader may see, to a page."""
        token, session = cookies_of(request).get(session_cookie(self._site), ""), request.path_params.get("session", "")
        try:
            stream = await self._api.stream(request, token, session)
        except NotSignedIn:
            return PlainTextResponse("There is nothing to watch.\n", 404)
        except StoreProblem as error:
            return PlainTextResponse(f"{error}\n", 503)
        reader = await self._workers.run(lambda team: team.sign_in.watching(token)) if session else None
        return PresentStream(stream, self._presence, session, reader.person) if reader is not None else stream

    def _route(self, page: Page) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._handle(page, request)

        endpoint.__name__ = page.name
        limits = [Middleware(BodyLimit, limit=page.body_limit)] if page.body_limit else []
        return Route(page.path, endpoint, methods=["GET", "POST"], middleware=limits)

    async def _handle(self, page: Page, request: Request) -> Response:
        """Parse a request and call its handler; an error in the request itself becomes a page as well."""
        handler = (page.get or self._redirect_to_form(page)) if request.method in SAFE else page.post
        form, refusal = Form(), None
        try:
            if handler is None:
                raise HTTPException(405)
            check_same_origin(request, self._site)
            if request.method not in SAFE:
                await self._check_large(page, request)
                form = await read_form(request)
        except (HTTPException, RflowError) as error:
            refusal = error
        page_request = read_request(request, self._site, form)
        work = partial(self._run, page=page, handler=handler, request=page_request, refusal=refusal)
        return await self._workers.run(work)

    def _redirect_to_form(self, page: Page) -> Handler:
        """Return a handler for a GET of a path that only accepts forms: it redirects to the page with the form."""
        parts = page.path.split("/")
        parents = ("/".join(parts[:count]) for count in range(len(parts) - 1, 1, -1))
        target = next((path for path in parents if path in self._shown), "/")

        def redirect(call: Call) -> Result:
            params = call.request.path_params
            return Redirect(to=_PATH_PARAM.sub(lambda match: quote(params[match[1]], safe=""), target))

        return redirect

    async def _check_large(self, page: Page, request: Request) -> None:
        """Raise `NotSignedIn` for a large form of somebody who is not signed in, before it is read."""
        length = request.headers.get("content-length", "")
        if page.body_limit is None or (length.isdigit() and int(length) <= BODY_LIMIT):
            return
        token = cookies_of(request).get(session_cookie(self._site), "")
        if await self._workers.run(lambda team: team.sign_in.watching(token)) is None:
            raise NotSignedIn("You are not signed in, so nothing was done.", try_="Sign in, then send it again.")

    def _run(
        self, team: Team, *, page: Page, handler: Handler | None, request: PageRequest, refusal: Exception | None
    ) -> Response:
        call = Call(self._site, team, request, self.summaries)
        try:
            if refusal is not None:
                raise refusal
            assert handler is not None
            return self.respond(call, handler(call) if page.public or call.actor else _redirect_to_sign_in(call))
        except RflowError as error:
            return self.respond(call, error_page(call, error))
        except HTTPException as error:
            return self.respond(call, http_error_page(call, error))
        except Exception as error:  # noqa: BLE001 (logged; the response is an error page)
            return self.respond(call, unexpected_error_page(call, error))

    def respond(self, call: Call, result: Result) -> Response:
        """Convert the result of a handler to a response."""
        if isinstance(result, Download):
            name = quote(result.name or "file", safe="")
            headers = {**_SANDBOX, "content-disposition": f"attachment; filename*=UTF-8''{name}"}
            return Response(result.content, headers=headers, media_type="application/octet-stream")
        if isinstance(result, Redirect):
            response: Response = RedirectResponse(self._site.base + result.to, 303)
            if result.notice:
                set_notice(response, self._site, Notice(result.notice, result.tone))
            if result.session is not None:
                set_session(response, self._site, result.session)
            return response
        text = self._templates.render(result.template, with_frame(call, self._paths, result.values))
        response = HTMLResponse(text, result.status, {**_HEADERS, **result.headers})
        if call.request.notice is not None:
            set_notice(response, self._site, None)
        if call.request.token and call.actor is None:
            set_session(response, self._site, "")
        return response


def _redirect_to_sign_in(call: Call) -> Result:
    """Redirect to the sign-in page, which leads back here; raise `NotSignedIn` for a form, to keep what was typed."""
    if call.request.method not in SAFE:
        raise NotSignedIn("You are not signed in, so nothing was done.", try_="Sign in, then send it again.")
    return Redirect(to=f"/sign-in?{urlencode({'next': call.request.url})}")


def read_request(request: Request, site: Site, form: Form = Form()) -> PageRequest:  # noqa: B008 (frozen)
    """Parse a request."""
    cookies, live = cookies_of(request), request.method in SAFE and "x-rflow-live" in request.headers
    return PageRequest(
        method=request.method,
        path=quote(request.scope["path"], safe="/:@!$&'()*+,;=~"),
        path_params={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        form=form,
        token=cookies.get(session_cookie(site), ""),
        notice=None if live else read_notice(site, cookies),
        live=live,
        client=client_address(request, site),
    )
