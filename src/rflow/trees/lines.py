"""Finding the line of each key and entry in TOML and JSON text, whose parsers tell lines only for syntax errors.

The scan takes one pass and no recursion. It expects valid text: what it says about other text is not to be trusted,
except that no brackets or dotted names are nested deeper than `DEEPEST` where it does not raise `TooMuch`.
"""

import json
import re
from collections.abc import Iterator

import msgspec

Place = tuple[str | int, ...]
DEEPEST = 32
MOST_ENTRIES = 200_000
LONGEST_WORD = 1_000

# Possessive repetitions: a string that never ends is read once, not once for each of its characters.
_TOKEN = re.compile(
    r'''(?P<text> """(?:[^"\\]|\\.|"(?!""))*+"{0,5} | \'\'\'(?:[^']|'(?!''))*+'{0,5}
              | "(?:[^"\\\n]|\\.)*+"? | '[^'\n]*+'? )
      | (?P<mark> [\[\]{}=:,.\n] )
      | (?P<bare> [^\s\[\]{}=:,."'\#]+ )
      | \#[^\n]*+''',
    re.VERBOSE | re.DOTALL,
)


class TooMuch(Exception):
    """More than a tree ever needs, nested deeper or listed longer; `line` is where, the message says what."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


def limit_depth(depth: int, line: int) -> None:
    """Raise `TooMuch` where something stands too deep."""
    if depth > DEEPEST:
        raise TooMuch(f"There are more than {DEEPEST} levels inside each other.", line)


def limit_entries(count: int, line: int) -> None:
    """Raise `TooMuch` where there is too much to keep in memory: 2 MB of text could hold a million entries."""
    if count > MOST_ENTRIES:
        raise TooMuch(f"There are more than {MOST_ENTRIES:,} entries.", line)


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of each place, and the places (with their line) that are there once more."""

    lines: dict[Place, int]
    repeated: list[tuple[Place, int]]


def json_places(text: str) -> Places:
    """Find the places of a JSON document."""
    return _Scan(in_value=True).run(text)


def toml_places(text: str) -> Places:
    """Find the places of a TOML document; those of array tables (`[[nodes.scope.choices]]`) too."""
    return _Scan(in_value=False).run(text)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Return kind, text and line of each token; comments and blanks are left out."""
    line, counted = 1, 0
    for found in _TOKEN.finditer(text):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        if found.lastgroup == "bare" and len(found[0]) > LONGEST_WORD:  # a hex number of 2 MB takes tomllib 200 MB
            raise TooMuch(f"A word outside quotes is longer than {LONGEST_WORD:,} characters.", line)
        if found.lastgroup is not None:
            yield found.lastgroup, found[0], line


class _Level:
    """An open table or array: where it stands, and the key or the entry that is being read."""

    def __init__(self, place: Place, *, table: bool, in_value: bool = False) -> None:
        self.place = place
        self.table = table
        self.in_value = in_value
        self.key: list[str] = []
        self.entry = 0

    def at(self) -> Place:
        """Return the place of the value being read."""
        return (*self.place, *self.key) if self.table else (*self.place, self.entry)

    def next(self) -> None:
        """Go on to the next key or entry."""
        self.key, self.in_value, self.entry = [], False, self.entry + 1


class _Scan:
    """One pass over a text: `in_value` where the text is one value (JSON), else lines of keys and headers (TOML)."""

    def __init__(self, *, in_value: bool) -> None:
        self.found = Places(lines={}, repeated=[])
        self.lines_matter = not in_value
        self.levels = [_Level((), table=True, in_value=in_value)]
        self.header: list[str] | None = None
        self.brackets = 0
        self.counts: dict[Place, int] = {}

    def run(self, text: str) -> Places:
        for kind, token, line in _tokens(text):
            if self.header is not None:
                self._in_header(kind, token, line)
            elif kind == "mark":
                self._mark(token, line)
            else:
                self._word(token, line)
        return self.found

    def _mark(self, mark: str, line: int) -> None:
        level = self.levels[-1]
        outside = self.lines_matter and len(self.levels) == 1
        match mark:
            case "[" if outside and not level.in_value:
                self.header, self.brackets = [], 1
            case "[" | "{":
                self._open(line, table=mark == "{")
            case "]" | "}" if len(self.levels) > 1:
                self.levels.pop()
            case "," if not outside:
                level.next()
            case "\n" if outside:
                level.next()
            case "=" | ":" if level.table and not level.in_value:
                level.in_value = True
                self._record(level.at(), line)

    def _word(self, token: str, line: int) -> None:
        level = self.levels[-1]
        if not level.table:
            self._record(level.at(), line)
        elif not level.in_value:
            level.key.append(_unquoted(token))
            limit_depth(len(self.levels) + len(level.key), line)

    def _open(self, line: int, *, table: bool) -> None:
        level = self.levels[-1]
        if not level.table:
            self._record(level.at(), line)
        self.levels.append(_Level(level.at(), table=table))
        limit_depth(len(self.levels), line)

    def _in_header(self, kind: str, part: str, line: int) -> None:
        """Read `[nodes.scope]` or `[[nodes.scope.choices]]` up to the end of its line."""
        assert self.header is not None
        if kind != "mark":
            self.header.append(_unquoted(part))
            limit_depth(len(self.header), line)
        elif part == "[":
            self.brackets += 1
        elif part in ("]", "\n"):
            place = self._resolved(self.header, array=self.brackets > 1)
            self.levels[0] = _Level(place, table=True, in_value=part == "]")
            self._record(place, line)
            self.header = None

    def _resolved(self, header: list[str], *, array: bool) -> Place:
        """Return a header's place: where it passes through an array of tables, the last entry is meant."""
        place: Place = ()
        for number, part in enumerate(header, 1):
            place = (*place, part)
            if array and number == len(header):
                self.counts[place] = self.counts.get(place, -1) + 1
            if place in self.counts:
                place = (*place, self.counts[place])
        return place

    def _record(self, place: Place, line: int) -> None:
        if place in self.found.lines:
            self.found.repeated.append((place, line))
        self.found.lines.setdefault(place, line)
        limit_entries(len(self.found.lines), line)


def _unquoted(token: str) -> str:
    """Read a key as its parser does, near enough: rare TOML escapes stay as they are."""
    if token.startswith('"'):
        try:
            return str(json.loads(token, strict=False))
        except ValueError:
            return token.strip('"')
    return token.strip("'")
