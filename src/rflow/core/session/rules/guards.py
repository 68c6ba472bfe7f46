"""Checks that apply to every command: started, readable, open, access, and whether the sender saw the last move."""

from rflow.core.actors import Actor, no_scope
from rflow.core.session import commands as c
from rflow.core.session.commands import Command
from rflow.core.session.rules.access import ACCESS, ON_CLOSED, SCOPES, STEERING, Role, in_scope, roles
from rflow.core.session.state import OwnershipEntry, Session, Step
from rflow.core.text import shorten
from rflow.errors import NotAllowed, NotFound, SessionMoved, UsageProblem

_UNREADABLE = {
    "newer": ("was written by a newer rflow", "Upgrade rflow to go on with it."),
    "damaged": ("is damaged in the store", "See `rflow store check`; `rflow export` saves the rest."),
    "conflict": (
        "holds two versions with git's conflict markers, and what both sides wrote is shown",
        "Put them together: rflow store merge",
    ),
}
"""What is wrong with a partly unreadable session, and what to do, by the reason."""
_REASON = 200
"""How many characters of a takeover's reason an error quotes."""
_MOVES_SHOWN = 3
"""How many of the latest moves an error lists."""


def check_begun(session: Session, command: Command) -> None:
    """Refuse to start a session twice, or to send other commands to one that has not started."""
    if isinstance(command, c.Start) and session.version:
        raise UsageProblem(f"{session.code} has already started.", try_=f"Continue it: rflow resume {session.code}")
    if not isinstance(command, c.Start) and not session.version:
        raise NotFound("That session has not started.", try_="Start one: rflow start")


def check_readable(session: Session) -> None:
    """Refuse to write to a session with events that this version can't read."""
    if session.unreadable:
        what, remedy = _UNREADABLE[session.unreadable[-1].reason]
        raise NotAllowed(f"{session.code} {what}: it can be read here, but not written.", try_=remedy)


def check_closed(session: Session, command: Command) -> None:
    """Refuse a command that a closed session does not accept."""
    if session.status == "closed" and type(command) not in ON_CLOSED:
        raise closed(session)


def closed(session: Session) -> NotAllowed:
    """Return the error for a command that a closed session does not accept."""
    outcome = session.closing.outcome if session.closing else "closed"
    return NotAllowed(f"{session.code} is closed ({outcome}).", try_=f"Reopen it first: rflow reopen {session.code}")


def check_access(session: Session, command: Command, actor: Actor) -> None:
    """Refuse a command that the actor's roles or the scopes of their token don't allow."""
    role = actor.role_in(command.space if isinstance(command, c.Start) else session.space)
    if role is None and actor.person.kind != "rflow":
        raise NotFound("There is no such session or space.", try_="See what there is: rflow list --all")
    if not in_scope(actor, type(command)):
        raise no_scope() if SCOPES[type(command)] else no_token()
    if isinstance(command, c.Start):
        if role == "reader":
            raise _reader()
        return
    if not ACCESS[type(command)] & roles(session, actor):
        raise _refusal(session, command, actor)


def no_token() -> NotAllowed:
    """Return the error for a command that no token allows, whatever its scopes."""
    return NotAllowed("That is not done with a token.", try_="Do it in a browser, signed in, or ask a lead.")


def _reader() -> NotAllowed:
    return NotAllowed("You may only read here.", try_="Ask a lead of this space to make you a member.")


def _refusal(session: Session, command: Command, actor: Actor) -> NotAllowed | UsageProblem:
    """Return the error for a command that the access table refuses: why, and what to do instead."""
    code, owner = session.code, session.owner.name
    if actor.role_in(session.space) == "reader":
        return _reader()
    if isinstance(command, c.TakeOver):
        if session.status == "closed":
            return closed(session)
        return UsageProblem(f"{code} is yours already.", try_=f"Go on with: rflow resume {code}")
    if isinstance(command, c.CancelHandoff):
        return NotAllowed(f"{code} has no handoff of yours to take back.", try_=f"See: rflow show {code}")
    if isinstance(command, c.Accept | c.Decline):
        return _not_handed_over(session, command, actor)
    if isinstance(command, c.Reassign | c.ExpireHandoff):
        return NotAllowed(
            f"Only a lead may reassign {code}.", try_=f'Take it over yourself: rflow resume {code} --take --reason "…"'
        )
    if Role.SENDER in roles(session, actor):
        return NotAllowed(
            f"You handed {code} to {owner}, who has not accepted it yet.",
            try_=f"Take it back first: rflow -s {code} handoff --cancel",
        )
    if session.owner.is_queue:
        return NotAllowed(f"{code} is waiting in the queue {owner}.", try_=f"Claim it first: rflow accept {code}")
    take = f'rflow resume {code} --take --reason "…"'
    if isinstance(command, c.MakeChange | c.RevertChange | c.SetWaiting):  # a colleague can still record it as a step
        tell = f'Tell {owner}, or record it as a step: rflow -s {code} step "…" --result "…"'
        who = f"Only {owner}, who {_takeover(session) or f'owns {code}'},"
        return NotAllowed(f"{who} can enter that.", try_=f"{tell}. To take it over: {take}")
    taken = _takeover(session)
    return NotAllowed(f"{code} belongs to {owner}{taken and f', who {taken}'}.", try_=f"Take it over first: {take}")


