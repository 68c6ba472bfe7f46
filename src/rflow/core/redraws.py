"""Output that overwrites its own lines (docker compose, cargo, npm), as the screen showed it at the end.

Only the cursor movements of such programs are supported, and only within the lines that were written:
docs/decisions/0024 compares this with a full terminal emulator.
"""

import re

from rflow.core.text import without_escapes

_TOKEN = re.compile(r"\n|\r|\x08|\x1b\[([0-9;]*)([A-GJK])|[^\n\r\x08\x1b]+|\x1b")
_WIDEST = 4096  # columns: a move further to the right is a mistake, or an attack


def draws_over(text: str) -> bool:
    """Whether an output moves the cursor up."""
    return "\x1b[" in text and re.search(r"\x1b\[[0-9]*[AF]", text) is not None


def redrawn(text: str) -> str:
    """Return the lines on the screen at the end, without escape sequences."""
    screen = _Screen()
    for token in _TOKEN.finditer(without_escapes(text)):
        if token[2]:
            screen.move(token[2], token[1])
        else:
            screen.write(token[0])
    return "\n".join(line.rstrip() for line in screen.lines)


class _Screen:
    """The lines of a screen, and the cursor."""

    def __init__(self) -> None:
        self.lines = [""]
        self._row = self._column = 0

    def write(self, text: str) -> None:
        """Write a text without control characters, or interpret one control character."""
        match text:
            case "\n":
                self._row, self._column = self._row + 1, 0
                if self._row == len(self.lines):
                    self.lines.append("")
            case "\r":
                self._column = 0
            case "\b":
                self._column = max(self._column - 1, 0)
            case "\x1b":
                pass
            case _:
                line, end = self.lines[self._row], self._column + len(text)
                self.lines[self._row] = line[: self._column].ljust(self._column) + text + line[end:]
                self._column = end

    def move(self, kind: str, parameter: str) -> None:
        """Interpret a cursor movement or an erasure."""
        number = min(int(parameter or 0), _WIDEST) if parameter.isdigit() or not parameter else 0
        count = max(number, 1)
        match kind:
            case "A" | "F":
                self._row, self._column = max(self._row - count, 0), self._column if kind == "A" else 0
            case "B" | "E":
                last = len(self.lines) - 1
                self._row, self._column = min(self._row + count, last), self._column if kind == "B" else 0
            case "C":
                self._column = min(self._column + count, _WIDEST)
            case "D":
                self._column = max(self._column - count, 0)
            case "G":
                self._column = min(count, _WIDEST) - 1
            case _:
                self._erase(kind, number)

    def _erase(self, kind: str, number: int) -> None:
        """Erase to the end of the line or of the screen, or the line; a cleared screen keeps its content."""
        line = self.lines[self._row]
        if number == 0:
            self.lines[self._row] = line[: self._column]
        elif kind == "K":
            self.lines[self._row] = "" if number == 2 else " " * self._column + line[self._column :]
        if kind == "J" and number == 0:
            del self.lines[self._row + 1 :]
