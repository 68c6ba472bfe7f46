"""Operations on spaces and their members."""

from functools import partial

from rflow.core.space_policy import Policy
from rflow.ports.paging import Key
from rflow.ports.team import Member, SpaceView
from rflow.ports.wire import team as s
from rflow.ports.wire.basics import Listing, PageQuery
from rflow.web.api.operations.operation import Call, Operation
from rflow.web.api.paging import paginated_list


def _set_role(call: Call) -> None:
    call.spaces.set_role(call.path["space"], call.path["user"], call.body.role)


def _remove_member(call: Call) -> None:
    call.spaces.set_role(call.path["space"], call.path["user"], None)


_operation = partial(Operation, tag="Spaces")

OPERATIONS: tuple[Operation, ...] = (
    _operation(
        name="list_spaces",
        route="GET /spaces",
        summary="List the spaces you may see",
        handler=paginated_list("spaces", lambda c: c.workspace.spaces(), lambda each: Key(id=each.id)),
        query=PageQuery,
        result=Listing[SpaceView],
    ),
    _operation(
        name="add_space",
        route="POST /spaces",
        summary="Create a space",
        handler=lambda c: c.spaces.add(c.body.name),
        body=s.CreateSpace,
        result=SpaceView,
        status=201,
    ),
    _operation(
        name="set_policy",
        route="PUT /spaces/{space}/policy",
        summary="Set the policy of a space",
        handler=lambda c: c.spaces.set_policy(c.path["space"], c.body),
        body=Policy,
        result=SpaceView,
    ),
    _operation(
        name="list_members",
        route="GET /spaces/{space}/members",
        summary="List the members of a space",
        handler=paginated_list(
            "members", lambda c: c.spaces.members(c.path["space"]), lambda each: Key(id=each.person.id)
        ),
        query=PageQuery,
        result=Listing[Member],
    ),
    _operation(
        name="set_role",
        route="PUT /spaces/{space}/members/{user}",
        summary="Set a member's role",
        handler=_set_role,
        body=s.SetRole,
        status=204,
    ),
    _operation(
        name="remove_member",
        route="DELETE /spaces/{space}/members/{user}",
        summary="Remove a member from a space",
        handler=_remove_member,
        status=204,
    ),
    _operation(
        name="clean_spaces",
        route="POST /spaces/cleaning",
        summary="Delete the closed sessions that are older than the retention of their space; returns their codes",
        handler=lambda c: c.spaces.clean(),
        result=list[str],
    ),
)
