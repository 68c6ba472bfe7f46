"""The application without its own filters, to test PostgreSQL's row-level security alone."""

from typing import Any

import pytest
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores.postgres.store import PostgresStore


def unfilter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable every condition with which the application hides a space, in the service and in SQL statements."""
    monkeypatch.setattr(Actor, "role_in", lambda actor, space: "lead")
    monkeypatch.setattr(LocalWorkspace, "visible", lambda workspace, query: replace(query, spaces=None))
    for name, given in (("find", 2), ("people", 0), ("tree_data", 1), ("tree_names", 0)):
        method = getattr(PostgresStore, name)

        def everywhere(store: object, *values: object, method: Any = method, given: int = given, **_: object) -> object:
            return method(store, *values[:given], **({"space": None} if method.__name__ == "tree_names" else {}))

        monkeypatch.setattr(PostgresStore, name, everywhere)
