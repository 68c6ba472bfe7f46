"""The routes of the API: each request calls its operation in a worker thread, as the owner of its token."""

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
from rflow.web.api.operations import OPERATIONS
from rflow.web.api.operations.operation import Call, Operation
from rflow.web.broadcaster import Broadcaster, EventStream
from rflow.web.middleware import BODY_LIMIT, BodyLimit
from rflow.web.work.cookies import cookies_of, session_cookie
from rflow.web.work.same_origin import check_same_origin
from rflow.web.work.site import Site
from rflow.web.workers import WorkerPool


class ParsedRequest(msgspec.Struct, frozen=True):
    """The parsed parts of a request, without the actor."""

    path: dict[str, str]
    query: Any
    body: Any
    raw: bytes = b""
    files: Sequence[BinaryIO] = ()


class ApiRoutes:
    """The endpoints below /api/v1."""

    def __init__(self, workers: WorkerPool[Team], lookup: changes.ChangeLookup, site: Site) -> None:
        self._workers = workers
        self._lookup = lookup
        self._site = site
        self.broadcaster = Broadcaster(lookup, changes.MAX_STREAMS, event=changes.event, ended=changes.ENDED)

    def routes(self) -> list[Route]:
        """Return a route for each path, and one for the OpenAPI document."""
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in OPERATIONS:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        document_route = Route(f"{PREFIX}/openapi.json", openapi)
        return [document_route, *(self._route(path, operations) for path, operations in by_path.items())]

    def _route(self, path: str, operations: dict[str, Operation]) -> Route:
        async def api(request: Request) -> Response:
            method = "GET" if request.method == "HEAD" else request.method
            return await self._handle(operations[method], request)

        limit = max(operation.body_limit or 0 for operation in operations.values())
        limits = [Middleware(BodyLimit, limit=limit)] if limit else []
        return Route(PREFIX + path, api, methods=list(operations), middleware=limits)

    async def _handle(self, operation: Operation, request: Request) -> Response:
        if operation.device_flow:
            return await device.handle(self._workers, operation, request, self._site)
        try:
            token = token_of(request, self._site)
            if (operation.body_limit or 0) > BODY_LIMIT:  # read a large body only for valid tokens
                await self._workers.run(partial(signed_in, token=token))
            if operation.request_part_limit:
                async with uploaded(request, operation.request_part_limit) as (body, files):
                    return await self._call(operation, token, parse(operation, request, body, files))
            raw = await request.body() if operation.body is not None else b""
            parsed = parse(operation, request, raw)
            if operation.stream:
                return await self._stream(operation, request, token, parsed)
            return await self._call(operation, token, parsed)
        except RflowError as error:
            return problems.response(error)

    async def _call(self, operation: Operation, token: str, parsed: ParsedRequest) -> Response:
        return await self._workers.run(partial(_run, operation=operation, token=token, parsed=parsed))

    async def _stream(self, operation: Operation, request: Request, token: str, parsed: ParsedRequest) -> Response:
        """Return a stream of events, if its reader may see the session."""
        session = await self._workers.run(partial(_stream_session, operation=operation, token=token, parsed=parsed))
        return await self.stream(request, token, session)

    async def stream(self, request: Request, token: str, session: str = "") -> EventStream:
        """Return a stream of events about one session (an id), or about all that the owner of a token may see."""
        key = changes.StreamKey(token, session)
        found = (await self._lookup.find_all([key]))[key]
        if isinstance(found, Exception):
            raise found
        if found is None:
            raise _invalid_token()
        if (
            self.broadcaster.is_full
            or self.broadcaster.count(lambda each: each.token == token) >= changes.MAX_PER_TOKEN
        ):
            raise StoreProblem("Too many streams of changes are open.", try_="Close some, or try again later.")
        known = request.headers.get("last-event-id", "")
        return EventStream(self.broadcaster, key, found, known=known, head_only=request.method == "HEAD")


