"""What one run of the program has at hand: settings, the workspace, this terminal, and where output goes."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from rflow.cli.output import echo, folded, is_terminal
from rflow.core.actors import Actor
from rflow.core.people import Person, person
from rflow.core.session.events import HandedOff, HandoffAccepted, SessionClosed, is_steering
from rflow.core.session.head import Query
from rflow.core.session.state import Session
from rflow.core.text import ascii_controls, clean, one_line, shorten
from rflow.errors import NotAllowed, NotFound, SessionMoved, UsageProblem
from rflow.identity import new_codes
from rflow.service.sessions import find_session, load_session, send
from rflow.settings import Settings, folders, load_settings

if TYPE_CHECKING:
    from rflow.cli.terminal_state import Terminal
    from rflow.core.session.commands import Command
    from rflow.core.summary.budget.view import View
    from rflow.formats import Format
    from rflow.ports.stores import Report
    from rflow.ports.workspace import OpenWorkspace
    from rflow.service.local.administration import LocalAdministration
    from rflow.service.local.shared import SharedSessions
    from rflow.service.local.workspace import LocalWorkspace
    from rflow.service.sessions import Outcome
    from rflow.service.team.accounts import LocalAccounts
    from rflow.service.team.spaces import LocalSpaces
    from rflow.service.team.team import Team
    from rflow.service.team.tokens import LocalTokens


def now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def local(at: datetime) -> datetime:
    """Return an aware time in this computer's zone; a time that it cannot represent stays in UTC."""
    try:
        return at.astimezone()
    except (OverflowError, ValueError, OSError):  # year 1 west of Greenwich; before 1970 on Windows
        return at


class World(NamedTuple):
    """Where a run gets the time and new codes from; a replay brings those of its recording."""

    clock: Callable[[], datetime] = now
    codes: Callable[[], Iterator[str]] = new_codes


_SOON = 30
"""Seconds at a node before its limit is looked up: reading the tree costs time."""


