"""The forms of a session's page: the command that each of them sends."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TypedDict, get_args

import msgspec
from msgspec.structs import replace

from rflow.core.session import commands as c
from rflow.core.session.commands import Command
from rflow.core.session.events import Brief, CloseOutcome, EvidenceAdded
from rflow.core.session.state import Session
from rflow.core.text import counted, shorten
from rflow.errors import NotFound, UsageProblem
from rflow.service.attaching import attached
from rflow.web.work.call import Call
from rflow.web.work.forms import Form, whole_number

BRIEF = ("ask", "situation", "impact", "hypothesis", "ticket", "customer", "severity")
"""The header facts that the page can set."""
KINDS: Mapping[str, str] = {"step": "Step", "note": "Note", "warning": "Warning", "assumption": "Assumption"}
"""What can be added, with its name on the page."""
TOO_LARGE = "Attach the part that matters, such as the last 500 lines."


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a form wants: a command with its contents by digest, and what to say when it is done.

    `evidence` are pieces to add after it, with their contents; those of a step or a note belong to it.
    """

    command: Command | None
    say: str
    evidence: Sequence[tuple[EvidenceAdded, bytes]] = ()


class Carried(TypedDict):
    """What every command carries."""

    command_id: str
    seen: int | None


Reader = Callable[[Call, Session], Wish]


# Moves


def choose(call: Call, session: Session) -> Wish:
    """Answer the question."""
    form = call.form
    assume = bool(form.text("assume"))
    choice, _, label = form.text("choice").partition(" ")
    command = c.Choose(choice=choice, assume=assume, reason=form.line("why") if assume else "", **_sent(form))
    return Wish(command=command, say=f"Answered{', as assumed' if assume else ''}: {shorten(label, 80)}")


def done(call: Call, session: Session) -> Wish:
    """Say that the action is done."""
    return Wish(command=c.Done(result=call.form.text("result"), **_sent(call.form)), say="Recorded as done.")


def skip(call: Call, session: Session) -> Wish:
    """Leave the action out."""
    return Wish(command=c.Skip(reason=call.form.line("skip_reason"), **_sent(call.form)), say="Skipped.")


def back(call: Call, session: Session) -> Wish:
    """Take back the last move."""
    return Wish(command=c.Back(**_sent(call.form)), say="Went back one step.")


def enter(call: Call, session: Session) -> Wish:
    """Go on in a tree."""
    digest = call.form.text("tree")
    if not digest:
        raise UsageProblem("No tree was chosen.", try_="Choose one from the list.")
    return Wish(command=c.Enter(tree=digest, **_sent(call.form)), say="Went on in the tree.")


# Entries


def add(call: Call, session: Session) -> Wish:
    """Add a step, a note, a warning or an assumption, with files and pasted output as its evidence."""
    form = call.form
    kind, text = form.text("kind") or "step", form.text("text")
    evidence = tuple(_evidence(form))
    if not text.strip() and evidence:
        return Wish(command=None, say=f"{counted(evidence, 'output')} added.", evidence=evidence)
    pin, sent = bool(form.text("pin")), _sent(form)
    if kind == "step":
        command: Command = c.AddStep(text=text, result=form.text("came"), pin=pin, **sent)
    elif kind in ("note", "warning", "assumption"):
        command = c.AddNote(text=text, kind=kind, pin=pin, **sent)  # type: ignore[arg-type]
    else:
        raise UsageProblem("That can't be added.", try_="Choose what it is: a step, a note, a warning, an assumption.")
    return Wish(command=command, say=f"{KINDS[kind]} added.", evidence=evidence)


def _evidence(form: Form) -> Sequence[tuple[EvidenceAdded, bytes]]:
    sent = form.files.get("evidence", ())
    files = [(attached(each.content, each.name or "file", too_large=TOO_LARGE), each.content) for each in sent]
    output, command = form.text("output"), form.line("command")
    if not output.strip():
        return files
    data = output.encode("utf-8", "replace")
    pasted = attached(data, shorten(command, 80) or "pasted text", pasted=True, command=command, too_large=TOO_LARGE)
    return [*files, (pasted, data)]


