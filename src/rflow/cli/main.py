"""The root of the program: global options, commands loaded when they are wanted, one boundary for errors."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from rflow.cli.app import App
from rflow.cli.output import discard_output, echo, folded, guard_streams, styled
from rflow.core.text import clean
from rflow.errors import BadInput, Exit, NotDelivered, RflowError

# Every command, in the order of the help: name -> (module, section). A module is imported when its command is wanted.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Begin"),
    "start": ("sessions", "Begin"),
    "resume": ("sessions", "Begin"),
    "list": ("sessions", "Begin"),
    "show": ("sessions", "Begin"),
    "choose": ("work", "Work through the tree"),
    "done": ("work", "Work through the tree"),
    "skip": ("work", "Work through the tree"),
    "step": ("work", "Work through the tree"),
    "back": ("work", "Work through the tree"),
    "enter": ("work", "Work through the tree"),
    "note": ("notes", "Write down"),
    "warn": ("notes", "Write down"),
    "assume": ("notes", "Write down"),
    "run": ("evidence", "Write down"),
    "attach": ("evidence", "Write down"),
    "pin": ("corrections", "Write down"),
    "unpin": ("corrections", "Write down"),
    "amend": ("corrections", "Write down"),
    "undo": ("corrections", "Write down"),
    "brief": ("header", "Write down"),
    "change": ("header", "Write down"),
    "wait": ("header", "Write down"),
    "question": ("notes", "Write down"),
    "reply": ("notes", "Write down"),
    "flag": ("notes", "Write down"),
    "progress": ("progress", "Stuck? Share it"),
    "digest": ("progress", "Stuck? Share it"),
    "share": ("share", "Stuck? Share it"),
    "serve": ("serve", "Stuck? Share it"),
    "handoff": ("handoff", "Stuck? Share it"),
    "inbox": ("handoff", "Stuck? Share it"),
    "accept": ("handoff", "Stuck? Share it"),
    "decline": ("handoff", "Stuck? Share it"),
    "close": ("sessions", "End, keep, remove"),
    "reopen": ("sessions", "End, keep, remove"),
    "export": ("interchange", "End, keep, remove"),
    "import": ("interchange", "End, keep, remove"),
    "redact": ("sessions", "End, keep, remove"),
    "delete": ("sessions", "End, keep, remove"),
    "tree": ("tree", "Set up"),
    "format": ("format", "Set up"),
    "store": ("store", "Set up"),
    "config": ("config", "Set up"),
}
_NOUNS = ("share", "tree", "format", "store", "config")
_GLOBAL = ("--store", "--user", "-s", "--session", "--config")
_OF_RUN = (
    "-c",
    "--label",
    "--step",
    "--result",
    "--on",
    "--command-id",
)  # the options of `rflow run` that take a value


class Root(TyperGroup):
    """Loads commands when they are wanted, takes global options anywhere, and turns errors into output."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command."""
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            module = import_module(f"rflow.cli.commands.{COMMANDS[cmd_name][0]}")
            self.commands[cmd_name] = (
                typer.main.get_group(module.app) if cmd_name in _NOUNS else _built(module, cmd_name)
            )
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is meant, with the nearest name where there is none."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f' Did you mean "{close[0]}"?' if close else ""
            ctx.fail(f'There is no command "{args[0]}".{hint}')
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options; the global ones may stand behind the command, too."""
        if len(args) == 1 and args[0] in ("--install-completion", "--show-completion"):
            args = [*args, ""]  # the shell that asks
        with _pointing_to_help(ctx):
            return super().parse_args(ctx, hoisted(args))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands by what they are for."""
        for section in dict.fromkeys(section for _, section in COMMANDS.values()):
            rows = [
                (name, self.get_command(ctx, name).get_short_help_str(formatter.width))
                for name, (_, here) in COMMANDS.items()
                if here == section
            ]
            with formatter.section(section):
                formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:
        """Run a command: the one place where errors become a sentence and an exit code."""
        try:
            with _pointing_to_help(ctx):
                return super().invoke(ctx)
        except RflowError as error:
            complain(error)
            raise typer.Exit(int(error.exit_code)) from None
        finally:
            if isinstance(ctx.obj, App):
                ctx.obj.close()


@contextmanager
def _pointing_to_help(ctx: typer.Context) -> Iterator[None]:
    """Let every usage error point to the command's help: an option without its value comes without a context."""
    try:
        yield
    except TyperException as error:
        error.message = clean(error.message)
        if getattr(error, "ctx", ctx) is None:
            name = ctx.invoked_subcommand
            command = ctx.command.get_command(ctx, name) if isinstance(ctx.command, Root) and name else None
            error.ctx = type(ctx)(command, info_name=name, parent=ctx) if command else ctx  # type: ignore[attr-defined]
        raise


