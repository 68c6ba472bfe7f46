"""Handing off a session, with a note, warnings and contingencies; leads reassign sessions."""

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
from rflow.web.work.call import Call, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import on_page, status_of

ROWS = 3
"""Number of rows in the form for warnings, and for contingencies."""


def hand_off(call: Call) -> Result:
    """Show the form for a handoff."""
    return _hand_off_page(call, find_session(call.workspace, call.path_param("session")))


def _hand_off_page(call: Call, session: Session, error: RflowError | None = None) -> HtmlPage:
    command: type[Command] = HandOff if may(session, call.me, HandOff) else Reassign
    if not may(session, call.me, command):
        raise NotAllowed(
            f"{session.owner.name} owns this session.", try_="Take it over first, or ask its owner to hand it off."
        )
    people = [somebody for somebody in call.workspace.people() if somebody.id != session.owner.id]
    what, try_ = on_page(error) if error else ("", "")
    if isinstance(error, NotFound):
        try_ = _suggestion(call) or try_
    values = {
        "s": session,
        "reassigns": command is Reassign,
        "people": people,
        "rows": range(1, ROWS + 1),
        "what": what,
        "try_": try_,
    }
    return HtmlPage(template="hand_off.html.j2", values=values, status=status_of(error))


def send_hand_off(call: Call) -> Result:
    """Hand a session off; if that fails, the form shows again what was typed."""
    session = find_session(call.workspace, call.path_param("session"))
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
    return Redirect(to=f"/sessions/{session.code}", notice=texts.HANDED.format(name=to.name))


def send_reassign(call: Call) -> Result:
    """Reassign a session, as a lead."""
    session = find_session(call.workspace, call.path_param("session"))
    try:
        to = _receiver(call)
        command = Reassign(to=to, reason=call.form.line("reason"), command_id=call.form.command_id, seen=call.form.seen)
        send(call.workspace, session, command)
    except (UsageProblem, SessionMoved, NotFound) as error:
        return _hand_off_page(call, session, error)
    return Redirect(to=f"/sessions/{session.code}", notice=texts.REASSIGNED.format(name=to.name))


def _receiver(call: Call) -> Person:
    """Return the receiver named in the form; the service checks whether they may get the session."""
    to = person(clean(call.form.line("to")))
    if not is_named(to):
        raise UsageProblem("The receiver's name is empty.", try_="Name a member, or a queue such as @tier2.")
    return to


def _suggestion(call: Call) -> str:
    """Return "Did you mean …?" with the closest name; "" if none is close."""
    names = [somebody.name for somebody in call.workspace.people()]
    close = get_close_matches(call.form.line("to"), names, n=1)
    return f"Did you mean {close[0]}?" if close else ""


def _numbered(call: Call, name: str) -> list[str]:
    return [call.form.line(f"{name}_{number}") for number in range(1, ROWS + 1)]


def _contingencies(call: Call) -> tuple[Contingency, ...]:
    """Return the contingencies in the form; raise `UsageProblem` for an incomplete one."""
    both = [pair for pair in zip(_numbered(call, "if"), _numbered(call, "then"), strict=True) if any(pair)]
    if not all(condition and action for condition, action in both):
        raise UsageProblem("An “if” has no “then”, or the other way round.", try_="Fill in both, or none.")
    return tuple(Contingency(condition=condition, action=action) for condition, action in both)


PAGES = (
    Page(path="/sessions/{session}/hand-off", get=hand_off, post=send_hand_off),
    Page(path="/sessions/{session}/reassign", post=send_reassign),
)
