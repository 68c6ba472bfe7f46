"""Error messages for mistakes on the command line: what is wrong, the possible values, what to type.

Typer detects the mistakes; `explained` converts its exceptions to `UsageProblem`, with the help of the declarations.
It compares the names of the exceptions, because only their base class is public.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, takewhile
from types import SimpleNamespace
from typing import Any, Literal, get_args, get_origin

from rflow.cli.parsing.declare import Argument, Option, Parameter, Words, parameters
from rflow.cli.parsing.reader import bare, global_values
from rflow.cli.parsing.shorthands import (
    BELOW,
    VALUE_OPTIONS,
    command_meant,
    expand_shorthand,
    place_of_command,
    suggestion,
)
from rflow.cli.parsing.suggested_line import (
    CurrentCommand,
    current_command,
    in_quotes,
    line_of,
    metavar,
    pieces,
    text_of,
    with_text,
)
from rflow.cli.root import root
from rflow.core.text import clean, listing, one_line, shorten
from rflow.errors import UsageProblem
from rflow.identity import is_code
from rflow.settings import SETTINGS


def explained(error: Exception, words: Sequence[str]) -> UsageProblem:
    """Return an error of Typer as a `UsageProblem`."""
    here = current_command(words)
    explain = _KINDS.get(type(error).__name__, _other)
    return explain(error, here, words)


def check_values(words: Sequence[str]) -> None:
    """Refuse an option in the place of another option's value, which Typer would accept as the value."""
    here = current_command(words)
    found = pieces(here, words)
    if here.name == "run":  # the options after the program belong to the program
        found = list(takewhile(lambda piece: not piece.is_text, found))
    for piece, behind in pairwise(found):
        option, word = piece.words[0], behind.words[0]
        known = None if piece.is_text or behind.is_text or len(piece.words) > 1 else here.named(option)
        if known is not None and known.type is not bool:
            raise UsageProblem(
                f"{option} needs a value, but {word} stands behind it.",
                try_=f'Leave {option} out, or write {option} "…"   If {word} is the value: {option}={in_quotes(word)}',
            )


def _no_such_option(error: Any, here: CurrentCommand, words: Sequence[str]) -> UsageProblem:
    if error.option_name in VALUE_OPTIONS:  # without its value it was not moved to the front
        return _needed(here.named(error.option_name), error.option_name, here, words)
    declared = [each for each in (*here.declared, *parameters(root)) if isinstance(each.declared, Option)]
    names = [name for each in declared if not each.declared.details.get("hidden") for name in each.options]
    close = suggestion(error.option_name, names, _meant(names)) if error.option_name.startswith("--") else ""
    hint = f'Did you mean "{close}"? ' if close in names else ""
    if any(isinstance(each.declared, Words) for each in here.declared):
        hint += f"If it belongs to the text, put that in quotes: {with_text(here, words)} "
    return UsageProblem(
        f"{here.name} has no option {_quoted(error.option_name)}.",
        try_=f"{hint}(see: {here.help})" if hint else f"See: {here.help}",
    )


def _meant(names: Sequence[str]) -> dict[str, str]:
    """Return the options of other programs -> what they are called here, for a command with these options."""
    return _OPTIONS_MEANT | ({"--force": "--overwrite"} if "--overwrite" in names else {})


_OPTIONS_MEANT = {
    "--message": "--summary",
    "--force": "--yes",
    "--clipboard": "--copy",
    "--why": "--reason",
    "--out": "--output",
    "--closed": "--all",
    "--to": "--for",
}


def _missing(error: Any, here: CurrentCommand, words: Sequence[str]) -> UsageProblem:
    return _needed(here.named(error.param.name), error.param.name, here, words)


def _option_misused(error: Any, here: CurrentCommand, words: Sequence[str]) -> UsageProblem:
    parameter = here.named(error.option_name)
    if parameter is not None and parameter.type is bool:
        return UsageProblem(f"{error.option_name} takes no value.", try_=f"See: {here.help}")
    return _needed(parameter, error.option_name, here, words)


