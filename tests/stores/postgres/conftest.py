"""Fixtures for tests of the PostgreSQL store."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rflow.stores import open_store
from rflow.stores.postgres.store import PostgresStore
from support.stores import postgres


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a new store."""
    return postgres.url(tmp_path, "night")


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    """A new store, which has its tables once something is written."""
    with closing(open_store(url)) as opened:
        assert isinstance(opened, PostgresStore)
        yield opened
