"""Jinja with rflow's escaping: it compiles rflow's own templates, and runs those of others (rflow.formats.custom).

`{{ x }}` puts a text on one line and escapes it; `{{ x | block }}` and similar filters escape in their own way. Markup
belongs in the template's own text: the value of an expression, even of a constant, is text, unless it comes from one
of the flavour's filters, a macro or a `{% set %}` block. Join such parts with `~` or `join`, not with `+`.
"""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import EvalContext
from markupsafe import Markup

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
    _escaping: Escaping

    def fit(self, flavour: Plain) -> None:
        """Use a flavour: its escaping and its filters, without those that are for HTML only."""
        self._escaping = escaping = Escaping(flavour)

        # Asking for the evaluation context makes Jinja leave constants to run time; else it escapes them as HTML.
        @pass_eval_context
        def finalize(_: EvalContext, value: object) -> Markup:
            return escaping.show(value)

        self.finalize = finalize
        for name in REMOVED_FILTERS:
            del self.filters[name]
        del self.globals["lipsum"]
        self.filters |= escaping.filters

    def joined(self, parts: tuple[object, ...]) -> str:
        """Join the operands of `~`."""
        return self._escaping.joined(parts)
