"""Commands that change who owns a session: handoff, inbox, accept, decline."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.input import pairs
from rflow.cli.output import echo
from rflow.cli.parsing.completion import people
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Actions, CommandId, Conditions, Copy, FormatName, Json, NewUser, Reference
from rflow.cli.server.sending import addressee
from rflow.core.people import Person
from rflow.core.session.commands import Accept, CancelHandoff, Decline, HandOff
from rflow.core.session.head import Query
from rflow.core.session.state import Session
from rflow.core.text import counted, listing, one_line
from rflow.errors import NotFound, StoreProblem, UsageProblem
from rflow.identity import is_code
from rflow.service.sessions import all_heads, load_session

if TYPE_CHECKING:
    from rflow.cli.news import News

app = Group()
Warnings = Annotated[
    list[str] | None, Option(metavar="TEXT", help="What they must not do, or must know. Can be repeated.")
]


@app.command()
def handoff(
    run: App,
    to: Annotated[str, Argument(metavar="[USER|@QUEUE]", help="Who takes it over.", autocompletion=people)] = "",
    note: Annotated[str, Option(metavar="TEXT", help="A message to them.")] = "",
    warn: Warnings = None,
    if_: Conditions = None,
    then: Actions = None,
    copy: Copy = False,
    format_: FormatName = None,
    all_: Annotated[bool, Option("--all", help="All my open sessions: the end of a shift.")] = False,
    yes: Annotated[bool, Option("--yes", help="Of --all: don't ask.")] = False,
    cancel: Annotated[bool, Option("--cancel", help="Take it back, as long as it is not accepted.")] = False,
    new_user: NewUser = False,
    command_id: CommandId = "",
) -> None:
    """Hand the session to somebody, who continues at the same position.

    It appears in their `rflow inbox`. --copy copies the summary for them too, -f prints it. Warnings, and each --if and
    --then, take up to 40 words and are shown in full; the brief form has room for an if-then of up to 20. With --all it
    is a shift handover: it shows your open sessions, asks, and hands each over, to be accepted one by one; --copy and
    -f deliver the digest of them.
    """
    more = bool(warn or if_ or then)
    if cancel:
        _take_back(run, command_id, alone=not (to or note or more))
        return
    if all_:
        _hand_over_all(run, to, note, format_, more=more, copy=copy, yes=yes, new=new_user, command_id=command_id)
        return
    session = run.loaded(lambda: run.session_to_leave(command_id))
    to, contingencies = _named(run, to), pairs(run, if_, then)
    delivered = _Delivered(run, format_) if copy or format_ else None
    person, known = addressee(run, to, new=new_user)
    warnings = tuple(map(run.text, warn or ()))
    command = HandOff(to=person, note=run.text(note), warnings=warnings, contingencies=contingencies)
    session = _handed(run, session, replace(command, seen=run.seen(session), command_id=command_id))
    if delivered is not None:
        delivered.deliver(session, copy=copy)
    if not (known or new_user or person.is_queue):
        run.say(f"Nobody called {person.name} has used this store yet. If the name is wrong, take it back.")
    _offer(run, session, person, summary=delivered is None)


def _hand_over_all(
    run: App, to: str, note: str, format_: str | None, *, more: bool, copy: bool, yes: bool, new: bool, command_id: str
) -> None:
    """Hand over all open sessions; raise `UsageProblem` if options other than a note were given."""
    from rflow.cli.commands.sharing.shift import hand_over

    if more or run.session_reference:
        raise UsageProblem("--all takes a --note only.", try_="Leave -s, --warn, --if and --then out.")
    person, _ = addressee(run, _named(run, to), new=new)
    hand_over(run, person, run.text(note), format_=format_, copy=copy, yes=yes, command_id=command_id)


def _handed(run: App, session: Session, command: HandOff) -> Session:
    """Hand a session over, and report it."""
    from rflow.cli.display.shown import Typed, if_thens, say_cut

    session = run.send(session, command).session
    run.terminal.leave(session.id)
    if session.pending:
        run.awaited.add(session.id, session.pending.seq)
    given = ((command.warnings, "warning"), (command.contingencies, "if-then"))
    brought = ", ".join(counted(entries, noun) for entries, noun in given if entries)
    run.report_written(session, f"handed to {command.to.name}, who hasn't accepted it yet{brought and f'; {brought}'}.")
    texts = [
        Typed(kind="handoff note", name="the note", text=command.note, part=""),
        *if_thens(command.contingencies, part=""),
    ]
    say_cut(run, f"{run.program} -s {session.code} handoff --cancel", texts, ", then hand it over again")
    run.mark_seen(session)
    return session


def _named(run: App, to: str) -> str:
    """Return the named person; raise `UsageProblem` with the known people if nobody was named."""
    if to.strip():
        return run.text(to)
    people = [(somebody.name, "") for somebody in run.workspace.people() if somebody.id != run.me.id]
    what = listing(f"To whom?{' Known here:' if people else ''}", people)
    raise UsageProblem(what, try_="Name a person, or a queue such as @tier2: rflow handoff USER")


class _Delivered:
    """The summary for the receiver. Its settings are read before anything is written, since they may be invalid."""

    def __init__(self, run: App, format_: str | None) -> None:
        self._run = run
        self._name = run.choose_format(format_)
        self._view = replace(run.view(), extent=run.format(self._name).extent)

    def deliver(self, session: Session, *, copy: bool) -> None:
        """Print the summary, or copy it."""
        from rflow.cli.delivering.deliver import deliver
        from rflow.formats import Renderings
        from rflow.service.summaries import session_progress

        progress = session_progress(self._run.workspace, session, self._view)
        deliver(self._run, self._name, session, Renderings(progress), copy=copy)


def _offer(run: App, session: Session, to: Person, *, summary: bool) -> None:
    """Say what the sender can do next: update the situation, copy the summary, send it along, cancel the handoff."""
    from rflow.cli.delivering.deliver import missing_situation, old_situation
    from rflow.cli.delivering.room import warn_about_brief
    from rflow.cli.display.text import next_block

    code, begin = session.code, f"{run.program} -s {session.code}"
    warn_about_brief(run, session, begin)
    missing_situation(run, session, begin)
    old_situation(run, session, begin)
    offers = [(f"progress {code} --copy", f"copies the summary for {to.name}")] if summary else []
    if not run.workspace.about.shared:
        offers.append((f"export {code} -o {code}.jsonl", "a file, for another machine"))
    offers.append((f"-s {code} handoff --cancel", "takes it back"))
    width = max(len(words) for words, _ in offers)
    echo(next_block([f"{run.program} {words:{width}}  ({what})" for words, what in offers]), err=True)


def _handed_off(run: App) -> Session:
    """Load the named session, else the only pending handoff of this user."""
    if run.session_reference:
        return run.session_to_write()
    me = run.me.id
    waiting = all_heads(run.workspace, Query(status=("handed_off",)))
    mine = [head for head in waiting if head.sender is not None and head.sender.id == me]
    if not mine:
        raise NotFound("You have no handoff that could be taken back.", try_="See your sessions: rflow list --mine")
    if len(mine) > 1:
        codes = ", ".join(head.code for head in mine[:5])
        raise UsageProblem(
            f"Which handoff? Several of yours are not accepted yet: {codes}.",
            try_=f"Name it: rflow -s {mine[0].code} handoff --cancel",
        )
    return load_session(run.workspace, mine[0].id)


def _take_back(run: App, command_id: str, *, alone: bool) -> None:
    """Cancel a handoff; raise `UsageProblem` unless nothing else was given."""
    from rflow.cli.display.status import show_session

    if not alone:
        raise UsageProblem("--cancel takes nothing else.", try_="Leave the rest out: rflow handoff --cancel")
    session = _handed_off(run)
    command = CancelHandoff(seen=run.seen(session), command_id=command_id)
    session = run.send(session, command).session
    run.enter(session)
    run.report_written(session, "handoff taken back.")
    show_session(run, session)


@app.command()
def inbox(run: App, json: Json = False) -> None:
    """List what waits for you: sessions handed to you or to a queue, and questions.

    It also tells, once, who answered your questions, and what happened to the sessions that you handed over; and who
    took over the session of this terminal, until `rflow` has shown that.
    """
    from rflow.cli.display.lists import inbox_entry
    from rflow.cli.display.text import next_block
    from rflow.cli.news import settle, unseen

    mine = Query(inbox=run.me.id)
    if json:
        from rflow.cli.display.json import head_record

        run.out_json([head_record(head) for head in all_heads(run.workspace, mine)])
        return
    page = run.workspace.heads(mine)
    heads = page.heads
    asked = list(_questions(run))
    found, taken = unseen(run), _taken_here(run)
    if taken:
        run.out(taken)
    if not heads and not asked and not found.news and not taken:
        run.say("Your inbox is empty.")
    for head in heads:
        session = None
        with suppress(NotFound, StoreProblem):  # one that can't be read, or is gone by now, stops no list
            session = load_session(run.workspace, head.id)
        run.out(inbox_entry(head, session, run.workspace.now(), run.program))
    if heads:
        words = ("show {}", 'accept {} --read-back "…"', 'decline {} --reason "…"')
        run.out(next_block([f"{run.program} {command.format(heads[0].code)}" for command in words]))
    if page.after:
        run.say(f"There are more sessions in your inbox; to see more: {run.program} list --inbox --limit 200")
    if asked:
        run.out(f"{chr(10) if heads else ''}Questions to you:")
    for entry in asked:
        run.out(entry)
    _tell(run, found.news, first=not heads and not asked and not taken)
    settle(run, found)


def _taken_here(run: App) -> str:
    """Return who took over the session of this terminal, when and why; "" if nobody did, or it was shown here."""
    from rflow.cli.display.text import taken_words, wrapped

    with suppress(NotFound, StoreProblem):
        session = run.current_session()
        last = session.ownership[-1].seq if session is not None and session.ownership else 0
        if session is not None and last > (run.seen(session) or 0):
            taken = taken_words(session, run.me.id, run.workspace.now())
            title = wrapped(one_line(session.title), " " * 9, f"{session.code}  ")
            return taken and f"{title}\n{wrapped(taken, ' ' * 9, ' ' * 9)}"
    return ""


def _tell(run: App, news: "list[News]", *, first: bool) -> None:
    """Show the news about this user's questions and handoffs."""
    from rflow.cli.news import news_entries

    if news:
        run.out(f"{'' if first else chr(10)}News about your questions and handoffs:")
    for line in news_entries(news, run.workspace.now(), run.program):
        run.out(line)


