"""`rflow` alone: where am I, and what do I type next."""

import os
from collections.abc import Iterable
from contextlib import suppress

from rflow.cli.app import App
from rflow.cli.app.awaited import Entry
from rflow.cli.display.text import (
    cautions,
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
    """Show the current session with its position, or how to begin; and what was handed to this user."""
    session = app.session() if app.session_reference else app.here()
    if session is None:
        session = _only_open(app)
    if session is None:
        _nothing_here(app)
    else:
        show_session(app, session)
    inbox_line(app, session)
    drafts_line(app)


def drafts_line(app: App) -> None:
    """Say that there are drafts which could not be sent, if any."""
    folders = app.settings.folders
    if not os.path.isdir(folders.drafts_name):  # most people have none
        return
    from rflow.cli.server.drafts import Drafts

    try:
        if Drafts(folders.drafts).any():
            app.say("There are drafts that could not be sent. To send them: rflow drafts send")
    except StoreProblem as error:
        app.say(f"Warning: {error}")


def show_session(app: App, session: Session, *, situation: bool = False, arrived: bool = False) -> None:
    """Show where `session` stands and what to type next; with the handoff's note, if it has just `arrived`.

    What is needed last stands last, where a small screen still shows it; the `situation` stands at the top.
    """
    now = app.workspace.now()
    app.out(heading(session, now, situation=situation, plans=True))
    if session.status != "closed":
        for text in cautions(session):
            app.out(styled(wrapped(f"caution: {one_line(text)}", "    ", "  "), colour="red"))
        for line in (*open_points(session, app.program, "  "), *_from_handoff(session, note=arrived)):
            app.out(line)
    if declined := declined_words(session, now):
        app.out(styled(wrapped(declined, "    ", "  "), colour="yellow"))
        handoffs = [Entry(session.id, entry.seq) for entry in session.ownership if entry.word == "handed off"]
        with suppress(OSError):  # then the inbox tells it again
            app.awaited.settle(dict.fromkeys(handoffs))
    if taken := taken_words(session, app.me.id, now):
        app.out(styled(wrapped(taken, "    ", "  "), colour="yellow"))
    last = next((step for step in session.steps.newest() if not step.undone), None)
    if last:
        said = last.result or (f"skipped: {last.reason}" if last.reason else "")
        assumed = " (assumed)" if last.assumed and last.settled is None else ""
        said = f"{last.text}{' → ' + said if said else ''}{assumed}"
        app.out(wrapped(f"last: {clock(last.at, now)} {said}", "        ", "  "))
    app.out("")
    show_next(app, session, arrived=arrived)


def _from_handoff(session: Session, *, note: bool) -> Iterable[str]:
    """Return what came with the last handoff; its sender, who has it back, needs none of it."""
    given = session.last_handoff
    if given is None or given.by.id == session.owner.id:
        return ()
    from rflow.cli.display.lists import handover_lines

    return handover_lines(session, "  ", note=note)


def show_next(app: App, session: Session, *, arrived: bool = False) -> None:
    """Show where the session stands in its tree, without its help if it has just `arrived`, and what to type there."""
    tree = tree_of(app.workspace, session)
    begin = app.begin(session)
    if place := position(session, tree, begin, arrived=arrived):
        app.out(place)
    say_of_node(app, session, tree)
    app.out(next_block(next_words(session, tree, app.me.id, app.program, begin)))
    app.displayed(session)


def inbox_line(app: App, session: Session | None = None) -> None:
    """Say how many sessions were handed to this user, what they are asked, and what came of what they asked."""
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
    """Return how a session can be started, and what else there is to see."""
    names = app.workspace.tree_names()
    trees = [f"{app.program} start {name.id}" for name in names[:5]]
    trees = trees or [f"{app.program + ' tree add --examples':28}  (five ready-made troubleshooting trees)"]
    more = ("list --all", "(closed sessions too)") if used else ("demo", "(see how it works)")
    others = [('start --title "…"', "(without a tree)"), more]
    return [*trees, *(f"{f'{app.program} {words}':28}  {what}" for words, what in others)]


def _handed_off(app: App) -> None:
    """Show what this user has handed off and nobody has accepted yet."""
    for head in app.handed_on():
        what = f"You handed {head.code} ({one_line(head.title)}) to {head.owner.name}, who hasn't accepted it yet."
        app.out(wrapped(what, "  ", "  "))
        app.out(f"  To take it back: {app.program} -s {head.code} handoff --cancel")
