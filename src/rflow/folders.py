"""Where this user's folders are: as platformdirs has them, and what to do for a user without a home."""

import os
import sys
from typing import Literal

NOWHERE = "/dev/null/rflow"
"""Where a user without a home keeps files: nothing is there, and nothing can be written there."""

_XDG = {
    "data": ("XDG_DATA_HOME", ".local/share"),
    "state": ("XDG_STATE_HOME", ".local/state"),
    "config": ("XDG_CONFIG_HOME", ".config"),
}


def home() -> str | None:
    """Return this user's home; None where there is none: an unknown user in a container, a HOME that is relative."""
    named = os.environ.get("HOME", "")
    if os.path.isabs(named):
        return named.rstrip("/") or "/"
    if sys.platform == "win32":
        found = os.path.expanduser("~")
        return found if os.path.isabs(found) else None
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None


def expanded(path: str) -> str:
    """Return a path with "~" replaced by this user's home; without one, "~" is taken as an ordinary name."""
    here = home()
    if here is not None and (path == "~" or path.startswith("~/")):
        return here + path[1:]
    return os.path.expanduser(path)


def user_folder(kind: Literal["data", "state", "config"]) -> str:
    """Return the path of a folder for rflow's files, below `NOWHERE` if the user has no home.

    On Linux it is computed here: importing platformdirs takes as long as reading a session.
    """
    variable, usual = _XDG[kind]
    if sys.platform == "linux" and "ANDROID_DATA" not in os.environ:
        named = os.environ.get(variable, "")
        if named.startswith("/"):
            return f"{named.rstrip('/')}/rflow"
        here = home()
        return f"{here.rstrip('/')}/{usual}/rflow" if here else f"{NOWHERE}/{kind}"
    from platformdirs import PlatformDirs

    try:
        found = str(getattr(PlatformDirs("rflow", appauthor=False), f"user_{kind}_dir"))
    except RuntimeError:
        return f"{NOWHERE}/{kind}"
    return found if os.path.isabs(found) else f"{NOWHERE}/{kind}"
