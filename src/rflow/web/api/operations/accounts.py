"""Operations on accounts, API tokens, the audit and the store."""

from functools import partial

from rflow.core.accounts import AuditEntry
from rflow.ports.paging import Key, newest_first
from rflow.ports.team import NewToken, NewUser, OffboardingResult, OneTimeLink, Token, User
from rflow.ports.wire import team as s
from rflow.ports.wire.basics import Listing, PageQuery
from rflow.web.api.operations.operation import Call, Operation
from rflow.web.api.paging import paginated, paginated_list


def _update_user(call: Call) -> User:
    accounts, name = call.accounts, call.path["user"]
    change: s.UpdateUser = call.body
    if change.admin is not None:
        accounts.set_admin(name, admin=change.admin)
    if change.active is False:
        accounts.disable(name, change.heir)
    elif change.active:
        accounts.enable(name)
    return accounts.user(name)


_operation = partial(Operation, tag="Accounts")

OPERATIONS: tuple[Operation, ...] = (
    _operation(
        name="list_users",
        route="GET /users",
        summary="List the accounts",
        handler=paginated("users", lambda c, part: c.accounts.users(part), lambda each: Key(id=each.id)),
        query=PageQuery,
        result=Listing[User],
    ),
    _operation(
        name="add_user",
        route="POST /users",
        summary="Create an account",
        handler=lambda c: c.accounts.add(c.body.name, password=c.body.password, admin=c.body.admin, agent=c.body.agent),
        body=s.CreateUser,
        result=NewUser,
        status=201,
    ),
    _operation(
        name="user",
        route="GET /users/{user}",
        summary="Read one account",
        handler=lambda c: c.accounts.user(c.path["user"]),
        result=User,
    ),
    _operation(
        name="change_user",
        route="PATCH /users/{user}",
        summary="Grant or revoke admin rights, disable, enable",
        handler=_update_user,
        body=s.UpdateUser,
        result=User,
    ),
    _operation(
        name="erase_user",
        route="DELETE /users/{user}",
        summary="Remove an account, and replace its name in every record",
        handler=lambda c: c.accounts.erase(c.path["user"], c.query.heir),
        query=s.EraseUserQuery,
        result=OffboardingResult,
    ),
    _operation(
        name="set_user_password",
        route="PUT /users/{user}/password",
        summary="Set a password",
        handler=lambda c: c.accounts.set_password(c.path["user"], c.body.password),
        body=s.SetPassword,
        result=User,
    ),
    _operation(
        name="one_time_link",
        route="POST /users/{user}/one-time-link",
        summary="Create a one-time link for setting a password",
        handler=lambda c: c.accounts.one_time_link(c.path["user"]),
        result=OneTimeLink,
        status=201,
    ),
    _operation(
        name="list_tokens",
        route="GET /tokens",
        summary="List API tokens",
        handler=paginated_list(
            "tokens", lambda c: c.tokens.tokens(c.query.user), lambda each: newest_first(each.created_at, each.id)
        ),
        query=s.TokenQuery,
        result=Listing[Token],
    ),
    _operation(
        name="create_token",
        route="POST /tokens",
        summary="Create an API token",
        handler=lambda c: c.tokens.create(c.body.user, c.body.scopes, c.body.expires_at, c.body.label),
        body=s.CreateToken,
        result=NewToken,
        status=201,
    ),
    _operation(
        name="revoke_token",
        route="DELETE /tokens/{token}",
        summary="Revoke an API token",
        handler=lambda c: c.tokens.revoke(c.path["token"]),
        result=Token,
    ),
    _operation(
        name="audit",
        route="GET /audit",
        summary="Read the audit",
        handler=lambda c: c.accounts.audit(c.query.after, min(max(c.query.limit, 1), 1000)),
        query=s.AuditQuery,
        result=list[AuditEntry],
    ),
    Operation(
        name="store",
        route="GET /store",
        summary="Read facts about the server's store, and how much it holds",
        handler=lambda c: s.to_store_info(c.team.administration(c.actor).info()),
        result=s.StoreInfo,
        tag="Store",
    ),
)
