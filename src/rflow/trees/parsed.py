"""What each parser of tree files gives: the document, its lines, and what was wrong on the way."""

import msgspec

from rflow.core.tree.problems import Problem
from rflow.trees.lines import Place, Places


class Malformed(Exception):
    """The text can't be read any further: what is wrong, in which line if that is known, and the remedy."""

    def __init__(self, what: str, line: int | None, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.remedy = remedy


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed text; `problems` with their lines are those that a parsed document no longer shows."""

    document: object
    lines: dict[Place, int]
    problems: tuple[tuple[Problem, int], ...] = ()

    def line_of(self, place: Place) -> int | None:
        """Return the line of `place`, or of the nearest thing around it; None for the document as a whole."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)


def repeated(places: Places) -> tuple[tuple[Problem, int], ...]:
    """Make a problem of each key that is there more than once; what lies inside such a key is not told again."""
    again: set[Place] = set()
    found = []
    for place, line in places.repeated:
        if not any(place[:depth] in again for depth in range(len(place))):
            found.append((_repeated(place, places.lines[place]), line))
        again.add(place)
    return tuple(found)


def _repeated(place: Place, first: int) -> Problem:
    return Problem(
        severity="error",
        place=place,
        message=f'"{place[-1]}" is there twice, first in line {first}.',
        remedy="Keep one of them.",
    )
