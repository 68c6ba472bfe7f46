"""Commands for whole sessions: start, resume, list, show, close, reopen, redact, delete."""

from contextlib import suppress
from typing import Annotated, Literal, get_args

from msgspec import convert

from rflow.cli.app import App, label
from rflow.cli.display.unreadable import warn_of_unreadable
from rflow.cli.input import joined, one_of
from rflow.cli.output import echo_bytes
from rflow.cli.parsing.completion import codes, trees
from rflow.cli.parsing.declare import Argument, Group, Option, Words
from rflow.cli.parsing.options import CommandId, Entry, Json, NeededReference, Reference
from rflow.core.session.commands import Close, RedactText, Reopen, TakeOver
from rflow.core.session.events import Brief, CloseOutcome, WaitingSet
from rflow.core.session.state import Session
from rflow.core.spaces import DEFAULT_SPACE
from rflow.core.text import listing, one_line, shorten
from rflow.core.tree.model import Tree
from rflow.errors import NotAllowed, NotFound, RflowError, UsageProblem
from rflow.identity import is_code
from rflow.service.sessions import evidence_content, find_session, space_named, start_command
from rflow.service.trees import named_tree, node_of, tree_of

app = Group()


@app.command()
def start(
    run: App,
    tree: Annotated[str | None, Argument(metavar="[TREE]", help="See `rflow tree list`.", autocompletion=trees)] = None,
    title: Annotated[str, Option(metavar="TEXT", help="What is wrong, in a line.")] = "",
    ticket: Annotated[str | None, Option(metavar="TEXT", help="The ticket it belongs to.")] = None,
    customer: Annotated[str | None, Option(metavar="TEXT", help="Whose problem it is.")] = None,
    severity: Annotated[str | None, Option(metavar="TEXT", help="How bad it is, on your own scale.")] = None,
    space: Annotated[str, Option(metavar="NAME", help="The space it is in: see `rflow space list`.")] = "",
    json: Json = False,
    command_id: CommandId = "",
) -> None:
    """Start a session in a tree, or without a tree (--title)."""
    from rflow.cli.server.sending import start_or_keep

    where = space_named(run.workspace, run.text(space)).id if space else DEFAULT_SPACE
    entered = _entered(run, tree, where, title) if tree else None
    if entered is None and not title.strip():
        known = [(name.id, name.title) for name in run.workspace.tree_names()]
        raise UsageProblem(
            listing(f"What is the session about?{' There are these trees:' if known else ''}", known),
            try_='Name a tree: rflow start TREE   Or begin without one: rflow start --title "What is wrong"',
        )
    facts = {"ticket": ticket, "customer": customer, "severity": severity}
    brief = Brief(**{name: run.text(value) for name, value in facts.items() if value is not None})
    before = _open_here(run)
    is_new = run.is_newcomer()
    session = start_or_keep(run, start_command(run.text(title), brief, entered, command_id, where))
    run.terminal.enter(session.id, session.code)
    run.report_written(session, "started.")
    if is_new:
        run.announce_first_entry()
    if not json:
        run.say("Write short, what counts first: a brief shows some 10 words of each entry.")
    _shown(run, session, json)
    if before is not None and before.id != session.id:
        title = shorten(one_line(before.title), 30)
        run.say(f'\n{before.code} "{title}" is still open. To go back to it: {run.program} resume {before.code}')


def _open_here(run: App) -> Session | None:
    """Load the current session of this terminal, if it is open and readable."""
    with suppress(RflowError):
        session = run.current_session()
        return session if session is not None and session.status == "open" else None
    return None


def _entered(run: App, tree: str, space: str, title: str) -> Tree:
    """Return the tree to start in; if it is unknown, the error suggests that the words are a title."""
    try:
        return named_tree(run.workspace, tree, space)
    except NotFound as error:
        if title.strip():
            from shlex import quote

            whole = quote(f"{title} {tree}")
            error.try_ = f"If it belongs to the title: rflow start --title {whole}   {error.try_}"
        raise


