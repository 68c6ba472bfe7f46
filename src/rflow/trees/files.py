"""Tree files in: reading TOML, YAML or JSON as a tree, with everything that is wrong at once, each with its line."""

import stat
from pathlib import Path

import msgspec

from rflow.core.text import one_line, shorten
from rflow.core.tree.document import check
from rflow.core.tree.model import Tree
from rflow.core.tree.problems import Problem
from rflow.errors import BadInput
from rflow.trees.parsed import Malformed
from rflow.trees.parsing import PARSERS, parse

LARGEST = 2_000_000
"""The most bytes of a tree file: some 10,000 nodes. The longest of our examples has 15,000 bytes."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """A problem with its file, and its line where that is known."""

    problem: Problem
    file: str
    line: int | None = None


class TreeFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds: `tree` is None where an error keeps it from being one."""

    file: str
    tree: Tree | None
    problems: tuple[Located, ...]

    @property
    def errors(self) -> tuple[Located, ...]:
        """Only the problems that keep the tree from being used."""
        return tuple(found for found in self.problems if found.problem.severity == "error")

    @property
    def warnings(self) -> tuple[Located, ...]:
        """Only the problems with which the tree can be used."""
        return tuple(found for found in self.problems if found.problem.severity == "warning")

    def require(self) -> Tree:
        """Return the tree, or raise `BadInput` with everything that is wrong."""
        if self.tree is not None:
            return self.tree
        if len(self.problems) == 1:
            only = self.problems[0]
            raise BadInput(_what(only), try_=only.problem.remedy)
        raise BadInput(
            f"{self.file} can't be used as a tree: {_counted(len(self.errors), 'error')}, "
            f"{_counted(len(self.warnings), 'warning')}.",
            try_="Mend the errors; warnings don't stop it.",
            problems=tuple(describe(found) for found in self.problems),
        )


def load_tree(path: Path) -> Tree:
    """Read a tree that has no errors; raise `BadInput` with all its problems where it has."""
    return read_tree(path).require()


def read_tree(path: Path, *, data: bytes | None = None) -> TreeFile:
    """Read a tree file and list all its problems, errors first, then by line. It never raises.

    The end of the name tells the format. With `data` the content is given, and `path` only names it.
    """
    name = "standard input" if str(path) == "-" else shorten(str(path), 200)
    try:
        found = _read(path, data, name)
    except Malformed as error:
        problem = Problem(severity="error", place=(), message=one_line(error.what), remedy=error.remedy)
        found = TreeFile(file=name, tree=None, problems=(Located(problem=problem, file=name, line=error.line),))
    return found


def _read(path: Path, data: bytes | None, name: str) -> TreeFile:
    suffix = _suffix(path)
    parsed = parse(_text(data if data is not None else _bytes(path)), suffix)
    checked = check(parsed.document)
    located = [Located(problem=problem, file=name, line=line) for problem, line in parsed.problems]
    located += [Located(problem=found, file=name, line=parsed.line_of(found.place)) for found in checked.problems]
    located.sort(key=lambda found: (found.problem.severity, found.line or 0))
    file = TreeFile(file=name, tree=checked.tree, problems=tuple(located))
    return msgspec.structs.replace(file, tree=None) if file.errors else file


def describe(located: Located) -> str:
    """Say all of a problem in one line: file, line, node, what is wrong, and the remedy."""
    return f"{_what(located)} {located.problem.remedy}".rstrip()


def _what(located: Located) -> str:
    file = located.file if located.line is None else f"{located.file}:{located.line}"
    kind = "warning: " if located.problem.severity == "warning" else ""
    place = _place(located.problem.place)
    return f"{file}: {kind}{place}{': ' if place else ''}{located.problem.message}"


def _place(place: tuple[str | int, ...]) -> str:
    """Name the node, and the choice by its number in the menu; the message names the field."""
    match place:
        case ("nodes", name, "choices", int(number), *_):
            return f'node "{shorten(str(name), 60)}", choice {number + 1}'
        case ("nodes", name, *_):
            return f'node "{shorten(str(name), 60)}"'
    return ""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _suffix(path: Path) -> str:
    known = f"{', '.join(list(PARSERS)[:-1])} or {list(PARSERS)[-1]}"
    if str(path) == "-":
        raise Malformed("The format of the tree can't be told here.", None, f"Give a file that ends in {known}.")
    suffix = path.suffix.lower()
    if suffix not in PARSERS:
        what = f'"{suffix}" is no format of trees.' if suffix else "The name does not say the format."
        raise Malformed(what, None, f"The name of a tree file ends in {known}.")
    return suffix


def _bytes(path: Path) -> bytes:
    """Read a file, one byte more than the limit at most."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise Malformed("This is a folder.", None, "Name a file in it.")
        if not stat.S_ISREG(mode):  # opening a pipe that nobody writes to would wait for ever
            raise Malformed("This is no ordinary file.", None, "Save the tree in a file.")
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise Malformed("There is no such file.", None, "Look at the name and the folder.") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = getattr(error, "strerror", None) or error
        raise Malformed(f"The file can't be read: {reason}.", None, "Look at its name and permissions.") from error


def _text(data: bytes) -> str:
    if len(data) > LARGEST:
        limit = f"{LARGEST // 1_000_000} MB"
        raise Malformed(f"The file is larger than {limit}, the most a tree may have.", None, "Is it the right file?")
    if data.startswith(_UTF16) or b"\x00" in data[:2]:
        raise Malformed("The file is UTF-16 text.", None, "Save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"The file is not UTF-8 text: the byte 0x{data[error.start]:02X} can't be read."
        raise Malformed(what, line, "Save it as UTF-8.") from error
    if not text.strip():
        raise Malformed("The file is empty.", None, "Start with id, title, start and nodes.")
    return text
