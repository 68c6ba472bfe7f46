"""What all ways of delivering a summary share: reporting it, recording it, and continuing where another way failed."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rflow.cli.app import App
from rflow.cli.output import complain, echo, is_terminal
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
    """Render a summary in the format `name` and write it to a file, copy it, or else print it.

    Each delivery except printing is recorded on `session`, if there is one.
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
    """Copy a text, with its HTML where possible; return what is known about it, and what to do if that is not enough.

    The first is a phrase; the second a sentence, or "". If the user's own command failed, that is said at once.
    """
    from rflow.delivery.clipboard import copy

    environ = dict(os.environ)
    if command := run.settings["clipboard.command"].text:
        environ["RFLOW_CLIPBOARD_CMD"] = command
    copied = copy(text, html=html, environ=environ)
    if copied.command_failed:
        run.say(f"Your clipboard command failed: {copied.command_failed}.")
    said = f"{copied.message}: {copied.detail}" if run.verbose and copied.detail else copied.message
    return said, copied.hint


def say_delivered(run: App, session: Session | None, what: str) -> None:
    """Say what was delivered and of which session: a summary pasted into the wrong ticket can't be taken back."""
    if session is not None:
        run.wrote(session, what)
    else:
        run.say(f"{what[:1].upper()}{what[1:]}")


def redaction_note(summary: Progress | Digest) -> str:
    """Return a sentence that counts the secrets hidden in a summary, if any, to be put after another sentence."""
    from rflow.core.redaction import in_words

    kinds = {redacted.kind: redacted.count for redacted in summary.redacted_kinds}
    return f" Hidden: {in_words(kinds)}." if kinds else ""


def missing_brief(run: App, session: Session, ask: str | None, *, leaves: bool, begin: str) -> None:
    """Say that a summary asks for nothing, or not what is wrong; and how to add that.

    It is said if the summary leaves, or is looked at on a terminal, to the owner of an open session. `begin` is how a
    command for this session begins.
    """
    if session.status == "open" and (leaves or is_terminal(sys.stderr)) and session.owner.id == run.me.id:
        if not ask:
            run.say(f'Note: the summary does not say what you need. To add it: {begin} brief --ask "…"')
        else:
            missing_situation(run, session, begin)


def missing_situation(run: App, session: Session, begin: str, *, first: str = "") -> None:
    """Say that a summary does not say what is wrong and who is affected, and how to add it, with what to do `first`."""
    if not (session.brief.situation or session.brief.impact):
        how = f'{begin} brief --situation "…" --impact "…"'
        missing = "what is wrong, since when, and who is affected"
        run.say(f"Note: the summary does not say {missing}. To add it{first}: {how}")


def old_situation(run: App, session: Session, *, first: str = "") -> None:
    """Say that the situation is older than what was found since, and how to renew it, with what to do `first`."""
    from rflow.cli.display.text import clock
    from rflow.core.summary.units.earlier import situation_at

    if at := situation_at(session):
        said = clock(at, run.workspace.now())
        again = " ".join(f'--{name} "…"' for name in ("situation", "impact") if getattr(session.brief, name))
        begin = f"{run.program} -s {session.code}" if first else run.begin(session)
        run.say(f"Note: the summary tells how it was at {said}. If that has changed{first}: {begin} brief {again}")


def record(run: App, session: Session | None, format_: str, destination: str, state: DeliveryState = "sent") -> None:
    """Record a delivery if possible: the summary has been delivered, even if the disk is full now."""
    if session is None:
        return
    from rflow.core.session.commands import RecordShared
    from rflow.service.sessions import send

    try:
        command = RecordShared(format=format_, destination=destination, through=session.version, state=state)
        send(run.workspace, session, command)  # of no use later, so it is no draft
    except RflowError as error:
        run.say(f"Note: the delivery could not be recorded: {error.what}")


def deliver_all(deliveries: Iterable[Callable[[], None]]) -> None:
    """Make all deliveries, even if some fail. All failures are reported; the last one is raised."""
    failure: NotDelivered | None = None
    for delivery in deliveries:
        try:
            delivery()
        except NotDelivered as error:
            if failure is not None:
                complain(failure)
            failure = error
    if failure is not None:
        raise failure
