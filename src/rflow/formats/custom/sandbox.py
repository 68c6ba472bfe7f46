"""Jinja's sandbox for users' own templates, with rflow's escaping.

Jinja's sandbox blocks access to Python's internals and changes of the values. This module keeps users' texts literal:
escaped text can't be modified, since Jinja would escape and join it as HTML.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import msgspec
from jinja2 import BaseLoader, Undefined
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from rflow.formats.environment import OPTIONS, FlavouredEnvironment
from rflow.formats.escaping.plain import Plain
from rflow.formats.flavours import FLAVOUR_FILTERS
from rflow.formats.phrases import PHRASES

REPLACED_FILTERS = ("filesizeformat", "format", "wordwrap")
"""Filters of Jinja that rflow replaces by its own, or by `~`."""
_MODIFYING = (*"capitalize center lower replace reverse shorten title truncate upper".split(),)
"""Filters that could turn escaped text into markup, such as `\\*` without its backslash."""


class Sandbox(FlavouredEnvironment, ImmutableSandboxedEnvironment):
    """The environment of users' own templates."""

    intercepted_binops = frozenset({"+", "%"})

    def __init__(self, flavour: Plain, loader: BaseLoader, undefined: type[Undefined]) -> None:
        # Not optimized: an error in an expression of constants is raised where it has a line.
        super().__init__(**OPTIONS | {"undefined": undefined}, loader=loader, optimized=False)
        self.set_flavour(flavour)
        self._repeatable = flavour.repeatable
        for name in REPLACED_FILTERS:
            del self.filters[name]
        self.filters |= {name: self._text_filter(name) for name in (*FLAVOUR_FILTERS, *_MODIFYING)}
        self.globals |= PHRASES
        show = self.show
        self.show = lambda value: show(_showable(value))

    def joined(self, parts: tuple[object, ...]) -> str:
        """Join the operands of `~`."""
        return super().joined(tuple(map(_showable, parts)))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute; escaped text has none."""
        return self.unsafe_undefined(obj, attribute) if self._is_final(obj) else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item; escaped text has none."""
        return self.unsafe_undefined(obj, str(argument)) if self._is_final(obj) else super().getitem(obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Apply `+` or `%`, except to texts that are escaped already."""
        if isinstance(left, Markup) or isinstance(right, Markup):
            raise TypeError(f"put texts together with `~`, not with `{operator}`")
        return super().call_binop(context, operator, left, right)

    def _is_final(self, value: object) -> bool:
        return isinstance(value, Markup) and not self._repeatable

    def _text_filter(self, name: str) -> Callable[..., Any]:
        """Wrap a filter to refuse values that are not text, and escaped text if it would modify that."""
        apply = self.filters[name]

        @wraps(apply)
        def checked(*args: Any, **options: Any) -> Any:
            for value in (*args, *options.values()):
                if name in _MODIFYING and self._is_final(value):
                    raise TypeError(f"`{name}` takes a text, not what is escaped already")
                if name in FLAVOUR_FILTERS:
                    _showable(value)
            return apply(*args, **options)

        return checked


def _showable(value: object) -> object:
    """Return the value; raise `TypeError` for one that would appear in Python's notation."""
    if isinstance(value, msgspec.Struct):
        raise TypeError(f"only a part of it can be shown: {', '.join(value.__struct_fields__)}")
    if isinstance(value, list | tuple | dict | Iterator) or (callable(value) and not isinstance(value, Undefined)):
        raise TypeError(f"a {type(value).__name__.lower()} can't be shown: loop over it, use `| join`, or call it")
    return value