def undo(call: Call, session: Session) -> Wish:
    """Take back the last thing that the reader entered."""
    change = call.form.text("change")
    if change not in ("", "never_made", "reverted"):
        raise UsageProblem("That can't be undone.", try_="Use the buttons of the page.")
    return Wish(command=c.Undo(change=change or None, **_sent(call.form)), say="Taken back.")  # type: ignore[arg-type]


def pin(call: Call, session: Session) -> Wish:
    """Mark an entry as a key fact, or remove that mark."""
    target = _number(call.form, "target")
    if call.form.text("off"):
        return Wish(command=c.Unpin(targets=(target,), **_sent(call.form)), say="No longer a key fact.")
    return Wish(command=c.Pin(targets=(target,), **_sent(call.form)), say="Marked as a key fact.")


def settle(call: Call, session: Session) -> Wish:
    """Say what became of an assumption, or that a warning no longer holds."""
    command = c.SettleAssumption(
        target=_number(call.form, "target"), text=call.form.line("settled"), **_sent(call.form)
    )
    return Wish(command=command, say="Settled.")


def amend(call: Call, session: Session) -> Wish:
    """Correct an entry of the actor."""
    form, target = call.form, _number(call.form, "target")
    text, result = _changed(form, "entry"), _changed(form, "outcome")
    if text is None and result is None:
        return Wish(command=None, say="Nothing was changed.")
    command = c.AmendEntry(target=target, text=text, result=result, replaces=form.text("was_entry"), **_sent(form))
    return Wish(command=command, say="Corrected.")


def reply(call: Call, session: Session) -> Wish:
    """Answer a question that was asked in the session."""
    command = c.ReplyQuestion(target=_number(call.form, "target"), text=call.form.text("reply"), **_sent(call.form))
    return Wish(command=command, say="Answered.")


# Header facts, changes, waiting


def brief(call: Call, session: Session) -> Wish:
    """Set header facts: those that the form has and that were changed in it."""
    form = call.form
    new = {name: text for name in BRIEF if (text := _changed(form, name)) is not None}
    title = _changed(form, "title")
    if not new and title is None:
        return Wish(command=None, say="Nothing was changed.")
    replaces = Brief(**{name: form.text(f"was_{name}") for name in new})
    return Wish(command=c.SetBrief(brief=Brief(**new), title=title, replaces=replaces, **_sent(form)), say="Saved.")


def _changed(form: Form, name: str) -> str | None:
    """Return a text if it is another one than the form showed."""
    text = form.text(name)
    return text.strip() if name in form and text.strip() != form.text(f"was_{name}").strip() else None


def change(call: Call, session: Session) -> Wish:
    """Record a change and how to revert it."""
    form = call.form
    command = c.MakeChange(text=form.text("change_text"), revert=form.text("change_revert"), **_sent(form))
    return Wish(command=command, say="Change recorded.")


def reverted(call: Call, session: Session) -> Wish:
    """Record that a change was reverted."""
    form = call.form
    command = c.RevertChange(change=_number(form, "target"), note=form.line("reverted_note"), **_sent(form))
    return Wish(command=command, say="Recorded as reverted.")


def waiting(call: Call, session: Session) -> Wish:
    """Say what the session waits for, or that it no longer waits for something."""
    form = call.form
    if form.text("clear"):
        command = c.SetWaiting(replaces=_number(form, "target"), **_sent(form))
        return Wish(command=command, say="No longer waiting for that.")
    until, who = _until(call), form.line("waiting_for")
    if until is None and not who:
        raise UsageProblem("Who or what is it waiting for, and until when?", try_="Fill in one of the two.")
    return Wish(command=c.SetWaiting(until=until, waiting_for=who, **_sent(form)), say="Saved.")


