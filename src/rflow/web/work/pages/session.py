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
from rflow.core.summary.units.earlier import plans_given
from rflow.core.tree.model import Node, exits
from rflow.errors import NotFound, RflowError, SessionMoved
from rflow.service.attaching import LIMIT
from rflow.service.sessions import find_session, send
from rflow.service.trees import node_of, tree_names, tree_of
from rflow.web.work.call import Call, Download, Handler, HtmlPage, Page, Redirect, Result
from rflow.web.work.errors import on_page, status_of
from rflow.web.work.forms import Form, whole_number
from rflow.web.work.pages.session_forms import AT_POSITION, FORMS, KINDS, FormCommand, evidence_commands
from rflow.web.work.texts import undo_label

UPLOAD_LIMIT = LIMIT + 1024 * 1024
"""Maximum size in bytes of a form with evidence: the largest file, and the texts in the form."""

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
"""The command behind each control of the page, which is shown only if the reader may send it."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a form was refused: its name, what happened, what to try, and what was typed into it.

    `moved` if somebody else moved the session; `was_at` is then the text of the node that the reader saw. `files` is
    the number of uploads, which browsers don't fill in again.
    """

    form: str
    what: str
    try_: str
    moved: bool = False
    was_at: str = ""
    answer: str = ""
    text: str = ""
    files: int = 0


def session(call: Call) -> Result:
    """Show a session."""
    return page_of(call, find_session(call.workspace, call.path_param("session")))


def page_of(call: Call, session: Session, refusal: Refusal | None = None, status: int = 200) -> HtmlPage:
    """Return the page of a session; with a `refusal`, its forms are filled in again."""
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
        "plans": () if session.status == "closed" else plans_given(session.handoffs),
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
    return HtmlPage(template="session.html.j2", values=values, status=status)


def _of_handoffs(session: Session) -> list[OwnershipEntry]:
    """Return the handoffs whose warnings hold, with these as their texts."""
    given = warnings_of_handoffs(session)
    return [replace(entry, text=given[entry.seq]) for entry in session.handoffs if entry.seq in given]


def _revision(call: Call, session: Session) -> str:
    """Return the revision of the session as it was read; the store may have a newer version by now."""
    standing = call.workspace.standing(session.id)
    return replace(standing, version=session.version).revision if standing else str(session.version)


def _kept(form: Form, refusal: Refusal | None) -> Form:
    """Return the texts to fill in again: none if they were typed for another node."""
    if refusal is None or (refusal.form in AT_POSITION and refusal.was_at):
        return Form()
    return form


def _can(session: Session, call: Call, command: type[Command]) -> bool:
    open_ = session.status != "closed" or command in ON_CLOSED
    return open_ and not session.unreadable and may(session, call.me, command)


class AnswerButton(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to the current question: where it leads, and whether it was chosen before and taken back."""

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
    """Return what `undo` would take back: its text, and whether it is a change or a move; None if there is nothing."""
    last = last_undoable(session, call.me) if _can(session, call, c.Undo) else None
    if last is None or session.status == "closed":
        return None
    entry = session.entry(last)
    what = getattr(entry, "text", "") or getattr(getattr(entry, "what", None), "label", "")
    what = what or undo_label(session, last)
    return {
        "what": what,
        "change": last in session.changes,
        "move": session.moves.last == last,
    }


# Forms


def form_handler(name: str) -> Handler:
    """Return the handler of a form of the page."""

    def send_form(call: Call) -> Result:
        session = find_session(call.workspace, call.path_param("session"))
        try:
            form_command = FORMS[name](call, session)
            _send(call, session, form_command)
        except RflowError as error:
            if isinstance(error, NotFound) and call.workspace.version(session.id) is None:
                raise
            return _refused(call, session, name, error)
        return Redirect(to=f"/sessions/{session.code}", notice=form_command.notice)

    send_form.__name__ = f"session_{name.replace('-', '_')}"
    return send_form


def _send(call: Call, session: Session, form_command: FormCommand) -> None:
    """Send the command of a form, then those that attach its evidence to the entry that it made."""
    on = 0
    if form_command.command is not None:
        outcome = send(call.workspace, session, form_command.command)
        session, on = outcome.session, outcome.entry
    for command, data in evidence_commands(call.form, form_command, on):
        session = send(call.workspace, session, command, {command.evidence.digest: data}).session


def _refused(call: Call, session: Session, name: str, error: RflowError) -> Result:
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


def evidence(call: Call) -> Result:
    """Download the whole content of a piece of evidence."""
    session = find_session(call.workspace, call.path_param("session"))
    seq = call.path_param("seq")
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
            body_limit=UPLOAD_LIMIT if name == "add" else None,
        )
        for name in FORMS
    ),
)
