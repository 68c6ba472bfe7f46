"""Conflicts between versions of a file: merge markers left by git, and copies made by programs that sync folders."""

import re
from typing import NamedTuple

from rflow.core.session.events import Event, Stored, Unreadable
from rflow.core.session.merge import merge
from rflow.stores.folder.session_file import FOLDER, PLAIN, Content, Name, parse

_OURS, _BASE, _THEIRS, _END = b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_COPY = re.compile(rf"(?P<code>{PLAIN})\.(?P<id>{_UUID})(?P<rest>[^/]+)\.jsonl", re.DOTALL)
_MAKERS = (
    (re.compile(r"\.sync-conflict-"), "Syncthing"),
    (re.compile(r"conflicted copy"), "Dropbox or Nextcloud"),
    (re.compile(r"^-[^ ]+$"), "OneDrive"),
)
_SYNCED = re.compile(r"\.sync-conflict-|conflicted copy")


class Copy(NamedTuple):
    """Another file of the session `name`, and the program that names files like that."""

    file: str
    name: Name
    maker: str


def copy_of(file: str) -> Copy | None:
    """Parse the name of a copy in the folder of sessions; None if it is not a copy."""
    match = _COPY.fullmatch(file)
    if match is None:
        return None
    maker = next((name for pattern, name in _MAKERS if pattern.search(match["rest"])), "another program")
    return Copy(f"{FOLDER}/{file}", Name(match["code"], match["id"]), maker)


def is_synced_copy(file: str) -> bool:
    """Whether a file has the name of a conflict copy made by a program that syncs folders."""
    return _SYNCED.search(file) is not None


def sides(data: bytes) -> tuple[bytes, bytes]:
    """Return both versions of a file with merge markers: ours and theirs."""
    ours: list[bytes] = []
    theirs: list[bytes] = []
    into: tuple[list[bytes], ...] = (ours, theirs)
    for line in data.split(b"\n"):
        marker = line[:7]
        if marker == _OURS:
            into = (ours,)
        elif marker == _BASE:
            into = ()
        elif line.rstrip(b"\r") == _THEIRS:
            into = (theirs,)
        elif marker == _END:
            into = (ours, theirs)
        else:
            for side in into:
                side.append(line)
    return b"\n".join(ours), b"\n".join(theirs)


def both_sides(data: bytes) -> Content:
    """Return the entries of both versions in a session's file with merge markers, for reading only."""
    mine, theirs = map(parse, sides(data))
    shown = _merged(mine.events, theirs.events)
    last = max((event.seq for event in shown), default=0)
    marker = next(line for line in data.split(b"\n") if line.startswith(_OURS))
    return Content(mine.header, [*shown, Unreadable(seq=last + 1, reason="conflict", raw=marker)], b"")


def _merged(mine: list[Stored], theirs: list[Stored]) -> list[Stored]:
    """Merge the events of two versions; if some can't be read, return the longer version."""
    ours, others = ([event for event in events if isinstance(event, Event)] for events in (mine, theirs))
    if len(ours) < len(mine) or len(others) < len(theirs):
        return max(mine, theirs, key=len)
    return [*merge(ours, others).events]
