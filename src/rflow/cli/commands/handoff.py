"""Commands that change who owns a session: handoff, inbox, accept, decline."""

from typing import Annotated

import typer
from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.completion import people
from rflow.cli.options import CommandId, Copy, FormatName, Json, Reference
from rflow.core.session.commands import Accept, CancelHandoff, Decline, HandOff
from rflow.core.session.head import Query
from rflow.core.session.state import Session
from rflow.errors import NotFound, UsageProblem
from rflow.service.sessions import all_heads, find_session, load_session, receiver

app = typer.Typer(rich_markup_mode=None)


@app.command()
def handoff(
    context: typer.Context,
    to: Annotated[
        str, typer.Argument(metavar="[USER|@QUEUE]", help="Who goes on with it.", autocompletion=people)
    ] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="A word to them.")] = "",
    copy: Copy = False,
    format_: FormatName = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Take it back, while it is not accepted.")] = False,
    new_user: Annotated[bool, typer.Option("--new-user", help="The name is right, though nobody knows it.")] = False,
    command_id: CommandId = "",
) -> None:
    """Give the session to somebody, who goes on at the same position.

    Prints the summary for them; --copy copies it. They are told by `rflow inbox`.
    """
    from rflow.cli.deliver import deliver
    from rflow.formats import Renderings
    from rflow.service.summaries import session_progress

    run = App.of(context)
    if cancel:
        if to:
            raise UsageProblem("--cancel takes no name.", try_="Leave it out: rflow handoff --cancel")
        _take_back(run, _handed_off(run), command_id)
        return
    session = run.to_leave(command_id)
    if not to.strip():
        raise UsageProblem("To whom?", try_="Name a person, or a queue such as @tier2: rflow handoff USER")
    name = run.usual_format(format_)
    # Like the format, before anything is written: both may be set wrong.
    view = replace(run.view(), extent=run.format(name).extent)
    person, known = receiver(run.workspace, run.text(to), new=new_user)
    command = HandOff(to=person, note=run.text(note), seen=run.seen(session), command_id=command_id)
    session = run.send(session, command).session
    run.terminal.leave(session.id)
    run.wrote(session, f"handed to {person.name}, who hasn't accepted it yet.")
    run.displayed(session)
    progress = session_progress(run.workspace, session, view)
    deliver(run, name, session, Renderings(progress, run.settings.folders.cache), copy=copy)
    _tell_sender(run, session, known, new_user)


def _tell_sender(run: App, session: Session, known: bool, new: bool) -> None:
    """Say what the sender should know about whether it arrives."""
    if not known and not new and not session.owner.is_queue:
        run.say(
            f"Nobody called {session.owner.name} has used this store yet. "
            f"If that was a slip: {run.program} -s {session.code} handoff --cancel"
        )
    if not run.workspace.about.shared:
        run.say(
            f"This store is on this machine only. To send the session along: rflow export {session.code} "
            f"-o {session.code}.jsonl"
        )


def _handed_off(run: App) -> Session:
    """Load the session that is meant: the one named, else the only one handed off by this user and not accepted."""
    if run.session_reference:
        return run.session()
    me = run.me.id
    waiting = all_heads(run.workspace, Query(status=("handed_off",)))
    mine = [head for head in waiting if head.sender is not None and head.sender.id == me]
    if not mine:
        raise NotFound("No handoff of yours waits to be accepted.", try_="See your sessions: rflow list --mine")
    if len(mine) > 1:
        codes = ", ".join(head.code for head in mine[:5])
        raise UsageProblem(
            f"Which one? Several handoffs of yours wait to be accepted: {codes}.",
            try_=f"Name it: rflow -s {mine[0].code} handoff --cancel",
        )
    return load_session(run.workspace, mine[0].id)


def _take_back(run: App, session: Session, command_id: str) -> None:
    from rflow.cli.display.status import show_session

    command = CancelHandoff(seen=run.seen(session), command_id=command_id)
    session = run.send(session, command).session
    run.terminal.enter(session.id)
    run.wrote(session, "handoff taken back.")
    show_session(run, session)


@app.command()
def inbox(context: typer.Context, json: Json = False) -> None:
    """List what was handed to you, or waits in a queue."""
    from rflow.cli.display.text import ago, typing, wrapped

    run = App.of(context)
    heads = run.workspace.heads(Query(inbox=run.me.id)).heads
    if json:
        from rflow.cli.display.json import head_record

        run.out_json([head_record(head) for head in heads])
        return
    if not heads:
        run.say("Nothing waits for you.")
        return
    for head in heads:
        sender = head.sender.name if head.sender else "somebody"
        queue = f" to {head.owner.name}" if head.owner.is_queue else ""
        told = f"{head.title} · from {sender}{queue}, {ago(head.updated_at, run.workspace.now())}"
        run.out(wrapped(f"{told}{' · ' + head.customer if head.customer else ''}", " " * 9, f"{head.code}  "))
    run.out("\nNext:")
    code = heads[0].code
    run.out(
        typing([f"rflow show {code}", f'rflow accept {code} --read-back "…"', f'rflow decline {code} --reason "…"'])
    )


def _waiting(run: App, reference: str | None) -> Session:
    """Load the session that is meant: the one named, else the only one that waits for this user."""
    reference = reference or run.session_reference
    if reference:
        return find_session(run.workspace, reference)
    heads = run.workspace.heads(Query(inbox=run.me.id, limit=2)).heads
    if not heads:
        raise NotFound("Nothing waits for you.", try_="See your sessions: rflow list --mine")
    if len(heads) > 1:
        raise UsageProblem("More than one session waits for you.", try_="Name one: see rflow inbox")
    return load_session(run.workspace, heads[0].id)


@app.command()
def accept(
    context: typer.Context,
    reference: Reference = None,
    read_back: Annotated[
        str, typer.Option(metavar="TEXT", help="What you understood, in your words; the sender sees it.")
    ] = "",
    command_id: CommandId = "",
) -> None:
    """Acknowledge a handoff, or claim one from a queue."""
    from rflow.cli.display.status import show_session

    run = App.of(context)
    session = _waiting(run, reference)
    command = Accept(read_back=run.text(read_back), command_id=command_id)
    session = run.send(session, command).session
    run.terminal.enter(session.id)
    run.wrote(session, "accepted; it is yours.")
    show_session(run, session)


@app.command()
def decline(
    context: typer.Context,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; the sender sees it.")],
    reference: Reference = None,
    command_id: CommandId = "",
) -> None:
    """Give a handoff back to the last owner who had accepted."""
    run = App.of(context)
    session = _waiting(run, reference)
    command = Decline(reason=run.text(reason), command_id=command_id)
    outcome = run.send(session, command)
    run.terminal.leave(session.id)
    run.did(outcome, f"declined; {outcome.session.owner.name} has it again.")
