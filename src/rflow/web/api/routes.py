"""The routes of the API: a request becomes a call of its operation, in a worker thread, as the owner of its token."""

from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

import msgspec
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rflow.core.actors import Actor
from rflow.errors import BadInput, NotFound, NotSignedIn, RflowError, SessionMoved, StoreProblem, UsageProblem
from rflow.service.sessions import head_named
from rflow.service.team.team import Team
from rflow.web.api import changes, device, problems
from rflow.web.api.contents import ContentResponse, by_digest, uploaded
from rflow.web.api.openapi import PREFIX, document
from rflow.web.api.operations import OPERATIONS, Call, Operation
from rflow.web.broadcaster import Broadcaster, EventStream
from rflow.web.middleware import BODY_LIMIT, BodyLimit
from rflow.web.work.cookies import cookies_of, session_cookie
from rflow.web.work.same_origin import check_same_origin
from rflow.web.work.site import Site
from rflow.web.workers import WorkerPool


class Given(msgspec.Struct, frozen=True):
    """The parsed parts of a request, without the actor."""

    path: dict[str, str]
    query: Any
    body: Any
    raw: bytes = b""
    files: Sequence[BinaryIO] = ()


class ApiRoutes:
    """Endpoints of the addresses below /api/v1."""

    def __init__(self, workers: WorkerPool[Team], lookup: changes.ChangeLookup, site: Site) -> None:
        self._workers = workers
        self._lookup = lookup
        self._site = site
        self.broadcaster = Broadcaster(lookup, changes.MAX_STREAMS, event=changes.event, ended=changes.ENDED)

    def routes(self) -> list[Route]:
        """Return a route for each address, and one for the document that describes them."""
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in OPERATIONS:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        described = Route(f"{PREFIX}/openapi.json", openapi)
        return [described, *(self._route(path, operations) for path, operations in by_path.items())]

    def _route(self, path: str, operations: dict[str, Operation]) -> Route:
        async def api(request: Request) -> Response:
            method = "GET" if request.method == "HEAD" else request.method
            return await self._answer(operations[method], request)

        limit = max(operation.limit or 0 for operation in operations.values())
        limits = [Middleware(BodyLimit, limit=limit)] if limit else []
        return Route(PREFIX + path, api, methods=list(operations), middleware=limits)

    async def _answer(self, operation: Operation, request: Request) -> Response:
        if operation.form:
            return await device.answer(self._workers, operation, request, self._site)
        try:
            token = token_of(request, self._site)
            if (operation.limit or 0) > BODY_LIMIT:  # a large body is not read for anybody
                await self._workers.run(partial(signed_in, token=token))
            if operation.files:
                async with uploaded(request, operation.files) as (said, files):
                    return await self._carry_out(operation, token, read(operation, request, said, files))
            raw = await request.body() if operation.body is not None else b""
            given = read(operation, request, raw)
            if operation.stream:
                return await self._stream(operation, request, token, given)
            return await self._carry_out(operation, token, given)
        except RflowError as error:
            return problems.response(error)

    async def _carry_out(self, operation: Operation, token: str, given: Given) -> Response:
        return await self._workers.run(partial(_carried_out, operation=operation, token=token, given=given))

    async def _stream(self, operation: Operation, request: Request, token: str, given: Given) -> Response:
        """Return a stream of events, if its reader may see what it is about."""
        session = await self._workers.run(partial(_subject, operation=operation, token=token, given=given))
        return await self.stream(request, token, session)

    async def stream(self, request: Request, token: str, session: str = "") -> EventStream:
        """Return a stream of events about a session (its id), or about all that the owner of a token may see."""
        key = changes.Watched(token, session)
        found = (await self._lookup.find_all([key]))[key]
        if isinstance(found, Exception):
            raise found
        if found is None:
            raise NotSignedIn("This token does not work.", try_="Sign in again: rflow login URL")
        if (
            self.broadcaster.is_full
            or self.broadcaster.count(lambda each: each.token == token) >= changes.MAX_PER_TOKEN
        ):
            raise StoreProblem("Too many streams of changes are open.", try_="Close some, or try again later.")
        known = request.headers.get("last-event-id", "")
        return EventStream(self.broadcaster, key, found, known=known, head_only=request.method == "HEAD")


