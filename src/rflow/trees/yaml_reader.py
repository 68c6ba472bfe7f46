"""Reading YAML as a document of plain texts, from PyYAML's parser events.

Every scalar stays the text that was written. YAML 1.1 would read `Yes` and `No`, the most common labels, as booleans
(Norway's `NO` too), `809` as a number and `012` as ten; a tree has only texts.

Reading events rather than PyYAML's nodes or objects makes hostile files harmless: aliases are refused before anything
is expanded ("billion laughs"), tags create no objects, nesting is limited, and nothing recurses.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rflow.core.text import shorten
from rflow.core.tree.problems import KeyPath, Problem
from rflow.trees.lines import KeyLines, check_depth, check_entries
from rflow.trees.parsed import Parsed, ParseError, repeated_key_problems

if TYPE_CHECKING:
    import yaml

_REMEDY = 'Put a text with ": " or " #" in it in quotes; indent with spaces, never with tabs.'
_ALIASES = "Write the text itself instead."
_STANDARD_TAG = "tag:yaml.org,2002:"
_ALLOWED_TAGS = frozenset({"str", "int", "float", "bool", "null", "seq", "map"})


def parse_yaml(text: str) -> Parsed:
    """Parse YAML; raise `ParseError`, or `LimitExceeded`."""
    import yaml  # here, because it costs 10 ms, and only commands that read tree files need it

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # in C where PyYAML was built with libyaml: 10 times faster
    try:
        return _Builder().build(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        column = error.problem_mark.column + 1 if error.problem_mark else None
        raise ParseError(f"This is not valid YAML: {error.problem or error.context}.", line, _REMEDY, column) from error
    except yaml.YAMLError as error:
        raise ParseError(
            "There are control characters in the file.", _control_character_line(text), "Remove them."
        ) from error


def _control_character_line(text: str) -> int | None:
    """Return the line of the first character that YAML does not allow (YAML 1.1 §5.1)."""
    from yaml.reader import Reader

    match = Reader.NON_PRINTABLE.search(text)
    return text.count("\n", 0, match.start()) + 1 if match else None


class _Level:
    """An open mapping or sequence, and the key whose value comes next."""

    def __init__(self, path: KeyPath, holder: dict[str, object] | list[object]) -> None:
        self.path = path
        self.holder = holder
        self.key: str | None = None


class _Builder:
    """Builds the document from events, with the line of each key."""

    def __init__(self) -> None:
        self.document: object = None
        self.keys = KeyLines(lines={}, repeated=[])
        self.levels: list[_Level] = []
        self.documents = 0

    def build(self, events: "Iterable[yaml.Event]") -> Parsed:
        import yaml

        for event in events:
            line = event.start_mark.line + 1 if event.start_mark else 1
            match event:
                case yaml.DocumentStartEvent():
                    self.documents += 1
                    if self.documents > 1:
                        return self._result(_second_document(line))
                case yaml.NodeEvent():
                    _refuse_references(event, line)
                    self._node(event, line)
                case yaml.CollectionEndEvent():
                    self.levels.pop()
        return self._result()

    def _result(self, *problems: tuple[Problem, int]) -> Parsed:
        listed = (*repeated_key_problems(self.keys), *problems)
        return Parsed(document=self.document, lines=self.keys.lines, problems=listed)

    def _node(self, event: "yaml.NodeEvent", line: int) -> None:
        import yaml

        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event.value, line)
            return
        holder: dict[str, object] | list[object] = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._put(holder, line)
        self.levels.append(_Level(path, holder))
        check_depth(len(self.levels), line)

    def _scalar(self, text: str, line: int) -> None:
        level = self.levels[-1] if self.levels else None
        if level is not None and isinstance(level.holder, dict) and level.key is None:
            level.key = text
            self._record((*level.path, text), line)
        else:
            self._put(text, line)

    def _put(self, value: object, line: int) -> KeyPath:
        """Add a value to the mapping or sequence that is open, and return its path."""
        if not self.levels:
            self.document = value
            return ()
        level = self.levels[-1]
        if isinstance(level.holder, list):
            level.holder.append(value)
            path: KeyPath = (*level.path, len(level.holder) - 1)
            self._record(path, line)
            return path
        if level.key is None:
            raise ParseError("A list or a table is used as a key.", line, "Use a plain word as the key.")
        path, level.holder[level.key], level.key = (*level.path, level.key), value, None
        return path

    def _record(self, path: KeyPath, line: int) -> None:
        if path in self.keys.lines:
            self.keys.repeated.append((path, line))
        self.keys.lines.setdefault(path, line)
        check_entries(len(self.keys.lines), line)


def _second_document(line: int) -> tuple[Problem, int]:
    message = "A second document begins here, but a tree file holds a single tree."
    return Problem(severity="error", path=(), message=message, remedy="Put each tree into its own file."), line


def _refuse_references(event: "yaml.NodeEvent", line: int) -> None:
    """Raise `ParseError` for anchors (&name), aliases (*name), and tags other than those of texts, lists and tables."""
    import yaml

    anchor = shorten(event.anchor or "", 40)
    if isinstance(event, yaml.AliasEvent):
        raise ParseError(f"The alias *{anchor} can't be used: a tree file has no references.", line, _ALIASES)
    if anchor:
        raise ParseError(f"The anchor &{anchor} can't be used: a tree file has no references.", line, _ALIASES)
    tag = getattr(event, "tag", None)
    if tag and tag != "!" and tag.removeprefix(_STANDARD_TAG) not in _ALLOWED_TAGS:
        raise ParseError(f"The tag {_short_tag(tag)} can't be used: a tree holds only texts.", line, "Remove the tag.")


def _short_tag(tag: str) -> str:
    standard = tag.startswith(_STANDARD_TAG)
    return shorten("!!" + tag.removeprefix(_STANDARD_TAG) if standard else tag, 60)
