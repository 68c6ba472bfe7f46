"""Columns below a heading: a table, or lines with separators, whose heading names a secret."""

import re
from collections.abc import Iterator
from itertools import chain, takewhile

import msgspec

from rflow.core.redaction.names import Named, meaning
from rflow.core.redaction.plausibility import is_secret, looks_chosen, looks_random
from rflow.core.redaction.spans import Lazy, Span, lowered
from rflow.core.redaction.values import Value

# A name that ends its cell: a separator, a wide gap or the end of the line follows.
_HEADING = Lazy(
    r"(?:pass|pw|secret|token|key|wort|contrase|senha|psk)[\w.]{0,40}[\"'*`]{0,2}(?:[^\S\n]?[|│┃\t,;]|  |[^\S\n]*$)",
    re.MULTILINE,
)
_RULER = Lazy(r"[\s|+:=\-─━│┃┼╪═╞╡├┤┌┐└┘┬┴┡┩╇]{3,}")
_COLUMN_NAME = Lazy(r"[\"'*`]{0,2}[^\W\d][\w.#()/-]*(?: [\w.#()/-]+){0,3}[\"'*`]{0,2}")
_WIDE_CELL = Lazy(r"\S+(?: \S+)*")
_FIELDS = {
    separator: Lazy(
        rf'"(?:[^"\n]|"")*"|[^{re.escape(separator)}\n]+|(?<={re.escape(separator)})(?={re.escape(separator)}|\Z)'
    )
    for separator in "|│┃\t;,"
}
_PLAIN_ID = Lazy(r"[a-z0-9.-]+")
_MOST_LINES = 2000
_WIDEST = 2000


class Line(msgspec.Struct, frozen=True):
    start: int
    text: str


class Heading(msgspec.Struct, frozen=True):
    """The cells of a heading, what separates them (empty: wide gaps), and what the names among them mean."""

    cells: list[re.Match[str]]
    separator: str
    named: dict[int, Named]


def find(text: str) -> Iterator[Span]:
    """Find the cells below a heading that names a secret."""
    done = 0
    for name in _HEADING.finditer(lowered(text)):
        start = text.rfind("\n", 0, name.start()) + 1
        end = text.find("\n", start)
        if name.start() < done or end < 0:
            continue
        done = end
        if end - start <= _WIDEST and (heading := _heading(text[start:end])):
            rows = list(_rows(_lines(text, end + 1), heading, text[start:end]))
            done = rows[-1].start if rows else done
            for row in rows:
                yield from _secrets(text, row, heading)


def _lines(text: str, start: int) -> Iterator[Line]:
    for _ in range(_MOST_LINES):
        end = text.find("\n", start)
        yield Line(start, text[start : end if end >= 0 else len(text)])
        if end < 0:
            return
        start = end + 1


def _heading(line: str) -> Heading | None:
    separator = next((each for each in _FIELDS if each in line), "")
    cells = _cells(line, separator)
    names = [cell[0].strip() for cell in cells]
    if len(cells) < 2 or not all(_COLUMN_NAME.fullmatch(name) or not name for name in names):
        return None
    if separator and separator in ",;" and f"{separator} " in line:
        return None
    named = {index: meant for index, name in enumerate(names) if (meant := meaning(name))}
    return Heading(cells, separator, named) if named and len(named) < len(cells) else None


def _cells(line: str, separator: str) -> list[re.Match[str]]:
    pattern = _FIELDS[separator] if separator else _WIDE_CELL
    return [cell for cell in pattern.finditer(line) if separator in ",;\t" or cell[0].strip()]


def _rows(lines: Iterator[Line], heading: Heading, line: str) -> Iterator[Line]:
    """Return the lines of the table below its heading, without any where nothing shows that it is a table."""
    first = next(lines)
    ruled = _RULER.fullmatch(first.text) is not None
    boxed = line.lstrip()[:1] == heading.separator and heading.separator != ""
    if heading.separator and heading.separator not in ",;\t" and not (ruled or boxed):
        return
    yield from takewhile(lambda row: _RULER.fullmatch(row.text) or _fits(row.text, heading), chain([first], lines))


def _fits(row: str, heading: Heading) -> bool:
    if not row.strip() or len(row) > _WIDEST:
        return False
    if heading.separator:
        return heading.separator in row and len(_cells(row, heading.separator)) == len(heading.cells)
    return len(_cells(row, "")) > 1 or len(heading.cells) == 1


def _secrets(text: str, row: Line, heading: Heading) -> Iterator[Span]:
    if _RULER.fullmatch(row.text):
        return
    cells = _cells(row.text, heading.separator)
    for index, named in heading.named.items():
        cell = cells[index] if heading.separator else _below(cells, heading.cells, index)
        if cell is None or not (shown := _unquoted(cell[0].strip())):
            continue
        start = row.start + cell.start() + cell[0].index(shown)
        value = Value(start, start + len(shown), start + len(shown), quoted=False)
        if _fitting(shown, named, heading) and is_secret(text, value, named.confidence):
            yield Span(value.start, value.end, named.kind)


def _unquoted(shown: str) -> str:
    """Return a cell without its quotes; CSV doubles a quote that belongs to the value."""
    return shown[1:-1] if len(shown) > 1 and shown[0] == shown[-1] and shown[0] in "\"'`" else shown.strip("\"'`")


def _below(cells: list[re.Match[str]], heading: list[re.Match[str]], index: int) -> re.Match[str] | None:
    """Return the cell that stands below a heading, where columns are only lined up."""
    left = heading[index].start()
    right = heading[index + 1].start() if index + 1 < len(heading) else _WIDEST
    return next((cell for cell in cells if left <= cell.start() < right), None)


def _fitting(shown: str, named: Named, heading: Heading) -> bool:
    """Whether the cell can hold a secret: a column SECRET may as well name one."""
    if named.confidence == "sure":
        return (bool(heading.separator) and heading.separator != "\t") or looks_chosen(shown)
    return looks_random(shown) and not _PLAIN_ID.fullmatch(shown) and heading.separator not in ("", "\t")


_INSERT = Lazy(
    r"insert\s{1,4}into\s{1,4}[^\s(]{1,120}\s{0,4}\((?P<names>[^()]{1,2000})\)\s{0,4}values\s{0,4}", re.IGNORECASE
)
_ROW = Lazy(r"\s{0,4},?\s{0,4}\((?P<row>(?:'(?:[^']|'')*+'|[^()'])*+)\)")
_SQL_VALUE = Lazy(r"'(?P<value>(?:[^']|'')*+)'|[^,'\s][^,']*+")


def find_inserts(text: str) -> Iterator[Span]:
    """Find the values that SQL inserts into columns that name secrets."""
    for insert in _INSERT.finditer(text):
        named = {index: meaning(name.strip(' `"[]\n')) for index, name in enumerate(insert["names"].split(","))}
        place = insert.end()
        while row := _ROW.match(text, place):
            place = row.end()
            for index, value in enumerate(_SQL_VALUE.finditer(text, *row.span("row"))):
                if (meant := named.get(index)) and value["value"]:
                    yield Span(*value.span("value"), meant.kind)
