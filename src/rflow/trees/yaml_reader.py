"""Reading YAML as a loose document of plain texts, straight from the parser's events.

Every scalar stays the text that was written. YAML 1.1 would make `Yes` and `No`, the commonest labels of all, true
and false (Norway's `NO` too), `809` a number and `012` a ten; a tree holds only texts, so none of that is wanted.

Reading events rather than PyYAML's nodes or objects keeps hostile files harmless: aliases are refused before anything
is repeated (a "billion laughs" file grows a thousandfold with each of nine lines), no tag makes an object, nesting has
a limit, and nothing recurses.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rflow.core.text import shorten
from rflow.core.tree.problems import Problem
from rflow.trees.lines import Place, Places, limit_depth, limit_entries
from rflow.trees.parsed import Malformed, Parsed, repeated

if TYPE_CHECKING:
    import yaml

_REMEDY = 'Put a text with ": " or " #" in it in quotes; indent with blanks, never with tabs.'
_ALIASES = "Write out what it stands for."
_STANDARD_TAG = "tag:yaml.org,2002:"
_HARMLESS = frozenset({"str", "int", "float", "bool", "null", "seq", "map"})


def parse_yaml(text: str) -> Parsed:
    """Parse YAML; raise `Malformed`, or `TooMuch`."""
    import yaml  # here, because only commands that read tree files should pay for it (10 ms)

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # in C where PyYAML was built with libyaml: 10 times faster
    try:
        return _Builder().build(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Malformed(f"This is not valid YAML: {error.problem or error.context}.", line, _REMEDY) from error
    except yaml.YAMLError as error:
        raise Malformed("There are control characters in the file.", _control(text), "Remove them.") from error


def _control(text: str) -> int | None:
    """Return the line of the first character that YAML does not allow (yaml-1.1 §5.1, as PyYAML has it)."""
    from yaml.reader import Reader

    found = Reader.NON_PRINTABLE.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None


class _Level:
    """An open mapping or sequence, and the key that waits for its value."""

    def __init__(self, place: Place, holder: dict[str, object] | list[object]) -> None:
        self.place = place
        self.holder = holder
        self.key: str | None = None


class _Builder:
    """Builds the document from events, with the line of each place."""

    def __init__(self) -> None:
        self.document: object = None
        self.places = Places(lines={}, repeated=[])
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
                        return self._result(_several(line))
                case yaml.NodeEvent():
                    _refuse_links(event, line)
                    self._node(event, line)
                case yaml.CollectionEndEvent():
                    self.levels.pop()
        return self._result()

    def _result(self, *problems: tuple[Problem, int]) -> Parsed:
        found = (*repeated(self.places), *problems)
        return Parsed(document=self.document, lines=self.places.lines, problems=found)

    def _node(self, event: "yaml.NodeEvent", line: int) -> None:
        import yaml

        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event.value, line)
            return
        holder: dict[str, object] | list[object] = {} if isinstance(event, yaml.MappingStartEvent) else []
        place = self._put(holder, line)
        self.levels.append(_Level(place, holder))
        limit_depth(len(self.levels), line)

    def _scalar(self, text: str, line: int) -> None:
        level = self.levels[-1] if self.levels else None
        if level is not None and isinstance(level.holder, dict) and level.key is None:
            level.key = text
            self._record((*level.place, text), line)
        else:
            self._put(text, line)

    def _put(self, value: object, line: int) -> Place:
        """Put a value where it belongs, and give its place."""
        if not self.levels:
            self.document = value
            return ()
        level = self.levels[-1]
        if isinstance(level.holder, list):
            level.holder.append(value)
            place: Place = (*level.place, len(level.holder) - 1)
            self._record(place, line)
            return place
        if level.key is None:
            raise Malformed("A list or a table stands where a key belongs.", line, "Write a plain word as the key.")
        place, level.holder[level.key], level.key = (*level.place, level.key), value, None
        return place

    def _record(self, place: Place, line: int) -> None:
        if place in self.places.lines:
            self.places.repeated.append((place, line))
        self.places.lines.setdefault(place, line)
        limit_entries(len(self.places.lines), line)


def _several(line: int) -> tuple[Problem, int]:
    message = "A second document begins here; a tree file holds one tree."
    return Problem(severity="error", place=(), message=message, remedy="Give each tree a file of its own."), line


def _refuse_links(event: "yaml.NodeEvent", line: int) -> None:
    """Refuse anchors (&name), aliases (*name) and tags that would make more than a text, a list or a table."""
    import yaml

    anchor = shorten(event.anchor or "", 40)
    if isinstance(event, yaml.AliasEvent):
        raise Malformed(f"The alias *{anchor} is not taken: a tree file repeats nothing by reference.", line, _ALIASES)
    if anchor:
        raise Malformed(f"The anchor &{anchor} is not taken: a tree file repeats nothing by reference.", line, _ALIASES)
    tag = getattr(event, "tag", None)
    if tag and tag != "!" and tag.removeprefix(_STANDARD_TAG) not in _HARMLESS:
        raise Malformed(f"The tag {_short_tag(tag)} is not taken: a tree holds only texts.", line, "Remove the tag.")


def _short_tag(tag: str) -> str:
    standard = tag.startswith(_STANDARD_TAG)
    return shorten("!!" + tag.removeprefix(_STANDARD_TAG) if standard else tag, 60)
