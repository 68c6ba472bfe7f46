"""Entries of the audit log: as a line for people, and as a line of JSON."""

import msgspec

from rflow.cli.app import local
from rflow.core.accounts import AuditEntry
from rflow.core.text import ascii_controls, one_line


def audit_line(entry: AuditEntry) -> str:
    """Return an entry for people to read: number, time, who, what, to what."""
    who = entry.by.name if entry.by else "-"
    details = " ".join(f"{name}={value}" for name, value in entry.details.items() if value)
    at = local(entry.at).isoformat(" ", "seconds")
    parts = [str(entry.seq), at, who, entry.action.replace("_", " "), entry.subject, entry.space, details]
    return "  ".join(one_line(part) for part in parts if part)


def audit_record(entry: AuditEntry) -> str:
    """Return an entry as a line of JSON."""
    record = {
        "seq": entry.seq,
        "at": entry.at,
        "by": {"id": entry.by.id, "name": entry.by.name, "kind": entry.by.kind} if entry.by else None,
        "action": entry.action,
        "subject": entry.subject,
        "space": entry.space,
        "details": entry.details,
    }
    return ascii_controls(msgspec.json.encode(record).decode())
