"""Mistakes in templates: the file, the line, what is wrong and what to write instead."""

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
from rflow.core.text import shorten
from rflow.errors import RflowError
from rflow.formats.flavours import FLAVOUR_FILTERS, NEUTRAL_FILTERS
from rflow.formats.page import PAGE
from rflow.formats.phrases import PHRASES

_CONTEXT = ("p", "f", "digest", "layout", "sheet")
_JINJA = ("caller", "cycler", "dict", "joiner", "kwargs", "loop", "namespace", "range", "self", "super", "varargs")
NAMES = frozenset({*_CONTEXT, *PHRASES, *PAGE, *_JINJA})
"""All names that templates can use."""

_LITERAL = "Text always appears literally: write markup outside of {{ }}"
_INSTEAD = {
    **dict.fromkeys(("safe", "e", "escape", "forceescape", "striptags", "tojson", "xmlattr"), _LITERAL),
    "filesizeformat": "Use `size`",
    "format": "Put texts together with `~`",
    "urlize": "Use `link`",
    "wordwrap": "Use `wrap`",
}
"""What to use instead of Jinja's filters that are not available."""
_KINDS = {
    Progress: "The summary",
    Digest: "The digest",
    Header: "The session",
    str: "A text",
    tuple: "A list",
    TemplateModule: "`f`",
}


class TimeLimit(Exception):
    """A check has used up its processor time."""


class Mistake(msgspec.Struct, frozen=True):
    """A mistake in a template with its file and line (0 if unknown), or a `warning` of a possible problem."""

    file: str
    line: int
    what: str
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}{f', line {self.line}' if self.line else ''}: " if self.file else ""
        return f"{place}{'warning: ' if self.warning else ''}{self.what}"


class UnknownName(StrictUndefined):
    """An unknown name: any use of it raises an error that names the nearest known one."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        """The message of the error."""
        if self._undefined_hint:
            return self._undefined_hint
        name, owner = str(self._undefined_name), self._undefined_obj
        if owner is missing:
            return f'There is nothing named "{name}".{did_you_mean(name, NAMES)}'
        if owner is None:
            return f'What stands before ".{name}" is missing in this summary. Ask first: {{% if … %}}.'
        kind = _KINDS.get(type(owner), f"A {type(owner).__name__}")
        if isinstance(self._undefined_name, int):
            return f"{kind} has no entry number {name}; they count from 0."
        known = getattr(owner, "__struct_fields__", ())
        if isinstance(owner, TemplateModule):
            known = [macro for macro in vars(owner) if macro[0] != "_"]
        listed = f" It has: {', '.join(known)}." if known else ""
        return f'{kind} has no "{name}".{did_you_mean(name, known) or listed}'


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that suggests the nearest known name, or ""."""
    meanings = {known: known for known in sorted(known)}
    if name in meanings:
        return " It is known only elsewhere in a template."
    if "p" in meanings:
        meanings = {field: f"p.{field}" for field in Progress.__struct_fields__} | meanings
    close = get_close_matches(name, meanings, n=1)
    return f' Did you mean "{meanings[close[0]]}"?' if close else ""


def explain(error: Exception, path: Path) -> Mistake:
    """Explain an error that was raised while the template at `path` was compiled or rendered."""
    if isinstance(error, RflowError):
        return Mistake("", 0, str(error))
    if isinstance(error, TemplateSyntaxError):
        return Mistake(error.filename or str(path), error.lineno, _sentence(_syntax(error)))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    places = [(frame.filename, frame.lineno or 0) for frame in frames if Path(frame.filename).parent == path.parent]
    return Mistake(*(places or [(str(path), 0)])[-1], _sentence(_runtime(error)))


def _syntax(error: TemplateSyntaxError) -> str:
    message = error.message or "it can't be read"
    unknown = re.match(r"No (filter|test) named '(\w+)'", message)
    if not unknown:
        return message
    kind, name = unknown.groups()
    if name in _INSTEAD:
        return f"The filter `{name}` is not for summaries. {_INSTEAD[name]}"
    known = {*FILTERS, *FLAVOUR_FILTERS, *NEUTRAL_FILTERS} - {*_INSTEAD} if kind == "filter" else set()
    return f'There is no {kind} "{name}".{did_you_mean(name, known)}'


def _runtime(error: Any) -> str:
    match error:
        case TemplateNotFound():
            return f'There is no template "{error.name}" in its folder, nor in rflow itself'
        case TimeLimit():
            return "It takes too long: does it loop or call itself without end?"
        case SecurityError():
            unsafe = re.match(r"access to attribute '(.*)' of '(.*)' object", error.message or "")
            return f'A template may not use "{unsafe[1]}" of a {unsafe[2]}' if unsafe else str(error.message)
        case UndefinedError():
            return str(error.message)
        case RecursionError():
            return "It includes or calls itself without end, or is nested too deeply"
        case MemoryError():
            return "It takes too much memory, or is nested too deeply"
    return f"This does not work: {error}" if str(error) else f"This does not work ({type(error).__name__})"


def _sentence(text: str) -> str:
    """Return a short text with a capital letter at the beginning and a full stop."""
    text = shorten(text, 500)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!", "…")) else ".")
