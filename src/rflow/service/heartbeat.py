"""Which server serves a store on this machine: it leaves a heartbeat, and links take their address from it."""

import time
from pathlib import Path

import msgspec

from rflow.config_file import replace_file
from rflow.core.fingerprint import fingerprint

BEAT = 10.0
"""Seconds between two heartbeats; after three that did not come, the server counts as gone."""


class _Heartbeat(msgspec.Struct, frozen=True):
    url: str
    at: float


def _file(state: Path, store: str) -> Path:
    return state / "serving" / f"{fingerprint(store.encode('utf-8', 'replace'))[:16]}.json"


def beat(state: Path, store: str, url: str) -> None:
    """Leave word in the state folder that `url` serves the store of that URL."""
    replace_file(_file(state, store), msgspec.json.encode(_Heartbeat(url, time.time())))


def gone(state: Path, store: str) -> None:
    """Take the word back."""
    _file(state, store).unlink(missing_ok=True)


def running(state: Path, store: str) -> str | None:
    """Give the address at which the store is served now; None where nobody says so."""
    try:
        found = msgspec.json.decode(_file(state, store).read_bytes(), type=_Heartbeat)
    except (OSError, msgspec.DecodeError):
        return None
    return found.url if 0 <= time.time() - found.at < 3 * BEAT else None
