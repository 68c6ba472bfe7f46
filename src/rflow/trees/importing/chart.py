"""What every reader returns: the nodes and links of a chart, with their lines, before they are made a tree."""

from bisect import bisect_left

import msgspec

from rflow.trees.parsed import ParseError

MOST_LINKS = 20_000
"""The most links of a chart: `A & B & … --> C & D & …` could multiply a short line into millions."""


class Node(msgspec.Struct, kw_only=True):
    """A node of a chart. `shape` is the chart's own word for it; `outcome` is only set where the chart says so."""

    text: str
    line: int
    shape: str = ""
    help: str = ""
    run: str = ""
    outcome: str = ""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link from a node to another; `label` is "" if it has none."""

    source: str
    to: str
    label: str
    line: int


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was decided while importing, with the line that it is about."""

    line: int
    text: str


class Chart(msgspec.Struct, kw_only=True):
    """A chart as it was read: nodes by the id that the chart gave them, in the order of the text."""

    nodes: dict[str, Node] = {}
    links: list[Link] = []
    notes: list[Note] = []
    title: str = ""
    start: str = ""
    line: int = 1
    own: bool = False
    """Whether rflow wrote the chart: then the shapes of ends say how they end."""

    def connect(self, link: Link) -> None:
        """Add a link; raise `ParseError` if there are too many."""
        if len(self.links) >= MOST_LINKS:
            raise ParseError(f"The chart has more than {MOST_LINKS:,} links.", link.line, "Split it into several.")
        self.links.append(link)

    def note(self, line: int, text: str) -> None:
        """Add a note."""
        self.notes.append(Note(line=line, text=text))


class Lines:
    """Finds the line of a position in a text; `first` is the number of the text's first line in its file."""

    def __init__(self, text: str, first: int = 1) -> None:
        self._ends = [position for position, character in enumerate(text) if character == "\n"]
        self._first = first

    def at(self, position: int) -> int:
        """Return the line number of a position."""
        return bisect_left(self._ends, position) + self._first
