"""Handlers of pages: the call that they get, and the results that they may return. They run in worker threads."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from rflow.core.actors import Actor
from rflow.core.tokens import is_token
from rflow.errors import NotSignedIn
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.team.team import Team
from rflow.web.work.cookies import Notice, Tone
from rflow.web.work.forms import Form
from rflow.web.work.site import Site
from rflow.web.work.summaries import Summaries


class PageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed request: its path without the prefix of a proxy, its form, and what its cookies hold.

    `live` if an open page updates itself, which must not extend the web session. `client` is the client's IP address,
    "" if it is unknown.
    """

    method: str
    path: str
    path_params: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    form: Form = Form()
    token: str = ""
    notice: Notice | None = None
    live: bool = False
    client: str = ""

    @property
    def url(self) -> str:
        """The path with its query."""
        from urllib.parse import urlencode

        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


class Call:
    """A request and its actor: what a handler gets."""

    def __init__(self, site: Site, team: Team, request: PageRequest, summaries: Summaries | None = None) -> None:
        self.site, self.team, self.request = site, team, request
        self.summaries = summaries or Summaries(site.zone)

    @cached_property
    def actor(self) -> Actor | None:
        """Who is signed in; None if nobody is."""
        if not is_token(self.request.token, "session"):
            return None
        sign_in = self.team.sign_in
        return sign_in.watching(self.request.token) if self.request.live else sign_in.by_session(self.request.token)

    @property
    def me(self) -> Actor:
        """Who is signed in; raises `NotSignedIn`."""
        if self.actor is None:
            raise NotSignedIn("You are not signed in.", try_="Sign in, then send it again.")
        return self.actor

    @cached_property
    def workspace(self) -> LocalWorkspace:
        """The actor's sessions, trees and links."""
        return self.team.workspace(self.me)

    @property
    def form(self) -> Form:
        """The form that was sent."""
        return self.request.form

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters; the last one wins if several have the same name."""
        return self.request.query

    def path_param(self, name: str) -> str:
        """Return a path parameter."""
        return self.request.path_params[name]


class HtmlPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page: its template in templates/web and the values for it, its status, and further headers."""

    template: str
    values: Mapping[str, Any] = {}
    status: int = 200
    headers: Mapping[str, str] = {}


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """Redirect to another page, which shows `notice` once: the result of every form that succeeded.

    `session` is the token of a new web session; "" ends the browser's current one.
    """

    to: str
    notice: str = ""
    tone: Tone = "ok"
    session: str | None = None


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """A file to save, never shown as a page."""

    name: str
    content: bytes


Result = HtmlPage | Redirect | Download
Handler = Callable[[Call], Result]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page's path, and its handlers for showing it and for its form.

    Pages that are not `public` require signing in. `body_limit` is the maximum size of a form in bytes, where it is not
    the server's usual one.
    """

    path: str
    get: Handler | None = None
    post: Handler | None = None
    public: bool = False
    body_limit: int | None = None

    @property
    def name(self) -> str:
        """The name of the page in metrics and logs."""
        handler = self.get or self.post
        return f"page_{handler.__name__}" if handler is not None else "page"
