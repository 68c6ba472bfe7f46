"""Commands for drafts, which could not be sent: drafts list, show, send, remove."""

from typing import Annotated

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.output import echo_bytes
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.cli.server.drafts import Draft, Drafts
from rflow.core.session.commands import Command, ReplyQuestion, Start
from rflow.core.session.rules.entries import question_answered
from rflow.core.session.state import Session
from rflow.core.text import byte_size, counted
from rflow.errors import NotFound, RflowError, Unreachable, UsageProblem
from rflow.service.sessions import Outcome, fits_address, send

app = Group(help="What could not be sent to a server: list, show, send, remove.")
Id = Annotated[str, Argument(metavar="DRAFT", help="Its id: see `rflow drafts list`.")]
Ids = Annotated[list[str] | None, Argument(metavar="[DRAFT]...", help="Their ids; without any, all.")]


@app.command("list")
def list_(run: App, json: Json = False) -> None:
    """List what could not be sent, the oldest first."""
    from rflow.cli.display.lists import table
    from rflow.cli.times import stated

    drafts = Drafts(run.settings.folders.drafts).all()
    if json:
        return run.out_json([_record(draft) for draft in drafts])
    if not drafts:
        return run.say("There are no drafts: everything was sent.")
    rows = [(draft.id, stated(draft.at), _session(draft), draft.store, draft.what) for draft in drafts]
    run.out(table([("DRAFT", "ENTERED", "SESSION", "STORE", "WHAT"), *rows], {3: 20, 4: 20}))
    return run.say("To send them: rflow drafts send")


def _session(draft: Draft) -> str:
    """Return the session of a draft for a list."""
    return "the new one" if draft.after else draft.code or draft.session or "-"


def _record(draft: Draft) -> dict[str, object]:
    return {
        "id": draft.id,
        "at": draft.at,
        "store": draft.store,
        "session": draft.session,
        "command": draft.command,
        "bytes": sum(map(len, draft.contents.values())),
        "why": draft.why,
    }


@app.command()
def show(run: App, reference: Id) -> None:
    """Print the whole text of a draft; of captured output, its bytes as they came."""
    (draft,) = Drafts(run.settings.folders.drafts).named([reference])
    if draft.contents:
        for content in draft.contents.values():
            echo_bytes(content)
    else:
        run.out_json(draft.command)


@app.command("send")
def send_(run: App, references: Ids = None) -> None:
    """Send what could not be sent before, the oldest first.

    Each is carried out once: what had arrived although the connection broke changes nothing. A draft that is refused is
    kept. With -s: what was for a session that was never started, because its draft was removed, goes to this one.
    """
    drafts = Drafts(run.settings.folders.drafts)
    chosen = drafts.named(references) if references else drafts.all()
    if not chosen:
        return run.say("There are no drafts: everything was sent.")
    failures: list[RflowError] = []
    before = _Before(drafts, run.session_reference or "")
    for draft in chosen:
        try:
            _send(run, draft, before)
        except Unreachable:
            raise
        except RflowError as error:
            run.say(f"{draft.id} ({draft.what}): {error.what} {error.try_}")
            failures.append(error)
            continue
        drafts.remove(draft)
    if failures:
        left = UsageProblem(
            f"{counted(len(failures), 'draft')} could not be sent.",
            try_="They are kept: rflow drafts show DRAFT, rflow drafts remove DRAFT",
        )
        left.exit_code = failures[0].exit_code
        raise left
    return None


