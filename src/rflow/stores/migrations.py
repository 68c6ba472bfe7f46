"""How stores of older formats are brought up to date: named steps in their order, each with a sample in the tests.

A step for SQLite runs inside one transaction. A step for a folder replaces files one by one, may be interrupted
anywhere and started again; the format in `rflow.json` changes last.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from rflow.core.session.events import Unreadable
from rflow.core.session.replay import replay_session
from rflow.core.tree.model import Tree
from rflow.errors import StoreProblem
from rflow.stores import codec

if TYPE_CHECKING:  # A store in a folder never needs the engine.
    import sqlite3

    from rflow.stores.folder.safe_files import SafeFiles


class Migration(NamedTuple):
    """A step to format `to`: how a SQLite store takes it, and how a folder does."""

    to: int
    name: str
    sqlite: Callable[[sqlite3.Connection], None]
    folder: Callable[[SafeFiles], None]


class TreeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder's `trees/names.json` says of a tree, by its id."""

    digest: str
    title: str
    nodes: int
    added_at: datetime


class Format(msgspec.Struct, kw_only=True, tag_field="rflow", tag="store", omit_defaults=True):
    """What a folder's `rflow.json` says: its format, and which migrations it went through, when."""

    format: int
    upgraded: dict[str, datetime] = {}


def upgrade_sqlite(db: sqlite3.Connection, found: int) -> None:
    """Bring a file from format `found` up to date and note it; the caller commits."""
    for step in MIGRATIONS:
        if step.to > found:
            step.sqlite(db)
            note = (f"upgraded {step.to} {step.name}", datetime.now(UTC).isoformat())
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", note)
            db.execute(f"PRAGMA user_version = {step.to}")


def upgrade_folder(files: SafeFiles, form: Format) -> None:
    """Upgrade a folder and note it; the caller holds its lock."""
    for step in MIGRATIONS:
        if step.to > form.format:
            step.folder(files)
            form.upgraded[f"{step.to} {step.name}"] = datetime.now(UTC)
            form.format = step.to
            files.replace("rflow.json", msgspec.json.encode(form) + b"\n")


def _sums_in_sqlite(db: sqlite3.Connection) -> None:
    from rflow.stores.sqlite.schema import SCHEMA

    tables = ("sessions", "events", "blobs", "trees", "tree_names")
    for table in tables:
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    for statement in SCHEMA:
        db.execute(statement)
    db.execute("INSERT INTO blobs SELECT session_id, digest, data FROM old_blobs")
    db.execute("INSERT INTO trees SELECT digest, CAST(data AS BLOB) FROM old_trees")
    _name_trees(db)
    _seal_sessions(db)
    for table in tables:
        db.execute(f"DROP TABLE old_{table}")


def _name_trees(db: sqlite3.Connection) -> None:
    sql = "SELECT id, digest, data FROM old_tree_names JOIN old_trees USING (digest)"
    for tree_id, digest, data in db.execute(sql).fetchall():
        entry = _tree_entry(digest, data.encode())
        name = (tree_id, digest, entry.title, entry.nodes, entry.added_at.isoformat())
        db.execute("INSERT INTO tree_names VALUES (?, ?, ?, ?, ?)", name)


def _seal_sessions(db: sqlite3.Connection) -> None:
    from rflow.stores.sqlite import rows

    for session_id, code in db.execute("SELECT id, code FROM old_sessions").fetchall():
        sql = "SELECT seq, data FROM old_events WHERE session_id = ? ORDER BY seq"
        found = [(seq, _sealed(data.encode())) for seq, data in db.execute(sql, (session_id,))]
        events = codec.from_rows(found, 1, found[-1][0] if found else 0)
        rows.insert(db, replay_session(session_id, code, events), events, {})


def _sums_in_folder(files: SafeFiles) -> None:
    for name in files.names("sessions"):
        if name.endswith(".jsonl") and (data := _data(files, f"sessions/{name}")):
            first, *lines = data.split(b"\n")
            header = codec.read_header(first)
            if header is not None and header.format == 1:
                sealed = [codec.header(header.id, header.code), *map(_sealed, _whole(lines))]
                files.replace(f"sessions/{name}", b"".join(line + b"\n" for line in sealed))
    _describe_trees(files)


def _data(files: SafeFiles, name: str) -> bytes:
    """Read a file of an older store; one that is not there, or can't be read, is left to `check`."""
    try:
        return files.read(name)
    except (FileNotFoundError, PermissionError, StoreProblem, ValueError):  # ValueError: no name of a file.
        return b""


def _whole(lines: list[bytes]) -> list[bytes]:
    """Leave out what stands behind the last line break: torn, so never acknowledged, unless it happens to be whole."""
    torn = not lines or isinstance(codec.decode(_sealed(lines[-1]), len(lines)), Unreadable)
    return lines[:-1] if torn else lines


def _sealed(record: bytes) -> bytes:
    """Add the checksum that format 1 did not have; what is no record stays as it is."""
    return codec.seal(record) if record.endswith(b"}") else record


def _describe_trees(files: SafeFiles) -> None:
    """Let the names of trees say what a list shows, so that it need not read the trees."""
    try:
        entries = msgspec.json.decode(_data(files, "trees/names.json"), type=dict[str, str | TreeEntry])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # Not there, or damaged: `check` says so.
        return
    described = {
        tree_id: _tree_entry(entry, _data(files, f"trees/{entry}.json")) if isinstance(entry, str) else entry
        for tree_id, entry in entries.items()
    }
    if described:
        files.replace("trees/names.json", msgspec.json.format(msgspec.json.encode(described)) + b"\n")


def _tree_entry(digest: str, data: bytes) -> TreeEntry:
    try:
        tree = msgspec.json.decode(data, type=Tree)
    except (msgspec.DecodeError, UnicodeDecodeError):  # `check` reports the tree; its name must not stop the upgrade.
        tree = Tree(id="", title="(damaged)", start="", nodes={})
    return TreeEntry(digest=digest, title=tree.title, nodes=len(tree.nodes), added_at=datetime.now(UTC))


MIGRATIONS = (Migration(2, "checksums, people, search columns, described trees", _sums_in_sqlite, _sums_in_folder),)
