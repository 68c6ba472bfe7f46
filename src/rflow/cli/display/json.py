"""The JSON of sessions and lists: a stable format, documented in docs/commands.md."""

from typing import TYPE_CHECKING, Any

import msgspec

from rflow.cli.display.entries import pinned
from rflow.core.session.head import Head
from rflow.core.session.state import Change, Evidence, Session, Wait
from rflow.core.tree.model import Decision, Tree

if TYPE_CHECKING:
    from rflow.core.session.search.query import Hit

Record = dict[str, Any]


def session_record(session: Session, tree: Tree | None, here: Record | None = None) -> Record:
    """Return a session for programs; every entry has its `seq`. `here` has further fields of the position."""
    return {
        "id": session.id,
        "code": session.code,
        "title": session.title,
        "status": session.status,
        "owner": session.owner,
        "version": session.version,
        "brief": _fields(session.brief),
        "started_at": session.started_at,
        "updated_at": session.updated_at,
        "tree": session.tree,
        "position": _position(session, tree, here or {}),
        "steps": list(session.steps.values()),
        "notes": list(session.notes.values()),
        "evidence": [_evidence(piece) for piece in session.evidence.values()],
        "changes": [_change(change) for change in session.changes.values()],
        "questions": list(session.questions.values()),
        "flags": list(session.flags.values()),
        "pins": list(pinned(session)),
        "waiting": [_wait(wait) for wait in session.waiting],
        "past_waits": [_past_wait(wait) for _, wait in sorted(session.past_waits.items())],
        "handoff": session.pending,
        "history": _history(session),
        "closing": session.closing,
    }


def _evidence(piece: Evidence) -> Record:
    """Return all fields of a piece of evidence in one flat record; `on` is the entry it belongs to, 0 for none."""
    own = _fields(piece)
    return {**_fields(own.pop("what")), **own}


def _change(change: Change) -> Record:
    """Return a change with all its fields, and whether it was reverted."""
    return {**_fields(change), "reverted": change.reverted}


def _fields(struct: msgspec.Struct) -> Record:
    """Return all fields of a struct, including unset ones."""
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _wait(wait: Wait) -> Record:
    return {"seq": wait.seq, "for": wait.waiting_for, "until": wait.until, "by": wait.by, "short": wait.short}


def _past_wait(wait: Wait) -> Record:
    """Return a wait that has ended, with the event that ended it, or that was undone."""
    over = {"over_seq": wait.over_seq, "over_at": wait.over_at, "over_by": wait.over_by, "undone": wait.undone}
    return _wait(wait) | over


def _history(session: Session) -> list[Record]:
    """Return the ownership history; for a handoff, whether it was undone, and why its warnings are no longer valid."""
    over = session.warnings_over
    return [
        {**_fields(entry), "undone": entry.seq in session.undone, "warnings_over": over.get(entry.seq)}
        for entry in session.ownership
    ]


def _position(session: Session, tree: Tree | None, here: Record) -> Record | None:
    place = session.place
    if place is None:
        return None
    node = tree.nodes.get(place.node) if tree else None
    choices = [choice.label for choice in node.choices] if isinstance(node, Decision) else []
    return {"node": place.node, "kind": place.kind, "text": place.text, "choices": choices, **here}


def head_record(head: Head) -> Record:
    """Return a session of a list for programs; `steps`, `notes` and `evidence` are counts."""
    place = head.place
    return {
        "id": head.id,
        "code": head.code,
        "title": head.title,
        "status": head.status,
        "owner": head.owner,
        "version": head.version,
        "ticket": head.ticket or None,
        "customer": head.customer or None,
        "severity": head.severity or None,
        "started_at": head.started_at,
        "updated_at": head.updated_at,
        "tree": head.tree,
        "position": {"node": place.node, "kind": place.kind, "text": place.text} if place else None,
        "handed_off_by": head.sender,
        "waiting": {"for": head.waiting_for, "until": head.waiting_until}
        if head.waiting_for or head.waiting_until
        else None,
        "steps": head.steps,
        "notes": head.notes,
        "evidence": head.evidence,
    }


def hit_record(hit: "Hit") -> Record:
    """Return a search result for programs: the fields of a list, its outcome, and the matching texts."""
    return {
        **head_record(hit.head),
        "outcome": hit.outcome or None,
        "summary": hit.summary or None,
        "matches": hit.matches,
        "more_matches": hit.more,
    }
