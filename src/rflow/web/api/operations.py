"""The operations of the API: one table, from which its routes, its OpenAPI document and its tests are made."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from rflow.core.accounts import AuditEntry
from rflow.core.actors import Actor
from rflow.core.people import Person
from rflow.core.session.commands import Start
from rflow.core.session.experience import Hints, NodeFlag, TreeStats
from rflow.core.session.head import Head, Page
from rflow.core.session.search.query import Search, SearchPage
from rflow.core.sharing import ShareCount, ShareView
from rflow.core.space_policy import Policy
from rflow.core.tree.model import Tree
from rflow.ports import wire as s
from rflow.ports.paging import Key, Part, link_key, newest_first, oldest_first, person_key
from rflow.ports.team import Left, Member, NewToken, NewUser, OneTimeLink, SpaceView, Token, User
from rflow.ports.values import About, Proposal, TreeName
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.sessions import head_named
from rflow.service.team.accounts import LocalAccounts
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.team import Team
from rflow.service.team.tokens import LocalTokens
from rflow.web.api import device, pages

COMMAND_LIMIT = 256 * 1024
"""Bytes of a command that brings evidence, without its content."""
EVIDENCE_LIMIT = 8 * 1024 * 1024 + COMMAND_LIMIT + 4096
"""Bytes of a request that brings evidence: a content of 8 MiB, its command, and what is around them in a form."""
LOG_LIMIT = 16 * 1024 * 1024
"""Bytes of the events and trees of a session to import."""
IMPORT_LIMIT = 64 * 1024 * 1024
TREE_LIMIT = 2 * 1024 * 1024
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request: the actor and what they ask for. `query` and `body` are of the types that the operation names."""

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
        """What they can do with sessions, trees and links."""
        return self.team.workspace(self.actor)

    @property
    def accounts(self) -> LocalAccounts:
        """What they can do with accounts."""
        return self.team.accounts(self.actor)

    @property
    def spaces(self) -> LocalSpaces:
        """What they can do with spaces."""
        return self.team.spaces(self.actor)

    @property
    def tokens(self) -> LocalTokens:
        """What they can do with API tokens."""
        return self.team.tokens(self.actor)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation: how it is called, what it does, what it answers. `result` of None is an empty answer (204).

    `address` is its method and its path, below that of the API. `raw` says that its body is taken as it is. With
    `files`, the body is a form: the part `request` of at most so many bytes is what `body` names, and the parts
    `content` are files. `stream` says that it answers with server-sent events about the session whose id `call`
    returns, or about all sessions; their data is a `result`. `form` is for those not signed in yet: the body is a
    form, and a refusal a `wire.GrantError` (see `device`).
    """

    name: str
    address: str
    tag: str
    summary: str
    call: Callable[[Any], object]
    query: Any = None
    body: Any = None
    result: Any = None
    status: int = 200
    limit: int | None = None
    raw: bool = False
    files: int = 0
    stream: bool = False
    form: bool = False

    @property
    def method(self) -> str:
        """Its HTTP method."""
        return self.address.split()[0]

    @property
    def path(self) -> str:
        """The path below that of the API, with the names of its parameters."""
        return self.address.split()[1]


def _session(call: Call) -> str:
    """Return the id of the session in the address."""
    return _id_of(call, call.path["session"])


def _id_of(call: Call, named: str) -> str:
    """Return the id of a session, which may be named by its code or ticket too."""
    return named if _ID.fullmatch(named) else head_named(call.workspace, named).id


def _load(call: Call) -> s.EventLog:
    workspace = call.workspace
    log = workspace.load(_session(call), call.query.after)
    if not call.query.context or call.query.after:
        return s.log_of(log)
    trees = {digest: data for digest in log.session.trees if (data := workspace.tree(digest)) is not None}
    names = workspace.tree_names(log.space)
    return s.log_of(log, s.Context(trees=trees, names=names, me=s.me_of(call.actor)))


def _import(call: Call) -> s.ImportResult:
    workspace, incoming = call.workspace, s.incoming_of(call.body, call.contents)
    if call.body.dry_run:
        return s.import_of(workspace.plan_import(incoming))
    return s.import_of(workspace.import_session(incoming, accept_ownership=call.body.accept_ownership))


def _send(call: Call) -> s.Done:
    workspace, wish = call.workspace, call.body
    return s.done_of(workspace.send(_session(call), wish.command, call.contents, wish.known))


def _change_user(call: Call) -> User:
    accounts, name, wish = call.accounts, call.path["user"], call.body
    if wish.admin is not None:
        accounts.set_admin(name, admin=wish.admin)
    if wish.active is False:
        accounts.disable(name, wish.heir)
    elif wish.active:
        accounts.enable(name)
    return accounts.user(name)


def _set_role(call: Call) -> None:
    call.spaces.set_role(call.path["space"], call.path["user"], call.body.role)


def _remove_member(call: Call) -> None:
    call.spaces.set_role(call.path["space"], call.path["user"], None)


def _links(call: Call, part: Part) -> list[ShareCount]:
    wish = call.query
    session = _id_of(call, wish.session) if wish.session else None
    return call.workspace.shares(session, everybody=wish.everybody, part=part)


def _list_sessions(call: Call) -> Page:
    found = call.workspace.heads(s.query_of(call.query, _place(call, "sessions")))
    return replace(found, after=_cursor(call, "sessions", found.after))


def _search(call: Call) -> SearchPage:
    filters = s.query_of(call.query, _place(call, "search"))
    filters = replace(filters, limit=min(filters.limit, s.MOST_HITS))
    found = call.workspace.search(Search(words=call.query.words, filters=filters))
    return replace(found, after=_cursor(call, "search", found.after))


def _place(call: Call, name: str) -> str | None:
    """Return the workspace's own cursor of a page."""
    after = pages.after(call, name)
    return after.id if after is not None else None


