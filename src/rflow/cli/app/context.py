"""What a run of the program uses: settings, the store or server, this terminal, formats."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

import msgspec

from rflow.cli.output import is_terminal
from rflow.core.actors import Actor
from rflow.core.people import Person, person
from rflow.core.text import clean
from rflow.errors import NotAllowed, UsageProblem
from rflow.identity import new_codes
from rflow.settings import Settings, folders, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from rflow.cli.app.awaited import Awaited
    from rflow.cli.terminal_state import Terminal
    from rflow.core.summary.budget.view import View
    from rflow.formats import Format
    from rflow.ports.values import Report, Verified
    from rflow.ports.workspace import OpenWorkspace
    from rflow.service.local.administration import LocalAdministration
    from rflow.service.local.shared import SharedSessions
    from rflow.service.local.workspace import LocalWorkspace
    from rflow.service.notices.sending import NoticeSettings
    from rflow.service.team.accounts import LocalAccounts
    from rflow.service.team.spaces import LocalSpaces
    from rflow.service.team.team import Team
    from rflow.service.team.tokens import LocalTokens
    from rflow.service.upkeep import Counts, Upkeep


def now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def local(at: datetime) -> datetime:
    """Return an aware time in this computer's zone; a time that it cannot represent stays in UTC."""
    try:
        return at.astimezone()
    except (OverflowError, ValueError, OSError):  # year 1 west of Greenwich; before 1970 on Windows
        return at


class World(msgspec.Struct, frozen=True):
    """Where a run gets the time and new codes from; a replay brings those of its recording."""

    clock: Callable[[], datetime] = now
    codes: Callable[[], Iterator[str]] = new_codes


