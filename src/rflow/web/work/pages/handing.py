"""Handing a session to somebody: with a message, warnings, and what to do if something happens. A lead reassigns."""

from difflib import get_close_matches

from rflow.core.people import Person, is_named, person
from rflow.core.session.commands import Command, HandOff, Reassign
from rflow.core.session.events import Contingency
from rflow.core.session.rules.access import may
from rflow.core.session.state import Session
from rflow.core.text import clean
from rflow.errors import NotAllowed, NotFound, RflowError, SessionMoved, UsageProblem
from rflow.service.sessions import find_session, send
from rflow.web.work import texts
from rflow.web.work.call import Answer, Call, Page, Redirect, Shown
from rflow.web.work.errors import on_page, status_of

ROOMS = 3
"""How many warnings, and how many contingencies, the form has room for."""


def hand_off(call: Call) -> Answer:
    """Ask who gets a session, and what they must know."""
    return _hand_off_page(call, find_session(call.workspace, call.named("session")))


def _hand_off_page(call: Call, session: Session, error: RflowError | None = None) -> Shown:
    command: type[Command] = HandOff if may(session, call.me, HandOff) else Reassign
    if not may(session, call.me, command):
        raise NotAllowed(
            f"{session.owner.name} owns this session.", try_="Take it over first, or ask its owner to hand it off."
        )
    people = [somebody for somebody in call.workspace.people() if somebody.id != session.owner.id]
    what, try_ = on_page(error) if error else ("", "")
    if isinstance(error, NotFound):
        try_ = _meant(call) or try_
    values = {
        "s": session,
        "reassigns": command is Reassign,
        "people": people,
        "rooms": range(1, ROOMS + 1),
        "what": what,
        "try_": try_,
    }
    return Shown(template="hand_off.html.j2", values=values, status=status_of(error) if error else 200)


def send_hand_off(call: Call) -> Answer:
    """Hand a session off; what was typed stays on the page if that can't be done."""
    session = find_session(call.workspace, call.named("session"))
    try:
        to = _receiver(call)
        command = HandOff(
            to=to,
            note=call.form.text("note"),
            warnings=tuple(text for text in _numbered(call, "warning") if text),
            contingencies=_contingencies(call),
            command_id=call.form.command_id,
            seen=call.form.seen,
        )
        send(call.workspace, session, command)
    except (UsageProblem, SessionMoved, NotAllowed, NotFound) as error:
        return _hand_off_page(call, session, error)
    return Redirect(to=f"/sessions/{session.code}", say=texts.HANDED.format(name=to.name))


def send_reassign(call: Call) -> Answer:
    """Give somebody's session to somebody else, as a lead."""
    session = find_session(call.workspace, call.named("session"))
    try:
        to = _receiver(call)
        command = Reassign(to=to, reason=call.form.line("reason"), command_id=call.form.command_id, seen=call.form.seen)
        send(call.workspace, session, command)
    except (UsageProblem, SessionMoved, NotFound) as error:
        return _hand_off_page(call, session, error)
    return Redirect(to=f"/sessions/{session.code}", say=texts.REASSIGNED.format(name=to.name))


def _receiver(call: Call) -> Person:
    """Return who was named; the service decides whether the session may go to them."""
    to = person(clean(call.form.line("to")))
    if not is_named(to):
        raise UsageProblem("To whom? The name is empty.", try_="Name a member, or a queue such as @tier2.")
    return to


def _meant(call: Call) -> str:
    """Return a "did you mean" for a name; "" if no name is close."""
    names = [somebody.name for somebody in call.workspace.people()]
    close = get_close_matches(call.form.line("to"), names, n=1)
    return f"Did you mean {close[0]}?" if close else ""


def _numbered(call: Call, name: str) -> list[str]:
    return [call.form.line(f"{name}_{number}") for number in range(1, ROOMS + 1)]


def _contingencies(call: Call) -> tuple[Contingency, ...]:
    """Return what to do if something happens; a half of one is refused."""
    both = [pair for pair in zip(_numbered(call, "if"), _numbered(call, "then"), strict=True) if any(pair)]
    if not all(condition and action for condition, action in both):
        raise UsageProblem("An “if” has no “then”, or the other way round.", try_="Fill in both, or none.")
    return tuple(Contingency(condition=condition, action=action) for condition, action in both)


PAGES = (
    Page(path="/sessions/{session}/hand-off", get=hand_off, post=send_hand_off),
    Page(path="/sessions/{session}/reassign", post=send_reassign),
)
