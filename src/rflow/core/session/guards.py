"""The checks before the rules: has the session begun, can it be read, is it open, who asks, and what did they see."""

from rflow.core.people import Person
from rflow.core.session.access import ACCESS, ON_CLOSED, STEERING, Role, roles
from rflow.core.session.commands import (
    Accept,
    CancelHandoff,
    Command,
    Decline,
    Start,
    TakeOver,
)
from rflow.core.session.state import Session
from rflow.core.text import shorten
from rflow.errors import NotAllowed, NotFound, SessionMoved, UsageProblem


def check_begun(session: Session, command: Command) -> None:
    """Refuse what comes before a beginning, or a second one."""
    if isinstance(command, Start) and session.version:
        raise UsageProblem(f"{session.code} has begun already.", try_=f"Go on with: rflow resume {session.code}")
    if not isinstance(command, Start) and not session.version:
        raise NotFound("That session has not begun.", try_="Begin one: rflow start")


def check_readable(session: Session) -> None:
    """Refuse to write to what this version can't read whole."""
    if session.unreadable:
        newer = any(entry.reason == "newer" for entry in session.unreadable)
        what = "was written by a newer rflow" if newer else "is damaged in the store"
        remedy = (
            "Upgrade rflow to go on with it." if newer else "See `rflow store check`; `rflow export` saves the rest."
        )
        raise NotAllowed(f"{session.code} {what}: it can be read here, but not written.", try_=remedy)


def check_closed(session: Session, command: Command) -> None:
    """Refuse what a closed session does not take."""
    if session.status != "closed" or type(command) in ON_CLOSED:
        return
    outcome = session.closing.outcome if session.closing else "closed"
    raise NotAllowed(f"{session.code} is closed ({outcome}).", try_=f"Reopen it first: rflow -s {session.code} reopen")


def check_access(session: Session, command: Command, actor: Person) -> None:
    """Ask the table of who moves what."""
    if isinstance(command, Start) or ACCESS[type(command)] & roles(session, actor):
        return
    raise _refusal(session, command, actor)


def _refusal(session: Session, command: Command, actor: Person) -> NotAllowed | UsageProblem:
    """Say why the table says no, and what would help."""
    code, owner = session.code, session.owner.name
    if isinstance(command, TakeOver):
        return UsageProblem(f"{code} is yours already.", try_=f"Go on with: rflow resume {code}")
    if isinstance(command, CancelHandoff):
        return NotAllowed(f"{code} has no handoff of yours to take back.", try_=f"See: rflow show {code}")
    if isinstance(command, Accept | Decline):
        return NotAllowed(f"{code} has not been handed to you.", try_="See what has: rflow inbox")
    if Role.SENDER in roles(session, actor):
        return NotAllowed(
            f"You handed {code} to {owner}, who has not accepted it yet.",
            try_=f"Take it back first: rflow -s {code} handoff --cancel",
        )
    if session.owner.is_queue:
        return NotAllowed(f"{code} waits in the queue {owner}.", try_=f"Claim it first: rflow accept {code}")
    return NotAllowed(
        f"{code} belongs to {owner}.", try_=f'Take it over first: rflow resume {code} --take --reason "…"'
    )


def check_seen(session: Session, command: Command) -> None:
    """Refuse a steering command of somebody who has not seen the last one."""
    if type(command) not in STEERING or command.seen is None or command.seen >= session.steered:
        return
    who = session.steered_by.name if session.steered_by else "Somebody"
    raise SessionMoved(
        f"{session.code} has moved since you last looked: {who} was there. {_stands(session)}",
        try_=f"Nothing was written. Look again (rflow show {session.code}), then repeat your command if it still fits.",
    )


def _stands(session: Session) -> str:
    """Say where a session stands, for somebody who thought it stood elsewhere."""
    if session.status == "closed":
        return f"It is closed now ({session.closing.outcome if session.closing else ''})."
    where = f'It stands at "{shorten(session.place.text, 120)}"' if session.place else "It has no tree"
    return f"{where} and belongs to {session.owner.name}."