def signed_in(team: Team, *, token: str) -> Actor:
    """Return whose token it is; raise `NotSignedIn` if it does not work."""
    actor = team.sign_in.by_token(token) or team.sign_in.by_session(token)
    if actor is None:
        raise NotSignedIn("This token does not work.", try_="Sign in again: rflow login URL")
    return actor


def _call(team: Team, token: str, given: Given) -> Call:
    actor = signed_in(team, token=token)
    contents = by_digest(given.files)
    return Call(
        team=team,
        actor=actor,
        path=given.path,
        query=given.query,
        body=given.body,
        raw=given.raw,
        contents=contents,
        token=token,
    )


def _subject(team: Team, *, operation: Operation, token: str, given: Given) -> str:
    """Return the id of the session that a stream is about, in a worker thread."""
    session = operation.call(_call(team, token, given))
    assert isinstance(session, str)
    return session


def _carried_out(team: Team, *, operation: Operation, token: str, given: Given) -> Response:
    """Run an operation, in a worker thread."""
    call = _call(team, token, given)
    try:
        return answered(operation, operation.call(call))
    except SessionMoved as moved:
        return problems.response(moved, _current(call))


def _current(call: Call) -> bytes:
    """Return the head of the session that has moved, as JSON."""
    try:
        return msgspec.json.encode(head_named(call.workspace, call.path["session"]))
    except (KeyError, NotFound, UsageProblem):
        return b""


def answered(operation: Operation, result: object) -> Response:
    """Return the response for a result."""
    if operation.result is None:
        return Response(status_code=204)
    if operation.result is bytes:
        assert isinstance(result, bytes)
        return ContentResponse(result)
    return Response(msgspec.json.encode(result), operation.status, media_type="application/json")


def token_of(request: Request, site: Site) -> str:
    """Return the token of a request, or the web session of a page of ours; raise `NotSignedIn` without one.

    A web session comes in a cookie, which browsers add to requests of other sites too: these are refused.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if not scheme and (session := cookies_of(request).get(session_cookie(site))):
        check_same_origin(request, site)
        return session
    raise NotSignedIn("This needs a token.", try_="Send it as: Authorization: Bearer TOKEN")


def read(operation: Operation, request: Request, raw: bytes, files: Sequence[BinaryIO] = ()) -> Given:
    """Parse a request for its operation; raise `UsageProblem` or `BadInput` for what does not fit."""
    path = {name: str(value) for name, value in request.path_params.items()}
    return Given(path, _query(operation, request), _body(operation, raw), raw, files)


def _query(operation: Operation, request: Request) -> Any:
    pairs = request.query_params.multi_items()
    fields = msgspec.structs.fields(operation.query) if operation.query is not None else ()
    lists = {field.name for field in fields if "list" in str(field.type)}
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise UsageProblem("A parameter was given twice.", try_="Give each parameter once.")
        else:
            given[name] = value
    if operation.query is None:
        if given:
            raise UsageProblem(
                f"This takes no parameters: {', '.join(sorted(given))[:100]}.", try_=f"See {PREFIX}/openapi.json"
            )
        return None
    try:
        return msgspec.convert(given, operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise UsageProblem(f"A parameter is wrong: {error}.", try_=f"See {PREFIX}/openapi.json") from None


def _body(operation: Operation, raw: bytes) -> Any:
    if operation.body is None or operation.raw:
        return None
    try:
        return msgspec.json.decode(raw, type=operation.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The body is wrong: {error}.", try_=f"See {PREFIX}/openapi.json") from None


async def openapi(_: Request) -> Response:
    """Return the OpenAPI document."""
    return Response(document(), media_type="application/json", headers={"cache-control": "no-cache"})
