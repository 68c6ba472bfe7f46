"""rflow's own compiled templates: found by name and rendered without Jinja, with the escaping of a suffix."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from rflow.formats.flavours import escaping
from rflow.formats.phrases import PHRASES
from rflow.formats.runtime import Context, Namespace, Render, Undefined, missing

GLOBALS: Mapping[str, object] = {**PHRASES, "namespace": Namespace, "range": range}
"""What every template may call."""


def module_name(template: str) -> str:
    """Return the name of the module that a template is compiled to."""
    return template.replace(".", "_")


class Template:
    """A compiled template: the functions that yield its text, bound to an environment."""

    def __init__(self, root: Render, blocks: Mapping[str, Render]) -> None:
        self.root_render_func, self.blocks = root, blocks

    def render(self, **values: object) -> str:
        """Return its text."""
        return "".join(self.root_render_func(self._context({**GLOBALS, **values})))

    def macros(self) -> SimpleNamespace:
        """Return its macros, by name."""
        return self.make_module(GLOBALS, True, {})

    def make_module(self, values: Mapping[str, Any], shared: bool, local: Mapping[str, Any]) -> SimpleNamespace:
        """Return the macros for a template that imports them, with its variables."""
        context = self.new_context(values, shared, local)
        for _ in self.root_render_func(context):
            pass
        return SimpleNamespace(**{name: context.vars[name] for name in context.exported_vars})

    def new_context(self, values: Mapping[str, Any], shared: bool, local: Mapping[str, Any]) -> Context:
        """Return the context of a template that another one includes."""
        return self._context({**values, **{name: value for name, value in local.items() if value is not missing}})

    def _context(self, values: Mapping[str, Any]) -> Context:
        return Context(values, self.blocks)


class Environment:
    """The templates of one suffix, with the interface that Jinja's generated code needs."""

    undefined = Undefined
    concat = "".join
    tests: Mapping[str, Callable[[Any], bool]] = {
        "defined": lambda value: not isinstance(value, Undefined),
        "none": lambda value: value is None,
    }

    def __init__(self, suffix: str) -> None:
        flavour = escaping(suffix)
        self.filters: Mapping[str, Callable[..., Any]] = {
            "length": len,
            "string": str,
            "upper": str.upper,
            **flavour.filters,
        }
        self.joined = flavour.joined
        self.show = flavour.show
        self._templates: dict[str, Template] = {}

    @staticmethod
    def getattr(value: object, name: str) -> Any:
        """Return an attribute."""
        try:
            return getattr(value, name)
        except AttributeError:
            return Undefined(name=name)

    @staticmethod
    def getitem(value: Any, key: Any) -> Any:
        """Return an item, or the attribute of that name."""
        return getattr(value, key) if isinstance(key, str) else value[key]

    def get_template(self, name: str, parent: str | None = None) -> Template:
        """Return a template by its name."""
        if name not in self._templates:
            compiled = import_module(f"rflow.formats.compiled.{module_name(name)}")
            self._templates[name] = Template(*compiled.template(self))
        return self._templates[name]


@cache
def environment(suffix: str) -> Environment:
    """Return the environment for templates with this suffix."""
    return Environment(suffix)
