"""A format made of one template: a whole summary, rendered in the sandbox."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, Template, meta
from msgspec.structs import replace

from rflow.core.summary.progress import Digest, Summary
from rflow.data import data_dir
from rflow.errors import BadInput, RflowError
from rflow.formats import FORMATS, Format, layout_of, suffix_of
from rflow.formats.custom.folder import TemplateFolder, split_name
from rflow.formats.custom.mistakes import UnknownName, explain
from rflow.formats.custom.sandbox import Sandbox
from rflow.formats.flavours import flavour_of
from rflow.formats.page import PAGE
from rflow.formats.parts import sheet

TEMPLATES = {name: format_.drawing or format_.page for name, format_ in FORMATS.items()}
"""The template of each built-in format; "" for those that are Python functions."""


def base_of(folder: TemplateFolder, file: str) -> Format:
    """Return the built-in format that a template extends: that whose macros it imports, or the first of its suffix."""
    name, suffix = split_name(file)
    suffixes = {base: suffix_of(template) for base, template in TEMPLATES.items() if template}
    same = [FORMATS[base] for base, known in suffixes.items() if known == suffix]
    if not same:
        names = ", ".join(dict.fromkeys(name + known for known in suffixes.values()))
        raise BadInput(
            f"The name {folder.path / file} has no known ending, which says how text is escaped.",
            try_=f"Rename it: {names}.",
        )
    imported = re.search(r'{%-?\s*import\s*["\'](.*?)["\']\s*as\s+f\b', folder.text(file))
    return next((format_ for format_ in same if imported and format_.drawing == imported[1]), same[0])


def description_of(text: str) -> str:
    """Return the first line of the comment at the beginning of a template; "" if there is none."""
    comment = re.match(r"\s*\{#(.*?)(#\}|\Z)", text, re.DOTALL)
    lines = comment[1].splitlines() if comment else []
    return next((line.strip(" -.") for line in lines if line.strip(" -.")), "")


class TemplateRenderer:
    """Renders summaries with a template of a folder; raises Jinja's own errors for mistakes in it."""

    def __init__(self, folder: TemplateFolder, file: str) -> None:
        """Prepare a template; raise `BadInput` if the file can't be used."""
        self.base, self.source = base_of(folder, file), folder.text(file)
        self.path, self.suffix = folder.path / file, split_name(file)[1]
        loader = ChoiceLoader([FileSystemLoader(data_dir("templates") / "formats"), folder.loader()])
        self.env = Sandbox(flavour_of(self.suffix), loader, UnknownName)
        if self.base.page:
            self.env.globals |= PAGE

    def template(self) -> Template:
        """Compile the template; raise Jinja's errors for wrong syntax."""
        return self.env.get_template(self.path.name)

    def render(self, summary: Summary) -> str:
        """Return the rendered summary."""
        layout = self.base.page or layout_of(summary)
        context: dict[str, object] = {"p": summary, "digest": isinstance(summary, Digest), "layout": layout}
        if self.base.page:
            context["sheet"] = sheet(summary, layout_of(summary))
        else:
            context["f"] = self.env.get_template(self.base.drawing).module
        template = self.template()
        if isinstance(summary, Digest) and not self._handles_digests:
            template = self.env.get_template(layout)
        return template.render(context)

    @cached_property
    def _handles_digests(self) -> bool:
        """Whether the template was written for digests too, which it shows by using `digest` or `sheet`."""
        return bool({"digest", "sheet"} & meta.find_undeclared_variables(self.env.parse(self.source)))


def as_format(folder: TemplateFolder, file: str) -> Format:
    """Make a format from a template; raise `BadInput` if the template can't be compiled."""
    renderer = TemplateRenderer(folder, file)
    with _explaining_mistakes(renderer.path):
        renderer.template()

    def build(summary: Summary) -> str:
        with _explaining_mistakes(renderer.path):
            return renderer.render(summary)

    name, description = split_name(file)[0], description_of(folder.text(file))
    return replace(renderer.base, name=name, description=description, drawing="", page="", rich="", build=build)


@contextmanager
def _explaining_mistakes(path: Path) -> Iterator[None]:
    """Turn any error of a template into `BadInput` with its place and a remedy."""
    try:
        yield
    except RflowError:
        raise
    except Exception as error:
        name = split_name(path.name)[0]
        raise BadInput(
            f"The format {name} has a mistake. {explain(error, path)}",
            try_=f"Fix it (rflow format check {name}); nothing is lost: -f markdown works meanwhile.",
        ) from error
