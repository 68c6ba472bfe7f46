"""The elements of a drawing: lines of styled text, and the characters for guides and nodes."""

from collections.abc import Sequence
from typing import Literal

import msgspec

Role = Literal["question", "action", "end-resolved", "end-escalate", "position", "done", "out", "see"]
Style = Role | Literal["guide", "label", "name"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the drawing: what it shows (`role`), and its pieces of text, each with its style."""

    role: Role
    spans: tuple[tuple[str, Style], ...] = ()

    @property
    def text(self) -> str:
        """The line without styles."""
        return "".join(text for text, _ in self.spans)


class Symbols(msgspec.Struct, frozen=True):
    """The characters of a drawing. Guides come in pairs: off the path taken, and on it."""

    branch: tuple[str, str]
    last: tuple[str, str]
    above_taken: str  # a branch that was not taken, above the one that was
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


UNICODE = Symbols(
    branch=("├─ ", "┣━ "),
    last=("└─ ", "┗━ "),
    above_taken="┠─ ",
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
ASCII = Symbols(
    branch=("|- ", "#= "),
    last=("`- ", "#= "),
    above_taken="#- ",
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


def legend(drawing: str, symbols: Symbols) -> str:
    """Return the legend of a drawing, with only the characters that it contains."""
    meanings = (
        (symbols.position, "you are here"),
        (symbols.branch[1].strip(), "the path taken"),
        (symbols.action, "an action"),
        (symbols.resolved, "resolved"),
        (symbols.escalate.split(" ")[0], "to escalate"),
        (symbols.out, "ruled out"),
        (f"{symbols.out}?", "ruled out by an assumption"),
        (symbols.above.split(" ")[0], "drawn above"),
        (symbols.below.split(" ")[0], "drawn below"),
    )
    shown = {*drawing.split()}
    return "   ".join(f"{symbol} {meaning}" for symbol, meaning in meanings if symbol in shown)


def spans(guide: str, words: Sequence[tuple[str, Style]]) -> tuple[tuple[str, Style], ...]:
    """Join a guide and words to spans, merging neighbours of the same style."""
    pieces: list[tuple[str, Style]] = [(guide, "guide")] if guide else []
    for number, (word, style) in enumerate(words):
        if number and pieces[-1][1] == style:
            pieces[-1] = (f"{pieces[-1][0]} {word}", style)
        else:
            pieces.append((f" {word}" if number else word, style))
    return tuple(pieces)
