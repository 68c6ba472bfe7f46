"""Opening a protected link: its requirements, the form, and the cookie that proves that a reader has opened it."""

from functools import partial
from typing import get_args

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from rflow.core.sharing import Need, ViewForm
from rflow.core.tokens import is_token
from rflow.errors import NotAllowed, NotFound, NotSignedIn, RflowError, TooManyAttempts
from rflow.service.local.shared import SharedSessions
from rflow.service.team.links import Opened
from rflow.web.link_lookup import key_of
from rflow.web.pages import LINK_ENDED, OPENING_POLICY, WORK_STYLE, message
from rflow.web.work.client import client_address
from rflow.web.work.cookies import cookies_of, session_cookie
from rflow.web.work.forms import read_form
from rflow.web.work.same_origin import check_same_origin
from rflow.web.work.site import Site
from rflow.web.workers import WorkerPool

_COOKIE = "rflow-opened"
_SUFFIXES = ("", *(f".{form}" for form in get_args(ViewForm) if form != "page"))
_ENTRY_FORM = """<form class="stack" method="post">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="off" maxlength="200" required autofocus>
<button class="btn go big">Open</button>
</form>"""
_CLICK_FORM = '<form class="stack" method="post"><button class="btn go big">Open</button></form>'
_STYLE = f'<link rel="stylesheet" href="..{WORK_STYLE.path}">\n'
_METHOD_NOT_ALLOWED = PlainTextResponse("Method Not Allowed", 405, {"allow": "GET, HEAD"})
_OPEN_IN_BROWSER = PlainTextResponse("This link must be opened in a browser first.\n", 401)


class Opening:
    """Opens protected links; a cookie proves which ones a reader has opened."""

    def __init__(self, workers: WorkerPool[SharedSessions], site: Site) -> None:
        self._workers, self._site = workers, site

    def key(self, request: Request, token: str) -> str | None:
        """Return the look-up key of a link for a reader with cookies; None without any."""
        opened, session = cookies_of(request).get(_COOKIE, ""), self._session(request)
        return key_of(token, opened, session) if opened or session else None

    async def page(self, request: Request, token: str, *, is_page: bool) -> Response:
        """Return the page for opening a link, or that the link has ended."""
        needs = await self._needs(request, token)
        if needs is None:
            return LINK_ENDED
        return self._form(request, needs) if is_page else _OPEN_IN_BROWSER

    async def _needs(self, request: Request, token: str) -> frozenset[Need] | None:
        work = partial(_needs, token=token, session=self._session(request))
        return await self._workers.run(work) if is_token(token) else None

    def _session(self, request: Request) -> str:
        return cookies_of(request).get(session_cookie(self._site), "")

    async def open(self, request: Request, token: str) -> Response:
        """Open a link with the form that was sent."""
        needs = await self._needs(request, token)
        if needs is None:
            return LINK_ENDED
        if not needs:
            return _METHOD_NOT_ALLOWED
        try:
            check_same_origin(request, self._site)
            form = await read_form(request)
            session, client = self._session(request), client_address(request, self._site)
            opened = await self._workers.run(
                partial(_opened, token=token, password=form.text("password"), session=session, client=client)
            )
        except NotFound:
            return LINK_ENDED
        except (NotAllowed, NotSignedIn, TooManyAttempts) as error:
            return self._form(request, needs, error)
        response = RedirectResponse(request.url.path.rpartition("/")[2], 303, {"cache-control": "no-store"})
        for suffix in _SUFFIXES:  # a cookie for a path is not sent to that path with a suffix
            response.set_cookie(
                _COOKIE,
                opened.token,
                expires=opened.expires_at,
                path=f"{self._site.base}/share/{token}{suffix}",
                secure=self._site.is_secure,
                httponly=True,
                samesite="lax",
            )
        return response

    def _form(self, request: Request, needs: frozenset[Need], error: RflowError | None = None) -> Response:
        """Return the form for what a link needs: to sign in, then its password, or a click."""
        headers = {"content_security_policy": OPENING_POLICY}
        if isinstance(error, TooManyAttempts):
            headers["retry_after"] = str(error.retry_after)
        head = _STYLE + (f'<p class="box hold" role="alert"><b>{error.what}</b> {error.try_}</p>\n' if error else "")
        status = 401 if error is None else {NotAllowed: 403, TooManyAttempts: 429}.get(type(error), 401)
        if "sign_in" in needs:
            body = "<p>Only people who have an account here may read this session.</p>\n" + _sign_in(request)
            return message("Sign in to open this session", head + body, status, "..", **headers)
        if "password" in needs:
            hint = "<p>The person who sent you this link has its password.</p>\n"
            return message("This session has a password", f"{head}{hint}{_ENTRY_FORM}", status, "..", **headers)
        hint = "<p>It can be opened only a few times. Reloading within an hour does not count.</p>\n"
        return message("Open this session", head + hint + _CLICK_FORM, status if error else 200, "..", **headers)


def _sign_in(request: Request) -> str:
    """Return the link to the sign-in page; the token was validated, so it needs no escaping."""
    return f'<p><a class="btn go big" href="../sign-in?next=/share/{request.path_params["name"]}">Sign in</a></p>'


def _needs(store: SharedSessions, *, token: str, session: str) -> frozenset[Need] | None:
    working = store.working(token)
    if working is None:
        return None
    return working[1] - {"sign_in"} if store.is_signed_in(session) else working[1]


def _opened(store: SharedSessions, *, token: str, password: str, session: str, client: str) -> Opened:
    """Open a link; raise `NotFound`, `NotSignedIn` or `TooManyAttempts`."""
    working = store.working(token)
    if working is None:
        raise NotFound("This link does not work.", try_="Ask for a new one.")
    share, needs = working
    if "sign_in" in needs and not store.is_signed_in(session):
        raise NotSignedIn("You are not signed in.", try_="Sign in, then open the link again.")
    return store.protected.open(share, password, client)
