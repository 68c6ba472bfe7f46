"""The status of a session and the next commands: the output of `rflow` alone, and of commands that move."""

import os
from collections.abc import Iterable
from contextlib import suppress

from rflow.cli.app import App
from rflow.cli.app.awaited import Entry
from rflow.cli.display.text import (
    clock,
    declined_words,
    heading,
    last_closed_words,
    next_block,
    next_words,
    open_points,
    position,
    taken_words,
    wrapped,
)
from rflow.cli.output import styled
from rflow.cli.trees.at_node import say_of_node
from rflow.core.session.head import Query
from rflow.core.session.state import Session
from rflow.core.text import one_line
from rflow.errors import StoreProblem, UsageProblem
from rflow.service.trees import tree_of


def show_status(app: App) -> None:
    """Show the current session with its position, or how to start one; then the state of the inbox and the drafts."""
    session = app.session() if app.session_reference else app.current_session()
    if session is None:
        session = _only_open(app)
    if session is None:
        _nothing_here(app)
    else:
        show_session(app, session)
    inbox_line(app, session)
    drafts_line(app)


def drafts_line(app: App) -> None:
    """Say if there are drafts that could not be sent."""
    folders = app.settings.folders
    if not os.path.isdir(folders.drafts_name):  # most users have none
        return
    from rflow.cli.server.drafts import Drafts

    try:
        if Drafts(folders.drafts).any():
            app.say("There are drafts that could not be sent. To send them: rflow drafts send")
    except StoreProblem as error:
        app.say(f"Warning: {error}")


def show_session(app: App, session: Session, *, situation: bool = False, arrived: bool = False) -> None:
    """Show a session and the next commands; with the handoff's note, if it has just `arrived`.

    The most important part comes last, where a small screen shows it; the `situation` is shown at the top.
    """
    from rflow.core.summary.units.earlier import valid_warnings

    now = app.workspace.now()
    app.out(heading(session, now, situation=situation, plans=True))
    if session.status != "closed":
        for text in valid_warnings(session):
            app.out(styled(wrapped(f"caution: {one_line(text)}", "    ", "  "), colour="red"))
        for line in (*open_points(session, app.program, "  "), *_from_handoff(session, note=arrived)):
            app.out(line)
    if declined := declined_words(session, now):
        app.out(styled(wrapped(declined, "    ", "  "), colour="yellow"))
        handoffs = [Entry(session.id, entry.seq) for entry in session.ownership if entry.word == "handed off"]
        with suppress(OSError):  # then the inbox shows it again
            app.awaited.settle(dict.fromkeys(handoffs))
    if taken := taken_words(session, app.me.id, now):
        app.out(styled(wrapped(taken, "    ", "  "), colour="yellow"))
    last = next((step for step in session.steps.newest() if not step.undone), None)
    if last:
        outcome = last.result or (f"skipped: {last.reason}" if last.reason else "")
        assumed = " (assumed)" if last.assumed and last.settled is None else ""
        outcome = f"{last.text}{' → ' + outcome if outcome else ''}{assumed}"
        app.out(wrapped(f"last: {clock(last.at, now)} {outcome}", "        ", "  "))
    app.out("")
    show_next(app, session, arrived=arrived)


def _from_handoff(session: Session, *, note: bool) -> Iterable[str]:
    """Return the message of the last handoff, unless its sender has the session back."""
    given = session.last_handoff
    if given is None or given.by.id == session.owner.id:
        return ()
    from rflow.cli.display.lists import handover_lines

    return handover_lines(session, "  ", note=note)


def show_next(app: App, session: Session, *, arrived: bool = False) -> None:
    """Show the position in the tree, without its help if the session has just `arrived`, and the next commands."""
    tree = tree_of(app.workspace, session)
    begin = app.command_prefix(session)
    if place := position(session, tree, begin, arrived=arrived):
        app.out(place)
    say_of_node(app, session, tree)
    app.out(next_block(next_words(session, tree, app.me.id, app.program, begin)))
    app.mark_seen(session)


def inbox_line(app: App, session: Session | None = None) -> None:
    """Say how many sessions and questions are in the inbox, and if there is news."""
    waiting = app.workspace.heads(Query(inbox=app.me.id, limit=10)).heads
    waiting = tuple(head for head in waiting if session is None or head.id != session.id)
    if waiting:
        count = "1 session" if len(waiting) == 1 else f"{len(waiting)}{'+' if len(waiting) == 10 else ''} sessions"
        app.out(styled(f"\n{count} in your inbox: {app.program} inbox", bold=True))
    asked = app.workspace.heads(Query(asked=app.me.id, limit=10)).heads
    if asked:
        codes = ", ".join(head.code for head in asked[:3]) + (" …" if len(asked) > 3 else "")
        app.out(styled(f"\nYou are asked something in {codes}: {app.program} inbox", bold=True))
    if app.awaited.entries():
        from rflow.cli.news import news_line

        if line := news_line(app):
            app.out(styled(f"\n{line[0].upper()}{line[1:]}", bold=True))


def _only_open(app: App) -> Session | None:
    try:
        return app.session()
    except UsageProblem:
        return None


def _nothing_here(app: App) -> None:
    if there := app.elsewhere():
        app.out(wrapped(f"The current session of this terminal, {there.code}, is in another store:"))
        app.out(f"    {app.program_at(there.url)}\n")
    mine = app.workspace.heads(Query(owner=app.me.id, status=("open",), limit=10)).heads
    if mine:
        app.out("No current session in this terminal. Your open ones:\n")
        from rflow.cli.display.lists import heads_table

        app.out(heads_table(mine, app.me.id, app.workspace.now()))
        app.out(next_block([f"{app.program} resume {head.code}" for head in mine[:3]]))
        return
    used = bool(app.workspace.heads(Query(limit=1)).heads)
    if used:
        app.out("You have no open session.")
        if last := app.last_closed():
            app.out(wrapped(f"{last_closed_words(last, app.workspace.now())}: {app.program} progress {last.code}"))
        _handed_off(app)
    else:
        app.out("No session yet. rflow records what you try, so that nobody has to ask.")
    app.out(next_block(_beginnings(app, used=used)))


def _beginnings(app: App, *, used: bool) -> list[str]:
    """Return the commands that start a session, and a further one to look around."""
    names = app.workspace.tree_names()
    trees = [f"{app.program} start {name.id}" for name in names[:5]]
    trees = trees or [f"{app.program + ' tree add --examples':28}  (five ready-made troubleshooting trees)"]
    more = ("list --all", "(closed sessions too)") if used else ("demo", "(see how it works)")
    others = [('start --title "…"', "(without a tree)"), more]
    return [*trees, *(f"{f'{app.program} {words}':28}  {what}" for words, what in others)]


def _handed_off(app: App) -> None:
    """Show the pending handoffs of this user."""
    for head in app.handed_on():
        what = f"You handed {head.code} ({one_line(head.title)}) to {head.owner.name}, who hasn't accepted it yet."
        app.out(wrapped(what, "  ", "  "))
        app.out(f"  To take it back: {app.program} -s {head.code} handoff --cancel")
