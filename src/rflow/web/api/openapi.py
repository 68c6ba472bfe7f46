"""The OpenAPI document of the API, made from the table of operations."""

import re
from functools import cache
from typing import Any

import msgspec

from rflow import __version__
from rflow.ports.wire import MEDIA_TYPE, STATUS, GrantError, Problem
from rflow.web.api.operations import OPERATIONS, Operation

PREFIX = "/api/v1"
_REFERENCE = "#/components/schemas/{name}"


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
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "An API token."}},
            },
            "security": [{"token": []}],
        }
    )


def _operation(operation: Operation, known: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation), *_query_parameters(operation, known, components)],
        "responses": {**_success(operation, known), **_failures(known)},
    }
    if operation.form:
        refused = {"application/json": {"schema": known[str(GrantError)]}}
        described["security"] = []
        described["responses"]["400"] = {"description": "no token (yet)", "content": refused}
    if operation.body is not None:
        kind = "application/x-www-form-urlencoded" if operation.form else "application/json"
        content = {kind: {"schema": known[str(operation.body)]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


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
    kind = "application/octet-stream" if operation.result is bytes else "application/json"
    schema = {"type": "string", "format": "binary"} if operation.result is bytes else known[str(operation.result)]
    return {str(operation.status): {"description": "Done", "content": {kind: {"schema": schema}}}}


def _failures(known: dict[str, Any]) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": known[str(Problem)]}}
    statuses = {status: name.replace("-", " ") for status, name in STATUS.values()}
    statuses |= {408: "timeout", 413: "too large"}
    return {str(status): {"description": name, "content": content} for status, name in sorted(statuses.items())}
