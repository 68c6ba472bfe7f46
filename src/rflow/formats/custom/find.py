"""Formats that do not come with rflow: from the user's folder, a trusted project folder, or an installed package."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from rflow.errors import BadInput, NotAllowed, UsageProblem
from rflow.folders import home
from rflow.formats import FORMATS, Format
from rflow.formats.custom.folder import TemplateFolder, read_folder
from rflow.formats.custom.template import as_format
from rflow.formats.custom.trust import is_trusted
from rflow.settings import Folders

IN_PROJECT = Path(".rflow") / "templates"


class OwnFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A format made of a template in the user's or the project's folder."""

    name: str
    file: str
    folder: TemplateFolder
    origin: Literal["yours", "project"]

    @property
    def path(self) -> Path:
        """The path of its template."""
        return self.folder.path / self.file


def user_folder(folders: Folders) -> Path:
    """Return the folder of the user's own templates: beside the configuration file."""
    return folders.config_file.parent / "templates"


def project_folder() -> Path | None:
    """Find the project's templates: in the working directory or above, up to the repository's root or the home."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed
        return None
    with suppress(OSError):  # a folder above can't be entered
        last = home()
        for folder in (here, *here.parents):
            if (folder / IN_PROJECT).is_dir():
                return folder / IN_PROJECT
            if str(folder) == last or (folder / ".git").exists():
                break
    return None


def _project(folders: Folders) -> TemplateFolder | None:
    """Read the project's templates, unless its folder is the user's own or can't be read."""
    path = project_folder()
    if path is None or path.resolve() == user_folder(folders).resolve():
        return None
    with suppress(BadInput):  # `rflow format trust` says why; until then it offers nothing
        return read_folder(path)
    return None


def untrusted_folder(folders: Folders) -> TemplateFolder | None:
    """Return the project's folder if it holds formats that the user doesn't trust as they are now."""
    project = _project(folders)
    return project if project and any(project.formats()) and not is_trusted(folders.state, project) else None


def own_formats(folders: Folders, *, untrusted: bool = False) -> Iterator[OwnFormat]:
    """Yield all formats made of templates, the user's first; `untrusted`: also the project's if it isn't trusted."""
    mine = read_folder(user_folder(folders))
    yield from (OwnFormat(name=name, file=file, folder=mine, origin="yours") for name, file in mine.formats())
    project = _project(folders)
    if project and (untrusted or is_trusted(folders.state, project)):
        for name, file in project.formats():
            yield OwnFormat(name=name, file=file, folder=project, origin="project")


def own_format(name: str, folders: Folders, *, untrusted: bool = False) -> OwnFormat | None:
    """Find the template of a format by its name."""
    same: list[OwnFormat] = []
    for own in own_formats(folders, untrusted=untrusted) if name not in FORMATS else ():
        if same and own.origin != same[0].origin:  # the user's own comes before the project's
            break
        same += [own] if own.name == name else []
    if len(same) > 1:
        raise UsageProblem(
            f"There are two templates for {name} in {same[0].folder.path}: {' and '.join(own.file for own in same)}.",
            try_="Rename or remove one of them.",
        )
    return same[0] if same else None


def find_format(name: str, folders: Folders) -> Format | None:
    """Find a format that does not come with rflow; raise `NotAllowed` if only an untrusted folder has it."""
    if own := own_format(name, folders):
        return as_format(own.folder, own.file)
    from rflow.formats.custom.entry_points import find_packaged

    if packaged := find_packaged(name):
        return packaged
    project = untrusted_folder(folders)
    if project and name in dict(project.formats()):
        raise NotAllowed(
            f"The format {name} is one of this project's ({project.path}), which you don't trust as they are now.",
            try_="Read and trust them: rflow format trust",
        )
    return None


def format_names(folders: Folders) -> list[str]:
    """Return the names of the formats made of templates."""
    return sorted({own.name for own in own_formats(folders)} - {*FORMATS})
