"""Operations on sessions: listing, searching, reading, sending commands, importing."""

from functools import partial

from msgspec.structs import replace

from rflow.core.session.commands import Start
from rflow.core.session.experience import Hints
from rflow.core.session.head import Head, Page
from rflow.core.session.search.query import Search, SearchPage
from rflow.ports.paging import Key
from rflow.ports.wire import sessions as s
from rflow.ports.wire.basics import MAX_HITS
from rflow.ports.wire.people import to_me
from rflow.service.sessions import head_named
from rflow.web.api.operations.operation import Call, Operation
from rflow.web.api.paging import encode_cursor, page_start

COMMAND_LIMIT = 256 * 1024
"""Maximum size in bytes of a command that adds evidence, without the evidence's content."""
EVIDENCE_LIMIT = 8 * 1024 * 1024 + COMMAND_LIMIT + 4096
"""Maximum size in bytes of a request that adds evidence: 8 MiB of content, its command, and the multipart headers."""
LOG_LIMIT = 16 * 1024 * 1024
"""Maximum size in bytes of the events and trees of a session to import."""
IMPORT_LIMIT = 64 * 1024 * 1024
"""Maximum size in bytes of a session to import, with its evidence."""


def _load(call: Call) -> s.EventLog:
    workspace = call.workspace
    log = workspace.load(call.session_id, call.query.after)
    if not call.query.context or call.query.after:
        return s.to_event_log(log)
    trees = {digest: data for digest in log.session.trees if (data := workspace.tree(digest)) is not None}
    names = workspace.tree_names(log.space)
    return s.to_event_log(log, s.Context(trees=trees, names=names, me=to_me(call.actor)))


def _import(call: Call) -> s.ImportResult:
    workspace, incoming = call.workspace, s.to_incoming(call.body, call.contents)
    if call.body.dry_run:
        return s.to_import_result(workspace.plan_import(incoming))
    return s.to_import_result(workspace.import_session(incoming, accept_ownership=call.body.accept_ownership))


def _send(call: Call) -> s.CommandResult:
    request: s.SendCommand = call.body
    return s.to_command_result(call.workspace.send(call.session_id, request.command, call.contents, request.known))


def _list_sessions(call: Call) -> Page:
    page = call.workspace.heads(s.to_query(call.query, _decode(call, "sessions")))
    return replace(page, after=_encode(call, "sessions", page.after))


def _search(call: Call) -> SearchPage:
    filters = s.to_query(call.query, _decode(call, "search"))
    filters = replace(filters, limit=min(filters.limit, MAX_HITS))
    page = call.workspace.search(Search(words=call.query.words, filters=filters))
    return replace(page, after=_encode(call, "search", page.after))


def _decode(call: Call, name: str) -> str | None:
    """Return the workspace's own cursor, which is the id in the cursor of the API."""
    after = page_start(call, name)
    return after.id if after is not None else None


def _encode(call: Call, name: str, after: str | None) -> str | None:
    return encode_cursor(call, name, Key(id=after) if after is not None else None)


_operation = partial(Operation, tag="Sessions")

OPERATIONS: tuple[Operation, ...] = (
    _operation(
        name="list_sessions",
        route="GET /sessions",
        summary="List sessions",
        handler=_list_sessions,
        query=s.ListQuery,
        result=Page,
    ),
    _operation(
        name="search",
        route="GET /search",
        summary="Search the texts of sessions",
        handler=_search,
        query=s.SearchQuery,
        result=SearchPage,
    ),
    _operation(
        name="start",
        route="POST /sessions",
        summary="Start a session",
        handler=lambda c: s.to_command_result(c.workspace.start(c.body)),
        body=Start,
        result=s.CommandResult,
        status=201,
    ),
    _operation(
        name="find",
        route="GET /sessions/{session}",
        summary="Find the session with this code, id, unique prefix of either, or ticket",
        handler=lambda c: head_named(c.workspace, c.path["session"]),
        result=Head,
    ),
    _operation(
        name="find_session",
        route="GET /find",
        summary="Find the session with this code, id, or unique prefix of either",
        handler=lambda c: c.workspace.find(c.query.reference),
        query=s.SessionReference,
        result=Head,
    ),
    _operation(
        name="version",
        route="GET /sessions/{session}/version",
        summary="Read the number of the last event of a session",
        handler=lambda c: s.SessionVersion(version=c.workspace.version(c.session_id)),
        result=s.SessionVersion,
    ),
    _operation(
        name="exported",
        route="POST /sessions/{session}/exports",
        summary="Record that a session was exported to a file",
        handler=lambda c: c.workspace.exported(c.session_id),
        status=204,
    ),
    _operation(
        name="load",
        route="GET /sessions/{session}/events",
        summary="Read the events of a session",
        handler=_load,
        query=s.EventsQuery,
        result=s.EventLog,
    ),
    _operation(
        name="send",
        route="POST /sessions/{session}/commands",
        summary="Carry out a command",
        handler=_send,
        body=s.SendCommand,
        result=s.CommandResult,
    ),
    _operation(
        name="send_evidence",
        route="POST /sessions/{session}/evidence",
        summary="Carry out a command that adds evidence, with its content (up to 8 MiB)",
        handler=_send,
        body=s.SendCommand,
        result=s.CommandResult,
        body_limit=EVIDENCE_LIMIT,
        request_part_limit=COMMAND_LIMIT,
    ),
    _operation(
        name="session_changes",
        route="GET /sessions/{session}/changes",
        summary="Stream changes of a session",
        handler=lambda c: head_named(c.workspace, c.path["session"]).id,
        result=list[s.ChangedSession],
        stream=True,
    ),
    _operation(
        name="changes",
        route="GET /changes",
        summary="Stream changes of the sessions you may see: each event lists those that changed last",
        handler=lambda _: "",
        result=list[s.ChangedSession],
        stream=True,
    ),
    _operation(
        name="check",
        route="POST /sessions/{session}/checks",
        summary="Check whether a command would be accepted, without carrying it out",
        handler=lambda c: c.workspace.check(c.session_id, c.body.command),
        body=s.CheckCommand,
        status=204,
    ),
    _operation(
        name="delete",
        route="DELETE /sessions/{session}",
        summary="Delete a session permanently",
        handler=lambda c: c.workspace.delete(c.session_id),
        status=204,
    ),
    _operation(
        name="content",
        route="GET /sessions/{session}/contents/{digest}",
        summary="Read the whole content of a piece of evidence, as a file",
        handler=lambda c: c.workspace.content(c.session_id, c.path["digest"]),
        result=bytes,
    ),
    _operation(
        name="hints",
        route="GET /sessions/{session}/hints",
        summary="Count the answers that other sessions gave at this session's position",
        handler=lambda c: c.workspace.hints(c.session_id),
        result=Hints,
    ),
    _operation(
        name="import_session",
        route="POST /imports",
        summary="Import a session",
        handler=_import,
        body=s.ImportSession,
        result=s.ImportResult,
        body_limit=IMPORT_LIMIT,
        request_part_limit=LOG_LIMIT,
    ),
)
