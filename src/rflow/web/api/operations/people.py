"""Operations about people: who is signed in, who else is there, and which server this is."""

from functools import partial

from rflow.core.people import Person
from rflow.ports.paging import person_key
from rflow.ports.values import About
from rflow.ports.wire import people as s
from rflow.ports.wire.basics import Listing, PageQuery
from rflow.web.api.operations.operation import Operation
from rflow.web.api.paging import paginated_list

_operation = partial(Operation, tag="People")

OPERATIONS: tuple[Operation, ...] = (
    _operation(
        name="me",
        route="GET /me",
        summary="Who is signed in",
        handler=lambda c: s.to_me(c.actor),
        result=s.Me,
    ),
    _operation(
        name="about",
        route="GET /about",
        summary="Which store this is",
        handler=lambda c: About(url="", kind=c.workspace.about.kind, shared=True),
        result=About,
    ),
    _operation(
        name="people",
        route="GET /people",
        summary="List everybody in the sessions you may see",
        handler=paginated_list("people", lambda c: c.workspace.people(), person_key),
        query=PageQuery,
        result=Listing[Person],
    ),
    _operation(
        name="change_password",
        route="POST /me/password",
        summary="Change your own password",
        handler=lambda c: c.accounts.change_password(c.body.old, c.body.new),
        body=s.ChangePassword,
        status=204,
    ),
)