@app.command()
def resume(
    run: App,
    reference: Annotated[
        list[str],  # words of a title need no quotes
        Argument(
            metavar="SESSION",
            help="Its code, its ticket, or a word of its title.",
            autocompletion=codes,
        ),
    ],
    take: Annotated[bool, Option("--take", help="Make somebody else's session yours.")] = False,
    reason: Annotated[str, Option(metavar="TEXT", help="Why you take it over; its owner sees this.")] = "",
    json: Json = False,
    command_id: CommandId = "",
) -> None:
    """Continue a session: it becomes the current one of this terminal.

    A closed one is opened again with `rflow reopen`. SESSION may be the address of a session, or of a link, at a server
    where you are signed in.
    """
    from rflow.cli.server.address import session_at

    _check_words(reference, reason, take=take)
    with session_at(run, joined(run, reference)) as (there, session):
        if take:
            if not reason.strip():
                raise UsageProblem("Say why you take it over.", try_=f'rflow resume {session.code} --take --reason "…"')
            command = TakeOver(reason=run.text(reason), seen=there.seen(session), command_id=command_id)
            session = there.send_shown(session, command).session
            there.report_written(session, "yours now; its former owner sees your reason.")
        elif session.status == "closed":
            raise _closed(there, session)
        if session.status != "closed":
            there.terminal.enter(session.id, session.code)
        _shown(there, session, json, situation=True)


def _check_words(words: list[str], reason: str, *, take: bool) -> None:
    """Refuse words after a code, or with --take or --reason, since they may belong to the reason."""
    code, *others = words
    is_named = is_code(code.upper())
    if not (others and (is_named or take or reason)):
        return
    from shlex import quote

    extra = " ".join(others)
    code = quote(code) if is_named else "CODE"
    text = quote(f"{reason} {extra}".strip()) if is_named else '"…"'
    raise UsageProblem(
        f'resume does not know what to do with "{shorten(extra, 60)}".',
        try_=f"Put a text of several words in quotes: rflow resume {code} --take --reason {text}"
        if take or reason
        else f"Name the session alone: rflow resume {code}",
    )


def _closed(run: App, session: Session) -> NotAllowed:
    """Return the error for resuming a closed session: how it ended, and what can be done with it."""
    from rflow.cli.display.text import closed_words

    code = session.code
    what = closed_words(session, run.workspace.now())
    if session.closing and session.closing.summary:
        what += f": {shorten(session.closing.summary, 60)}"
    again = f"rflow reopen {code}" if session.owner.id == run.me.id else f'rflow resume {code} --take --reason "…"'
    return NotAllowed(
        what if what.endswith((".", "…")) else f"{what}.",
        try_=f"To read it: rflow show {code}, or rflow progress {code}\n       To go on with it: {again}",
    )


def _shown(run: App, session: Session, json: bool, *, situation: bool = False) -> None:
    from rflow.cli.display.json import session_record
    from rflow.cli.display.status import show_session
    from rflow.cli.trees.at_node import about_node

    if json:
        run.mark_seen(session)
        tree = tree_of(run.workspace, session)
        run.out_json(session_record(session, tree, about_node(run, session, tree)))
    else:
        show_session(run, session, situation=situation)


@app.command()
def show(
    run: App,
    reference: Reference = None,
    evidence: Annotated[
        int | None, Option(metavar="SEQ", help="Print only the whole content of this evidence.")
    ] = None,
    json: Json = False,
) -> None:
    """Show everything in a session, raw.

    Nothing is redacted. To share it, use `rflow progress`.
    """
    from rflow.cli.display.record import record
    from rflow.cli.display.text import next_block, next_words, position

    session = _to_show(run, reference)
    if evidence is not None:
        echo_bytes(evidence_content(run.workspace, session, evidence))
        return
    tree = tree_of(run.workspace, session)
    if json:
        from rflow.cli.display.json import session_record
        from rflow.cli.trees.at_node import about_node

        run.out_json(session_record(session, tree, about_node(run, session, tree)))
    else:
        run.out(record(session, run.workspace.now(), run.program))
        begin = run.command_prefix(session, named=reference is not None)
        if place := position(session, tree, begin):
            run.out(f"\n{place}")
        run.out(next_block(next_words(session, tree, run.me.id, run.program, begin)))
    warn_of_unreadable(run, session)
    run.mark_seen(session)


def _to_show(run: App, reference: str | None) -> Session:
    """Load the session to show; if a number names none, the error says that it may be an entry's."""
    try:
        return run.session(reference)
    except NotFound as error:
        if reference and reference.isdecimal():
            error.try_ = (
                "If it is the number of an entry: rflow show lists them. "
                f"The content of evidence: rflow show --evidence {reference}"
            )
        raise


