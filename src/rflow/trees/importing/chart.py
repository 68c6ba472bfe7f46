"""A chart as the readers return it: nodes and links with their line numbers, before conversion to a tree."""

from bisect import bisect_left

import msgspec

from rflow.trees.parsed import ParseError

MAX_LINKS = 20_000
"""Maximum number of links: a short line such as `A & B & … --> C & D & …` could expand to millions."""


class Node(msgspec.Struct, kw_only=True):
    """A node of a chart. `shape` is the chart language's name for it; `outcome` is "" unless the chart states it."""

    text: str
    line: int
    shape: str = ""
    help: str = ""
    run: str = ""
    outcome: str = ""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link from one node to another; `label` is "" if it has none."""

    source: str
    to: str
    label: str
    line: int


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A remark about the import, such as a guess, with the line it concerns."""

    line: int
    text: str


class Chart(msgspec.Struct, kw_only=True):
    """A chart: nodes by their id in the chart, in the order of the text."""

    nodes: dict[str, Node] = {}
    links: list[Link] = []
    notes: list[Note] = []
    title: str = ""
    start: str = ""
    line: int = 1
    from_rflow: bool = False
    """Whether rflow wrote the chart, so that the shape of an end determines its outcome."""

    def connect(self, link: Link) -> None:
        """Add a link; raise `ParseError` if there are too many."""
        if len(self.links) >= MAX_LINKS:
            raise ParseError(f"The chart has more than {MAX_LINKS:,} links.", link.line, "Split it into several.")
        self.links.append(link)

    def note(self, line: int, text: str) -> None:
        """Add a note."""
        self.notes.append(Note(line=line, text=text))


class Lines:
    """Maps positions in a text to line numbers; `first` is the number of the text's first line in its file."""

    def __init__(self, text: str, first: int = 1) -> None:
        self._ends = [position for position, character in enumerate(text) if character == "\n"]
        self._first = first

    def at(self, position: int) -> int:
        """Return the line number of a position."""
        return bisect_left(self._ends, position) + self._first
