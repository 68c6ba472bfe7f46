"""The Jinja environments of the output formats: one per template suffix, in which all text is shown literally.

`{{ x }}` puts a text on one line and escapes it; `{{ x | block }}` and similar filters escape in their own way. Markup
belongs in the template's own text: the value of an expression, even of a constant, is text, unless it comes from one
of the flavour's filters, a macro or a `{% set %}` block. Join such parts with `~` or `join`, not with `+`.
"""

import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache as cached
from importlib import import_module
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, nodes, pass_eval_context
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import EvalContext
from markupsafe import Markup

from rflow import __version__
from rflow.core.summary.units.times import clock, duration, stamp
from rflow.core.text import byte_size, clean, counted, shorten
from rflow.data import data_dir
from rflow.errors import UsageProblem
from rflow.formats.escaping.plain import Plain
from rflow.whole_files import make_folders

ESCAPERS: dict[str, str] = {
    ".html.j2": "html:Html",
    ".jira.j2": "jira:Jira",
    ".md.j2": "markdown:Markdown",
    ".slack.html.j2": "html:SlackHtml",
    ".slack.j2": "plain:SlackPaste",
    ".teams.html.j2": "html:TeamsHtml",
    ".txt.j2": "plain:Plain",
}
"""The flavour of text for each template suffix, as module and class: only what is needed is imported."""


def flavour_of(suffix: str) -> Plain:
    """Return the flavour of text for a template suffix."""
    module, _, name = ESCAPERS[suffix].partition(":")
    flavour: Plain = getattr(import_module(f"rflow.formats.escaping.{module}"), name)()
    return flavour


FLAVOUR_FILTERS = ("block", "cell", "code", "fence", "link", "wrap")
# These return HTML, or text that is not escaped.
REMOVED_FILTERS = ("e", "escape", "forceescape", "safe", "striptags", "tojson", "urlize", "xmlattr")

OPTIONS: dict[str, Any] = {
    "autoescape": True,
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
}
"""Options for all templates, rflow's own and those of others (rflow.formats.custom.sandbox)."""


@cached
def environment(suffix: str, cache: Path | None = None, folder: Path | None = None) -> Environment:
    """Return the environment for templates with this suffix.

    `folder` holds the templates (rflow's own by default); `cache` is a folder for compiled ones.
    """
    if suffix not in ESCAPERS:
        known = ", ".join(ESCAPERS)
        raise UsageProblem(f'No escaping is known for templates named "*{suffix}".', try_=f"Use one of {known}.")
    env = FlavouredEnvironment(
        **OPTIONS,
        loader=FileSystemLoader(folder or data_dir("templates") / "formats"),
        bytecode_cache=_bytecode_cache(cache),
    )
    env.fit(flavour_of(suffix))
    return env


def _escaped_type(flavour: Plain) -> type[Markup]:
    """Return the type of escaped text; what is added to such a text is escaped the same way, not as HTML."""

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


def _finalizer(escaped: type[Markup], flavour: Plain) -> Callable[[EvalContext, object], Markup]:
    """Return the function that every expression's value passes through; None shows as nothing."""

    # Asking for the evaluation context makes Jinja leave constants to run time; else it escapes them as HTML.
    @pass_eval_context
    def finalize(_: EvalContext, value: object) -> Markup:
        if isinstance(value, Markup):
            return value
        return escaped("" if value is None else flavour.inline(clean(str(value))))

    return finalize


def _flavour_filter(flavour: Plain, name: str, escaped: type[Markup]) -> Callable[..., Markup]:
    """Return a filter for a flavour's method: it takes text and returns escaped text."""
    method: Callable[..., str] = getattr(flavour, name)

    def plain(value: Any) -> Any:
        if isinstance(value, Markup) and not flavour.repeatable:
            raise TypeError(f"`{name}` takes a text, not what is escaped already")
        return clean(value) if isinstance(value, str) else value

    def apply(value: object, *args: Any, **options: Any) -> Markup:
        text = value if isinstance(value, str) else "" if value is None else str(value)
        return escaped(
            method(plain(text), *map(plain, args), **{key: plain(option) for key, option in options.items()})
        )

    return apply


def _joined(escaped: type[Markup], parts: Iterable[object], between: str = "") -> str:
    """Join texts; if one of them is escaped already, escape the others. White space as `between` is kept."""
    values = list(parts)
    if not any(isinstance(value, Markup) for value in (between, *values)):
        return between.join(map(str, values))
    return (escaped.escape(between) if between.strip() else escaped(between)).join(values)  # type: ignore[arg-type]


class FlavouredGenerator(CodeGenerator):
    """Compiles `a ~ b` to joining in the flavour: Jinja's own escapes as HTML."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 (Jinja's name)
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class FlavouredEnvironment(Environment):
    """An environment that escapes all text for one flavour."""

    code_generator_class = FlavouredGenerator
    escaped: type[Markup] = Markup

    def fit(self, flavour: Plain) -> None:
        """Use a flavour: its escaping and its filters, without those that are for HTML only."""
        self.escaped = escaped = _escaped_type(flavour)
        self.finalize = _finalizer(escaped, flavour)
        for name in REMOVED_FILTERS:
            del self.filters[name]
        del self.globals["lipsum"]
        self.filters |= {name: _flavour_filter(flavour, name, escaped) for name in FLAVOUR_FILTERS}
        self.filters |= NEUTRAL_FILTERS | {"join": lambda parts, between="": _joined(escaped, parts, between)}

    def joined(self, parts: tuple[object, ...]) -> str:
        """Join the operands of `~`."""
        return _joined(self.escaped, parts)


class _BytecodeCache(FileSystemBytecodeCache):
    """Jinja's cache of compiled templates, which replaces files atomically; its failures never stop a rendering."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a compiled template; a damaged file counts as missing."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 (pickle raises anything on damaged data)
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write a compiled template, unless the disk is full or read-only."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _bytecode_cache(folder: Path | None) -> FileSystemBytecodeCache | None:
    """Return a cache in a folder of its own, or None if others can write there: their bytecode is never run."""
    if folder is None:
        return None
    own = folder / "templates"
    try:
        make_folders(own)
        safe = _is_only_ours(own)
    except OSError:
        return None
    return _BytecodeCache(str(own), f"{__version__}-%s.cache") if safe else None


def _is_only_ours(folder: Path) -> bool:
    """Whether this is a real folder, no link, that belongs to this user and nobody else can enter (POSIX)."""
    if sys.platform == "win32":
        return True  # a user's profile folders are private there
    from os import getuid

    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == getuid() and not status.st_mode & 0o077


NEUTRAL_FILTERS: dict[str, Callable[..., str]] = {
    "clock": clock,
    "count": counted,
    "duration": duration,
    "shorten": shorten,
    "size": byte_size,
    "stamp": stamp,
}
"""Filters that are the same in every format; they return text, which is then escaped."""
