"""What every way of delivering a summary shares: saying it, recording it, and going on where one way fails."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer

from rflow.cli.app import App
from rflow.core.session.state import Session
from rflow.core.summary.progress import Digest, Progress
from rflow.errors import NotDelivered, RflowError

if TYPE_CHECKING:
    from rflow.formats import Format

Told = Callable[["Format"], Progress | Digest]
"""Computes what is told, as much of it as a format takes."""


def tell(
    run: App, name: str, session: Session | None, told: Told, *, copy: bool = False, output: str | None = None
) -> None:
    """Render and deliver: to a file, to the clipboard, else print; record each delivery on `session`, where given."""
    from rflow.formats import flavours, render

    format_ = run.format(name)
    shown, cache = told(format_), run.settings.folders.cache
    text, html = flavours(format_, shown, cache) if copy else (render(format_, shown, cache), None)
    if output is not None:
        _write(run, output, text, session, shown)
        record(run, session, name, "file")
    if copy:
        _copy(run, text, html, session, shown)
        record(run, session, name, "clipboard")
    if output is None and not copy:
        typer.echo(text, nl=not text.endswith("\n"))
        if shown.redacted:
            run.say(hidden(shown).strip())


def _write(run: App, output: str, text: str, session: Session | None, told: Progress | Digest) -> None:
    from rflow.cli.sources import write_output

    write_output(output, (text if text.endswith("\n") else text + "\n").encode())
    say_delivered(run, session, f"written to {output}.{hidden(told)}")


def _copy(run: App, text: str, html: str | None, session: Session | None, told: Progress | Digest) -> None:
    """Put the summary on the clipboard; where that fails, print it all the same, so that nothing is lost."""
    try:
        said = on_clipboard(run, text, html)
    except NotDelivered:
        typer.echo(text, nl=not text.endswith("\n"))
        raise
    say_delivered(run, session, f"{said}.{hidden(told)}")


def on_clipboard(run: App, text: str, html: str | None = None) -> str:
    """Put a text on the clipboard, with its HTML where that is possible; give what is known of it, for people."""
    from rflow.delivery.clipboard import copy as copy_text

    environ = dict(os.environ)
    if command := run.settings["clipboard.command"].text:
        environ["RFLOW_CLIPBOARD_CMD"] = command
    return copy_text(text, html=html, environ=environ).said


def say_delivered(run: App, session: Session | None, what: str) -> None:
    """Say what was delivered, and of which session: one pasted into the wrong ticket can't be taken back."""
    if session is not None:
        run.wrote(session, what)
    else:
        run.say(f"{what[:1].upper()}{what[1:]}")


def hidden(told: Progress | Digest) -> str:
    """Say how many secrets were hidden."""
    if not told.redacted:
        return ""
    return f" {told.redacted} value{'s' if told.redacted > 1 else ''} redacted."


def record(run: App, session: Session | None, name: str, where: str) -> None:
    """Record the delivery, best effort: the summary is out, and a full disk must not say otherwise."""
    if session is None:
        return
    try:
        run.workspace.record_shared(session, name, where)
    except RflowError as error:
        run.say(f"Note: that this was shared could not be recorded: {error.what}")


def each(deliveries: Iterable[Callable[[], None]]) -> None:
    """Carry out all of them: one that fails keeps none of the others back. The last failure is the one raised."""
    failure: NotDelivered | None = None
    for deliver in deliveries:
        try:
            deliver()
        except NotDelivered as error:
            failure = _told(failure, error)
    if failure is not None:
        raise failure


def _told(earlier: NotDelivered | None, error: NotDelivered) -> NotDelivered:
    """Tell the earlier failure, since the boundary of the program tells only one."""
    from rflow.cli.main import complain

    if earlier is not None:
        complain(earlier)
    return error
