"""A folder of templates, read as a whole, so that the reviewed templates are the ones that run."""

import os
import re
import stat
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec
from jinja2 import BaseLoader, FunctionLoader

from rflow.core.fingerprint import fingerprint
from rflow.core.text import clean
from rflow.errors import BadInput

ENDING = ".j2"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""A valid name of a format. Files whose names begin otherwise (`_footer.md.j2`) are parts for others to include."""
_MAX_BYTES = 256 * 1024
_MAX_FILES = 200


class TemplateFolder(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The templates of a folder: their texts by file name, and why its other files can't be used."""

    path: Path
    texts: dict[str, str]
    problems: dict[str, str]

    @cached_property
    def digest(self) -> str:
        """A digest of all the content: any change of a file changes it."""
        return fingerprint(msgspec.json.encode([self.texts, self.problems], order="sorted"))

    def formats(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the file of each format."""
        for file in sorted({*self.texts, *self.problems}):
            name, _ = split_name(file)
            if NAME.fullmatch(name):
                yield name, file

    def text(self, file: str) -> str:
        """Return a template's text; raise `BadInput` if it can't be used."""
        if file in self.problems:
            raise BadInput(f"{self.path / file} can't be used: {self.problems[file]}.", try_="Fix or remove it.")
        return self.texts[file]

    def loader(self) -> BaseLoader:
        """Return a Jinja loader for the templates as they were read."""

        def load(file: str) -> tuple[str, str, None] | None:
            known = file in self.texts or file in self.problems
            return (self.text(file), str(self.path / file), None) if known else None

        return FunctionLoader(load)


def split_name(file: str) -> tuple[str, str]:
    """Split a template's file name: `wiki.md.j2` is the format `wiki`, escaped as `.md.j2`."""
    name, _, suffix = file.partition(".")
    return name, "." + suffix


def read_folder(path: Path) -> TemplateFolder:
    """Read the templates of a folder; a missing folder has none."""
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    for file in _files(path):
        name = clean(file)
        try:
            if name != file:
                raise ValueError("its name has characters that can't be shown")
            texts[file] = _read(path / file, path)
        except OSError as error:
            problems[name] = error.strerror or str(error)
        except ValueError as error:
            problems[name] = str(error)
    return TemplateFolder(path=path, texts=texts, problems=problems)


def _files(path: Path) -> list[str]:
    try:
        files = sorted(entry.name for entry in path.iterdir() if entry.name.endswith(ENDING))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}.", try_="Fix its permissions.") from error
    if len(files) > _MAX_FILES:
        raise BadInput(f"{path} holds more than {_MAX_FILES} templates.", try_="Is this the right folder?")
    return files


def _read(path: Path, folder: Path) -> str:
    """Read a template; raise ValueError if it is outside the folder, too large or not a text file."""
    real = path.resolve(strict=True)
    if real.parent != folder.resolve():
        raise ValueError("it is a link to a file outside the folder")
    # Non-blocking: opening a pipe would wait for a writer.
    with open(real, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise ValueError("it is not a regular file")
        data = opened.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError(f"it is larger than {_MAX_BYTES // 1024} KiB")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
