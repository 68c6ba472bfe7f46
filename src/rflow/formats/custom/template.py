"""A format made of one template: a whole summary, drawn in the sandbox."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import msgspec
from jinja2 import ChoiceLoader, FileSystemLoader, Template, meta
from msgspec.structs import replace

from rflow.core.summary.progress import Digest, Summary
from rflow.data import data_dir
from rflow.errors import BadInput, RflowError, UsageProblem
from rflow.formats import FORMATS, Format, layout_of, suffix_of
from rflow.formats.custom.folder import Folder, FolderLoader, parts_of
from rflow.formats.custom.meter import ROOM, Meter
from rflow.formats.custom.mistakes import Unknown, mistake
from rflow.formats.custom.sandbox import Sandbox
from rflow.formats.environment import flavour_of
from rflow.formats.page_helpers import PAGE
from rflow.formats.parts import sheet

# A text passes through a macro, a part and the whole on its way: this is much more than that.
_TIMES = 20


def base_of(folder: Folder, file: str) -> Format:
    """Give the built-in format that a template builds on: the one whose macros it imports, else that of its suffix."""
    drawn = [format_ for format_ in FORMATS.values() if format_.drawing or format_.page]
    same = [format_ for format_ in drawn if suffix_of(format_.drawing or format_.page) == parts_of(file)[1]]
    if not same:
        known = dict.fromkeys(parts_of(file)[0] + suffix_of(format_.drawing or format_.page) for format_ in drawn)
        raise BadInput(
            f"{folder.path / file} ends in nothing that says how text is escaped.",
            try_=f"Rename it: {', '.join(known)}.",
        )
    imported = re.search(r'{%-?\s*import\s*["\'](.*?)["\']\s*as\s+f\b', folder.text(file))
    return next((format_ for format_ in same if imported and format_.drawing == imported[1]), same[0])


def description_of(text: str) -> str:
    """Give the first line of the comment that a template begins with, where it has one."""
    begin, mark, rest = text.partition("{#")
    comment = rest.partition("#}")[0] if mark and not begin.strip() else ""
    return next((line.strip(" -.") for line in comment.splitlines() if line.strip(" -.")), "")


class Drawing:
    """A template that draws summaries; what is wrong with it comes out as it is."""

    def __init__(self, folder: Folder, file: str) -> None:
        """Take a template that was read; raise `BadInput` where it can't be used."""
        self.base = base_of(folder, file)
        self._source, self._file = folder.text(file), file
        loader = ChoiceLoader([FileSystemLoader(data_dir("templates") / "formats"), FolderLoader(folder)])
        self.env = Sandbox(flavour_of(parts_of(file)[1]), loader, Unknown)
        if self.base.page:
            self.env.globals |= PAGE

    def template(self) -> Template:
        """Read the template; whatever is wrong with its syntax is seen here."""
        return self.env.get_template(self._file)

    def draw(self, told: Summary) -> str:
        """Draw a summary."""
        self.env.meter = Meter(ROOM + _TIMES * len(msgspec.json.encode(told)))
        layout = self.base.page or layout_of(told)
        given: dict[str, object] = {"p": told, "digest": isinstance(told, Digest), "layout": layout}
        if self.base.page:
            given["sheet"] = sheet(told, layout_of(told))
        else:
            given["f"] = self.env.get_template(self.base.drawing).module
        template = self.template()
        if isinstance(told, Digest) and not self._draws_digests:
            template = self.env.get_template(layout)
        return template.render(given)

    @cached_property
    def _draws_digests(self) -> bool:
        """Whether it was written for more than one session: then it asks which of them it is."""
        return bool({"digest", "sheet"} & meta.find_undeclared_variables(self.env.parse(self._source)))


def as_format(folder: Folder, file: str) -> Format:
    """Make a format of a template; one that can't be read is told of at once."""
    name, drawing = parts_of(file)[0], Drawing(folder, file)
    with _told(folder, file):
        drawing.template()

    def build(told: Summary, cache: Path | None) -> str:
        with _told(folder, file):
            return drawing.draw(told)

    return replace(
        drawing.base,
        name=name,
        description=description_of(folder.text(file)),
        drawing="",
        page="",
        rich="",
        build=build,
    )


@contextmanager
def _told(folder: Folder, file: str) -> Iterator[None]:
    """Tell of a mistake in the template, with a way on."""
    try:
        yield
    except RflowError:
        raise
    except Exception as error:  # whatever a template does wrong is its writer's to mend
        name = parts_of(file)[0]
        raise BadInput(
            f"The format {name} has a mistake. {mistake(error, folder, file)}",
            try_=f"Mend it (rflow format check {name}); nothing is lost: -f markdown works meanwhile.",
        ) from error


def copy_of(base: Format, name: str) -> tuple[str, str]:
    """Write a template that draws what `base` does, for somebody to change: give its file name and its text."""
    template = base.drawing or base.page
    if not template:
        drawn = ", ".join(format_.name for format_ in FORMATS.values() if format_.drawing or format_.page)
        raise UsageProblem(
            f"The format {base.name} is made by a program, not by a template.", try_=f"Take one of {drawn}."
        )
    templates = data_dir("templates")
    layout = (templates / "formats" / (base.page or "progress.j2")).read_text("utf-8").partition("#}\n")[2]
    text = (templates / "own" / ("page.j2" if base.page else "text.j2")).read_text("utf-8")
    for word, meant in (("BASE", base.name), ("NAME", name), ("DRAWING", base.drawing), ("LAYOUT\n", layout)):
        text = text.replace(word, meant)
    return name + suffix_of(template), text
