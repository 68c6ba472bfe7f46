"""Values apart from their names in structures: XML, HTML, name-and-value pairs, two columns."""

import re
from collections.abc import Iterator

from rflow.core.redaction.names import Named
from rflow.core.redaction.plausibility import is_secret, looks_chosen
from rflow.core.redaction.spans import Lazy
from rflow.core.redaction.values import BLANK, Value, line_before, value_at

_PARENT = Lazy(r"<(?:[\w.-]{1,40}:)?\Z")
_ELEMENT = Lazy(
    r"(?:\s[^<>\n]{0,200})?(?<!/)>\s{0,200}(?:<\w{0,20}[Vv]alue>\s{0,40})?"
    r"(?:<!\[CDATA\[(?P<inner>(?:[^\]]|\](?!\]>)){1,8192}+)\]\]>|(?P<value>[^<>]{1,8192}))\s{0,200}</"
)
_ATTRIBUTE_NAME = Lazy(r"""(?:name|key|id)\s?=\s?\\{0,3}["'][^"'\s]{0,80}\Z""", re.IGNORECASE)
_ATTRIBUTE = Lazy(
    r"""\\{0,3}["'](?:\s{1,40}(?:value|content|password|val)\s?=\s?\\{0,3}["'](?P<value>[^"'\n\\]+)"""
    r"""|[^<>\n]{0,100}>(?P<inner>[^<\n]+)</)"""
)
_ATTRIBUTE_BEFORE = Lazy(
    r"""(?:value|content)\s?=\s?["'](?P<value>[^"'\n]+)["']\s{1,40}(?:name|key|id)\s?=\s?["'][^"'\s]{0,80}\Z"""
)
_CELLS = Lazy(r"</(?P<one>[\w:]{1,20})>\s{0,40}<(?P<other>[\w:]{1,20})[^<>]{0,100}>(?P<value>[^<]+)</")


def markup(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """<password>VALUE</password>, key="password" value="VALUE", <td>password</td><td>VALUE</td>."""
    match = _in_markup(text, start, end)
    if not match:
        return
    group = "value" if match["value"] else "inner"
    first = match.end(group) - len(match[group].lstrip())
    last = match.start(group) + len(match[group].rstrip())
    value = Value(first, last, last, quoted=True)
    if first < last and is_secret(text, value, named.confidence):
        yield value


def _in_markup(text: str, start: int, end: int) -> re.Match[str] | None:
    before = line_before(text, start)
    if "<" in before and _PARENT.search(before):
        return _ELEMENT.match(text, end)
    if "=" in before and _ATTRIBUTE_NAME.search(before):
        return _ATTRIBUTE.match(text, end) or _ATTRIBUTE_BEFORE.search(text, max(start - 300, 0), start)
    cells = _CELLS.match(text, end) if before.endswith(">") else None
    return cells if cells and {cells["one"], cells["other"]} != {"th"} else None


_PAIR_NAME = Lazy(
    r"""(?:name|key|parameter|variable|field|option|setting|label|property)\\{0,3}["']?\s?[:=]\s{0,8}\\{0,3}["']?"""
    r"""[^"'\s,{}]{0,80}\Z""",
    re.IGNORECASE,
)
_PAIR_VALUE = Lazy(
    r"""\\{0,3}["']?[^{}]{0,400}?(?:value|val|content)\\{0,3}["']?\s?[:=]\s{0,20}(?=\S)""", re.IGNORECASE
)
_OBJECT = Lazy(r"""\\{0,3}["']\s?:\s{0,8}\{[^{}]{0,300}?\\{0,3}["']value\\{0,3}["']\s?:\s{0,8}(?=\S)""", re.IGNORECASE)
_NEXT_PAIR = Lazy(r"""(?:name|key)\\{0,3}["']?\s?[:=]""", re.IGNORECASE)
_FORM_FIELD = Lazy(r"""["']?[^\n]{0,200}\r?\n(?:[\w-]{1,60}:[^\n]{0,200}\n){0,4}\r?\n(?P<value>[^\n]+)""")


def pair(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """name: PASSWORD, value: VALUE in YAML and JSON; a field of a form that was sent."""
    before = line_before(text, start)
    if inner := _OBJECT.match(text, end):
        inner_value = value_at(text, inner.end())
        if inner_value and is_secret(text, inner_value, "likely" if named.confidence == "weak" else named.confidence):
            yield inner_value
        return
    if not _PAIR_NAME.search(before):
        return
    if "form-data" in before and (field := _FORM_FIELD.match(text, end)):
        value: Value | None = Value(*field.span("value"), field.end(), quoted=True)
    else:
        match = _PAIR_VALUE.match(text, end)
        value = value_at(text, match.end()) if match and not _NEXT_PAIR.search(match[0]) else None
    if value and is_secret(text, value, "likely" if named.confidence == "weak" else named.confidence):
        yield value


_FIRST_CELL = Lazy(r"[\s|│┃║*`]*\Z")
_CELL = Lazy(rf"[`*]{{0,2}}{BLANK}{{0,60}}[|│┃║]{BLANK}{{0,8}}(?P<value>[^|│┃║\n]*[^|│┃║\s])(?P<rest>[^\n]{{0,200}})")
_WIDE = Lazy(rf"(?:{BLANK}{{2,80}}|\t+)(?:REG_\w{{2,12}}{BLANK}+)?(?P<value>[^\s#]\S*(?: \S+)*){BLANK}*(?=\n|\Z)")
_KEY_AND_VALUE = Lazy(r"^Key\s+Value", re.MULTILINE)


def columns(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """| password | VALUE |, and two columns with a wide gap."""
    if not _FIRST_CELL.match(line_before(text, start)):
        return
    cell = _CELL.match(text, end)
    match = cell or _WIDE.match(text, end)
    if not match or _is_a_description(match["value"]):
        return
    value = Value(*match.span("value"), match.end("value"), quoted=False)
    third = cell is not None and "|" in cell["rest"].strip().rstrip("|")
    wide_word = cell is None and match["value"].isalpha() and not _KEY_AND_VALUE.search(text)
    if (third or wide_word) and not looks_chosen(match["value"]):
        return
    if is_secret(text, value, named.confidence):
        yield value


def _is_a_description(shown: str) -> bool:
    """Whether a cell says what a column means: several words, none with a digit."""
    return shown.count(" ") > 1 and not any(map(str.isdigit, shown))
