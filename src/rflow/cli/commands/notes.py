"""Commands that write down: note, amend, brief, change, wait."""

from collections.abc import Mapping
from typing import Annotated

import typer

from rflow.cli.app import App
from rflow.cli.options import CommandId
from rflow.core.session.commands import AddNote, AmendEntry, MakeChange, RevertChange, SetBrief, SetWaiting
from rflow.core.session.events import Brief
from rflow.core.session.texts import NOTE_LIMIT
from rflow.errors import UsageProblem

app = typer.Typer(rich_markup_mode=None)


def _text_or_stdin(run: App, text: str) -> str:
    """Take the text, or read it from standard input where it is "-"."""
    if text != "-":
        return run.text(text)
    data = run.read_stdin(NOTE_LIMIT)
    read = data.decode("utf-8", "replace")
    if len(data) <= NOTE_LIMIT and "\ufffd" in read and "\ufffd".encode() not in data:
        run.say("Warning: the text is not all UTF-8; what could not be read is kept as \N{REPLACEMENT CHARACTER}.")
    return read


@app.command()
def note(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT|-", help="The note, or - to read it from standard input.")],
    command_id: CommandId = "",
) -> None:
    """Write a note into the scratchpad."""
    run = App.of(context)
    session = run.session()
    outcome = run.send(session, AddNote(text=_text_or_stdin(run, text), command_id=command_id))
    run.did(outcome, f"note {outcome.entry} recorded.")


@app.command()
def amend(
    context: typer.Context,
    entry: Annotated[int, typer.Argument(metavar="SEQ", help="The entry's number, as `rflow show` has it.")],
    text: Annotated[str, typer.Argument(metavar="TEXT|-", help="What it should read.")],
    command_id: CommandId = "",
) -> None:
    """Correct a note, a step or a change of yours."""
    run = App.of(context)
    session = run.session()
    outcome = run.send(session, AmendEntry(target=entry, text=_text_or_stdin(run, text), command_id=command_id))
    run.did(outcome, f"entry {entry} amended.")


@app.command()
def brief(
    context: typer.Context,
    ask: Annotated[str | None, typer.Option(metavar="TEXT", help="What you need, from whom.")] = None,
    situation: Annotated[str | None, typer.Option(metavar="TEXT", help="What happens, since when.")] = None,
    impact: Annotated[str | None, typer.Option(metavar="TEXT", help="Who can't do what.")] = None,
    hypothesis: Annotated[str | None, typer.Option(metavar="TEXT", help="What you suspect.")] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What is wrong, in a line.")] = None,
    ticket: Annotated[str | None, typer.Option(metavar="TEXT", help="The ticket it belongs to.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="TEXT", help="Whose problem it is.")] = None,
    severity: Annotated[str | None, typer.Option(metavar="TEXT", help="How bad it is, in your own scale.")] = None,
    command_id: CommandId = "",
) -> None:
    """Record what a summary begins with; an empty text clears it."""
    run = App.of(context)
    facts = {
        "ask": ask,
        "situation": situation,
        "impact": impact,
        "hypothesis": hypothesis,
        "ticket": ticket,
        "customer": customer,
        "severity": severity,
    }
    said = Brief(**{name: None if text is None else run.text(text) for name, text in facts.items()})
    named = None if title is None else run.text(title)
    outcome = run.send(run.session(), SetBrief(brief=said, title=named, command_id=command_id))
    run.did(outcome, _recorded(facts | {"title": title}))


def _recorded(facts: Mapping[str, str | None]) -> str:
    """Say which facts were recorded, and which cleared."""
    recorded = [name for name, text in facts.items() if text and text.strip()]
    cleared = [name for name, text in facts.items() if text is not None and not text.strip()]
    parts = [f"{', '.join(names)} {word}" for names, word in ((recorded, "recorded"), (cleared, "cleared")) if names]
    return f"{'; '.join(parts)}."


@app.command()
def change(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="What you changed on the system.")] = "",
    revert: Annotated[str, typer.Option(metavar="HOW", help="How to take it back.")] = "",
    reverted: Annotated[
        int | None, typer.Option(metavar="SEQ", help="The change of this number has been taken back.")
    ] = None,
    command_id: CommandId = "",
) -> None:
    """Record a change made on the system, and how to revert it."""
    run = App.of(context)
    session = run.session()
    if reverted is not None:
        if text or revert:
            raise UsageProblem("--reverted goes alone.", try_=f"rflow change --reverted {reverted}")
        outcome = run.send(session, RevertChange(change=reverted, command_id=command_id))
        run.did(outcome, f"change {reverted} reverted.")
        return
    if text.strip() and not revert.strip():
        raise UsageProblem("How can it be taken back?", try_='Add --revert "…" (or --revert "can\'t be undone").')
    command = MakeChange(text=run.text(text), revert=run.text(revert), command_id=command_id)
    outcome = run.send(session, command)
    run.did(
        outcome,
        f"change {outcome.entry} recorded. Once reverted: rflow change --reverted {outcome.entry}",
    )


@app.command()
def wait(
    context: typer.Context,
    for_: Annotated[str, typer.Option("--for", metavar="TEXT", help="Whom or what it waits for.")] = "",
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help='Until when: 14:30, 2h, "2026-11-23 14:30".')
    ] = None,
    over: Annotated[bool, typer.Option("--over", help="It waits no longer.")] = False,
    command_id: CommandId = "",
) -> None:
    """Say what the session waits for, and until when."""
    from rflow.cli.times import future

    run = App.of(context)
    if over == bool(for_.strip() or until):
        raise UsageProblem("What does it wait for?", try_='Say --for "…", --until TIME, or --over once it is over.')
    moment = future(until, run.workspace.now()) if until else None
    command = SetWaiting(until=moment, waiting_for=run.text(for_), command_id=command_id)
    outcome = run.send(run.session(), command)
    run.did(outcome, "waits no longer." if over else "waiting.")