def _needed(parameter: Parameter | None, name: str, here: CurrentCommand, words: Sequence[str]) -> UsageProblem:
    """Return the error for a missing value, with the possible values."""
    if parameter is None:
        return UsageProblem(f"{here.name} needs {name}.", try_=f"See: {here.help}")
    is_option = isinstance(parameter.declared, Option)
    who = name if is_option and name in parameter.options else here.name
    value = f"{parameter.options[-1]} {metavar(parameter)}" if is_option and who != name else metavar(parameter)
    help_ = str(parameter.declared.details.get("help", ""))
    text = text_of(here, words) if is_option and metavar(parameter) == "TEXT" else ""
    options = [] if is_option else [piece.typed for piece in pieces(here, words) if not piece.is_text]
    write = (
        f"{here.usage} {who if who == name else ''} {value}"
        if is_option
        else " ".join([here.path, *options, here.usage.removeprefix(here.path)])
    )
    write = f"{here.path} {parameter.options[-1]} {text}" if text else write
    return UsageProblem(
        listing(f"{who} needs {value}: {help_[:1].lower()}{help_[1:]}", offers(parameter, words)),
        try_=f"Write it as: {' '.join(write.split())}   (help: {here.help})",
    )


def _bad_value(error: Any, here: CurrentCommand, words: Sequence[str]) -> UsageProblem:
    parameter = here.named(error.param.name) if error.param is not None else None
    if parameter is None:
        return _other(error, here, words)
    value = _given(parameter, here, words)
    actual = f", not {_quoted(value)}" if value is not None else ""
    name = parameter.options[-1] if isinstance(parameter.declared, Option) else metavar(parameter).strip("[].")
    return UsageProblem(f"{name} takes {_kind(parameter)}{actual}.", try_=f"See: {here.help}")


def _given(parameter: Parameter, here: CurrentCommand, words: Sequence[str]) -> str | None:
    """Return the value of a parameter on a command line; None if it is unclear."""
    if isinstance(parameter.declared, Option):
        for word, following in zip(words, [*words[1:], ""], strict=True):
            name, equals, value = word.partition("=")
            if name in parameter.options:
                return value if equals else following
        return None
    line = expand_shorthand(words)
    rest = line[place_of_command(line) + len(here.path.split()) - 1 :]
    return next((word for word in rest if not word.isdecimal() and not word.startswith("-")), None)


def _kind(parameter: Parameter) -> str:
    """Return a phrase for the values that a parameter takes."""
    type_ = bare(parameter.type)
    if get_origin(type_) is Literal:
        *others, last = get_args(type_)
        return f"{', '.join(others)} or {last}"
    if type_ is int or get_args(type_) == (int,):
        details = parameter.declared.details
        if "max" in details:
            return f"a number from {details.get('min', 0)} to {details['max']}"
        return (
            "the number of an entry (see `rflow show`)"
            if metavar(parameter).startswith(("SEQ", "[SEQ"))
            else "a number"
        )
    return metavar(parameter)


def _other(error: Any, here: CurrentCommand, words: Sequence[str]) -> UsageProblem:
    """Explain extra words, and all other errors of Typer."""
    extra = re.match(r"Got unexpected extra arguments? ?(?:\(s\) )?\((.*)\)", error.message, re.DOTALL)
    if extra is None:
        return UsageProblem(clean(error.message), try_=f"See: {here.help}")
    if here.name == "undo" and extra[1].isdecimal():
        ways = f'To correct entry {extra[1]}: rflow amend {extra[1]} "…"   To erase it: rflow redact {extra[1]}'
        return UsageProblem("undo takes no number: it undoes the last thing that you entered.", try_=ways)
    what = f"{here.name} does not know what to do with {_quoted(extra[1])}."
    arguments = [each for each in here.declared if isinstance(each.declared, Argument)]
    texts = [piece.words[0] for piece in pieces(here, words) if piece.is_text]
    if problem := _text_of_option(what, here, words, texts):
        return problem
    if not arguments:
        return UsageProblem(f"{here.name} takes no text, but there is {_quoted(extra[1])}.", try_=f"See: {here.help}")
    if is_code("".join(texts[:1])):
        return UsageProblem(what, try_=f"Name the session alone: {here.path} {texts[0]}   (help: {here.help})")
    if len(arguments) > 1 or bare(arguments[0].type) is not str:
        return UsageProblem(what, try_=f"Write it as: {here.usage}   (help: {here.help})")
    return _unquoted(what, here, with_text(here, words, leading=0))


