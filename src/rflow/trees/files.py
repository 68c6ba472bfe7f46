"""Reading tree files (TOML, YAML or JSON), with all their problems at once, each with its line."""

import stat
from pathlib import Path
from shlex import quote

import msgspec
from msgspec.structs import replace

from rflow.core.text import counted, one_line, shorten
from rflow.core.tree.document import check
from rflow.core.tree.fields import node_names
from rflow.core.tree.model import Tree
from rflow.core.tree.problems import KeyPath, Problem
from rflow.errors import BadInput
from rflow.trees.parsed import Parsed, ParseError
from rflow.trees.parsing import PARSERS, parse

MAX_SIZE = 2_000_000
"""Maximum size of a tree file in bytes: some 10,000 nodes. The longest example has 15,000 bytes."""

_MAX_LINE = 500
_IMPORTABLE = {".mmd", ".mermaid", ".md", ".markdown", ".mdx", ".rst", ".html", ".htm", ".adoc", ".dot", ".gv"}
"""Suffixes of files that `rflow tree import` reads and `rflow tree add` does not."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """A problem with its file, and its line and column (from 1) if these are known."""

    problem: Problem
    file: str
    line: int | None = None
    column: int | None = None


class TreeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A tree file that was read: `tree` is None if it has errors."""

    file: str
    tree: Tree | None
    problems: tuple[Located, ...]

    @property
    def errors(self) -> tuple[Located, ...]:
        """The problems that keep the tree from being used."""
        return tuple(located for located in self.problems if located.problem.severity == "error")

    @property
    def warnings(self) -> tuple[Located, ...]:
        """The problems that do not keep the tree from being used."""
        return tuple(located for located in self.problems if located.problem.severity == "warning")

    def require(self) -> Tree:
        """Return the tree; raise `BadInput` with all problems if it has errors."""
        if self.tree is not None:
            return self.tree
        if len(self.problems) == 1:
            only = self.problems[0]
            raise BadInput(_what(only), try_=only.problem.remedy)
        raise BadInput(
            f"{self.file} can't be used as a tree: {counted(self.errors, 'error')}, "
            f"{counted(self.warnings, 'warning')}.",
            try_="Fix the errors; warnings can stay.",
            problems=tuple(describe(located) for located in self.problems),
        )


def load_tree(path: Path) -> Tree:
    """Return the tree in a file; raise `BadInput` with all its problems if it has errors."""
    return read_tree(path).require()


def read_tree(path: Path, *, data: bytes | None = None) -> TreeFile:
    """Read a tree file and all its problems, errors first, then by line. Never raises.

    The suffix selects the format. If `data` is given, it is the content, and `path` is only its name.
    """
    name = "standard input" if str(path) == "-" else shorten(str(path), 200)
    try:
        return _read(path, data, name)
    except ParseError as error:
        problem = Problem(severity="error", path=(), message=one_line(error.what), remedy=error.remedy)
        located = Located(problem=problem, file=name, line=error.line, column=error.column)
        return TreeFile(file=name, tree=None, problems=(located,))


def _read(path: Path, data: bytes | None, name: str) -> TreeFile:
    suffix = _suffix(path)
    text = decode(data if data is not None else read_content(path))
    parsed = parse(text, suffix)
    parsed = replace(parsed, lines=parsed.lines | _lines_by_name(parsed))
    checked = check(parsed.document)
    located = [Located(problem=problem, file=name, line=line) for problem, line in parsed.problems]
    located += [Located(problem=each, file=name, line=parsed.line_of(each.path)) for each in checked.problems]
    lines = text.splitlines()
    located = [replace(each, column=_column(lines, each)) for each in located]
    located.sort(key=lambda each: (each.problem.severity, each.line or 0))
    file = TreeFile(file=name, tree=checked.tree, problems=tuple(located))
    return replace(file, tree=None) if file.errors else file


def _lines_by_name(parsed: Parsed) -> dict[KeyPath, int]:
    """Return the lines of nodes in a list, by the names that problems use for them."""
    nodes = parsed.document.get("nodes") if isinstance(parsed.document, dict) else None
    if not isinstance(nodes, list):
        return {}
    names = node_names(nodes) or [f"{number + 1}" for number in range(len(nodes))]
    return {
        ("nodes", names[path[1]], *path[2:]): line
        for path, line in parsed.lines.items()
        if len(path) > 1 and path[0] == "nodes" and isinstance(path[1], int)
    }


