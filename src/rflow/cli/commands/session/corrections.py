"""Commands that correct what was entered, or mark it: amend, undo, pin, unpin."""

from typing import Annotated, Any

from rflow.cli.app import App
from rflow.cli.display.entries import described, in_words, quoted
from rflow.cli.input import ask_letter, text_or_stdin
from rflow.cli.parsing.declare import Argument, Group, Option, Words
from rflow.cli.parsing.options import CommandId
from rflow.cli.parsing.options import Entry as EntryNumber
from rflow.core.session import commands as c
from rflow.core.session import events as e
from rflow.core.session.rules.undo import last_undoable
from rflow.core.session.state import Change, Entry, Session, Step
from rflow.core.session.texts import amendable
from rflow.errors import UsageProblem
from rflow.service.sessions import Outcome

app = Group()
Entries = Annotated[list[int] | None, Argument(metavar="[SEQ]...", help="Their numbers, as shown by `rflow show`.")]


@app.command()
def amend(
    run: App,
    entry: EntryNumber,
    text: Annotated[
        list[str] | None, Words(metavar="[TEXT|-]", help="The corrected text, or - to read it from standard input.")
    ] = None,
    result: Annotated[str | None, Option(metavar="TEXT", help="The corrected result.")] = None,
    revert: Annotated[str | None, Option(metavar="HOW", help="The corrected way to revert a change.")] = None,
    command_id: CommandId = "",
) -> None:
    """Correct an entry of yours; summaries show the new text.

    TEXT corrects a note, a step, a change, the reason of an answer, or the result of an action. For another answer to a
    question of the tree: `rflow back`.
    """
    from rflow.cli.display.shown import say_cut_entry

    session = run.loaded()
    command = c.AmendEntry(
        target=entry,
        text=None if text is None else text_or_stdin(run, text),
        result=None if result is None else run.text(result),
        revert=None if revert is None else run.text(revert),
        replaces=None if text is None or not session.version else _main_text(session, entry),
        command_id=command_id,
    )
    outcome = run.send(session, command)
    amended = outcome.session.entry(entry)
    run.did(outcome, f"amended: {described(outcome.session, entry)}{_besides(amended)}.")
    say_cut_entry(run, outcome.session, entry)
    if isinstance(amended, Step) and amended.kind == "choice":
        begin = run.begin(outcome.session)
        run.say(
            f"This changed the reason only; the answer is still {quoted(amended.result)}. To change it: {begin} back"
        )


def _besides(entry: Entry | None) -> str:
    """Return the texts of an entry that can be corrected and that `described` leaves out."""
    match entry:
        case Step(kind="choice", reason=reason) if reason:
            return f", because: {quoted(reason)}"
        case Change(revert=revert) if revert:
            return f", to revert: {quoted(revert)}"
    return ""


def _main_text(session: Session, seq: int) -> str | None:
    """Return the text of an entry that `amend` replaces, as it reads now."""
    entry: Any = session.entry(seq)
    fields = amendable(session.kinds[seq]) if entry else {}
    return getattr(getattr(entry, "what", entry), next(iter(fields))) if fields else None


@app.command()
def pin(run: App, entries: Entries = None, command_id: CommandId = "") -> None:
    """Mark entries as key facts, which every summary shows.

    Without a number: your last entry. The brief form shows up to 12 words whole.
    """
    from rflow.cli.display.shown import say_cut_entry

    outcome = run.send(run.to_write(), c.Pin(targets=tuple(entries or ()), command_id=command_id))
    run.did(outcome, f"pinned: {_targets(outcome)}.")
    for seq in _new(outcome):
        say_cut_entry(run, outcome.session, seq)


@app.command()
def unpin(run: App, entries: Entries = None, command_id: CommandId = "") -> None:
    """Remove the pin from entries.

    Without a number: from the entry that was pinned last.
    """
    outcome = run.send(run.to_write(), c.Unpin(targets=tuple(entries or ()), command_id=command_id))
    run.did(outcome, f"no longer pinned: {_targets(outcome)}.")


