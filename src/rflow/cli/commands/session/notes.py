"""Commands that add texts: note, warn, assume, flag, question, reply."""

from typing import TYPE_CHECKING, Annotated

from rflow.cli.app import App
from rflow.cli.input import (
    acknowledged,
    is_number,
    is_stdin,
    joined,
    may_be_cut,
    suggest_change,
    text_or_stdin,
    wants_warning,
)
from rflow.cli.parsing.completion import people, questions
from rflow.cli.parsing.declare import Argument, Group, NumberedWords, Option, Words
from rflow.cli.parsing.options import CommandId, NewUser, On, Pin, Text
from rflow.core.session.commands import AddNote, AskQuestion, FlagNode, ReplyQuestion, SettleAssumption
from rflow.core.session.events import NoteKind
from rflow.core.session.rules.entries import assumptions, question_answered, warnings, warnings_of_handoffs
from rflow.core.session.state import Session
from rflow.core.text import listing
from rflow.errors import UsageProblem

if TYPE_CHECKING:
    from rflow.service.sessions import Outcome

_FIT = 8
"""How many words of an assumption are shown uncut; more of a key fact."""
_WARNING_FITS, _WARNING_LONG = 14, 16
"""A warning with more words is reported as long: the brief form never cuts it, so it takes room from other entries."""

app = Group()


@app.command()
def note(
    run: App,
    text: Text,
    warn_: Annotated[bool, Option("--warn", help="A warning: see `rflow warn`.")] = False,
    assume_: Annotated[bool, Option("--assume", help="An assumption: see `rflow assume`.")] = False,
    on: On = None,
    pin: Pin = False,
    command_id: CommandId = "",
) -> None:
    """Write a note: what you learned.

    What you did, with its result, is a step. Pin either if it is a key fact: the brief form shows up to 12 words of it
    whole, and other notes only if it has room.
    """
    if warn_ and assume_:
        raise UsageProblem("--warn and --assume exclude each other.", try_="Use only one of them.")
    kind: NoteKind = "warning" if warn_ else "assumption" if assume_ else "note"
    _write(run, kind, text, on, pin, command_id)


@app.command()
def warn(
    run: App,
    text: Annotated[
        list[str] | None, Words(metavar="[TEXT|-]", help="The text, or - to read it from standard input.")
    ] = None,
    over: Annotated[
        int | None,
        Option(metavar="SEQ", min=1, help="This warning, or those of this handoff, no longer hold; TEXT may say why."),
    ] = None,
    on: On = None,
    pin: Pin = False,
    command_id: CommandId = "",
) -> None:
    """Write a warning: every summary shows it, in full.

    It stands under CAUTION at the top, and can have up to 40 words; up to 14 leave room for the rest of the brief form.
    When its figures change: `rflow amend SEQ "…"`. When it no longer holds, end it with --over.
    """
    if over is None:
        if not text:
            raise UsageProblem(
                "What is the warning?", try_='rflow warn "do NOT restart db1: …", or --over SEQ to end one.'
            )
        _write(run, "warning", text, on, pin, command_id)
        return
    if on or pin:
        raise UsageProblem("--over can't be combined with --on or --pin.", try_="Leave these out.")
    session = run.loaded()
    _check_warning(session, over)
    why = text_or_stdin(run, text) if text else ""
    command = SettleAssumption(target=over, text=why, command_id=command_id)
    _say_ended(run, run.send(session, command), over)


def _say_ended(run: App, outcome: "Outcome", over: int) -> None:
    """Mark a warning, or those of a handoff, as no longer valid, and say if another one still repeats it."""
    given = [entry.warnings for entry in outcome.session.ownership if entry.seq == over]
    ended = [text for texts in given for text in texts] or [getattr(outcome.session.entry(over), "text", "")]
    what = f"the warnings of handoff {over} no longer hold" if given else f"warning {over} no longer holds"
    if still := _said_by(outcome.session, ended):
        run.report(outcome, f"{what}.")
        end = f"{run.command_prefix(outcome.session)} warn --over"
        run.say(f"CAUTION still has it from {still[0]}. To end that too: {end} {still[1]}")
    else:
        run.report(outcome, f"{what}: {'they have' if given else 'it has'} left CAUTION.")


def _said_by(session: Session, ended: list[str]) -> tuple[str, int] | None:
    """Return the kind and number of a warning or handoff that repeats an ended warning; None if there is none."""
    from rflow.core.summary.units.earlier import repeats

    holding = [(f"warning {note.seq}", note.seq, [note.text]) for note in session.unsettled("warning")]
    holding += [(f"handoff {entry.seq}", entry.seq, list(entry.warnings)) for entry in session.handoffs]
    return next(((name, seq) for name, seq, texts in holding if any(repeats(text, texts) for text in ended)), None)


def _check_warning(session: Session, seq: int) -> None:
    """Raise `UsageProblem` if an entry to end is not a warning."""
    if not session.version:  # the server can't be asked
        return
    if any(entry.seq == seq and entry.warnings for entry in session.ownership):
        return
    note_ = session.notes.get(seq)
    if note_ is None or note_.kind != "warning":
        there = ", ".join(map(str, sorted([*warnings(session), *warnings_of_handoffs(session)]))) or "none"
        raise UsageProblem(f"Entry {seq} is not a warning.", try_=f"Warnings that hold: {there}.")