def _column(lines: list[str], located: Located) -> int | None:
    """Return the column of a problem's key, or else of the line's text; None without a line.

    None also for a line too long for people to read, which could have thousands of problems.
    """
    line = lines[located.line - 1] if located.line is not None and located.line <= len(lines) else None
    if line is None or len(line) > _MAX_LINE:
        return None
    keys = [key for key in reversed(located.problem.path) if isinstance(key, str) and key]
    columns = (_find_key(line, key) for key in keys)
    return next((column + 1 for column in columns if column >= 0), len(line) - len(line.lstrip()) + 1)


def _find_key(line: str, key: str) -> int:
    """Return the index of a key in a line, as a whole word before "=", ":" or the end of a header; else -1."""
    at = line.find(key)
    while at >= 0:
        before, after = line[at - 1 : at], line[at + len(key) :].lstrip("\"' ")
        if not (before.isalnum() or before in ("_", "-")) and after[:1] in ("=", ":", "]", "."):
            return at
        at = line.find(key, at + 1)
    return -1


def describe(located: Located) -> str:
    """Return a problem as one line: file, line, node, what is wrong, and the remedy."""
    return f"{_what(located)} {located.problem.remedy}".rstrip()


def _what(located: Located) -> str:
    file = located.file if located.line is None else f"{located.file}:{located.line}"
    kind = "warning: " if located.problem.severity == "warning" else ""
    node = _node_name(located.problem.path)
    return f"{file}: {kind}{node}{': ' if node else ''}{located.problem.message}"


def as_fields(located: Located) -> dict[str, object]:
    """Return a problem for editors and other programs: file, line, column, severity, node, message, remedy."""
    problem = located.problem
    node = problem.path[1] if len(problem.path) > 1 and problem.path[0] == "nodes" else None
    place = {"file": located.file, "line": located.line, "column": located.column, "node": node}
    return {**place, "severity": problem.severity, "message": problem.message, "remedy": problem.remedy}


def _node_name(path: KeyPath) -> str:
    """Return the node, and the choice by its number in the menu, for a message that names the field."""
    match path:
        case ("nodes", name, "choices", int(number), *_):
            return f'node "{shorten(str(name), 60)}", choice {number + 1}'
        case ("nodes", name, *_):
            return f'node "{shorten(str(name), 60)}"'
    return ""


def _suffix(path: Path) -> str:
    known = f"{', '.join(list(PARSERS)[:-1])} or {list(PARSERS)[-1]}"
    if str(path) == "-":
        raise ParseError(
            "Standard input does not say the format of the tree.", None, f"Name a file that ends in {known}."
        )
    suffix = Path(path.stem).suffix.lower() if path.suffix.lower() == ".bak" else path.suffix.lower()
    if suffix not in PARSERS:
        what = f'"{suffix}" is not a format of trees.' if suffix else "The name of the file does not say its format."
        if suffix in _IMPORTABLE:
            raise ParseError(what, None, f"To make it a tree: rflow tree import {quote(str(path))}")
        raise ParseError(what, None, f"Use a file whose name ends in {known}.")
    return suffix


def read_content(path: Path) -> bytes:
    """Read a file, at most one byte more than the limit."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ParseError("This is a folder.", None, "Name a file in it.")
        if not stat.S_ISREG(mode):  # opening a pipe without a writer would block
            raise ParseError("This is not a regular file.", None, "Save the tree in a file.")
        with path.open("rb") as file:
            return file.read(MAX_SIZE + 1)
    except FileNotFoundError as error:
        raise ParseError("There is no such file.", None, "Check the name and the folder.") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = getattr(error, "strerror", None) or error
        raise ParseError(f"The file can't be read: {reason}.", None, "Check its name and permissions.") from error


def decode(data: bytes) -> str:
    """Return the text of a file; raise `ParseError` if it is too large, empty, or not UTF-8."""
    if len(data) > MAX_SIZE:
        limit = f"{MAX_SIZE // 1_000_000} MB"
        raise ParseError(f"The file is larger than {limit}, the limit for trees.", None, "Is it the right file?")
    if data.startswith(_UTF16) or b"\x00" in data[:2]:
        raise ParseError("The file is UTF-16 text.", None, "Save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"The file is not UTF-8 text: the byte 0x{data[error.start]:02X} can't be read."
        raise ParseError(what, line, "Save it as UTF-8.") from error
    if not text.strip():
        raise ParseError("The file is empty.", None, "Start with id, title, start and nodes.")
    return text
