"""Users without a home or a name: in a container with any user id, in cron, behind `env -i`."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.needs import need
from support.program import Program

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="user namespaces")]


@pytest.fixture(params=[None, "", "somewhere"], ids=["no HOME", "empty", "relative"])
def stranger(tmp_path: Path, request: pytest.FixtureRequest) -> Program:
    """Somebody whose user id has no name here, and whose HOME is of little use."""
    need("unshare")
    wrapper = ["unshare", "--user", "--map-user=4711", "--map-group=4711"]
    if subprocess.run([*wrapper, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no user namespaces here")
    unset = [
        "HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "RFLOW_USER",
        "RFLOW_STORE",
    ]
    words = [*wrapper, "env", *(f"--unset={name}" for name in unset)]
    words += [f"HOME={request.param}"] if request.param is not None else []
    return Program(tmp_path, real=True, cwd=tmp_path, wrapper=tuple(words))


def test_a_user_without_a_home_or_a_name_works_wherever_a_store_is_named(stranger: Program) -> None:
    store = ("--store", str(stranger.home / "work.db"))
    stranger.ok(*store, "start", "--title", "The till is slow")
    stranger.ok(*store, "note", "Since this morning")
    assert "Since this morning" in stranger.ok(*store, "progress", "-f", "text").out
    stranger.ok(*store, "share", "create")
    stranger.ok(*store, "format", "list")
    stranger.ok(*store, "config", "list")
    stranger.ok(*store, "prompt")
    stranger.ok("--store", "~/folder", "list")
    assert [path.name for path in stranger.home.iterdir()] == ["work.db"]


def test_a_user_without_a_home_and_without_a_store_learns_how_to_name_one(stranger: Program) -> None:
    assert "--store PATH" in stranger.refused(2, "start", "--title", "The till is slow")
    assert not list(stranger.home.iterdir())
