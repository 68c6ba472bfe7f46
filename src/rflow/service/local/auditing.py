"""The audit of what is done to sessions and links: where a store has accounts, and on a server."""

from typing import TYPE_CHECKING

from rflow.core.accounts import AuditEntry
from rflow.core.people import Person
from rflow.core.session.commands import Command
from rflow.core.session.log import Log
from rflow.core.session.times import utc
from rflow.service.local.sending import AUDITED
from rflow.service.team.team_service import accounts_of

if TYPE_CHECKING:
    from rflow.service.local.workspace import LocalWorkspace


def record(workspace: "LocalWorkspace", action: str, subject: str, space: str, **details: str) -> None:
    """Add an entry to the audit of a store that has accounts; ids only, never a text of a session."""
    accounts = accounts_of(workspace.store)
    if accounts is not None and accounts.exist():
        entry = AuditEntry(
            at=utc(workspace.now()),
            action=action,
            by=workspace.actor.person,
            subject=subject,
            space=space,
            details=details,
        )
        accounts.record([entry])


def record_command(workspace: "LocalWorkspace", log: Log, command: Command) -> None:
    """Add an entry for a command that was carried out on a session."""
    to = getattr(command, "to", None)
    details = {"code": log.code, **({"to": to.id} if isinstance(to, Person) else {})}
    record(workspace, AUDITED[type(command)], log.id, log.space, **details)