def signed_in(team: Team, *, token: str) -> Actor:
    """Return the owner of a token; raise `NotSignedIn` if it is not valid."""
    actor = team.sign_in.by_token(token) or team.sign_in.by_session(token)
    if actor is None:
        raise _invalid_token()
    return actor


def _invalid_token() -> NotSignedIn:
    return NotSignedIn("This token does not work.", try_="Sign in again: rflow login URL")


def _to_call(team: Team, token: str, parsed: ParsedRequest) -> Call:
    actor = signed_in(team, token=token)
    contents = by_digest(parsed.files)
    return Call(
        team=team,
        actor=actor,
        path=parsed.path,
        query=parsed.query,
        body=parsed.body,
        raw=parsed.raw,
        contents=contents,
        token=token,
    )


def _stream_session(team: Team, *, operation: Operation, token: str, parsed: ParsedRequest) -> str:
    """Return the id of a stream's session; "" for all sessions."""
    session = operation.handler(_to_call(team, token, parsed))
    assert isinstance(session, str)
    return session


def _run(team: Team, *, operation: Operation, token: str, parsed: ParsedRequest) -> Response:
    """Run an operation and return its response."""
    call = _to_call(team, token, parsed)
    try:
        return response_for(operation, operation.handler(call))
    except SessionMoved as moved:
        return problems.response(moved, _current_head(call))


def _current_head(call: Call) -> bytes:
    """Return the head of the session that has moved, as JSON."""
    try:
        return msgspec.json.encode(head_named(call.workspace, call.path["session"]))
    except (KeyError, NotFound, UsageProblem):
        return b""


def response_for(operation: Operation, result: object) -> Response:
    """Return the response for an operation's result."""
    if operation.result is None:
        return Response(status_code=204)
    if operation.result is bytes:
        assert isinstance(result, bytes)
        return ContentResponse(result)
    return Response(msgspec.json.encode(result), operation.status, media_type="application/json")


def token_of(request: Request, site: Site) -> str:
    """Return the bearer token of a request, or else that of its web session; raise `NotSignedIn` if it has neither.

    A web session is in a cookie, which browsers also send with requests from other sites: these are refused.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if not scheme and (session := cookies_of(request).get(session_cookie(site))):
        check_same_origin(request, site)
        return session
    raise NotSignedIn("This needs a token.", try_="Send it as: Authorization: Bearer TOKEN")


def parse(operation: Operation, request: Request, raw: bytes, files: Sequence[BinaryIO] = ()) -> ParsedRequest:
    """Parse a request for its operation; raise `UsageProblem` or `BadInput` if it has the wrong form."""
    path = {name: str(value) for name, value in request.path_params.items()}
    return ParsedRequest(path, _query(operation, request), _body(operation, raw), raw, files)


def _query(operation: Operation, request: Request) -> Any:
    pairs = request.query_params.multi_items()
    fields = msgspec.structs.fields(operation.query) if operation.query is not None else ()
    lists = {field.name for field in fields if "list" in str(field.type)}
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise UsageProblem("A parameter was given twice.", try_="Give each parameter once.")
        else:
            values[name] = value
    if operation.query is None:
        if values:
            raise UsageProblem(
                f"This takes no parameters: {', '.join(sorted(values))[:100]}.", try_=f"See {PREFIX}/openapi.json"
            )
        return None
    try:
        return msgspec.convert(values, operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise UsageProblem(f"A parameter is wrong: {error}.", try_=f"See {PREFIX}/openapi.json") from None


def _body(operation: Operation, raw: bytes) -> Any:
    if operation.body is None or operation.raw_body:
        return None
    try:
        return msgspec.json.decode(raw, type=operation.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The body is wrong: {error}.", try_=f"See {PREFIX}/openapi.json") from None


async def openapi(_: Request) -> Response:
    """Return the OpenAPI document."""
    return Response(document(), media_type="application/json", headers={"cache-control": "no-cache"})
