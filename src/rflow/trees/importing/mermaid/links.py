"""Links in Mermaid: `-->`, `-- text -->`, `-->|text|`, and the dotted, thick and invisible forms."""

import re

import msgspec

from rflow.trees.importing.chart import Lines
from rflow.trees.importing.mermaid import text as texts
from rflow.trees.parsed import ParseError

_SPACE = re.compile(r"\s*+")
_ID = re.compile(r'([^\s"@\[\](){}|]{1,64}+)@(?=[xo<]?[-=.~])')
_COMPLETE = re.compile(r"[xo<]?(?:-{2,}+[xo>]|-{3,}+|={2,}+[xo>]|={3,}+|-?\.++-[xo>]?|~{3,}+)")
_OPENING = re.compile(r"[xo<]?(--|==|-\.)")
# Each matches once per run of characters, so that a line of 100,000 dots takes no longer than one of words.
_ENDS = {
    "--": re.compile(r"(?<!-)(?:-{2,}+[xo>]|-{3,}+)"),
    "==": re.compile(r"(?<!=)(?:={2,}+[xo>]|={3,}+)"),
    "-.": re.compile(r"(?<!\.)\.++-[xo>]?"),
}
_ANY_END = re.compile(r"(?<!-)(?:-{2,}+[xo>]|->)|(?<!=)(?:={2,}+[xo>]|=>)|(?<!\.)\.++-[xo>]")
_ARROW = re.compile(r"->|[\u2013\u2014]{1,2}>|[\u2192\u27f6]")
_QUOTED_LABEL = re.compile(r'\|\s*+"([^"]*+)"\s*+\|>?')


class ParsedLink(msgspec.Struct, frozen=True):
    """A link: its label, its line, and the position after it; `lenient` if Mermaid itself would reject it."""

    label: str
    line: int
    end: int
    invisible: bool = False
    lenient: bool = False


class LinkReader:
    """Reads links; `ids` collects the ids of links, such as e1 in `A e1@--> B`."""

    def __init__(self, text: str, lines: Lines) -> None:
        self.text = text
        self.lines = lines
        self.ids: set[str] = set()

    def read(self, position: int) -> ParsedLink | None:
        """Read the link at a position; None if there is none. Raises `ParseError` if its label is never closed."""
        begin = self._after_space(position)
        id_ = _ID.match(self.text, begin)
        begin = id_.end() if id_ else begin
        line = self.lines.at(begin)
        complete = _COMPLETE.match(self.text, begin)
        if complete is not None:
            label, end = self._pipe_label(self._after_space(complete.end()), line)
        elif opening := _OPENING.match(self.text, begin):
            label, end = self._inline_label(opening, line)
            more, end = self._pipe_label(self._after_space(end), line)
            label = f"{label}: {more}" if label and more else label or more  # Mermaid rejects both together
        elif arrow := _ARROW.match(self.text, begin):
            label, end = self._pipe_label(self._after_space(arrow.end()), line)
            return ParsedLink(texts.decode_label(label), line, self._after_space(end), lenient=True)
        else:
            return None
        if id_:
            self.ids.add(id_[1])
        invisible = bool(complete and complete[0].startswith("~"))
        return ParsedLink(texts.decode_label(label), line, self._after_space(end), invisible)

    def _after_space(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        return match.end() if match else position

    def _inline_label(self, opening: re.Match[str], line: int) -> tuple[str, int]:
        """Return the text of `-- text -->`, and the position after the link.

        The "o" of `--no-->` is read as text, although Mermaid reads it as an arrow head.
        """
        at = self._after_space(opening.end())
        closing = self.text.find('"', at + 1) if self.text.startswith('"', at) else -1
        end = self._find_end(opening[1], closing + 1 if closing > 0 else at)
        if end is None:
            what = f'The link that begins with "{opening[0]}" has no end.'
            raise ParseError(what, line, "Write it as A -- text --> B, or A -->|text| B.")
        stop = end.start()
        stop -= opening[1] == "-." and self.text[stop - 1] == "-" and stop > at
        stop -= stop - at > 1 and self.text[stop - 1] in "xo<" and self.text[stop - 2].isspace()
        return _unquoted(self.text[at:stop]), end.end()

    def _find_end(self, kind: str, position: int) -> re.Match[str] | None:
        """Find the end of a link: of the same kind as its opening, or any kind on the same line (`-- text .->`).

        Older versions of Mermaid accepted the latter.
        """
        line_end = self.text.find("\n", position)
        line_end = len(self.text) if line_end < 0 else line_end
        own = _ENDS[kind]
        return (
            own.search(self.text, position, line_end)
            or _ANY_END.search(self.text, position, line_end)
            or own.search(self.text, line_end)
        )

    def _pipe_label(self, position: int, line: int) -> tuple[str, int]:
        """Return the label in `|…|`, and the position after it; "" if there is none.

        Accepts `-->|Yes|> B`, which people write and Mermaid rejects.
        """
        if not self.text.startswith("|", position):
            return "", position
        match = _QUOTED_LABEL.match(self.text, position)
        if match:
            return texts.strip_backticks(match[1]), match.end()
        end = self.text.find("|", position + 1)
        if end < 0:
            raise ParseError('The label that opens with "|" is never closed.', line, 'Close it with "|".')
        after = end + 2 if self.text.startswith(">", end + 1) else end + 1
        return _unquoted(self.text[position + 1 : end]), after


def _unquoted(raw: str) -> str:
    text = raw.strip()
    return texts.strip_quotes(text) if text.startswith('"') and text.count('"') > 1 else text