def _until(call: Call) -> datetime | None:
    """Return the time of the form: in the reader's zone where their script says it, else in the server's."""
    typed, offset = call.form.line("until"), call.form.line("offset")
    if not typed:
        return None
    try:
        at = datetime.fromisoformat(typed)
        if at.tzinfo is None and offset:
            at = at.replace(tzinfo=timezone(timedelta(minutes=-int(offset))))
        return at if at.tzinfo is not None else at.replace(tzinfo=call.site.zone(call.team.now()).tzinfo)
    except (ValueError, OverflowError):
        raise UsageProblem(f'"{shorten(typed, 40)}" is not a time.', try_="Write it as 2026-03-01T02:10.") from None


# Ownership


def close(call: Call, session: Session) -> Wish:
    """End the work."""
    outcome = call.form.text("outcome")
    if outcome not in get_args(CloseOutcome):
        raise UsageProblem("How did it end?", try_="Choose one: resolved, escalated, abandoned.")
    command = c.Close(outcome=outcome, summary=call.form.text("summary"), **_sent(call.form))  # type: ignore[arg-type]
    return Wish(command=command, say=f"Closed as {outcome}.")


def reopen(call: Call, session: Session) -> Wish:
    """Open it again."""
    return Wish(command=c.Reopen(**_sent(call.form)), say="Open again.")


def accept(call: Call, session: Session) -> Wish:
    """Accept a handoff, or claim one from a queue."""
    command = c.Accept(read_back=call.form.text("read_back"), **_sent(call.form))
    return Wish(command=command, say="It is yours now.")


def decline(call: Call, session: Session) -> Wish:
    """Give a handoff back."""
    return Wish(command=c.Decline(reason=call.form.line("decline_reason"), **_sent(call.form)), say="Given back.")


def cancel(call: Call, session: Session) -> Wish:
    """Take a handoff back."""
    return Wish(command=c.CancelHandoff(**_sent(call.form)), say="The handoff is taken back.")


def take_over(call: Call, session: Session) -> Wish:
    """Take over somebody else's session."""
    command = c.TakeOver(reason=call.form.line("take_reason"), **_sent(call.form))
    return Wish(command=command, say=f"It is yours now. {session.owner.name} will see your reason.")


def _sent(form: Form) -> Carried:
    """Return what the command of a form carries."""
    return Carried(command_id=form.command_id, seen=form.seen)


def _number(form: Form, name: str) -> int:
    number = whole_number(form.line(name))
    if number is None:
        raise NotFound("That entry is not there.", try_="Reload the page.")
    return number


FORMS: Mapping[str, Reader] = {
    "choose": choose,
    "done": done,
    "skip": skip,
    "back": back,
    "enter": enter,
    "add": add,
    "undo": undo,
    "pin": pin,
    "settle": settle,
    "amend": amend,
    "reply": reply,
    "brief": brief,
    "change": change,
    "reverted": reverted,
    "waiting": waiting,
    "close": close,
    "reopen": reopen,
    "accept": accept,
    "decline": decline,
    "cancel": cancel,
    "take-over": take_over,
}
"""The forms, by the last part of their address."""

AT_POSITION = frozenset({"choose", "done", "skip"})
"""The forms about the node at which the session stands: what was typed there fits nowhere else."""


def evidence_commands(form: Form, wish: Wish, on: int) -> Sequence[tuple[c.AddEvidence, bytes]]:
    """Return the commands that add the evidence of a wish, to the entry `on` (0 for none)."""
    pinned = bool(form.text("pin")) and wish.command is None
    commands = []
    for number, (piece, data) in enumerate(wish.evidence):
        command_id = f"{form.command_id}-{number}" if form.command_id else ""
        commands.append((c.AddEvidence(evidence=replace(piece, on=on), pin=pinned, command_id=command_id), data))
    return commands
