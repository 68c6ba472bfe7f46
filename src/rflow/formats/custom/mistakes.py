"""Mistakes in a template, put into words: the file, the line, what is wrong, and what to write instead."""

import re
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import StrictUndefined
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.filters import FILTERS
from jinja2.utils import missing

from rflow.core.summary.progress import Digest, Header, Progress
from rflow.errors import RflowError
from rflow.formats.custom.folder import Folder
from rflow.formats.custom.meter import TooMuch
from rflow.formats.environment import FLAVOUR_FILTERS, NEUTRAL_FILTERS
from rflow.formats.page_helpers import PAGE
from rflow.formats.phrases import PHRASES

GIVEN = ("p", "f", "digest", "layout", "sheet")
"""What a template gets, beside the phrases."""
_JINJA = ("caller", "cycler", "dict", "joiner", "kwargs", "loop", "namespace", "range", "self", "super", "varargs")
NAMES = frozenset({*GIVEN, *PHRASES, *PAGE, *_JINJA})

_LITERAL = "Text always appears literally: write markup outside of {{ }}"
_INSTEAD = {
    **dict.fromkeys(("safe", "e", "escape", "forceescape", "striptags", "tojson", "xmlattr"), _LITERAL),
    "urlize": "Use `link`",
    "wordwrap": "Use `wrap`",
    "format": "Put texts together with `~`",
    "attr": "Write the name behind a dot: `p.ask`",
}


class Mistake(msgspec.Struct, frozen=True):
    """What is wrong in a template, and where (`line` is 0 where it can't be told); or, not `grave`, what might be."""

    file: str
    line: int
    what: str
    grave: bool = True

    def __str__(self) -> str:
        place = f"{self.file}{f', line {self.line}' if self.line else ''}: " if self.file else ""
        return f"{place}{'' if self.grave else 'warning: '}{self.what}"


class Unknown(StrictUndefined):
    """A name that is not there: any use of it says so, with the nearest that is."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        """Say what is not there."""
        if self._undefined_hint:
            return self._undefined_hint
        name, whole = str(self._undefined_name), self._undefined_obj
        if whole is missing:
            return f'There is nothing named "{name}".{near(name, NAMES)}'
        if whole is None:
            return f'What stands before ".{name}" is not there in this summary. Ask first: {{% if … %}}.'
        if isinstance(self._undefined_name, int):
            return f"{_kind(whole)} has no entry number {name}; they count from 0."
        known = _parts(whole)
        listed = f" It has: {', '.join(known)}." if known else ""
        return f'{_kind(whole)} has no "{name}".{near(name, known) or listed}'


def near(name: str, known: Iterable[str]) -> str:
    """Ask whether another name is meant: "" where none is near."""
    names = {known: known for known in sorted(known)}
    if name in names:
        return " It is known only elsewhere in a template."
    if "p" in names:
        names = {field: f"p.{field}" for field in Progress.__struct_fields__} | names
    close = get_close_matches(name, names, n=1)
    return f' Did you mean "{names[close[0]]}"?' if close else ""


def _parts(whole: object) -> list[str]:
    if isinstance(whole, msgspec.Struct):
        return list(whole.__struct_fields__)
    return [name for name in vars(whole) if name[0] != "_"] if isinstance(whole, TemplateModule) else []


def _kind(whole: object) -> str:
    """Name a kind of thing for somebody who writes templates."""
    if isinstance(whole, TemplateModule):
        return "What draws (`f`)"
    named = {
        Progress: "The summary",
        Header: "The session",
        Digest: "A digest",
        str: "A text",
        tuple: "A list",
        list: "A list",
        bool: "A yes or no",
        int: "A number",
        float: "A number",
    }
    return named.get(type(whole), f"A {type(whole).__name__}")


def mistake(error: Exception, folder: Folder, file: str) -> Mistake:
    """Tell what `error`, met while `file` of `folder` was drawn, says about its writer's mistake."""
    if isinstance(error, RflowError):
        return Mistake("", 0, str(error))
    if isinstance(error, TemplateSyntaxError):
        return Mistake(error.filename or str(folder.path / file), error.lineno, _sentence(_of_syntax(error)))
    where, line = _place(error, folder.path) or (str(folder.path / file), 0)
    return Mistake(where, line, _sentence(_what(error)))


def _place(error: Exception, folder: Path) -> tuple[str, int] | None:
    """Find the innermost line of the folder's own templates that the error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == folder and frame.filename.endswith(".j2")]
    return (own[-1].filename, own[-1].lineno or 0) if own else None


def _of_syntax(error: TemplateSyntaxError) -> str:
    message = error.message or "it can't be read"
    unknown = re.match(r"No (filter|test) named '(\w+)'", message)
    if not unknown:
        return message
    kind, name = unknown.groups()
    if name in _INSTEAD:
        return f"The filter `{name}` is not for summaries. {_INSTEAD[name]}"
    if name in FILTERS:
        return f"The filter `{name}` is not for summaries"
    known = {*FILTERS, *FLAVOUR_FILTERS, *NEUTRAL_FILTERS} - {*_INSTEAD} if kind == "filter" else set()
    return f'There is no {kind} "{name}".{near(name, known)}'


def _what(error: Any) -> str:
    """Say what happened when it was drawn."""
    match error:
        case TemplateNotFound():
            return f'There is no template "{error.name}" in its folder, nor in rflow itself'
        case TooMuch():
            return f"It was stopped: {error.message}"
        case SecurityError():
            touched = re.match(r"access to attribute '(.*)' of '(.*)' object", error.message or "")
            return f'A template may not touch "{touched[1]}" of a {touched[2]}' if touched else str(error.message)
        case UndefinedError():
            return str(error.message)
        case RecursionError():
            return "It includes or calls itself without end, or is nested too deeply"
        case MemoryError():
            return "It is nested too deeply, or makes too much"
    return f"This does not work: {error}" if str(error) else f"This does not work ({type(error).__name__})"


def _sentence(text: str) -> str:
    """Begin and end a text as a sentence."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
