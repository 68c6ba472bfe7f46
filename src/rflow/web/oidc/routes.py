"""The routes for signing in with OpenID Connect: the redirect to the provider, and its callback."""

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rflow.errors import NotSignedIn, RflowError
from rflow.service.team.team import Team
from rflow.web.oidc.attempt import LIFE, Attempt, new_attempt, parse_attempt
from rflow.web.oidc.config import Oidc
from rflow.web.oidc.identity import Verified, verified
from rflow.web.oidc.provider import Provider, refused
from rflow.web.work.call import Call, PageRequest, Redirect, Result
from rflow.web.work.cookies import cookies_of, get_cookie, set_cookie
from rflow.web.work.errors import error_page
from rflow.web.work.routes import WorkRoutes, read_request
from rflow.web.work.site import Site
from rflow.web.workers import WorkerPool

START, CALLBACK = "/sign-in/oidc", "/sign-in/oidc/callback"
_COOKIE = "rflow-oidc"


class OidcRoutes:
    """The endpoints. Requests to the provider run in Starlette's thread pool, since they may be slow."""

    def __init__(self, config: Oidc, workers: WorkerPool[Team], site: Site, pages: WorkRoutes) -> None:
        self._config, self._workers, self._site, self._pages = config, workers, site, pages
        self._provider = Provider(config, site.url.rstrip("/") + CALLBACK)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route(START, self.oidc_start, methods=["GET"]), Route(CALLBACK, self.oidc_callback, methods=["GET"])]

    async def oidc_start(self, request: Request) -> Response:
        """Redirect to the provider; a cookie holds the attempt."""
        attempt = new_attempt(request.query_params.get("next", "/"))
        try:
            self._site.require_safe_sign_in()
            url = await run_in_threadpool(self._provider.authorization_url, attempt)
        except RflowError as error:
            return await self._page(request, error)
        response = RedirectResponse(url, 303, {"cache-control": "no-store"})
        set_cookie(response, self._site, _COOKIE, attempt.cookie, LIFE)
        return response

    async def oidc_callback(self, request: Request) -> Response:
        """Sign in the person whom the provider sends back."""
        attempt = parse_attempt(get_cookie(self._site, _COOKIE, cookies_of(request)))
        try:
            person = await run_in_threadpool(self._verify, attempt, dict(request.query_params))
        except RflowError as error:
            response = await self._page(request, error)
        else:
            assert attempt is not None
            page_request = read_request(request, self._site)
            work = partial(self._sign_in, request=page_request, person=person, target=attempt.target)
            response = await self._workers.run(work)
        set_cookie(response, self._site, _COOKIE, "", 0)
        return response

    def _verify(self, attempt: Attempt | None, params: dict[str, str]) -> Verified:
        """Return the person whom the provider's response identifies; raise `NotSignedIn` if it can't be verified."""
        if attempt is None or params.get("state") != attempt.state:
            raise refused("the response does not belong to an attempt of this browser")
        if "iss" in params:
            self._provider.check_issuer(params["iss"])
        if params.get("error") or not params.get("code"):
            raise NotSignedIn("The identity provider did not sign you in.", try_="Begin again: Sign in.")
        return verified(self._provider.claims(params["code"], attempt), self._config)

    def _sign_in(self, team: Team, *, request: PageRequest, person: Verified, target: str) -> Response:
        call = Call(self._site, team, request)
        try:
            actor = team.identities.sign_in(person.identity, person.name, admin=person.admin, roles=person.roles)
            team.sign_in.close_session(request.token)
            result: Result = Redirect(to=target, session=team.sign_in.open_session(actor, request.client))
        except RflowError as error:
            result = error_page(call, error)
        return self._pages.respond(call, result)

    async def _page(self, request: Request, error: RflowError) -> Response:
        page_request = read_request(request, self._site)
        return await self._workers.run(
            lambda team: self._pages.respond(call := Call(self._site, team, page_request), error_page(call, error))
        )
