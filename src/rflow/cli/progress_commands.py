"""Commands that tell: progress, digest."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from rflow.cli.app import App
from rflow.cli.completion import codes
from rflow.cli.options import Copy, FormatName, NoRedact
from rflow.core.brief_form import shorten_progress
from rflow.core.head import Query
from rflow.core.progress import Digest, Progress
from rflow.core.session import Session
from rflow.core.summary import View
from rflow.errors import NotDelivered, RflowError, UsageProblem

if TYPE_CHECKING:
    from rflow.cli.targets import Target

app = typer.Typer(rich_markup_mode=None)
Output = Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.")]


@app.command()
def progress(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[SESSION|FILE|-]", help="A session, or an exported or foreign file of one.", autocompletion=codes
        ),
    ] = None,
    format_: FormatName = None,
    copy: Copy = False,
    brief: Annotated[bool, typer.Option("--brief", help="At most 130 words: the thirty-second form.")] = False,
    ask: Annotated[str | None, typer.Option(metavar="TEXT", help="What you need, for this summary only.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="last|TIME", help="Only what is new since your last one, or since a time.")
    ] = None,
    output: Output = None,
    no_redact: NoRedact = False,
) -> None:
    """What have you tried so far? A summary, ready to paste.

    It goes to the screen, with --copy to the clipboard, with -o to a file. Secrets are left out.
    """
    from rflow.cli.targets import find_target

    run = App.of(context)
    name = format_ or run.settings["progress.format"].text
    _known(name)
    found = find_target(run, target)
    view = run.workspace.view(redact=not no_redact)
    view.ask = run.text(ask) if ask is not None else None
    if since is not None:
        _since(run, found, since, "clipboard" if copy else "file" if output else None, view)
    summary = found.progress(view)
    told = shorten_progress(summary) if brief else summary
    tell(run, name, found.session if found.stored else None, told, copy=copy, output=output)


def tell(
    run: App,
    name: str,
    session: Session | None,
    told: Progress | Digest,
    *,
    copy: bool = False,
    output: str | None = None,
) -> None:
    """Render and deliver: to a file, to the clipboard, else print; record each delivery on `session`, where given."""
    from rflow.formats import render

    text = render(name, told, cache=run.settings.folders.cache)
    if output is not None:
        _write(run, output, text, session, told)
        _record(run, session, name, "file")
    if copy:
        _copy(run, text, session, told)
        _record(run, session, name, "clipboard")
    if output is None and not copy:
        typer.echo(text, nl=not text.endswith("\n"))
        if told.redacted:
            run.say(_hidden(told).strip())


def _known(name: str) -> None:
    from rflow.formats import format_named

    format_named(name)


def _since(run: App, found: "Target", since: str, destination: str | None, view: View) -> None:
    """Set the view to what came after this user's last summary to `destination`, or after a time."""
    from rflow.cli.inputs import past

    if since != "last":
        at = past(since, run.workspace.now())
        if not found.stored:  # what it holds was recorded elsewhere, or all at once
            raise UsageProblem("--since TIME goes by this store, and that is a file.", try_="Take it in: rflow import")
        view.since, view.since_at = run.workspace.version_at(found.session, at), at
        return
    mine = [delivery for delivery in found.session.deliveries if delivery.by.id == run.workspace.member.id]
    mine = [delivery for delivery in mine if destination in (None, delivery.destination)]
    if not mine:
        to = f" to the {destination}" if destination else ""
        raise UsageProblem(f"You have not delivered a summary of this session{to} yet.", try_="Leave --since out.")
    view.since, view.since_at = mine[-1].through, mine[-1].at


@app.command()
def digest(
    context: typer.Context,
    mine: Annotated[bool, typer.Option("--mine", help="Only my sessions (as without --all).")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Everybody's.")] = False,
    format_: FormatName = None,
    copy: Copy = False,
    output: Output = None,
    no_redact: NoRedact = False,
) -> None:
    """Every open session in a few lines each: the shift handover."""
    run = App.of(context)
    if mine and all_:
        raise UsageProblem("--mine and --all exclude each other.", try_="Give one of them.")
    name = format_ or run.settings["progress.format"].text
    _known(name)
    member = run.workspace.member
    query = Query(owner=None if all_ else member.id, status=("open", "handed_off"), limit=500)
    heads = list(run.workspace.all_heads(query))
    if not heads:
        run.say("There is no open session." if all_ else "You have no open session. Everybody's: rflow digest --all")
    view = run.workspace.view(redact=not no_redact)
    tell(run, name, None, run.workspace.digest(heads, view, None if all_ else member.name), copy=copy, output=output)


def _write(run: App, output: str, text: str, session: Session | None, told: Progress | Digest) -> None:
    from rflow.cli.targets import write_output

    write_output(output, (text if text.endswith("\n") else text + "\n").encode())
    _delivered(run, session, f"written to {output}.{_hidden(told)}")


def _delivered(run: App, session: Session | None, what: str) -> None:
    """Say what was delivered, and of which session: one pasted into the wrong ticket can't be taken back."""
    if session is not None:
        run.wrote(session, what)
    else:
        run.say(f"{what[:1].upper()}{what[1:]}")


def _copy(run: App, text: str, session: Session | None, told: Progress | Digest) -> None:
    """Put the summary on the clipboard; where that fails, print it all the same, so that nothing is lost."""
    from rflow.delivery.clipboard import copy as copy_text

    environ = dict(os.environ)
    command = run.settings["clipboard.command"].text
    if command:
        environ["RFLOW_CLIPBOARD_CMD"] = command
    try:
        copied = copy_text(text, environ=environ)
    except NotDelivered:
        typer.echo(text, nl=not text.endswith("\n"))
        raise
    _delivered(run, session, f"{copied.said}.{_hidden(told)}")


def _hidden(told: Progress | Digest) -> str:
    """Say how many secrets were hidden."""
    if not told.redacted:
        return ""
    return f" {told.redacted} value{'s' if told.redacted > 1 else ''} redacted."


def _record(run: App, session: Session | None, name: str, where: str) -> None:
    """Record the delivery, best effort: the summary is out, and a full disk must not say otherwise."""
    if session is None:
        return
    try:
        run.workspace.record_shared(session, name, where)
    except RflowError as error:
        run.say(f"Note: that this was shared could not be recorded: {error.what}")
