"""An operation of the API, and a call of it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rflow.core.actors import Actor
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.sessions import head_named
from rflow.service.team.accounts import LocalAccounts
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.team import Team
from rflow.service.team.tokens import LocalTokens

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call of an operation by an actor; `query` and `body` have the types that the operation declares.

    `path` are the path parameters. `contents` are the uploaded files, by digest.
    """

    team: Team
    actor: Actor
    path: Mapping[str, str]
    query: Any = None
    body: Any = None
    raw: bytes = b""
    contents: Mapping[str, bytes] = {}
    token: str = ""

    @property
    def workspace(self) -> LocalWorkspace:
        """The actor's sessions, trees and links."""
        return self.team.workspace(self.actor)

    @property
    def accounts(self) -> LocalAccounts:
        """The accounts, as far as the actor may manage them."""
        return self.team.accounts(self.actor)

    @property
    def spaces(self) -> LocalSpaces:
        """The spaces, as far as the actor may manage them."""
        return self.team.spaces(self.actor)

    @property
    def tokens(self) -> LocalTokens:
        """The API tokens, as far as the actor may manage them."""
        return self.team.tokens(self.actor)

    @property
    def session_id(self) -> str:
        """The id of the session in the path."""
        return self.find_session_id(self.path["session"])

    def find_session_id(self, reference: str) -> str:
        """Return the id of a session, given its id, code or ticket."""
        return reference if _ID.fullmatch(reference) else head_named(self.workspace, reference).id


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation: its route, its handler, and the types of its parameters, body and result.

    `route` is a method and a path below that of the API. A `result` of None means an empty response (204).
    `body_limit` is the maximum size of the body in bytes, where it is not the server's usual one. With `raw_body`, the
    handler gets the body unparsed. With `request_part_limit`, the body is a multipart form: its part `request`, of at
    most so many bytes, has the type `body`, and its parts `content` are files.

    A `stream` responds with server-sent events, each with a `result` as its data, about the session whose id the
    handler returns ("" for all sessions). An operation of the `device_flow` needs no token: its body is a URL-encoded
    form, and its error a `GrantError`; its handler takes a `device.DeviceCall`.
    """

    name: str
    route: str
    tag: str
    summary: str
    handler: Callable[[Any], object]
    query: Any = None
    body: Any = None
    result: Any = None
    status: int = 200
    body_limit: int | None = None
    raw_body: bool = False
    request_part_limit: int = 0
    stream: bool = False
    device_flow: bool = False

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.route.split()[0]

    @property
    def path(self) -> str:
        """The path below that of the API, with placeholders for its parameters."""
        return self.route.split()[1]
