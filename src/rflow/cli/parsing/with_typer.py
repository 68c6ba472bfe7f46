"""The command line in Typer, built from the declarations: help, completion, and lines that the reader can't parse."""

import inspect
from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rflow.cli.commands import COMMANDS, EVERYDAY, NOUNS, group_of
from rflow.cli.parsing.declare import Argument, Command, Group, Parameter, parameters
from rflow.cli.parsing.misplaced_options import misplaced
from rflow.cli.parsing.mistakes import unknown_below, unknown_command
from rflow.cli.parsing.reader import globals_first
from rflow.cli.parsing.shorthands import FLAGS, ROWS, VALUE_OPTIONS, expand_shorthand
from rflow.cli.parsing.unquoted import check_unquoted
from rflow.cli.root import root

WHOLE = "rflow.whole_help"
"""The key in the `meta` of a context for whether the help explains every command."""
TYPED = "rflow.typed"
"""The key in the `meta` of a context for the words of the command line, with its shorthand expanded."""


class Root(TyperGroup):
    """Loads commands on use, and accepts global options anywhere."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command."""
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            group = group_of(cmd_name)
            self.commands[cmd_name] = (
                _group(group) if cmd_name in NOUNS else _command(cmd_name, group.commands[cmd_name])
            )
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; an unknown one is an error with the nearest name."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise unknown_command(args[0])
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options; the global ones may also follow the command."""
        if len(args) == 1 and args[0] in ("--install-completion", "--show-completion"):
            args = [*args, ""]  # the shell that asks
        words = expand_shorthand(args)
        ctx.meta[WHOLE] = "--verbose" in words
        ctx.meta[TYPED] = words
        if not ctx.resilient_parsing:
            check_unquoted(words)
        return super().parse_args(ctx, globals_first(words))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """List the options and commands: the everyday commands, or with --verbose everything."""
        if ctx.meta.get(WHOLE):
            super().format_options(ctx, formatter)
        else:
            self._format_everyday(ctx, formatter)

    def _format_everyday(self, ctx: Any, formatter: Any) -> None:
        """List the everyday commands, then the names of the others: 30 lines in all."""
        with formatter.section("Every day"):
            formatter.write_dl([(name, _short(self.get_command(ctx, name), formatter)) for name in EVERYDAY])
        rows = [(section, " ".join(name for name in names if name not in EVERYDAY)) for section, names in _sections()]
        with formatter.section("More commands (`rflow help all` explains them)"):
            formatter.write_dl([*rows, ("Options", " ".join((*VALUE_OPTIONS, *FLAGS)))])

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands by section."""
        for section, names in _sections():
            with formatter.section(section):
                formatter.write_dl([(name, _short(self.get_command(ctx, name), formatter)) for name in names])
        with formatter.section("Short ways"):
            formatter.write_dl([("rflow " * (not typed.startswith("-")) + typed, means) for typed, means in ROWS])

    def invoke(self, ctx: Any) -> Any:
        """Run a command, and close what it opened."""
        try:
            return super().invoke(ctx)
        finally:
            if ctx.obj is not None:
                ctx.obj.close()


class Noun(TyperGroup):
    """A command with subcommands, such as `rflow tree`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the subcommand; an unknown one is an error with the nearest name."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise unknown_below(ctx.info_name, args[0], self.commands)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands, each with its whole sentence."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _short(command, formatter)) for name, command in self.commands.items()])


def _sections() -> list[tuple[str, list[str]]]:
    """Return each section of the help with the names of its commands."""
    names = dict.fromkeys(section for _, section in COMMANDS.values())
    return [(section, [name for name, (_, here) in COMMANDS.items() if here == section]) for section in names]


def _short(command: Any, formatter: Any) -> str:
    """Return the first sentence of a command's help, uncut, on two lines if necessary."""
    text: str = command.get_short_help_str(2 * formatter.width)
    return text


@cache
def root_command() -> Any:
    """Return the Typer command for the whole command line; its subcommands are loaded on use."""
    app = _typer(
        cls=Root,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    )

    def callback(context: typer.Context, **values: Any) -> None:
        begin(context, values)

    app.callback()(_declared(callback, root))
    return typer.main.get_command(app)


def begin(context: typer.Context, values: dict[str, Any]) -> None:
    """Store the global options in the context; without a command, show the status."""
    context.obj = root(**values)
    if context.invoked_subcommand is None:
        context.obj.call(None, {})


def call(context: typer.Context, command: Command, values: dict[str, Any]) -> None:
    """Call a command; `rflow run` exits with the exit code of its program."""
    given = context.find_root().obj
    try:
        given.call(command, values)
    except SystemExit as end:
        if command.verbatim and (hint := misplaced(context.meta[TYPED], failed=bool(end.code))):
            given.app.say(hint)
        raise


def _group(group: Group) -> Any:
    """Return a command with subcommands for Typer."""
    app = _typer(cls=Noun, help=group.help, no_args_is_help=True)
    for name, command in group.commands.items():
        _add(app, name, command)
    built = typer.main.get_group(app)
    for name, command in group.commands.items():
        _describe_arguments(built.commands[name], command)
    return built


def _command(name: str, command: Command) -> Any:
    """Return a single command for Typer; building all of its module would take longer."""
    app = _typer()
    _add(app, name, command)
    built = typer.main.get_command(app)
    _describe_arguments(built, command)
    return built


def _describe_arguments(built: Any, command: Command) -> None:
    """Make the help show arguments as declared, because Typer's own form differs between versions."""
    declared = {parameter.name: parameter for parameter in parameters(command.function)}
    for argument in built.params:
        if argument.param_type_name == "argument":
            parameter = declared[argument.name]
            name, help_ = (str(parameter.declared.details.get(key, "")) for key in ("metavar", "help"))
            usage = name if name.startswith("[") else f"{{{name}}}" if parameter.required else f"[{name}]"
            argument.get_usage_pieces = partial(_constant, [usage])
            argument.get_help_record = partial(_constant, (name, f"{help_}  [required]" if usage[0] == "{" else help_))


def _constant(value: Any, _: typer.Context) -> Any:
    return value


def _typer(**settings: Any) -> typer.Typer:
    # Typer's own completion is left out: its script for zsh evaluates what it is offered.
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, **settings)


def _add(app: typer.Typer, name: str, command: Command) -> None:
    def callback(context: typer.Context, **values: Any) -> None:
        call(context, command, values)

    settings = {"allow_interspersed_args": False} if command.verbatim else {}
    app.command(name, context_settings=settings)(_declared(callback, command.function))


def _declared(callback: Callable[..., None], function: Callable[..., Any]) -> Callable[..., None]:
    """Give a callback the parameters and the help of a declared function."""
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    callback.__signature__ = inspect.Signature([context, *map(_parameter, parameters(function))])  # type: ignore[attr-defined]
    callback.__annotations__ = {}
    callback.__doc__ = function.__doc__
    return callback


def _parameter(parameter: Parameter) -> inspect.Parameter:
    """Return a parameter with its declaration in Typer's terms."""
    declared: Any = (
        typer.Argument(**parameter.declared.details)
        if isinstance(parameter.declared, Argument)
        else typer.Option(*parameter.options, **parameter.declared.details)
    )
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if parameter.required else parameter.default,
        annotation=Annotated[parameter.type, declared],
    )
