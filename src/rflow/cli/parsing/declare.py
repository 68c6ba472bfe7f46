"""Declaring a command: a plain function, whose annotations describe its parameters on the command line.

    @app.command()
    def note(run: App, text: Annotated[str, Argument(metavar="TEXT")], pin: Annotated[bool, Option("--pin")] = False):
        \"""Write a note.\"""

`with_typer` builds help, completion and error messages from the declarations; `reader` parses common command lines
without Typer. The first parameter of the function is the `App`; it is not declared.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypedDict, TypeVar, Unpack

_Function = TypeVar("_Function", bound=Callable[..., None])


class Details(TypedDict, total=False):
    """The details of a parameter; the names are Typer's."""

    metavar: str
    help: str
    hidden: bool
    show_default: bool
    min: int
    max: int
    autocompletion: Callable[[Any, str], list[tuple[str, str]]]


class Argument:
    """A parameter that is given by its position."""

    def __init__(self, **details: Unpack[Details]) -> None:
        self.details = details


class Words(Argument):
    """The last argument, if it is a text of one or more words, which needs no quotes; its type is a list of words."""


class NumberedWords(Words):
    """Like `Words`, but the first word may be the number of an entry."""


class Option:
    """A parameter that is given by name; the default is the parameter's own name, such as --command-id."""

    def __init__(self, *names: str, **details: Unpack[Details]) -> None:
        self.names = names
        self.details = details


class Parameter:
    """A declared parameter of a function."""

    def __init__(self, name: str, type_: Any, declared: Argument | Option, *, required: bool, default: Any) -> None:
        self.name = name
        self.type = type_
        self.declared = declared
        self.required = required
        self.default = default

    @property
    def options(self) -> tuple[str, ...]:
        """The names of an option."""
        assert isinstance(self.declared, Option)
        return self.declared.names or (f"--{self.name.replace('_', '-')}",)


class Command:
    """A function that is a command.

    With `verbatim`, all words after its first argument belong to that argument. With `bare`, its first parameter is
    `root.GlobalOptions` instead of the `App`, because creating the `App` would take longer than the command.
    """

    def __init__(self, function: Callable[..., None], *, verbatim: bool, bare: bool) -> None:
        self.function = function
        self.verbatim = verbatim
        self.bare = bare


class Group:
    """The commands of a module, by name; `help` describes those of a noun, such as `rflow tree`."""

    def __init__(self, help: str = "") -> None:
        self.help = help
        self.commands: dict[str, Command] = {}

    def command(
        self, name: str = "", *, verbatim: bool = False, bare: bool = False
    ) -> Callable[[_Function], _Function]:
        """Make a function a command, by default with the function's name."""

        def add(function: _Function) -> _Function:
            self.commands[name or function.__name__] = Command(function, verbatim=verbatim, bare=bare)
            return function

        return add


def parameters(function: Callable[..., object]) -> Iterator[Parameter]:
    """Return the declared parameters of a function, without `inspect`, which takes long to import."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = function.__defaults__ or ()
    defaults = dict(zip(names[len(names) - len(given) :], given, strict=True))
    for name in names:
        hint = function.__annotations__[name]
        for declared in getattr(hint, "__metadata__", ()):
            if isinstance(declared, Argument | Option):
                required = name not in defaults
                yield Parameter(name, hint.__origin__, declared, required=required, default=defaults.get(name))
