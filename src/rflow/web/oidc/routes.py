"""The routes of signing in by OpenID Connect: to the provider, and back from it."""

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rflow.errors import NotSignedIn, RflowError, UsageProblem
from rflow.service.team.team import Team
from rflow.web.oidc.attempt import LIFE, Attempt, attempt_in, new_attempt
from rflow.web.oidc.config import Oidc
from rflow.web.oidc.identity import Verified, verified
from rflow.web.oidc.provider import Provider, refused
from rflow.web.work.call import Answer, Asked, Call, Redirect
from rflow.web.work.cookies import cookies_of, keep, kept
from rflow.web.work.errors import failed
from rflow.web.work.routes import WorkRoutes, asked_of
from rflow.web.work.site import Site
from rflow.web.workers import WorkerPool

START, BACK = "/sign-in/oidc", "/sign-in/oidc/callback"
_COOKIE = "rflow-oidc"


class OidcRoutes:
    """Endpoints of the two addresses. The provider is asked in threads of its own: it may be slow."""

    def __init__(self, config: Oidc, workers: WorkerPool[Team], site: Site, pages: WorkRoutes) -> None:
        self._config, self._workers, self._site, self._pages = config, workers, site, pages
        self._provider = Provider(config, site.url.rstrip("/") + BACK)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route(START, self.oidc_start, methods=["GET"]), Route(BACK, self.oidc_callback, methods=["GET"])]

    async def oidc_start(self, request: Request) -> Response:
        """Redirect to the provider; a cookie has what is needed to finish."""
        attempt = new_attempt(request.query_params.get("next", "/"))
        try:
            if not self._site.may_sign_in:
                raise UsageProblem("Signing in needs HTTPS.", try_="Ask the people who run this server.")
            to = await run_in_threadpool(self._provider.authorization_url, attempt)
        except RflowError as error:
            return await self._page(request, error)
        response = RedirectResponse(to, 303, {"cache-control": "no-store"})
        keep(response, self._site, _COOKIE, attempt.cookie, LIFE)
        return response

    async def oidc_callback(self, request: Request) -> Response:
        """Sign in somebody who returns from the provider."""
        attempt = attempt_in(kept(self._site, _COOKIE, cookies_of(request)))
        try:
            who = await run_in_threadpool(self._who, attempt, dict(request.query_params))
        except RflowError as error:
            response = await self._page(request, error)
        else:
            assert attempt is not None
            asked = asked_of(request, self._site)
            work = partial(self._signed_in, asked=asked, who=who, wanted=attempt.wanted)
            response = await self._workers.run(work)
        keep(response, self._site, _COOKIE, "", 0)
        return response

    def _who(self, attempt: Attempt | None, said: dict[str, str]) -> Verified:
        """Return who comes back with an answer of the provider; raise `NotSignedIn` if that is not verified."""
        if attempt is None or said.get("state") != attempt.state:
            raise refused("the answer does not belong to an attempt of this browser")
        if "iss" in said:
            self._provider.check_issuer(said["iss"])
        if said.get("error") or not said.get("code"):
            raise NotSignedIn("The identity provider did not sign you in.", try_="Begin again: Sign in.")
        return verified(self._provider.claims(said["code"], attempt), self._config)

    def _signed_in(self, team: Team, *, asked: Asked, who: Verified, wanted: str) -> Response:
        call = Call(self._site, team, asked)
        try:
            actor = team.identities.sign_in(who.identity, who.name, admin=who.admin, roles=who.roles)
            team.sign_in.close_session(asked.token)
            answer: Answer = Redirect(to=wanted, session=team.sign_in.open_session(actor, asked.client))
        except RflowError as error:
            answer = failed(call, error)
        return self._pages.respond(call, answer)

    async def _page(self, request: Request, error: RflowError) -> Response:
        asked = asked_of(request, self._site)
        return await self._workers.run(
            lambda team: self._pages.respond(call := Call(self._site, team, asked), failed(call, error))
        )
