"""The resources of a run: settings, the store or server, the terminal's state, formats."""

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
    """Return the current time in UTC."""
    return datetime.now(UTC)


def local(at: datetime) -> datetime:
    """Return an aware time in the local time zone; a time that the system can't convert is returned unchanged."""
    try:
        return at.astimezone()
    except (OverflowError, ValueError, OSError):  # year 1 west of Greenwich; before 1970 on Windows
        return at


class World(msgspec.Struct, frozen=True):
    """The sources of the time and of new codes; a replay uses those of its recording."""

    clock: Callable[[], datetime] = now
    codes: Callable[[], Iterator[str]] = new_codes


class Context:
    """The global options of a run; everything else is created on first use."""

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
        """The URL of the configured store, with an absolute path."""
        from rflow.service.opening import absolute_url

        return absolute_url(self.settings["store"].text)

    @property
    def at_server(self) -> bool:
        """Whether the configured store is a server."""
        return self.settings["store"].text.startswith(("https://", "http://"))

    def at_store(self, url: str, user: str) -> Self:
        """Return a run with the same options for another store, as `user`."""
        there = type(self)(store=url, user=user, session=self.session_reference, config=self._config, world=self._world)
        if url != self.store_url:  # the token in the environment is for the configured store
            there.environ_token = ""
        return there

    @cached_property
    def workspace(self) -> "OpenWorkspace":
        """The user's workspace in the configured store or server."""
        if self.at_server:
            from rflow.cli.server import TOKEN_VARIABLE, workspace_at

            environ = {TOKEN_VARIABLE: self.environ_token}
            return workspace_at(self.settings["store"].text, self.settings.folders.state, environ, now)
        return self.local

    @cached_property
    def local(self) -> "LocalWorkspace":
        """The user's workspace in the configured store; raises `UsageProblem` for a server."""
        from rflow.cli.parsing.interrupts import defer_interrupts

        self._check_not_at_server()
        actor = Actor(person=_member_named(self.settings["user.name"].text))
        with defer_interrupts():
            from rflow.service.opening import open_workspace

            return open_workspace(self.settings["store"].text, actor, self._world.clock, self._world.codes)

    def _check_not_at_server(self, page: str = "") -> None:
        """Raise `UsageProblem` for a server, with the address of its page for the same task, if there is one."""
        if self.at_server:
            browser = f"; in a browser: {self._place}{page}"
            raise UsageProblem(
                "That is done on the server's own store, not over HTTP.",
                try_=f"On the server: rflow --store PATH …{browser if page else ', or ask an admin of it.'}",
            )

    def administration(self, report: "Report | None" = None) -> "LocalAdministration":
        """Return the administration of the configured store; long operations call `report`."""
        from rflow.ports.values import unreported
        from rflow.service.local.administration import LocalAdministration

        return LocalAdministration(self.local.store, self.local.actor, report or unreported, clock=self._world.clock)

    def restore(self, backup: "Path") -> "tuple[Verified, Path | None]":
        """Replace the configured store with a backup; return the backup's content, and where the old store is kept."""
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
        """Open the configured store for a server, on a connection of its own."""
        from rflow.service.opening import open_team

        return open_team(self.settings["store"].text, self._world.clock)

    def open_upkeep(self, settings: "NoticeSettings", report: "Callable[[Counts], object]") -> "Upkeep":
        """Return the background tasks of a server of this store."""
        from rflow.service.opening import open_for_upkeep
        from rflow.service.upkeep import Upkeep

        store, clock = self.settings["store"].text, self._world.clock
        return Upkeep(lambda: open_for_upkeep(store), settings, clock=clock, report=report)

    def open_shared(self) -> "SharedSessions":
        """Open the sessions that links show, with a connection for each thread."""
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
        """Return the summary options of this user: the current time, their time zone, their patterns for secrets.

        Raises `UsageProblem` if a pattern is not a regular expression.
        """
        from rflow.core.redaction import Redactor
        from rflow.core.summary.budget.view import View

        Redactor(self.patterns)
        return View(as_of=self.workspace.now(), zone=local, redact=redact, patterns=self.patterns)

    @cached_property
    def terminal(self) -> "Terminal":
        """The state of this terminal: the current session, and the versions it has shown."""
        from rflow.cli.terminal_state import Terminal

        return Terminal(self.settings.folders.state_name, self._place, os.environ)

    @property
    def awaited(self) -> "Awaited":
        """The questions and handoffs of this user whose outcome they have not seen yet."""
        from rflow.cli.app.awaited import Awaited

        return Awaited(self.settings.folders.state_name, self._place, self.me.id)

    @property
    def _place(self) -> str:
        """The address of the store or server; the user need not be signed in."""
        if not self.at_server:
            return self.workspace.about.url
        from rflow.cli.server import base_of, server_url

        return base_of(server_url(self.settings["store"].text))

    def format(self, name: str) -> "Format":
        """Return an output format: built in, or of the user, the project or a package."""
        if name not in self._formats:
            from rflow.formats import format_named

            self._formats[name] = format_named(name, self.settings.folders)
        return self._formats[name]

    def choose_format(self, requested: str | None, output: str | None = None, *, leaves: bool = True) -> str:
        """Return the name of the format to use: the given one, else by the suffix of `output`, else the setting.

        Without a setting, output that is only shown on a terminal (not `leaves`) is plain text. Raises `UsageProblem`
        or `NotAllowed` if the format can't be used.
        """
        from rflow.formats import format_by_suffix

        setting = self.settings["progress.format"]
        requested = requested or format_by_suffix(output or "")
        if not (requested or output or leaves) and setting.origin == "default" and is_terminal(sys.stdout):
            requested = "text"
        try:
            return self.format(requested or setting.text).name
        except (NotAllowed, UsageProblem) as error:
            if not requested:
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
        """The prefix of a command line for this user and store, with --config, --store and --user if given as flags.

        --user is left out for a server, where the token identifies the user, and if it names the default user.
        """
        if self._config is None and not any(self.flags.values()):
            return "rflow"
        store = self.settings["store"]
        return self._program(store.text, named=store.origin == "flag")

    def program_at(self, url: str) -> str:
        """Return the prefix of a command line for this user and the store at `url`."""
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
        """Return a message with the given global options added to the commands in it."""
        session = self.session_reference if self.session_reference != os.environ.get("RFLOW_SESSION") else None
        if self._config is None and session is None and not any(self.flags.values()):
            return message
        from rflow.cli.app.hints import typable

        return typable(message, config=self._config, program=self.program, session=session)


def _member_named(name: str) -> Person:
    """Return the person with this name; raise `UsageProblem` if it is empty or a queue."""
    member = person(clean(name))
    if not member.id or member.is_queue:
        problem = f'"{member.name}" is a queue' if member.is_queue else "Your name is empty"
        raise UsageProblem(
            f"{problem}: who are you?", try_='Set your name: rflow config set user.name "Ana Ruiz" (or use --user).'
        )
    return member
