"""The forms on the page of a session: each becomes a command."""

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
"""Kinds of entries that can be added, with their labels."""
TOO_LARGE = "Attach the part that matters, such as the last 500 lines."


class FormCommand(msgspec.Struct, frozen=True, kw_only=True):
    """The command of a form (None if there is nothing to send), and the notice to show once it was carried out.

    `evidence` are pieces to add afterwards, with their contents; they are attached to the entry that the command made.
    """

    command: Command | None
    notice: str
    evidence: Sequence[tuple[EvidenceAdded, bytes]] = ()


class CommandFields(TypedDict):
    """The fields that all commands have."""

    command_id: str
    seen: int | None


FormReader = Callable[[Call, Session], FormCommand]


# Moves


def choose(call: Call, session: Session) -> FormCommand:
    """Answer the question."""
    form = call.form
    assume = bool(form.text("assume"))
    choice, _, label = form.text("choice").partition(" ")
    command = c.Choose(choice=choice, assume=assume, reason=form.line("why") if assume else "", **_fields(form))
    return FormCommand(command=command, notice=f"Answered{', as assumed' if assume else ''}: {shorten(label, 80)}")


def done(call: Call, session: Session) -> FormCommand:
    """Record that the action is done."""
    return FormCommand(
        command=c.Done(result=call.form.text("result"), **_fields(call.form)), notice="Recorded as done."
    )


def skip(call: Call, session: Session) -> FormCommand:
    """Skip the action."""
    return FormCommand(command=c.Skip(reason=call.form.line("skip_reason"), **_fields(call.form)), notice="Skipped.")


def back(call: Call, session: Session) -> FormCommand:
    """Take back the last move."""
    return FormCommand(command=c.Back(**_fields(call.form)), notice="Went back one step.")


def enter(call: Call, session: Session) -> FormCommand:
    """Enter a tree."""
    digest = call.form.text("tree")
    if not digest:
        raise UsageProblem("No tree was chosen.", try_="Choose one from the list.")
    return FormCommand(command=c.Enter(tree=digest, **_fields(call.form)), notice="Went on in the tree.")


# Entries


def add(call: Call, session: Session) -> FormCommand:
    """Add a step, a note, a warning or an assumption, with files and pasted output as its evidence."""
    form = call.form
    kind, text = form.text("kind") or "step", form.text("text")
    evidence = tuple(_evidence(form))
    if not text.strip() and evidence:
        return FormCommand(command=None, notice=f"{counted(evidence, 'output')} added.", evidence=evidence)
    pin, fields = bool(form.text("pin")), _fields(form)
    if kind == "step":
        command: Command = c.AddStep(text=text, result=form.text("came"), pin=pin, **fields)
    elif kind in ("note", "warning", "assumption"):
        command = c.AddNote(text=text, kind=kind, pin=pin, **fields)  # type: ignore[arg-type]
    else:
        raise UsageProblem("That can't be added.", try_="Choose what it is: a step, a note, a warning, an assumption.")
    return FormCommand(command=command, notice=f"{KINDS[kind]} added.", evidence=evidence)


def _evidence(form: Form) -> Sequence[tuple[EvidenceAdded, bytes]]:
    uploads = form.files.get("evidence", ())
    files = [(attached(each.content, each.name or "file", too_large=TOO_LARGE), each.content) for each in uploads]
    output, command = form.text("output"), form.line("command")
    if not output.strip():
        return files
    data = output.encode("utf-8", "replace")
    pasted = attached(data, shorten(command, 80) or "pasted text", pasted=True, command=command, too_large=TOO_LARGE)
    return [*files, (pasted, data)]


def undo(call: Call, session: Session) -> FormCommand:
    """Take back the last thing that the reader entered."""
    change = call.form.text("change")
    if change not in ("", "never_made", "reverted"):
        raise UsageProblem("That can't be undone.", try_="Use the buttons of the page.")
    return FormCommand(command=c.Undo(change=change or None, **_fields(call.form)), notice="Taken back.")  # type: ignore[arg-type]


def pin(call: Call, session: Session) -> FormCommand:
    """Mark an entry as a key fact, or remove that mark."""
    target = _number(call.form, "target")
    if call.form.text("off"):
        return FormCommand(command=c.Unpin(targets=(target,), **_fields(call.form)), notice="No longer a key fact.")
    return FormCommand(command=c.Pin(targets=(target,), **_fields(call.form)), notice="Marked as a key fact.")


def settle(call: Call, session: Session) -> FormCommand:
    """Settle an assumption, or a warning that no longer holds."""
    command = c.SettleAssumption(
        target=_number(call.form, "target"), text=call.form.line("settled"), **_fields(call.form)
    )
    return FormCommand(command=command, notice="Settled.")


def amend(call: Call, session: Session) -> FormCommand:
    """Correct one of the actor's own entries."""
    form, target = call.form, _number(call.form, "target")
    text, result = _changed(form, "entry"), _changed(form, "outcome")
    if text is None and result is None:
        return FormCommand(command=None, notice="Nothing was changed.")
    command = c.AmendEntry(target=target, text=text, result=result, replaces=form.text("was_entry"), **_fields(form))
    return FormCommand(command=command, notice="Corrected.")


