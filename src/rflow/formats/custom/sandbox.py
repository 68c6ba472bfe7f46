"""The environment of templates that do not come with rflow: they see the summary, and nothing else of this computer.

Jinja's sandbox keeps them from Python's insides. This one adds a list of what may be touched at all, and limits: no
template runs for long or fills the memory. Whatever stays literal in rflow's own templates stays so here.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, time, timedelta
from functools import wraps
from typing import Any

import msgspec
from jinja2 import BaseLoader, Undefined, nodes, pass_eval_context
from jinja2.compiler import Frame
from jinja2.exceptions import SecurityError
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from rflow.formats.custom.allowed import CHANGING, KEPT, OF_TEXT, may_touch
from rflow.formats.custom.meter import MOST, ROOM, Meter, TooMuch, cost, entries, number, small
from rflow.formats.environment import (
    FLAVOUR_FILTERS,
    NEUTRAL_FILTERS,
    OPTIONS,
    FlavouredEnvironment,
    FlavouredGenerator,
)
from rflow.formats.escaping.plain import Plain
from rflow.formats.phrases import PHRASES


class _Generator(FlavouredGenerator):
    """Compiles loops, slices and lists so that the environment can say no to them."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 (Jinja's name)
        in_turn = nodes.EnvironmentAttribute("in_turn", lineno=node.lineno)
        node.iter = nodes.Call(in_turn, [node.iter], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802
        if not isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self.write("environment.sliced(")
        self.visit(node.node, frame)
        for bound in (node.arg.start, node.arg.stop, node.arg.step):
            self.write(", ")
            self.write("None") if bound is None else self.visit(bound, frame)
        self.write(")")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:  # noqa: N802
        self._checked(super().visit_List, node, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802
        self._checked(super().visit_Dict, node, frame)

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:  # noqa: N802
        if node.ctx == "load":
            self._checked(super().visit_Tuple, node, frame)
        else:
            super().visit_Tuple(node, frame)

    def _checked(self, visit: Callable[[Any, Frame], None], node: nodes.Expr, frame: Frame) -> None:
        self.write("environment.checked(")
        visit(node, frame)
        self.write(")")


class Sandbox(FlavouredEnvironment, ImmutableSandboxedEnvironment):
    """An environment for templates of others; `meter` limits the rendering that goes on."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "*", "**", "%", "//"})

    def __init__(self, flavour: Plain, loader: BaseLoader, undefined: type[Undefined]) -> None:
        super().__init__(**OPTIONS | {"undefined": undefined}, loader=loader, optimized=False)
        self.fit(flavour)
        self.meter = Meter(ROOM)
        self._literal = not flavour.repeatable
        kept = KEPT | {*FLAVOUR_FILTERS, *NEUTRAL_FILTERS, "join"}
        self.filters = {name: self._limited(name, made) for name, made in self.filters.items() if name in kept}
        self.tests = {name: self._timed(test) for name, test in self.tests.items()}
        self.globals |= PHRASES
        show = self.finalize
        assert show is not None

        @pass_eval_context
        def finalize(context: EvalContext, value: object) -> Any:
            return show(context, self._shown(value))

        self.finalize = finalize

    # What may be touched

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Say whether a template may touch this."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        return may_touch(obj, attr, drawn_too=not self._literal)

    def wrap_str_format(self, value: Any) -> None:
        """Leave `format` to the list of what may be touched, where it is not: a width in it can fill the memory."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Take an entry of a list, but no letter of drawn text."""
        self._whole(obj)
        return super().getitem(obj, argument)

    def sliced(self, value: Any, start: Any, stop: Any, step: Any) -> Any:
        """Take a part of a list or a text, but not of drawn text."""
        self._whole(value)
        return value[start:stop:step]

    def _whole(self, value: Any) -> None:
        """Refuse to cut drawn text: it could be behind a backslash."""
        if isinstance(value, Markup) and self._literal:
            raise TypeError("what is drawn already can't be cut; cut the text, before it is drawn")

    # What may be shown

    def _shown(self, value: object) -> object:
        """Let pass what reads well: not the notation in which Python shows lists and other things."""
        if value is None or isinstance(value, str | int | float | date | time | timedelta | Undefined):
            return number(value) if isinstance(value, int) else value
        if isinstance(value, msgspec.Struct):
            raise TypeError(f"only a part of it can be shown: {', '.join(value.__struct_fields__)}")
        kind = {"Macro": "macro", "function": "phrase"}.get(type(value).__name__, type(value).__name__)
        raise TypeError(f"a {kind} can't be shown: loop over it, use `| join`, or call it")

    def joined(self, parts: tuple[object, ...]) -> str:
        """Join the operands of `~`."""
        self.meter.spend(sum(len(part) for part in parts if isinstance(part, str)))
        return super().joined(tuple(map(self._shown, parts)))

    # What may be used up

    def concat(self, parts: Iterable[str]) -> str:
        """Put together what a macro, a block or the whole template gave."""
        texts = list(parts)
        self.meter.spend(sum(map(len, texts)))
        return "".join(texts)

    def call(self, context: Context, called: Any, /, *args: Any, **options: Any) -> Any:
        """Call a phrase, a macro or a method."""
        self.meter.spend(5)
        if isinstance(text := getattr(called, "__self__", None), str):
            self.meter.spend(cost("trim", text, [*args]))
        return self._paid(super().call(context, called, *self.checked(args), **options))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate, unless the result would be huge."""
        if operator == "%" and isinstance(left, str):
            raise SecurityError("texts are put together with `~`, not with `%`")
        if operator == "**" and (abs(left) > MOST or abs(right) > 100):
            raise TooMuch("the number would be too large")
        if operator == "*":
            for some, times in ((left, right), (right, left)):
                if isinstance(times, int) and isinstance(some, str | list | tuple):
                    small(len(some) * times)
        if isinstance(left, list | tuple) and isinstance(right, list | tuple):
            small(len(left) + len(right))
        return self._paid(super().call_binop(context, operator, number(left), number(right)))

    def checked(self, value: Any) -> Any:
        """Let pass a list, unless lists in lists make it huge: comparing or copying it would take forever."""
        small(entries(value))
        return value

    def in_turn(self, values: Iterable[Any]) -> Iterator[Any]:
        """Give the values for a loop, each turn of which is paid for."""
        for value in values:
            self.meter.spend(1)
            yield self.checked(value) if isinstance(value, list | tuple | dict) else value

    def _timed(self, test: Any) -> Callable[..., Any]:
        """Make a test that counts: `select` may ask it for very many."""

        @wraps(test)
        def apply(*args: Any, **options: Any) -> Any:
            self.meter.spend(1)
            return test(*args, **options)

        return apply

    def _limited(self, name: str, made: Callable[..., Any]) -> Callable[..., Any]:
        """Make a filter that refuses what it could not do in a moment."""
        at = 1 if hasattr(made, "jinja_pass_arg") else 0

        @wraps(made)
        def apply(*args: Any, **options: Any) -> Any:
            value, given = args[at], [*args[at + 1 :], *options.values()]
            if name == "join":  # to know how much comes together
                value = [self._shown(part) for part in self.in_turn(value)]
                args = (value, *args[1:])
            if name in OF_TEXT:
                self._shown(value)
            if name in CHANGING and self._literal and isinstance(value, Markup) and (name != "trim" or given):
                raise TypeError(f"`{name}` takes a text, not what is drawn already")
            if name not in ("default", "d"):
                for argument in given:
                    small(argument)
            self.meter.spend(cost(name, value, given))
            return self._paid(made(*args, **options))

        return apply

    def _paid(self, value: Any) -> Any:
        if isinstance(value, str):
            self.meter.spend(len(value))
        elif isinstance(value, list | tuple | dict):
            self.meter.spend(len(value))
            self.checked(value)
        return value