def _unquoted(what: str, here: CurrentCommand, line: str) -> UsageProblem:
    return UsageProblem(what, try_=f"Put a text of several words in quotes: {line}   (help: {here.help})")


_TEXT_MEANT = {"start": ("--title", 0), "brief": ("--ask", 0), "handoff": ("--note", 1)}
"""The option that unquoted words of a command are probably for, and the number of arguments before them."""


def _text_of_option(what: str, here: CurrentCommand, words: Sequence[str], texts: Sequence[str]) -> UsageProblem | None:
    """Return the error for unquoted words that are probably the value of an option; None if they are not.

    If it is unclear which of two texts is meant, or whether an argument follows a text, no whole line is suggested.
    """
    option, leading = _TEXT_MEANT.get(here.name, ("", 0))
    if here.name == "accept" and is_code("".join(texts[:1])):
        option, leading = "--read-back", 1
    if here.name == "start" and len(texts) == 2 and " " in texts[1] and " " not in texts[0]:
        leading = 1  # `start` says how to write it if the first word is no tree
    options = [piece for piece in pieces(here, words) if not piece.is_text]
    longer = [piece.words for piece in options if len(piece.words) > 2]
    if longer and len(texts) <= sum(isinstance(each.declared, Argument) for each in here.declared):
        is_sure = texts or not (leading or is_code(longer[-1][-1]))
        line = line_of(here.path, texts, *(piece.typed for piece in options)) if is_sure else f'{longer[0][0]} "…"'
        return _unquoted(what, here, line)
    if not option:
        return None
    for piece in options:
        name, equals, value = piece.words[0].partition("=")
        if name == option:
            other = _quoted(value if equals else " ".join(piece.words[1:]))
            two = f"{_quoted(' '.join(texts[leading:]))}, and {other} with {name}"
            return UsageProblem(f"There are two texts: {two}.", try_=f'Write it once, in quotes: {name} "…"')
    return _unquoted(what, here, with_text(here, words, option, leading=leading))


_KINDS: dict[str, Callable[[Any, CurrentCommand, Sequence[str]], UsageProblem]] = {
    "NoSuchOption": _no_such_option,
    "MissingParameter": _missing,
    "BadOptionUsage": _option_misused,
    "BadParameter": _bad_value,
}


def unknown_command(word: str) -> UsageProblem:
    """Return the error for an unknown command, with the one that was probably meant."""
    if is_code(word):
        return UsageProblem(f"{word} is not a command.", try_=f"To see that session: rflow show {word}")
    meant = command_meant(word)
    hint = f"Did you mean: rflow {meant}   (all commands: rflow help)" if meant else "All commands: rflow help"
    return UsageProblem(f"There is no command {_quoted(word)}.", try_=hint)


def unknown_below(noun: str, word: str, names: Iterable[str]) -> UsageProblem:
    """Return the error for an unknown subcommand."""
    names = list(names)
    if noun == "config" and ("." in word or word in _LAST_PARTS):
        hint = f"To set it: rflow config set {word} VALUE   To see it: rflow config get {word}"
        return UsageProblem(f"config needs to know what to do with {_quoted(word)}.", try_=hint)
    meant = suggestion(word, names, BELOW[noun])
    hint = f"Did you mean: rflow {noun} {meant}" if meant else f"There are: {', '.join(names)}."
    return UsageProblem(f"There is no command {_quoted(f'{noun} {word}')}.", try_=hint)


_LAST_PARTS = {name.rpartition(".")[2] for name in SETTINGS}


def offers(parameter: Parameter, words: Sequence[str]) -> list[tuple[str, str]]:
    """Return the possible values of a parameter as completion would offer them, each with its meaning."""
    type_ = bare(parameter.type)
    if get_origin(type_) is Literal:
        return [(str(value), "") for value in get_args(type_)]
    complete = parameter.declared.details.get("autocompletion")
    if complete is None:
        return []
    run = SimpleNamespace(params=global_values(words))
    return complete(SimpleNamespace(find_root=lambda: run, params={}), "")


def _quoted(text: str) -> str:
    return f'"{shorten(one_line(text), 60)}"'