@app.command()
def assume(
    run: App,
    text: Text,
    settled: Annotated[
        str | None, Option(metavar="SEQ", help="This assumption is settled; TEXT is what came of it.")
    ] = None,
    on: On = None,
    pin: Pin = False,
    command_id: CommandId = "",
) -> None:
    """Write down what you take as given but have not verified.

    The brief form shows up to 8 words whole. Once you know: `rflow assume "it is expired, checked" --settled SEQ`.
    The cause you suspect is `rflow brief --hypothesis`.
    """
    if settled is None:
        _write(run, "assumption", text, on, pin, command_id)
        return
    if on or pin:
        raise UsageProblem("--settled can't be combined with --on or --pin.", try_="Leave these out.")
    from rflow.cli.display.entries import named, quoted

    if not (is_number(settled) and int(settled)):
        raise _not_an_entry(run, settled, run.text(" ".join(text)))
    seq = int(settled)
    command = SettleAssumption(target=seq, text=text_or_stdin(run, text), command_id=command_id)
    outcome = run.send(run.target_session(), command)
    entry = outcome.session.entry(seq)
    if entry is None:  # the number of a handoff: its warnings are what has ended
        _say_ended(run, outcome, seq)
        run.say(f"To take that back: {run.command_prefix(outcome.session)} undo")
        return
    run.report(outcome, f"{named(outcome.session, seq)} settled: {quoted(getattr(entry, 'settled', None) or '')}.")


def _not_an_entry(run: App, settled: str, text: str) -> UsageProblem:
    """Return the error for a --settled that is not a number, since TEXT and SEQ are often swapped."""
    from rflow.cli.display.entries import quoted

    session = run.session_to_write()
    texts = {seq: getattr(session.entry(seq), "text", "") for seq in assumptions(session)}
    begin, wanted = run.command_prefix(session), text.strip().casefold()
    meant = [seq for seq, old in texts.items() if wanted == str(seq) or (wanted and old.casefold().startswith(wanted))]
    what = f"--settled takes the number of an entry, not {quoted(settled)}."
    if len(meant) == 1:
        from rflow.cli.parsing.suggested_line import line_of

        line = line_of(f"{begin} assume", [settled], f"--settled {meant[0]}")
        return UsageProblem(what, try_=f"The other way round: {line}")
    return UsageProblem(
        listing(f"{what} Assumptions not settled:", [(str(seq), old) for seq, old in texts.items()]),
        try_=f'Write it as: {begin} assume "what came of it" --settled SEQ',
    )


def _write(run: App, kind: NoteKind, words: list[str], on: int | None, pin: bool, command_id: str) -> None:
    """Add a note of a kind, and report it."""
    session = run.target_session()
    text = text_or_stdin(run, words)
    if kind == "note" and wants_warning(run, text):
        kind = "warning"
    outcome = run.send(session, AddNote(text=text, kind=kind, on=on or 0, pin=pin, command_id=command_id))
    run.report(outcome, f"{kind} {outcome.entry} recorded{' and pinned' if pin else ''}{acknowledged(words, text)}")
    if kind == "note":
        suggest_change(run, outcome, text)
    if (pin or kind == "assumption") and may_be_cut(text, _FIT):
        from rflow.cli.display.shown import say_cut_entry

        say_cut_entry(run, outcome.session, outcome.entry)
    begin = run.command_prefix(outcome.session)
    if kind == "assumption":
        run.say(f'Once you know: {begin} assume "what came of it" --settled {outcome.entry}')
    elif kind == "warning":
        if may_be_cut(text, _WARNING_LONG):
            _say_room(run, text, f'{begin} shorten {outcome.entry} "…"')
        run.say(f"Once it no longer holds: {begin} warn --over {outcome.entry}")


def _say_room(run: App, text: str, shorter: str) -> None:
    """Say how much of the brief form a long warning takes, since it is never cut."""
    from rflow.cli.display.shown import Typed

    words = Typed(kind="warning", text=text).words
    if words > _WARNING_LONG:
        run.say(f"A brief never cuts it ({words} words; {_WARNING_FITS} leave room). Shorter: {shorter}")


@app.command()
def flag(
    run: App,
    text: Annotated[list[str], Words(metavar="TEXT", help="What is wrong with the question or action.")],
    command_id: CommandId = "",
) -> None:
    """Report that the tree is wrong where the session stands."""
    from rflow.cli.display.entries import quoted

    outcome = run.send(run.target_session(), FlagNode(text=joined(run, text), command_id=command_id))
    place = outcome.session.place
    at = f" at {quoted(place.text)}" if place else ""
    run.report(outcome, f"flag {outcome.entry}{at} recorded.")


