"""The values of a session that a shell prompt shows, read from its row without importing the rest of rflow.

`sqlite3` also imports `datetime` and its adapters, a twentieth of what a prompt takes; its core does without.
"""

import json
import os
from contextlib import closing
from typing import TYPE_CHECKING

from rflow.stores.sqlite.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        import _sqlite3 as sqlite3
    except ImportError:
        import sqlite3

STEERING = frozenset(
    (
        *("tree_entered", "choice_made", "action_done", "step_skipped", "stepped_back", "session_closed"),
        *("session_reopened", "handed_off", "handoff_accepted", "handoff_declined", "handoff_cancelled"),
        *("handoff_expired", "taken_over", "reassigned"),
    )
)
"""The facts that move a session or change who owns it (`is_steering`), by their tags."""

Facts = tuple[str, str, int, str, str, bool, list[str]]


def facts(path: str, session_id: str | None, seen: int | None, me: str) -> tuple[Facts | None, int]:
    """Return the facts of `service.glance.Glance`, and how many sessions wait for `me`, a person's id.

    The facts are None if the file, or the session, is not there or not readable.
    """
    if not os.path.exists(path):
        return None, 0
    try:
        with closing(sqlite3.connect(path, timeout=0.1)) as db:
            if db.execute("PRAGMA user_version").fetchone() != (SCHEMA_VERSION,):
                return None, 0
            inbox = "SELECT count(*) FROM sessions WHERE status = 'handed_off' AND owner = ? AND id <> ?"
            (waiting,) = db.execute(inbox, (me, session_id or "")).fetchone()
            row = db.execute("SELECT code, status, head FROM sessions WHERE id = ?", (session_id,)).fetchone()
            moved = row is not None and seen is not None and _moved(db, str(session_id), seen)
            found = _facts(*row, moved=moved) if row else None
            return found, int(waiting)
    except (sqlite3.Error, ValueError, AttributeError, TypeError):  # a lock, damage: a prompt then shows nothing
        return None, 0


def _facts(code: str, status: str, head: bytes, *, moved: bool) -> Facts:
    summary = json.loads(head)
    until = summary.get("waiting_until") or ("-" if summary.get("waiting_for") else "")
    place = (summary.get("place") or {}).get("kind", "")
    asked = [str(who) for who in summary.get("asked", ())]
    return code, status, int(summary.get("steps", 0)), place, until, moved, asked


def _moved(db: sqlite3.Connection, session_id: str, seen: int) -> bool:
    """Whether an event after version `seen` moved the session."""
    rows = db.execute("SELECT data FROM events WHERE session_id = ? AND seq > ?", (session_id, seen))
    return any(json.loads(data)["fact"]["type"] in STEERING for (data,) in rows)
