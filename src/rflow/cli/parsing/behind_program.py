"""Options of `rflow run` that stand after the program, and so are the program's."""

from collections.abc import Sequence

from rflow.cli.parsing.declare import Option
from rflow.cli.parsing.reader import hoisted
from rflow.cli.parsing.short_ways import expanded, place_of_command
from rflow.cli.parsing.whole_line import Here, command_here, in_quotes, metavar, pieces_of


def misplaced(words: Sequence[str]) -> str:
    """Return a sentence about the options of `rflow run` after the program, with the line to type; "" without any.

    An option that stands before the program as well is the program's, and so are all words behind `--`. Short options
    and those of `rflow` itself are not looked for: `-c` and `--user` are options of many programs.
    """
    line = hoisted(expanded(words))
    here, rest = command_here(line), line[place_of_command(line) + 1 :]
    before = _options_before(here, rest)
    program = rest[len(before) :]
    end = program.index("--") if "--" in program else len(program)
    typed = pieces_of(here, program[:end])
    own = _long_options(here) - {word.partition("=")[0] for word in before}
    moved = [piece for piece in typed if piece.words[0].partition("=")[0] in own]
    if not moved:
        return ""
    kept = [word for piece in typed if piece not in moved for word in piece.words] + program[end:]
    options = [f"{piece.typed}{_missing_value(here, piece.words)}" for piece in moved]
    whole = " ".join([here.path, *map(in_quotes, before), *options, "--", *map(in_quotes, kept)])
    names = " and ".join(piece.words[0].partition("=")[0] for piece in moved)
    stand, it = ("stand", "them") if len(moved) > 1 else ("stands", "it")
    return f"{names} {stand} after the program, which got {it}. For rflow: {whole}"


def _long_options(here: Here) -> set[str]:
    """Return the long options of a command that its help lists."""
    declared = [each for each in here.declared if isinstance(each.declared, Option)]
    shown = [option for option in declared if not option.declared.details.get("hidden")]
    return {name for option in shown for name in option.options if name.startswith("--")}


def _options_before(here: Here, rest: Sequence[str]) -> list[str]:
    """Return the options before the program, with their values."""
    place = 0
    while place < len(rest) and rest[place].startswith("-") and rest[place] != "--":
        option = here.named(rest[place])
        place += 2 if option is not None and option.type is not bool else 1
    return list(rest[:place])


def _missing_value(here: Here, words: Sequence[str]) -> str:
    """Return what stands for the value of an option that has none, though it takes one; else ""."""
    option = here.named(words[0].partition("=")[0])
    if len(words) > 1 or "=" in words[0] or option is None or option.type is bool:
        return ""
    return ' "…"' if metavar(option) == "TEXT" else f" {metavar(option)}"
