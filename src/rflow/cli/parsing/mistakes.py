"""Mistakes on the command line, in rflow's own words: what is wrong, what there is to choose from, what to type.

Typer notices them; `explained` makes a `UsageProblem` of each, from the declarations. It goes by the names of Typer's
exceptions, since only their base is public.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from shlex import quote
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple, get_args, get_origin

from rflow.cli.commands import COMMANDS, NOUNS, group_of
from rflow.cli.parsing.declare import Argument, Option, Parameter, Words, parameters
from rflow.cli.parsing.reader import bare, global_values
from rflow.cli.parsing.short_ways import BELOW, VALUED, command_meant, expanded, place_of_command, suggestion
from rflow.cli.root import root
from rflow.core.text import clean, listing, one_line, shorten
from rflow.errors import UsageProblem
from rflow.identity import is_code
from rflow.settings import SETTINGS


class Here(NamedTuple):
    """The command of a command line: how it is called, and its parameters."""

    path: str
    declared: tuple[Parameter, ...]

    @property
    def name(self) -> str:
        """How a sentence calls it."""
        return self.path.removeprefix("rflow ")

    @property
    def help(self) -> str:
        """What to type for its help."""
        return f"{self.path} --help"

    @property
    def usage(self) -> str:
        """What to type, with its arguments."""
        arguments = [each for each in self.declared if isinstance(each.declared, Argument)]
        return " ".join([self.path, *(metavar(argument) for argument in arguments)])

    def named(self, name: str) -> Parameter | None:
        """Return a parameter by its name, or by an option of it."""
        for each in (*self.declared, *parameters(root)):
            if each.name == name or (isinstance(each.declared, Option) and name in each.options):
                return each
        return None


def command_here(words: Sequence[str]) -> Here:
    """Return the command that a command line names; `rflow` itself if there is none."""
    words = expanded(words)
    name, *rest = words[place_of_command(words) :] or [""]
    if name not in COMMANDS:
        return Here("rflow", ())
    commands, path = group_of(name).commands, f"rflow {name}"
    if name in NOUNS:
        name = rest[0] if rest and rest[0] in commands else ""
        path = f"{path} {name}".rstrip()
    return Here(path, tuple(parameters(commands[name].function)) if name else ())


def explained(error: Exception, words: Sequence[str]) -> UsageProblem:
    """Return what Typer complains of as an error of rflow."""
    here = command_here(words)
    explain = _KINDS.get(type(error).__name__, _other)
    return explain(error, here, words)


def _no_such_option(error: Any, here: Here, words: Sequence[str]) -> UsageProblem:
    if error.option_name in VALUED:  # without its value it was not moved to the front
        return _needed(here.named(error.option_name), error.option_name, here, words)
    declared = [each for each in (*here.declared, *parameters(root)) if isinstance(each.declared, Option)]
    names = [name for each in declared if not each.declared.details.get("hidden") for name in each.options]
    close = suggestion(error.option_name, names, _meant(names)) if error.option_name.startswith("--") else ""
    hint = f'Did you mean "{close}"? ' if close in names else ""
    if any(isinstance(each.declared, Words) for each in here.declared):
        hint += f'If it belongs to the text, put that in quotes: {here.path} "…" '
    return UsageProblem(
        f"{here.name} has no option {_quoted(error.option_name)}.",
        try_=f"{hint}(see: {here.help})" if hint else f"See: {here.help}",
    )


def _meant(names: Sequence[str]) -> dict[str, str]:
    """Return what options of other programs are called here, for a command with these options."""
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


def _missing(error: Any, here: Here, words: Sequence[str]) -> UsageProblem:
    return _needed(here.named(error.param.name), error.param.name, here, words)


def _option_misused(error: Any, here: Here, words: Sequence[str]) -> UsageProblem:
    parameter = here.named(error.option_name)
    if parameter is not None and parameter.type is bool:
        return UsageProblem(f"{error.option_name} takes no value.", try_=f"See: {here.help}")
    return _needed(parameter, error.option_name, here, words)


def _needed(parameter: Parameter | None, name: str, here: Here, words: Sequence[str]) -> UsageProblem:
    """Return the error for a value that is missing, with what there is."""
    if parameter is None:
        return UsageProblem(f"{here.name} needs {name}.", try_=f"See: {here.help}")
    is_option = isinstance(parameter.declared, Option)
    who = name if is_option and name in parameter.options else here.name
    value = f"{parameter.options[-1]} {metavar(parameter)}" if is_option and who != name else metavar(parameter)
    help_ = str(parameter.declared.details.get("help", ""))
    text = _text_of(here, words) if is_option and metavar(parameter) == "TEXT" else ""
    options = [] if is_option else [word for word, is_text in _typed(here, words) if not is_text]
    write = f"{here.usage} {who if who == name else ''} {value}" if is_option else _before_text(here, options)
    write = f"{here.path} {parameter.options[-1]} {text}" if text else write
    return UsageProblem(
        listing(f"{who} needs {value}: {help_[:1].lower()}{help_[1:]}", offers(parameter, words)),
        try_=f"Write it as: {' '.join(write.split())}   (help: {here.help})",
    )


def _bad_value(error: Any, here: Here, words: Sequence[str]) -> UsageProblem:
    parameter = here.named(error.param.name) if error.param is not None else None
    if parameter is None:
        return _other(error, here, words)
    value = _given(parameter, here, words)
    said = f", not {_quoted(value)}" if value is not None else ""
    name = parameter.options[-1] if isinstance(parameter.declared, Option) else metavar(parameter).strip("[].")
    return UsageProblem(f"{name} takes {_kind(parameter)}{said}.", try_=f"See: {here.help}")


def _given(parameter: Parameter, here: Here, words: Sequence[str]) -> str | None:
    """Return the value of a parameter on a command line; None where it is not clear."""
    if isinstance(parameter.declared, Option):
        for word, following in zip(words, [*words[1:], ""], strict=True):
            name, equals, value = word.partition("=")
            if name in parameter.options:
                return value if equals else following
        return None
    line = expanded(words)
    rest = line[place_of_command(line) + len(here.path.split()) - 1 :]
    return next((word for word in rest if not word.isdecimal() and not word.startswith("-")), None)


def _kind(parameter: Parameter) -> str:
    """Say what values a parameter takes."""
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


def _other(error: Any, here: Here, words: Sequence[str]) -> UsageProblem:
    """Explain more words than a command takes, and whatever else Typer complains of."""
    extra = re.match(r"Got unexpected extra arguments? ?(?:\(s\) )?\((.*)\)", error.message, re.DOTALL)
    if extra is None:
        return UsageProblem(clean(error.message), try_=f"See: {here.help}")
    if here.name == "undo" and extra[1].isdecimal():
        ways = f'To correct entry {extra[1]}: rflow amend {extra[1]} "…"   To erase it: rflow redact {extra[1]}'
        return UsageProblem("undo takes no number: it takes back the last thing that you entered.", try_=ways)
    what = f"{here.name} does not know what to do with {_quoted(extra[1])}."
    whole = _with_quotes(here, words)
    if not whole and (meant := {"start": "--title", "brief": "--ask"}.get(here.name)):
        text = _text_of(here, words) or '"…"'
        whole = f"{here.path} {meant} {text}"
    if whole:
        return UsageProblem(what, try_=f"Put a text of several words in quotes: {whole}   (help: {here.help})")
    if not any(isinstance(each.declared, Argument) for each in here.declared):
        return UsageProblem(f"{here.name} takes no text, but there is {_quoted(extra[1])}.", try_=f"See: {here.help}")
    return UsageProblem(what, try_=f"Put a text of several words in quotes: {here.usage}   (help: {here.help})")


def _typed(here: Here, words: Sequence[str]) -> list[tuple[str, bool]]:
    """Return what was typed behind the command, quoted: options with their values, and other words (True)."""
    line = expanded(words)
    rest = line[place_of_command(line) + len(here.path.split()) - 1 :]
    typed: list[tuple[str, bool]] = []
    place = 0
    while place < len(rest):
        word = rest[place]
        option = here.named(word) if word.startswith("-") else None
        if option is not None and option.type is not bool and place + 1 < len(rest):
            typed.append((f"{word} {_in_quotes(rest[place + 1])}", False))
            place += 1
        else:
            typed.append((_in_quotes(word), not word.startswith("-")))
        place += 1
    return typed


def _before_text(here: Here, options: Sequence[str]) -> str:
    """Return how a command is written, with the options that it was given before its arguments."""
    return f"{here.path} {' '.join(options)}{here.usage.removeprefix(here.path)}"


def _text_of(here: Here, words: Sequence[str]) -> str:
    """Return the words of a command line without options as a text in quotes, behind a code; "" if it is no text."""
    typed = _typed(here, words)
    if len(typed) < 2 or not all(is_text for _, is_text in typed):
        return ""
    said = expanded(words)[-len(typed) :]
    if is_code(said[0]):
        return f"{_in_quotes(' '.join(said[1:]))} {said[0]}"
    return _in_quotes(" ".join(said))


def _with_quotes(here: Here, words: Sequence[str]) -> str:
    """Return a command line in which the words behind the value of an option for a text belong to it; "" if none do."""
    line = expanded(words)
    rest = line[place_of_command(line) + len(here.path.split()) - 1 :]
    for place, word in enumerate(rest):
        option = here.named(word) if word.startswith("--") else None
        if option is None or metavar(option) != "TEXT":
            continue
        end = next((at for at in range(place + 1, len(rest)) if rest[at].startswith("-")), len(rest))
        if end > place + 2:
            text = _in_quotes(" ".join(rest[place + 1 : end]))
            return " ".join([here.path, *map(_in_quotes, rest[:place]), word, text, *map(_in_quotes, rest[end:])])
    return ""


def _in_quotes(text: str) -> str:
    """Return a word or text as it is typed in a shell."""
    text = one_line(text)
    return f'"{text}"' if " " in text and not set(text) & set('"$`!\\') else quote(text)


_KINDS: dict[str, Callable[[Any, Here, Sequence[str]], UsageProblem]] = {
    "NoSuchOption": _no_such_option,
    "MissingParameter": _missing,
    "BadOptionUsage": _option_misused,
    "BadParameter": _bad_value,
}


def unknown_command(word: str) -> UsageProblem:
    """Return the error for a command that there is not, with the one that is probably meant."""
    if is_code(word):
        return UsageProblem(f"{word} is not a command.", try_=f"To see that session: rflow show {word}")
    meant = command_meant(word)
    hint = f"Did you mean: rflow {meant}   (all commands: rflow help)" if meant else "All commands: rflow help"
    return UsageProblem(f"There is no command {_quoted(word)}.", try_=hint)


def unknown_below(noun: str, word: str, names: Iterable[str]) -> UsageProblem:
    """Return the error for a command that a noun does not have."""
    names = list(names)
    if noun == "config" and ("." in word or word in _LAST_PARTS):
        hint = f"To set it: rflow config set {word} VALUE   To see it: rflow config get {word}"
        return UsageProblem(f"config needs to know what to do with {_quoted(word)}.", try_=hint)
    meant = suggestion(word, names, BELOW[noun])
    hint = f"Did you mean: rflow {noun} {meant}" if meant else f"There are: {', '.join(names)}."
    return UsageProblem(f"There is no command {_quoted(f'{noun} {word}')}.", try_=hint)


_LAST_PARTS = {name.rpartition(".")[2] for name in SETTINGS}


def offers(parameter: Parameter, words: Sequence[str]) -> list[tuple[str, str]]:
    """Return what a parameter could be, as Tab would offer it: each with its meaning."""
    type_ = bare(parameter.type)
    if get_origin(type_) is Literal:
        return [(str(value), "") for value in get_args(type_)]
    complete = parameter.declared.details.get("autocompletion")
    if complete is None:
        return []
    run = SimpleNamespace(params=global_values(words))
    return complete(SimpleNamespace(find_root=lambda: run, params={}), "")


def metavar(parameter: Parameter) -> str:
    """Return how the value of a parameter is called."""
    return str(parameter.declared.details.get("metavar", "")) or parameter.name.strip("_").upper()


def _quoted(text: str) -> str:
    return f'"{shorten(one_line(text), 60)}"'
