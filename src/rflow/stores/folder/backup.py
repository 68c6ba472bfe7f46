"""Backing up a folder store, and measuring its size."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from rflow.errors import StoreProblem
from rflow.ports.values import Report
from rflow.stores import failures, files
from rflow.stores.failures import explained
from rflow.stores.folder.odd_files import OddFile, is_file, printable
from rflow.stores.folder.safe_files import SafeFiles
from rflow.stores.folder.store_folder import BLOBS, FILES, FOLDERS, StoreFolder


def own_files(store: SafeFiles) -> Iterator[str]:
    """Yield the names of the store's own files, including odd ones; the folder may contain others, such as git's."""
    yield from (name for name in FILES if store.status(name))
    for folder in FOLDERS:
        yield from _below(store, folder, 2 if folder == BLOBS else 1)


def _below(store: SafeFiles, folder: str, depth: int) -> Iterator[str]:
    try:
        names = store.names(folder)
    except (OSError, OddFile):
        yield folder
        return
    for name in names:
        yield from _below(store, f"{folder}/{name}", depth - 1) if depth > 1 else (f"{folder}/{name}",)


def back_up(folder: StoreFolder, path: Path, report: Report) -> None:
    """Copy a consistent state of the store to a new folder, which appears at `path` when it is complete.

    What is not a plain file, or can't be read, is left out; `StoreProblem` then says so.
    """
    from rflow.stores.drafts import draft

    with folder.reading(), _without_writers(folder), explained(path):
        if os.path.lexists(path):
            raise failures.taken(path)
        with draft(path, "backup") as new:
            files.make_folder(new)
            left_out = list(_copy(folder.files, SafeFiles(new), report))
            new.rename(path)
        files.sync_folder(path.parent)
    if left_out:
        raise _incomplete(path, left_out)


def _copy(store: SafeFiles, target: SafeFiles, report: Report) -> Iterator[str]:
    """Copy the store's files; yields the names of those that could not be read."""
    names = list(own_files(store))
    for number, name in enumerate(names):
        report(number, len(names))
        try:
            data = store.read(name)
        except (OSError, StoreProblem):
            yield printable(name)
        else:
            target.replace(name, data)


@contextmanager
def _without_writers(folder: StoreFolder) -> Iterator[None]:
    """Keep writers out. If we can't write we can't lock either, but then no program of this user can write."""
    with ExitStack() as stack:
        with suppress(OSError, OddFile):
            stack.enter_context(folder.lock())
        yield


def size(store: SafeFiles) -> tuple[int, int]:
    """Return the number of contents of evidence, and the size of all files in bytes."""
    known = {name: store.status(name) for name in own_files(store)}
    plain = {name: status.st_size for name, status in known.items() if status and is_file(status)}
    return sum(name.startswith(f"{BLOBS}/") for name in plain), sum(plain.values())


def _incomplete(path: Path, left_out: list[str]) -> StoreProblem:
    shown = ", ".join(left_out[:5]) + (f" and {len(left_out) - 5} more" if len(left_out) > 5 else "")
    what = f"The backup at {path} is complete but for what could not be read: {shown}."
    return StoreProblem(what, try_="To see what is wrong with it: rflow store check")
