"""The links of Mermaid: `-->`, `-- text -->`, `-->|text|` and their dotted, thick and invisible kin."""

import re

import msgspec

from rflow.trees.importing.chart import Lines
from rflow.trees.importing.mermaid import text as texts
from rflow.trees.parsed import ParseError

_SPACE = re.compile(r"\s*+")
_ID = re.compile(r'([^\s"@\[\](){}|]{1,64}+)@(?=[xo<]?[-=.~])')
_WHOLE = re.compile(r"[xo<]?(?:-{2,}+[xo>]|-{3,}+|={2,}+[xo>]|={3,}+|-?\.++-[xo>]?|~{3,}+)")
_BEGINNING = re.compile(r"[xo<]?(--|==|-\.)")
# Each matches once per run of characters, so that a line of 100,000 dots takes no longer than one of words.
_ENDS = {
    "--": re.compile(r"(?<!-)(?:-{2,}+[xo>]|-{3,}+)"),
    "==": re.compile(r"(?<!=)(?:={2,}+[xo>]|={3,}+)"),
    "-.": re.compile(r"(?<!\.)\.++-[xo>]?"),
}
_ANY_END = re.compile(r"(?<!-)(?:-{2,}+[xo>]|->)|(?<!=)(?:={2,}+[xo>]|=>)|(?<!\.)\.++-[xo>]")
_ARROW = re.compile(r"->|[\u2013\u2014]{1,2}>|[\u2192\u27f6]")
_QUOTED_LABEL = re.compile(r'\|\s*+"([^"]*+)"\s*+\|>?')


class Written(msgspec.Struct, frozen=True):
    """A link as it is written: its label, its line, and the position behind it."""

    label: str
    line: int
    end: int
    invisible: bool = False
    lenient: bool = False


class LinkReader:
    """Reads the links of a text. `ids` are those of links with an id: `A e1@--> B`."""

    def __init__(self, text: str, lines: Lines) -> None:
        self.text = text
        self.lines = lines
        self.ids: set[str] = set()

    def read(self, position: int) -> Written | None:
        """Return the link at a position, None if there is none; raise `ParseError` if its label is never closed."""
        begin = self._after_space(position)
        id_ = _ID.match(self.text, begin)
        begin = id_.end() if id_ else begin
        line = self.lines.at(begin)
        whole = _WHOLE.match(self.text, begin)
        if whole is not None:
            label, end = self._label(self._after_space(whole.end()), line)
        elif beginning := _BEGINNING.match(self.text, begin):
            label, end = self._text(beginning, line)
            more, end = self._label(self._after_space(end), line)
            label = f"{label}: {more}" if label and more else label or more  # Mermaid refuses both together
        elif arrow := _ARROW.match(self.text, begin):
            label, end = self._label(self._after_space(arrow.end()), line)
            return Written(texts.label(label), line, self._after_space(end), lenient=True)
        else:
            return None
        if id_:
            self.ids.add(id_[1])
        invisible = bool(whole and whole[0].startswith("~"))
        return Written(texts.label(label), line, self._after_space(end), invisible)

    def _after_space(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        return match.end() if match else position

    def _text(self, beginning: re.Match[str], line: int) -> tuple[str, int]:
        """Return the text in `-- text -->`, and the position behind the link.

        The "o" of `--no-->` belongs to the text, though Mermaid takes it for the head of an arrow.
        """
        at = self._after_space(beginning.end())
        closing = self.text.find('"', at + 1) if self.text.startswith('"', at) else -1
        end = self._end(beginning[1], closing + 1 if closing > 0 else at)
        if end is None:
            what = f'The link that begins with "{beginning[0]}" has no end.'
            raise ParseError(what, line, "Write it as A -- text --> B, or A -->|text| B.")
        stop = end.start()
        stop -= beginning[1] == "-." and self.text[stop - 1] == "-" and stop > at
        stop -= stop - at > 1 and self.text[stop - 1] in "xo<" and self.text[stop - 2].isspace()
        return _unquoted(self.text[at:stop]), end.end()

    def _end(self, kind: str, position: int) -> re.Match[str] | None:
        """Return the end of a link: the same kind as its beginning, else any kind on the same line (`-- text .->`).

        Older versions of Mermaid drew those.
        """
        line_end = self.text.find("\n", position)
        line_end = len(self.text) if line_end < 0 else line_end
        own = _ENDS[kind]
        return (
            own.search(self.text, position, line_end)
            or _ANY_END.search(self.text, position, line_end)
            or own.search(self.text, line_end)
        )

    def _label(self, position: int, line: int) -> tuple[str, int]:
        """Return the label in `|…|`, and the position behind it; "" if there is none.

        People write `-->|Yes|> B`, which Mermaid refuses.
        """
        if not self.text.startswith("|", position):
            return "", position
        match = _QUOTED_LABEL.match(self.text, position)
        if match:
            return texts.quoted(match[1]), match.end()
        end = self.text.find("|", position + 1)
        if end < 0:
            raise ParseError('The label that opens with "|" is never closed.', line, 'Close it with "|".')
        behind = end + 2 if self.text.startswith(">", end + 1) else end + 1
        return _unquoted(self.text[position + 1 : end]), behind


def _unquoted(raw: str) -> str:
    text = raw.strip()
    return texts.without_quotes(text) if text.startswith('"') and text.count('"') > 1 else text
