"""The reader of command lines agrees with Typer: it returns what Typer would call, or leaves the line to Typer."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any, Literal, get_args, get_origin
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rflow.cli.commands import COMMANDS, NOUNS, group_of
from rflow.cli.parsing.declare import Argument, Command, Option, Parameter, Words, parameters
from rflow.cli.parsing.reader import Call, read
from rflow.cli.parsing.shorthands import SHORT
from rflow.cli.parsing.with_typer import root_command
from rflow.cli.root import root
from rflow.errors import RflowError
from support.nightly import example_count

LINES = example_count(300, nightly=12_000)

ALL: dict[tuple[str, ...], Command] = {
    ((name, below) if name in NOUNS else (below,)): command
    for name in COMMANDS
    for below, command in group_of(name).commands.items()
    if name in NOUNS or below == name
}
GLOBAL = [parameter for parameter in parameters(root) if parameter.name in ("session", "store", "user", "config")]
ODD = st.sampled_from(
    (
        *("", "-", "--", "-h", "--help", "--version", "--json", "-x", "-1", "list", "-s", "--store", "--user=ana"),
        *("-fteams", "--co", "--no-json", "@file", "*", "--title", "--install-completion", "\udcff", "\u0661", "1_000"),
    )
)
PLAIN = st.sampled_from(["printer", "K7QM-2F", "label roll changed", "teams", "ana", "7", "0", "007", "99999999999"])
ANY = st.text(st.characters(exclude_characters="\0", exclude_categories=()), max_size=8)
WORDS = st.integers(0, 9).flatmap(lambda number: ODD if number == 0 else ANY if number < 3 else PLAIN)


def values_of(parameter: Parameter) -> st.SearchStrategy[str]:
    """Words for a parameter: most of them fit."""
    kinds = [kind for kind in (parameter.type, *get_args(parameter.type)) if kind is not type(None)]
    allowed = next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), None)
    if allowed:
        return st.sampled_from([*allowed] * 5 + ["solved"])
    return st.integers(-1, 9).map(str) | st.integers(0, 70_000).map(str) if int in kinds else WORDS


@st.composite
def given_option(draw: st.DrawFn, parameter: Parameter) -> list[str]:
    """An option as people write it: its name and a value, joined or apart, or abbreviated."""
    name = draw(st.sampled_from(parameter.options))
    if parameter.type is bool:
        return [name]
    value = draw(values_of(parameter))
    return draw(st.sampled_from([[name, value]] * 20 + [[f"{name}={value}"], [name], [name[:-1], value]]))


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """Command lines: options and arguments of a command in any order, with oddities between them."""
    name = draw(st.sampled_from(sorted(ALL)))
    declared = list(parameters(ALL[name].function))
    options = [parameter for parameter in declared if isinstance(parameter.declared, Option)]
    wanted = draw(st.lists(st.sampled_from(options + GLOBAL), max_size=4))
    parts = [draw(given_option(parameter)) for parameter in wanted]
    parts += [[draw(values_of(parameter))] for parameter in declared if isinstance(parameter.declared, Argument)]
    parts += [[draw(WORDS)] for parameter in declared if isinstance(parameter.declared, Words) and draw(st.booleans())]
    parts += draw(st.sampled_from([[]] * 6 + [[[draw(ODD)]]]))
    parts = draw(st.permutations(parts[draw(st.sampled_from([0] * 8 + [1])) :]))
    front = draw(st.integers(0, 1)) and [draw(given_option(draw(st.sampled_from(GLOBAL))))]
    name = draw(st.sampled_from([name] * 4 + [typed for typed in TYPED if TYPED[typed] == name[:1]]))
    words = [word for part in (front or []) for word in part] + list(name) + [word for part in parts for word in part]
    return draw(st.sampled_from([words] * 19 + [words[: len(name) - 1]]))


TYPED = {(typed,): means[:1] for typed, means in SHORT.items()}


class Recorded(Exception):
    """Ends a run where a command would begin."""

    def __init__(self, call: Call) -> None:
        self.call = call


class Begun:
    """Stands for the run of the program."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def close(self) -> None:
        """Close nothing."""


@contextmanager
def recording() -> Iterator[None]:
    """Let the functions that commands are made of say what they are called with."""

    def begin(context: Any, values: dict[str, Any]) -> None:
        context.obj = Begun(values)
        about = values["version"] or values["install_completion"] is not None or values["show_completion"] is not None
        if about or context.invoked_subcommand is None:
            raise Recorded((values, None, {}))

    def call(context: Any, command: Command, values: dict[str, Any]) -> None:
        raise Recorded((context.find_root().obj.values, command, values))

    with patch("rflow.cli.parsing.with_typer.begin", begin), patch("rflow.cli.parsing.with_typer.call", call):
        yield


def by_typer(words: list[str]) -> Call | None:
    """What Typer calls for a command line; None if it calls nothing (an error, help, the version)."""
    with recording(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        try:
            root_command()(list(words), prog_name="rflow")
        except Recorded as recorded:
            return recorded.call
        except (SystemExit, RflowError):
            pass
    return None


@settings(max_examples=LINES, suppress_health_check=list(HealthCheck))
@given(lines())
def test_what_the_reader_is_sure_of_is_what_typer_calls(words: list[str]) -> None:
    call = read(words, root)
    event("read" if call else "left to Typer")
    if call is not None:
        assert call == by_typer(words)


EVERYDAY = """
rflow
rflow -s K7QM-2F
rflow choose 1
rflow choose Only this computer
rflow choose yes --assume --reason "no access to the printer"
rflow done
rflow done "printed one"
rflow back
rflow step "changed the label roll" --result "no change"
rflow note "The night shift changed the label roll."
rflow note - -s K7QM-2F
rflow list --mine --limit 20
rflow list --json
rflow progress
rflow progress --copy
rflow progress K7QM-2F -f teams --brief
rflow --store work.db --user ana note x
rflow tree list
rflow note the night shift changed the label roll
rflow -s K7QM-2F step changed the label roll
rflow step --result fine changed the label roll
rflow skip no access to the printer
rflow status
rflow ls -a
rflow copy
rflow tree ls
"""


@pytest.mark.parametrize("line", EVERYDAY.strip().splitlines())
def test_everyday_command_lines_are_read_without_typer(line: str) -> None:
    words = shlex.split(line)[1:]
    call = read(words, root)
    assert call is not None
    assert call == by_typer(words)


@pytest.mark.parametrize(
    "line",
    """
rflow note
rflow note the lamp is red -s K7QM-2F
rflow step changed the roll --result no change
rflow help list
rflow notes x
rflow note --pin=yes x
rflow note -- --pin
rflow note --help
rflow -h
rflow list --limit 0
rflow list --limit=3
rflow list --limit ten
rflow step x --res y
rflow progress -fteams
rflow close --outcome solved
rflow run -- ping -c 1 printer
rflow share create --json --nothing
rflow --install-completion
""".strip().splitlines(),
)
def test_mistakes_help_and_rare_forms_are_left_to_typer(line: str) -> None:
    assert read(shlex.split(line)[1:], root) is None
