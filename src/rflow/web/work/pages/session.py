"""The page of a session: where it stands, what can be done, and handling its forms."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from rflow.core.session import commands as c
from rflow.core.session.commands import Command
from rflow.core.session.rules.access import ON_CLOSED, Role, may, roles
from rflow.core.session.rules.entries import assumptions, warnings, warnings_of_handoffs
from rflow.core.session.rules.undo import last_undoable
from rflow.core.session.state import OwnershipEntry, Session
from rflow.core.summary.progress import Progress
from rflow.core.tree.model import Node, exits
from rflow.errors import NotFound, RflowError, SessionMoved
from rflow.service.attaching import LIMIT
from rflow.service.sessions import find_session, send
from rflow.service.trees import node_of, tree_names, tree_of
from rflow.web.work.call import Answer, Call, Download, Handler, Page, Redirect, Shown
from rflow.web.work.errors import on_page, status_of
from rflow.web.work.forms import Form, whole_number
from rflow.web.work.pages.handed import plans_of_handoff
from rflow.web.work.pages.session_forms import AT_POSITION, FORMS, KINDS, Wish, evidence_commands
from rflow.web.work.texts import SET

UPLOAD_LIMIT = LIMIT + 1024 * 1024
"""Bytes of a form with evidence: the largest file, and the texts beside it."""

CAN: Mapping[str, type[Command]] = {
    "choose": c.Choose,
    "back": c.Back,
    "enter": c.Enter,
    "add": c.AddNote,
    "undo": c.Undo,
    "brief": c.SetBrief,
    "change": c.MakeChange,
    "waiting": c.SetWaiting,
    "close": c.Close,
    "reopen": c.Reopen,
    "hand_off": c.HandOff,
    "accept": c.Accept,
    "decline": c.Decline,
    "cancel": c.CancelHandoff,
    "take_over": c.TakeOver,
    "share": c.RecordShared,
    "redact": c.RedactText,
    "delete": c.Delete,
}
"""What the page asks of the rules, to show only what the reader may do."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a form was not carried out: which, what to say, and what was typed into it.

    `moved` says that the session stands elsewhere now, `was_at` at which node's text the reader thought it stood.
    `files` were sent too, which browsers don't fill in again.
    """

    form: str
    what: str
    try_: str
    moved: bool = False
    was_at: str = ""
    answer: str = ""
    text: str = ""
    files: int = 0


def session(call: Call) -> Answer:
    """Show a session."""
    return page_of(call, find_session(call.workspace, call.named("session")))


def page_of(call: Call, session: Session, refusal: Refusal | None = None, status: int = 200) -> Shown:
    """Return the page of a session; with `refusal`, its forms keep what was typed."""
    tree = tree_of(call.workspace, session)
    node = node_of(session, tree)
    revision = _revision(call, session)
    progress = call.summaries.of(call.workspace, session, revision, call.team.now())
    values = {
        "s": session,
        "revision": revision,
        "p": progress,
        "node": node,
        "answers": _answers(session, progress, node),
        "can": {name: _can(session, call, command) for name, command in CAN.items()},
        "mine": session.owner.id == call.me.person.id,
        "ask_first": bool(progress.ask) and (session.owner.id != call.me.person.id or session.status == "handed_off"),
        "plans": plans_of_handoff(session),
        "undoing": _undoing(session, call),
        "redacts_all": bool({Role.OWNER, Role.LEAD} & roles(session, call.me)),
        "warnings": [*(session.notes[seq] for seq in warnings(session)), *_of_handoffs(session)],
        "assumptions": [session.entry(seq) for seq in assumptions(session)],
        "in_place": [change for change in session.changes.values() if change.in_place],
        "trees": tree_names(call.workspace, session.space) if tree is None else (),
        "kinds": KINDS,
        "refusal": refusal,
        "typed": _kept(call.form, refusal),
    }
    return Shown(template="session.html.j2", values=values, status=status)


def _of_handoffs(session: Session) -> list[OwnershipEntry]:
    """Return the handoffs whose warnings hold, with these as their texts."""
    given = warnings_of_handoffs(session)
    return [replace(entry, text=given[entry.seq]) for entry in session.handoffs if entry.seq in given]


def _revision(call: Call, session: Session) -> str:
    """Return the revision of a session that was just read; its version may be another one in the store by now."""
    standing = call.workspace.standing(session.id)
    return replace(standing, version=session.version).revision if standing else str(session.version)


def _kept(form: Form, refusal: Refusal | None) -> Form:
    """Return what was typed, for the forms of the page; what belongs to another node does not fit into them."""
    if refusal is None or (refusal.form in AT_POSITION and refusal.was_at):
        return Form()
    return form


def _can(session: Session, call: Call, command: type[Command]) -> bool:
    open_ = session.status != "closed" or command in ON_CLOSED
    return open_ and not session.unreadable and may(session, call.me, command)


class AnswerButton(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to the question at the position: where it leads, and whether it was taken back before."""

    number: int
    label: str
    leads: str
    is_end: bool = False
    taken_back: bool = False