@app.command()
def close(
    run: App,
    outcome: Annotated[
        Literal["resolved", "escalated", "abandoned"] | None,
        Option(help="How it ended; escalated: it goes on outside rflow. Not needed at an end of the tree."),
    ] = None,
    how: Annotated[list[str] | None, Words(metavar="[SUMMARY]", help="What the cause was, for the record.")] = None,
    summary: Annotated[str, Option("-m", "--summary", metavar="TEXT", help="The same as SUMMARY.")] = "",
    command_id: CommandId = "",
) -> None:
    """Close the session."""
    from rflow.cli.display.shown import Typed, say_cut
    from rflow.cli.display.text import left_open

    session = run.loaded(lambda: run.session_to_leave(command_id))
    words = joined(run, how)
    if outcome is None and words in get_args(CloseOutcome):  # `rflow close resolved`
        outcome, words = convert(words, CloseOutcome), ""
    closing_summary = one_of(words, run.text(summary), "--summary")
    ended = outcome or _outcome_here(run, session, closing_summary, "".join((how or [])[:1]))
    command = Close(outcome=ended, summary=closing_summary, seen=run.seen(session), command_id=command_id)
    closing = run.send(session, command)
    run.terminal.leave(closing.session.id)
    run.report(closing, f"closed as {ended}.")
    say_cut(
        run,
        f"{run.program} reopen {closing.session.code}",
        [Typed(kind="summary", text=closing_summary, part="")],
        ", then close it again",
    )
    if left := left_open(closing.session):
        run.say(f"Left open: {left}. To see it: rflow show {closing.session.code}")


def _outcome_here(run: App, session: Session, closing_summary: str, typed: str) -> CloseOutcome:
    """Return the outcome of the end that the session has reached; `typed` is the first word without an option."""
    tree = tree_of(run.workspace, session)
    node = node_of(session, tree)
    match getattr(node, "outcome", None):
        case "resolved":
            return "resolved"
        case "escalate":
            return "escalated"
    from rflow.cli.parsing.suggested_line import line_of

    first, _, rest = closing_summary.partition(" ")
    named = first[:-1] if first.endswith((":", ",")) else first if first == typed else ""
    outcome, closing_summary = (named, rest) if named in get_args(CloseOutcome) else ("resolved", closing_summary)
    raise UsageProblem(
        "How did it end: resolved, escalated or abandoned?",
        try_=line_of(
            f"rflow close --outcome {outcome}", [closing_summary if closing_summary.strip() else "what the cause was"]
        ),
    )


@app.command()
def reopen(run: App, reference: Reference = None, command_id: CommandId = "") -> None:
    """Open a closed session again."""
    from rflow.cli.display.status import show_session

    session = run.session_to_reopen(reference)
    session = run.send(session, Reopen(seen=run.seen(session), command_id=command_id)).session
    run.enter(session)
    run.report_written(session, "reopened.")
    show_session(run, session)


@app.command()
def redact(
    run: App,
    entry: Entry,
    yes: Annotated[bool, Option("--yes", help="Don't ask.")] = False,
    command_id: CommandId = "",
) -> None:
    """Remove the texts of an entry for good.

    They are erased from the store's files too, and no copy is kept. Summaries that were shared before can't be changed.
    """
    from rflow.cli.app.editor import draft_of_short_forms
    from rflow.cli.display.entries import described
    from rflow.core.session.erasing import waits_changed_too

    session = run.session_to_write()
    command = RedactText(target=entry, command_id=command_id)
    if not yes:
        run.workspace.check(session.id, command)  # an entry that is not there is no question
        run.confirm(f"Erase the texts of {described(session, entry)} in {label(session)} for good?", "--yes")
    is_wait = session.kinds.get(entry) is WaitingSet
    before = run.workspace.load(session.id).events if is_wait else ()
    outcome = run.send(session, command)
    with suppress(OSError):  # where no draft can be, none has the texts
        draft_of_short_forms(run.settings.folders.state, session.code).unlink(missing_ok=True)
    run.report_written(outcome.session, f"the texts of entry {entry} are erased.")
    if is_wait and (repeating := waits_changed_too(before, run.workspace.load(session.id).events, entry)):
        run.say(f"Erased too, where it said the same: {' and '.join(map(str, repeating))}.")


@app.command()
def delete(
    run: App,
    reference: NeededReference,
    yes: Annotated[bool, Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Remove a session for good, with its evidence."""
    session = find_session(run.workspace, reference)
    if not yes:
        run.confirm(f"Remove {label(session)} for good?", "--yes")
    run.workspace.delete(session.id)
    run.terminal.leave(session.id)
    run.say(f"{label(session)}: deleted.", verbatim=True)
