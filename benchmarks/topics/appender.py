"""A writer to be measured: `python -m benchmarks.topics.appender URL SESSION COUNT`, or `raw` or `bare` FILE COUNT.

A URL of a server gets commands, with the token in RFLOW_TOKEN.

It prints "ready", waits for a line, appends event by event, and prints its start, its end, and the failed appends.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from benchmarks.worlds import stories
from rflow.core.session.commands import AddNote
from rflow.core.session.events import Event, NoteAdded
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.delivery.url import HttpUrl, parse_url
from rflow.errors import RflowError
from rflow.ports.stores import Store
from rflow.ports.values import Stale
from rflow.remote import RemoteWorkspace
from rflow.stores import open_store
from rflow.stores.codec import encode, encode_line
from rflow.stores.files import sync
from rflow.stores.sqlite.schema import SCHEMA


def note(session: Session, text: str) -> Event:
    """Return the event of a note."""
    return Event(seq=session.version + 1, at=stories.NIGHT, by=stories.MAYA, fact=NoteAdded(text=text))


def raw(path: Path) -> Callable[[int], None]:
    """Return a function that appends a record to a file and syncs it: the limit of the disk."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    record = encode_line(note(Session(id="raw"), _text(0))) + b"\n"

    def append(number: int) -> None:
        os.write(fd, record)
        sync(fd)

    return append


def bare(path: Path) -> Callable[[int], None]:
    """Return a function that inserts a record into a table like a store's: the limit of SQLite's write-ahead log."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "secure_delete = ON"):
        db.execute(f"PRAGMA {pragma}")
    db.execute(next(statement for statement in SCHEMA if "CREATE TABLE events" in statement))
    record = encode(note(Session(id="bare"), _text(0)))

    def append(number: int) -> None:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO events VALUES ('bare', ?, ?)", (number, record))
        db.execute("COMMIT")

    return append


def stored(store: Store, session_id: str) -> Callable[[int], None]:
    """Return a function that appends a note to a session, which others may write to at the same time.

    The state is not replayed for each note, which would measure `replay`; only what the store needs is updated.
    """
    log = store.load(session_id)
    state = replay(log.events, Session(id=log.id, code=log.code))

    def append(number: int) -> None:
        nonlocal state
        while True:
            event = note(state, _text(number))
            after = replace(state, version=event.seq, updated_at=event.at)
            try:
                store.append(after, [event], state.version, {})
            except Stale:
                state = replace(state, version=store.load(session_id, state.version).events[-1].seq)
                continue
            state = after
            return

    return append


def sent(url: str, session_id: str) -> Callable[[int], None]:
    """Return a function that sends the command to add a note to a server, as the command line does."""
    address = parse_url(url)
    assert isinstance(address, HttpUrl)
    workspace = RemoteWorkspace(address, os.environ["RFLOW_TOKEN"], clock=lambda: stories.NIGHT)
    known = workspace.version(session_id) or 0

    def append(number: int) -> None:
        nonlocal known
        known = workspace.send(session_id, AddNote(text=_text(number)), known=known).entry

    return append


def _text(number: int) -> str:
    return f"{os.getpid()} {number}: the night shift changed the label roll at 01:30"


def main(where: str, session_id: str, count: int) -> None:
    """Append `count` times."""
    floors = {"raw": raw, "bare": bare}
    if where in floors:
        append = floors[where](Path(session_id))
    elif where.startswith("http"):
        append = sent(where, session_id)
    else:
        append = stored(open_store(where, patience=60), session_id)
    print("ready", flush=True)
    sys.stdin.readline()
    begun, failed = time.monotonic(), 0
    for number in range(count):
        try:
            append(number)
        except RflowError:
            failed += 1
    print(begun, time.monotonic(), failed, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