class _Before:
    """The effects of earlier drafts: the sessions that they started, and the versions after their moves.

    One's own moves are not news.
    """

    def __init__(self, drafts: Drafts, named: str) -> None:
        self._drafts, self._named = drafts, named
        self._after: dict[tuple[str, str, int], int] = {}
        self._started: dict[str, Session] = {}

    def started(self, draft: Draft, session: Session) -> None:
        """Record the session that a draft started."""
        self._started[draft.command.command_id] = session

    def addressed(self, draft: Draft) -> Draft:
        """Return a draft with the session that an earlier draft started, if it is for that session.

        If no draft starts it any more, it is for the session that the user names.
        """
        if not draft.after:
            return draft
        session = self._started.get(draft.after)
        if session is not None:
            return replace(draft, session=session.id, code=session.code, after="")
        if self._drafts.starts(draft.after):
            raise NotFound("The session that it is for has not been started.", try_="Send all: rflow drafts send")
        if self._named:
            return replace(draft, session=self._named, after="")
        raise NotFound(
            "The draft that starts its session was removed.",
            try_=f"To send it to another session: rflow -s CODE drafts send {draft.id}. To see or remove it: "
            f"rflow drafts show {draft.id}, rflow drafts remove {draft.id}",
        )

    def caught_up(self, draft: Draft) -> Draft:
        """Return a draft that has seen the effects of earlier drafts."""
        seen = draft.command.seen
        after = None if seen is None else self._after.get((draft.store, draft.session, seen))
        return draft if after is None else replace(draft, command=replace(draft.command, seen=after))

    def add(self, draft: Draft, outcome: Outcome) -> None:
        """Record the effect of a draft; it was accepted, so nobody had moved the session since the version it saw."""
        if draft.command.seen is not None:
            self._after[draft.store, draft.session, draft.command.seen] = outcome.session.version


def _send(run: App, draft: Draft, before: _Before) -> None:
    """Send a draft to its store, and report the outcome."""
    from rflow.service.opening import public_url

    here = public_url(run.store_url) == draft.store  # a draft has no password
    there = run.at_store(run.store_url if here else draft.store, draft.user)
    try:
        if isinstance(draft.command, Start):
            outcome = _started(there, draft.command)
            before.started(draft, outcome.session)
            Drafts(run.settings.folders.drafts).started(draft, outcome.session)
        else:
            draft = before.addressed(draft)
            session = _addressee(there, draft)
            command = _with_question(there, session, before.caught_up(draft))
            outcome = send(there.workspace, session, command, draft.contents)
            before.add(draft, outcome)
        size = sum(map(len, draft.contents.values()))
        what = f"{draft.what}{f' ({byte_size(size)})' if size else ''}"
        there.report(outcome, f"{what}: {'sent' if outcome.events else 'nothing new, it had arrived before'}.")
    finally:
        there.close()


def _addressee(there: App, draft: Draft) -> Session:
    """Return the session of a draft; only its name, if the server can find it by that."""
    if draft.session and fits_address(draft.session):
        return Session(id=draft.session, code=draft.session)
    return there.session(draft.session)


def _with_question(there: App, session: Session, draft: Draft) -> Command:
    """Return the command of a draft; an answer without a number gets the number of its question."""
    command = draft.command
    if not isinstance(command, ReplyQuestion) or command.target:
        return command
    loaded = there.session(session.id)
    target = question_answered(loaded, command.command_id, there.me)
    if target is None:
        raise UsageProblem(
            f"It is not clear which question of {loaded.code} it answers.",
            try_=f'To see it: rflow drafts show {draft.id}. To answer: rflow -s {loaded.code} reply SEQ "…". '
            f"Then: rflow drafts remove {draft.id}",
        )
    return replace(command, target=target)


def _started(there: App, command: Start) -> Outcome:
    from rflow.core.session.replay import replay

    sent = there.workspace.start(command)
    session = replay(sent.tail, Session(id=sent.session, code=sent.code))
    there.terminal.enter(session.id, session.code)
    return Outcome(session=session, events=sent.events, entry=sent.entry)


@app.command()
def remove(run: App, references: Ids = None, yes: Annotated[bool, Option("--yes", help="Don't ask.")] = False) -> None:
    """Remove drafts without sending them."""
    drafts = Drafts(run.settings.folders.drafts)
    chosen = drafts.named(references) if references else drafts.all()
    if chosen and not yes:
        listed = "; ".join(draft.what for draft in chosen[:3]) + ("; …" if len(chosen) > 3 else "")
        run.confirm(f"Remove {counted(len(chosen), 'draft')} for good ({listed})?", "--yes")
    for draft in chosen:
        drafts.remove(draft)
    run.say(f"{counted(len(chosen), 'draft')} removed.")
