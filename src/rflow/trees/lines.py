"""Finding the line of each key and entry in TOML and JSON text, whose parsers report lines only for syntax errors.

The scan takes one pass and does not recurse. It expects valid text; for other text the only guarantee is that
brackets and dotted names are nested no deeper than `MAX_DEPTH`, or it raises `LimitExceeded`.
"""

import json
import re
from collections.abc import Iterator

import msgspec

from rflow.core.tree.problems import KeyPath

MAX_DEPTH = 32
MAX_ENTRIES = 200_000
MAX_WORD = 1_000

# Possessive repetitions: a string that never ends is read once, not once for each of its characters.
_TOKEN = re.compile(
    r'''(?P<text> """(?:[^"\\]|\\.|"(?!""))*+"{0,5} | \'\'\'(?:[^']|'(?!''))*+'{0,5}
              | "(?:[^"\\\n]|\\.)*+"? | '[^'\n]*+'? )
      | (?P<punctuation> [\[\]{}=:,.\n] )
      | (?P<bare> [^\s\[\]{}=:,."'\#]+ )
      | \#[^\n]*+''',
    re.VERBOSE | re.DOTALL,
)


class LimitExceeded(Exception):
    """The text has deeper nesting or more entries than any tree needs; `line` is where."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


def check_depth(depth: int, line: int) -> None:
    """Raise `LimitExceeded` if `depth` is too large."""
    if depth > MAX_DEPTH:
        raise LimitExceeded(f"There are more than {MAX_DEPTH} levels inside each other.", line)


def check_entries(count: int, line: int) -> None:
    """Raise `LimitExceeded` if `count` is too large for memory: 2 MB of text could contain a million entries."""
    if count > MAX_ENTRIES:
        raise LimitExceeded(f"There are more than {MAX_ENTRIES:,} entries.", line)


class KeyLines(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of each key, and the keys that are repeated, with the line of the repetition."""

    lines: dict[KeyPath, int]
    repeated: list[tuple[KeyPath, int]]


def json_key_lines(text: str) -> KeyLines:
    """Return the lines of the keys of a JSON document."""
    return _Scan(in_value=True).run(text)


def toml_key_lines(text: str) -> KeyLines:
    """Return the lines of the keys of a TOML document, array tables (`[[nodes.scope.choices]]`) included."""
    return _Scan(in_value=False).run(text)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield the kind, text and line of each token, without comments and spaces."""
    line, counted = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        if match.lastgroup == "bare" and len(match[0]) > MAX_WORD:  # tomllib needs 200 MB for a hex number of 2 MB
            raise LimitExceeded(f"A word outside quotes is longer than {MAX_WORD:,} characters.", line)
        if match.lastgroup is not None:
            yield match.lastgroup, match[0], line


class _Level:
    """An open table or array: its path, and its current key or entry."""

    def __init__(self, path: KeyPath, *, table: bool, in_value: bool = False) -> None:
        self.path = path
        self.table = table
        self.in_value = in_value
        self.key: list[str] = []
        self.entry = 0

    def at(self) -> KeyPath:
        """Return the path of the current value."""
        return (*self.path, *self.key) if self.table else (*self.path, self.entry)

    def next(self) -> None:
        """Start the next key or entry."""
        self.key, self.in_value, self.entry = [], False, self.entry + 1


class _Scan:
    """One pass over a text: with `in_value` a single value (JSON), else lines of keys and headers (TOML)."""

    def __init__(self, *, in_value: bool) -> None:
        self.keys = KeyLines(lines={}, repeated=[])
        self.is_toml = not in_value
        self.levels = [_Level((), table=True, in_value=in_value)]
        self.header: list[str] | None = None
        self.brackets = 0
        self.counts: dict[KeyPath, int] = {}

    def run(self, text: str) -> KeyLines:
        for kind, token, line in _tokens(text):
            if self.header is not None:
                self._in_header(kind, token, line)
            elif kind == "punctuation":
                self._punctuation(token, line)
            else:
                self._word(token, line)
        return self.keys

    def _punctuation(self, character: str, line: int) -> None:
        level = self.levels[-1]
        outside = self.is_toml and len(self.levels) == 1
        match character:
            case "[" if outside and not level.in_value:
                self.header, self.brackets = [], 1
            case "[" | "{":
                self._open(line, table=character == "{")
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
            check_depth(len(self.levels) + len(level.key), line)

    def _open(self, line: int, *, table: bool) -> None:
        level = self.levels[-1]
        if not level.table:
            self._record(level.at(), line)
        self.levels.append(_Level(level.at(), table=table))
        check_depth(len(self.levels), line)

    def _in_header(self, kind: str, part: str, line: int) -> None:
        """Read `[nodes.scope]` or `[[nodes.scope.choices]]` up to the end of its line."""
        assert self.header is not None
        if kind != "punctuation":
            self.header.append(_unquoted(part))
            check_depth(len(self.header), line)
        elif part == "[":
            self.brackets += 1
        elif part in ("]", "\n"):
            path = self._resolved(self.header, array=self.brackets > 1)
            self.levels[0] = _Level(path, table=True, in_value=part == "]")
            self._record(path, line)
            self.header = None

    def _resolved(self, header: list[str], *, array: bool) -> KeyPath:
        """Return the path of a header; within an array of tables it refers to the last entry."""
        path: KeyPath = ()
        for number, part in enumerate(header, 1):
            path = (*path, part)
            if array and number == len(header):
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        return path

    def _record(self, path: KeyPath, line: int) -> None:
        if path in self.keys.lines:
            self.keys.repeated.append((path, line))
        self.keys.lines.setdefault(path, line)
        check_entries(len(self.keys.lines), line)


def _unquoted(token: str) -> str:
    """Return a key as its parser reads it, approximately: rare TOML escapes stay as they are."""
    if token.startswith('"'):
        try:
            return str(json.loads(token, strict=False))
        except ValueError:
            return token.strip('"')
    return token.strip("'")
