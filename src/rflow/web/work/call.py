"""One request for a page: who asks for what, and what a handler may answer. Handlers run in a worker thread."""

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


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request, read: its address without the part that a proxy adds, its form, its cookies.

    `live` is a page that updates itself, which does not keep a web session from ending. `client` is the client's
    address, "" if it is not known.
    """

    method: str
    path: str
    names: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    form: Form = Form()
    token: str = ""
    notice: Notice | None = None
    live: bool = False
    client: str = ""

    @property
    def address(self) -> str:
        """The address with its query, to come back to."""
        from urllib.parse import urlencode

        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


class Call:
    """A request and who makes it: what a handler works with."""

    def __init__(self, site: Site, team: Team, asked: Asked, summaries: Summaries | None = None) -> None:
        self.site, self.team, self.asked = site, team, asked
        self.summaries = summaries or Summaries(site.zone)

    @cached_property
    def actor(self) -> Actor | None:
        """Who is signed in; None if nobody is."""
        if not is_token(self.asked.token, "session"):
            return None
        sign_in = self.team.sign_in
        return sign_in.watching(self.asked.token) if self.asked.live else sign_in.by_session(self.asked.token)

    @property
    def me(self) -> Actor:
        """Who is signed in; raises `NotSignedIn`."""
        if self.actor is None:
            raise NotSignedIn("You are not signed in.", try_="Sign in, then send it again.")
        return self.actor

    @cached_property
    def workspace(self) -> LocalWorkspace:
        """What they can do with sessions, trees and links."""
        return self.team.workspace(self.me)

    @property
    def form(self) -> Form:
        """What was sent."""
        return self.asked.form

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the address; of several with one name the last."""
        return self.asked.query

    def named(self, name: str) -> str:
        """Return a part of the address."""
        return self.asked.names[name]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A page: the template in templates/web, its values, the status, more headers."""

    template: str
    values: Mapping[str, Any] = {}
    status: int = 200
    headers: Mapping[str, str] = {}


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """Go on at another address of ours, and say there what was done: the answer to every form that worked.

    `session` is a new web session; "" ends the one that the browser has.
    """

    to: str
    say: str = ""
    tone: Tone = "ok"
    session: str | None = None


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """A file to keep, never to be shown as a page."""

    name: str
    content: bytes


Answer = Shown | Redirect | Download
Handler = Callable[[Call], Answer]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """An address, what shows it and what takes its form.

    `public` pages are for everybody, the others for those who are signed in. `limit` is how many bytes a form may have.
    """

    path: str
    get: Handler | None = None
    post: Handler | None = None
    public: bool = False
    limit: int | None = None

    @property
    def name(self) -> str:
        """The name of the page in metrics and logs."""
        handler = self.get or self.post
        return f"page_{handler.__name__}" if handler is not None else "page"
