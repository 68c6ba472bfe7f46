"""`rflow` itself: the global options, and what it does without a command."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

from rflow.cli.parsing.declare import Command, Option

if TYPE_CHECKING:
    from rflow.cli.app import App, World


class GlobalOptions:
    """The global options of a run. The `App`, with everything that commands need, is created on first use."""

    def __init__(
        self,
        *,
        store: str | None,
        user: str | None,
        session: str | None,
        config: str | None,
        verbose: bool = False,
    ) -> None:
        self.store = store
        self.user = user
        self.session = session or os.environ.get("RFLOW_SESSION") or None
        self.config = config
        self.world: World | None = None
        self.verbose = verbose
        self._app: App | None = None

    @property
    def app(self) -> "App":
        """The run."""
        if self._app is None:
            from rflow.cli.app import App

            self._app = App(
                store=self.store,
                user=self.user,
                session=self.session,
                config=self.config,
                world=self.world,
                verbose=self.verbose,
            )
        return self._app

    def call(self, command: Command | None, values: dict[str, Any]) -> None:
        """Call a command; without one, show the status of the current session."""
        if command is None:
            from rflow.cli.display.status import show_status

            return show_status(self.app)
        return command.function(self if command.bare else self.app, **values)

    def close(self) -> None:
        """Close the store."""
        if self._app is not None:
            self._app.close()


def _codes(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """Complete the code of a session."""
    from rflow.cli.parsing.completion import codes

    return codes(ctx, incomplete)


def root(
    session: Annotated[
        str | None,
        Option(
            "-s",
            "--session",
            metavar="CODE",
            help="The session to work on (RFLOW_SESSION).",
            autocompletion=_codes,
        ),
    ] = None,
    store: Annotated[
        str | None,
        Option(metavar="URL|PATH", help="Where sessions live (RFLOW_STORE): a URL, a .db file or a folder."),
    ] = None,
    user: Annotated[str | None, Option(metavar="NAME", help="Who you are (RFLOW_USER).")] = None,
    config: Annotated[str | None, Option(metavar="FILE", help="The configuration file (RFLOW_CONFIG).")] = None,
    verbose: Annotated[
        bool, Option("--verbose", help="Say more: how something was copied; with --help, what every command does.")
    ] = False,
    version: Annotated[bool, Option("--version", help="Show the version.")] = False,
    install_completion: Annotated[
        str | None, Option(metavar="[SHELL]", help="Make Tab complete, in this shell if none is named.")
    ] = None,
    show_completion: Annotated[str | None, Option(metavar="[SHELL]", help="Show the script that does so.")] = None,
) -> GlobalOptions:
    """What have you tried so far? Work through a troubleshooting tree, and answer it in one command.

    `rflow` alone says where you are and what to type next.
    """
    if version or install_completion is not None or show_completion is not None:
        _about_rflow(install_completion, show_completion)
        sys.exit()
    return GlobalOptions(store=store, user=user, session=session, config=config, verbose=verbose)


def _about_rflow(install: str | None, show: str | None) -> None:
    """Print the version or the completion script of a shell, or install the script."""
    from rflow.cli.output import echo

    if install is None and show is None:
        from rflow import __version__

        return echo(f"rflow {__version__}")
    from rflow.cli.shells import setup

    return echo(setup.install(install)) if install is not None else echo(setup.script(show or ""), newline=False)
