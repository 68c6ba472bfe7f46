"""Refusing ambiguous command lines: an unquoted text of several words with an option in it.

In `rflow note the printer is dead -s K7QM` it is unclear whether `-s K7QM` belongs to the note. A wrong guess could
change the text or write into another session, so such a line is refused, with the two ways to write it. A text of a
single word, quoted or not, is unambiguous.
"""

from collections.abc import Sequence

from rflow.cli.commands import COMMANDS, NOUNS, group_of
from rflow.cli.parsing.declare import Argument, NumberedWords, Option, Parameter, Words, parameters
from rflow.cli.parsing.shorthands import FLAGS, VALUE_OPTIONS, place_of_command
from rflow.errors import UsageProblem


def check_unquoted(words: Sequence[str]) -> None:
    """Raise `UsageProblem` for an option inside an unquoted text, or a global option after it."""
    option = doubtful_option(words)
    if option is not None:
        from rflow.cli.parsing.suggested_line import current_command, with_text

        whole = with_text(current_command(words), words)
        raise UsageProblem(
            f"Does {option} belong to the text, or does the text end before it?",
            try_=f"Put the text in quotes, or the options before it: {whole}",
        )


def doubtful_option(words: Sequence[str]) -> str | None:
    """Return the option that may or may not belong to an unquoted text; None if the line is unambiguous.

    An option that the command does not have is not returned: it is refused later, with the same advice.
    """
    place = place_of_command(words)
    name, rest = "".join(words[place : place + 1]), words[place + 1 :]
    if name not in COMMANDS or name in NOUNS:
        return None
    declared = list(parameters(group_of(name).commands[name].function))
    arguments = [parameter for parameter in declared if isinstance(parameter.declared, Argument)]
    if not arguments or not isinstance(arguments[-1].declared, Words):
        return None
    pieces = _pieces(rest, declared)
    texts = [place for place, (word, is_option) in enumerate(pieces) if not is_option][len(arguments) - 1 :]
    if isinstance(arguments[-1].declared, NumberedWords) and texts and pieces[texts[0]][0].isdecimal():
        texts = texts[1:]
    if len(texts) < 2:
        return None
    known = {name for each in declared if isinstance(each.declared, Option) for name in each.options}
    known |= {*VALUE_OPTIONS, *FLAGS}
    for place, (word, is_option) in enumerate(pieces):
        inside = texts[0] < place < texts[-1]
        behind = place > texts[-1] and word.partition("=")[0] in (*VALUE_OPTIONS, *FLAGS)
        if is_option and (inside or behind) and word.partition("=")[0] in known:
            return word
    return None


def _pieces(words: Sequence[str], declared: Sequence[Parameter]) -> list[tuple[str, bool]]:
    """Return options (without their values) and other words, in order, with whether they are options."""
    options = [parameter for parameter in declared if isinstance(parameter.declared, Option)]
    valued = {name for option in options if option.type is not bool for name in option.options} | {*VALUE_OPTIONS}
    pieces: list[tuple[str, bool]] = []
    place = 0
    while place < len(words):
        word = words[place]
        if word == "--":
            return pieces + [(word, False) for word in words[place + 1 :]]
        is_option = word.startswith("-") and word != "-"
        pieces.append((word, is_option))
        place += 2 if is_option and word in valued else 1
    return pieces
