"""Fixtures for tests of the web workspace. A module that asks for `ben` or `cleo` has a server of its own, `served`."""

import pytest

from support.web.server import Served
from support.web.visitor import BEN, Visitor


@pytest.fixture(scope="module")
def ben(served: Served) -> Visitor:
    """Ben, signed in."""
    return Visitor(served.url).sign_in(BEN)


@pytest.fixture(scope="module")
def cleo(served: Served) -> Visitor:
    """Cleo, signed in."""
    return Visitor(served.url).sign_in("Cleo")
