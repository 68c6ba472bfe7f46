"""The workspace over HTTP: what the owner of a token can do at a server.

Every method is one request to the API (`rflow.web.api`), on a connection that is kept for the whole run.
"""

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import Person
from rflow.core.session.commands import Command, Start
from rflow.core.session.experience import Hints, NodeFlag, TreeStats
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.log import Log
from rflow.core.session.search.query import Search, SearchPage
from rflow.core.sharing import Minted, Share, ShareCount, ShareView, ShareWish
from rflow.core.spaces import DEFAULT_SPACE
from rflow.delivery.http import Client, Failure, Response
from rflow.delivery.url import HttpUrl
from rflow.errors import BadInput, NotSignedIn, RflowError, SessionMoved, TooManyAttempts, Unreachable, UsageProblem
from rflow.ports.team import SpaceView
from rflow.ports.values import About, Clock, Imported, ImportOutcome, Incoming, Proposal, Sent, TreeName, Verdict
from rflow.ports.wire.basics import MAX_PAGE_SIZE, Listing
from rflow.ports.wire.errors import STATUS, Problem
from rflow.ports.wire.links import CreatedLink, CreateLink, Link, LinkPassword, LinkReference
from rflow.ports.wire.people import Me
from rflow.ports.wire.sessions import (
    CheckCommand,
    CommandResult,
    EventLog,
    ImportResult,
    ImportSession,
    SendCommand,
    SessionVersion,
    readable_events,
    stored_events,
    unreadable_events,
)
from rflow.ports.wire.trees import ProposalDecision, TreeAdded, TreeVersion

_Result = TypeVar("_Result")
_TIMEOUT = 30.0
_LIMIT = 64 * 1024 * 1024
"""Bytes of a response."""
_NO_PAGES = ("A parameter is wrong: Object contains unknown field `limit`", "This takes no parameters: limit")
"""How the refusal of a page by a server begins whose lists did not come in pages yet."""
_BODY, _UNKNOWN = "The body is wrong: ", ("`$.command.type`", "contains unknown field")
"""What the refusal of a command says by a server that does not know it."""
_ERRORS: Mapping[str, type[RflowError]] = {f"urn:rflow:{name}": kind for kind, (_, name) in STATUS.items()}


