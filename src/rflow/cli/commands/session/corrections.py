"""Commands that correct, undo or pin entries: amend, undo, pin, unpin."""

from typing import Annotated, Any

from rflow.cli.app import App
from rflow.cli.display.entries import CONFIRMED, described, in_words, quoted, text_of, way_back
from rflow.cli.input import ask_letter, is_number, text_or_stdin, way_back_in
from rflow.cli.parsing import completion
from rflow.cli.parsing.declare import Argument, Group, NumberedWords, Option
from rflow.cli.parsing.options import CommandId
from rflow.core.session import commands as c
from rflow.core.session import events as e
from rflow.core.session.rules.undo import last_undoable
from rflow.core.session.state import Change, Entry, Session, Step
from rflow.core.session.texts import amendable
from rflow.core.text import enumerated, shorten
from rflow.errors import NotFound, UsageProblem
from rflow.service.sessions import Outcome

app = Group()
_WORD = 30
"""How many characters of a word an error repeats."""
_NUMBER_AND_TEXT = 2
"""If there are more words, the first may not be the number of an entry: "2 hosts are down"."""
Entries = Annotated[list[int] | None, Argument(metavar="[SEQ]...", help="Their numbers, as shown by `rflow show`.")]


@app.command()
def amend(
    run: App,
    words: Annotated[
        list[str] | None,
        NumberedWords(
            metavar="[SEQ] [TEXT|-]",
            help="The entry's number, else your last entry; the corrected text, or - to read it from standard input.",
            autocompletion=completion.entries,
        ),
    ] = None,
    result: Annotated[str | None, Option(metavar="TEXT", help="The corrected result.")] = None,
    revert: Annotated[str | None, Option(metavar="HOW", help="The corrected way to revert a change.")] = None,
    command_id: CommandId = "",
) -> None:
    """Correct an entry of yours; summaries show the new text.

    TEXT corrects a note, warning, assumption, question, step or change, the reason of an answer, or the result of an
    action. Without SEQ: your last entry; with --result your last step, with --revert your last change. For another
    answer to a question of the tree: `rflow back`.
    """
    session = run.loaded()
    number, text = _numbered(run, session, words or [])
    if number is None and text is None and result is None and revert is None:
        raise UsageProblem("There is nothing to correct.", try_='Say what it should read: rflow amend "…"')
    entry = number
    if entry is None:
        entry = _last(run, session, command_id, result=result is not None, revert=revert is not None)
    before = session.entry(entry)
    said, back = None if text is None else text_or_stdin(run, text), None if revert is None else run.text(revert)
    if said and back is None and isinstance(before, Change):  # as `change` takes it
        said, named = way_back_in(said)
        back = named or None
    command = c.AmendEntry(
        target=entry,
        text=said,
        result=None if result is None else run.text(result),
        revert=back,
        replaces=None if text is None or not session.version else _main_text(session, entry),
        command_id=command_id,
    )
    outcome = run.send(session, command)
    amended = outcome.session.entry(entry)
    what = f"amended: {described(outcome.session, entry, CONFIRMED)}"
    if isinstance(amended, Change) and amended.revert:
        run.report(outcome, what, whole=way_back(amended.revert))
    else:
        run.report(outcome, f"{what}{_besides(amended)}.")
    sure = number is not None and len(words or []) <= _NUMBER_AND_TEXT
    added = result is not None and not getattr(before, "result", "")
    if before is not None and outcome.events and not sure and not added:
        undo = f"{run.command_prefix(session)} undo"
        run.say(f"It was: {text_of(before)}{_besides(before)}. To take the correction back: {undo}")
    _say_what_is_left(run, outcome.session, entry)


def _say_what_is_left(run: App, session: Session, entry: int) -> None:
    """Say what a brief may still cut of a corrected entry, and that the answer of a choice has not changed."""
    from rflow.cli.display.shown import say_cut_entry

    say_cut_entry(run, session, entry)
    amended = session.entry(entry)
    if isinstance(amended, Step) and amended.kind == "choice":
        again = f"To change it: {run.command_prefix(session)} back"
        run.say(f"This changed the reason only; the answer is still {quoted(amended.result)}. {again}")


def _numbered(run: App, session: Session, words: list[str]) -> tuple[int | None, list[str] | None]:
    """Return the number of an entry, if the words start with one, and the words of the text, if there are any.

    A number that is none of an entry may belong to a text without quotes: "2 hosts are down".
    """
    first = "".join(words[:1]).removeprefix("#")
    if not is_number(first):
        if len(words) > 1:  # a number that was mistyped, or a text without quotes: the last entry may not be meant
            what = f'"{shorten(first, _WORD)}" is not the number of an entry.'
            raise UsageProblem(what, try_=f"To correct your last entry: {_with_text(run, session, words)}")
        return None, words or None
    number, text = int(first), words[1:]
    if len(text) > 1 and session.version and number not in session.kinds:
        again = f"If it belongs to the text: {_with_text(run, session, words)}"
        raise NotFound(f"{session.code} has no entry {number}.", try_=again)
    return number, text or None


