"""Where the npm packages are that judge what rflow makes; a test that needs them is skipped without them."""

from pathlib import Path

from support.needs import NPM_PACKAGES, skip_without

MODULES = Path(__file__).parents[1] / "node" / "node_modules"


def node_file(path: str) -> Path:
    """Return a file of an npm package; skip the test where it isn't installed."""
    file = MODULES / path
    if not file.exists():
        skip_without(NPM_PACKAGES)
    return file