class RemoteWorkspace:
    """What the bearer of a token can do at a server; `rflow.ports.workspace.Workspace` says what each method does."""

    def __init__(self, url: HttpUrl, token: str, *, clock: Clock) -> None:
        self._url = url
        self._client = Client(url, timeout=_TIMEOUT, limit=_LIMIT)
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._actor: Actor | None = None
        self._trees: dict[str, bytes] = {}
        self._names: dict[str, list[TreeName]] = {}
        self.now = clock

    def close(self) -> None:
        """Close the connection."""
        self._client.__exit__()

    @property
    def actor(self) -> Actor:
        """Who acts; the server is asked when it is first needed."""
        if self._actor is None:
            self._actor = _actor(self._get("/me", Me))
        return self._actor

    def sign_out(self) -> None:
        """End the token of this workspace."""
        self._send("DELETE", "/me/token", None, None)

    @property
    def about(self) -> About:
        """Which server this is."""
        scheme, path = "https" if self._url.secure else "http", self._url.path.rstrip("/")
        return About(url=f"{scheme}://{self._url.netloc}{path}", kind="server", shared=True)

    # Sessions

    def find(self, reference: str) -> Head:
        """Find the one session whose code or id begins with `reference`."""
        return self._get("/find", Head, reference=reference)

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first: as many as are asked for, whatever the server puts on a page."""
        heads: list[Head] = []
        after = query.after
        while True:
            part = replace(query, after=after, limit=query.limit - len(heads))
            page = self._get("/sessions", Page, **_filters(part))
            heads += page.heads
            after = page.after
            if after is None or not page.heads or len(heads) >= query.limit:
                return Page(heads=tuple(heads), after=after)

    def search(self, search: Search) -> SearchPage:
        """Search the texts of sessions."""
        return self._get("/search", SearchPage, words=search.words, **_filters(search.filters))

    def version(self, session_id: str) -> int | None:
        """Return the number of a session's last event."""
        return self._get(f"/sessions/{_part(session_id)}/version", SessionVersion).version

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events after version `after`."""
        wanted = {"after": after} if after else {"context": "true"}
        log = self._get(f"/sessions/{_part(session_id)}/events", EventLog, **wanted)
        if log.context is not None:
            self._actor = _actor(log.context.me)
            self._trees |= log.context.trees
            self._names[log.space] = log.context.names
        return Log(
            id=log.id,
            code=log.code,
            events=stored_events(log.events, log.unreadable),
            space=log.space,
            after=log.after,
            header=log.header.encode(),
        )

    def latest(self, session_id: str) -> Log:
        """Read a session's events: a server gives all of them."""
        return self.load(session_id)

    def start(self, command: Start) -> Sent:
        """Start a session; one that the same `command_id` started before is returned as it stands."""
        return _sent(self._send("POST", "/sessions", command, CommandResult, again=bool(command.command_id)))

    def send(
        self, session_id: str, command: Command, contents: Mapping[str, bytes] | None = None, known: int = 0
    ) -> Sent:
        """Carry out a command; one with an id is sent again where the answer is lost, and carried out once."""
        body, path = SendCommand(command=command, known=known), f"/sessions/{_part(session_id)}"
        again = bool(command.command_id)
        with _known_to_server():
            if contents:
                return _sent(self._upload(f"{path}/evidence", body, contents, CommandResult, again=again))
            return _sent(self._send("POST", f"{path}/commands", body, CommandResult, again=again))

    def check(self, session_id: str, command: Command) -> None:
        """Raise the error that `send` would raise now, and write nothing."""
        with _known_to_server():
            self._send("POST", f"/sessions/{_part(session_id)}/checks", CheckCommand(command=command), None)

    def delete(self, session_id: str) -> None:
        """Remove a session for good, and end its links."""
        self._send("DELETE", f"/sessions/{_part(session_id)}", None, None)

    def plan_import(self, incoming: Incoming) -> Imported:
        """Return what importing a session would do now, and write nothing."""
        return self._import(incoming, dry_run=True)

    def import_session(self, incoming: Incoming, *, accept_ownership: bool = False) -> Imported:
        """Store a session that was read from a file; one that is here with the same beginning is extended."""
        return self._import(incoming, accept_ownership=accept_ownership)

    def _import(self, incoming: Incoming, *, accept_ownership: bool = False, dry_run: bool = False) -> Imported:
        body = ImportSession(
            id=incoming.id,
            code=incoming.code,
            events=readable_events(incoming.events),
            unreadable=unreadable_events(incoming.events),
            trees=dict(incoming.trees),
            accept_ownership=accept_ownership,
            dry_run=dry_run,
        )
        result = self._upload("/imports", body, incoming.contents, ImportResult)
        return Imported(
            session=result.session,
            code=result.code,
            outcome=msgspec.convert(result.outcome, ImportOutcome),
            events=tuple(result.events),
            ownership=tuple(result.ownership),
        )

    def content(self, session_id: str, digest: str) -> bytes:
        """Read the whole content of a piece of evidence."""
        return self._request("GET", f"/sessions/{_part(session_id)}/contents/{_part(digest)}")

    def people(self) -> list[Person]:
        """Return everybody in the sessions that the actor may see, by name."""
        return self._all("/people", Listing[Person])

    def exported(self, session_id: str) -> None:
        """Record that a whole session leaves as a file."""
        self._send("POST", f"/sessions/{_part(session_id)}/exports", None, None)

    # Trees

    def tree(self, digest: str) -> bytes | None:
        """Return a version of a tree as canonical JSON; one that came with a session is not asked for again."""
        if digest in self._trees:
            return self._trees[digest]
        return self._get("/tree-version", TreeVersion, digest=digest).data

    def tree_names(self, space: str = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space; those that have just come with a session are these."""
        names = self._names.pop(space, None)
        if names is not None:
            return names
        return self._all("/trees", Listing[TreeName], space=space)

    def add_tree(self, data: bytes, space: str = DEFAULT_SPACE, edited: str | None = None) -> bool:
        """Make a tree the current version of its id."""
        self._names.clear()
        named = {"space": space} if edited is None else {"space": space, "edited": edited}
        added: TreeAdded = self._send("POST", f"/trees?{urlencode(named)}", data, TreeAdded)
        return added.new

    def propose_tree(self, data: bytes, space: str = DEFAULT_SPACE, edited: str = "") -> Proposal:
        """Keep a version of a tree for a lead to accept."""
        named = urlencode({"space": space, "edited": edited})
        proposal: Proposal = self._send("POST", f"/tree-proposals?{named}", data, Proposal)
        return proposal

    def proposals(self, space: str = DEFAULT_SPACE) -> list[Proposal]:
        """List what was proposed in a space."""
        return self._all("/tree-proposals", Listing[Proposal], space=space)

    def decide_proposal(self, digest: str, verdict: Verdict, space: str = DEFAULT_SPACE) -> Proposal:
        """Publish what was proposed, or drop it."""
        path = f"/tree-proposals/{_part(digest)}/decision?{urlencode({'space': space})}"
        proposal: Proposal = self._send("POST", path, ProposalDecision(verdict=verdict), Proposal)
        return proposal

    def flags(self, tree_id: str, space: str = DEFAULT_SPACE) -> list[NodeFlag]:
        """List the flags of the current version of a tree."""
        return self._all(f"/trees/{_part(tree_id)}/flags", Listing[NodeFlag], space=space)

    def tree_stats(self, tree_id: str, space: str = DEFAULT_SPACE, since: datetime | None = None) -> TreeStats:
        """Return the statistics of a tree from the sessions of a space."""
        named = {"since": since.isoformat()} if since else {}
        return self._get(f"/trees/{_part(tree_id)}/stats", TreeStats, space=space, **named)

    def hints(self, session_id: str) -> Hints:
        """Return what other sessions answered where a session stands."""
        return self._get(f"/sessions/{_part(session_id)}/hints", Hints)

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> None:
        """Remove a tree from the list."""
        self._names.clear()
        self._send("DELETE", f"/trees/{_part(tree_id)}?{urlencode({'space': space})}", None, None)

    # Links

    def create_share(self, wish: ShareWish) -> Minted:
        """Create a read-only link to a session."""
        body = CreateLink(**{name: getattr(wish, name) for name in CreateLink.__struct_fields__})
        made = self._send("POST", "/links", body, CreatedLink)
        return Minted(share=_share(made.link), token=made.token)

    def shares(self, session_id: str | None = None, *, everybody: bool = False) -> list[ShareCount]:
        """List the links of a session, else the actor's."""
        named = {"session": session_id} if session_id else {}
        links = self._all("/links", Listing[Link], everybody=str(everybody).lower(), **named)
        return [_count(link) for link in links]

    def share(self, reference: str) -> ShareCount:
        """Find the one link whose id begins with `reference`, or whose token it is."""
        return _count(self._send("POST", "/links/find", LinkReference(link=reference), Link))

    def session_of_link(self, token: str) -> Head:
        """Return the session that the link with this token shows, if the actor may see it."""
        found: Head = self._send("POST", "/links/session", LinkReference(link=token), Head)
        return found

    def share_views(self, share_id: str) -> Sequence[ShareView]:
        """Return the last views of a link, the newest first."""
        return self._get(f"/links/{_part(share_id)}/views", list[ShareView])

    def revoke_share(self, share_id: str) -> Share:
        """Revoke a link at once."""
        return _share(self._send("POST", f"/links/{_part(share_id)}/revocation", None, Link))

    def protect_share(self, share_id: str, password: str) -> Share:
        """Change the password of a link; an empty one removes it."""
        body = LinkPassword(password=password)
        return _share(self._send("PUT", f"/links/{_part(share_id)}/password", body, Link))

    # Spaces

    def spaces(self) -> list[SpaceView]:
        """List the spaces that the actor may see."""
        return self._all("/spaces", Listing[SpaceView])

    # Requests

    def _get(self, path: str, kind: type[_Result], **query: object) -> _Result:
        pairs = urlencode(query, doseq=True, errors="replace")
        return self._read(self._request("GET", f"{path}?{pairs}" if pairs else path, again=True), kind)

    def _all(self, path: str, kind: type[Listing[_Result]], **query: object) -> list[_Result]:
        """Read all pages of a list."""
        found: list[_Result] = []
        while True:
            try:
                page = self._get(path, kind, limit=MAX_PAGE_SIZE, **query)
            except UsageProblem as error:
                raise (self._older() if error.what.startswith(_NO_PAGES) else error) from error
            found += page.items
            if page.after is None or not page.items:
                return found
            query["after"] = page.after

    def _older(self) -> Unreachable:
        return Unreachable(
            f"{self._url.host} has an rflow older than this one: its lists do not come in pages.",
            try_="The server must be upgraded; until then, use its version of rflow here.",
        )

    def _send(self, method: str, path: str, body: object, kind: Any, *, again: bool = False) -> Any:
        data = body if isinstance(body, bytes) else None if body is None else msgspec.json.encode(body)
        response = self._request(method, path, data, again=again)
        return None if kind is None else self._read(response, kind)

    def _upload(
        self, path: str, body: object, contents: Mapping[str, bytes], kind: type[_Result], *, again: bool = False
    ) -> _Result:
        """Send a request with contents as they are, as parts of a form."""
        media_type, data = _form(msgspec.json.encode(body), contents)
        return self._read(self._request("POST", path, data, again=again, media_type=media_type), kind)

    def _read(self, body: bytes, kind: type[_Result]) -> _Result:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreachable(
                f"{self._url.host} answered something that this rflow does not understand.",
                try_="Is it an rflow server? If so, upgrade the older of the two: the server, or rflow here.",
            ) from error

    def _request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        again: bool = False,
        media_type: str = "application/json",
    ) -> bytes:
        """Send a request and return the body of the response.

        After a failure it is sent once more if the server can't have acted on it, or if acting twice is harmless.
        """
        headers = {**self._headers, **({"Content-Type": media_type} if body is not None else {})}
        outcome: Response | Failure = Failure(what="was not asked")
        for _ in range(2):
            outcome = self._client.request(method, f"{self._url.path.rstrip('/')}/api/v1{path}", body, headers)
            if isinstance(outcome, Response) and outcome.complete:
                return self._checked(outcome)
            not_sent = isinstance(outcome, Failure) and not outcome.sent
            if not (getattr(outcome, "retry", False) if not_sent else again):
                break
        what = outcome.what if isinstance(outcome, Failure) else "cut its answer off"
        raise Unreachable(
            f"{self._url.host} {what}.",
            try_=(isinstance(outcome, Failure) and outcome.try_) or "Nothing is lost: try again.",
        )

    def _checked(self, response: Response) -> bytes:
        if response.status < 400:
            return response.body
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            error = _error(msgspec.json.decode(response.body, type=Problem), response)
            if isinstance(error, NotSignedIn):
                error.try_ = f"Sign in again: rflow login {self.about.url}"
            raise error
        raise Unreachable(
            f"{self._url.host} answered {response.status}.", try_="Is it an rflow server? See: rflow whoami"
        )


