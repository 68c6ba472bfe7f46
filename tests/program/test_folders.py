"""The folders that rflow computes without platformdirs are those that platformdirs names."""

import os
from unittest.mock import patch

import pytest
from platformdirs import PlatformDirs

from rflow.folders import user_folder

ENVIRONMENTS = [
    {"HOME": "/home/ana"},
    {"HOME": "/home/ana/"},
    {
        "HOME": "/home/ana",
        "XDG_DATA_HOME": "/data",
        "XDG_STATE_HOME": "/state/",
        "XDG_CONFIG_HOME": "/c",
    },
    {
        "HOME": "/home/ana",
        "XDG_DATA_HOME": "",
        "XDG_STATE_HOME": "relative",
        "XDG_CONFIG_HOME": "~/c",
    },
    {},
]


@pytest.mark.parametrize("environ", ENVIRONMENTS, ids=str)
@pytest.mark.parametrize("kind", ["data", "state", "config"])
def test_a_folder_is_where_platformdirs_puts_it(kind: str, environ: dict[str, str]) -> None:
    with patch.dict(os.environ, environ, clear=True):
        theirs = getattr(PlatformDirs("rflow", appauthor=False), f"user_{kind}_dir")
        assert os.path.normpath(user_folder(kind)) == os.path.normpath(theirs)  # type: ignore[arg-type]