def _new(outcome: Outcome) -> list[int]:
    facts = (event.fact for event in outcome.events)
    return [fact.target for fact in facts if isinstance(fact, e.Pinned | e.Unpinned)]


def _targets(outcome: Outcome) -> str:
    return "; ".join(described(outcome.session, seq) for seq in _new(outcome)) or "nothing new, this was done before"


@app.command()
def undo(
    run: App,
    never_made: Annotated[bool, Option("--never-made", help="Of a change: it was never made.")] = False,
    reverted: Annotated[bool, Option("--reverted", help="Of a change: it was made, then reverted.")] = False,
    command_id: CommandId = "",
) -> None:
    """Take back the last thing you entered, whatever it was.

    It stays in the record, shown as undone. `rflow undo` again goes further back.
    """
    if never_made and reverted:
        raise UsageProblem("--never-made and --reverted exclude each other.", try_="Use only one of them.")
    session = run.to_undo(command_id)
    said: c.UndoneChange | None = "never_made" if never_made else "reverted" if reverted else None
    repeated = session.carried_out(command_id, run.me) is not None
    change = said if repeated else said or _asked(run, session)
    outcome = run.send(session, c.Undo(change=change, seen=run.seen(session), command_id=command_id))
    _report(run, session, outcome)


def _asked(run: App, session: Session) -> c.UndoneChange | None:
    """Ask about a change, where somebody can be asked: was it never made, or made and reverted?"""
    seq = last_undoable(session, run.workspace.actor)
    if seq is None or session.kinds[seq] is not e.ChangeMade or not run.can_ask:
        return None
    question = f"Change {seq}, {quoted(session.changes[seq].text)}: never made (n), or made and reverted (r)?"
    match ask_letter(run, question, "nr"):
        case "n":
            return "never_made"
        case "r":
            return "reverted"
    raise UsageProblem("Nothing was taken back.", try_="Answer n or r, or add --never-made or --reverted.")


def _report(run: App, before: Session, outcome: Outcome) -> None:
    """Say what was taken back, and where the session stands if it moved."""
    from rflow.cli.display.status import show_next, show_session

    after = outcome.session
    if not outcome.events:
        run.wrote(after, "nothing new: this was carried out before.")
        return
    last = outcome.events[-1].fact
    run.did(outcome, _taken_back(run, before, outcome))
    match last:
        case e.HandoffCancelled() | e.SessionReopened():
            run.enter(after)
            show_session(run, after)
            return
    begin = run.begin(after)
    if last_undoable(after, run.workspace.actor) is not None:
        run.say(f'Older entries: {begin} undo, or {begin} amend SEQ "…" (see: {begin} show)')
    if isinstance(last, e.SteppedBack):
        show_next(run, after)


def _taken_back(run: App, before: Session, outcome: Outcome) -> str:
    """Return what an undo did, in words."""
    after = outcome.session
    *others, last = [event.fact for event in outcome.events]
    match last:
        case e.ChangeReverted(change=seq):
            return f"{described(after, seq)} is recorded as reverted."
        case e.HandoffCancelled():
            return f"took back the handoff to {before.owner.name}."
        case e.SessionReopened():
            return "took back the closing; it is open again."
        case e.EntryUndone(target=seq) | e.SteppedBack(undone=seq):
            return f"took back {_words(run, before, after, seq)}{_with(before, after, others)}."
    return "taken back."


def _words(run: App, before: Session, after: Session, seq: int) -> str:
    event = before.adjustments.get(seq)
    return in_words(after, event) if event else f"your {described(after, seq)}"


def _with(before: Session, after: Session, facts: list[e.Fact]) -> str:
    """Name what the same command had brought besides: a pin, the output of a step."""
    extras = []
    for fact in facts:
        seq = fact.target if isinstance(fact, e.EntryUndone) else 0
        extras.append("its output" if seq in after.evidence else "its pin")
    return f", with {' and '.join(reversed(extras))}" if extras else ""