def _takeover(session: Session) -> str:
    """Return a phrase that says that the owner took the session over, and why; "" if they did not."""
    last = session.ownership[-1] if session.ownership else None
    if last is None or last.word != "took over" or last.by.id != session.owner.id:
        return ""
    return f"took it over ({shorten(last.text, _REASON).rstrip('.')})" if last.text else "took it over"


def _not_handed_over(session: Session, command: c.Accept | c.Decline, actor: Actor) -> NotAllowed:
    code, inbox = session.code, "See what has been: rflow inbox"
    if session.owner.id != actor.person.id:
        return NotAllowed(f"{code} has not been handed to you: it belongs to {session.owner.name}.", try_=inbox)
    late = isinstance(command, c.Accept) and command.read_back
    add = f'To say what you understood: rflow -s {code} note "…"   ' if late else ""
    return NotAllowed(f"{code} has not been handed to you: it is yours already.", try_=f"{add}{inbox}")


def check_seen(session: Session, command: Command) -> None:
    """Refuse a steering command from an actor who has not seen the last move."""
    if type(command) in STEERING:
        check_up_to_date(session, command)


def check_up_to_date(session: Session, command: Command) -> None:
    """Refuse a command whose sender has not seen the last move."""
    if command.seen is None or command.seen >= session.steered:
        return
    who = session.steered_by.name if session.steered_by else "Somebody"
    if isinstance(command, c.TakeOver):
        raise SessionMoved(
            f"{session.code} has moved since you last looked: {_moved(session, command.seen)}. {_stands(session)}",
            try_="Nothing was written. To take it over as it stands now, repeat your command.",
            version=session.version,
        )
    is_taken = session.ownership and session.ownership[-1].seq == session.steered
    did = (_takeover(session) if is_taken else "") or "was there"
    raise SessionMoved(
        f"{session.code} has moved since you last looked: {who} {did}. {_stands(session)}",
        try_=f"Nothing was written. Look again (rflow show {session.code}), then repeat your command if it still fits.",
    )


def _moved(session: Session, seen: int) -> str:
    """Return the latest moves and changes of owner since version `seen`, with their authors."""
    steps = {step.seq: step for step in session.steps.values() if step.seq > seen and step.kind != "own"}
    moves = {seq: _move(step) for seq, step in steps.items()}
    moves |= {entry.seq: _owned(entry) for entry in session.ownership if entry.seq > seen}
    texts = [moves[seq] for seq in sorted(moves)] or ["the last move was taken back"]
    earlier = [f"{len(texts) - _MOVES_SHOWN} earlier"] if len(texts) > _MOVES_SHOWN else []
    return "; ".join([*earlier, *texts[-_MOVES_SHOWN:]])


def _move(step: Step) -> str:
    outcome = step.result or (f"skipped: {step.reason}" if step.reason else "")
    text = f'"{shorten(step.text, 60)}"{f" → {shorten(outcome, 60)}" if outcome else ""}'
    return f"{text}{', undone' if step.undone else ''} ({step.by.name})"


def _owned(entry: OwnershipEntry) -> str:
    to = f" to {entry.to.name}" if entry.to else ""
    return f"{entry.word}{to} ({entry.by.name})"


def _stands(session: Session) -> str:
    """Return a sentence with the session's current position and owner."""
    if session.status == "closed":
        return f"It is closed now ({session.closing.outcome if session.closing else ''})."
    where = f'It stands at "{shorten(session.place.text, 120)}"' if session.place else "It has no tree"
    return f"{where} and belongs to {session.owner.name}."
