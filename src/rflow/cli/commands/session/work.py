"""Commands for steps and moves: choose, done, skip, step, back, enter."""

import sys
from datetime import datetime
from typing import Annotated

from rflow.cli.app import App
from rflow.cli.input import acknowledged, joined, may_be_cut, one_of, suggest_change
from rflow.cli.output import echo, is_terminal
from rflow.cli.parsing.completion import choices, trees
from rflow.cli.parsing.declare import Argument, Group, Option, Words
from rflow.cli.parsing.options import CommandId, Pin
from rflow.core.session.commands import AddStep, Back, Choose, Command, Done, Enter, Skip
from rflow.core.session.events import ActionDone, ChoiceMade, Pinned, SteppedBack, StepSkipped
from rflow.core.session.state import Session
from rflow.core.text import listing
from rflow.core.tree.model import Decision, digest
from rflow.errors import UsageProblem
from rflow.service.trees import named_tree, node_of, tree_of

app = Group()
_FIT = 8
"""How many words of an assumption are shown uncut; more of a key fact."""
Reason = Annotated[str, Option(metavar="TEXT", help="With --assume: why you assume it.")]


def _move(run: App, session: Session, command: Command, what: str) -> None:
    """Send a move, report it, and show the new position."""
    from rflow.cli.display.entries import named, quoted
    from rflow.cli.display.status import show_next

    outcome, pinned = run.send(session, command), 0
    for event in outcome.events:
        match event.fact:
            case ChoiceMade(question=question, label=label, assumed=assumed):
                what = f"{quoted(question)} → {quoted(label)}{' (assumed)' if assumed else ''} recorded"
            case ActionDone(text=text, result=result):
                what = f"{quoted(text)}{f' → {quoted(result)}' if result else ''} done"
            case StepSkipped(text=text):
                what = f"{quoted(text)} skipped"
            case SteppedBack(undone=undone):
                what = f"{named(outcome.session, undone)} {quoted(outcome.session.steps[undone].text)} taken back"
            case Pinned(target=pinned):
                what += " and pinned"
            case _:
                pass
    run.report(outcome, f"{what}." if outcome.events else "nothing new: this was carried out before.")
    if pinned:
        from rflow.cli.display.shown import say_cut_entry

        say_cut_entry(run, outcome.session, pinned)
    if is_terminal(sys.stderr):
        echo(err=True)
    show_next(run, outcome.session)


@app.command()
def choose(
    run: App,
    choice: Annotated[
        list[str] | None,  # a label of several words needs no quotes, and shells complete it without any
        Argument(metavar="CHOICE", help="Its number or label, or the beginning of the label.", autocompletion=choices),
    ] = None,
    assume: Annotated[bool, Option("--assume", help="Go on without having verified it.")] = False,
    reason: Reason = "",
    pin: Pin = False,
    command_id: CommandId = "",
) -> None:
    """Answer the question at the position."""
    if choice is None:
        raise _which(run, run.session_to_write())
    session = run.target_session(moving=True)
    command = Choose(
        choice=joined(run, choice),
        assume=assume,
        reason=run.text(reason),
        pin=pin,
        seen=run.seen(session),
        command_id=command_id,
    )
    _move(run, session, command, "recorded")


def _which(run: App, session: Session) -> UsageProblem:
    """Return the error for a missing answer, with the choices; raise a different one if there is no question."""
    tree = tree_of(run.workspace, session)
    node = node_of(session, tree)
    if not isinstance(node, Decision):
        run.workspace.check(session.id, Choose(choice="1"))
    known = node.choices if isinstance(node, Decision) else ()
    rows = [(str(number), choice.label) for number, choice in enumerate(known, 1)]
    return UsageProblem(listing(f'Which answer to "{node.text if node else ""}"?', rows), try_="rflow choose NUMBER")


@app.command()
def done(
    run: App,
    result: Annotated[list[str] | None, Words(metavar="[RESULT]", help="What came of it.")] = None,
    pin: Pin = False,
    command_id: CommandId = "",
) -> None:
    """Record that the action at the position is done, and its result."""
    session = run.target_session(moving=True)
    command = Done(result=joined(run, result), pin=pin, seen=run.seen(session), command_id=command_id)
    _move(run, session, command, "done")


@app.command()
def skip(
    run: App,
    why: Annotated[list[str] | None, Words(metavar="REASON", help="Why it is skipped.")] = None,
    reason: Annotated[str | None, Option(metavar="TEXT", help="The same as REASON.")] = None,
    command_id: CommandId = "",
) -> None:
    """Skip the action at the position, for a reason."""
    session = run.target_session(moving=True)
    reason_text = one_of(joined(run, why), run.text(reason or ""), "--reason")
    if why is None and reason is None:
        raise UsageProblem("Why is it skipped?", try_='rflow skip "no access to the printer"')
    _move(run, session, Skip(reason=reason_text, seen=run.seen(session), command_id=command_id), "skipped")


@app.command()
def step(
    run: App,
    text: Annotated[list[str], Words(metavar="TEXT", help="What you tried.")],
    result: Annotated[str, Option(metavar="TEXT", help="What came of it.")] = "",
    at: Annotated[
        str | None, Option(metavar="TIME", help='When you did it, if not now: 02:10, 20m, "yesterday 17:30".')
    ] = None,
    assume: Annotated[bool, Option("--assume", help="The result has not been verified.")] = False,
    pin: Pin = False,
    command_id: CommandId = "",
) -> None:
    """Record something you tried that is not in the tree.

    Anyone can do so on any session; it does not move the session in its tree. What counts comes first: the brief form
    shows 7 words of what you tried whole, and 8 of its result.
    """
    happened, when = _told(run, at) if at else (None, "")
    step_text = joined(run, text)
    command = AddStep(
        text=step_text,
        result=run.text(result),
        assume=assume,
        happened_at=happened,
        pin=pin,
        command_id=command_id,
    )
    outcome = run.send(run.target_session(), command)
    marks = f"{' (assumed)' if assume else ''}{' and pinned' if pin else ''}"
    run.report(outcome, f"step {outcome.entry} recorded{marks}{when}{acknowledged(text, step_text)}")
    suggest_change(run, outcome, step_text)
    if marks and (may_be_cut(step_text, _FIT) or may_be_cut(command.result, _FIT)):
        from rflow.cli.display.shown import say_cut_entry

        say_cut_entry(run, outcome.session, outcome.entry)


def _told(run: App, at: str) -> tuple[datetime, str]:
    """Parse a typed time; return it, and its part of the acknowledgement."""
    from rflow.cli.times import past, stated

    happened = past(at, run.workspace.now())
    return happened, f", done {stated(happened)}"


@app.command()
def back(run: App, command_id: CommandId = "") -> None:
    """Take back the last move in the tree.

    It stays in the record, shown as undone. For entries of other kinds: `rflow undo`.
    """
    session = run.target_session(moving=True)
    _move(run, session, Back(seen=run.seen(session), command_id=command_id), "taken back")


@app.command()
def enter(
    run: App,
    tree: Annotated[str, Argument(metavar="TREE", help="See `rflow tree list`.", autocompletion=trees)],
    command_id: CommandId = "",
) -> None:
    """Continue in another tree, from its start."""
    session = run.session_to_write()
    entered = named_tree(run.workspace, tree)
    command = Enter(tree=digest(entered), seen=run.seen(session), command_id=command_id)
    _move(run, session, command, f"continued in the tree {entered.id}")
