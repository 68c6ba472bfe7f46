"""What every parser of tree files returns: the document, the lines of its keys, and the problems seen so far."""

import msgspec

from rflow.core.tree.problems import KeyPath, Problem
from rflow.trees.lines import KeyLines


class ParseError(Exception):
    """The text can't be parsed: what is wrong, the remedy, and the line if it is known."""

    def __init__(self, what: str, line: int | None, remedy: str, column: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.remedy = remedy
        self.column = column


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed text; `problems` (with their lines) are those that can't be seen in the document."""

    document: object
    lines: dict[KeyPath, int]
    problems: tuple[tuple[Problem, int], ...] = ()

    def line_of(self, path: KeyPath) -> int | None:
        """Return the line of `path`, or of what contains it; None for the document as a whole."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def repeated_key_problems(keys: KeyLines) -> tuple[tuple[Problem, int], ...]:
    """Return a problem for each repeated key; repetitions within a repeated key are not reported again."""
    seen: set[KeyPath] = set()
    problems = []
    for path, line in keys.repeated:
        if not any(path[:depth] in seen for depth in range(len(path))):
            problems.append((_repeated(path, keys.lines[path]), line))
        seen.add(path)
    return tuple(problems)


def _repeated(path: KeyPath, first: int) -> Problem:
    return Problem(
        severity="error",
        path=path,
        message=f'"{path[-1]}" is there twice, first in line {first}.',
        remedy="Keep one of them.",
    )
