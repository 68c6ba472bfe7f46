"""Where this user's folders are: as platformdirs has them."""

import os
import sys
from typing import Literal

_XDG = {
    "data": ("XDG_DATA_HOME", ".local/share"),
    "state": ("XDG_STATE_HOME", ".local/state"),
    "config": ("XDG_CONFIG_HOME", ".config"),
}


def user_folder(kind: Literal["data", "state", "config"]) -> str:
    """Return the path of a folder for rflow's files.

    On Linux the plain cases are computed here: importing platformdirs takes as long as reading a session.
    """
    if sys.platform == "linux" and "ANDROID_DATA" not in os.environ:
        variable, usual = _XDG[kind]
        named, home = os.environ.get(variable, ""), os.environ.get("HOME", "")
        if named.startswith("/"):
            return f"{named.rstrip('/')}/rflow"
        if home.startswith("/") and not named:
            return f"{home.rstrip('/')}/{usual}/rflow"
    from platformdirs import PlatformDirs

    return str(getattr(PlatformDirs("rflow", appauthor=False), f"user_{kind}_dir"))
