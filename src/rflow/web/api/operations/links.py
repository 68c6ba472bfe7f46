"""Operations on read-only links."""

from functools import partial

from rflow.core.session.head import Head
from rflow.core.sharing import ShareCount, ShareView
from rflow.ports.paging import Part, link_key
from rflow.ports.wire import links as s
from rflow.ports.wire.basics import Listing
from rflow.web.api.operations.operation import Call, Operation
from rflow.web.api.paging import paginated


def _links(call: Call, part: Part) -> list[ShareCount]:
    query: s.LinkQuery = call.query
    session = call.find_session_id(query.session) if query.session else None
    return call.workspace.shares(session, everybody=query.everybody, part=part)


def _to_link(count: ShareCount) -> s.Link:
    return s.to_link(count.share, count)


_operation = partial(Operation, tag="Links")

OPERATIONS: tuple[Operation, ...] = (
    _operation(
        name="list_links",
        route="GET /links",
        summary="List links",
        handler=paginated("links", _links, lambda each: link_key(each.share), _to_link),
        query=s.LinkQuery,
        result=Listing[s.Link],
    ),
    _operation(
        name="create_link",
        route="POST /links",
        summary="Create a read-only link to a session",
        handler=lambda c: s.to_created_link(c.workspace.create_share(s.to_share_wish(c.body))),
        body=s.CreateLink,
        result=s.CreatedLink,
        status=201,
    ),
    _operation(
        name="link",
        route="GET /links/{link}",
        summary="Read one link",
        handler=lambda c: _to_link(c.workspace.share(c.path["link"])),
        result=s.Link,
    ),
    _operation(
        name="find_link",
        route="POST /links/find",
        summary="Find the link with this token, id, or unique prefix of its id",
        handler=lambda c: _to_link(c.workspace.share(c.body.link)),
        body=s.LinkReference,
        result=s.Link,
    ),
    _operation(
        name="session_of_link",
        route="POST /links/session",
        summary="Find the session that the link with this token shows",
        handler=lambda c: c.workspace.session_of_link(c.body.link),
        body=s.LinkReference,
        result=Head,
    ),
    _operation(
        name="link_views",
        route="GET /links/{link}/views",
        summary="List the last 50 views of a link, newest first",
        handler=lambda c: list(c.workspace.share_views(c.path["link"])),
        result=list[ShareView],
    ),
    _operation(
        name="revoke_link",
        route="POST /links/{link}/revocation",
        summary="Revoke a link at once",
        handler=lambda c: s.to_link(c.workspace.revoke_share(c.path["link"])),
        result=s.Link,
    ),
    _operation(
        name="protect_link",
        route="PUT /links/{link}/password",
        summary="Change the password of a link",
        handler=lambda c: s.to_link(c.workspace.protect_share(c.path["link"], c.body.password)),
        body=s.LinkPassword,
        result=s.Link,
    ),
)
