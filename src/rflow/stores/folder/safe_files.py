"""File access of a folder store: only plain files inside its folder, without ever following a link.

A store may come from an untrusted source (a git clone, an archive), so any of its files may be a link, a FIFO or a
device. If the system supports it, every folder is opened relative to its parent (`dir_fd`, `O_NOFOLLOW`), so that
nothing can be swapped in between. On Windows each part of a path is checked before it is used, and an opened file
is compared with its name. The store's own folder was named by the user and may be a link.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from rflow.stores import files
from rflow.stores.folder.odd_files import LIMIT, OddFile, is_file, is_folder, kind_of, printable, too_large
from rflow.whole_files import adopt

BY_DESCRIPTOR = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
DRAFT = ".draft"
"""The name under which a file is written before it is renamed; the writer holds the store's lock."""

_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | files.BINARY
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)


class _Place(NamedTuple):
    """A name in an open folder: `fd` is the folder, or None if the system needs whole paths."""

    fd: int | None
    folder: str
    name: str

    @property
    def path(self) -> Path:
        return Path(self.folder, self.name)

    @property
    def file(self) -> str:
        """The name for calls with `dir_fd=self.fd`."""
        return self.name if self.fd is not None else str(self.path)

    def status(self) -> os.stat_result | None:
        try:
            return os.stat(self.file, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def check_file(self) -> None:
        """Raise `OddFile` if something other than a plain file has this name."""
        status = self.status()
        if status is not None and not is_file(status):
            raise OddFile(f"{printable(str(self.path))} is {kind_of(status)}; a plain file belongs there.")

    def open_folder(self) -> int | None:
        status = os.stat(self.file, dir_fd=self.fd, follow_symlinks=False)
        if not is_folder(status):
            raise OddFile(f"{printable(str(self.path))} is {kind_of(status)}; a folder belongs there.")
        return None if self.fd is None else os.open(self.name, _FOLDER | _SAFE, dir_fd=self.fd)

    def open(self, flags: int) -> int:
        self.check_file()
        try:
            fd = os.open(self.file, flags | _SAFE, 0o600, dir_fd=self.fd)
        except PermissionError as error:
            raise PermissionError(error.errno, error.strerror, str(self.path)) from error
        status = os.fstat(fd)
        if flags & os.O_CREAT:
            self.adopt(fd)
        if is_file(status) and (self.fd is not None or os.path.samestat(os.lstat(self.path), status)):
            return fd
        os.close(fd)
        raise OddFile(f"{printable(str(self.path))} was replaced while it was opened.")

    def adopt(self, new: int | str) -> None:
        """If root created a file or folder here, change its owner to that of this folder."""
        adopt(new, Path(self.folder) if self.fd is None else self.fd, folder_fd=self.fd)

    def unlink(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self.file, dir_fd=self.fd)

    def sync_folder(self) -> None:
        """Flush names in the folder to the disk (Windows has no such call and needs none)."""
        if self.fd is not None:
            os.fsync(self.fd)


class SafeFiles:
    """The files below `root`; names are relative to it, with "/" between their parts."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def _folder(self, parts: list[str]) -> Iterator[tuple[int | None, str]]:
        """Open a folder; raise `FileNotFoundError` if there is none."""
        path = str(self.root)
        opened = [os.open(path, _FOLDER) if BY_DESCRIPTOR else None]
        try:
            for part in parts:
                opened.append(_Place(opened[-1], path, part).open_folder())
                path = os.path.join(path, part)  # noqa: PTH118 (pathlib takes several times as long)
            yield opened[-1], path
        finally:
            for fd in opened:
                if fd is not None:
                    os.close(fd)

    @contextmanager
    def _place(self, name: str) -> Iterator[_Place]:
        *folders, last = _parts(name)
        with self._folder(folders) as (fd, path):
            yield _Place(fd, path, last)

    def names(self, folder: str = "") -> list[str]:
        """List a folder, including links; a missing folder is empty."""
        with self._entries(folder) as entries:
            return sorted(entry.name for entry in entries)

    def statuses(self, folder: str) -> dict[str, os.stat_result]:
        """List a folder with the status of each entry; links are not followed."""
        found = {}
        with self._entries(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # Removed meanwhile.
                    found[entry.name] = entry.stat(follow_symlinks=False)
        return found

    @contextmanager
    def _entries(self, folder: str) -> Iterator[Iterable[os.DirEntry[str]]]:
        with ExitStack() as stack:
            try:
                fd, path = stack.enter_context(self._folder(_parts(folder) if folder else []))
            except FileNotFoundError:
                yield ()
                return
            yield stack.enter_context(os.scandir(path) if fd is None else os.scandir(fd))

    def status(self, name: str) -> os.stat_result | None:
        """Return the status of a file without following links; None if it does not exist."""
        try:
            with self._place(name) as place:
                return place.status()
        except FileNotFoundError:
            return None

    def is_readable(self, name: str) -> bool:
        """Whether `open` accepts a file."""
        status = self.status(name)
        return status is not None and is_file(status) and status.st_size <= LIMIT

    def open(self, name: str, flags: int) -> int:
        """Open a plain file of at most `LIMIT` bytes; it is created with mode 0600 if `flags` say so."""
        with self._place(name) as place:
            fd = place.open(flags)
        if os.fstat(fd).st_size > LIMIT:
            os.close(fd)
            raise OddFile(f"{printable(str(self.root / name))} is larger than {LIMIT >> 20} MiB.")
        return fd

    def open_to_write(self, name: str, flags: int) -> int:
        """Open a file to change it in place; if it has another hard link, it is replaced by a copy first."""
        fd = self.open(name, flags)
        if os.fstat(fd).st_nlink < 2:
            return fd
        os.close(fd)
        self.replace(name, self.read(name))
        return self.open(name, flags)

    def read(self, name: str) -> bytes:
        """Read a whole file."""
        fd = self.open(name, os.O_RDONLY)
        try:
            return read_all(fd, os.fstat(fd).st_size)
        finally:
            os.close(fd)

    def append(self, name: str, data: bytes) -> None:
        """Append `data` to a file, which is created if necessary, and flush it."""
        fd = self.open_to_write(name, files.APPEND)
        try:
            files.write_all(fd, data)
            files.sync(fd)
        finally:
            os.close(fd)

    def replace(self, name: str, data: bytes) -> None:
        """Replace a file atomically: a reader sees either all of it or the previous content.

        Folders on the way are made. The caller holds the lock.
        """
        if len(data) > LIMIT:
            raise too_large(self.root / name)
        self.make_folder(name.rpartition("/")[0])
        with self._place(name) as place, self._place(DRAFT) as draft:
            place.check_file()
            try:
                _write(draft, data)
                os.replace(draft.file, place.file, src_dir_fd=draft.fd, dst_dir_fd=place.fd)
            except OSError:
                with suppress(OSError):
                    draft.unlink()
                raise
            place.sync_folder()

    def make_folder(self, name: str) -> None:
        """Create a folder and its parents, for this user alone; existing ones are not changed."""
        if not name or self.status(name) is not None:
            return
        self.make_folder(name.rpartition("/")[0])
        with self._place(name) as place, suppress(FileExistsError):
            os.mkdir(place.file, 0o700, dir_fd=place.fd)
            place.adopt(place.file)
            place.sync_folder()

    def remove(self, name: str) -> None:
        """Remove a file or link, if there is one."""
        with suppress(FileNotFoundError), self._place(name) as place:
            place.unlink()
            place.sync_folder()

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder."""
        with suppress(FileNotFoundError), self._place(name) as place:
            os.rmdir(place.file, dir_fd=place.fd)


def read_all(fd: int, count: int) -> bytes:
    """Read up to `count` bytes; a single system call may read less."""
    parts = []
    while count and (part := os.read(fd, count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _parts(name: str) -> list[str]:
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\0" in part or (os.altsep and os.sep in part) for part in parts):
        raise ValueError(f"not a name in a store: {name!r}")
    return parts


def _write(draft: _Place, data: bytes) -> None:
    """Write a new file, after removing what has its name: a draft that a crash left, or a link."""
    draft.unlink()
    fd = os.open(draft.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, 0o600, dir_fd=draft.fd)
    try:
        draft.adopt(fd)
        files.write_all(fd, data)
        files.sync(fd)
    finally:
        os.close(fd)
