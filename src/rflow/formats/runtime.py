"""The runtime of compiled templates: the part of `jinja2.runtime` that rflow's own templates use.

Importing Jinja takes longer than making a summary, so rflow's templates are compiled to Python modules
(rflow.formats.compiling), which import this module, with Jinja's names, instead of `jinja2.runtime`. A test renders
every template with Jinja as well and compares.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NoReturn

from markupsafe import Markup

__all__ = ["Context", "LoopContext", "Macro", "Markup", "Namespace", "Undefined", "identity", "missing"]

missing: Any = object()
"""The value of an undefined name, as in Jinja."""

Render = Callable[["Context"], Iterator[str]]


class Undefined:
    """The value of a missing name or attribute: any use except `is defined` raises an error."""

    def __init__(self, hint: str = "", name: str = "") -> None:
        self._what = hint or f"{name} is undefined"

    def _fail(self, *_: object, **__: object) -> NoReturn:
        raise LookupError(f"in a template, {self._what}")

    __bool__ = __call__ = __eq__ = __getattr__ = __getitem__ = __iter__ = __len__ = __ne__ = __str__ = _fail
    __hash__ = None  # type: ignore[assignment]


def identity(value: str) -> str:
    """Return the value; Jinja's code calls this where it does not escape."""
    return value


class Namespace(SimpleNamespace):
    """Variables that a loop can change."""

    __setitem__ = SimpleNamespace.__setattr__


class LoopContext:
    """The variable `loop`; iterating yields each item with it."""

    def __init__(
        self,
        items: Sequence[Any],
        undefined: type[Undefined],
        recurse: Callable[..., Markup] | None = None,
        depth: int = 0,
    ) -> None:
        self._items, self._recurse, self._depth = tuple(items), recurse, depth
        self._place = 0

    def __iter__(self) -> Iterator[tuple[Any, "LoopContext"]]:
        for place, item in enumerate(self._items):
            self._place = place
            yield item, self

    def __call__(self, items: Sequence[Any]) -> Markup:
        """Render the loop for the items below the current one."""
        assert self._recurse is not None
        return self._recurse(items, self._recurse, self._depth + 1)

    @property
    def first(self) -> bool:
        """Whether this is the first item."""
        return self._place == 0

    @property
    def last(self) -> bool:
        """Whether this is the last item."""
        return self._place == len(self._items) - 1

    @property
    def previtem(self) -> Any:
        """The item before, which the first does not have."""
        return Undefined("there is no previous item") if self.first else self._items[self._place - 1]

    @property
    def nextitem(self) -> Any:
        """The item after, which the last does not have."""
        return Undefined("there is no next item") if self.last else self._items[self._place + 1]


class Macro:
    """A macro, or the content of a `{% call %}` block."""

    def __init__(
        self,
        environment: object,
        function: Callable[..., str],
        name: str | None,
        arguments: tuple[str, ...],
        takes_options: bool,
        takes_more: bool,
        takes_caller: bool,
        autoescape: bool,
    ) -> None:
        self._function, self._arguments, self._takes_caller = function, arguments, takes_caller

    def __call__(self, *values: object, **options: object) -> Markup:
        bound = [*values, *(options.pop(name, missing) for name in self._arguments[len(values) :])]
        if self._takes_caller:
            bound.append(options.pop("caller", Undefined(name="caller")))
        return Markup(self._function(*bound, **options))  # noqa: S704 (a macro escapes what it shows)


class Context:
    """The variables of a template that is running, and its blocks."""

    eval_ctx = SimpleNamespace(autoescape=True)

    def __init__(self, values: Mapping[str, Any], blocks: Mapping[str, Render]) -> None:
        self.vars = dict(values)
        self.blocks = {name: [block] for name, block in blocks.items()}
        self.exported_vars: set[str] = set()

    def resolve_or_missing(self, name: str) -> Any:
        """Return the value of a name."""
        return self.vars.get(name, missing)

    def get_all(self) -> dict[str, Any]:
        """Return all variables."""
        return self.vars
