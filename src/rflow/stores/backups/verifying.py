"""Verifying a backup: a copy of it is opened and read, so that the backup itself is not changed."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from rflow.errors import StoreProblem
from rflow.ports.values import Verified
from rflow.stores import failures, open_store
from rflow.stores.failures import explained, status_of
from rflow.stores.places import is_database


def verify(backup: Path) -> Verified:
    """Read everything in a backup; raise `StoreProblem` if it is not a store, or from a newer rflow."""
    check_complete(backup)
    with _copied(backup) as copy, closing(open_store(str(copy), create=False)) as store:
        faults = store.check()
        info = msgspec.structs.replace(store.info(), url=str(backup))
    return Verified(info=info, faults=faults)


def check_complete(backup: Path) -> None:
    """Raise `StoreProblem` if a path is not a backup, or is a store in use, whose file alone would be incomplete."""
    log = backup.with_name(f"{backup.name}-wal")
    with explained(backup):
        if status_of(backup) is None:
            raise failures.absent(backup)
        is_folder = failures.is_folder(backup)
        if not (is_folder or is_database(backup)):
            raise failures.foreign(backup)
        waiting = None if is_folder else status_of(log)
    if waiting and waiting.st_size:
        raise StoreProblem(
            f"{backup} is in use, or was not closed: a part of it is still in {log.name}.",
            try_=f"Make a backup of it first: rflow --store {backup} store backup PATH",
        )


@contextmanager
def _copied(backup: Path) -> Iterator[Path]:
    """Yield a copy of a backup in the folder for temporary files."""
    with explained(backup), TemporaryDirectory(prefix="rflow-verify-") as folder:
        copy = Path(folder) / ("backup.db" if backup.is_file() else "backup")
        copy_all(backup, copy)
        yield copy


def copy_all(source: Path, target: Path) -> None:
    """Copy a file, or a folder without symbolic links."""
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copyfile(source, target)
