"""Delivering a summary to a file, the clipboard or the terminal, and recording the delivery."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rflow.cli.app import App
from rflow.cli.output import echo, is_terminal, print_error
from rflow.core.session.events import DeliveryState
from rflow.core.session.state import Session
from rflow.core.summary.progress import Digest, Progress
from rflow.errors import NotDelivered, RflowError

if TYPE_CHECKING:
    from rflow.formats import Renderings


def deliver(
    run: App,
    name: str,
    session: Session | None,
    renderings: "Renderings",
    *,
    copy: bool = False,
    output: str | None = None,
) -> None:
    """Render a summary in the format `name`, and write it to a file and copy it as requested, or else print it.

    Each delivery except printing is recorded in `session`, if there is one.
    """
    format_, summary = run.format(name), renderings.summary
    text = renderings.text(format_)
    if output is not None:
        _write(run, output, text, session, summary)
        record(run, session, name, "file")
    if copy:
        _copy(run, text, renderings.html(format_), session, summary)
        record(run, session, name, "clipboard")
    if output is None and not copy:
        if name == "text" and is_terminal(sys.stdout):
            from rflow.cli.delivering.emphasis import emphasised

            text = emphasised(text)
        echo(text, newline=not text.endswith("\n"))
        if summary.redacted:
            run.say(redaction_note(summary).strip())


def _write(run: App, output: str, text: str, session: Session | None, summary: Progress | Digest) -> None:
    from rflow.cli.sources import write_output

    write_output(output, (text if text.endswith("\n") else text + "\n").encode())
    say_delivered(run, session, f"written to {output}.{redaction_note(summary)}")


def _copy(run: App, text: str, html: str | None, session: Session | None, summary: Progress | Digest) -> None:
    """Copy a summary to the clipboard; if that fails, print it, so that it is not lost."""
    try:
        message, hint = copy_to_clipboard(run, text, html)
    except NotDelivered:
        echo(text, newline=not text.endswith("\n"))
        raise
    say_delivered(run, session, f"{message}.{redaction_note(summary)}")
    if hint:
        run.say(hint)


def copy_to_clipboard(run: App, text: str, html: str | None = None) -> tuple[str, str]:
    """Copy a text, with HTML if possible; return a phrase for the result, and a sentence with advice, or "".

    If the user's own clipboard command failed, a message is printed.
    """
    from rflow.delivery.clipboard import copy

    environ = dict(os.environ)
    if command := run.settings["clipboard.command"].text:
        environ["RFLOW_CLIPBOARD_CMD"] = command
    copied = copy(text, html=html, environ=environ)
    if copied.command_failed:
        run.say(f"Your clipboard command failed: {copied.command_failed}.")
    result = f"{copied.message}: {copied.detail}" if run.verbose and copied.detail else copied.message
    return result, copied.hint


def say_delivered(run: App, session: Session | None, what: str) -> None:
    """Say what was delivered of which session, because a summary in the wrong ticket can't be undone."""
    if session is not None:
        run.report_written(session, what)
    else:
        run.say(f"{what[:1].upper()}{what[1:]}")


def redaction_note(summary: Progress | Digest) -> str:
    """Return a sentence that counts the secrets hidden in a summary, with a leading space; "" for none."""
    from rflow.core.redaction import in_words

    kinds = {redacted.kind: redacted.count for redacted in summary.redacted_kinds}
    return f" Hidden: {in_words(kinds)}." if kinds else ""


def missing_brief(run: App, session: Session, ask: str | None, *, leaves: bool, begin: str) -> None:
    """Tell the owner of an open session that a summary lacks the ask or the situation, and how to add it.

    This is said if the summary is sent to others (`leaves`), or shown on a terminal. `begin` is the prefix of a command
    for this session.
    """
    if session.status == "open" and (leaves or is_terminal(sys.stderr)) and session.owner.id == run.me.id:
        if not ask:
            run.say(f'Note: the summary does not say what you need. To add it: {begin} brief --ask "…"')
        else:
            missing_situation(run, session, begin)


def missing_situation(run: App, session: Session, begin: str) -> None:
    """Say that a summary lacks situation and impact, and how to add them; `begin` is the prefix of a command."""
    if not (session.brief.situation or session.brief.impact):
        how = f'{begin} brief --situation "…" --impact "…"'
        missing = "what is wrong, since when, and who is affected"
        run.say(f"Note: the summary does not say {missing}. To add it: {how}")


def old_situation(run: App, session: Session, begin: str) -> None:
    """Say that there are results newer than the situation, and how to update it; `begin` is the prefix of a command."""
    from rflow.cli.display.text import clock
    from rflow.core.summary.units.earlier import situation_at

    if at := situation_at(session):
        recorded = clock(at, run.workspace.now())
        again = " ".join(f'--{name} "…"' for name in ("situation", "impact") if getattr(session.brief, name))
        run.say(f"Note: the situation is that of {recorded}. If that has changed: {begin} brief {again}")


def record(run: App, session: Session | None, format_: str, destination: str, state: DeliveryState = "sent") -> None:
    """Record a delivery; if that fails, only print a message, since the summary has been delivered."""
    if session is None:
        return
    from rflow.core.session.commands import RecordShared
    from rflow.service.sessions import send

    try:
        command = RecordShared(format=format_, destination=destination, through=session.version, state=state)
        send(run.workspace, session, command)  # never kept as a draft: it would be useless later
    except RflowError as error:
        run.say(f"Note: the delivery could not be recorded: {error.what}")


def deliver_all(deliveries: Iterable[Callable[[], None]]) -> None:
    """Make all deliveries, even if some fail. All failures but the last are printed; the last is raised."""
    failure: NotDelivered | None = None
    for delivery in deliveries:
        try:
            delivery()
        except NotDelivered as error:
            if failure is not None:
                print_error(failure)
            failure = error
    if failure is not None:
        raise failure
