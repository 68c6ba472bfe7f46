"""Handing over a shift: all open sessions of a user to a person or a queue, who accepts them one by one."""

from collections.abc import Sequence

from rflow.cli.app import App
from rflow.core.people import Person
from rflow.core.session.commands import HandOff
from rflow.core.session.head import Head, Query
from rflow.core.text import counted, one_line, shorten
from rflow.errors import NotFound, RflowError, Unreachable
from rflow.service.sessions import all_heads, load_session, send


def hand_over(
    run: App, to: Person, note: str, *, format_: str | None, copy: bool, yes: bool, command_id: str = ""
) -> None:
    """Hand all open sessions of this user to `to`: show them, ask, hand each over, and deliver their digest."""
    heads = list(all_heads(run.workspace, Query(owner=run.me.id, status=("open",), limit=500)))
    if not heads:
        raise NotFound(
            "You have no open session to hand over.", try_="See what waits to be accepted: rflow list --mine"
        )
    name = run.choose_format(format_) if copy or format_ else None
    view = run.view()  # a wrong setting is found before anything is written
    _show(run, heads, to, note)
    if not yes:
        run.confirm(f"Hand {'it' if len(heads) == 1 else f'these {len(heads)}'} to {to.name}?", "--yes")
    handed, failure = _handed(run, heads, HandOff(to=to, note=note, command_id=command_id))
    if handed and name is not None:
        from rflow.cli.delivering.deliver import deliver
        from rflow.formats import Renderings
        from rflow.service.summaries import digest_of_heads

        summary = digest_of_heads(run.workspace, handed, view, to.name)
        deliver(run, name, None, Renderings(summary), copy=copy)
    if failure is not None:
        raise _left(len(heads) - len(handed), len(heads), to, failure)


def _left(left: int, all_: int, to: Person, failure: RflowError) -> RflowError:
    """Return the error for sessions that could not be handed over, of the same type as the first error."""
    error = type(failure)(
        f"{left} of {counted(all_, 'session')} could not be handed over: still yours.",
        try_=f"Why is said above. To hand over what is left: rflow handoff --all {to.name}",
    )
    error.exit_code = failure.exit_code
    return error


def _show(run: App, heads: Sequence[Head], to: Person, note: str) -> None:
    """Print what will be handed over."""
    run.say(f"{counted(len(heads), 'open session')} of yours, to {to.name}:")
    for head in heads:
        run.say(f"    {_named(head)}", verbatim=True)
    if note:
        run.say(f'With the note: "{shorten(one_line(note), 200)}"')


def _named(head: Head) -> str:
    """Return a label of a session."""
    parts = [head.code, shorten(head.title, 60), shorten(head.customer, 40)]
    waiting = f"waiting for {shorten(head.waiting_for, 40)}" if head.waiting_for else ""
    return " \u00b7 ".join(one_line(part) for part in [*parts, waiting] if part)


def _handed(run: App, heads: Sequence[Head], command: HandOff) -> tuple[list[Head], RflowError | None]:
    """Hand each session over; return those that were handed over, and the first error."""
    from msgspec.structs import replace

    handed: list[Head] = []
    failure: RflowError | None = None
    for head in heads:
        try:
            session = load_session(run.workspace, head.id)
            session = send(run.workspace, session, replace(command, seen=head.version)).session
        except RflowError as error:
            run.say(f"{_named(head)}: not handed over. {error}")
            failure = failure or error
            if isinstance(error, Unreachable):
                break
            continue
        handed.append(head)
        if session.pending:
            run.awaited.add(session.id, session.pending.seq)
        run.terminal.leave(head.id)
    if handed:
        what = f"{counted(len(handed), 'session')} handed to {command.to.name}, who accepts them one by one."
        run.say(f"{what} To take one back: rflow -s CODE handoff --cancel")
    return handed, failure
