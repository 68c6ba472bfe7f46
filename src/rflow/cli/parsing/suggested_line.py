"""Building the command line that an error suggests, from what was typed: with its texts in quotes."""

from collections.abc import Sequence
from shlex import quote
from typing import NamedTuple

from rflow.cli.commands import COMMANDS, NOUNS, group_of
from rflow.cli.parsing.declare import Argument, NumberedWords, Option, Parameter, Words, parameters
from rflow.cli.parsing.shorthands import VALUE_OPTIONS, expand_shorthand, place_of_command
from rflow.cli.root import root
from rflow.core.text import one_line
from rflow.identity import is_code


class CurrentCommand(NamedTuple):
    """The command of a command line: its path, such as "rflow tree list", and its parameters."""

    path: str
    declared: tuple[Parameter, ...]

    @property
    def name(self) -> str:
        """Its name in a sentence."""
        return self.path.removeprefix("rflow ")

    @property
    def help(self) -> str:
        """The command line that shows its help."""
        return f"{self.path} --help"

    @property
    def usage(self) -> str:
        """Its usage: the command with its arguments."""
        arguments = [each for each in self.declared if isinstance(each.declared, Argument)]
        return " ".join([self.path, *(metavar(argument) for argument in arguments)])

    def named(self, name: str) -> Parameter | None:
        """Return a parameter by its name or by one of its option names."""
        for each in (*self.declared, *parameters(root)):
            if each.name == name or (isinstance(each.declared, Option) and name in each.options):
                return each
        return None


def current_command(words: Sequence[str]) -> CurrentCommand:
    """Return the command in a command line; `rflow` itself if there is none."""
    words = expand_shorthand(words)
    name, *rest = words[place_of_command(words) :] or [""]
    if name not in COMMANDS:
        return CurrentCommand("rflow", ())
    commands, path = group_of(name).commands, f"rflow {name}"
    if name in NOUNS:
        name = rest[0] if rest and rest[0] in commands else ""
        path = f"{path} {name}".rstrip()
    return CurrentCommand(path, tuple(parameters(commands[name].function)) if name else ())


def metavar(parameter: Parameter) -> str:
    """Return the metavar of a parameter."""
    return str(parameter.declared.details.get("metavar", "")) or parameter.name.strip("_").upper()


class Piece(NamedTuple):
    """A word of a text or an argument, or an option with the words of its value."""

    words: tuple[str, ...]
    is_text: bool

    @property
    def typed(self) -> str:
        """The piece as it is typed in a shell."""
        name, *value = self.words
        return " ".join([in_quotes(name), *([in_quotes(" ".join(value))] if value else ())])


_OF_SEVERAL_WORDS = ("TEXT", "HOW", "TIME")
"""The metavars of options whose values may be typed as several words."""


def pieces(here: CurrentCommand, words: Sequence[str]) -> list[Piece]:
    """Return what was typed after the command, without global options, which `typable` adds to every suggestion."""
    line = expand_shorthand(words)
    behind = line[place_of_command(line) + len(here.path.split()) - 1 :]
    return [
        piece
        for piece in pieces_of(here, behind)
        if piece.is_text or piece.words[0].partition("=")[0] not in VALUE_OPTIONS
    ]


def pieces_of(here: CurrentCommand, words: Sequence[str], *, one_word: bool = False) -> list[Piece]:
    """Split the words after a command into options and others.

    An option with a text takes all words up to the next option, unless the command still needs an unquoted text, or
    with `one_word`. A word that looks like an option but is not one of the command is text.
    """
    needs_text = any(isinstance(each.declared, Words) for each in here.declared)
    found: list[Piece] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, _ = word.partition("=")
        option = here.named(name) if word.startswith("-") else None
        if word == "--":
            return found + [Piece((each,), is_text=True) for each in waiting]
        if option is None:
            found.append(Piece((word,), is_text=True))
            continue
        several = metavar(option) in _OF_SEVERAL_WORDS and (not needs_text or any(piece.is_text for piece in found))
        several = several and not one_word
        value = () if equals or option.type is bool else _value(None if one_word else here, waiting, several=several)
        found.append(Piece((word, *value), is_text=False))
    return found


def _value(here: CurrentCommand | None, waiting: list[str], *, several: bool) -> list[str]:
    """Take the value of an option from the following words; none if an option of the command, or `--`, follows.

    Without a command, every word that looks like an option is one.
    """
    end = 0
    while end < len(waiting) and (several or end == 0):
        word = waiting[end]
        if word.startswith("-") and (end or word == "--" or here is None or here.named(word.partition("=")[0])):
            break
        end += 1
    value = waiting[:end]
    del waiting[:end]
    return value


def with_text(here: CurrentCommand, words: Sequence[str], option: str = "", *, leading: int | None = None) -> str:
    """Return a command line with all words of its text in quotes, as the value of `option` if that is given.

    The text follows `leading` arguments; by default all other arguments of the command.
    """
    found = pieces(here, words)
    texts = [piece.words[0] for piece in found if piece.is_text]
    arguments = [each.declared for each in here.declared if isinstance(each.declared, Argument)]
    if leading is None:
        leading = len(arguments) - 1
        leading += isinstance(arguments[-1], NumberedWords) and "".join(texts[leading : leading + 1]).isdecimal()
    text = " ".join(texts[leading:]) or "…"
    options = [piece.typed for piece in found if not piece.is_text]
    if option:
        return line_of(here.path, texts[:leading], f"{option} {in_quotes(text)}", *options)
    return line_of(here.path, [*texts[:leading], text], *options)


def line_of(path: str, texts: Sequence[str], *options: str) -> str:
    """Return a command line with texts in quotes, and options as typed; with `--` if a text looks like an option."""
    quoted = [in_quotes(text) for text in texts]
    if any(text.startswith("-") and text != "-" for text in map(one_line, texts)):
        return " ".join([path, *options, "--", *quoted])
    return " ".join([path, *quoted, *options])


def text_of(here: CurrentCommand, words: Sequence[str]) -> str:
    """Return the words of a line without options as one quoted text, followed by a code; "" if it is not a text."""
    found = pieces(here, words)
    if len(found) < 2 or not all(piece.is_text for piece in found):
        return ""
    first, *others = (piece.words[0] for piece in found)
    if is_code(first):
        return f"{in_quotes(' '.join(others))} {first}"
    return in_quotes(" ".join([first, *others]))


def in_quotes(text: str) -> str:
    """Return a word or text quoted for a shell."""
    text = one_line(text)
    return f'"{text}"' if " " in text and not set(text) & set('"$`!\\') else quote(text)
