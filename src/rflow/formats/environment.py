"""Jinja with rflow's escaping: compiles rflow's own templates, and runs other templates (rflow.formats.custom).

`{{ x }}` puts a text on one line and escapes it; `{{ x | block }}` and similar filters escape in their own way. Markup
belongs in the template's own text: the value of an expression, even of a constant, is text, unless it comes from one
of the flavour's filters, a macro or a `{% set %}` block. Join such parts with `~` or `join`, not with `+`.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame

from rflow.data import data_dir
from rflow.formats.escaping.plain import Plain
from rflow.formats.flavours import Escaping, flavour_of

# Filters that return HTML or unescaped text.
REMOVED_FILTERS = ("e", "escape", "forceescape", "safe", "striptags", "tojson", "urlize", "xmlattr")

OPTIONS: dict[str, Any] = {
    "autoescape": True,
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
}
"""Options for all templates, also those in the sandbox (rflow.formats.custom.sandbox)."""


@cache
def environment(suffix: str) -> Environment:
    """Return the environment for rflow's own templates with this suffix."""
    env = FlavouredEnvironment(**OPTIONS, loader=FileSystemLoader(data_dir("templates") / "formats"))
    env.set_flavour(flavour_of(suffix))
    return env


class FlavouredGenerator(CodeGenerator):
    """Generates code that escapes for a flavour, instead of Jinja's escaping for HTML."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> str:
        """Evaluate constants at run time: only the template's own text is markup."""
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return str(super()._output_child_to_const(node, frame, finalize))

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        """Show the value of an expression with the environment's escaping instead of Jinja's."""
        self.write("environment.show(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        self.write(")")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        """Generate a plain call: no function here takes Jinja's context."""
        if self.environment.sandboxed:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for arg in node.args:
            self.visit(arg, frame)
            self.write(", ")
        if node.kwargs:  # as a dict, since `class` may be the name of a parameter
            self.write("**{")
            for option in node.kwargs:
                self.write(f"{option.key!r}: ")
                self.visit(option.value, frame)
                self.write(", ")
            self.write("}, ")
        self.write("caller=caller)" if forward_caller else ")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 (Jinja's name)
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class FlavouredEnvironment(Environment):
    """An environment that escapes all text for one flavour."""

    code_generator_class = FlavouredGenerator
    show: Callable[[object], str]
    """Returns the value of an expression as escaped text."""
    _escaping: Escaping

    def set_flavour(self, flavour: Plain) -> None:
        """Use the escaping and the filters of a flavour, and remove Jinja's filters for HTML."""
        self._escaping = escaping = Escaping(flavour)
        self.show = escaping.show
        for name in REMOVED_FILTERS:
            del self.filters[name]
        del self.globals["lipsum"]
        self.filters |= escaping.filters

    def joined(self, parts: tuple[object, ...]) -> str:
        """Join the operands of `~`."""
        return self._escaping.joined(parts)
