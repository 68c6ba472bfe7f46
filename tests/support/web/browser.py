"""A real browser, headless Chromium, for tests of pages and of what is pasted into a browser.

Playwright for Python drives the Chromium that the machine has (Debian's package chromium). A test module that needs it
has a fixture of its own around `a_page`, for the module: while Playwright runs, nothing else here can use asyncio.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from support.needs import skip_without

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# A browser that may not look for updates or anything else on the network, and runs as root in a container.
_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    "--disable-lcd-text",  # grey edges of letters instead of coloured ones: smaller pictures, the same everywhere
)


@contextmanager
def a_page(width: int = 720, height: int = 900) -> "Iterator[Page]":
    """Open an empty page; skip where there is no browser."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        skip_without("chromium")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_OPTIONS))
        yield browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=1)
        browser.close()
