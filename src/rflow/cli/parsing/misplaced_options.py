"""Options of `rflow run` that were typed after the program, and so were passed to the program."""

from collections.abc import Sequence
from itertools import pairwise
from shlex import quote

from rflow.cli.parsing.reader import globals_first
from rflow.cli.parsing.shorthands import expand_shorthand, place_of_command
from rflow.cli.parsing.suggested_line import CurrentCommand, Piece, current_command, in_quotes, pieces_of

_OF_A_STEP = ("--step", "--result", "--pin")


def misplaced(words: Sequence[str], *, failed: bool) -> str:
    """Return a sentence about --step after the program, with what to type instead; "" if there is none.

    Other options are mentioned only together with --step, because programs may have their own --result or --pin. An
    option that was also given before the program belongs to the program, and so do all words after `--`. A program
    that succeeded is not suggested to be run again.
    """
    line = globals_first(expand_shorthand(words))
    here, rest = current_command(line), line[place_of_command(line) + 1 :]
    before = _options_before(here, rest)
    own = {*_OF_A_STEP} - {word.partition("=")[0] for word in before}
    program = rest[len(before) :]
    end = program.index("--") if "--" in program else len(program)
    found = pieces_of(here, program[:end], one_word=True)
    moved = [piece for piece in found if _name(piece) in own]
    names = [_name(piece) for piece in moved]
    if "--step" not in names:
        return ""
    stand, it = ("stand", "them") if len(moved) > 1 else ("stands", "it")
    sentence = f"{' and '.join(names)} {stand} after the program, which got {it}."
    if not failed:
        return f'{sentence} To record the step: rflow step "…"'
    if not _is_clear(found, moved, rest):
        return f"{sentence} What is for rflow stands before the program."
    options = [piece.typed + _missing_value(piece) for piece in moved]
    kept = [word for piece in found if piece not in moved for word in piece.words] + program[end:]
    return f"{sentence} For rflow: {' '.join([here.path, *map(in_quotes, before), *options, '--', *map(quote, kept)])}"


def _is_clear(found: Sequence[Piece], moved: Sequence[Piece], rest: Sequence[str]) -> bool:
    """Whether the correct line is known: each text is a single word, nothing excludes --step, all is printable."""
    one_word = not any(
        piece in moved and _name(piece) != "--pin" and then.is_text and not then.words[0].startswith("-")
        for piece, then in pairwise(found)
    )
    names = {word.partition("=")[0] for word in rest}
    return one_word and "--on" not in names and all(word.isprintable() for word in rest)


def _name(piece: Piece) -> str:
    return piece.words[0].partition("=")[0]


def _options_before(here: CurrentCommand, rest: Sequence[str]) -> list[str]:
    """Return the options before the program, with their values."""
    place = 0
    while place < len(rest) and rest[place].startswith("-") and rest[place] != "--":
        option = here.named(rest[place])
        place += 2 if option is not None and option.type is not bool else 1
    return list(rest[:place])


def _missing_value(piece: Piece) -> str:
    """Return a placeholder for the missing value of an option, else ""."""
    return "" if len(piece.words) > 1 or "=" in piece.words[0] or piece.words[0] == "--pin" else ' "…"'