def _answers(session: Session, progress: Progress, node: Node | None) -> list[AnswerButton]:
    if node is None or session.place is None or session.place.kind != "decision":
        return []
    ahead = [line for line in progress.ahead if line.depth == 1]
    undone = {step.result for step in session.steps.values() if step.undone and step.node == session.place.node}
    return [
        AnswerButton(
            number=number,
            label=way.label,
            leads=ahead[number - 1].text if number <= len(ahead) else "",
            is_end=number <= len(ahead) and ahead[number - 1].kind == "end",
            taken_back=way.label in undone,
        )
        for number, way in enumerate(exits(node), 1)
    ]


def _undoing(session: Session, call: Call) -> dict[str, Any] | None:
    """Return what `undo` would take back: its text, and whether it is a change; None if there is nothing."""
    last = last_undoable(session, call.me) if _can(session, call, c.Undo) else None
    if last is None or session.status == "closed":
        return None
    entry = session.entry(last)
    what = getattr(entry, "text", "") or getattr(getattr(entry, "what", None), "label", "")
    what = what or SET.get(session.kinds[last], "the last thing you entered")
    return {
        "what": what,
        "change": last in session.changes,
        "move": session.moves.last == last,
    }


# Forms


def form_handler(name: str) -> Handler:
    """Return the handler of a form of the page."""

    def send_form(call: Call) -> Answer:
        session = find_session(call.workspace, call.named("session"))
        try:
            wish = FORMS[name](call, session)
            _carry_out(call, session, wish)
        except RflowError as error:
            if isinstance(error, NotFound) and call.workspace.version(session.id) is None:
                raise
            return _refused(call, session, name, error)
        return Redirect(to=f"/sessions/{session.code}", say=wish.say)

    send_form.__name__ = f"session_{name.replace('-', '_')}"
    return send_form


def _carry_out(call: Call, session: Session, wish: Wish) -> None:
    """Send the command of a form, then those of its evidence, which belong to the entry that it made."""
    on = 0
    if wish.command is not None:
        outcome = send(call.workspace, session, wish.command)
        session, on = outcome.session, outcome.entry
    for command, data in evidence_commands(call.form, wish, on):
        session = send(call.workspace, session, command, {command.evidence.digest: data}).session


def _refused(call: Call, session: Session, name: str, error: RflowError) -> Answer:
    """Show the session as it stands now, why the form was refused, and what was typed into it."""
    form = call.form
    now = find_session(call.workspace, session.id)
    elsewhere = name in AT_POSITION and form.text("node") != (now.place.node if now.place else "")
    what, try_ = on_page(error)
    refusal = Refusal(
        form=name,
        what=what,
        try_=try_,
        moved=isinstance(error, SessionMoved),
        was_at=form.text("at") if elsewhere else "",
        answer=form.text("choice").partition(" ")[2],
        files=sum(map(len, form.files.values())),
        text="\n".join(form.text(each) for each in ("result", "skip_reason", "why") if form.text(each).strip()),
    )
    return page_of(call, now, refusal, status_of(error))


def evidence(call: Call) -> Answer:
    """Download the whole content of a piece of evidence."""
    session = find_session(call.workspace, call.named("session"))
    seq = call.named("seq")
    piece = session.evidence.get(whole_number(seq) or 0)
    if piece is None or not piece.what.digest:
        raise NotFound("There is no such content.", try_="See what there is: rflow show")
    return Download(name=piece.what.label, content=call.workspace.content(session.id, piece.what.digest))


PAGES = (
    Page(path="/sessions/{session}", get=session),
    Page(path="/sessions/{session}/evidence/{seq}", get=evidence),
    *(
        Page(
            path=f"/sessions/{{session}}/{name}",
            post=form_handler(name),
            limit=UPLOAD_LIMIT if name == "add" else None,
        )
        for name in FORMS
    ),
)
