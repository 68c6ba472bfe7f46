"""Finds and imports trees: chooses the reader for a text, and finds the charts in a file and the files in a folder."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import msgspec

from rflow.core.tree.problems import Problem, problems
from rflow.trees.importing.chart import Chart
from rflow.trees.importing.converting import Conversion, convert
from rflow.trees.importing.data import read_data
from rflow.trees.importing.detecting import detect_form
from rflow.trees.importing.dot import read_dot
from rflow.trees.importing.embedded import embedded_charts
from rflow.trees.importing.mermaid.flowchart import read_mermaid
from rflow.trees.importing.names import Names, slug
from rflow.trees.importing.runbook import read_runbook
from rflow.trees.parsed import ParseError

Form = Literal["mermaid", "markdown", "dot", "yaml"]
FORMS: tuple[str, ...] = get_args(Form)
MAX_FILES = 5_000
_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "venv", "vendor", "dist", "build"}
_READERS = {"mermaid": read_mermaid, "dot": read_dot}
_MAX_STEM = 60
"""Maximum length of an id that gets a number appended."""
_GENERIC_NAMES = {"readme", "index", ""}
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".html", ".htm", ".adoc", ".txt")
_IN_FOLDERS = (".mmd", ".mermaid", ".dot", ".gv", *_PROSE)


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """An imported chart: its file, its line there, and the resulting tree with notes."""

    file: str
    line: int
    conversion: Conversion

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the tree from being used."""
        return tuple(each for each in problems(self.conversion.tree) if each.severity == "error")


def import_text(text: str, file: str, form: str = "", name: str = "", ids: Names | None = None) -> list[Imported]:
    """Import the trees in a text; raise `ParseError`. `form` is one of `FORMS`, or "" to detect it.

    `name` is the id for the tree; several trees get numbers appended. `ids` are those already taken.
    """
    charts = _charts(text, file, form)
    stem = name or slug(Path(file).stem) or "tree"
    ids = ids or Names()
    return [
        Imported(
            file=file,
            line=chart.line,
            conversion=convert(
                chart, ids.unique(stem[:_MAX_STEM] if len(charts) > 1 else stem), heading or _title(file, name)
            ),
        )
        for chart, heading in charts
    ]


def _title(file: str, name: str) -> str:
    words = (name or (Path(file).stem if file != "-" else "")).replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _charts(text: str, file: str, form: str) -> list[tuple[Chart, str]]:
    """Return the charts in a text, each with the heading above it."""
    suffix = Path(file).suffix.lower()
    if suffix == ".toml" and not form:
        raise ParseError("This is a tree file already.", None, f"Add it: rflow tree add {file}")
    detected = form or detect_form(text, suffix)
    charts = embedded_charts(text) if detected in ("mermaid", "markdown") or form == "dot" else []
    wanted = [chart for chart in charts if form in ("", chart.form)]
    if wanted:
        return [(_READERS[chart.form](chart.text, chart.line), chart.heading) for chart in wanted]
    match detected:
        case "mermaid":
            return [(read_mermaid(text), "")]
        case "dot":
            return [(read_dot(text), "")]
        case "yaml":
            return [(read_data(text), "")]
        case _:
            return [(read_runbook(text), "")]


def files_in(folder: Path, form: str) -> Iterator[Path]:
    """Yield the files in a folder that may contain charts, sorted by name, without those in hidden folders."""
    wanted = (".yaml", ".yml", ".json") if form == "yaml" else _IN_FOLDERS
    count = 0
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _SKIPPED_FOLDERS for part in parts)
        if hidden or path.suffix.lower() not in wanted or path.is_symlink() or not path.is_file():
            continue
        count += 1
        if count > MAX_FILES:
            raise ParseError(f"The folder has more than {MAX_FILES:,} files.", None, "Name a folder inside it.")
        yield path


def ids_in(folder: Path, paths: list[Path]) -> dict[Path, str]:
    """Return an id for the tree of each file: its name, with its folders if the name is generic or not unique.

    So an id does not change when a file is added later.
    """
    stems = Counter(slug(path.stem) for path in paths)
    return {
        path: slug("-".join(path.relative_to(folder).with_suffix("").parts), 60)
        if stems[slug(path.stem)] > 1 or slug(path.stem) in _GENERIC_NAMES
        else slug(path.stem)
        for path in paths
    }


def holds_charts(text: str, path: Path, form: str) -> bool:
    """Whether to import a file of a folder: prose only if it has a flowchart, unless `form` asks for prose."""
    return form in ("markdown", "yaml") or path.suffix.lower() not in _PROSE or bool(embedded_charts(text))
