"""What can be imported from: which reader fits a text, the charts in a file, and the files of a folder."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import msgspec

from rflow.core.tree.problems import Problem, problems
from rflow.trees.importing.chart import Chart
from rflow.trees.importing.data import read_data
from rflow.trees.importing.detecting import form_of
from rflow.trees.importing.dot import read_dot
from rflow.trees.importing.embedded import embedded
from rflow.trees.importing.meaning import Meaning, meaning
from rflow.trees.importing.mermaid.flowchart import read_mermaid
from rflow.trees.importing.names import Names, slug
from rflow.trees.importing.runbook import read_runbook
from rflow.trees.parsed import ParseError

Form = Literal["mermaid", "markdown", "dot", "yaml"]
FORMS: tuple[str, ...] = get_args(Form)
MOST_FILES = 5_000
_SKIPPED = {"node_modules", "__pycache__", "venv", "vendor", "dist", "build"}
_READERS = {"mermaid": read_mermaid, "dot": read_dot}
_LONGEST_ID = 60
"""So that there is room for a number behind it."""
_ANYWHERE = {"readme", "index", ""}
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".html", ".htm", ".adoc", ".txt")
_IN_FOLDERS = (".mmd", ".mermaid", ".dot", ".gv", *_PROSE)


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """A chart that was read: its file, its line in it, the tree it means, and what had to be decided."""

    file: str
    line: int
    meaning: Meaning

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the tree from being used."""
        return tuple(each for each in problems(self.meaning.tree) if each.severity == "error")


def import_text(text: str, file: str, form: str = "", name: str = "", ids: Names | None = None) -> list[Imported]:
    """Return the trees in a text; raise `ParseError`. `form` is one of `FORMS`, else it is found out.

    `name` is the id of the tree; several have a number behind it. `ids` are those that are taken.
    """
    charts = _charts(text, file, form)
    stem = name or slug(Path(file).stem) or "tree"
    ids = ids or Names()
    return [
        Imported(
            file=file,
            line=chart.line,
            meaning=meaning(
                chart, ids.free(stem[:_LONGEST_ID] if len(charts) > 1 else stem), heading or _title(file, name)
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
    found = form or form_of(text, suffix)
    inside = embedded(text) if found in ("mermaid", "markdown") or form == "dot" else []
    listed = [chart for chart in inside if form in ("", chart.form)]
    if listed:
        return [(_READERS[chart.form](chart.text, chart.line), chart.heading) for chart in listed]
    match found:
        case "mermaid":
            return [(read_mermaid(text), "")]
        case "dot":
            return [(read_dot(text), "")]
        case "yaml":
            return [(read_data(text), "")]
        case _:
            return [(read_runbook(text), "")]


def files_in(folder: Path, form: str) -> Iterator[Path]:
    """Yield the files of a folder that may hold charts, in the order of their names; not those of hidden folders."""
    wanted = (".yaml", ".yml", ".json") if form == "yaml" else _IN_FOLDERS
    count = 0
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _SKIPPED for part in parts)
        if hidden or path.suffix.lower() not in wanted or path.is_symlink() or not path.is_file():
            continue
        count += 1
        if count > MOST_FILES:
            raise ParseError(f"The folder has more than {MOST_FILES:,} files.", None, "Name a folder inside it.")
        yield path


def ids_in(folder: Path, paths: list[Path]) -> dict[Path, str]:
    """Return the id of each file's tree: its name, with its folders where several have that name or any would do.

    So a file that is added later does not take the id of another.
    """
    stems = Counter(slug(path.stem) for path in paths)
    return {
        path: slug("-".join(path.relative_to(folder).with_suffix("").parts), 60)
        if stems[slug(path.stem)] > 1 or slug(path.stem) in _ANYWHERE
        else slug(path.stem)
        for path in paths
    }


def holds_charts(text: str, path: Path, form: str) -> bool:
    """Whether a file of a folder is imported: prose only if a flowchart is in it, or all of it is wanted."""
    return form in ("markdown", "yaml") or path.suffix.lower() not in _PROSE or bool(embedded(text))
