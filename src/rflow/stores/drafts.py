"""Drafts: a new store or backup is written in a hidden folder, and moved to its path when complete.

A draft is locked while its process runs. The draft of a killed process is removed by the next backup, `store check` or
removal of text in the same folder.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from rflow.errors import StoreProblem
from rflow.stores.failures import PATIENCE, status_of
from rflow.stores.locking import locked
from rflow.whole_files import adopt

Kind = Literal["store", "backup"]
_NAME = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.new-(?P<kind>store|backup)", re.DOTALL)
_LOCK = ".lock"
_CONTENT = "content"


class Leftover(NamedTuple):
    """A draft that a killed process left in `folder`, for a store or backup called `name`."""

    folder: Path
    name: str
    kind: str
    removed: bool


@contextmanager
def draft(path: Path, kind: Kind) -> Iterator[Path]:
    """Yield a draft's path on the same disk as `path`; the caller writes it, then moves or links it to `path`.

    At the end the draft is removed, together with files that SQLite may have created beside it.
    """
    from rflow.stores.places import check_new_place

    check_new_place(path)
    sweep(path.parent)
    with ExitStack() as cleanup:
        yield _new_folder(path, kind, cleanup) / _CONTENT


def sweep(folder: Path) -> list[Leftover]:
    """Remove the drafts in `folder` that killed processes of this user left, and return them."""
    return list(_swept(folder.glob(".*.new-*")))


def _swept(candidates: Iterable[Path]) -> Iterator[Leftover]:
    for part in candidates:
        name = _NAME.fullmatch(part.name)
        with suppress(OSError, StoreProblem):  # Another process removed it, or still uses it.
            if name and _is_ours(part):
                yield Leftover(part, name["name"], name["kind"], removed=_remove_leftover(part))


def _is_ours(folder: Path) -> bool:
    """Whether `folder` belongs to this user and holds only files of a draft."""
    status = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or (sys.platform != "win32" and status.st_uid != os.geteuid()):
        return False
    return all(part.name == _LOCK or part.name.startswith(_CONTENT) for part in folder.iterdir())


def _remove_leftover(folder: Path) -> bool:
    """Remove a draft and return whether it is gone; raise `StoreProblem` if its process still runs."""
    try:
        with locked(folder / _LOCK, 0):
            _remove(folder)
    except FileNotFoundError:
        raise
    except OSError:  # A read-only disk.
        return False
    _remove(folder)
    return status_of(folder) is None


def _new_folder(path: Path, kind: Kind, cleanup: ExitStack) -> Path:
    """Create and lock a folder; `cleanup` removes it."""
    while True:
        folder = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new-{kind}")
        folder.mkdir(mode=0o700)
        adopt(folder, folder.parent)
        cleanup.callback(_remove, folder)  # Windows deletes the lock only after it was released,
        if _lock(folder, cleanup):
            cleanup.callback(_remove, folder)  # but nobody else should lock what is about to be removed.
            return folder


def _lock(folder: Path, cleanup: ExitStack) -> bool:
    """Lock a new draft; False if another process has removed it as a leftover before that."""
    try:
        cleanup.enter_context(locked(folder / _LOCK, PATIENCE))
    except FileNotFoundError:
        return False
    except OSError:  # A disk without locks, where nobody can remove drafts either; or a full one: writing will say so.
        return True
    return status_of(folder / _LOCK) is not None


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
