"""The command that installs an extra of rflow, depending on how rflow was installed."""

import json
import re
import sys
from importlib import metadata
from pathlib import Path
from shlex import join
from urllib.parse import urlsplit
from urllib.request import url2pathname


def how_to_install(extra: str) -> str:
    """Return the command that installs an extra into the environment of this program.

    From a checkout it is that of the checkout. Otherwise its requirements are named: `pip install rflow[server]` could
    fetch another rflow than this one.
    """
    checkout = _checkout()
    wanted = ["-e", f"{checkout}[{extra}]"] if checkout else _requirements(extra)
    return join([sys.executable or "python", "-m", "pip", "install", *wanted])


def _checkout() -> Path | None:
    """Return the folder of the checkout that is installed, if it is one."""
    try:
        text = metadata.distribution("rflow").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        text = None
    source = json.loads(text) if text else {}
    if source.get("dir_info", {}).get("editable"):
        return Path(url2pathname(urlsplit(source["url"]).path))
    above = Path(__file__).parents[3]  # src/rflow/cli in a checkout that is run without being installed
    return above if (above / "pyproject.toml").is_file() and (above / "src" / "rflow").is_dir() else None


def _requirements(extra: str) -> list[str]:
    """Return what an extra requires, such as `starlette>=1.0`."""
    try:
        listed = metadata.requires("rflow") or []
    except metadata.PackageNotFoundError:
        return [f"rflow[{extra}]"]
    marked = [line.partition(";") for line in listed]
    return [name.strip() for name, _, marker in marked if re.search(rf"extra\s*==\s*['\"]{extra}['\"]", marker)]