class App:
    """One run: its global options; everything else is made when it is first used."""

    def __init__(
        self,
        *,
        store: str | None,
        user: str | None,
        session: str | None,
        config: str | None,
        world: World | None = None,
        verbose: bool = False,
    ) -> None:
        self._world = world or World()
        self.verbose = verbose
        self.flags = {"store": store, "user.name": user}
        self.session_reference = session
        self._config = config
        self._formats: dict[str, Format] = {}

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return load_settings(self.flags, folders(self._config))

    @cached_property
    def workspace(self) -> "OpenWorkspace":
        """What this user can do at the configured store, or server."""
        url = self.settings["store"].text
        if url.startswith(("https://", "http://")):
            from rflow.cli.server import workspace_at

            return workspace_at(url, self.settings.folders.state, os.environ, now)
        return self.local

    @cached_property
    def local(self) -> "LocalWorkspace":
        """What this user can do at the configured store, which must be on this machine."""
        from rflow.cli.parsing.interrupts import held

        if self.settings["store"].text.startswith(("https://", "http://")):
            raise UsageProblem(
                "That is done on the server's own store, not over HTTP.",
                try_="On the server: rflow --store PATH …, or ask an admin of it.",
            )
        actor = Actor(person=_member_named(self.settings["user.name"].text))
        with held():
            from rflow.service.opening import open_workspace

            return open_workspace(self.settings["store"].text, actor, self._world.clock, self._world.codes)

    def administration(self, report: "Report | None" = None) -> "LocalAdministration":
        """Return what this user can do with the configured store itself; long work calls `report`."""
        from rflow.ports.stores import unreported
        from rflow.service.local.administration import LocalAdministration

        return LocalAdministration(self.local.store, self.local.actor, report or unreported)

    @property
    def accounts(self) -> "LocalAccounts":
        """The accounts of the configured store."""
        from rflow.service.team.accounts import LocalAccounts

        return LocalAccounts(self.local.store, self.local.actor, clock=now)

    @property
    def spaces(self) -> "LocalSpaces":
        """The spaces of the configured store."""
        from rflow.service.team.spaces import LocalSpaces

        return LocalSpaces(self.local.store, self.local.actor, clock=now)

    @property
    def tokens(self) -> "LocalTokens":
        """The API tokens of the configured store."""
        from rflow.service.team.tokens import LocalTokens

        return LocalTokens(self.local.store, self.local.actor, clock=now)

    def open_team(self) -> "Team":
        """Open the configured store as a server uses it, on a connection of its own."""
        from rflow.service.opening import open_team

        return open_team(self.settings["store"].text, self._world.clock)

    def open_shared(self) -> "SharedSessions":
        """Open the sessions that links to the configured store show: a connection for each thread that needs one."""
        from rflow.service.opening import open_shared

        return open_shared(self.settings["store"].text, self._world.clock, local, self.patterns)

    @property
    def me(self) -> Person:
        """This user."""
        return self.workspace.actor.person

    @property
    def patterns(self) -> tuple[str, ...]:
        """This user's own patterns for secrets."""
        return tuple(self.settings["redact.patterns"].texts)

    def view(self, *, redact: bool = True) -> "View":
        """Return this user's view of sessions: as of now, in their time zone, with their patterns for secrets.

        Raises `UsageProblem` if a pattern is not a regular expression, before anything is written.
        """
        from rflow.core.redaction import Redactor
        from rflow.core.summary.budget.view import View

        Redactor(self.patterns)
        return View(as_of=self.workspace.now(), zone=local, redact=redact, patterns=self.patterns)

    def send(self, session: Session, command: "Command", contents: Mapping[str, bytes] | None = None) -> "Outcome":
        """Carry out a command on a session, of which this is the state that was read."""
        return send(self.workspace, session, command, contents)

    def send_shown(self, session: Session, command: "Command") -> "Outcome":
        """Carry out a command whose refusal shows all that has moved: the same command sent again then works."""
        try:
            return self.send(session, command)
        except SessionMoved as moved:
            if moved.version:
                self.terminal.saw(session.id, moved.version)
            raise

    @cached_property
    def terminal(self) -> "Terminal":
        """What is remembered for this terminal: the current session, and the versions displayed."""
        from rflow.cli.terminal_state import Terminal

        return Terminal(self.settings.folders.state, self.workspace.about.url, os.environ)

    def format(self, name: str) -> "Format":
        """Return an output format: one of rflow's, else of the user's, the project's or a package's."""
        if name not in self._formats:
            from rflow.formats import format_named

            self._formats[name] = format_named(name, self.settings.folders)
        return self._formats[name]

    def usual_format(self, said: str | None, output: str | None = None) -> str:
        """Return the name of the format: the one given, else by the suffix of `output`, else that of the settings.

        It must exist.
        """
        from pathlib import PurePath

        from rflow.formats import SUFFIXES

        setting = self.settings["progress.format"]
        said = said or SUFFIXES.get(PurePath(output or "").suffix.lower())
        try:
            return self.format(said or setting.text).name
        except (NotAllowed, UsageProblem) as error:
            if not said:
                error.try_ += (
                    f" It is the setting progress.format ({setting.origin}); until it is fixed, use -f markdown."
                )
            raise

    def close(self) -> None:
        """Close the store, or the connection to the server."""
        for name in ("workspace", "local"):
            if name in self.__dict__:
                self.__dict__[name].close()

    # Output

    def out(self, text: str) -> None:
        """Print data."""
        echo(text)

    def out_json(self, value: object) -> None:
        """Print data as JSON."""
        echo(ascii_controls(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()))

    def say(self, text: str) -> None:
        """Print a message; it may repeat what came from a file or the command line."""
        echo(folded(clean(text)), err=True)

    def wrote(self, session: Session, what: str) -> None:
        """Say what was written and to which session: a note in the wrong ticket is the worst mistake."""
        if not is_terminal(sys.stderr):
            self.say(f"{label(session)}: {what}")
            return
        from rflow.cli.display.acknowledgement import acknowledgement

        echo(acknowledgement(session, clean(what)), err=True)

    def did(self, outcome: "Outcome", what: str) -> None:
        """Say what a command wrote, and if it accepted a handoff; one's own move needs no second look."""
        accepted = any(isinstance(event.fact, HandoffAccepted) for event in outcome.events)
        self.wrote(outcome.session, f"handoff accepted; {what}" if accepted else what)
        seen = self.seen(outcome.session)
        up_to_date = seen is None or seen >= outcome.steered
        if up_to_date and any(is_steering(event.fact) for event in outcome.events):
            self.displayed(outcome.session)
        self._say_past_limit(outcome.session)

    def _say_past_limit(self, session: Session) -> None:
        """Suggest to escalate where a session has been at a node for longer than its limit."""
        arrived = session.arrived
        if session.tree is None or arrived is None or (self.workspace.now() - arrived).total_seconds() < _SOON:
            return
        from rflow.cli.trees.at_node import limit_line
        from rflow.service.trees import tree_of

        if line := limit_line(session, tree_of(self.workspace, session), self.workspace.now(), self.program):
            echo(line, err=True)

    def displayed(self, session: Session) -> None:
        """Remember that this terminal has seen `session` as it stands."""
        self.terminal.saw(session.id, session.version)

    # Sessions

    def session(self, reference: str | None = None) -> Session:
        """Load the session that is named, else this terminal's current one, else the only open one of this user."""
        reference = reference or self.session_reference
        if reference:
            return find_session(self.workspace, reference)
        return self.here() or self._only_one()

    def to_leave(self, command_id: str) -> Session:
        """Load the session to close or hand off.

        Where this terminal has just left one, that does not go on to whatever else is open: a second `close` out of
        habit, or one sent again, would close another customer's.
        """
        session = self._left()
        if session is None:
            return self.session()
        if session.carried_out(command_id, self.me):
            return session
        raise _which(session)

    def to_undo(self, command_id: str) -> Session:
        """Load the session of which to take something back.

        Where this terminal has just left one, by a handoff or a close, it is that one, as long as this is what would be
        taken back.
        """
        from rflow.core.session.rules.undo import last_undoable

        session = self._left()
        if session is None:
            return self.session()
        last = last_undoable(session, self.workspace.actor)
        repeated = session.carried_out(command_id, self.me) is not None
        if repeated or (last is not None and session.kinds[last] in (HandedOff, SessionClosed)):
            return session
        raise _which(session)

    def _left(self) -> Session | None:
        """Load the session that this terminal has just left; None if it has another one, or one is named."""
        left = self.terminal.left if self.terminal.current is None and not self.session_reference else None
        if left is None:
            return None
        try:
            return load_session(self.workspace, left)
        except NotFound:
            return None

    def here(self) -> Session | None:
        """Load this terminal's current session; None where it has none, or that one is gone."""
        current = self.terminal.current
        if current is None:
            return None
        try:
            return load_session(self.workspace, current)
        except NotFound:
            self.terminal.leave(current)
            return None

    def _only_one(self) -> Session:
        mine = Query(owner=self.me.id, status=("open",), limit=6)
        heads = self.workspace.heads(mine).heads
        elsewhere = self.terminal.elsewhere()
        if elsewhere is not None:
            raise UsageProblem(
                f"Which session? The current one of this terminal is in another store, {elsewhere}.",
                try_="Name the store (--store, or set RFLOW_STORE), or the session that you mean here: rflow -s CODE …",
            )
        if len(heads) == 1:
            return load_session(self.workspace, heads[0].id)
        if not heads:
            waiting = self.workspace.heads(Query(inbox=self.me.id, limit=1)).heads
            if waiting:
                raise UsageProblem(
                    f"You have no open session; {waiting[0].code} was handed to you ({shorten(waiting[0].title, 60)}).",
                    try_=f"Accept it: rflow accept {waiting[0].code} (all that was handed to you: rflow inbox)",
                )
            raise UsageProblem(
                "You have no open session.",
                try_='Start one: rflow start TREE (see: rflow tree list), or rflow start --title "What is wrong"',
            )
        listed = "\n".join(f"  {head.code}  {shorten(head.title, 60)}" for head in heads[:5])
        more = "\n  …" if len(heads) > 5 else ""
        raise UsageProblem(
            f"Which session? This terminal has no current one, and you have several open:\n{listed}{more}\n",
            try_=f"Choose one: rflow resume {heads[0].code}, or name it for one command: rflow -s {heads[0].code} …",
        )

    def begin(self, session: Session, *, named: bool = False) -> str:
        """Return how a command for `session` begins: with -s CODE if this terminal would use another session.

        `named` says that the session was named on the command line.
        """
        current = self.terminal.current
        usual = current is None and not named and self.session_reference is None
        return self.program if usual or current == session.id else f"{self.program} -s {session.code}"

    @property
    def program(self) -> str:
        """Return how a command for this store begins: with --store if it was given as a flag."""
        store = self.settings["store"]
        if store.origin != "flag":
            return "rflow"
        from shlex import quote

        from rflow.service.opening import public_url

        return f"rflow --store {quote(public_url(store.text))}"

    def seen(self, session: Session) -> int | None:
        """Return the version of `session` last displayed in this terminal."""
        return self.terminal.seen(session.id)

    # Input

    def text(self, said: str) -> str:
        """Return a text from the command line; what is not UTF-8 is replaced, with a warning."""
        if said.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in said):
            return said
        self.say("Warning: the text is not all UTF-8; what could not be read is kept as \N{REPLACEMENT CHARACTER}.")
        return clean(said)

    def read_stdin(self, limit: int) -> bytes:
        """Read standard input, up to one byte more than `limit`; on a terminal, say how to end it."""
        if sys.stdin is None:  # closed before the program began
            return b""
        if sys.stdin.isatty():
            self.say("Type or paste, then end with Ctrl-D (Ctrl-Z, Enter on Windows):")
        return sys.stdin.buffer.read(limit + 1)

    @property
    def can_ask(self) -> bool:
        """Whether a person can be asked a question."""
        return is_terminal(sys.stdin) and is_terminal(sys.stderr)

    def confirm(self, question: str, option: str) -> None:
        """Ask before something that can't be undone; without a terminal, insist on `option` instead."""
        if not self.can_ask:
            raise UsageProblem(f"{question} There is no terminal to ask at.", try_=f"To do it, add {option}.")
        from rflow.cli.ask import confirmed, or_end

        if not or_end(confirmed(folded(question))):
            raise UsageProblem("Nothing was done.", try_=f"To do it, answer y, or add {option}.")


def _which(left: Session) -> UsageProblem:
    """Return the error for a terminal that has just left a session, and may mean that one or another."""
    return UsageProblem(
        f"This terminal has no current session; {left.code} was the last one here.",
        try_="Name the one you mean: rflow -s CODE … (see: rflow list --mine)",
    )


def _member_named(name: str) -> Person:
    """Make the person who goes by `name`: somebody, not a queue."""
    member = person(clean(name))
    if not member.id or member.is_queue:
        said = f'"{member.name}" is a queue' if member.is_queue else "Your name is empty"
        raise UsageProblem(
            f"{said}: who are you?", try_='Set your name: rflow config set user.name "Ana Ruiz" (or use --user).'
        )
    return member


def label(session: Session) -> str:
    """Name a session so that nobody takes it for another: code, title, customer."""
    parts = [session.code, shorten(session.title, 60)]
    if session.brief.customer:
        parts.append(shorten(session.brief.customer, 40))
    return " · ".join(one_line(part) for part in parts)
