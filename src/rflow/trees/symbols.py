"""What a drawing is made of: lines of styled pieces, and the characters for guides and kinds of nodes."""

from collections.abc import Sequence
from typing import Literal

import msgspec

Role = Literal["question", "action", "end-resolved", "end-escalate", "position", "done", "out", "see"]
Style = Role | Literal["guide", "label", "name"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the drawing: what it shows (`role`), and its pieces of text with the style of each."""

    role: Role
    spans: tuple[tuple[str, Style], ...] = ()

    @property
    def text(self) -> str:
        """The line without styles."""
        return "".join(text for text, _ in self.spans)


class Signs(msgspec.Struct, frozen=True):
    """The characters of a drawing. The guides come in pairs: elsewhere, and along the path taken."""

    branch: tuple[str, str]
    last: tuple[str, str]
    passed: str  # a branch not taken, on the way down to the one that was
    pipe: tuple[str, str]
    action: str
    resolved: str
    escalate: str
    position: str
    here: str
    out: str
    above: str
    below: str
    folded: str


UNICODE = Signs(
    branch=("├─ ", "┣━ "),
    last=("└─ ", "┗━ "),
    passed="┠─ ",
    pipe=("│  ", "┃  "),
    action="•",
    resolved="✔",
    escalate="▲ escalate:",
    position="▶",
    here="◀ you are here",
    out="✗",
    above="↑ see",
    below="↓ see",
    folded="…",
)
ASCII = Signs(
    branch=("|- ", "#= "),
    last=("`- ", "#= "),
    passed="#- ",
    pipe=("|  ", "#  "),
    action="*",
    resolved="OK:",
    escalate="ESCALATE:",
    position=">>",
    here="<< you are here",
    out="x",
    above="^ see",
    below="v see",
    folded="...",
)


def spans(guide: str, words: Sequence[tuple[str, Style]]) -> tuple[tuple[str, Style], ...]:
    """Put the words of a line together, neighbours of one style as one piece."""
    pieces: list[tuple[str, Style]] = [(guide, "guide")] if guide else []
    for number, (word, style) in enumerate(words):
        if number and pieces[-1][1] == style:
            pieces[-1] = (f"{pieces[-1][0]} {word}", style)
        else:
            pieces.append((f" {word}" if number else word, style))
    return tuple(pieces)
