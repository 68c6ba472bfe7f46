"""The heartbeat file of a server: it names the address at which a store is served, for links made on this machine."""

import time
from pathlib import Path

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.whole_files import write_own_file

BEAT = 10.0
"""Seconds between two heartbeats; a server that misses three counts as stopped."""


class _Heartbeat(msgspec.Struct, frozen=True):
    url: str
    at: float


def _file(state: Path, store: str) -> Path:
    return state / "serving" / f"{fingerprint(store.encode('utf-8', 'replace'))[:16]}.json"


def beat(state: Path, store: str, url: str) -> None:
    """Record in the state folder that `url` serves the store of that URL."""
    write_own_file(_file(state, store), msgspec.json.encode(_Heartbeat(url, time.time())))


def gone(state: Path, store: str) -> None:
    """Remove the record."""
    _file(state, store).unlink(missing_ok=True)


def running(state: Path, store: str) -> str | None:
    """Return the address at which the store is served now; None if it is not."""
    try:
        last = msgspec.json.decode(_file(state, store).read_bytes(), type=_Heartbeat)
    except (OSError, msgspec.DecodeError):
        return None
    return last.url if 0 <= time.time() - last.at < 3 * BEAT else None