def _cursor(call: Call, name: str, after: str | None) -> str | None:
    return pages.cursor(call, name, Key(id=after) if after is not None else None)


def _flag_key(flag: NodeFlag) -> Key:
    return oldest_first(flag.at, f"{flag.session} {flag.seq:09}")


def _proposal_key(proposal: Proposal) -> Key:
    return oldest_first(proposal.at, f"{proposal.tree} {proposal.by.id}")


def _link(call: Call) -> s.Link:
    return _counted(call.workspace.share(call.path["link"]))


def _counted(counted: ShareCount) -> s.Link:
    return s.link_of(counted.share, counted)


of_people = partial(Operation, tag="People")
of_sessions = partial(Operation, tag="Sessions")
of_trees = partial(Operation, tag="Trees")
of_links = partial(Operation, tag="Links")
of_spaces = partial(Operation, tag="Spaces")
of_accounts = partial(Operation, tag="Accounts")
of_store = partial(Operation, tag="Store")
of_signing_in = partial(Operation, tag="Signing in")

OPERATIONS: tuple[Operation, ...] = (
    of_people(
        name="me",
        address="GET /me",
        summary="Who is signed in",
        call=lambda c: s.me_of(c.actor),
        result=s.Me,
    ),
    of_people(
        name="about",
        address="GET /about",
        summary="Which store this is",
        call=lambda c: About(url="", kind=c.workspace.about.kind, shared=True),
        result=About,
    ),
    of_people(
        name="people",
        address="GET /people",
        summary="Everybody in the sessions you may see",
        call=pages.page_of_all("people", lambda c: c.workspace.people(), person_key),
        query=s.PageQuery,
        result=s.Listing[Person],
    ),
    of_people(
        name="change_password",
        address="POST /me/password",
        summary="Change your own password",
        call=lambda c: c.accounts.change_password(c.body.old, c.body.new),
        body=s.PasswordChange,
        status=204,
    ),
    of_sessions(
        name="list_sessions",
        address="GET /sessions",
        summary="List sessions",
        call=_list_sessions,
        query=s.ListQuery,
        result=Page,
    ),
    of_sessions(
        name="search",
        address="GET /search",
        summary="Search the texts of sessions",
        call=_search,
        query=s.SearchQuery,
        result=SearchPage,
    ),
    of_sessions(
        name="start",
        address="POST /sessions",
        summary="Start a session",
        call=lambda c: s.done_of(c.workspace.start(c.body)),
        body=Start,
        result=s.Done,
        status=201,
    ),
    of_sessions(
        name="find",
        address="GET /sessions/{session}",
        summary="Find the one session whose code or id begins so, or that has this ticket",
        call=lambda c: head_named(c.workspace, c.path["session"]),
        result=Head,
    ),
    of_sessions(
        name="find_session",
        address="GET /find",
        summary="Find the one session whose code or id begins so",
        call=lambda c: c.workspace.find(c.query.reference),
        query=s.Reference,
        result=Head,
    ),
    of_sessions(
        name="version",
        address="GET /sessions/{session}/version",
        summary="Read the number of the last event of a session",
        call=lambda c: s.Version(version=c.workspace.version(_session(c))),
        result=s.Version,
    ),
    of_sessions(
        name="exported",
        address="POST /sessions/{session}/exports",
        summary="Record that a whole session leaves as a file",
        call=lambda c: c.workspace.exported(_session(c)),
        status=204,
    ),
    of_sessions(
        name="load",
        address="GET /sessions/{session}/events",
        summary="Read the events of a session",
        call=_load,
        query=s.After,
        result=s.EventLog,
    ),
    of_sessions(
        name="send",
        address="POST /sessions/{session}/commands",
        summary="Carry out a command",
        call=_send,
        body=s.Send,
        result=s.Done,
    ),
    of_sessions(
        name="send_evidence",
        address="POST /sessions/{session}/evidence",
        summary="Carry out a command that brings the content of its evidence, up to 8 MiB",
        call=_send,
        body=s.Send,
        result=s.Done,
        limit=EVIDENCE_LIMIT,
        files=COMMAND_LIMIT,
    ),
    of_sessions(
        name="session_changes",
        address="GET /sessions/{session}/changes",
        summary="Wait for changes of a session",
        call=lambda c: head_named(c.workspace, c.path["session"]).id,
        result=list[s.Changed],
        stream=True,
    ),
    of_sessions(
        name="changes",
        address="GET /changes",
        summary="Wait for changes of the sessions you may see: each event names those that changed last",
        call=lambda _: "",
        result=list[s.Changed],
        stream=True,
    ),
    of_sessions(
        name="check",
        address="POST /sessions/{session}/checks",
        summary="Say whether a command would be carried out, and change nothing",
        call=lambda c: c.workspace.check(_session(c), c.body.command),
        body=s.Check,
        status=204,
    ),
    of_sessions(
        name="delete",
        address="DELETE /sessions/{session}",
        summary="Remove a session for good",
        call=lambda c: c.workspace.delete(_session(c)),
        status=204,
    ),
    of_sessions(
        name="content",
        address="GET /sessions/{session}/contents/{digest}",
        summary="Read the whole content of a piece of evidence, as a file",
        call=lambda c: c.workspace.content(_session(c), c.path["digest"]),
        result=bytes,
    ),
    of_sessions(
        name="hints",
        address="GET /sessions/{session}/hints",
        summary="Count what other sessions answered where this one stands",
        call=lambda c: c.workspace.hints(_session(c)),
        result=Hints,
    ),
    of_sessions(
        name="import_session",
        address="POST /imports",
        summary="Import a session",
        call=_import,
        body=s.Import,
        result=s.ImportResult,
        limit=IMPORT_LIMIT,
        files=LOG_LIMIT,
    ),
    of_trees(
        name="list_trees",
        address="GET /trees",
        summary="List the trees of a space",
        call=pages.page_of_all("trees", lambda c: c.workspace.tree_names(c.query.space), lambda each: Key(id=each.id)),
        query=s.ListInSpace,
        result=s.Listing[TreeName],
    ),
    of_trees(
        name="add_tree",
        address="POST /trees",
        summary="Make a tree the current version of its id",
        call=lambda c: s.TreeAdded(new=c.workspace.add_tree(c.raw, c.query.space, c.query.edited)),
        query=s.Edited,
        body=Tree,
        raw=True,
        result=s.TreeAdded,
        limit=TREE_LIMIT,
    ),
    of_trees(
        name="remove_tree",
        address="DELETE /trees/{tree}",
        summary="Remove a tree from the list",
        call=lambda c: c.workspace.remove_tree(c.path["tree"], c.query.space),
        query=s.InSpace,
        status=204,
    ),
    of_trees(
        name="tree_flags",
        address="GET /trees/{tree}/flags",
        summary="List what was reported as wrong in a tree",
        call=pages.page_of_all("flags", lambda c: c.workspace.flags(c.path["tree"], c.query.space), _flag_key),
        query=s.ListInSpace,
        result=s.Listing[NodeFlag],
    ),
    of_trees(
        name="tree_stats",
        address="GET /trees/{tree}/stats",
        summary="Count what happened at each node of a tree",
        call=lambda c: c.workspace.tree_stats(c.path["tree"], c.query.space, c.query.since),
        query=s.Since,
        result=TreeStats,
    ),
    of_trees(
        name="list_proposals",
        address="GET /tree-proposals",
        summary="List the trees that members propose",
        call=pages.page_of_all("proposals", lambda c: c.workspace.proposals(c.query.space), _proposal_key),
        query=s.ListInSpace,
        result=s.Listing[Proposal],
    ),
    of_trees(
        name="propose_tree",
        address="POST /tree-proposals",
        summary="Propose a version of a tree",
        call=lambda c: c.workspace.propose_tree(c.raw, c.query.space, c.query.edited or ""),
        query=s.Edited,
        body=Tree,
        raw=True,
        result=Proposal,
        status=201,
        limit=TREE_LIMIT,
    ),
    of_trees(
        name="decide_proposal",
        address="POST /tree-proposals/{digest}/decision",
        summary="Accept or decline a proposed tree",
        call=lambda c: c.workspace.decide_proposal(c.path["digest"], c.body.verdict, c.query.space),
        query=s.InSpace,
        body=s.Decision,
        result=Proposal,
    ),
    of_trees(
        name="tree_version",
        address="GET /tree-version",
        summary="Read a version of a tree",
        call=lambda c: s.TreeVersion(data=c.workspace.tree(c.query.digest)),
        query=s.Digest,
        result=s.TreeVersion,
    ),
    of_links(
        name="list_links",
        address="GET /links",
        summary="List links",
        call=pages.page("links", _links, lambda each: link_key(each.share), _counted),
        query=s.LinkQuery,
        result=s.Listing[s.Link],
    ),
    of_links(
        name="create_link",
        address="POST /links",
        summary="Create a read-only link to a session",
        call=lambda c: s.made_link(c.workspace.create_share(s.wish_of(c.body))),
        body=s.NewLink,
        result=s.MadeLink,
        status=201,
    ),
    of_links(
        name="link",
        address="GET /links/{link}",
        summary="Read one link",
        call=_link,
        result=s.Link,
    ),
    of_links(
        name="find_link",
        address="POST /links/find",
        summary="Find the one link whose id begins so, or whose token it is",
        call=lambda c: _counted(c.workspace.share(c.body.link)),
        body=s.LinkReference,
        result=s.Link,
    ),
    of_links(
        name="session_of_link",
        address="POST /links/session",
        summary="Find the session that the link with this token shows",
        call=lambda c: c.workspace.session_of_link(c.body.link),
        body=s.LinkReference,
        result=Head,
    ),
    of_links(
        name="link_views",
        address="GET /links/{link}/views",
        summary="List the last 50 views of a link, the newest first",
        call=lambda c: list(c.workspace.share_views(c.path["link"])),
        result=list[ShareView],
    ),
    of_links(
        name="revoke_link",
        address="POST /links/{link}/revocation",
        summary="Revoke a link at once",
        call=lambda c: s.link_of(c.workspace.revoke_share(c.path["link"])),
        result=s.Link,
    ),
    of_links(
        name="protect_link",
        address="PUT /links/{link}/password",
        summary="Change the password of a link",
        call=lambda c: s.link_of(c.workspace.protect_share(c.path["link"], c.body.password)),
        body=s.LinkPassword,
        result=s.Link,
    ),
    of_spaces(
        name="list_spaces",
        address="GET /spaces",
        summary="List the spaces you may see",
        call=pages.page_of_all("spaces", lambda c: c.workspace.spaces(), lambda each: Key(id=each.id)),
        query=s.PageQuery,
        result=s.Listing[SpaceView],
    ),
    of_spaces(
        name="add_space",
        address="POST /spaces",
        summary="Create a space",
        call=lambda c: c.spaces.add(c.body.name),
        body=s.SpaceWish,
        result=SpaceView,
        status=201,
    ),
    of_spaces(
        name="set_policy",
        address="PUT /spaces/{space}/policy",
        summary="Set the policy of a space",
        call=lambda c: c.spaces.set_policy(c.path["space"], c.body),
        body=Policy,
        result=SpaceView,
    ),
    of_spaces(
        name="list_members",
        address="GET /spaces/{space}/members",
        summary="List who is in a space",
        call=pages.page_of_all(
            "members", lambda c: c.spaces.members(c.path["space"]), lambda each: Key(id=each.person.id)
        ),
        query=s.PageQuery,
        result=s.Listing[Member],
    ),
    of_spaces(
        name="set_role",
        address="PUT /spaces/{space}/members/{user}",
        summary="Give somebody a role",
        call=_set_role,
        body=s.RoleWish,
        status=204,
    ),
    of_spaces(
        name="remove_member",
        address="DELETE /spaces/{space}/members/{user}",
        summary="Remove somebody from a space",
        call=_remove_member,
        status=204,
    ),
    of_spaces(
        name="clean_spaces",
        address="POST /spaces/cleaning",
        summary="Delete the closed sessions that are older than the retention of their space; returns their codes",
        call=lambda c: c.spaces.clean(),
        result=list[str],
    ),
    of_accounts(
        name="list_users",
        address="GET /users",
        summary="List the accounts",
        call=pages.page("users", lambda c, part: c.accounts.users(part), lambda each: Key(id=each.id)),
        query=s.PageQuery,
        result=s.Listing[User],
    ),
    of_accounts(
        name="add_user",
        address="POST /users",
        summary="Create an account",
        call=lambda c: c.accounts.add(c.body.name, password=c.body.password, admin=c.body.admin, agent=c.body.agent),
        body=s.UserWish,
        result=NewUser,
        status=201,
    ),
    of_accounts(
        name="user",
        address="GET /users/{user}",
        summary="Read one account",
        call=lambda c: c.accounts.user(c.path["user"]),
        result=User,
    ),
    of_accounts(
        name="change_user",
        address="PATCH /users/{user}",
        summary="Make an admin, disable, enable",
        call=_change_user,
        body=s.UserChange,
        result=User,
    ),
    of_accounts(
        name="erase_user",
        address="DELETE /users/{user}",
        summary="Remove an account, and replace its name in every record",
        call=lambda c: c.accounts.erase(c.path["user"], c.query.heir),
        query=s.Heir,
        result=Left,
    ),
    of_accounts(
        name="set_user_password",
        address="PUT /users/{user}/password",
        summary="Set a password",
        call=lambda c: c.accounts.set_password(c.path["user"], c.body.password),
        body=s.NewPassword,
        result=User,
    ),
    of_accounts(
        name="one_time_link",
        address="POST /users/{user}/one-time-link",
        summary="Make a link by which somebody sets their password once",
        call=lambda c: c.accounts.one_time_link(c.path["user"]),
        result=OneTimeLink,
        status=201,
    ),
    of_accounts(
        name="list_tokens",
        address="GET /tokens",
        summary="List API tokens",
        call=pages.page_of_all(
            "tokens", lambda c: c.tokens.tokens(c.query.user), lambda each: newest_first(each.created_at, each.id)
        ),
        query=s.TokenQuery,
        result=s.Listing[Token],
    ),
    of_accounts(
        name="create_token",
        address="POST /tokens",
        summary="Create an API token",
        call=lambda c: c.tokens.create(c.body.user, c.body.scopes, c.body.expires_at, c.body.label),
        body=s.TokenWish,
        result=NewToken,
        status=201,
    ),
    of_accounts(
        name="revoke_token",
        address="DELETE /tokens/{token}",
        summary="Revoke an API token",
        call=lambda c: c.tokens.revoke(c.path["token"]),
        result=Token,
    ),
    of_store(
        name="store",
        address="GET /store",
        summary="Read which store the server has, and how much it holds",
        call=lambda c: s.store_of(c.team.administration(c.actor).info()),
        result=s.StoreInfo,
    ),
    of_accounts(
        name="audit",
        address="GET /audit",
        summary="Read the audit, from a number on",
        call=lambda c: c.accounts.audit(c.query.after, min(max(c.query.limit, 1), 1000)),
        query=s.AuditQuery,
        result=list[AuditEntry],
    ),
    of_signing_in(
        name="device_authorization",
        address="POST /device/authorization",
        summary="Ask to be signed in as the person who types the code",
        call=device.ask,
        body=s.DeviceForm,
        result=s.DeviceCodes,
        form=True,
    ),
    of_signing_in(
        name="device_token",
        address="POST /device/token",
        summary="Ask whether that was approved; the token is given once",
        call=device.poll,
        body=s.DevicePoll,
        result=s.DeviceToken,
        form=True,
    ),
    of_signing_in(
        name="end_token",
        address="DELETE /me/token",
        summary="Sign out: end the token that asks",
        call=lambda c: c.team.sign_in.end_token(c.token),
        status=204,
    ),
)
