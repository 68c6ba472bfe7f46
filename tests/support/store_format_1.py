"""The first form of the stores (format 1), as it was then: writes the samples that later versions must read.

`python -m support.store_format_1 FOLDER` writes FOLDER/store.db and FOLDER/store/.
"""

import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from rflow.core.session.events import Event
from rflow.core.session.head import head_of
from rflow.core.session.state import Session
from rflow.core.tree.model import Tree, canonical, digest

Written = tuple[Session, Sequence[Event], Mapping[str, bytes]]
SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE sessions (id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, updated_at TEXT NOT NULL, head TEXT NOT NULL);
CREATE TABLE events (session_id TEXT, seq INTEGER, data TEXT, PRIMARY KEY (session_id, seq)) WITHOUT ROWID;
CREATE TABLE blobs (session_id TEXT, digest TEXT, data BLOB, PRIMARY KEY (session_id, digest));
CREATE TABLE trees (digest TEXT PRIMARY KEY, data TEXT);
CREATE TABLE tree_names (id TEXT PRIMARY KEY, digest TEXT);
PRAGMA application_id = 0x72666c77;
PRAGMA user_version = 1;
"""


def write_sqlite(path: Path, written: Sequence[Written], trees: Sequence[Tree]) -> None:
    """Write a SQLite store: an event is a row of plain JSON."""
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(SCHEMA)
        for session, events, blobs in written:
            head = head_of(session)
            row = (session.id, session.code, head.updated_at.isoformat(), msgspec.json.encode(head).decode())
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", row)
            rows = [(session.id, event.seq, msgspec.json.encode(event).decode()) for event in events]
            db.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
            db.executemany("INSERT INTO blobs VALUES (?, ?, ?)", [(session.id, name, blobs[name]) for name in blobs])
        for tree in trees:
            db.execute("INSERT INTO trees VALUES (?, ?)", (digest(tree), canonical(tree).decode()))
            db.execute("INSERT INTO tree_names VALUES (?, ?)", (tree.id, digest(tree)))


def write_json(root: Path, written: Sequence[Written], trees: Sequence[Tree]) -> None:
    """Write a JSON store: an event is a line of plain JSON, the names of trees are their digests by id."""
    for folder in ("sessions", "trees", "blobs"):
        (root / folder).mkdir(parents=True)
    (root / "rflow.json").write_bytes(b'{"rflow":"store","format":1}\n')
    for session, events, blobs in written:
        header = {"rflow": "session", "format": 1, "id": session.id, "code": session.code}
        lines = [msgspec.json.encode(line) + b"\n" for line in [header, *events]]
        (root / "sessions" / f"{session.code}.{session.id}.jsonl").write_bytes(b"".join(lines))
        for name, content in blobs.items():
            (root / "blobs" / session.id).mkdir(exist_ok=True)
            (root / "blobs" / session.id / name).write_bytes(content)
    for tree in trees:
        (root / "trees" / f"{digest(tree)}.json").write_bytes(canonical(tree))
    names = {tree.id: digest(tree) for tree in trees}
    (root / "trees" / "names.json").write_bytes(msgspec.json.encode(names) + b"\n")


def main(folder: Path) -> None:
    """Write both samples: the whole story, a short one, a tree and a blob."""
    from support.store_stories import LPSTAT, LPSTAT_DIGEST, PRINTER, session, short_story, whole_story

    whole, short = whole_story(), short_story("VPN drops every hour", "Only on the guest network")
    written: list[Written] = [
        (session("019a4711-0000-7000-8000-000000000001", "K7QM-2F", whole), whole, {LPSTAT_DIGEST: LPSTAT}),
        (session("019a4711-0000-7000-8000-000000000002", "P3XW-9T", short), short, {}),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_sqlite(folder / "store.db", written, [PRINTER])
    write_json(folder / "store", written, [PRINTER])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
