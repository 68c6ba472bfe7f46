"""The judges that come from npm: where .ci/run puts them, and a loud skip where they are missing."""

from pathlib import Path

import pytest

MODULES = Path(__file__).parents[1] / "node" / "node_modules"


def node_file(path: str) -> Path:
    """Give a file of an npm package; skip where it isn't installed."""
    file = MODULES / path
    if not file.exists():
        pytest.skip(f"{path} is missing: npm install --prefix tests/node --no-package-lock")
    return file
