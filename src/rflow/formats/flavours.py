"""Escaping in templates: how expressions are shown and filtered, for each template suffix.

Used by rflow's own compiled templates (rflow.formats.templates) and by Jinja for other templates
(rflow.formats.environment). This module does not import Jinja.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from markupsafe import Markup

from rflow.core.summary.units.phrases import ended
from rflow.core.summary.units.times import clock, duration, stamp
from rflow.core.text import byte_size, clean, counted, shorten
from rflow.errors import UsageProblem
from rflow.formats.escaping.plain import Plain

ESCAPERS: dict[str, str] = {
    ".html.j2": "html:Html",
    ".jira.j2": "jira:Jira",
    ".md.j2": "markdown:Markdown",
    ".slack.html.j2": "html:SlackHtml",
    ".slack.j2": "plain:SlackPaste",
    ".teams.html.j2": "html:TeamsHtml",
    ".txt.j2": "plain:Plain",
}
"""The flavour of text for each template suffix, as MODULE:CLASS, imported when it is needed."""

FLAVOUR_FILTERS = ("block", "cell", "code", "fence", "link", "wrap")
NEUTRAL_FILTERS: dict[str, Callable[..., str]] = {
    "clock": clock,
    "count": counted,
    "duration": duration,
    "ended": ended,
    "shorten": shorten,
    "size": byte_size,
    "stamp": stamp,
}
"""Filters for every format; they return plain text, which is then escaped."""


def flavour_of(suffix: str) -> Plain:
    """Return the flavour of text for a template suffix."""
    if suffix not in ESCAPERS:
        known = ", ".join(ESCAPERS)
        raise UsageProblem(f'No escaping is known for templates named "*{suffix}".', try_=f"Use one of {known}.")
    module, _, name = ESCAPERS[suffix].partition(":")
    flavour: Plain = getattr(import_module(f"rflow.formats.escaping.{module}"), name)()
    return flavour


class Escaping:
    """Shows, joins and filters the values of expressions for one flavour."""

    def __init__(self, flavour: Plain) -> None:
        self._flavour, self._inline = flavour, flavour.inline
        self.escaped = _escaped_type(flavour)
        self.filters: Mapping[str, Callable[..., Any]] = {
            **{name: self._filter(name) for name in FLAVOUR_FILTERS},
            **NEUTRAL_FILTERS,
            "join": self.joined,
        }

    def show(self, value: object) -> str:
        """Return the value of an expression as escaped text; None shows as nothing."""
        if isinstance(value, Markup):
            return value
        if value is None:
            return ""
        text = str(value)
        return self._inline(text if text.isprintable() else clean(text))  # a page has thousands: avoid `clean`

    def joined(self, parts: Iterable[object], between: str = "") -> str:
        """Join texts; if one of them is escaped already, escape the others. White space as `between` is kept."""
        values = list(parts)
        if not any(isinstance(value, Markup) for value in (between, *values)):
            return between.join(map(str, values))
        separator = self.escaped.escape(between) if between.strip() else self.escaped(between)
        return separator.join(values)  # type: ignore[arg-type]

    def _filter(self, name: str) -> Callable[..., Markup]:
        """Wrap a method of the flavour as a filter, which takes text and returns escaped text."""
        method: Callable[..., str] = getattr(self._flavour, name)

        def plain(value: Any) -> Any:
            if isinstance(value, Markup) and not self._flavour.repeatable:
                raise TypeError(f"`{name}` takes a text, not what is escaped already")
            return clean(value) if isinstance(value, str) else value

        def apply(value: object, *args: Any, **options: Any) -> Markup:
            text = value if isinstance(value, str) else "" if value is None else str(value)
            return self.escaped(
                method(plain(text), *map(plain, args), **{key: plain(option) for key, option in options.items()})
            )

        return apply


def _escaped_type(flavour: Plain) -> type[Markup]:
    """Return a type of `Markup` that escapes what is added to it for this flavour, not as HTML."""

    class Escaped(Markup):
        __slots__ = ()

        @classmethod
        def escape(cls, s: Any, /) -> "Escaped":
            """Escape a text and keep the spaces at its ends, since other text may surround it."""
            if isinstance(s, Markup):
                return cls(s)
            text = clean(str(s))
            start, end = len(text) - len(text.lstrip(" ")), len(text.rstrip(" "))
            return cls(text if start >= end else text[:start] + flavour.inline(text) + text[end:])

    return Escaped


@cache
def escaping(suffix: str) -> Escaping:
    """Return the escaping for a template suffix."""
    return Escaping(flavour_of(suffix))
