"""Fixtures for tests of the web: a server with something to show on every page, and a browser."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from support.web.browser import a_page
from support.web.workspace import Workspace, cookies_of, workspace_served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A server with something to show on every page."""
    with workspace_served(tmp_path_factory.mktemp("team")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def cookies(team: Workspace) -> Mapping[str, dict[str, str]]:
    """The cookie of each person; "" is nobody, who has none."""
    return cookies_of(team)


@pytest.fixture(scope="module")
def page() -> "Iterator[Page]":
    """A page of Chromium, which the tests of a module share."""
    with a_page() as page:
        yield page


@pytest.fixture(scope="module")
def browser(page: "Page") -> "Browser":
    """Chromium, in which each test opens pages of its own."""
    found = page.context.browser
    assert found is not None
    return found