def _questions(run: App) -> Iterator[str]:
    """Yield the open questions to this user or to a queue as text."""
    from rflow.cli.display.lists import question_entry

    for head in all_heads(run.workspace, Query(asked=run.me.id)):
        session = load_session(run.workspace, head.id)
        for question in session.questions.values():
            if question.is_open and question.is_for(run.me.id):
                yield question_entry(session, question, run.workspace.now(), run.program)


def _handed_to_me(run: App, reference: str | None) -> Session:
    """Load the named session, else the only one in this user's inbox."""
    reference = reference or run.session_reference
    if reference:
        known = run.at_server and is_code(reference)
        return Session(id=reference, code=reference) if known else run.named(reference, first=("handed_off",))
    heads = run.workspace.heads(Query(inbox=run.me.id, limit=2)).heads
    if not heads:
        ways = ["See your sessions: rflow list --mine", "To take over somebody else's: rflow resume CODE --take"]
        raise NotFound("Your inbox is empty.", try_="\n       ".join(ways))
    if len(heads) > 1:
        raise UsageProblem("There is more than one session in your inbox.", try_="Name one: see rflow inbox")
    return load_session(run.workspace, heads[0].id)


@app.command()
def accept(
    run: App,
    reference: Reference = None,
    read_back: Annotated[
        str, Option(metavar="TEXT", help="What you understood, in your own words; the sender sees it.")
    ] = "",
    command_id: CommandId = "",
) -> None:
    """Accept a handoff, or claim one from a queue."""
    from rflow.cli.display.status import show_session

    session = _handed_to_me(run, reference)
    command = Accept(read_back=run.text(read_back), command_id=command_id)
    session = run.send(session, command).session
    run.enter(session)
    run.report_written(session, "accepted; it is yours now.")
    show_session(run, session, situation=True, arrived=True)
    if session.brief.ask:
        run.say(f'The ask stays until you write another: {run.command_prefix(session)} brief --ask "…"')


@app.command()
def decline(
    run: App,
    reason: Annotated[str, Option(metavar="TEXT", help="Why; the sender sees it.")],
    reference: Reference = None,
    command_id: CommandId = "",
) -> None:
    """Decline a handoff: the last owner gets it back."""
    session = _handed_to_me(run, reference)
    command = Decline(reason=run.text(reason), command_id=command_id)
    outcome = run.send(session, command)
    run.terminal.leave(outcome.session.id)
    run.report(outcome, f"declined; {outcome.session.owner.name} owns it again.")