def reply(call: Call, session: Session) -> FormCommand:
    """Answer a question that was asked in the session."""
    command = c.ReplyQuestion(target=_number(call.form, "target"), text=call.form.text("reply"), **_fields(call.form))
    return FormCommand(command=command, notice="Answered.")


# Header facts, changes, waiting


def brief(call: Call, session: Session) -> FormCommand:
    """Set the header facts that were changed in the form."""
    form = call.form
    new = {name: text for name in BRIEF if (text := _changed(form, name)) is not None}
    title = _changed(form, "title")
    if not new and title is None:
        return FormCommand(command=None, notice="Nothing was changed.")
    replaces = Brief(**{name: form.text(f"was_{name}") for name in new})
    return FormCommand(
        command=c.SetBrief(brief=Brief(**new), title=title, replaces=replaces, **_fields(form)), notice="Saved."
    )


def _changed(form: Form, name: str) -> str | None:
    """Return the text of a field if it differs from the one that the form showed, else None."""
    text = form.text(name)
    return text.strip() if name in form and text.strip() != form.text(f"was_{name}").strip() else None


def change(call: Call, session: Session) -> FormCommand:
    """Record a change and how to revert it."""
    form = call.form
    command = c.MakeChange(text=form.text("change_text"), revert=form.text("change_revert"), **_fields(form))
    return FormCommand(command=command, notice="Change recorded.")


def reverted(call: Call, session: Session) -> FormCommand:
    """Record that a change was reverted."""
    form = call.form
    command = c.RevertChange(change=_number(form, "target"), note=form.line("reverted_note"), **_fields(form))
    return FormCommand(command=command, notice="Recorded as reverted.")


def waiting(call: Call, session: Session) -> FormCommand:
    """Set what the session waits for, or clear it."""
    form = call.form
    if form.text("clear"):
        command = c.SetWaiting(replaces=_number(form, "target"), **_fields(form))
        return FormCommand(command=command, notice="No longer waiting for that.")
    until, who = _until(call), form.line("waiting_for")
    if until is None and not who:
        raise UsageProblem("Who or what is it waiting for, and until when?", try_="Fill in one of the two.")
    return FormCommand(command=c.SetWaiting(until=until, waiting_for=who, **_fields(form)), notice="Saved.")


def _until(call: Call) -> datetime | None:
    """Return the time in the form: in the reader's time zone if a script sent its offset, else in the server's."""
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


def close(call: Call, session: Session) -> FormCommand:
    """Close the session."""
    outcome = call.form.text("outcome")
    if outcome not in get_args(CloseOutcome):
        raise UsageProblem("How did it end?", try_="Choose one: resolved, escalated, abandoned.")
    command = c.Close(outcome=outcome, summary=call.form.text("summary"), **_fields(call.form))  # type: ignore[arg-type]
    return FormCommand(command=command, notice=f"Closed as {outcome}.")


def reopen(call: Call, session: Session) -> FormCommand:
    """Reopen the session."""
    return FormCommand(command=c.Reopen(**_fields(call.form)), notice="Open again.")


def accept(call: Call, session: Session) -> FormCommand:
    """Accept a handoff, or claim one from a queue."""
    command = c.Accept(read_back=call.form.text("read_back"), **_fields(call.form))
    return FormCommand(command=command, notice="It is yours now.")


def decline(call: Call, session: Session) -> FormCommand:
    """Decline a handoff."""
    return FormCommand(
        command=c.Decline(reason=call.form.line("decline_reason"), **_fields(call.form)), notice="Given back."
    )


def cancel(call: Call, session: Session) -> FormCommand:
    """Cancel a handoff."""
    return FormCommand(command=c.CancelHandoff(**_fields(call.form)), notice="The handoff is taken back.")


def take_over(call: Call, session: Session) -> FormCommand:
    """Take over somebody else's session."""
    command = c.TakeOver(reason=call.form.line("take_reason"), **_fields(call.form))
    return FormCommand(command=command, notice=f"It is yours now. {session.owner.name} will see your reason.")


def _fields(form: Form) -> CommandFields:
    """Return the fields that every command takes from its form."""
    return CommandFields(command_id=form.command_id, seen=form.seen)


def _number(form: Form, name: str) -> int:
    number = whole_number(form.line(name))
    if number is None:
        raise NotFound("That entry is not there.", try_="Reload the page.")
    return number


FORMS: Mapping[str, FormReader] = {
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
"""The forms, by the last part of their path."""

AT_POSITION = frozenset({"choose", "done", "skip"})
"""Forms about the current node: what was typed into them makes no sense at another node."""


def evidence_commands(form: Form, form_command: FormCommand, on: int) -> Sequence[tuple[c.AddEvidence, bytes]]:
    """Return the commands that attach a form's evidence to the entry `on` (0 for none), each with its content."""
    pinned = bool(form.text("pin")) and form_command.command is None
    commands = []
    for number, (piece, data) in enumerate(form_command.evidence):
        command_id = f"{form.command_id}-{number}" if form.command_id else ""
        commands.append((c.AddEvidence(evidence=replace(piece, on=on), pin=pinned, command_id=command_id), data))
    return commands
