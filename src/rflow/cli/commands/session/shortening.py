"""The command that gives entries the short forms a brief shows: shorten."""

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.delivering.short_lines import (
    Written,
    form_of,
    printed,
    printed_at,
    short_lines,
    shortened_entry,
    written_in,
)
from rflow.cli.input import is_number, is_stdin, text_or_stdin
from rflow.cli.output import is_terminal
from rflow.cli.parsing import completion
from rflow.cli.parsing.declare import Group, NumberedWords
from rflow.cli.parsing.options import CommandId
from rflow.core.session import commands as c
from rflow.core.session.events import Brief
from rflow.core.session.replay import replay_session
from rflow.core.session.rules.access import keeps
from rflow.core.session.state import Session
from rflow.core.summary.budget.arrange import words_for_entries
from rflow.core.summary.progress import Progress
from rflow.core.text import enumerated
from rflow.errors import BadInput, NotAllowed, NotFound, UsageProblem

app = Group()

_MOST_BYTES = 1024 * 1024


@app.command()
def shorten(
    run: App,
    words: Annotated[
        list[str] | None,
        NumberedWords(
            metavar="[SEQ] [TEXT|-]",
            help="An entry's number and its short form; or - to read lines from standard input.",
            autocompletion=completion.entries,
        ),
    ] = None,
    command_id: CommandId = "",
) -> None:
    """Choose what a brief says: give entries short forms.

    Opens what every entry says in $EDITOR, a line each; `rflow shorten > FILE` prints these lines, and
    `rflow shorten - < FILE` takes them. A brief shows what has a short form whole and before all else; a summary
    without --brief shows the full texts unless it would cut them. Worth two minutes when you ask for help or hand over:
    as they were typed, a third of the entries fills a brief.
    """
    given, session = words or [], run.loaded()
    if not session.version:
        raise UsageProblem(
            "The server can't be asked what there is to shorten.", try_="Shorten entries once it can be reached again."
        )
    if session.status == "closed":
        raise NotAllowed(
            f"{session.code} is closed.", try_=f"To shorten entries, first: {run.program} reopen {session.code}"
        )
    if is_stdin(given):
        lines = run.read_stdin(_MOST_BYTES)
        if len(lines) > _MOST_BYTES:
            raise BadInput("These lines have more than 1 MiB.", try_="Give back only those that you changed.")
        _record(run, session, _written(run, session, lines.decode("utf-8", "replace")), command_id)
    elif given:
        _one(run, session, given, command_id)
    elif run.can_ask and is_terminal(sys.stdout):
        _edit(run, session, command_id)
    else:
        run.out(_lines(run, session).rstrip("\n"))
        run.say(f"Change these lines, and give them back: {run.command_prefix(session)} shorten - < FILE")


def _one(run: App, session: Session, words: Sequence[str], command_id: str) -> None:
    """Give one entry its short form; without a text, the full one back."""
    first = words[0].removeprefix("#").removesuffix(":")
    if not is_number(first) or len(words) == 1:
        what = "Which entry, and what is its short form?"
        raise UsageProblem(
            what, try_=f'Say both: {run.command_prefix(session)} shorten SEQ "…" (all of them: rflow shorten)'
        )
    entry = shortened_entry(session, int(first))
    if entry is None:
        raise NotFound(
            f"{session.code} has no entry {first} that has a short form.",
            try_="Steps, notes, warnings, assumptions, changes and waits have one, while they hold. See: rflow shorten",
        )
    form = form_of(entry, text_or_stdin(run, words[1:])) or c.ShortForm(target=entry.seq, text=entry.short)
    _send(run, session, Written((form,), {}), command_id)


def _edit(run: App, session: Session, command_id: str) -> None:
    """Let the user write the short forms in their editor; the draft is kept while it can't be recorded."""
    from rflow.cli.app.editor import begin_draft, draft_of_short_forms, open_draft

    draft = draft_of_short_forms(run.settings.folders.state, session.code)
    if not begin_draft(draft, _lines(run, session)):
        run.say(f"Continuing with your draft: {draft}")
    command = f"{run.command_prefix(session)} shorten - < {draft}"
    open_draft(draft, command)
    session = run.loaded()  # others may have written meanwhile
    try:
        _record(run, session, _written(run, session, draft.read_text("utf-8", "replace")), command_id)
    except Exception:
        run.say(f"Your draft is kept: {draft}")
        raise
    draft.unlink(missing_ok=True)


def _written(run: App, session: Session, lines: str) -> Written:
    """Return what was changed in lines, compared with the state in which they were printed."""
    version = printed_at(lines) or session.version
    if version >= session.version:
        return written_in(session, lines, printed(session, run.me.id))
    log = run.workspace.load(session.id)
    then = replay_session(log.id, log.code, [event for event in log.events if event.seq <= version])
    since = [event for event in log.events if event.seq > version]
    return written_in(log.session, lines, printed(then, run.me.id, since))


def _record(run: App, session: Session, written: Written, command_id: str) -> None:
    """Record what the lines changed, and show the brief that comes of it."""
    if not (written.forms or written.header):
        run.say("No line was changed, and nothing recorded.")
        return
    if written.header and not keeps(session, run.me.id):
        names = enumerated([f"the {name}" for name in written.header])
        raise NotAllowed(
            f"Only {session.owner.name}, who owns it, can change {names}.",
            try_="Nothing was recorded. Leave these lines out, and give back the others.",
        )
    _show(run, _send(run, session, written, command_id))


def _recorded(forms: Iterable[c.ShortForm]) -> str:
    """Return a phrase for which short forms were recorded and which were taken back."""
    given: dict[str, list[str]] = {"recorded": [], "taken back": []}
    for form in sorted(forms, key=lambda form: form.target):
        given["recorded" if form.text or form.revert else "taken back"].append(f"{form.target}")
    named = {word: f"short form{'s' if len(seqs) > 1 else ''} of {enumerated(seqs)}" for word, seqs in given.items()}
    return "; ".join(f"{named[word]} {word}" for word, seqs in given.items() if seqs) + "."


def _send(run: App, session: Session, written: Written, command_id: str) -> Session:
    title = written.header.get("title")
    brief = Brief(**{name: text for name, text in written.header.items() if name != "title"})
    header = c.SetBrief(brief=brief, title=title)
    if written.header:
        run.workspace.check(session.id, header)  # so that nothing is recorded if this can't be
    if written.forms:
        outcome = run.send(session, c.Shorten(forms=written.forms, command_id=command_id))
        session = outcome.session
        run.report(outcome, _recorded(written.forms))
    if written.header:
        outcome = run.send(session, header)
        session = outcome.session
        run.report(outcome, f"{enumerated(list(written.header))} recorded.")
    from rflow.cli.delivering.room import warn_about_brief

    warn_about_brief(run, session, run.command_prefix(session))
    return session


def _lines(run: App, session: Session) -> str:
    return short_lines(session, run.me.id, words_for_entries(_brief(run, session)))


def _brief(run: App, session: Session) -> Progress:
    from rflow.service.summaries import session_progress

    return session_progress(run.workspace, session, replace(run.view(), brief=True))


def _show(run: App, session: Session) -> None:
    from rflow.formats import render

    run.out(render("text", _brief(run, session)).rstrip("\n"))
