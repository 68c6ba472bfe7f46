"""Fixtures for tests of the web workspace. A module that asks for `ben` or `cleo` has a server of its own, `served`."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from support.web.browser import a_page
from support.web.server import Served
from support.web.visitor import BEN, Visitor
from support.web.workspace import Workspace, cookies_of, workspace_served

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A server with something to show on every page."""
    with workspace_served(tmp_path_factory.mktemp("team")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Chromium, in which each test opens pages of its own."""
    with a_page() as page:
        found = page.context.browser
        assert found is not None
        yield found


@pytest.fixture(scope="module")
def cookies(team: Workspace) -> Mapping[str, dict[str, str]]:
    """The cookie of each person; "" is nobody, who has none."""
    return cookies_of(team)


@pytest.fixture(scope="module")
def ben(served: Served) -> Visitor:
    """Ben, signed in."""
    return Visitor(served.url).sign_in(BEN)


@pytest.fixture(scope="module")
def cleo(served: Served) -> Visitor:
    """Cleo, signed in."""
    return Visitor(served.url).sign_in("Cleo")
