"""Finding out whether a path belongs to an existing store, so that nothing else is written there."""

import os
import re
from contextlib import suppress
from pathlib import Path

from rflow.errors import UsageProblem
from rflow.stores.failures import is_file
from rflow.stores.folder.store_folder import FILES, FOLDERS, FORMAT_FILE, LOCK

_BESIDE = ("-wal", "-shm", "-journal", "-search")
_TAG = re.compile(rb'\s*\{\s*"rflow"\s*:\s*"store"')
_MAGIC = b"SQLite format 3\0"


def is_database(path: Path) -> bool:
    """Whether a plain file is a SQLite database."""
    if not is_file(path):
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def check_new_place(path: Path) -> None:
    """Raise `UsageProblem` if a new store or backup would be inside another store, or one of SQLite's side files."""
    path = Path(os.path.realpath(path))
    store = _database_of(path) or next((folder for folder in path.parents if _is_store(folder)), None)
    if store:
        raise UsageProblem(f"{path} is inside the store at {store}.", try_="Use a path outside of it.")


def check_output(path: Path) -> None:
    """Raise `UsageProblem` if an output would overwrite a file of a store, or be added to its own folders."""
    path = Path(os.path.realpath(path))
    store = path if is_database(path) else _database_of(path)
    for folder in path.parents:
        if path.relative_to(folder).parts[0] in (LOCK, *FILES, *FOLDERS) and _is_store(folder):
            store = folder
    if store:
        raise UsageProblem(f"{path} belongs to the store at {store}.", try_="Use another file.")


def _database_of(path: Path) -> Path | None:
    """Return the database that a side file of SQLite belongs to."""
    name, dash, end = path.name.rpartition("-")
    database = path.with_name(name) if name and dash + end in _BESIDE else None
    with suppress(OSError):
        return database if database and is_database(database) else None
    return None


def _is_store(folder: Path) -> bool:
    """Whether a folder contains the file that marks a store."""
    form = folder / FORMAT_FILE
    with suppress(OSError):
        if is_file(form):
            with form.open("rb") as file:
                return _TAG.match(file.read(200)) is not None
    return False