def _built(module: ModuleType, name: str) -> Any:
    """Build one command of a module: building the others takes time, too."""
    for info in module.app.registered_commands:
        if (info.name or typer.main.get_command_name(info.callback.__name__)) == name:
            return typer.main.get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode=None)
    raise KeyError(name)


def hoisted(args: Sequence[str]) -> list[str]:
    """Move the global options to the front, so that `rflow note "…" -s K7QM` works too.

    What stands behind `--` stays, and so does all that belongs to the command given to `rflow run`.
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = list(args)
    running = False
    while waiting:
        word = waiting.pop(0)
        name, equals, _ = word.partition("=")
        if word == "--" or (running and not word.startswith("-")):
            rest += [word, *waiting]
            break
        if name in _GLOBAL and (equals or waiting):
            front += [word] if equals else [word, waiting.pop(0)]
            continue
        running = running or (word == "run" and not rest)
        rest.append(word)
        if running and word in _OF_RUN and waiting:
            rest.append(waiting.pop(0))
    return front + rest


def complain(error: RflowError) -> None:
    """Print an error: what happened, all its details, what to try."""
    lines = [folded(clean(error.what), "       ", f"{styled('rflow:', bold=True, colour='red')} ")]
    lines += [folded(clean(problem), "    ", "  ") for problem in error.problems] if isinstance(error, BadInput) else []
    lines += [folded(clean(error.try_), "       ", "       ")] if error.try_ else []
    echo("\n".join(lines), err=True)


app = typer.Typer(
    cls=Root,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,  # Typer's zsh script evaluates what it is offered
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


def _codes(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Complete the code of a session."""
    from rflow.cli.completion import codes

    return codes(ctx, incomplete)


def _version(ctx: typer.Context, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from rflow import __version__

        echo(f"rflow {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    session: Annotated[
        str | None,
        typer.Option(
            "-s",
            "--session",
            metavar="CODE",
            envvar="RFLOW_SESSION",
            help="The session to work on.",
            autocompletion=_codes,
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL|PATH", help="Where sessions live (RFLOW_STORE): a URL, a .db file or a folder."),
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="NAME", help="Who you are (RFLOW_USER).")] = None,
    config: Annotated[str | None, typer.Option(metavar="FILE", help="The configuration file (RFLOW_CONFIG).")] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    install_completion: Annotated[
        str | None, typer.Option(metavar="[SHELL]", help="Make Tab complete, in this shell if none is named.")
    ] = None,
    show_completion: Annotated[
        str | None, typer.Option(metavar="[SHELL]", help="Show the script that does so.")
    ] = None,
) -> None:
    """What have you tried so far? Work through a troubleshooting tree, and answer it in one command.

    `rflow` alone says where you are and what to type next.
    """
    context.obj = App(store=store, user=user, session=session, config=config)
    if install_completion is not None or show_completion is not None:
        _set_up_completion(install_completion, show_completion)
    elif context.invoked_subcommand is None:
        from rflow.cli.display.status import show_status

        show_status(context.obj)


def _set_up_completion(install: str | None, show: str | None) -> NoReturn:
    """Install the completion script of a shell, or print it; a command behind the option is not run."""
    from rflow.cli.shells import setup

    if install is not None:
        echo(setup.install(install))
    elif show is not None:
        echo(setup.script(show), newline=False)
    raise typer.Exit


def main() -> None:
    """Run the program."""
    sys.unraisablehook = _interrupted_late
    try:
        guard_streams()
        if "_RFLOW_COMPLETE" in os.environ:
            from rflow.cli.shells.answer import answer

            return answer(app)
        app(prog_name="rflow")
    except KeyboardInterrupt:  # before a command has begun; Typer sees to the rest
        sys.exit(130)
    except Exception as error:
        if os.environ.get("RFLOW_DEBUG"):
            raise
        if isinstance(error, OSError) and error.filename is None:  # no path was meant: a stream takes no more
            discard_output()
            what = f"The output can't be written: {error.strerror}."
            complain(NotDelivered(what, try_="What was recorded is kept. Send the output somewhere else."))
            sys.exit(int(Exit.NOT_DELIVERED))
        echo(f"rflow: something unexpected happened ({type(error).__name__}). Nothing more was written.", err=True)
        echo("       Run it again with RFLOW_DEBUG=1 to see where, and please report it.", err=True)
        sys.exit(int(Exit.UNEXPECTED))


def _interrupted_late(unraisable: Any) -> None:
    """Say nothing of a Ctrl-C that fell where it can't be raised, such as a callback of an import: it has no effect."""
    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)