@contextlib.contextmanager
def _known_to_server() -> Iterator[None]:
    """Say that the server is too old, where it refuses a command because it does not know it, or a field of it."""
    try:
        yield
    except BadInput as error:
        if not (error.what.startswith(_BODY) and any(text in error.what for text in _UNKNOWN)):
            raise
        raise BadInput(
            "This server is too old for that.", try_="Nothing was written. Ask its operator to upgrade it."
        ) from error


def _form(request: bytes, contents: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Return the media type and the body of a form: the part `request` (JSON), and a file for each content."""
    boundary = secrets.token_hex(24)
    parts = [b'name="request"\r\nContent-Type: application/json\r\n\r\n' + request]
    for digest, content in contents.items():
        parts.append(b'name="content"; filename="%s"\r\n\r\n' % digest.encode() + content)
    begin = f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(piece for part in parts for piece in (begin, part, b"\r\n"))
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def _error(problem: Problem, response: Response) -> RflowError:
    """Return the error that the server raised."""
    kind = _ERRORS.get(problem.type)
    if kind is SessionMoved:
        moved = SessionMoved(problem.detail, try_=problem.try_, version=problem.version)
        moved.problems = problem.problems
        return moved
    if kind is TooManyAttempts:
        after = response.headers.get("retry-after", "0")
        return TooManyAttempts(problem.detail, try_=problem.try_, retry_after=int(after) if after.isdigit() else 0)
    error = (kind or Unreachable)(problem.detail, try_=problem.try_)
    if problem.problems:
        error.problems = problem.problems  # type: ignore[attr-defined]
    return error


def _actor(me: Me) -> Actor:
    scopes = None if me.scopes is None else frozenset(me.scopes)
    return Actor(person=me.person, roles=me.roles, admin=me.admin, scopes=scopes)


def _filters(query: Query) -> dict[str, object]:
    """Return the parameters of a list."""
    wanted = {name: getattr(query, name) for name in query.__struct_fields__ if getattr(query, name) is not None}
    if query.stale_before is not None:
        wanted["stale_before"] = query.stale_before.isoformat()
    return wanted


def _part(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _sent(done: CommandResult) -> Sent:
    return Sent(
        session=done.session,
        code=done.code,
        events=tuple(done.events),
        entry=done.entry,
        steered=done.steered,
        tail=stored_events(done.tail, done.unreadable),
        reload=done.reload,
    )


def _share(link: Link) -> Share:
    """Return a link as a share, without the hashes that the server keeps to itself."""
    return Share(
        id=link.id,
        session=link.session,
        space=link.space,
        hash="",
        ending=link.ending,
        by=link.by,
        created_at=link.created_at,
        expires_at=link.expires_at,
        label=link.label,
        brief=link.brief,
        until_seq=link.until_seq,
        password="protected" if link.protected else "",
        patterns=tuple(link.patterns),
        max_views=link.max_views,
        audience=link.audience,
        revoked_at=link.revoked_at,
        revoked_by=link.revoked_by,
    )


def _count(link: Link) -> ShareCount:
    return ShareCount(share=_share(link), views=link.views, last_view=link.last_view)