def _with_text(run: App, session: Session, words: list[str]) -> str:
    """Return the command line that corrects the last entry with these words."""
    from rflow.cli.parsing.suggested_line import line_of

    return line_of(f"{run.command_prefix(session)} amend", [" ".join(words)])


def _last(run: App, session: Session, command_id: str, *, result: bool, revert: bool) -> int:
    """Return the entry that a correction without a number is for; a repeated command is for the same entry."""
    from rflow.core.session.rules.latest import to_amend

    if not session.version:
        what = "Which entry? The server can't be asked."
        raise UsageProblem(what, try_=f'Name it by its number: {run.command_prefix(session)} amend SEQ "…"')
    if (before := session.event_of_command(command_id, run.me)) is not None:
        sent = session.adjustments.get(before)
        if sent is None or not isinstance(sent.fact, e.EntryAmended):
            raise UsageProblem("That command was carried out before.", try_="To correct more, leave --command-id out.")
        return sent.fact.target
    return to_amend(session, run.workspace.actor, result=result, revert=revert)


def _besides(entry: Entry | None) -> str:
    """Return the correctable texts of an entry that `described` leaves out."""
    match entry:
        case Step(kind="choice", reason=reason) if reason:
            return f", because: {quoted(reason)}"
        case Change(revert=revert) if revert:
            return f", {way_back(revert)}".removesuffix(".")  # half a command may do harm
    return ""


def _main_text(session: Session, seq: int) -> str | None:
    """Return the current text of an entry that `amend` replaces."""
    entry: Any = session.entry(seq)
    fields = amendable(session.kinds[seq]) if entry else {}
    return getattr(getattr(entry, "what", entry), next(iter(fields))) if fields else None


@app.command()
def pin(run: App, entries: Entries = None, command_id: CommandId = "") -> None:
    """Mark entries as key facts.

    Without a number: your last entry. The whole form of a summary shows them all, the brief form those it has room for,
    and up to 12 words of each whole.
    """
    from rflow.cli.display.shown import say_cut_entry

    outcome = run.send(run.target_session(), c.Pin(targets=tuple(entries or ()), command_id=command_id))
    run.report(outcome, f"pinned: {_targets(outcome)}.")
    for seq in _new(outcome):
        say_cut_entry(run, outcome.session, seq)


@app.command()
def unpin(run: App, entries: Entries = None, command_id: CommandId = "") -> None:
    """Remove the pin from entries.

    Without a number: from the entry that was pinned last.
    """
    outcome = run.send(run.target_session(), c.Unpin(targets=tuple(entries or ()), command_id=command_id))
    run.report(outcome, f"no longer pinned: {_targets(outcome)}.")


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
    session = run.session_to_undo(command_id)
    undone_as: c.UndoneChange | None = "never_made" if never_made else "reverted" if reverted else None
    repeated = session.event_of_command(command_id, run.me) is not None
    change = undone_as if repeated else undone_as or _asked(run, session)
    outcome = run.send(session, c.Undo(change=change, seen=run.seen(session), command_id=command_id))
    _report(run, session, outcome)


def _asked(run: App, session: Session) -> c.UndoneChange | None:
    """Ask at a terminal whether a change was never made, or made and reverted."""
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
    """Say what was undone, and show the position if the session moved."""
    from rflow.cli.display.status import show_next, show_session

    after = outcome.session
    if not outcome.events:
        run.report_written(after, "nothing new: this was carried out before.")
        return
    last = outcome.events[-1].fact
    run.report(outcome, _taken_back(run, before, outcome))
    match last:
        case e.HandoffCancelled() | e.SessionReopened():
            run.enter(after)
            show_session(run, after)
            return
    begin = run.command_prefix(after)
    if last_undoable(after, run.workspace.actor) is not None:
        run.say(f'Older entries: {begin} undo, or {begin} amend SEQ "…" (see: {begin} show)')
    if isinstance(last, e.SteppedBack):
        show_next(run, after)


def _taken_back(run: App, before: Session, outcome: Outcome) -> str:
    """Return a phrase for what an undo did."""
    after = outcome.session
    *others, last = [event.fact for event in outcome.events]
    if len(forms := _short_forms(before, [*others, last])) > 1:
        return f"took back the short forms of {enumerated([f'{seq}' for seq in sorted(forms)])}."
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


def _short_forms(before: Session, facts: list[e.Fact]) -> list[int]:
    """Return the entries that lost their short forms."""
    undone = [before.adjustments.get(fact.target) for fact in facts if isinstance(fact, e.EntryUndone)]
    amended = [event.fact for event in undone if event and isinstance(event.fact, e.EntryAmended)]
    return [fact.target for fact in amended if fact.shortens]


def _words(run: App, before: Session, after: Session, seq: int) -> str:
    event = before.adjustments.get(seq)
    return in_words(after, event) if event else f"your {described(after, seq)}"


def _with(before: Session, after: Session, facts: list[e.Fact]) -> str:
    """Return a phrase for what else the same command had added: a pin, the output of a step."""
    extras = []
    for fact in facts:
        seq = fact.target if isinstance(fact, e.EntryUndone) else 0
        extras.append("its output" if seq in after.evidence else "its pin")
    return f", with {' and '.join(reversed(extras))}" if extras else ""
