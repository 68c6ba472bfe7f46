"""A folder of templates: read whole, so that what was looked at is what runs."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import msgspec
from jinja2 import BaseLoader, Environment
from jinja2.exceptions import TemplateNotFound

from rflow.core.fingerprint import fingerprint
from rflow.errors import BadInput

ENDING = ".j2"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What a format may be called; files whose names begin otherwise (`_footer.md.j2`) are parts for others to include."""
_LARGEST = 256 * 1024
_MOST = 200


class Folder(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The templates of a folder: their texts by file name, and why what else is there can't be used."""

    path: Path
    texts: dict[str, str]
    faults: dict[str, str]

    @cached_property
    def digest(self) -> str:
        """Tell this content from any other."""
        return fingerprint(msgspec.json.encode([self.texts, self.faults], order="sorted"))

    def formats(self) -> Iterator[tuple[str, str]]:
        """Give the name of each format with its file."""
        for file in sorted({*self.texts, *self.faults}):
            name, _ = parts_of(file)
            if NAME.fullmatch(name):
                yield name, file

    def text(self, file: str) -> str:
        """Give a template; raise `BadInput` where it can't be used."""
        if file in self.faults:
            raise BadInput(f"{self.path / file} can't be used: {self.faults[file]}.", try_="Mend or remove it.")
        return self.texts[file]


def parts_of(file: str) -> tuple[str, str]:
    """Take a template's file name apart: `wiki.md.j2` is the format `wiki`, whose text is escaped as `.md.j2`."""
    name, _, suffix = file.partition(".")
    return name, "." + suffix


def read_folder(path: Path) -> Folder:
    """Read the templates of a folder; one that is not there has none."""
    texts: dict[str, str] = {}
    faults: dict[str, str] = {}
    for file in _files(path):
        try:
            texts[file] = _read(path / file, path)
        except (OSError, ValueError) as error:
            faults[file] = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return Folder(path=path, texts=texts, faults=faults)


def _files(path: Path) -> list[str]:
    try:
        found = sorted(entry.name for entry in path.iterdir() if entry.name.endswith(ENDING))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}.", try_="Mend its permissions.") from error
    if len(found) > _MOST:
        raise BadInput(f"{path} holds more than {_MOST} templates.", try_="Is it the folder that is meant?")
    return found


def _read(path: Path, folder: Path) -> str:
    """Read a template; raise ValueError where it leads out of the folder or is no text of a sensible size."""
    real = path.resolve(strict=True)
    if real.parent != folder.resolve():
        raise ValueError("it is a link that leads out of the folder")
    # Without waiting: opening a pipe would wait until somebody writes to it.
    with open(real, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise ValueError("it is no file")
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST // 1024} KiB")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


class FolderLoader(BaseLoader):
    """Gives Jinja the templates of a folder, as they were read."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Give a template with the path that its mistakes are told by."""
        if template not in self._folder.texts and template not in self._folder.faults:
            raise TemplateNotFound(template)
        return self._folder.text(template), str(self._folder.path / template), lambda: True