class Context:
    """The global options of a run; everything else is made when it is first used."""

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
        self.environ_token = os.environ.get("RFLOW_TOKEN", "")

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return load_settings(self.flags, folders(self._config))

    @property
    def store_url(self) -> str:
        """The configured store with its whole path, so that the name works in other folders."""
        from rflow.service.opening import absolute_url

        return absolute_url(self.settings["store"].text)

    @property
    def at_server(self) -> bool:
        """Whether the configured store is a server."""
        return self.settings["store"].text.startswith(("https://", "http://"))

    def at_store(self, url: str, user: str) -> Self:
        """Return a run with the same options at another store, as `user`."""
        there = type(self)(store=url, user=user, session=self.session_reference, config=self._config, world=self._world)
        if url != self.store_url:  # the token in the environment is for the configured store
            there.environ_token = ""
        return there

    @cached_property
    def workspace(self) -> "OpenWorkspace":
        """What this user can do at the configured store, or server."""
        if self.at_server:
            from rflow.cli.server import TOKEN_VARIABLE, workspace_at

            environ = {TOKEN_VARIABLE: self.environ_token}
            return workspace_at(self.settings["store"].text, self.settings.folders.state, environ, now)
        return self.local

    @cached_property
    def local(self) -> "LocalWorkspace":
        """What this user can do at the configured store, which must be on this machine."""
        from rflow.cli.parsing.interrupts import held

        self._check_not_at_server()
        actor = Actor(person=_member_named(self.settings["user.name"].text))
        with held():
            from rflow.service.opening import open_workspace

            return open_workspace(self.settings["store"].text, actor, self._world.clock, self._world.codes)

    def _check_not_at_server(self, page: str = "") -> None:
        """Raise `UsageProblem` at a server, with the address of its page for the same, if there is one."""
        if self.at_server:
            browser = f"; in a browser: {self._place}{page}"
            raise UsageProblem(
                "That is done on the server's own store, not over HTTP.",
                try_=f"On the server: rflow --store PATH …{browser if page else ', or ask an admin of it.'}",
            )

    def administration(self, report: "Report | None" = None) -> "LocalAdministration":
        """Return what this user can do with the configured store itself; long work calls `report`."""
        from rflow.ports.values import unreported
        from rflow.service.local.administration import LocalAdministration

        return LocalAdministration(self.local.store, self.local.actor, report or unreported, clock=self._world.clock)

    def restore(self, backup: "Path") -> "tuple[Verified, Path | None]":
        """Put a backup in the place of the configured store; return what it holds, and where the old one is kept."""
        from rflow.service.heartbeat import running
        from rflow.service.opening import restore_store

        about, actor = self.local.about, self.local.actor
        server = running(self.settings.folders.state, about.url)
        return restore_store(about.url, backup, actor, self._world.clock, server=server)

    @property
    def accounts(self) -> "LocalAccounts":
        """The accounts of the configured store."""
        from rflow.service.team.accounts import LocalAccounts

        self._check_not_at_server("/admin")
        return LocalAccounts(self.local.store, self.local.actor, clock=now)

    @property
    def spaces(self) -> "LocalSpaces":
        """The spaces of the configured store."""
        from rflow.service.team.spaces import LocalSpaces

        self._check_not_at_server("/spaces")
        return LocalSpaces(self.local.store, self.local.actor, clock=now)

    @property
    def tokens(self) -> "LocalTokens":
        """The API tokens of the configured store."""
        from rflow.service.team.tokens import LocalTokens

        self._check_not_at_server("/tokens")
        return LocalTokens(self.local.store, self.local.actor, clock=now)

    def open_team(self) -> "Team":
        """Open the configured store as a server uses it, on a connection of its own."""
        from rflow.service.opening import open_team

        return open_team(self.settings["store"].text, self._world.clock)

    def open_upkeep(self, settings: "NoticeSettings", report: "Callable[[Counts], object]") -> "Upkeep":
        """Return what a server of this store does besides answering requests."""
        from rflow.service.opening import open_for_upkeep
        from rflow.service.upkeep import Upkeep

        store, clock = self.settings["store"].text, self._world.clock
        return Upkeep(lambda: open_for_upkeep(store), settings, clock=clock, report=report)

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

    @cached_property
    def terminal(self) -> "Terminal":
        """What is remembered for this terminal: the current session, and the versions displayed."""
        from rflow.cli.terminal_state import Terminal

        return Terminal(self.settings.folders.state_name, self._place, os.environ)

    @property
    def awaited(self) -> "Awaited":
        """The questions and handoffs of this user whose outcome was not shown to them yet."""
        from rflow.cli.app.awaited import Awaited

        return Awaited(self.settings.folders.state_name, self._place, self.me.id)

    @property
    def _place(self) -> str:
        """The address of the store or server; for a server's, nobody has to be signed in."""
        if not self.at_server:
            return self.workspace.about.url
        from rflow.cli.server import base_of, server_url

        return base_of(server_url(self.settings["store"].text))

    def format(self, name: str) -> "Format":
        """Return an output format: one of rflow's, else of the user's, the project's or a package's."""
        if name not in self._formats:
            from rflow.formats import format_named

            self._formats[name] = format_named(name, self.settings.folders)
        return self._formats[name]

    def usual_format(self, said: str | None, output: str | None = None, *, leaves: bool = True) -> str:
        """Return the name of the format: the one given, else by the suffix of `output`, else that of the settings.

        Where none is set, what only goes to a terminal, and does not leave it, is plain text. The format must exist.
        """
        from rflow.formats import format_by_suffix

        setting = self.settings["progress.format"]
        said = said or format_by_suffix(output or "")
        if not (said or output or leaves) and setting.origin == "default" and is_terminal(sys.stdout):
            said = "text"
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

    @property
    def _usual_user(self) -> object:
        return load_settings(self.flags | {"user.name": None}, self.settings.folders)["user.name"].value

    @property
    def program(self) -> str:
        """Return how a command of this user for this store begins: with --config, --store and --user if given as flags.

        At a server the token says who the user is; --user is left out where it names who works here anyway.
        """
        if self._config is None and not any(self.flags.values()):
            return "rflow"
        store = self.settings["store"]
        return self._program(store.text, named=store.origin == "flag")

    def program_at(self, url: str) -> str:
        """Return how a command of this user for the store at `url` begins."""
        return self._program(url, named=True)

    def _program(self, url: str, *, named: bool) -> str:
        from shlex import quote

        from rflow.service.opening import public_url

        user = self.settings["user.name"]
        by_token = url.startswith(("https://", "http://"))
        other_user = user.origin == "flag" and not by_token and self._usual_user != user.value
        words = ["rflow", *(["--config", quote(self._config)] if self._config else ())]
        words += ["--store", quote(public_url(url))] if named else []
        return " ".join([*words, *(["--user", quote(user.text)] if other_user else ())])

    def typable(self, message: str) -> str:
        """Return a message whose commands can be typed as they are: with the global options that were given."""
        session = self.session_reference if self.session_reference != os.environ.get("RFLOW_SESSION") else None
        if self._config is None and session is None and not any(self.flags.values()):
            return message
        from rflow.cli.app.hints import typable

        return typable(message, config=self._config, program=self.program, session=session)


def _member_named(name: str) -> Person:
    """Make the person who goes by `name`: somebody, not a queue."""
    member = person(clean(name))
    if not member.id or member.is_queue:
        said = f'"{member.name}" is a queue' if member.is_queue else "Your name is empty"
        raise UsageProblem(
            f"{said}: who are you?", try_='Set your name: rflow config set user.name "Ana Ruiz" (or use --user).'
        )
    return member
