"""Jinja with rflow's escaping: it compiles rflow's own templates, and runs those of others (rflow.formats.custom).

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


@cache
def environment(suffix: str) -> Environment:
    """Return the environment for rflow's own templates with this suffix."""
    env = FlavouredEnvironment(**OPTIONS, loader=FileSystemLoader(data_dir("templates") / "formats"))
    env.fit(flavour_of(suffix))
    return env


class FlavouredGenerator(CodeGenerator):
    """Compiles for the escaping of a flavour, in place of Jinja's own, which is HTML's."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> str:
        """Leave constants to run time: only the template's own text is markup."""
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return str(super()._output_child_to_const(node, frame, finalize))

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        """Show the value of an expression by the environment; Jinja's own escaping would be a second one."""
        self.write("environment.show(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        self.write(")")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        """Write a plain call: nothing that is called here takes Jinja's context."""
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

    def fit(self, flavour: Plain) -> None:
        """Use a flavour: its escaping and its filters, without those that are for HTML only."""
        self._escaping = escaping = Escaping(flavour)
        self.show = escaping.show
        for name in REMOVED_FILTERS:
            del self.filters[name]
        del self.globals["lipsum"]
        self.filters |= escaping.filters

    def joined(self, parts: tuple[object, ...]) -> str:
        """Join the operands of `~`."""
        return self._escaping.joined(parts)
