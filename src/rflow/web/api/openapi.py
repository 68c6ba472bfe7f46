"""The OpenAPI document of the API, made from the table of operations."""

import re
from functools import cache
from typing import Any

import msgspec

from rflow import __version__
from rflow.ports.wire.device import GrantError
from rflow.ports.wire.errors import MEDIA_TYPE, STATUS, Problem
from rflow.web.api.operations import OPERATIONS
from rflow.web.api.operations.operation import Operation

PREFIX = "/api/v1"
_REFERENCE = "#/components/schemas/{name}"
_EVENTS = (
    "Server-sent events. An event `change` has as its data the JSON list of the sessions that changed, each with the "
    "number of its last event. An event `ended` means that the session is gone or that you may no longer see it. A "
    "comment is sent every 15 seconds."
)
_AUTHENTICATION = (
    "An API token, or the token of a web session. Pages of this server send the cookie of the web session instead, "
    "which is accepted for changes only with `Sec-Fetch-Site: same-origin`."
)
_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The id of the last event that you received; without it, the stream begins with the current state.",
}


@cache
def document() -> bytes:
    """Return the OpenAPI 3.1 document as JSON."""
    types = [kind for operation in OPERATIONS for kind in (operation.body, operation.result, operation.query) if kind]
    schemas, components = msgspec.json.schema_components([*types, Problem, GrantError], ref_template=_REFERENCE)
    known = dict(zip(map(str, [*types, Problem, GrantError]), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(PREFIX + operation.path, {})[operation.method.lower()] = _operation(
            operation, known, components
        )
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "rflow", "version": __version__, "description": "Commands in, events out."},
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _AUTHENTICATION}},
            },
            "security": [{"token": []}],
        }
    )


def _operation(operation: Operation, known: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(operation, known, components),
            *([_LAST_EVENT_ID] if operation.stream else []),
        ],
        "responses": {**_success(operation, known), **_failures(known)},
    }
    if operation.device_flow:
        refused = {"application/json": {"schema": known[str(GrantError)]}}
        described["security"] = []
        described["responses"]["400"] = {"description": "no token (yet)", "content": refused}
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _body(operation, known)}
    return described


def _body(operation: Operation, known: dict[str, Any]) -> dict[str, Any]:
    schema = known[str(operation.body)]
    if operation.device_flow:
        return {"application/x-www-form-urlencoded": {"schema": schema}}
    if not operation.request_part_limit:
        return {"application/json": {"schema": schema}}
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    parts = {"request": schema, "content": files}
    form = {"type": "object", "properties": parts, "required": ["request"], "additionalProperties": False}
    encoding = {"request": {"contentType": "application/json"}}
    return {"multipart/form-data": {"schema": form, "encoding": encoding}}


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", operation.path)
    schema = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query_parameters(operation: Operation, known: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    name = known[str(operation.query)]["$ref"].rpartition("/")[2]
    properties = components[name]["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _success(operation: Operation, known: dict[str, Any]) -> dict[str, Any]:
    if operation.result is None:
        return {"204": {"description": "Done"}}
    kind, schema = "application/json", known[str(operation.result)]
    if operation.result is bytes:
        kind, schema = "application/octet-stream", {"type": "string", "format": "binary"}
    if operation.stream:
        kind, schema = "text/event-stream", _event(schema)
    return {str(operation.status): {"description": "Done", "content": {kind: {"schema": schema}}}}


def _event(data: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a server-sent event."""
    text = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    fields = {"event": {"enum": ["change", "ended"]}, "id": {"type": "string"}, "data": text}
    return {"type": "object", "description": _EVENTS, "properties": fields, "required": ["event", "data"]}


def _failures(known: dict[str, Any]) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": known[str(Problem)]}}
    statuses = {status: name.replace("-", " ") for status, name in STATUS.values()}
    statuses |= {408: "timeout", 413: "too large", 500: "unexpected"}
    return {str(status): {"description": name, "content": content} for status, name in sorted(statuses.items())}
