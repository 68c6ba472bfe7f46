"""Formats that do not come with rflow: the user's, the project's, those of installed packages."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from rflow.errors import BadInput, NotAllowed, UsageProblem
from rflow.formats import FORMATS, Format
from rflow.formats.custom.folder import Folder, read_folder
from rflow.formats.custom.template import as_format, base_of, description_of
from rflow.formats.custom.trust import is_trusted
from rflow.settings import Folders

IN_PROJECT = Path(".rflow") / "templates"


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A format made of a template in a folder: the user's own, or the project's, which must be trusted first."""

    name: str
    file: str
    folder: Folder
    origin: Literal["yours", "project"]
    trusted: bool

    @property
    def path(self) -> Path:
        """Where its template is."""
        return self.folder.path / self.file

    @property
    def from_(self) -> str:
        """Say where it comes from."""
        return "yours" if self.origin == "yours" else f"project{'' if self.trusted else ', not trusted'}"


def user_folder(folders: Folders) -> Path:
    """Give the folder of the user's own templates: beside the configuration file."""
    return folders.config_file.parent / "templates"


def project_folder(home: Path | None = None) -> Path | None:
    """Find the templates of the project: at the working directory or above it, as far as its repository or home."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # somebody removed it
        return None
    with suppress(RuntimeError, OSError):  # nobody knows the home, or a folder above may not be entered
        home = home or Path.home()
        for place in (here, *here.parents):
            if (place / IN_PROJECT).is_dir():
                return place / IN_PROJECT
            if place == home or (place / ".git").exists():
                break
    return None


def all_own(folders: Folders) -> Iterator[Own]:
    """Give all formats that templates make, the user's first."""
    for folder in read_folders(folders):
        mine = folder.path == user_folder(folders)
        trusted = mine or is_trusted(folders.state, folder)
        for name, file in folder.formats():
            origin: Literal["yours", "project"] = "yours" if mine else "project"
            yield Own(name=name, file=file, folder=folder, origin=origin, trusted=trusted)


def read_folders(folders: Folders) -> Iterator[Folder]:
    """Read the folders that templates are in: the user's, and the project's where there is one."""
    mine = user_folder(folders)
    yield read_folder(mine)
    project = project_folder()
    if project is not None and project.resolve() != mine.resolve():
        yield read_folder(project)


def found(name: str, folders: Folders) -> Own | None:
    """Find the template that a name stands for."""
    if name in FORMATS:
        return None
    same = [own for own in all_own(folders) if own.name == name]
    beside = [own.file for own in same if own.folder == same[0].folder]
    if len(beside) > 1:
        raise UsageProblem(
            f"There are two templates for {name} in {same[0].folder.path}: {' and '.join(beside)}.",
            try_="Rename or remove one of them.",
        )
    return same[0] if same else None


def find(name: str, folders: Folders) -> Format | None:
    """Find a format that does not come with rflow; one of the project's must be trusted."""
    own = found(name, folders)
    if own is None:
        from rflow.formats.custom.entry_points import find_packaged

        return find_packaged(name)
    if not own.trusted:
        raise NotAllowed(
            f"The format {name} is this project's ({own.path}); you have not said that you trust it as it is now.",
            try_="Look at it, then say so: rflow format trust",
        )
    return as_format(own.folder, own.file)


def names(folders: Folders) -> list[str]:
    """Name the formats that templates make."""
    return sorted({own.name for own in all_own(folders)} - {*FORMATS})


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A format as a list shows it: `from_` whose it is, `path` its template where it has one."""

    name: str
    description: str
    media_type: str
    from_: str = msgspec.field(name="from")
    path: str | None = None


def listed(folders: Folders) -> Iterator[Entry]:
    """Tell of all formats there are; those that can't be used say why."""
    for format_ in FORMATS.values():
        yield Entry(name=format_.name, description=format_.description, media_type=format_.media_type, from_="rflow")
    known = {*FORMATS}
    for own in all_own(folders):
        if own.name not in known:
            known.add(own.name)
            description, media_type = _described(own)
            path = str(own.path)
            yield Entry(name=own.name, description=description, media_type=media_type, from_=own.from_, path=path)
    yield from (entry for entry in _of_packages() if entry.name not in known)


def _described(own: Own) -> tuple[str, str]:
    """Give a format's description and media type, without drawing anything."""
    try:
        base = base_of(own.folder, own.file)
        return description_of(own.folder.text(own.file)), base.media_type
    except BadInput as error:
        return error.what, ""


def _of_packages() -> Iterator[Entry]:
    from rflow.formats.custom.entry_points import find_packaged, packaged

    for name, package, _ in packaged():
        try:
            made = find_packaged(name)
        except BadInput as error:
            yield Entry(name=name, description=error.what, media_type="", from_=f"package {package}")
        else:
            assert made is not None
            yield Entry(name=name, description=made.description, media_type=made.media_type, from_=f"package {package}")
