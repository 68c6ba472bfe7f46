"""The routes of the API: a request becomes a call of its operation, in a worker thread, as the owner of its token."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from rflow.core.actors import Actor
from rflow.core.people import Person
from rflow.errors import BadInput, NotFound, NotSignedIn, RflowError, SessionMoved, UsageProblem
from rflow.ports.wire import GrantError
from rflow.service.team.team import Team
from rflow.web.api import device, problems
from rflow.web.api.openapi import PREFIX, document
from rflow.web.api.operations import OPERATIONS, Call, Operation
from rflow.web.middleware import BodyLimit
from rflow.web.workers import WorkerPool

_CHUNK = 64 * 1024
_NOBODY = Actor(person=Person(id="", name=""), roles={}, scopes=frozenset())


class ApiRoutes:
    """Endpoints of the addresses below /api/v1."""

    def __init__(self, workers: WorkerPool[Team], base: str = "") -> None:
        self._workers = workers
        self._base = base

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
        try:
            token = "" if operation.form else bearer_of(request)
            raw = await request.body() if operation.body is not None else b""
            given = read(operation, request, raw, token=token, base=self._base)
            return await self._workers.run(partial(_carried_out, operation=operation, token=token, given=given))
        except RflowError as error:
            return answered(operation, device.invalid(error)) if operation.form else problems.response(error)


def _carried_out(team: Team, *, operation: Operation, token: str, given: Callable[[Team, Actor], Call]) -> Response:
    """Carry an operation out, in a worker thread."""
    actor = _NOBODY if operation.form else team.sign_in.by_token(token) or team.sign_in.by_session(token)
    if actor is None:
        return problems.response(NotSignedIn("This token does not work.", try_="Sign in again: rflow login URL"))
    call = given(team, actor)
    try:
        return answered(operation, operation.call(call))
    except SessionMoved as moved:
        return problems.response(moved, _current(call))
    except RflowError as error:
        return problems.response(error)


def _current(call: Call) -> bytes:
    """Return the head of the session that has moved, as JSON."""
    try:
        return msgspec.json.encode(call.team.workspace(call.actor).find(call.path["session"]))
    except (KeyError, NotFound):
        return b""


def answered(operation: Operation, result: object) -> Response:
    """Return the response for a result."""
    if isinstance(result, GrantError):
        return Response(msgspec.json.encode(result), 400, media_type="application/json")
    if operation.result is None:
        return Response(status_code=204)
    if operation.result is bytes:
        assert isinstance(result, bytes)
        headers = {"content-disposition": "attachment", "content-length": str(len(result))}
        parts = (result[start : start + _CHUNK] for start in range(0, len(result), _CHUNK))
        return StreamingResponse(parts, headers=headers, media_type="application/octet-stream")
    return Response(msgspec.json.encode(result), operation.status, media_type="application/json")


def bearer_of(request: Request) -> str:
    """Return the token of a request; raise `NotSignedIn` without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn("This needs a token.", try_="Send it as: Authorization: Bearer TOKEN")
    return token.strip()


def read(
    operation: Operation, request: Request, raw: bytes, *, token: str = "", base: str = ""
) -> Callable[[Team, Actor], Call]:
    """Read a request as its operation wants it; raise `UsageProblem` or `BadInput` for what does not fit."""
    path = {name: str(value) for name, value in request.path_params.items()}
    query = _query(operation, request)
    body = _body(operation, raw)
    address = request.client.host if request.client else ""
    return lambda team, actor: Call(
        team=team,
        actor=actor,
        path=path,
        query=query,
        body=body,
        raw=raw,
        token=token,
        address=address,
        base=base,
    )


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
    if operation.form:
        return _form(operation, raw)
    try:
        return msgspec.json.decode(raw, type=operation.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The body is wrong: {error}.", try_=f"See {PREFIX}/openapi.json") from None


def _form(operation: Operation, raw: bytes) -> Any:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=20)
        if len(dict(pairs)) < len(pairs):
            raise BadInput("A parameter was given twice.", try_="Give each parameter once.")
        return msgspec.convert(dict(pairs), operation.body)
    except (ValueError, msgspec.ValidationError):
        raise BadInput("The form can't be read.", try_=f"See {PREFIX}/openapi.json") from None


async def openapi(_: Request) -> Response:
    """Return the OpenAPI document."""
    return Response(document(), media_type="application/json", headers={"cache-control": "no-cache"})
