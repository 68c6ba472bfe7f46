"""The routes of the pages: a request becomes a call of its handler, in a worker thread, and the answer a response."""

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
from rflow.web.work.call import Answer, Asked, Call, Download, Handler, Page, Redirect
from rflow.web.work.client import client_address
from rflow.web.work.cookies import Notice, cookies_of, read_notice, session_cookie, set_notice, set_session
from rflow.web.work.errors import broken, failed, refused
from rflow.web.work.forms import Form, read_form
from rflow.web.work.frame import in_frame
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


_NAME = re.compile(r"\{(\w+)(?::path)?\}")
"""A part of an address, as it stands in the table of pages."""


class WorkRoutes:
    """Endpoints of the pages in `PAGES`."""

    def __init__(self, workers: WorkerPool[Team], site: Site, api: ApiRoutes, pages: Sequence[Page] = PAGES) -> None:
        self._workers, self._site, self._api, self._pages = workers, site, api, pages
        self._templates, self._presence = Templates(site), Presence()
        self.summaries = Summaries(site.zone)
        self._paths = frozenset(page.path for page in pages)
        self._shown = frozenset(page.path for page in pages if page.get is not None)

    def routes(self) -> list[Route]:
        """Return a route for each page, and those of the changes that pages watch."""
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
            return await self._answer(page, request)

        endpoint.__name__ = page.name
        limits = [Middleware(BodyLimit, limit=page.limit)] if page.limit else []
        return Route(page.path, endpoint, methods=["GET", "POST"], middleware=limits)

    async def _answer(self, page: Page, request: Request) -> Response:
        """Read a request and have its handler carried out; what is wrong with the request itself becomes a page too."""
        handler = (page.get or self._page_above(page)) if request.method in SAFE else page.post
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
        asked = asked_of(request, self._site, form)
        work = partial(self._carried_out, page=page, handler=handler, asked=asked, refusal=refusal)
        return await self._workers.run(work)

    def _page_above(self, page: Page) -> Handler:
        """Return a handler that redirects a GET of an address that only takes forms to the page of the form."""
        parts = page.path.split("/")
        above = ("/".join(parts[:count]) for count in range(len(parts) - 1, 1, -1))
        wanted = next((path for path in above if path in self._shown), "/")

        def form_address(call: Call) -> Answer:
            names = call.asked.names
            return Redirect(to=_NAME.sub(lambda part: quote(names[part[1]], safe=""), wanted))

        return form_address

    async def _check_large(self, page: Page, request: Request) -> None:
        """Raise `NotSignedIn` for a large form of somebody who is not signed in: it is not read for anybody."""
        length = request.headers.get("content-length", "")
        if page.limit is None or (length.isdigit() and int(length) <= BODY_LIMIT):
            return
        token = cookies_of(request).get(session_cookie(self._site), "")
        if await self._workers.run(lambda team: team.sign_in.watching(token)) is None:
            raise NotSignedIn("You are not signed in, so nothing was done.", try_="Sign in, then send it again.")

    def _carried_out(
        self, team: Team, *, page: Page, handler: Handler | None, asked: Asked, refusal: Exception | None
    ) -> Response:
        call = Call(self._site, team, asked, self.summaries)
        try:
            if refusal is not None:
                raise refusal
            assert handler is not None
            return self.respond(call, handler(call) if page.public or call.actor else _to_sign_in(call))
        except RflowError as error:
            return self.respond(call, failed(call, error))
        except HTTPException as error:
            return self.respond(call, refused(call, error))
        except Exception as error:  # noqa: BLE001 (logged, and answered with a page)
            return self.respond(call, broken(call, error))

    def respond(self, call: Call, answer: Answer) -> Response:
        """Return an answer as a response."""
        if isinstance(answer, Download):
            name = quote(answer.name or "file", safe="")
            headers = {**_SANDBOX, "content-disposition": f"attachment; filename*=UTF-8''{name}"}
            return Response(answer.content, headers=headers, media_type="application/octet-stream")
        if isinstance(answer, Redirect):
            response: Response = RedirectResponse(self._site.base + answer.to, 303)
            if answer.say:
                set_notice(response, self._site, Notice(answer.say, answer.tone))
            if answer.session is not None:
                set_session(response, self._site, answer.session)
            return response
        text = self._templates.render(answer.template, in_frame(call, self._paths, answer.values))
        response = HTMLResponse(text, answer.status, {**_HEADERS, **answer.headers})
        if call.asked.notice is not None:
            set_notice(response, self._site, None)
        if call.asked.token and call.actor is None:
            set_session(response, self._site, "")
        return response


def _to_sign_in(call: Call) -> Answer:
    """Redirect people who are not signed in to do so and come back; a form is answered with what they typed."""
    if call.asked.method not in SAFE:
        raise NotSignedIn("You are not signed in, so nothing was done.", try_="Sign in, then send it again.")
    return Redirect(to=f"/sign-in?{urlencode({'next': call.asked.address})}")


def asked_of(request: Request, site: Site, form: Form = Form()) -> Asked:  # noqa: B008 (frozen)
    """Return a request, read."""
    cookies, live = cookies_of(request), request.method in SAFE and "x-rflow-live" in request.headers
    return Asked(
        method=request.method,
        path=quote(request.scope["path"], safe="/:@!$&'()*+,;=~"),
        names={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        form=form,
        token=cookies.get(session_cookie(site), ""),
        notice=None if live else read_notice(site, cookies),
        live=live,
        client=client_address(request, site),
    )