@app.command()
def question(
    run: App,
    to: Annotated[str, Argument(metavar="USER|@QUEUE", help="Who should answer.", autocompletion=people)],
    text: Annotated[list[str], Words(metavar="TEXT", help="What you want to know.")],
    new_user: NewUser = False,
    command_id: CommandId = "",
) -> None:
    """Ask somebody a question about the session."""
    from rflow.cli.server.sending import addressee

    session = run.target_session()
    person, known = addressee(run, run.text(to), new=new_user)
    outcome = run.send(session, AskQuestion(to=person, text=joined(run, text), command_id=command_id))
    seq = outcome.entry
    run.report(outcome, f"question {seq} to {person.name} recorded.")
    asked = outcome.session.questions.get(seq)
    is_new = bool(outcome.events) or (asked is not None and asked.is_open)  # not one sent again after its answer
    if person.id != run.me.id and is_new:
        run.awaited.add(outcome.session.id, seq)
    if not (known or new_user or person.is_queue):
        run.say(f"Nobody called {person.name} has used this store yet. If the name is wrong: rflow undo")
    run.say(f'To answer it: rflow -s {outcome.session.code} reply {seq} "…"')


@app.command()
def reply(
    run: App,
    words: Annotated[
        list[str] | None,
        NumberedWords(
            metavar="[SEQ] TEXT|-",
            help="The number of the question, unless only one is open; the text, or - to read it from standard input.",
            autocompletion=questions,
        ),
    ] = None,
    command_id: CommandId = "",
) -> None:
    """Answer a question that was asked in the session."""
    from rflow.cli.display.entries import text_of

    words = words or []
    numbered = len(words) > 1 and is_number(words[0])
    session = run.loaded()
    if numbered:
        _check_number(run, session, words, command_id)
    text = words[1:] if numbered else words
    target = int(words[0]) if numbered else _only_question(run, session, words, command_id)
    answer = text_or_stdin(run, text)
    command = ReplyQuestion(target=target, text=answer, command_id=command_id)
    outcome = run.send(session, command, irreplaceable=not target)
    question = outcome.session.questions.get(target)
    if question is None or outcome.entry not in [reply.seq for reply in question.replies]:
        what = f"Nothing was recorded: the command id {command_id} was used before."
        raise UsageProblem(what, try_="Repeat it with another --command-id.")
    which = f" {text_of(question)}" if not numbered else ""
    run.report(outcome, f"answer to question {target}{which} recorded{acknowledged(text, answer)}")


def _check_number(run: App, session: Session, words: list[str], command_id: str) -> None:
    """Refuse an answer that may start with a number ("2 hosts are down") if another question is the only open one.

    What was typed in quotes after the number, or is read from standard input, is the whole answer.
    """
    from shlex import quote

    from rflow.cli.parsing.suggested_line import line_of

    seq, question = int(words[0]), session.questions.get(int(words[0]))
    only = question_answered(session, "", run.me)
    typed = " ".join(words[1:])
    if only in (None, seq) or is_stdin(words[1:]) or session.event_of_command(command_id, run.me) is not None:
        return
    known = question is not None and not question.undone
    if known and len(words) == 2 and " " in typed:
        return
    begin = f"{run.command_prefix(session)} reply"
    what = f"{seq} is not the number of an open question; the open one is {only}."
    if known:
        again = line_of(begin, [str(seq), typed]) if " " in typed else f"echo {quote(typed)} | {begin} {seq} -"
        what += f"\n  To answer question {seq} again: {again}"
    raise UsageProblem(
        what, try_=f"If {seq} is part of the answer: {line_of(begin, [str(only), f'{words[0]} {typed}'])}"
    )


def _only_question(run: App, session: Session, words: list[str], command_id: str) -> int:
    """Return the number of the only open question, which `words` answer; raise `UsageProblem` if that is ambiguous.

    It is 0 where the server can't be asked: the answer is kept as a draft, and the question found when that is sent.
    """
    begin = run.command_prefix(session)
    number = int(words[0]) if len(words) == 1 and is_number(words[0]) else None
    if not session.version:
        if words and number is None:
            return 0
        raise UsageProblem("Which question? The server can't be asked.", try_=f'Name it: {begin} reply SEQ "…"')
    answered = question_answered(session, command_id, run.me)
    open_ = {question.seq: question for question in session.questions.values() if question.is_open}
    if answered is not None and answered not in open_:
        return answered
    if not open_:
        raise UsageProblem(f"{session.code} has no open question.", try_=f'To write something down: {begin} note "…"')
    only = next(iter(open_))
    if number in open_ or (not words and len(open_) == 1):
        raise UsageProblem("What is the answer?", try_=f'Write it as: {begin} reply {number or only} "…"')
    if answered is None:
        rows = [(str(seq), f"to {question.to.name}: {question.text}") for seq, question in open_.items()]
        what = listing(f"{session.code} has several open questions. Which do you answer?", rows)
        raise UsageProblem(what, try_=f'Name it by its number: {begin} reply {only} "…"')
    if number is not None:
        what = f"{number} is not the number of an open question."
        raise UsageProblem(what, try_=f"If it is the answer: {begin} reply {only} {number}")
    return answered
