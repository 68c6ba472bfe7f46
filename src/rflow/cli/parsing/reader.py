"""Parses common command lines without Typer, from the same declarations (see `declare`), to start faster.

The reader returns exactly what Typer would call, or None to leave the line to Typer: abbreviated and joined options,
values that look like options, mistakes, help. A property test (tests/cli/parsing/test_reader.py) compares the two.
"""

import os
from collections.abc import Callable, Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from rflow.cli.commands import COMMANDS, NOUNS, group_of
from rflow.cli.parsing.declare import Command, Option, Parameter, parameters
from rflow.cli.parsing.shorthands import FLAGS, VALUE_OPTIONS, expand_shorthand
from rflow.cli.parsing.unquoted import doubtful_option

_EXPANDED = frozenset("~$%*?[")  # Typer expands these on Windows, where shells do not

Values = dict[str, Any]


Call = tuple[Values, Command | None, Values]
"""The values of the global options, a command (None for `rflow` alone), and its values."""


def read(words: Sequence[str], root: Callable[..., object]) -> Call | None:
    """Return the call that a command line means; None if Typer has to parse it."""
    if os.name == "nt" and any(_EXPANDED.intersection(word) for word in words):
        return None
    words = expand_shorthand(words)
    if doubtful_option(words) is not None:
        return None
    front = _split(root, globals_first(words), whole=False)
    if front is None:
        return None
    options, rest = front
    if not rest:
        return options, None, {}
    found = _command(rest)
    if found is None:
        return None
    command, rest = found
    values = None if command.verbatim else _values(command.function, rest)
    return None if values is None else (options, command, values)


def globals_first(args: Sequence[str]) -> list[str]:
    """Move the global options to the front, so that `rflow note "…" -s K7QM` works too.

    Words after `--`, and the command given to `rflow run`, are not moved.
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
        if word in FLAGS or (name in VALUE_OPTIONS and (equals or waiting) and not _is_own(name, rest)):
            front += [word] if equals or word in FLAGS else [word, waiting.pop(0)]
            continue
        running = running or (word == "run" and not rest)
        rest.append(word)
        if running and waiting and word in _valued_of_run():
            rest.append(waiting.pop(0))
    return front + rest


def global_values(words: Sequence[str]) -> dict[str, str]:
    """Return the values of the global options of a command line, by name."""
    front = globals_first(expand_shorthand(words))
    values: dict[str, str] = {}
    while front and front[0].partition("=")[0] in (*VALUE_OPTIONS, *FLAGS):
        name, equals, value = front.pop(0).partition("=")
        if name in VALUE_OPTIONS:
            values["session" if name == "-s" else name.removeprefix("--")] = value if equals else "".join(front[:1])
            front = front if equals else front[1:]
    return values


def _is_own(option: str, words: Sequence[str]) -> bool:
    """Whether the command in `words` has an option of that name itself: `rflow token list --user`."""
    found = _command([word for word in words if not word.startswith("-")])
    return found is not None and any(
        option in parameter.options
        for parameter in parameters(found[0].function)
        if isinstance(parameter.declared, Option)
    )


def _valued_of_run() -> tuple[str, ...]:
    """Return the options of `rflow run` that take a value."""
    run = group_of("run").commands["run"].function
    options = [parameter for parameter in parameters(run) if isinstance(parameter.declared, Option)]
    return tuple(name for option in options if option.type is not bool for name in option.options)


def _command(words: list[str]) -> tuple[Command, list[str]] | None:
    """Return the command that is named, and the words after its name."""
    if not words or words[0] not in COMMANDS:
        return None
    name, *rest = words
    group = group_of(name)
    if name in NOUNS:
        if not rest:
            return None
        name, *rest = rest
    command = group.commands.get(name)
    return (command, rest) if command else None


def _values(function: Callable[..., object], words: list[str]) -> Values | None:
    """Return the values of all parameters of a command."""
    split = _split(function, words, whole=True)
    if split is None:
        return None
    values, rest = split
    for parameter in parameters(function):
        if isinstance(parameter.declared, Option):
            if parameter.required and values[parameter.name] is None:
                return None
        elif not _take(parameter, rest, values):
            return None
    return None if rest else values


def _take(parameter: Parameter, rest: list[str], values: Values) -> bool:
    """Take the value of an argument from the remaining words; return False if it is uncertain."""
    values[parameter.name] = parameter.default
    if not rest:
        return not parameter.required
    if get_origin(bare(parameter.type)) is list:
        (of,) = get_args(bare(parameter.type))
        values[parameter.name] = [_value(of, parameter, word) for word in rest]
        rest.clear()
        return None not in values[parameter.name]
    values[parameter.name] = _value(parameter.type, parameter, rest.pop(0))
    return values[parameter.name] is not None


def _split(function: Callable[..., object], words: list[str], *, whole: bool) -> tuple[Values, list[str]] | None:
    """Return the values of the options, and the other words; unless `whole`, stop at the first of these."""
    known = [parameter for parameter in parameters(function) if isinstance(parameter.declared, Option)]
    by_name = {name: parameter for parameter in known for name in parameter.options}
    given: Values = {}
    rest: list[str] = []
    waiting = list(words)
    while waiting and (whole or not rest):
        word = waiting.pop(0)
        parameter = by_name.get(word)
        if parameter is None:
            if not _plain(word):
                return None
            rest.append(word)
            continue
        value = _option(parameter, waiting)
        if value is None or parameter.name in given:
            return None
        given[parameter.name] = value
    return {parameter.name: parameter.default for parameter in known} | given, rest + waiting


def _option(parameter: Parameter, waiting: list[str]) -> Any:
    """Return the value of an option; None if it is uncertain."""
    if parameter.type is bool:
        return True
    return _value(parameter.type, parameter, waiting.pop(0)) if waiting else None


def _value(type_: Any, parameter: Parameter, word: str) -> Any:
    """Return the value of a word; None if it is uncertain."""
    type_ = bare(type_)
    if not _plain(word):
        return None
    if type_ is str or (get_origin(type_) is Literal and word in get_args(type_)):
        return word
    if type_ is int and word.isascii() and word.isdigit() and len(word) < 10:
        details = parameter.declared.details
        return int(word) if details.get("min", 0) <= int(word) <= details.get("max", 10**9) else None
    return None


def _plain(word: str) -> bool:
    """Whether a word can't be an option: it is "-", or does not start with "-"."""
    return word == "-" or not word.startswith("-") if word else False


def bare(type_: Any) -> Any:
    """Return a type without its `| None`."""
    kinds = get_args(type_)
    return next(kind for kind in kinds if kind is not NoneType) if NoneType in kinds else type_
